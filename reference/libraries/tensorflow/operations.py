"""TensorFlow and its Keras: [N, H, W, C], kernel [ky, kx, Cin/groups, Cout]; arrays are transposed on the way in and out."""

# TensorFlow ships no types of its own, and what is guessed of it is wrong in places.
# pyright: reportArgumentType=false, reportCallIssue=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false, reportOptionalIterable=false
# pyright: reportMissingImports=false, reportGeneralTypeIssues=false

import functools
import os

import ml_dtypes
import numpy as np
import tensorflow as tf

from .. import Unsupported
from .defaults import counted, own_layer


def configure():
    # Before Keras is imported, which happens in the functions that need it.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        # Not after the first operation ran; environment() tells what holds.
        pass


def environment():
    import keras
    from tensorflow.python.util import _pywrap_util_port  # the only place that tells whether oneDNN is on

    def flushes(dtype):
        smallest = float(ml_dtypes.finfo(dtype).smallest_normal)
        tiny = tf.fill((1, 1, 8, 1), tf.constant(smallest, dtype))
        half = tf.constant(0.5, dtype, shape=(1, 1, 1, 1))
        return {
            "multiply": not bool(tf.reduce_any(tiny * half != 0)),
            "convolution": not bool(np.any(tf.nn.conv2d(tiny, half, strides=1, padding="VALID").numpy())),
            "matrix product": not bool(np.any(tf.matmul(tiny[0, 0], half[0, 0]).numpy())),
            "sigmoid": not bool(np.any(tf.sigmoid(tf.constant(np.full(8, np.log(smallest) - 1, dtype))).numpy())),
        }

    return {
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
        "build": {
            "oneDNN": bool(_pywrap_util_port.IsMklEnabled()),
            "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "not set"),
            "CUDA": bool(tf.sysconfig.get_build_info()["is_cuda_build"]),
        },
        "threads": {
            "intra-op": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter-op": tf.config.threading.get_inter_op_parallelism_threads(),
        },
        "flushes subnormals": {dtype: flushes(dtype) for dtype in ("float16", "bfloat16", "float32", "float64")},
        "TF32": bool(tf.config.experimental.tensor_float_32_execution_enabled()),
        "keras backend": keras.backend.backend(),
        "default layout": {"channels_last": "NHWC", "channels_first": "NCHW"}[keras.config.image_data_format()],
    }


def _channels_last(x):
    return tf.constant(np.ascontiguousarray(np.moveaxis(x, 1, -1)))


def _channels_second(y):
    return np.ascontiguousarray(np.moveaxis(y.numpy(), -1, 1))


def _kernel(w):
    """[O, I, *taps] → [*taps, I, O]."""
    return tf.constant(np.ascontiguousarray(np.moveaxis(w, (0, 1), (-1, -2))))


def _sides(padding):
    return [[0, 0], *map(list, padding), [0, 0]]


def _by_axis(x, *settings):
    """One spatial axis has plain numbers, several have tuples."""
    return settings if x.ndim > 3 else tuple((each,) for each in settings)


def _continued(x, padding, mode):
    """Padded images [N, *sizes, C]."""
    modes = {"zeros": "CONSTANT", "reflect": "REFLECT", "symmetric": "SYMMETRIC"}
    if mode not in modes:
        raise Unsupported(f"TensorFlow's pad has no mode {mode}")
    return tf.pad(x, _sides(padding), mode=modes[mode], constant_values=0)


def _line(x, w, b, stride, padding, dilation, mode="zeros"):
    # conv1d takes no explicit padding. The number of groups follows from the kernel's shape.
    x = _continued(_channels_last(x), [padding], mode)
    y = tf.nn.conv1d(x, w, stride=stride, padding="VALID", data_format="NWC", dilations=dilation)
    return _channels_second(y if b is None else tf.nn.bias_add(y, b))


def _plane(x, w, b, stride, padding, dilation, mode="zeros"):
    x, sides = _channels_last(x), _sides(padding)
    if mode != "zeros":
        x, sides = _continued(x, padding, mode), "VALID"
    y = tf.nn.conv2d(x, w, strides=stride, padding=sides, data_format="NHWC", dilations=dilation)
    return _channels_second(y if b is None else tf.nn.bias_add(y, b))


def _volume(x, w, b, stride, padding, dilation, groups, mode):
    if any(d > 1 for d in dilation) or groups > 1:
        raise Unsupported("TensorFlow's conv3d has neither dilation nor groups on the CPU")
    y = tf.nn.conv3d(_continued(x, padding, mode), w, strides=(1, *stride, 1), padding="VALID", data_format="NDHWC")
    return y if b is None else tf.nn.bias_add(y, b)


def cross_correlation1d(x, w, b, *, stride, padding, dilation, groups, padding_mode="zeros"):
    return _line(x, _kernel(w), b, stride, padding, dilation, padding_mode)


def cross_correlation2d(x, w, b, *, stride, padding, dilation, groups, padding_mode="zeros"):
    return _plane(x, _kernel(w), b, stride, padding, dilation, padding_mode)


def cross_correlation3d(x, w, b, *, stride, padding, dilation, groups, padding_mode="zeros"):
    y = _volume(_channels_last(x), _kernel(w), b, stride, padding, dilation, groups, padding_mode)
    return _channels_second(y)


def convolution1d(x, w, b, *, stride, padding, dilation, groups):
    return _line(x, tf.reverse(_kernel(w), axis=[0]), b, stride, padding, dilation)


def convolution2d(x, w, b, *, stride, padding, dilation, groups):
    return _plane(x, tf.reverse(_kernel(w), axis=[0, 1]), b, stride, padding, dilation)


def convolution3d(x, w, b, *, stride, padding, dilation, groups):
    turned = tf.reverse(_kernel(w), axis=[0, 1, 2])
    return _channels_second(_volume(_channels_last(x), turned, b, stride, padding, dilation, groups, "zeros"))


@functools.cache
def _layer(stride, padding, dilation, compiled, mode="zeros"):
    def layer(x, w, b):
        x = _continued(x, padding, mode)
        if len(padding) == 1:
            y = tf.nn.conv1d(x, w, stride=stride, padding="VALID", data_format="NWC", dilations=dilation)
        else:
            y = tf.nn.conv2d(x, w, strides=stride, padding="VALID", data_format="NHWC", dilations=dilation)
        return tf.nn.bias_add(y, b)

    return tf.function(layer, jit_compile=True) if compiled else layer


