"""SciPy: plain convolutions of planes, no channels, no layers, no gradients.

Channels, groups, stride and dilation are spelled out round its two-dimensional functions; padding is NumPy's.
"""

# SciPy's stubs lose the rank of an array on the way through its functions.
# pyright: reportGeneralTypeIssues=false, reportIndexIssue=false, reportOptionalSubscript=false

import functools

import numpy as np
import scipy
import threadpoolctl
from scipy import ndimage, signal, special

from ...operators import catalogue
from .. import Unsupported
from ..defaults import by_rank


def configure():
    threadpoolctl.threadpool_limits(1)


def environment():
    build = scipy.show_config(mode="dicts")
    return {
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
        "build": {
            "blas": build["Build Dependencies"]["blas"]["name"],
            "blas version": build["Build Dependencies"]["blas"]["version"],
        },
        "threads": {pool["prefix"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()},
        "flushes subnormals": {
            dtype.__name__: not np.any(
                signal.correlate2d(np.full((1, 8), np.finfo(dtype).tiny, dtype), np.full((1, 1), 0.5, dtype), "valid")
            )
            for dtype in (np.float32, np.float64)
        },
        "default layout": "none: planes",
    }


def _needs_wide(x):
    if x.dtype.name in ("float16", "bfloat16"):
        raise Unsupported(f"SciPy's images and planes are float32 or float64, not {x.dtype}")


def _dilated(w, dilation):
    """The kernel with dilation - 1 zeros between its taps."""
    spatial = [d * (k - 1) + 1 for k, d in zip(w.shape[2:], dilation, strict=True)]
    wide = np.zeros((*w.shape[:2], *spatial), w.dtype)
    wide[:, :, *[slice(None, None, d) for d in dilation]] = w
    return wide


def _layer(windows, x, w, b, *, stride, groups):
    """A layer of the sums ``windows(channel, kernel)``: over the channels of a group, at every stride-th place."""
    share_in, share_out = x.shape[1] // groups, w.shape[0] // groups
    every = tuple(slice(None, None, s) for s in stride)
    y = [
        [
            sum(windows(image[o // share_out * share_in + c], w[o, c]) for c in range(share_in))[every]
            for o in range(len(w))
        ]
        for image in x
    ]
    y = np.stack([np.stack(maps) for maps in y])
    return y if b is None else y + b.reshape(-1, *[1] * len(stride))


_MODES = {"zeros": "constant", "replicate": "edge", "reflect": "reflect", "symmetric": "symmetric", "circular": "wrap"}
"""What NumPy, whose padding it is, calls them."""


def _continued(x, padding, mode):
    return np.pad(x, ((0, 0), (0, 0), *padding), mode=_MODES[mode])  # pyright: ignore[reportCallIssue, reportArgumentType]


def _line(windows, x, w, b, *, stride, padding, dilation, groups, mode="zeros"):
    """The same of signals, without an FFT."""
    direct = functools.partial(windows, mode="valid", method="direct")
    x = _continued(x, [padding], mode)
    return _layer(direct, x, _dilated(w, (dilation,)), b, stride=(stride,), groups=groups)


def _plane(windows, x, w, b, *, stride, padding, dilation, groups, mode="zeros"):
    """The same of images."""
    _needs_wide(x)
    x = _continued(x, padding, mode)
    return _layer(functools.partial(windows, mode="valid"), x, _dilated(w, dilation), b, stride=stride, groups=groups)


def cross_correlation1d(x, w, b, *, stride, padding, dilation, groups, padding_mode="zeros"):
    geometry = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _line(signal.correlate, x, w, b, **geometry, mode=padding_mode)


def cross_correlation2d(x, w, b, *, stride, padding, dilation, groups, padding_mode="zeros"):
    geometry = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _plane(signal.correlate2d, x, w, b, **geometry, mode=padding_mode)


def cross_correlation3d(x, w, b, *, stride, padding, dilation, groups, padding_mode="zeros"):
    _needs_wide(x)
    direct = functools.partial(signal.correlate, mode="valid", method="direct")
    x = _continued(x, padding, padding_mode)
    return _layer(direct, x, _dilated(w, dilation), b, stride=stride, groups=groups)


def convolution1d(x, w, b, *, stride, padding, dilation, groups):
    return _line(signal.convolve, x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def convolution2d(x, w, b, *, stride, padding, dilation, groups):
    return _plane(signal.convolve2d, x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def convolution3d(x, w, b, *, stride, padding, dilation, groups):
    _needs_wide(x)
    direct = functools.partial(signal.convolve, mode="valid", method="direct")
    return _layer(direct, _continued(x, padding, "zeros"), _dilated(w, dilation), b, stride=stride, groups=groups)


def _max_pooled(x, window, stride, padding, dilation, ceil_mode):
    """maximum_filter centres its window on element size // 2; the valid positions start there."""
    _needs_wide(x)
    if x.ndim == 3:
        window, stride, padding, dilation = ((each,) for each in (window, stride, padding, dilation))
    if ceil_mode or any(d > 1 for d in dilation):
        raise Unsupported("SciPy's filters have no ceil mode and no dilation")
    x = np.pad(x, ((0, 0), (0, 0), *padding), constant_values=-np.inf)
    y = ndimage.maximum_filter(x, size=(1, 1, *window), mode="constant", cval=-np.inf, origin=0)
    inside = [slice(k // 2, k // 2 + n - k + 1, s) for n, k, s in zip(x.shape[2:], window, stride, strict=True)]
    return y[:, :, *inside].copy()


def max_pooling1d(x, *, window, stride, padding, dilation=1, ceil_mode=False):
    return _max_pooled(x, window, stride, padding, dilation, ceil_mode)


def max_pooling2d(x, *, window, stride, padding, dilation=(1, 1), ceil_mode=False):
    return _max_pooled(x, window, stride, padding, dilation, ceil_mode)


def max_pooling3d(x, *, window, stride, padding, dilation=(1, 1, 1), ceil_mode=False):
    return _max_pooled(x, window, stride, padding, dilation, ceil_mode)


def _zoomed(x, size, order, grid, scale, recomputed):
    """ndimage.zoom: corners aligned or, in grid mode, half pixel centres; beyond the border the last pixel."""
    _needs_wide(x)
    if grid not in ("half_pixel", "align_corners") or (scale is not None and not recomputed):
        raise Unsupported("SciPy's zoom aligns corners or has half pixel centres, on the ratio of the sizes")
    sizes = (size,) if isinstance(size, int) else size
    zoom = (1, 1, *[m / n for n, m in zip(x.shape[2:], sizes, strict=True)])
    return ndimage.zoom(x, zoom, order=order, mode="nearest", cval=0.0, prefilter=False, grid_mode=grid == "half_pixel")


def _nearest(x, size, grid, scale, recomputed, rounding):
    if rounding not in (None, "round_prefer_ceil"):
        raise Unsupported("SciPy's zoom rounds to the nearest, halves up")
    return _zoomed(x, size, 0, grid, scale, recomputed)


def _linear(x, size, grid, scale, recomputed, antialias):
    if antialias:
        raise Unsupported("SciPy's zoom does not smooth")
    return _zoomed(x, size, 1, grid, scale, recomputed)


def nearest_resampling1d(x, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _nearest(x, size, grid, scale, recomputed, rounding)


def nearest_resampling2d(x, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _nearest(x, size, grid, scale, recomputed, rounding)


def nearest_resampling3d(x, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _nearest(x, size, grid, scale, recomputed, rounding)


def linear_resampling1d(x, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None):
    return _linear(x, size, grid, scale, recomputed, antialias)


def bilinear_resampling2d(x, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None):
    return _linear(x, size, grid, scale, recomputed, antialias)


def trilinear_resampling3d(x, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None):
    return _linear(x, size, grid, scale, recomputed, antialias)


def _own_format(x, function):
    """special takes numbers of any format, and returns float64 for all but float32."""
    if x.dtype not in (np.float32, np.float64):
        raise Unsupported(f"SciPy's {function} returns float64 for {x.dtype}")


def logistic(x):
    _own_format(x, "expit")
    return special.expit(x)


def gelu(x, *, approximate):
    if approximate != "none":
        raise Unsupported("SciPy has the normal distribution, and no approximation of it")
    _own_format(x, "ndtr")
    return x * special.ndtr(x)


def log_softmax(x, *, axis):
    return special.log_softmax(x, axis=axis)


def softmax(x, *, axis):
    return special.softmax(x, axis=axis)


def cross_entropy(
    logits, labels, weights=None, *, label_smoothing=0.0, weighting="class", ignore_index=None, reduction="none"
):
    if weights is not None or label_smoothing or ignore_index is not None or reduction != "none":
        raise Unsupported("SciPy has no losses; that of a label alone is minus its log_softmax")
    return -np.take_along_axis(special.log_softmax(logits, axis=1), labels[:, None], axis=1)[:, 0]


def _inside(function, *, turned, **axis):
    """The windows that lie inside x. The functions of ndimage return as many elements as x has.

    Of an even kernel, correlate centres on element k // 2 and convolve, which turns the kernel, on element (k - 1) // 2.
    """

    def windows(x, w):
        y = function(x, w, mode="constant", cval=0.0, origin=0, **axis)
        centre = [(k - turned) // 2 for k in w.shape]
        return y[tuple(slice(c, c + n - k + 1) for c, n, k in zip(centre, x.shape, w.shape, strict=True))]

    return windows


_CONVOLUTIONS = {
    "scipy.signal.convolve": functools.partial(signal.convolve, mode="valid", method="direct"),
    "scipy.signal.correlate": functools.partial(signal.correlate, mode="valid", method="direct"),
    "scipy.signal.fftconvolve": functools.partial(signal.fftconvolve, mode="valid"),
    "scipy.signal.oaconvolve": functools.partial(signal.oaconvolve, mode="valid"),
    "scipy.signal.convolve2d": functools.partial(signal.convolve2d, mode="valid"),
    "scipy.signal.correlate2d": functools.partial(signal.correlate2d, mode="valid"),
    "scipy.ndimage.convolve1d": _inside(ndimage.convolve1d, turned=True, axis=0),
    "scipy.ndimage.correlate1d": _inside(ndimage.correlate1d, turned=False, axis=0),
    "scipy.ndimage.convolve": _inside(ndimage.convolve, turned=True),
    "scipy.ndimage.correlate": _inside(ndimage.correlate, turned=False),
}


def own_convolutions():
    return tuple(by_rank(_CONVOLUTIONS))


def own_convolution(x, w, *, function):
    if function not in _CONVOLUTIONS:
        raise Unsupported(f"SciPy has no {function}")
    return _CONVOLUTIONS[function](x, w)


LACKS = {name: "SciPy has no gradients" for name in catalogue.OPERATIONS if name.endswith("_gradient")} | {
    "fully_connected": "SciPy has no fully connected layer; its matrix product is NumPy's",
    **{f"average_pooling{n}d": "SciPy has no average pooling; its uniform filter is a running sum" for n in (1, 2, 3)},
    **{f"adaptive_{k}_pooling{n}d": "SciPy has no pooling that adapts" for k in ("average", "max") for n in (1, 2, 3)},
    **{f"transposed_convolution{n}d": "SciPy has no transposed convolution" for n in (1, 2, 3)},
    **{f"lp_pooling{n}d": "SciPy has no Lp pooling" for n in (1, 2, 3)},
    "flatten": "SciPy has no array of its own to reshape; it is NumPy's",
    "pad": "SciPy has no padding of its own; it is NumPy's",
    "bicubic_resampling2d": "SciPy's cubics are splines, of which each weight depends on all pixels",
    **{f"area_resampling{n}d": "SciPy has no resampling by area" for n in (1, 2, 3)},
    "batch_norm_training": "SciPy has no batch norm",
    "batch_norm_inference": "SciPy has no batch norm",
    "batch_norm_running": "SciPy has no batch norm",
    "batch_norm_inference_gradient": "SciPy has no batch norm",
    **{f"{kind}_norm": "SciPy has no normalisation of layers" for kind in ("layer", "rms", "group", "instance")},
    "tanh": "SciPy has no tanh of its own; it is NumPy's",
    "relu": "SciPy has no ReLU",
    "relu6": "SciPy has no ReLU6",
    "hard_tanh": "SciPy has no clipping of its own; it is NumPy's",
    "hard_sigmoid": "SciPy has no hard sigmoid",
    "hard_swish": "SciPy has no hard swish",
    "softsign": "SciPy has no softsign",
    "silu": "SciPy has no SiLU",
    "softplus": "SciPy has no softplus",
    "elu": "SciPy has no ELU",
    "celu": "SciPy has no CELU",
    "selu": "SciPy has no SELU",
    "absolute_value": "SciPy has no absolute value of its own; it is NumPy's",
    "leaky_relu": "SciPy has no leaky ReLU",
    "prelu": "SciPy has no PReLU",
    "nll_loss": "SciPy has no losses",
    "binary_cross_entropy": "SciPy has no losses",
    "binary_cross_entropy_with_logits": "SciPy has no losses",
    "soft_cross_entropy": "SciPy has no losses; that of a label alone is minus its log_softmax",
    "cross_entropy_of_probabilities": "SciPy has no logarithm of its own; it is NumPy's",
    "raw_convolution2d": "SciPy has no convolution of its own with channels, so no layout of its own",
    "raw_max_pooling2d": "SciPy has no pooling with channels",
    "raw_batch_norm_inference": "SciPy has no batch norm",
    "memory_order": "SciPy has no memory formats",
    "layer_parameters": "SciPy has no layers",
    "own_network_parameters": "SciPy ships no published networks",
    "value_and_gradient": "SciPy has no gradients",
}
"""Operation → why SciPy has it not."""
