"""value_and_gradient in NumPy, with every derivative written out: the independent reference.

Each layer is a pair: ``forward(layer, p, x, statistics) -> (y, kept)`` and ``backward(layer, p, kept, u) -> (dx, {name: gradient})``
with u = dL/dy. The contract is in ``reference/networks``.
"""

import numpy as np

from ... import networks


def value_and_gradient(network, parameters, x, targets, *, loss, statistics, record):
    """L = mean_n(log sum_k exp(z_nk) - z_n,target) and, going back through the layers, its gradient."""
    networks.check(network, parameters, x, targets, loss=loss, statistics=statistics, record=record)
    kept, recorded, batch_statistics = [], {}, {}
    for index, layer in enumerate(network):
        x, keep = _FORWARD[layer["kind"]](layer, parameters, x, statistics)
        kept.append(keep)
        if index in record:
            recorded[index] = x
        if layer["kind"] == "batch_norm":
            batch_statistics[layer["scale"]] = keep["mean"], keep["variance"]
    value, upstream = _LOSSES[loss](x, targets)
    gradients = {}
    for layer, keep in zip(reversed(network), reversed(kept), strict=True):
        upstream, own = _BACKWARD[layer["kind"]](layer, parameters, keep, upstream)
        for name, gradient in own.items():
            gradients[name] = gradients[name] + gradient if name in gradients else gradient
    return value, gradients, {"logits": x, "recorded": recorded, "statistics": batch_statistics}


def _cross_entropy(z, targets):
    """Value [S] and dL/dz = (softmax(z) - onehot) / N; the maximum is subtracted, so that exp cannot overflow."""
    shifted = z - z.max(2, keepdims=True)
    exponentials = np.exp(shifted)
    total = exponentials.sum(2, keepdims=True)
    picked = np.take_along_axis(shifted, targets[..., None], 2)
    value = (np.log(total) - picked)[..., 0].mean(1)
    gradient = exponentials / total
    np.put_along_axis(gradient, targets[..., None], np.take_along_axis(gradient, targets[..., None], 2) - 1, 2)
    return value, gradient / z.dtype.type(z.shape[1])


def _logistic_cross_entropy(z, targets):
    """Value [S] and dL/dz = (logistic(z) - target) / N; written as max(z, 0) - z target + log(1 + exp(-|z|)), which cannot overflow."""
    z, y = z[..., 0], targets.astype(z.dtype)
    value = (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean(1)
    return value, ((_value_of_logistic(z) - y) / z.dtype.type(z.shape[1]))[..., None]


def _logistic_squared_error(z, targets):
    """Value [S] and dL/dz = 2 (p - target) p (1 - p) / N, p = logistic(z)."""
    p, y = _value_of_logistic(z[..., 0]), targets.astype(z.dtype)
    gradient = 2 * (p - y) * p * (1 - p) / z.dtype.type(z.shape[1])
    return np.square(p - y).mean(1), gradient[..., None]


_LOSSES = {
    "softmax_cross_entropy": _cross_entropy,
    "logistic_cross_entropy": _logistic_cross_entropy,
    "logistic_squared_error": _logistic_squared_error,
}


def _fully_connected(layer, p, x, statistics):
    y = x @ p[layer["weight"]].swapaxes(1, 2)
    return (y if layer["bias"] is None else y + p[layer["bias"]][:, None]), x


def _fully_connected_back(layer, p, x, u):
    """dx = u W,  dW = u' x,  db = sum_n u."""
    gradients = {layer["weight"]: u.swapaxes(1, 2) @ x}
    if layer["bias"] is not None:
        gradients[layer["bias"]] = u.sum(1)
    return u @ p[layer["weight"]], gradients


def _convolution(layer, p, x, statistics):
    """Each window laid out as a row of C ky kx numbers, [S, N Hout Wout, C ky kx]; then one product with the kernels."""
    seeds, batch = x.shape[:2]
    out, channels, ky, kx = p[layer["weight"]].shape[1:]
    edge = (layer["padding"], layer["padding"])
    padded = np.pad(x, ((0, 0), (0, 0), (0, 0), edge, edge))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (ky, kx), (3, 4))
    height, width = windows.shape[3:5]
    rows = windows.transpose(0, 1, 3, 4, 2, 5, 6).reshape(seeds, batch * height * width, channels * ky * kx)
    y = rows @ p[layer["weight"]].reshape(seeds, out, -1).swapaxes(1, 2)
    if layer["bias"] is not None:
        y = y + p[layer["bias"]][:, None]
    return np.moveaxis(y.reshape(seeds, batch, height, width, out), 4, 2), (rows, padded.shape)