def _by_parts(layer, x, w, upstream, outputs):
    """The gradient of a layer by image, kernel and bias."""
    no_bias = tf.zeros(outputs, w.dtype)
    dx, dw, db = _gradient(layer, _channels_last(upstream), _channels_last(x), _kernel(w), no_bias)
    return _channels_second(dx), np.ascontiguousarray(np.moveaxis(dw.numpy(), (-1, -2), (0, 1))), db.numpy()


def _convolution_gradient(x, w, upstream, stride, padding, dilation, compiled, mode):
    """On the CPU the gradient with groups or dilation exists only where XLA compiles it; compiled layers are kept."""
    return _by_parts(_layer(stride, padding, dilation, compiled, mode), x, w, upstream, w.shape[0])


def cross_correlation1d_gradient(x, w, upstream, *, stride, padding, dilation, groups, padding_mode="zeros"):
    compiled = groups > 1 or dilation > 1
    return _convolution_gradient(x, w, upstream, stride, (tuple(padding),), dilation, compiled, padding_mode)


def cross_correlation2d_gradient(x, w, upstream, *, stride, padding, dilation, groups, padding_mode="zeros"):
    sides, compiled = tuple(map(tuple, padding)), groups > 1 or tuple(dilation) != (1, 1)
    return _convolution_gradient(x, w, upstream, tuple(stride), sides, tuple(dilation), compiled, padding_mode)


def cross_correlation3d_gradient(x, w, upstream, *, stride, padding, dilation, groups, padding_mode="zeros"):
    def layer(x, w, b):
        return _volume(x, w, b, stride, padding, dilation, groups, padding_mode)

    return _by_parts(layer, x, w, upstream, w.shape[0])


def _transposed(x, w, b, stride, padding, output_padding, dilation, groups):
    """The whole sum of images [N, *sizes, C] and a kernel [*taps, Cout, Cin], of which the ends are cut off or added afterwards."""
    stride, padding, more, dilation = _by_axis(x, stride, padding, output_padding, dilation)
    if any(d > 1 for d in dilation):
        raise Unsupported("TensorFlow's transposed convolution has no dilation on the CPU")
    if x.ndim == 5 and any(s > 1 for s in stride) and x.dtype == tf.float16:
        raise Unsupported("TensorFlow's transposed convolution of volumes has no float16 on the CPU")
    function = getattr(tf.nn, f"conv{x.ndim - 2}d_transpose")
    room = [(n - 1) * s + k for n, s, k in zip(x.shape[1:-1], stride, w.shape[:-2], strict=True)]
    parts = [
        function(image, kernel, (len(x), *room, kernel.shape[-2]), strides=stride, padding="VALID")
        for image, kernel in zip(tf.split(x, groups, axis=-1), tf.split(w, groups, axis=-1), strict=True)
    ]
    y = tf.concat(parts, axis=-1)
    inside = [slice(before, n - max(after - m, 0)) for (before, after), m, n in zip(padding, more, room, strict=True)]
    y = y[(slice(None), *inside, slice(None))]
    y = tf.pad(y, _sides([(0, max(m - after, 0)) for (_, after), m in zip(padding, more, strict=True)]))
    return y if b is None else tf.nn.bias_add(y, b)


def _transposed_gradient(x, w, upstream, *geometry):
    return _by_parts(lambda x, w, b: _transposed(x, w, b, *geometry), x, w, upstream, upstream.shape[1])


def transposed_convolution1d(x, w, b, *, stride, padding, output_padding, dilation, groups):
    y = _transposed(_channels_last(x), _kernel(w), b, stride, padding, output_padding, dilation, groups)
    return _channels_second(y)


def transposed_convolution1d_gradient(x, w, upstream, *, stride, padding, output_padding, dilation, groups):
    return _transposed_gradient(x, w, upstream, stride, padding, output_padding, dilation, groups)


def transposed_convolution2d(x, w, b, *, stride, padding, output_padding, dilation, groups):
    y = _transposed(_channels_last(x), _kernel(w), b, stride, padding, output_padding, dilation, groups)
    return _channels_second(y)


def transposed_convolution2d_gradient(x, w, upstream, *, stride, padding, output_padding, dilation, groups):
    return _transposed_gradient(x, w, upstream, stride, padding, output_padding, dilation, groups)


def transposed_convolution3d(x, w, b, *, stride, padding, output_padding, dilation, groups):
    y = _transposed(_channels_last(x), _kernel(w), b, stride, padding, output_padding, dilation, groups)
    return _channels_second(y)


def transposed_convolution3d_gradient(x, w, upstream, *, stride, padding, output_padding, dilation, groups):
    return _transposed_gradient(x, w, upstream, stride, padding, output_padding, dilation, groups)


def pad(x, *, padding, padding_mode):
    return _channels_second(_continued(_channels_last(x), padding, padding_mode))


def pad_gradient(x, upstream, *, padding, padding_mode):
    function = functools.partial(_continued, padding=padding, mode=padding_mode)
    return _channels_second(_gradient(function, _channels_last(upstream), _channels_last(x)))


def _fully(x, w, b):
    y = tf.linalg.matmul(x, w, transpose_a=False, transpose_b=True)
    return y if b is None else tf.nn.bias_add(y, b)


def fully_connected(x, w, b):
    return _fully(tf.constant(x), tf.constant(w), b).numpy()


def fully_connected_gradient(x, w, upstream):
    inputs = tf.constant(x), tf.constant(w), tf.zeros(w.shape[0], w.dtype)
    return tuple(g.numpy() for g in _gradient(_fully, tf.constant(upstream), *inputs))


