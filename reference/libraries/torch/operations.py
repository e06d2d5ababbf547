"""PyTorch: [N, C, H, W], kernel [Cout, Cin/groups, ky, kx], as everywhere here: nothing is transposed."""

import contextlib
import platform

import numpy as np
import torch
import torch.nn.functional as F

from .. import Unsupported
from .defaults import own_layer


def configure():
    torch.set_num_threads(1)
    # Allowed once a process, and not after parallel work began; environment() tells what holds.
    with contextlib.suppress(RuntimeError):
        torch.set_num_interop_threads(1)


def environment():
    def flushes(dtype):
        return not (torch.full((8,), torch.finfo(dtype).tiny, dtype=dtype) * 0.5).any().item()

    return {
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "build": {
            "oneDNN": torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled,
            "MKL": torch.backends.mkl.is_available(),
            "OpenMP": torch.backends.openmp.is_available(),
            "NNPACK": "NNPACK" in torch.__config__.show() and "USE_NNPACK=ON" in torch.__config__.show(),
            "CPU capability": torch.backends.cpu.get_cpu_capability(),
            "CUDA": torch.version.cuda or "no",
        },
        "threads": {"intra-op": torch.get_num_threads(), "inter-op": torch.get_num_interop_threads()},
        "flushes subnormals": {
            str(dtype).removeprefix("torch."): flushes(dtype)
            for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64)
        },
        "float32 matmul precision": torch.get_float32_matmul_precision(),
        "fp32_precision": getattr(torch.backends, "fp32_precision", "no such setting"),
        "default layout": "NCHW",
    }