def _convolution_back(layer, p, kept, u):
    """dW = u' rows; every tap of a window hands its share of u W back to the place it was read from."""
    rows, padded_shape = kept
    seeds, batch, out, height, width = u.shape
    kernel = p[layer["weight"]]
    _, _, channels, ky, kx = kernel.shape
    u = np.moveaxis(u, 2, 4).reshape(seeds, -1, out)
    gradients = {layer["weight"]: (u.swapaxes(1, 2) @ rows).reshape(kernel.shape)}
    if layer["bias"] is not None:
        gradients[layer["bias"]] = u.sum(1)
    taps = (u @ kernel.reshape(seeds, out, -1)).reshape(seeds, batch, height, width, channels, ky, kx)
    taps = taps.transpose(5, 6, 0, 1, 4, 2, 3)
    dx: np.ndarray = np.zeros(padded_shape, u.dtype)
    for i in range(ky):
        for j in range(kx):
            dx[..., i : i + height, j : j + width] += taps[i, j]
    pad = layer["padding"]
    return dx[..., pad : padded_shape[3] - pad, pad : padded_shape[4] - pad], gradients


def _channelwise(a, x):
    """[S, C] -> a shape that broadcasts against x: [S, 1, C] or [S, 1, C, 1, 1]."""
    return a.reshape(a.shape[0], 1, a.shape[1], *(1,) * (x.ndim - 3))


def _others(x):
    """Every axis of x but the seed's and the channel's."""
    return (1,) if x.ndim == 3 else (1, 3, 4)


def _batch_norm(layer, p, x, statistics):
    """y = scale (x - mean)/sqrt(variance + epsilon) + shift, mean and biased variance those of the batch."""
    mean = x.mean(_others(x))
    centred = x - _channelwise(mean, x)
    variance = np.square(centred).mean(_others(x))
    root = np.sqrt(variance + x.dtype.type(layer["epsilon"]))
    normal = centred / _channelwise(root, x)
    kept = {"normal": normal, "root": root, "mean": mean, "variance": variance}
    return _channelwise(p[layer["scale"]], x) * normal + _channelwise(p[layer["shift"]], x), kept


def _batch_norm_back(layer, p, kept, u):
    """dx = scale/root (u - mean(u) - normal mean(u normal)): the batch's own mean and variance move with x."""
    normal, axes = kept["normal"], _others(u)
    dshift, dscale = u.sum(axes), (u * normal).sum(axes)
    count = u.dtype.type(normal[0, :, 0].size)
    inner = u - _channelwise(dshift / count, u) - normal * _channelwise(dscale / count, u)
    return _channelwise(p[layer["scale"]] / kept["root"], u) * inner, {layer["scale"]: dscale, layer["shift"]: dshift}


def _frozen_batch_norm(layer, p, x, statistics):
    mean, variance = statistics[layer["scale"]]
    root = np.sqrt(variance + x.dtype.type(layer["epsilon"]))
    normal = (x - _channelwise(mean, x)) / _channelwise(root, x)
    return _channelwise(p[layer["scale"]], x) * normal + _channelwise(p[layer["shift"]], x), {
        "normal": normal,
        "root": root,
    }