def _gradient(function, upstream, *inputs):
    """GradientTape's gradients of a function of tensors, by each of them."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = function(*inputs)
    gradients = tape.gradient(y, inputs, output_gradients=upstream)
    return gradients if len(gradients) > 1 else gradients[0]


def _pooled(x, kind, window, stride, dilation):
    """Of padded images [N, *sizes, C]. max_pool2d and avg_pool2d where they can; tf.nn.pool dilates, but has no gradient for more than two axes."""
    layout = ("NWC", "NHWC", "NDHWC")[x.ndim - 3]
    if x.ndim == 5 and x.dtype not in (tf.float32, tf.bfloat16):
        raise Unsupported(f"TensorFlow pools no volumes of {x.dtype.name} on the CPU")
    if all(d == 1 for d in dilation) or x.ndim == 3:
        function = getattr(tf.nn, f"{kind}_pool{x.ndim - 2}d")
        if any(d > 1 for d in dilation):
            return tf.nn.pool(
                x, window, kind.upper(), strides=stride, padding="VALID", data_format=layout, dilations=dilation
            )
        return function(x, ksize=window, strides=stride, padding="VALID", data_format=layout)
    if any(s > 1 for s in stride):
        raise Unsupported("TensorFlow's pooling has strides or dilations, not both")
    return tf.nn.pool(x, window, kind.upper(), strides=stride, padding="VALID", data_format=layout, dilations=dilation)


def _floored(ceil_mode):
    if ceil_mode:
        raise Unsupported("TensorFlow's pooling rounds down or pads by its rule; it has no ceil mode")


def _max_pooled(x, window, stride, padding, dilation, ceil_mode):
    _floored(ceil_mode)
    window, stride, padding, dilation = _by_axis(x, window, stride, padding, dilation)
    x = tf.pad(x, _sides(padding), mode="CONSTANT", constant_values=float("-inf"))
    return _pooled(x, "max", window, stride, dilation)


def max_pooling1d(x, *, window, stride, padding, dilation=1, ceil_mode=False):
    return _channels_second(_max_pooled(_channels_last(x), window, stride, padding, dilation, ceil_mode))


def max_pooling1d_gradient(x, upstream, *, window, stride, padding, dilation=1, ceil_mode=False):
    given = window, stride, padding, dilation, ceil_mode
    return _channels_second(_gradient(lambda x: _max_pooled(x, *given), _channels_last(upstream), _channels_last(x)))


def max_pooling2d(x, *, window, stride, padding, dilation=(1, 1), ceil_mode=False):
    return _channels_second(_max_pooled(_channels_last(x), window, stride, padding, dilation, ceil_mode))


def max_pooling2d_gradient(x, upstream, *, window, stride, padding, dilation=(1, 1), ceil_mode=False):
    given = window, stride, padding, dilation, ceil_mode
    return _channels_second(_gradient(lambda x: _max_pooled(x, *given), _channels_last(upstream), _channels_last(x)))


def max_pooling3d(x, *, window, stride, padding, dilation=(1, 1, 1), ceil_mode=False):
    return _channels_second(_max_pooled(_channels_last(x), window, stride, padding, dilation, ceil_mode))


def max_pooling3d_gradient(x, upstream, *, window, stride, padding, dilation=(1, 1, 1), ceil_mode=False):
    given = window, stride, padding, dilation, ceil_mode
    return _channels_second(_gradient(lambda x: _max_pooled(x, *given), _channels_last(upstream), _channels_last(x)))


def _averaged(x, window, stride, padding, count_padding, dilation, ceil_mode, divisor):
    """avg_pool takes no explicit padding; where it does not count, the padded mean is divided by the padded mean of ones."""
    _floored(ceil_mode)
    if divisor is not None:
        raise Unsupported("TensorFlow's average pooling takes no divisor")
    window, stride, padding, dilation = _by_axis(x, window, stride, padding, dilation)
    y = _pooled(tf.pad(x, _sides(padding), mode="CONSTANT", constant_values=0), "avg", window, stride, dilation)
    if count_padding or not any(map(any, padding)):
        return y
    ones = tf.pad(tf.ones_like(x), _sides(padding), mode="CONSTANT", constant_values=0)
    return y / _pooled(ones, "avg", window, stride, dilation)


def average_pooling1d(x, *, window, stride, padding, count_padding, dilation=1, ceil_mode=False, divisor=None):
    given = window, stride, padding, count_padding, dilation, ceil_mode, divisor
    return _channels_second(_averaged(_channels_last(x), *given))


def average_pooling1d_gradient(
    x, upstream, *, window, stride, padding, count_padding, dilation=1, ceil_mode=False, divisor=None
):
    given = window, stride, padding, count_padding, dilation, ceil_mode, divisor
    return _channels_second(_gradient(lambda x: _averaged(x, *given), _channels_last(upstream), _channels_last(x)))


def average_pooling2d(x, *, window, stride, padding, count_padding, dilation=(1, 1), ceil_mode=False, divisor=None):
    given = window, stride, padding, count_padding, dilation, ceil_mode, divisor
    return _channels_second(_averaged(_channels_last(x), *given))


def average_pooling2d_gradient(
    x, upstream, *, window, stride, padding, count_padding, dilation=(1, 1), ceil_mode=False, divisor=None
):
    given = window, stride, padding, count_padding, dilation, ceil_mode, divisor
    return _channels_second(_gradient(lambda x: _averaged(x, *given), _channels_last(upstream), _channels_last(x)))


def average_pooling3d(x, *, window, stride, padding, count_padding, dilation=(1, 1, 1), ceil_mode=False, divisor=None):
    given = window, stride, padding, count_padding, dilation, ceil_mode, divisor
    return _channels_second(_averaged(_channels_last(x), *given))


def average_pooling3d_gradient(
    x, upstream, *, window, stride, padding, count_padding, dilation=(1, 1, 1), ceil_mode=False, divisor=None
):
    given = window, stride, padding, count_padding, dilation, ceil_mode, divisor
    return _channels_second(_gradient(lambda x: _averaged(x, *given), _channels_last(upstream), _channels_last(x)))


def _overall(x, size, reduce):
    if any(many != 1 for many in (size if isinstance(size, tuple) else (size,))):
        raise Unsupported("TensorFlow has global pooling, and no other that adapts its windows")
    return reduce(x, axis=list(range(1, x.ndim - 1)), keepdims=True)


def adaptive_average_pooling1d(x, *, size):
    return _channels_second(_overall(_channels_last(x), size, tf.reduce_mean))


def adaptive_average_pooling1d_gradient(x, upstream, *, size):
    function = functools.partial(_overall, size=size, reduce=tf.reduce_mean)
    return _channels_second(_gradient(function, _channels_last(upstream), _channels_last(x)))


def adaptive_average_pooling2d(x, *, size):
    return _channels_second(_overall(_channels_last(x), size, tf.reduce_mean))


def adaptive_average_pooling2d_gradient(x, upstream, *, size):
    function = functools.partial(_overall, size=size, reduce=tf.reduce_mean)
    return _channels_second(_gradient(function, _channels_last(upstream), _channels_last(x)))


def adaptive_average_pooling3d(x, *, size):
    return _channels_second(_overall(_channels_last(x), size, tf.reduce_mean))


def adaptive_average_pooling3d_gradient(x, upstream, *, size):
    function = functools.partial(_overall, size=size, reduce=tf.reduce_mean)
    return _channels_second(_gradient(function, _channels_last(upstream), _channels_last(x)))


def adaptive_max_pooling1d(x, *, size):
    return _channels_second(_overall(_channels_last(x), size, tf.reduce_max))


def adaptive_max_pooling1d_gradient(x, upstream, *, size):
    function = functools.partial(_overall, size=size, reduce=tf.reduce_max)
    return _channels_second(_gradient(function, _channels_last(upstream), _channels_last(x)))


def adaptive_max_pooling2d(x, *, size):
    return _channels_second(_overall(_channels_last(x), size, tf.reduce_max))


def adaptive_max_pooling2d_gradient(x, upstream, *, size):
    function = functools.partial(_overall, size=size, reduce=tf.reduce_max)
    return _channels_second(_gradient(function, _channels_last(upstream), _channels_last(x)))


def adaptive_max_pooling3d(x, *, size):
    return _channels_second(_overall(_channels_last(x), size, tf.reduce_max))


def adaptive_max_pooling3d_gradient(x, upstream, *, size):
    function = functools.partial(_overall, size=size, reduce=tf.reduce_max)
    return _channels_second(_gradient(function, _channels_last(upstream), _channels_last(x)))


def _by_size(scale, recomputed):
    if scale is not None and not recomputed:
        raise Unsupported("TensorFlow resamples to a size, on the grid of the ratio of the sizes")


def _nearest(x, size, grid, scale, recomputed, rounding):
    _by_size(scale, recomputed)
    roundings = {"half_pixel": "round_prefer_ceil", "asymmetric": "floor", "align_corners": "round_prefer_ceil"}
    if rounding not in (None, roundings.get(grid)) or grid not in roundings:
        raise Unsupported("TensorFlow's nearest has three grids, each with a rounding of its own")
    corners, centres = grid == "align_corners", grid == "half_pixel"
    return tf.raw_ops.ResizeNearestNeighbor(images=x, size=size, align_corners=corners, half_pixel_centers=centres)


def _scaled(x, size, kernel, antialias):
    """What tf.image.resize smooths with, and its cubics; what lies outside the image is left out."""
    scale = [m / n for m, n in zip(size, x.shape[1:3], strict=True)]
    plain = {"translation": [0.0, 0.0], "kernel_type": kernel, "antialias": antialias}
    return tf.raw_ops.ScaleAndTranslate(images=x, size=size, scale=scale, **plain)


def _interpolated(x, size, grid, scale, recomputed, antialias, exclude_outside):
    _by_size(scale, recomputed)
    if x.dtype != tf.float32:
        raise Unsupported("TensorFlow's bilinear interpolation returns float32, whatever it is given")
    if antialias and (grid != "half_pixel" or exclude_outside is False):
        raise Unsupported("TensorFlow smooths on half pixels, and leaves out what lies outside")
    if antialias:
        return _scaled(x, size, "triangle", True)
    if grid not in ("half_pixel", "align_corners", "asymmetric"):
        raise Unsupported(f"TensorFlow has no bilinear interpolation on the grid {grid}")
    return tf.raw_ops.ResizeBilinear(
        images=x, size=size, align_corners=grid == "align_corners", half_pixel_centers=grid == "half_pixel"
    )


def _cubic(x, size, grid, coefficient, scale, recomputed, antialias, exclude_outside):
    _by_size(scale, recomputed)
    if x.dtype != tf.float32:
        raise Unsupported("TensorFlow's cubic interpolation returns float32, whatever it is given")
    leaves_out = antialias if exclude_outside is None else exclude_outside
    if (grid, coefficient, leaves_out) != ("half_pixel", -0.5, True):
        raise Unsupported(
            "TensorFlow's exact cubics have half pixels, a = -1/2 and nothing outside; others are read off a table"
        )
    return _scaled(x, size, "keyscubic", antialias)


def nearest_resampling2d(x, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _channels_second(_nearest(_channels_last(x), size, grid, scale, recomputed, rounding))


def nearest_resampling2d_gradient(x, upstream, *, size, grid, scale=None, recomputed=False, rounding=None):
    return _channels_second(
        _gradient(
            lambda x: _nearest(x, size, grid, scale, recomputed, rounding), _channels_last(upstream), _channels_last(x)
        )
    )


def bilinear_resampling2d(x, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None):
    return _channels_second(_interpolated(_channels_last(x), size, grid, scale, recomputed, antialias, exclude_outside))


def bilinear_resampling2d_gradient(
    x, upstream, *, size, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None
):
    return _channels_second(
        _gradient(
            lambda x: _interpolated(x, size, grid, scale, recomputed, antialias, exclude_outside),
            _channels_last(upstream),
            _channels_last(x),
        )
    )


def bicubic_resampling2d(
    x, *, size, grid, coefficient, scale=None, recomputed=False, antialias=False, exclude_outside=None
):
    return _channels_second(
        _cubic(_channels_last(x), size, grid, coefficient, scale, recomputed, antialias, exclude_outside)
    )


def bicubic_resampling2d_gradient(
    x, upstream, *, size, grid, coefficient, scale=None, recomputed=False, antialias=False, exclude_outside=None
):
    return _channels_second(
        _gradient(
            lambda x: _cubic(x, size, grid, coefficient, scale, recomputed, antialias, exclude_outside),
            _channels_last(upstream),
            _channels_last(x),
        )
    )


def area_resampling2d(x, *, size):
    if x.dtype != np.float32:
        raise Unsupported("TensorFlow's resampling by area returns float32, whatever it is given")
    return _channels_second(tf.raw_ops.ResizeArea(images=_channels_last(x), size=size, align_corners=False))


def _normalised(x, gamma, beta, epsilon):
    mean, variance = tf.nn.moments(x, axes=list(range(x.ndim - 1)), keepdims=False)
    y = tf.nn.batch_normalization(x, mean, variance, offset=beta, scale=gamma, variance_epsilon=epsilon)
    return y, mean, variance


def batch_norm_training(x, gamma, beta, *, epsilon):
    y, mean, variance = _normalised(_channels_last(x), gamma, beta, epsilon)
    return _channels_second(y), mean.numpy(), variance.numpy()


def batch_norm_inference(x, gamma, beta, mean, variance, *, epsilon):
    y = tf.nn.batch_normalization(_channels_last(x), mean, variance, offset=beta, scale=gamma, variance_epsilon=epsilon)
    return _channels_second(y)


def batch_norm_running(x, mean, variance, *, momentum, correction):
    x = _channels_last(x)
    if correction == 0:
        import keras

        # Keras' momentum is the weight of the old value.
        layer = keras.layers.BatchNormalization(
            axis=-1, momentum=1 - momentum, epsilon=1.0, center=False, scale=False, dtype=mean.dtype.name
        )
        layer.build(x.shape)
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(variance)
        layer(x, training=True)
        return layer.moving_mean.numpy(), layer.moving_variance.numpy()
    if x.dtype == tf.float64:
        raise Unsupported("TensorFlow's fused batch norm, which remembers the variance over n - 1, has no float64")
    flat = tf.reshape(x, (-1, 1, 1, x.shape[-1]))
    # Of float16 and bfloat16 images too it remembers float32 statistics.
    given, (mean, variance) = mean.dtype, (tf.cast(old, tf.float32) for old in (mean, variance))
    _, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=flat,
        scale=tf.ones_like(mean),
        offset=tf.zeros_like(mean),
        mean=mean,
        variance=variance,
        epsilon=1.0,
        exponential_avg_factor=momentum,
        data_format="NHWC",
        is_training=True,
    )
    return mean.numpy().astype(given), variance.numpy().astype(given)


def batch_norm_gradient(x, gamma, upstream, *, epsilon):
    inputs = _channels_last(x), tf.constant(gamma), tf.zeros_like(gamma)
    dx, dgamma, dbeta = _gradient(lambda *given: _normalised(*given, epsilon)[0], _channels_last(upstream), *inputs)
    return _channels_second(dx), dgamma.numpy(), dbeta.numpy()


def batch_norm_inference_gradient(x, gamma, mean, variance, upstream, *, epsilon):
    statistics = tf.constant(mean), tf.constant(variance)

    def normalised(x, gamma, beta):
        return tf.nn.batch_normalization(x, *statistics, offset=beta, scale=gamma, variance_epsilon=epsilon)

    inputs = _channels_last(x), tf.constant(gamma), tf.zeros_like(gamma)
    dx, dgamma, dbeta = _gradient(normalised, _channels_last(upstream), *inputs)
    return _channels_second(dx), dgamma.numpy(), dbeta.numpy()


def _constants(*arrays):
    return [None if a is None else tf.constant(a) for a in arrays]


def _features(x, start, *parts):
    """The normalised axes; gamma and beta have their shape."""
    if any(part is not None and part.shape != x.shape[start:] for part in parts):
        raise Unsupported("Keras' gamma and beta have the shape that is normalised")
    return list(range(start, x.ndim))


def _or_ones(gamma, shape, like):
    return np.ones(shape, like.dtype) if gamma is None else gamma


def _differentiated(function, upstream, *given):
    return tuple(one.numpy() for one in _gradient(function, tf.constant(upstream), *_constants(*given)))


def layer_norm(x, gamma, beta, *, start, epsilon):
    import keras

    axes = _features(x, start, gamma, beta)
    return keras.ops.layer_normalization(*_constants(x, gamma, beta), axis=axes, epsilon=epsilon).numpy()


def layer_norm_gradient(x, gamma, upstream, *, start, epsilon):
    import keras

    axes, gamma = _features(x, start, gamma), _or_ones(gamma, x.shape[start:], x)
    return _differentiated(
        lambda *given: keras.ops.layer_normalization(*given, axis=axes, epsilon=epsilon), upstream, x, gamma, gamma
    )


def rms_norm(x, gamma, *, start, epsilon):
    import keras

    axes = _features(x, start, gamma)
    return keras.ops.rms_normalization(*_constants(x, gamma), axis=axes, epsilon=epsilon).numpy()


def rms_norm_gradient(x, gamma, upstream, *, start, epsilon):
    import keras

    axes, gamma = _features(x, start, gamma), _or_ones(gamma, x.shape[start:], x)
    return _differentiated(
        lambda *given: keras.ops.rms_normalization(*given, axis=axes, epsilon=epsilon), upstream, x, gamma
    )


def _grouped(x, groups, epsilon):
    """Keras' layer, built for images [N, ..., C]; a function of gamma and beta, which it holds in float32 where they are narrow."""
    import keras

    layer = keras.layers.GroupNormalization(groups=groups, axis=-1, epsilon=epsilon, dtype=x.dtype.name)
    layer.build(x.shape)
    return layer


