"""value_and_gradient in TensorFlow, by its own functions and tf.GradientTape. The contract is in ``reference/networks``.

The work is a tf.function, traced once for each network and kept: eager mode pays for every small operation.
"""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from ... import networks


def value_and_gradient(network, parameters, x, targets, *, loss, statistics, record):
    networks.check(network, parameters, x, targets, loss=loss, statistics=statistics, record=record)
    # A convolution is unrolled over the seeds and needs the sizes; everything else is traced for any S and N.
    sized = any(layer["kind"] == "convolution" for layer in network)
    shapes = tuple((name, array.shape if sized else (None,) * array.ndim) for name, array in parameters.items())
    shape = x.shape if sized else (None, None, *x.shape[2:])
    layers = tuple(tuple(layer.items()) for layer in network)  # can be hashed
    frozen = tuple(sorted(statistics))
    compiled = _compiled(layers, shapes, shape, frozen, x.dtype.name, tuple(record), loss)
    given = [array for name in frozen for array in statistics[name]]
    value, gradients, extra = compiled(*parameters.values(), x, targets.astype(np.int64), *given)
    return value.numpy(), _arrays(gradients), {key: _arrays(part) for key, part in extra.items()}


def _arrays(part):
    if isinstance(part, dict):
        return {key: _arrays(value) for key, value in part.items()}
    return tuple(value.numpy() for value in part) if isinstance(part, tuple) else part.numpy()


@functools.cache
def _compiled(layers, shapes, shape, frozen, dtype, record, loss):
    """The traced function. `frozen` names the batch norms whose statistics are given."""
    network = tuple(map(dict, layers))
    pair = tf.TensorSpec((None, None), dtype)
    signature = (
        *(tf.TensorSpec(sizes, dtype) for _, sizes in shapes),
        tf.TensorSpec(shape, dtype),
        tf.TensorSpec(shape[:2], tf.int64),
        *(pair,) * (2 * len(frozen)),
    )

    @tf.function(input_signature=signature, autograph=False)
    def compiled(*tensors):
        """One by one: TensorFlow looks through dictionaries at each call, which takes a quarter of the time."""
        p = dict(zip((name for name, _ in shapes), tensors[: len(shapes)], strict=True))
        x, targets, *given = tensors[len(shapes) :]
        statistics = dict(zip(frozen, zip(given[::2], given[1::2], strict=True), strict=True))
        recorded, batch_statistics, h = {}, {}, x
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(p)
            for index, layer in enumerate(network):
                if layer["kind"] == "batch_norm":
                    batch_statistics[layer["scale"]] = tf.nn.moments(h, _others(h))
                h = _LAYERS[layer["kind"]](h, layer, p, {**statistics, **batch_statistics})
                if index in record:
                    recorded[index] = h
            value = tf.reduce_mean(_LOSSES[loss](h, targets), axis=1)
        # The seeds never meet, so the gradient of the sum is every seed's own gradient.
        gradients = tape.gradient(value, p)
        return value, gradients, {"logits": h, "recorded": recorded, "statistics": batch_statistics}

    return compiled


def _cross_entropy(z, targets):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=z)


def _logistic_cross_entropy(z, targets):
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.cast(targets, z.dtype), logits=z[..., 0])


def _logistic_squared_error(z, targets):
    return tf.math.squared_difference(tf.math.sigmoid(z[..., 0]), tf.cast(targets, z.dtype))


_LOSSES = {
    "softmax_cross_entropy": _cross_entropy,
    "logistic_cross_entropy": _logistic_cross_entropy,
    "logistic_squared_error": _logistic_squared_error,
}


def _others(h):
    """Every axis of h but the seed's and the channel's."""
    return (1,) if h.shape.rank == 3 else (1, 3, 4)


def _channelwise(a, h):
    """[S, C] -> [S, 1, C] or [S, 1, C, 1, 1]."""
    a = a[:, tf.newaxis]
    return a if h.shape.rank == 3 else a[..., tf.newaxis, tf.newaxis]


def _fully_connected(h, layer, p, statistics):
    y = tf.linalg.matmul(h, p[layer["weight"]], transpose_b=True)
    return y if layer["bias"] is None else y + p[layer["bias"]][:, tf.newaxis]


def _convolution(h, layer, p, statistics):
    """One convolution for each seed: TensorFlow's CPU has no gradient of a grouped one. NCHW -> NHWC and back."""
    pad: Any = [[0, 0], [layer["padding"]] * 2, [layer["padding"]] * 2, [0, 0]]
    kernels = tf.transpose(p[layer["weight"]], (0, 3, 4, 2, 1))
    images = tf.transpose(h, (0, 1, 3, 4, 2))
    outputs = [
        tf.nn.conv2d(image, kernel, strides=1, padding=pad, data_format="NHWC", dilations=1)
        for image, kernel in zip(tf.unstack(images), tf.unstack(kernels), strict=True)
    ]
    y = tf.transpose(tf.stack(outputs), (0, 1, 4, 2, 3))
    return y if layer["bias"] is None else y + _channelwise(p[layer["bias"]], y)


def _batch_norm(h, layer, p, statistics):
    """The statistics are the batch's own, with their gradient, or given constants."""
    mean, variance = (_channelwise(part, h) for part in statistics[layer["scale"]])
    scale, shift = (_channelwise(p[layer[name]], h) for name in ("scale", "shift"))
    epsilon: Any = tf.constant(layer["epsilon"], h.dtype)
    return tf.nn.batch_normalization(h, mean, variance, shift, scale, epsilon)


def _pooling(pool, h, window):
    """[S, N, C, H, W] -> [S N C, H, W, 1]: each channel is an image of its own."""
    sizes = tf.shape(h)
    images = tf.reshape(h, (-1, h.shape[3], h.shape[4], 1))
    y = pool(images, ksize=window, strides=window, padding="VALID", data_format="NHWC")
    return tf.reshape(y, tf.concat((sizes[:3], tf.shape(y)[1:3]), 0))


def _flatten(h, layer, p, statistics):
    return tf.reshape(h, tf.concat((tf.shape(h)[:2], [int(np.prod(h.shape[2:]))]), 0))


_LAYERS = {
    "fully_connected": _fully_connected,
    "convolution": _convolution,
    "batch_norm": _batch_norm,
    "frozen_batch_norm": _batch_norm,
    "affine": lambda h, layer, p, statistics: (
        _channelwise(p[layer["scale"]], h) * h + _channelwise(p[layer["shift"]], h)
    ),
    "add_parameter": lambda h, layer, p, statistics: h + p[layer["parameter"]],
    "relu": lambda h, layer, p, statistics: tf.nn.relu(h),
    "logistic": lambda h, layer, p, statistics: tf.math.sigmoid(h),
    "tanh": lambda h, layer, p, statistics: tf.math.tanh(h),
    "absolute_value": lambda h, layer, p, statistics: tf.abs(h),
    "max_pooling": lambda h, layer, p, statistics: _pooling(tf.nn.max_pool2d, h, layer["window"]),
    "average_pooling": lambda h, layer, p, statistics: _pooling(tf.nn.avg_pool2d, h, layer["window"]),
    "flatten": _flatten,
    "unflatten": lambda h, layer, p, statistics: tf.reshape(
        h, tf.concat((tf.shape(h)[:2], [layer["channels"], layer["height"], layer["width"]]), 0)
    ),
}