def _frozen_batch_norm_back(layer, p, kept, u):
    gradients = {layer["scale"]: (u * kept["normal"]).sum(_others(u)), layer["shift"]: u.sum(_others(u))}
    return _channelwise(p[layer["scale"]] / kept["root"], u) * u, gradients


def _affine(layer, p, x, statistics):
    return _channelwise(p[layer["scale"]], x) * x + _channelwise(p[layer["shift"]], x), x


def _affine_back(layer, p, x, u):
    gradients = {layer["scale"]: (u * x).sum(_others(u)), layer["shift"]: u.sum(_others(u))}
    return _channelwise(p[layer["scale"]], u) * u, gradients


def _value_of_logistic(x):
    """1/(1 + exp(-x)) for x >= 0 and exp(x)/(1 + exp(x)) below, so that nothing overflows."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def _size(layer):
    return layer["channels"], layer["height"], layer["width"]


def _average_pooling(layer, p, x, statistics):
    k = layer["window"]
    *rest, height, width = x.shape
    return x.reshape(*rest, height // k, k, width // k, k).mean((-3, -1)), None


def _average_pooling_back(layer, p, kept, u):
    """Every place of a window gets the same share."""
    k = layer["window"]
    return np.repeat(np.repeat(u / u.dtype.type(k * k), k, -2), k, -1), {}


def _max_pooling(layer, p, x, statistics):
    k = layer["window"]
    seeds, batch, channels, height, width = x.shape
    windows = x.reshape(seeds, batch, channels, height // k, k, width // k, k).swapaxes(4, 5)
    windows = windows.reshape(*windows.shape[:5], k * k)
    best = windows.argmax(5)[..., None]
    return np.take_along_axis(windows, best, 5)[..., 0], (best, x.shape)


def _max_pooling_back(layer, p, kept, u):
    """The whole of u goes to the place the maximum was read from."""
    best, shape = kept
    k = layer["window"]
    windows = np.zeros((*u.shape, k * k), u.dtype)
    np.put_along_axis(windows, best, u[..., None], 5)
    return windows.reshape(*u.shape, k, k).swapaxes(4, 5).reshape(shape), {}


_FORWARD = {
    "fully_connected": _fully_connected,
    "convolution": _convolution,
    "batch_norm": _batch_norm,
    "frozen_batch_norm": _frozen_batch_norm,
    "affine": _affine,
    "add_parameter": lambda layer, p, x, statistics: (x + p[layer["parameter"]], None),
    "relu": lambda layer, p, x, statistics: (np.maximum(x, 0), x > 0),
    "logistic": lambda layer, p, x, statistics: (_value_of_logistic(x),) * 2,
    "tanh": lambda layer, p, x, statistics: (np.tanh(x),) * 2,
    "absolute_value": lambda layer, p, x, statistics: (np.abs(x), np.sign(x)),
    "max_pooling": _max_pooling,
    "average_pooling": _average_pooling,
    "flatten": lambda layer, p, x, statistics: (x.reshape(*x.shape[:2], -1), x.shape),
    "unflatten": lambda layer, p, x, statistics: (x.reshape(*x.shape[:2], *_size(layer)), x.shape),
}
_BACKWARD = {
    "fully_connected": _fully_connected_back,
    "convolution": _convolution_back,
    "batch_norm": _batch_norm_back,
    "frozen_batch_norm": _frozen_batch_norm_back,
    "affine": _affine_back,
    "add_parameter": lambda layer, p, kept, u: (u, {layer["parameter"]: u}),
    "relu": lambda layer, p, positive, u: (u * positive, {}),
    "logistic": lambda layer, p, y, u: (u * y * (1 - y), {}),
    "tanh": lambda layer, p, y, u: (u * (1 - y * y), {}),
    "absolute_value": lambda layer, p, sign, u: (u * sign, {}),
    "max_pooling": _max_pooling_back,
    "average_pooling": _average_pooling_back,
    "flatten": lambda layer, p, shape, u: (u.reshape(shape), {}),
    "unflatten": lambda layer, p, shape, u: (u.reshape(shape), {}),
}