def _group_norm(x, gamma, beta, groups, epsilon):
    x = _channels_last(x)
    layer = _grouped(x, groups, epsilon)
    ones = [np.ones(x.shape[-1]), np.zeros(x.shape[-1])]
    layer.set_weights([own if part is None else part for part, own in zip((gamma, beta), ones, strict=True)])
    return _channels_second(layer(x))


def _group_norm_gradient(x, gamma, upstream, groups, epsilon):
    x, gamma = _channels_last(x), _or_ones(gamma, x.shape[1:2], x)
    layer = _grouped(x, groups, epsilon)
    layer.set_weights([gamma, np.zeros_like(gamma)])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    by = [x, layer.gamma.value, layer.beta.value]
    dx, dgamma, dbeta = tape.gradient(y, by, output_gradients=_channels_last(upstream))
    return _channels_second(dx), dgamma.numpy(), dbeta.numpy()


def group_norm(x, gamma, beta, *, groups, epsilon):
    return _group_norm(x, gamma, beta, groups, epsilon)


def group_norm_gradient(x, gamma, upstream, *, groups, epsilon):
    return _group_norm_gradient(x, gamma, upstream, groups, epsilon)


def instance_norm(x, gamma, beta, *, epsilon):
    return _group_norm(x, gamma, beta, x.shape[1], epsilon)