def _tensor(x):
    """A tensor of its own memory, in C order: the cases' arrays are read-only, and may be turned views."""
    if x.dtype.name == "bfloat16":  # NumPy's bfloat16 is a guest; the bits are the same
        return torch.from_numpy(np.array(x, order="C").view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(np.array(x, order="C"))


def _bias(b):
    return None if b is None else _tensor(b)


def _array(y):
    y = y.detach().contiguous()
    if y.dtype == torch.bfloat16:
        return y.view(torch.int16).numpy().view("bfloat16")
    return np.ascontiguousarray(y.numpy())


def _gradient(function, upstream, *inputs):
    """Autograd's gradients of a function of arrays, by each of them."""
    inputs = [_tensor(a).requires_grad_() for a in inputs]
    gradients = [_array(g) for g in torch.autograd.grad(function(*inputs), inputs, _tensor(upstream))]
    return tuple(gradients) if len(gradients) > 1 else gradients[0]


def _by_axis(x, *settings):
    """Whether x has one spatial axis, whose settings are plain numbers, or several: each as a tuple."""
    return settings if x.ndim > 3 else tuple((each,) for each in settings)


def _padded(x, padding, value):
    return F.pad(x, [n for side in reversed(padding) for n in side], mode="constant", value=value)


def _continued(x, padding, mode):
    if mode == "symmetric":
        raise Unsupported("PyTorch has no symmetric padding")
    return F.pad(x, [n for side in reversed(padding) for n in side], mode=mode)


def _convolved(x, w, b, stride, padding, dilation, groups, mode="zeros"):
    """Of signals, images or volumes. PyTorch pads both ends of an axis alike; what is not alike, and what is no zero, is padded beforehand."""
    (sides,) = _by_axis(x, padding)
    alike = all(before == after for before, after in sides)
    if mode != "zeros":
        x, alike, sides = _continued(x, sides, mode), True, [(0, 0)] * len(sides)
    elif not alike:
        x = _padded(x, sides, 0.0)
    function, zeros = getattr(F, f"conv{x.ndim - 2}d"), [before if alike else 0 for before, _ in sides]
    return function(x, w, b, stride=stride, padding=zeros, dilation=dilation, groups=groups)


def _convolution_gradient(x, w, upstream, *geometry):
    no_bias = np.zeros(len(w), w.dtype)
    return _gradient(lambda x, w, b: _convolved(x, w, b, *geometry), upstream, x, w, no_bias)


def cross_correlation1d(x, w, b, *, stride, padding, dilation, groups, padding_mode="zeros"):
    return _array(_convolved(_tensor(x), _tensor(w), _bias(b), stride, padding, dilation, groups, padding_mode))


def cross_correlation2d(x, w, b, *, stride, padding, dilation, groups, padding_mode="zeros"):
    return _array(_convolved(_tensor(x), _tensor(w), _bias(b), stride, padding, dilation, groups, padding_mode))


def cross_correlation3d(x, w, b, *, stride, padding, dilation, groups, padding_mode="zeros"):
    return _array(_convolved(_tensor(x), _tensor(w), _bias(b), stride, padding, dilation, groups, padding_mode))


def convolution1d(x, w, b, *, stride, padding, dilation, groups):
    turned = torch.flip(_tensor(w), dims=(2,))
    return _array(_convolved(_tensor(x), turned, _bias(b), stride, padding, dilation, groups))


def convolution2d(x, w, b, *, stride, padding, dilation, groups):
    turned = torch.flip(_tensor(w), dims=(2, 3))
    return _array(_convolved(_tensor(x), turned, _bias(b), stride, padding, dilation, groups))


def convolution3d(x, w, b, *, stride, padding, dilation, groups):
    turned = torch.flip(_tensor(w), dims=(2, 3, 4))
    return _array(_convolved(_tensor(x), turned, _bias(b), stride, padding, dilation, groups))


def cross_correlation1d_gradient(x, w, upstream, *, stride, padding, dilation, groups, padding_mode="zeros"):
    return _convolution_gradient(x, w, upstream, stride, padding, dilation, groups, padding_mode)


def cross_correlation2d_gradient(x, w, upstream, *, stride, padding, dilation, groups, padding_mode="zeros"):
    return _convolution_gradient(x, w, upstream, stride, padding, dilation, groups, padding_mode)


def cross_correlation3d_gradient(x, w, upstream, *, stride, padding, dilation, groups, padding_mode="zeros"):
    return _convolution_gradient(x, w, upstream, stride, padding, dilation, groups, padding_mode)


def _transposed(x, w, b, stride, padding, output_padding, dilation, groups):
    """PyTorch cuts off both ends of an axis alike, and adds less than a stride: what is not so is cut off and added afterwards."""
    stride, padding, more, dilation = _by_axis(x, stride, padding, output_padding, dilation)
    function = getattr(F, f"conv_transpose{x.ndim - 2}d")
    plain = {"stride": stride, "groups": groups, "dilation": dilation}
    alike = all(before == after for before, after in padding)
    if alike and all(m < max(s, d) for m, s, d in zip(more, stride, dilation, strict=True)):
        return function(x, w, b, padding=[before for before, _ in padding], output_padding=more, **plain)
    full = function(x, w, None, padding=0, output_padding=0, **plain)
    ends = [(-before, m - after) for (before, after), m in zip(padding, more, strict=True)]
    y = _padded(full, ends, 0.0)
    return y if b is None else y + b.reshape(-1, *[1] * (x.ndim - 2))


def _transposed_gradient(x, w, upstream, *geometry):
    no_bias = np.zeros(upstream.shape[1], w.dtype)
    return _gradient(lambda x, w, b: _transposed(x, w, b, *geometry), upstream, x, w, no_bias)


def transposed_convolution1d(x, w, b, *, stride, padding, output_padding, dilation, groups):
    return _array(_transposed(_tensor(x), _tensor(w), _bias(b), stride, padding, output_padding, dilation, groups))


def transposed_convolution1d_gradient(x, w, upstream, *, stride, padding, output_padding, dilation, groups):
    return _transposed_gradient(x, w, upstream, stride, padding, output_padding, dilation, groups)


def transposed_convolution2d(x, w, b, *, stride, padding, output_padding, dilation, groups):
    return _array(_transposed(_tensor(x), _tensor(w), _bias(b), stride, padding, output_padding, dilation, groups))


def transposed_convolution2d_gradient(x, w, upstream, *, stride, padding, output_padding, dilation, groups):
    return _transposed_gradient(x, w, upstream, stride, padding, output_padding, dilation, groups)


def transposed_convolution3d(x, w, b, *, stride, padding, output_padding, dilation, groups):
    return _array(_transposed(_tensor(x), _tensor(w), _bias(b), stride, padding, output_padding, dilation, groups))


def transposed_convolution3d_gradient(x, w, upstream, *, stride, padding, output_padding, dilation, groups):
    return _transposed_gradient(x, w, upstream, stride, padding, output_padding, dilation, groups)


def pad(x, *, padding, padding_mode):
    return _array(_shown(_tensor(x), padding, padding_mode))


def pad_gradient(x, upstream, *, padding, padding_mode):
    return _gradient(lambda x: _shown(x, padding, padding_mode), upstream, x)


def _shown(x, padding, mode):
    return _padded(x, padding, 0.0) if mode == "zeros" else _continued(x, padding, mode)


def fully_connected(x, w, b):
    return _array(F.linear(_tensor(x), _tensor(w), _bias(b)))


def fully_connected_gradient(x, w, upstream):
    return _gradient(F.linear, upstream, x, w, np.zeros(len(w), w.dtype))


def _max_pooled(x, window, stride, padding, dilation, ceil_mode):
    """What is not alike on both sides, or more than half a window, which PyTorch refuses, is padded with −inf beforehand."""
    window, stride, padding, dilation = _by_axis(x, window, stride, padding, dilation)
    own = [before for before, _ in padding]
    if any(b != a or 2 * b > d * (k - 1) + 1 for (b, a), k, d in zip(padding, window, dilation, strict=True)):
        if ceil_mode:
            raise Unsupported("PyTorch pads both sides alike, by half a window at most")
        x, own = _padded(x, padding, float("-inf")), [0] * len(padding)
    function = getattr(F, f"max_pool{x.ndim - 2}d")
    return function(x, window, stride=stride, padding=own, dilation=dilation, ceil_mode=ceil_mode)


def max_pooling1d(x, *, window, stride, padding, dilation=1, ceil_mode=False):
    return _array(_max_pooled(_tensor(x), window, stride, padding, dilation, ceil_mode))


def max_pooling1d_gradient(x, upstream, *, window, stride, padding, dilation=1, ceil_mode=False):
    return _gradient(lambda x: _max_pooled(x, window, stride, padding, dilation, ceil_mode), upstream, x)


def max_pooling2d(x, *, window, stride, padding, dilation=(1, 1), ceil_mode=False):
    return _array(_max_pooled(_tensor(x), window, stride, padding, dilation, ceil_mode))


def max_pooling2d_gradient(x, upstream, *, window, stride, padding, dilation=(1, 1), ceil_mode=False):
    return _gradient(lambda x: _max_pooled(x, window, stride, padding, dilation, ceil_mode), upstream, x)


def max_pooling3d(x, *, window, stride, padding, dilation=(1, 1, 1), ceil_mode=False):
    return _array(_max_pooled(_tensor(x), window, stride, padding, dilation, ceil_mode))


def max_pooling3d_gradient(x, upstream, *, window, stride, padding, dilation=(1, 1, 1), ceil_mode=False):
    return _gradient(lambda x: _max_pooled(x, window, stride, padding, dilation, ceil_mode), upstream, x)


def _averaged(x, window, stride, padding, count_padding, dilation, ceil_mode, divisor):
    window, stride, padding, dilation = _by_axis(x, window, stride, padding, dilation)
    if any(d > 1 for d in dilation):
        raise Unsupported("PyTorch's average pooling has no dilation")
    if x.ndim == 5 and x.dtype not in (torch.float32, torch.float64):
        raise Unsupported("PyTorch takes no average of volumes in narrow formats on the CPU")
    if divisor is not None and x.ndim == 3:
        raise Unsupported("PyTorch's average pooling of signals has no divisor_override")
    function = getattr(F, f"avg_pool{x.ndim - 2}d")
    plain = {"stride": stride, "ceil_mode": ceil_mode} | ({"divisor_override": divisor} if x.ndim > 3 else {})
    if all(b == a and 2 * b <= k for (b, a), k in zip(padding, window, strict=True)):
        return function(x, window, padding=[b for b, _ in padding], count_include_pad=count_padding, **plain)
    if ceil_mode:
        raise Unsupported("PyTorch pads both sides alike, by half a window at most")
    plain |= {"padding": 0, "count_include_pad": True}
    padded = _padded(x, padding, 0.0)
    if count_padding or divisor is not None:
        return function(padded, window, **plain)
    # Uneven padding that does not count: sums, and how many numbers were in each.
    ones = _padded(torch.ones_like(x), padding, 0.0)
    if x.ndim == 3:
        return function(padded, window, **plain) / function(ones, window, **plain)
    plain["divisor_override"] = 1
    return function(padded, window, **plain) / function(ones, window, **plain)


def average_pooling1d(x, *, window, stride, padding, count_padding, dilation=1, ceil_mode=False, divisor=None):
    return _array(_averaged(_tensor(x), window, stride, padding, count_padding, dilation, ceil_mode, divisor))


def average_pooling1d_gradient(
    x, upstream, *, window, stride, padding, count_padding, dilation=1, ceil_mode=False, divisor=None
):
    given = window, stride, padding, count_padding, dilation, ceil_mode, divisor
    return _gradient(lambda x: _averaged(x, *given), upstream, x)


def average_pooling2d(x, *, window, stride, padding, count_padding, dilation=(1, 1), ceil_mode=False, divisor=None):
    return _array(_averaged(_tensor(x), window, stride, padding, count_padding, dilation, ceil_mode, divisor))


def average_pooling2d_gradient(
    x, upstream, *, window, stride, padding, count_padding, dilation=(1, 1), ceil_mode=False, divisor=None
):
    given = window, stride, padding, count_padding, dilation, ceil_mode, divisor
    return _gradient(lambda x: _averaged(x, *given), upstream, x)


def average_pooling3d(x, *, window, stride, padding, count_padding, dilation=(1, 1, 1), ceil_mode=False, divisor=None):
    return _array(_averaged(_tensor(x), window, stride, padding, count_padding, dilation, ceil_mode, divisor))


def average_pooling3d_gradient(
    x, upstream, *, window, stride, padding, count_padding, dilation=(1, 1, 1), ceil_mode=False, divisor=None
):
    given = window, stride, padding, count_padding, dilation, ceil_mode, divisor
    return _gradient(lambda x: _averaged(x, *given), upstream, x)


def adaptive_average_pooling1d(x, *, size):
    return _array(F.adaptive_avg_pool1d(_tensor(x), size))


def adaptive_average_pooling1d_gradient(x, upstream, *, size):
    return _gradient(lambda x: F.adaptive_avg_pool1d(x, size), upstream, x)


def adaptive_average_pooling2d(x, *, size):
    return _array(F.adaptive_avg_pool2d(_tensor(x), size))


def adaptive_average_pooling2d_gradient(x, upstream, *, size):
    return _gradient(lambda x: F.adaptive_avg_pool2d(x, size), upstream, x)


def adaptive_average_pooling3d(x, *, size):
    return _array(F.adaptive_avg_pool3d(_tensor(x), size))


def adaptive_average_pooling3d_gradient(x, upstream, *, size):
    return _gradient(lambda x: F.adaptive_avg_pool3d(x, size), upstream, x)


def adaptive_max_pooling1d(x, *, size):
    return _array(F.adaptive_max_pool1d(_tensor(x), size))


def adaptive_max_pooling1d_gradient(x, upstream, *, size):
    return _gradient(lambda x: F.adaptive_max_pool1d(x, size), upstream, x)


def adaptive_max_pooling2d(x, *, size):
    return _array(F.adaptive_max_pool2d(_tensor(x), size))


def adaptive_max_pooling2d_gradient(x, upstream, *, size):
    return _gradient(lambda x: F.adaptive_max_pool2d(x, size), upstream, x)


def adaptive_max_pooling3d(x, *, size):
    return _array(F.adaptive_max_pool3d(_tensor(x), size))


def adaptive_max_pooling3d_gradient(x, upstream, *, size):
    return _gradient(lambda x: F.adaptive_max_pool3d(x, size), upstream, x)


def _resized(x, size, mode, *, align_corners=None, scale=None, recomputed=False, antialias=False):
    settings = {"align_corners": align_corners, "antialias": antialias}
    size = [size] if isinstance(size, int) else [*size]
    if scale is None:
        return F.interpolate(x, size=size, mode=mode, recompute_scale_factor=None, **settings)
    y = F.interpolate(
        x,
        scale_factor=list(scale) if isinstance(scale, tuple) else [scale],
        mode=mode,
        recompute_scale_factor=recomputed,
        **settings,
    )
    if [*y.shape[2:]] != size:
        raise Unsupported("PyTorch takes a size or a scale, whose size it rounds down")
    return y


def _nearest(x, size, grid, scale, recomputed, rounding):
    modes = {("half_pixel", "round_prefer_ceil"): "nearest-exact", ("asymmetric", "floor"): "nearest"}
    usual = {"half_pixel": "round_prefer_ceil", "asymmetric": "floor"}
    if (grid, rounding or usual.get(grid)) not in modes:
        raise Unsupported("PyTorch's nearest has half pixels, halves up, or whole coordinates, rounded down")
    mode = modes[grid, rounding or usual[grid]]
    return _resized(x, size, mode, scale=scale, recomputed=recomputed)


def _interpolated(x, size, mode, grid, scale, recomputed, antialias, exclude_outside):
    if grid not in ("half_pixel", "align_corners"):
        raise Unsupported(f"PyTorch has no {mode} interpolation on the grid {grid}")
    if antialias and (grid == "align_corners" or x.ndim != 4):
        raise Unsupported("PyTorch smooths images alone, on half pixels")
    # Of two linear neighbours the one outside is left out, or counts as the border: the same.
    if exclude_outside not in (None, antialias) and (antialias or mode == "bicubic"):
        raise Unsupported("PyTorch leaves out what lies outside where it smooths, and there alone")
    settings = {"scale": scale, "recomputed": recomputed, "antialias": antialias}
    return _resized(x, size, mode, align_corners=grid == "align_corners", **settings)


def _cubic(x, size, grid, coefficient, scale, recomputed, antialias, exclude_outside):
    if coefficient != (-0.5 if antialias else -0.75):
        raise Unsupported("PyTorch's cubics have a = -3/4, and -1/2 where it smooths")
    return _interpolated(x, size, "bicubic", grid, scale, recomputed, antialias, exclude_outside)


def _area(x, size):
    sizes = (size,) if isinstance(size, int) else size
    if any(n % m for n, m in zip(x.shape[2:], sizes, strict=True)):
        raise Unsupported(
            "PyTorch's area is adaptive average pooling, which weighs whole pixels: the sizes must divide"
        )
    return _resized(x, size, "area")


def nearest_resampling1d(x, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _array(_nearest(_tensor(x), size, grid, scale, recomputed, rounding))


def nearest_resampling1d_gradient(x, upstream, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _gradient(lambda x: _nearest(x, size, grid, scale, recomputed, rounding), upstream, x)


def nearest_resampling2d(x, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _array(_nearest(_tensor(x), size, grid, scale, recomputed, rounding))


def nearest_resampling2d_gradient(x, upstream, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _gradient(lambda x: _nearest(x, size, grid, scale, recomputed, rounding), upstream, x)


def nearest_resampling3d(x, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _array(_nearest(_tensor(x), size, grid, scale, recomputed, rounding))


def nearest_resampling3d_gradient(x, upstream, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _gradient(lambda x: _nearest(x, size, grid, scale, recomputed, rounding), upstream, x)


def linear_resampling1d(x, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None):
    return _array(_interpolated(_tensor(x), size, "linear", grid, scale, recomputed, antialias, exclude_outside))


def linear_resampling1d_gradient(
    x, upstream, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None
):
    return _gradient(
        lambda x: _interpolated(x, size, "linear", grid, scale, recomputed, antialias, exclude_outside), upstream, x
    )


def bilinear_resampling2d(x, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None):
    return _array(_interpolated(_tensor(x), size, "bilinear", grid, scale, recomputed, antialias, exclude_outside))


def bilinear_resampling2d_gradient(
    x, upstream, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None
):
    return _gradient(
        lambda x: _interpolated(x, size, "bilinear", grid, scale, recomputed, antialias, exclude_outside), upstream, x
    )


def trilinear_resampling3d(x, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None):
    return _array(_interpolated(_tensor(x), size, "trilinear", grid, scale, recomputed, antialias, exclude_outside))


def trilinear_resampling3d_gradient(
    x, upstream, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None
):
    return _gradient(
        lambda x: _interpolated(x, size, "trilinear", grid, scale, recomputed, antialias, exclude_outside), upstream, x
    )


def bicubic_resampling2d(
    x, *, size, grid, coefficient, scale=None, recomputed=False, antialias=False, exclude_outside=None
):
    return _array(_cubic(_tensor(x), size, grid, coefficient, scale, recomputed, antialias, exclude_outside))


def bicubic_resampling2d_gradient(
    x, upstream, *, size, grid, coefficient, scale=None, recomputed=False, antialias=False, exclude_outside=None
):
    return _gradient(
        lambda x: _cubic(x, size, grid, coefficient, scale, recomputed, antialias, exclude_outside), upstream, x
    )


def area_resampling1d(x, *, size):
    return _array(_area(_tensor(x), size))


def area_resampling1d_gradient(x, upstream, *, size):
    return _gradient(lambda x: _area(x, size), upstream, x)


def area_resampling2d(x, *, size):
    return _array(_area(_tensor(x), size))


def area_resampling2d_gradient(x, upstream, *, size):
    return _gradient(lambda x: _area(x, size), upstream, x)


def area_resampling3d(x, *, size):
    return _array(_area(_tensor(x), size))


def area_resampling3d_gradient(x, upstream, *, size):
    return _gradient(lambda x: _area(x, size), upstream, x)


def batch_norm_training(x, gamma, beta, *, epsilon):
    x = _tensor(x)
    y = F.batch_norm(x, None, None, _tensor(gamma), _tensor(beta), training=True, momentum=0.0, eps=epsilon)
    variance, mean = torch.var_mean(x, dim=[0, *range(2, x.ndim)], correction=0)
    return _array(y), _array(mean), _array(variance)


def batch_norm_inference(x, gamma, beta, mean, variance, *, epsilon):
    statistics = _tensor(mean), _tensor(variance)
    y = F.batch_norm(_tensor(x), *statistics, _tensor(gamma), _tensor(beta), training=False, momentum=0.0, eps=epsilon)
    return _array(y)


def batch_norm_running(x, mean, variance, *, momentum, correction):
    if correction != 1:
        raise Unsupported("PyTorch remembers the variance over n - 1 only")
    mean, variance = _tensor(mean), _tensor(variance)
    # Changed in place, which is all that is wanted here: epsilon takes no part.
    F.batch_norm(_tensor(x), mean, variance, None, None, training=True, momentum=momentum, eps=1.0)
    return _array(mean), _array(variance)


def batch_norm_gradient(x, gamma, upstream, *, epsilon):
    def normalised(x, gamma, beta):
        return F.batch_norm(x, None, None, gamma, beta, training=True, momentum=0.0, eps=epsilon)

    return _gradient(normalised, upstream, x, gamma, np.zeros_like(gamma))


def batch_norm_inference_gradient(x, gamma, mean, variance, upstream, *, epsilon):
    def normalised(x, gamma, beta):
        return F.batch_norm(x, _tensor(mean), _tensor(variance), gamma, beta, training=False, eps=epsilon)

    return _gradient(normalised, upstream, x, gamma, np.zeros_like(gamma))


def _features(x, start, *parts):
    """The normalised shape, which gamma and beta must have."""
    shape = x.shape[start:]
    if any(part is not None and part.shape != shape for part in parts):
        raise Unsupported("PyTorch's gamma and beta have the shape that is normalised")
    return shape


def _or_ones(gamma, shape, like):
    return np.ones(shape, like.dtype) if gamma is None else gamma


def layer_norm(x, gamma, beta, *, start, epsilon):
    shape = _features(x, start, gamma, beta)
    return _array(F.layer_norm(_tensor(x), shape, _bias(gamma), _bias(beta), eps=epsilon))


def layer_norm_gradient(x, gamma, upstream, *, start, epsilon):
    shape = _features(x, start, gamma)
    gamma = _or_ones(gamma, shape, x)
    return _gradient(lambda *given: F.layer_norm(given[0], shape, *given[1:], eps=epsilon), upstream, x, gamma, gamma)


def rms_norm(x, gamma, *, start, epsilon):
    return _array(F.rms_norm(_tensor(x), _features(x, start, gamma), _bias(gamma), eps=epsilon))


def rms_norm_gradient(x, gamma, upstream, *, start, epsilon):
    shape = _features(x, start, gamma)
    return _gradient(
        lambda *given: F.rms_norm(given[0], shape, given[1], eps=epsilon), upstream, x, _or_ones(gamma, shape, x)
    )


def group_norm(x, gamma, beta, *, groups, epsilon):
    return _array(F.group_norm(_tensor(x), groups, _bias(gamma), _bias(beta), eps=epsilon))


def group_norm_gradient(x, gamma, upstream, *, groups, epsilon):
    gamma = _or_ones(gamma, x.shape[1:2], x)
    return _gradient(lambda x, *parts: F.group_norm(x, groups, *parts, eps=epsilon), upstream, x, gamma, gamma)


def instance_norm(x, gamma, beta, *, epsilon):
    return _array(F.instance_norm(_tensor(x), weight=_bias(gamma), bias=_bias(beta), eps=epsilon))


def instance_norm_gradient(x, gamma, upstream, *, epsilon):
    gamma = _or_ones(gamma, x.shape[1:2], x)
    return _gradient(
        lambda x, gamma, beta: F.instance_norm(x, weight=gamma, bias=beta, eps=epsilon), upstream, x, gamma, gamma
    )


def _even_or_positive(x, power):
    if power % 2 and (x < 0).any():
        raise Unsupported("PyTorch's Lp pooling adds odd powers with their sign")


def _normed(x, power, window, stride, padding, dilation, ceil_mode):
    padding, dilation = _by_axis(x, padding, dilation)
    if any(map(any, padding)) or any(d > 1 for d in dilation) or ceil_mode:
        raise Unsupported(
            "PyTorch's Lp pooling has no padding and no dilation, and rounded up it divides by less than it multiplies with"
        )
    return getattr(F, f"lp_pool{x.ndim - 2}d")(x, float(power), window, stride=stride, ceil_mode=False)


def lp_pooling1d(x, *, power, window, stride, padding, dilation=1, ceil_mode=False):
    _even_or_positive(x, power)
    return _array(_normed(_tensor(x), power, window, stride, padding, dilation, ceil_mode))


def lp_pooling1d_gradient(x, upstream, *, power, window, stride, padding, dilation=1, ceil_mode=False):
    _even_or_positive(x, power)
    return _gradient(lambda x: _normed(x, power, window, stride, padding, dilation, ceil_mode), upstream, x)


def lp_pooling2d(x, *, power, window, stride, padding, dilation=(1, 1), ceil_mode=False):
    _even_or_positive(x, power)
    return _array(_normed(_tensor(x), power, window, stride, padding, dilation, ceil_mode))


def lp_pooling2d_gradient(x, upstream, *, power, window, stride, padding, dilation=(1, 1), ceil_mode=False):
    _even_or_positive(x, power)
    return _gradient(lambda x: _normed(x, power, window, stride, padding, dilation, ceil_mode), upstream, x)


def lp_pooling3d(x, *, power, window, stride, padding, dilation=(1, 1, 1), ceil_mode=False):
    _even_or_positive(x, power)
    return _array(_normed(_tensor(x), power, window, stride, padding, dilation, ceil_mode))


def lp_pooling3d_gradient(x, upstream, *, power, window, stride, padding, dilation=(1, 1, 1), ceil_mode=False):
    _even_or_positive(x, power)
    return _gradient(lambda x: _normed(x, power, window, stride, padding, dilation, ceil_mode), upstream, x)


def flatten(x, *, start, end):
    return _array(torch.flatten(_tensor(x), start, end))


def flatten_gradient(x, upstream, *, start, end):
    return _gradient(lambda x: torch.flatten(x, start, end), upstream, x)


def logistic(x):
    return _array(torch.sigmoid(_tensor(x)))


def logistic_gradient(x, upstream):
    return _gradient(torch.sigmoid, upstream, x)


def tanh(x):
    return _array(torch.tanh(_tensor(x)))


def tanh_gradient(x, upstream):
    return _gradient(torch.tanh, upstream, x)


def relu(x):
    return _array(torch.relu(_tensor(x)))


def relu_gradient(x, upstream):
    return _gradient(torch.relu, upstream, x)


def absolute_value(x):
    return _array(torch.abs(_tensor(x)))


def absolute_value_gradient(x, upstream):
    return _gradient(torch.abs, upstream, x)


def leaky_relu(x, *, alpha):
    return _array(F.leaky_relu(_tensor(x), negative_slope=alpha))


def leaky_relu_gradient(x, upstream, *, alpha):
    return _gradient(lambda x: F.leaky_relu(x, negative_slope=alpha), upstream, x)


def prelu(x, alpha):
    return _array(F.prelu(_tensor(x), _tensor(alpha)))


def prelu_gradient(x, alpha, upstream):
    return _gradient(F.prelu, upstream, x, alpha)


def gelu(x, *, approximate):
    return _array(F.gelu(_tensor(x), approximate=approximate))


def gelu_gradient(x, upstream, *, approximate):
    return _gradient(lambda x: F.gelu(x, approximate=approximate), upstream, x)


def log_softmax(x, *, axis):
    return _array(F.log_softmax(_tensor(x), dim=axis))


def log_softmax_gradient(x, upstream, *, axis):
    return _gradient(lambda x: F.log_softmax(x, dim=axis), upstream, x)


def relu6(x):
    return _array(F.relu6(_tensor(x)))


def relu6_gradient(x, upstream):
    return _gradient(F.relu6, upstream, x)


def hard_tanh(x, *, low, high):
    return _array(F.hardtanh(_tensor(x), min_val=low, max_val=high))


def hard_tanh_gradient(x, upstream, *, low, high):
    return _gradient(lambda x: F.hardtanh(x, min_val=low, max_val=high), upstream, x)


def _only_a_sixth(slope, offset):
    if (slope, offset) != (1 / 6, 0.5):
        raise Unsupported("PyTorch's hard sigmoid has a slope of 1/6 and an offset of 1/2")


def hard_sigmoid(x, *, slope, offset):
    _only_a_sixth(slope, offset)
    return _array(F.hardsigmoid(_tensor(x)))


def hard_sigmoid_gradient(x, upstream, *, slope, offset):
    _only_a_sixth(slope, offset)
    return _gradient(F.hardsigmoid, upstream, x)


def hard_swish(x):
    return _array(F.hardswish(_tensor(x)))


def hard_swish_gradient(x, upstream):
    return _gradient(F.hardswish, upstream, x)


def softsign(x):
    return _array(F.softsign(_tensor(x)))


def softsign_gradient(x, upstream):
    return _gradient(F.softsign, upstream, x)


def silu(x):
    return _array(F.silu(_tensor(x)))


def silu_gradient(x, upstream):
    return _gradient(F.silu, upstream, x)


def softplus(x, *, beta, threshold):
    return _array(F.softplus(_tensor(x), beta=beta, threshold=threshold))


def softplus_gradient(x, upstream, *, beta, threshold):
    return _gradient(lambda x: F.softplus(x, beta=beta, threshold=threshold), upstream, x)


def elu(x, *, alpha):
    return _array(F.elu(_tensor(x), alpha=alpha))


def elu_gradient(x, upstream, *, alpha):
    return _gradient(lambda x: F.elu(x, alpha=alpha), upstream, x)


def celu(x, *, alpha):
    return _array(F.celu(_tensor(x), alpha=alpha))


def celu_gradient(x, upstream, *, alpha):
    return _gradient(lambda x: F.celu(x, alpha=alpha), upstream, x)


def selu(x):
    return _array(F.selu(_tensor(x)))


def selu_gradient(x, upstream):
    return _gradient(F.selu, upstream, x)


def softmax(x, *, axis):
    return _array(torch.softmax(_tensor(x), dim=axis))


def softmax_gradient(x, upstream, *, axis):
    return _gradient(lambda x: torch.softmax(x, dim=axis), upstream, x)


def _weighed(loss, labels, weights, *, label_smoothing=0.0, weighting="class", ignore_index=None, reduction="none"):
    """A loss of scores with the arguments that PyTorch has, losses [N], or [1] where they are reduced."""
    given = weights is not None
    if weighting == "row" and given and label_smoothing:
        raise Unsupported("PyTorch weighs each class by its own weight where labels are smoothed")
    if reduction == "row_mean" and given:
        raise Unsupported("PyTorch's mean of weighted losses is divided by the sum of their weights")
    made = {
        "weight": _tensor(weights) if given else None,
        "ignore_index": -100 if ignore_index is None else ignore_index,
        "reduction": "mean" if reduction in ("row_mean", "weighted_mean") else reduction,
    } | ({"label_smoothing": label_smoothing} if loss is F.cross_entropy else {})
    return lambda z: loss(z, _tensor(labels), **made).reshape(-1)


def cross_entropy(
    logits, labels, weights=None, *, label_smoothing=0.0, weighting="class", ignore_index=None, reduction="none"
):
    return _array(
        _weighed(
            F.cross_entropy,
            labels,
            weights,
            label_smoothing=label_smoothing,
            weighting=weighting,
            ignore_index=ignore_index,
            reduction=reduction,
        )(_tensor(logits))
    )


def cross_entropy_gradient(
    logits,
    labels,
    upstream,
    weights=None,
    *,
    label_smoothing=0.0,
    weighting="class",
    ignore_index=None,
    reduction="none",
):
    return _gradient(
        _weighed(
            F.cross_entropy,
            labels,
            weights,
            label_smoothing=label_smoothing,
            weighting=weighting,
            ignore_index=ignore_index,
            reduction=reduction,
        ),
        upstream,
        logits,
    )


def _held(p, floor, clip):
    if clip is not None:
        raise Unsupported("PyTorch clips no probabilities")
    if floor != -100 and not (floor is None and np.all((p > 1e-9) & (p < 1 - 1e-7))):
        raise Unsupported("PyTorch holds each logarithm at -100 at least")


def _binary(loss, targets, reduction, **weights):
    """Weights that are none are not given."""
    made = {name: _tensor(np.asarray(a)) for name, a in weights.items() if a is not None}
    return lambda x: torch.atleast_1d(loss(x, _tensor(targets), reduction=reduction, **made))


def binary_cross_entropy(p, targets, weights=None, *, floor=None, clip=None, reduction="none"):
    _held(p, floor, clip)
    return _array(_binary(F.binary_cross_entropy, targets, reduction, weight=weights)(_tensor(p)))


def binary_cross_entropy_gradient(p, targets, upstream, weights=None, *, floor=None, clip=None, reduction="none"):
    _held(p, floor, clip)
    return _gradient(_binary(F.binary_cross_entropy, targets, reduction, weight=weights), upstream, p)


def binary_cross_entropy_with_logits(logits, targets, weights=None, pos_weight=None, *, reduction="none"):
    loss = _binary(F.binary_cross_entropy_with_logits, targets, reduction, weight=weights, pos_weight=pos_weight)
    return _array(loss(_tensor(logits)))


def binary_cross_entropy_with_logits_gradient(
    logits, targets, upstream, weights=None, pos_weight=None, *, reduction="none"
):
    loss = _binary(F.binary_cross_entropy_with_logits, targets, reduction, weight=weights, pos_weight=pos_weight)
    return _gradient(loss, upstream, logits)


def nll_loss(x, labels, weights=None, *, ignore_index=None, reduction="none"):
    return _array(_weighed(F.nll_loss, labels, weights, ignore_index=ignore_index, reduction=reduction)(_tensor(x)))


def nll_loss_gradient(x, labels, upstream, weights=None, *, ignore_index=None, reduction="none"):
    return _gradient(_weighed(F.nll_loss, labels, weights, ignore_index=ignore_index, reduction=reduction), upstream, x)


def _soft(targets, weights, *, label_smoothing=0.0, reduction="none"):
    weight = None if weights is None else _tensor(weights)
    made = {"weight": weight, "reduction": reduction, "label_smoothing": label_smoothing}
    return lambda z: F.cross_entropy(z, _tensor(targets), **made).reshape(-1)


def soft_cross_entropy(logits, targets, weights=None, *, label_smoothing=0.0, reduction="none"):
    return _array(_soft(targets, weights, label_smoothing=label_smoothing, reduction=reduction)(_tensor(logits)))


def soft_cross_entropy_gradient(logits, targets, upstream, weights=None, *, label_smoothing=0.0, reduction="none"):
    return _gradient(_soft(targets, weights, label_smoothing=label_smoothing, reduction=reduction), upstream, logits)


def _from_probabilities(labels):
    return lambda p: F.nll_loss(torch.log(p), _tensor(labels), weight=None, ignore_index=-100, reduction="none")


def cross_entropy_of_probabilities(p, labels):
    return _array(_from_probabilities(labels)(_tensor(p)))


def cross_entropy_of_probabilities_gradient(p, labels, upstream):
    return _gradient(_from_probabilities(labels), upstream, p)


def own_convolutions():
    return (
        ("torch.nn.functional.conv1d", 1),
        ("torch.nn.functional.conv2d", 2),
        ("torch.nn.Conv1d", 1),
        ("torch.nn.Conv2d", 2),
    )


def own_convolution(x, w, *, function):
    x, w = _tensor(x)[None, None], _tensor(w)[None, None]
    plain = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    name = function.rpartition(".")[2]
    if function in ("torch.nn.functional.conv1d", "torch.nn.functional.conv2d"):
        y = getattr(F, name)(x, w, None, **plain)
    elif function in ("torch.nn.Conv1d", "torch.nn.Conv2d"):
        layer = getattr(torch.nn, name)(1, 1, w.shape[2:], bias=False, padding_mode="zeros", dtype=w.dtype, **plain)
        with torch.no_grad():
            layer.weight.copy_(w)
        y = layer(x)
    # Not among own_convolutions: transposed, they return every overlap, of which the middle lies inside x.
    elif function in ("torch.nn.functional.conv_transpose1d", "torch.nn.functional.conv_transpose2d"):
        y = getattr(F, name)(x, w, None, output_padding=0, **plain)
        y = y[:, :, *(slice(k - 1, n) for k, n in zip(w.shape[2:], x.shape[2:], strict=True))]
    else:
        raise Unsupported(f"PyTorch has no {function}")
    return _array(y[0, 0])


def raw_convolution2d(x, w, *, layout):
    if layout != "default":
        raise Unsupported("PyTorch has no layout argument")
    return _array(F.conv2d(_tensor(x), _tensor(w)))


def raw_max_pooling2d(x, *, window, stride, layout):
    if layout != "default":
        raise Unsupported("PyTorch has no layout argument")
    return _array(F.max_pool2d(_tensor(x), window, stride=stride))


def raw_batch_norm_inference(x, gamma, beta, mean, variance, *, epsilon, layout):
    if layout != "default":
        raise Unsupported("PyTorch has no layout argument")
    statistics = _tensor(mean), _tensor(variance)
    return _array(F.batch_norm(_tensor(x), *statistics, _tensor(gamma), _tensor(beta), training=False, eps=epsilon))


def memory_order(x, *, layout):
    formats = {"NCHW": torch.contiguous_format, "NHWC": torch.channels_last}
    if layout not in formats:
        raise Unsupported(f"PyTorch has no memory format {layout}")
    y = _tensor(x).contiguous(memory_format=formats[layout])
    return tuple(y.shape), tuple(y.stride())


def layer_parameters(layer):
    own = own_layer(layer | {"padding": ((0, 0), (0, 0))}, 4)  # padding has no parameters, whatever way it is written
    learned = dict(own.named_parameters())
    # num_batches_tracked counts calls: an integer that takes no part in the function.
    not_learned = {name: buffer for name, buffer in own.named_buffers() if buffer.is_floating_point()}
    return {
        "learned": sum(tensor.numel() for tensor in learned.values()),
        "not_learned": sum(tensor.numel() for tensor in not_learned.values()),
        "shapes": {name: tuple(tensor.shape) for name, tensor in (learned | not_learned).items()},
    }


LACKS = {"own_network_parameters": "PyTorch without torchvision ships no published networks"}
"""Operation → why PyTorch has it not."""
