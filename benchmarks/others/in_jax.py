"""JAX's operations, by the names and signatures of the repository's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from lectureclaims.reference.libraries import Unsupported

jax.config.update("jax_enable_x64", True)
HIGHEST = jax.lax.Precision.HIGHEST
"""No TF32 and no bfloat16 inside, where a machine has them."""


def _convolution(x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    settings = {"window_strides": stride, "padding": padding, "rhs_dilation": dilation, "feature_group_count": groups}
    return jax.lax.conv_general_dilated(x, w, **settings, precision=HIGHEST) + b[:, None, None]


def _dense(x: Any, w: Any, b: Any) -> Any:
    return jnp.matmul(x, w.T, precision=HIGHEST) + b


@functools.partial(jax.jit, static_argnums=(0, 1))
def _result(layer: Callable[..., Any], settings: tuple[Any, ...], *arrays: Any) -> Any:
    return layer(*arrays, *settings)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _gradients(layer: Callable[..., Any], settings: tuple[Any, ...], x: Any, w: Any, upstream: Any) -> Any:
    b = jnp.zeros(len(w), x.dtype)
    return jax.vjp(lambda *arrays: layer(*arrays, *settings), x, w, b)[1](upstream)


def cross_correlation2d(x, w, b, *, stride, padding, dilation, groups):
    return np.asarray(_result(_convolution, (stride, padding, dilation, groups), x, w, b))


def cross_correlation2d_gradient(x, w, upstream, *, stride, padding, dilation, groups):
    return tuple(map(np.asarray, _gradients(_convolution, (stride, padding, dilation, groups), x, w, upstream)))


def fully_connected(x, w, b):
    return np.asarray(_result(_dense, (), x, w, b))


def fully_connected_gradient(x, w, upstream):
    return tuple(map(np.asarray, _gradients(_dense, (), x, w, upstream)))


def _batch_norm(x: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    axes, shape = (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
    y = jax.nn.standardize(x, axes, epsilon=epsilon) * gamma.reshape(shape) + beta.reshape(shape)
    return y, jnp.mean(x, axes), jnp.var(x, axes)


def batch_norm_training(x, gamma, beta, *, epsilon):
    return tuple(map(np.asarray, _result(_batch_norm, (epsilon,), x, gamma, beta)))


def softmax(x, *, axis):
    return np.asarray(_result(jax.nn.softmax, (axis,), x))


def cross_entropy(logits, labels):
    return -np.asarray(_result(jax.nn.log_softmax, (1,), logits))[np.arange(len(labels)), labels]


def cross_entropy_of_probabilities(p, labels):
    return -np.asarray(_result(jnp.log, (), p))[np.arange(len(labels)), labels]


def logistic(x):
    return np.asarray(_result(jax.nn.sigmoid, (), x))


def tanh(x):
    return np.asarray(_result(jnp.tanh, (), x))


def gelu(x, *, approximate):
    return np.asarray(_result(jax.nn.gelu, (approximate == "tanh",), x))


def _pooled(x: Any, window: Any, stride: Any, padding: Any) -> Any:
    sizes, steps, sides = (1, 1, *window), (1, 1, *stride), ((0, 0), (0, 0), *padding)
    return jax.lax.reduce_window(x, jnp.zeros((), x.dtype), jax.lax.add, sizes, steps, sides)


def _average(x: Any, window: Any, stride: Any, padding: Any, count_padding: bool) -> Any:
    ones = jnp.pad(jnp.ones_like(x), ((0, 0), (0, 0), *padding), constant_values=int(count_padding))
    return _pooled(x, window, stride, padding) / _pooled(ones, window, stride, ((0, 0),) * len(window))


def average_pooling2d(x, *, window, stride, padding, count_padding, **others):
    if any(others.values()):
        raise Unsupported("neither dilation nor another divisor are tried")
    return np.asarray(_result(_average, (window, stride, padding, count_padding), x))


def _mean(x: Any) -> Any:
    return x.mean((2, 3), keepdims=True)


def adaptive_average_pooling2d(x, *, size):
    if size != (1, 1):
        raise Unsupported("it has no adaptive windows; the mean of all is tried")
    return np.asarray(_result(_mean, (), x))


def _resized(x: Any, size: Any, method: str, antialias: bool) -> Any:
    return jax.image.resize(x, (*x.shape[:2], *size), method, antialias=antialias)


def bilinear_resampling2d(x, *, size, grid, antialias=False, **others):
    if grid != "half_pixel" or any(others.values()):
        raise Unsupported("it has half pixels alone")
    return np.asarray(_result(_resized, (size, "linear", antialias), x))


def bicubic_resampling2d(x, *, size, grid, coefficient, antialias=False, exclude_outside=None, **others):
    leaves_out = antialias if exclude_outside is None else exclude_outside
    if (grid, coefficient, leaves_out) != ("half_pixel", -0.5, True) or any(others.values()):
        raise Unsupported("its cubics have half pixels, a = -1/2 and nothing outside")
    return np.asarray(_result(_resized, (size, "cubic", antialias), x))