def instance_norm_gradient(x, gamma, upstream, *, epsilon):
    return _group_norm_gradient(x, gamma, upstream, x.shape[1], epsilon)


def _flat(x, start, end):
    return tf.reshape(x, [*x.shape[:start], -1, *x.shape[end + 1 :]])


def flatten(x, *, start, end):
    return _flat(tf.constant(x), start, end).numpy()


def flatten_gradient(x, upstream, *, start, end):
    return _gradient(lambda x: _flat(x, start, end), tf.constant(upstream), tf.constant(x)).numpy()


def logistic(x):
    return tf.math.sigmoid(tf.constant(x)).numpy()


def logistic_gradient(x, upstream):
    return _gradient(tf.math.sigmoid, tf.constant(upstream), tf.constant(x)).numpy()


def tanh(x):
    return tf.math.tanh(tf.constant(x)).numpy()


def tanh_gradient(x, upstream):
    return _gradient(tf.math.tanh, tf.constant(upstream), tf.constant(x)).numpy()


def relu(x):
    return tf.nn.relu(tf.constant(x)).numpy()


def relu_gradient(x, upstream):
    return _gradient(tf.nn.relu, tf.constant(upstream), tf.constant(x)).numpy()


def absolute_value(x):
    return tf.math.abs(tf.constant(x)).numpy()


def absolute_value_gradient(x, upstream):
    return _gradient(tf.math.abs, tf.constant(upstream), tf.constant(x)).numpy()


def leaky_relu(x, *, alpha):
    return tf.nn.leaky_relu(tf.constant(x), alpha=alpha).numpy()


def leaky_relu_gradient(x, upstream, *, alpha):
    return _gradient(lambda x: tf.nn.leaky_relu(x, alpha=alpha), tf.constant(upstream), tf.constant(x)).numpy()


def _prelu(x, alpha):
    # As Keras' layer computes it; the layer itself holds its slopes and takes none.
    return tf.nn.relu(x) - alpha * tf.nn.relu(-x)


def prelu(x, alpha):
    return _channels_second(_prelu(_channels_last(x), tf.constant(alpha)))


def prelu_gradient(x, alpha, upstream):
    dx, dalpha = _gradient(_prelu, _channels_last(upstream), _channels_last(x), tf.constant(alpha))
    return _channels_second(dx), dalpha.numpy()


def gelu(x, *, approximate):
    return tf.nn.gelu(tf.constant(x), approximate=approximate == "tanh").numpy()


def gelu_gradient(x, upstream, *, approximate):
    own = functools.partial(tf.nn.gelu, approximate=approximate == "tanh")
    return _gradient(own, tf.constant(upstream), tf.constant(x)).numpy()


def log_softmax(x, *, axis):
    return tf.nn.log_softmax(tf.constant(x), axis=axis).numpy()


def log_softmax_gradient(x, upstream, *, axis):
    return _gradient(lambda x: tf.nn.log_softmax(x, axis=axis), tf.constant(upstream), tf.constant(x)).numpy()


def relu6(x):
    return tf.nn.relu6(tf.constant(x)).numpy()


def relu6_gradient(x, upstream):
    return _gradient(tf.nn.relu6, tf.constant(upstream), tf.constant(x)).numpy()


def hard_tanh(x, *, low, high):
    return tf.clip_by_value(tf.constant(x), low, high).numpy()


def hard_tanh_gradient(x, upstream, *, low, high):
    return _gradient(lambda x: tf.clip_by_value(x, low, high), tf.constant(upstream), tf.constant(x)).numpy()


def softsign(x):
    return tf.nn.softsign(tf.constant(x)).numpy()


def softsign_gradient(x, upstream):
    return _gradient(tf.nn.softsign, tf.constant(upstream), tf.constant(x)).numpy()


def silu(x):
    return tf.nn.silu(tf.constant(x)).numpy()


def silu_gradient(x, upstream):
    return _gradient(tf.nn.silu, tf.constant(upstream), tf.constant(x)).numpy()


def _plain_softplus(beta, threshold):
    if (beta, threshold) != (1, float("inf")):
        raise Unsupported("TensorFlow's softplus has neither beta nor a threshold")


def softplus(x, *, beta, threshold):
    _plain_softplus(beta, threshold)
    return tf.math.softplus(tf.constant(x)).numpy()


def softplus_gradient(x, upstream, *, beta, threshold):
    _plain_softplus(beta, threshold)
    return _gradient(tf.math.softplus, tf.constant(upstream), tf.constant(x)).numpy()


def _plain_elu(alpha):
    if alpha != 1:
        raise Unsupported("TensorFlow's elu has alpha=1; Keras' layer multiplies afterwards")


def elu(x, *, alpha):
    _plain_elu(alpha)
    return tf.nn.elu(tf.constant(x)).numpy()


def elu_gradient(x, upstream, *, alpha):
    _plain_elu(alpha)
    return _gradient(tf.nn.elu, tf.constant(upstream), tf.constant(x)).numpy()


def selu(x):
    return tf.nn.selu(tf.constant(x)).numpy()


def selu_gradient(x, upstream):
    return _gradient(tf.nn.selu, tf.constant(upstream), tf.constant(x)).numpy()


def softmax(x, *, axis):
    return tf.nn.softmax(tf.constant(x), axis=axis).numpy()


def softmax_gradient(x, upstream, *, axis):
    return _gradient(lambda x: tf.nn.softmax(x, axis=axis), tf.constant(upstream), tf.constant(x)).numpy()


def _reduced(rows, counts, own, reduction):
    """Losses [N] as they are, or [1]; ``counts``: which rows are not left out, ``own``: the weights of their labels."""
    if reduction == "none":
        return rows
    whole = tf.reduce_sum(rows, keepdims=True)
    many = {"sum": None, "mean": counts, "row_mean": counts, "weighted_mean": own}[reduction]
    return whole if many is None else whole / tf.reduce_sum(tf.cast(many, rows.dtype))


def _weighed(labels, weights, *, label_smoothing=0.0, weighting="class", ignore_index=None, reduction="none"):
    """TensorFlow has no weights of classes: the loss of a row is multiplied by its label's, and that of one left out is 0, as in Keras."""
    counts = np.ones(len(labels), bool) if ignore_index is None else labels != ignore_index
    labels = np.where(counts, labels, 0)
    if weights is not None and label_smoothing and weighting == "class":
        raise Unsupported("TensorFlow and Keras weigh a row as a whole, also where labels are smoothed")

    def loss(z):
        if label_smoothing:
            q = tf.one_hot(labels, z.shape[1], dtype=z.dtype) * (1.0 - label_smoothing) + label_smoothing / z.shape[1]
            rows = tf.nn.softmax_cross_entropy_with_logits(labels=q, logits=z)
        else:
            rows = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.constant(labels), logits=z)
        own = np.ones(len(labels), z.dtype.as_numpy_dtype) if weights is None else weights[labels]
        own = np.where(counts, own, own.dtype.type(0))
        plain = weights is None and ignore_index is None
        return _reduced(rows if plain else rows * tf.constant(own), counts, own, reduction)

    return loss


def cross_entropy(
    logits, labels, weights=None, *, label_smoothing=0.0, weighting="class", ignore_index=None, reduction="none"
):
    return _weighed(
        labels,
        weights,
        label_smoothing=label_smoothing,
        weighting=weighting,
        ignore_index=ignore_index,
        reduction=reduction,
    )(tf.constant(logits)).numpy()


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
            labels,
            weights,
            label_smoothing=label_smoothing,
            weighting=weighting,
            ignore_index=ignore_index,
            reduction=reduction,
        ),
        tf.constant(upstream),
        tf.constant(logits),
    ).numpy()


def _of_numbers(losses, weights, reduction):
    """Of all numbers: as they are, or [1]."""
    losses = losses if weights is None else losses * tf.constant(weights)
    if reduction == "none":
        return losses
    whole = tf.reshape(tf.reduce_sum(losses), [1])
    return whole / tf.cast(tf.size(losses), losses.dtype) if reduction == "mean" else whole


def _from_sigmoid(targets, weights, *, floor=None, clip=None, reduction="none"):
    """As Keras' loss has it, of numbers and not of their last axis' mean."""
    if floor is not None:
        raise Unsupported("TensorFlow and Keras hold no logarithm at a least value; they clip the probabilities")

    def loss(p):
        t, held = (
            tf.constant(targets),
            p if clip is None else tf.clip_by_value(p, *(tf.constant(c, p.dtype) for c in clip)),
        )
        yes = tf.where(t > 0, t * tf.math.log(held), tf.zeros_like(p))
        no = tf.where(t < 1, (1 - t) * tf.math.log(1 - held), tf.zeros_like(p))
        return _of_numbers(-(yes + no), weights, reduction)

    return loss


def binary_cross_entropy(p, targets, weights=None, *, floor=None, clip=None, reduction="none"):
    return _from_sigmoid(targets, weights, floor=floor, clip=clip, reduction=reduction)(tf.constant(p)).numpy()


def binary_cross_entropy_gradient(p, targets, upstream, weights=None, *, floor=None, clip=None, reduction="none"):
    return _gradient(
        _from_sigmoid(targets, weights, floor=floor, clip=clip, reduction=reduction),
        tf.constant(upstream),
        tf.constant(p),
    ).numpy()


def _sigmoid(targets, weights, pos_weight, reduction):
    def loss(z):
        t = tf.constant(targets)
        if pos_weight is None:
            losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=z)
        else:
            losses = tf.nn.weighted_cross_entropy_with_logits(labels=t, logits=z, pos_weight=tf.constant(pos_weight))
        return _of_numbers(losses, weights, reduction)

    return loss


def binary_cross_entropy_with_logits(logits, targets, weights=None, pos_weight=None, *, reduction="none"):
    return _sigmoid(targets, weights, pos_weight, reduction)(tf.constant(logits)).numpy()


def binary_cross_entropy_with_logits_gradient(
    logits, targets, upstream, weights=None, pos_weight=None, *, reduction="none"
):
    loss = _sigmoid(targets, weights, pos_weight, reduction)
    return _gradient(loss, tf.constant(upstream), tf.constant(logits)).numpy()


def _negated(labels, weights, *, ignore_index=None, reduction="none"):
    counts = np.ones(len(labels), bool) if ignore_index is None else labels != ignore_index
    at = np.where(counts, labels, 0)

    def loss(x):
        own = np.ones(len(at), x.dtype.as_numpy_dtype) if weights is None else weights[at]
        own = np.where(counts, own, own.dtype.type(0))
        rows = -tf.gather(x, tf.constant(at), axis=1, batch_dims=1) * tf.constant(own)
        return _reduced(rows, counts, own, reduction)

    return loss


def nll_loss(x, labels, weights=None, *, ignore_index=None, reduction="none"):
    return _negated(labels, weights, ignore_index=ignore_index, reduction=reduction)(tf.constant(x)).numpy()


def nll_loss_gradient(x, labels, upstream, weights=None, *, ignore_index=None, reduction="none"):
    slope = _gradient(
        _negated(labels, weights, ignore_index=ignore_index, reduction=reduction), tf.constant(upstream), tf.constant(x)
    )
    return tf.convert_to_tensor(slope).numpy()


def _soft(targets, weights, *, label_smoothing=0.0, reduction="none"):
    """softmax_cross_entropy_with_logits has no weights, and a gradient of targets that sum to one."""

    def loss(z):
        q = tf.constant(targets)
        if label_smoothing:
            q = q * (1.0 - label_smoothing) + label_smoothing / z.shape[1]
        if weights is None:
            rows = tf.nn.softmax_cross_entropy_with_logits(labels=q, logits=z)
        else:
            rows = -tf.reduce_sum(q * tf.constant(weights) * tf.nn.log_softmax(z, axis=1), axis=1)
        return _reduced(rows, np.ones(len(targets)), None, reduction)

    return loss


def soft_cross_entropy(logits, targets, weights=None, *, label_smoothing=0.0, reduction="none"):
    return _soft(targets, weights, label_smoothing=label_smoothing, reduction=reduction)(tf.constant(logits)).numpy()


def soft_cross_entropy_gradient(logits, targets, upstream, weights=None, *, label_smoothing=0.0, reduction="none"):
    if weights is None and np.any(
        np.abs(targets.astype(np.float64).sum(axis=1) - 1) > 2 * np.sqrt(ml_dtypes.finfo(targets.dtype).eps)
    ):
        raise Unsupported("TensorFlow's gradient is that of targets that sum to one")
    return _gradient(
        _soft(targets, weights, label_smoothing=label_smoothing, reduction=reduction),
        tf.constant(upstream),
        tf.constant(logits),
    ).numpy()


def _from_probabilities(labels):
    # Keras' loss clips the probabilities and divides them by their sum first: it is another function.
    return lambda p: -tf.math.log(tf.gather(p, tf.constant(labels), axis=1, batch_dims=1))


def cross_entropy_of_probabilities(p, labels):
    return _from_probabilities(labels)(tf.constant(p)).numpy()


def cross_entropy_of_probabilities_gradient(p, labels, upstream):
    slope = _gradient(_from_probabilities(labels), tf.constant(upstream), tf.constant(p))
    return tf.convert_to_tensor(slope).numpy()


def own_convolutions():
    return (
        ("tf.nn.conv1d", 1),
        ("tf.nn.conv2d", 2),
        ("tf.nn.convolution", 1),
        ("tf.nn.convolution", 2),
        ("tf.nn.depthwise_conv2d", 2),
        ("keras.ops.conv", 1),
        ("keras.ops.conv", 2),
        ("keras.layers.Conv1D", 1),
        ("keras.layers.Conv2D", 2),
    )


def own_convolution(x, w, *, function):
    import keras

    taps, rank = w.shape, x.ndim
    x, w = tf.constant(np.array(x)[None, ..., None]), tf.constant(np.array(w)[..., None, None])
    plain = {"strides": 1, "padding": "VALID", "data_format": "NWC" if rank == 1 else "NHWC"}
    last = {"strides": 1, "padding": "valid", "data_format": "channels_last", "dilation_rate": 1}
    if function == "tf.nn.conv1d":
        y = tf.nn.conv1d(x, w, stride=1, padding="VALID", data_format="NWC", dilations=1)
    elif function == "tf.nn.conv2d":
        y = tf.nn.conv2d(x, w, dilations=1, **plain)
    elif function == "tf.nn.convolution":
        y = tf.nn.convolution(x, w, dilations=1, **plain)
    elif function == "tf.nn.depthwise_conv2d":
        y = tf.nn.depthwise_conv2d(x, w, (1, 1, 1, 1), padding="VALID", data_format="NHWC", dilations=(1, 1))
    elif function == "keras.ops.conv":
        y = keras.ops.conv(x, w, **last)
    elif function in ("keras.layers.Conv1D", "keras.layers.Conv2D"):
        kind = getattr(keras.layers, function.rpartition(".")[2])
        layer = kind(1, taps, groups=1, activation=None, use_bias=False, dtype=x.dtype.name, **last)
        layer.build(x.shape)
        layer.set_weights([w.numpy()])
        y = layer(x)
    # Not among own_convolutions: transposed, they return every overlap, of which the middle lies inside x.
    elif function in ("tf.nn.conv1d_transpose", "tf.nn.conv2d_transpose"):
        sizes = [n + k - 1 for n, k in zip(x.shape[1:-1], taps, strict=True)]
        transposed = tf.nn.conv1d_transpose if rank == 1 else tf.nn.conv2d_transpose
        y = transposed(x, w, [1, *sizes, 1], **plain)
        y = y[(slice(None), *[slice(k - 1, n) for k, n in zip(taps, x.shape[1:-1], strict=True)])]
    else:
        raise Unsupported(f"TensorFlow has no {function}")
    return y.numpy()[0, ..., 0]


def _layout(layout):
    """Left out, TensorFlow takes its own default."""
    return {} if layout == "default" else {"data_format": layout}


def raw_convolution2d(x, w, *, layout):
    return tf.nn.conv2d(tf.constant(x), tf.constant(w), strides=1, padding="VALID", **_layout(layout)).numpy()


def raw_max_pooling2d(x, *, window, stride, layout):
    plain = {"ksize": window, "strides": stride, "padding": "VALID"}
    return tf.nn.max_pool2d(tf.constant(x), **plain, **_layout(layout)).numpy()


def raw_batch_norm_inference(x, gamma, beta, mean, variance, *, epsilon, layout):
    import keras

    # The layer is told an axis, not a layout; left out, it takes its own default.
    axis = {"default": {}, "NHWC": {"axis": -1}, "NCHW": {"axis": 1}}[layout]
    layer = keras.layers.BatchNormalization(epsilon=epsilon, dtype=x.dtype.name, **axis)
    layer.build(x.shape)
    layer.set_weights([gamma, beta, mean, variance])
    return layer(tf.constant(x), training=False).numpy()


def layer_parameters(layer):
    size, image = {"convolution": "channels_in", "fully_connected": "features_in"}, layer["kind"] != "fully_connected"
    own = own_layer(layer, 4 if image else 2)
    own.build((None, *((None, None) if image else ()), layer[size.get(layer["kind"], "channels")]))
    return {**counted(own), "shapes": {weight.name: tuple(weight.shape) for weight in own.weights}}


def own_network_parameters(network):
    import keras

    # Shapes without values: to draw the weights of VGG-16 takes seconds and gigabytes. What was left undrawn is forgotten
    # at the end, or Keras would draw it later.
    with keras.StatelessScope(initialize_variables=False):
        own = getattr(keras.applications, network)(weights=None)
    keras.utils.clear_session(free_memory=False)
    return counted(own)


_FLAT = ("nearest_resampling1d", "linear_resampling1d", "area_resampling1d")
_DEEP = ("nearest_resampling3d", "trilinear_resampling3d", "area_resampling3d")
LACKS = {
    **{
        f"{name}{gradient}": "TensorFlow resamples images alone"
        for name in (*_FLAT, *_DEEP)
        for gradient in ("", "_gradient")
    },
    **{
        f"lp_pooling{n}d{gradient}": "TensorFlow has no Lp pooling" for n in (1, 2, 3) for gradient in ("", "_gradient")
    },
    "area_resampling2d_gradient": "TensorFlow has no gradient of its resampling by area",
    **{
        f"{name}{gradient}": f"TensorFlow has no {says} of its own; Keras forms one"
        for name, says in (("hard_sigmoid", "hard sigmoid"), ("hard_swish", "hard swish"), ("celu", "CELU"))
        for gradient in ("", "_gradient")
    },
    "memory_order": "TensorFlow has no memory formats beside the order of the axes",
}
"""Operation → why TensorFlow has it not."""
