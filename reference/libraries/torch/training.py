"""value_and_gradient in PyTorch, by its own functions and torch.autograd. The contract is in ``reference/networks``."""

import numpy as np
import torch
from torch.nn import functional

from ... import networks


def value_and_gradient(network, parameters, x, targets, *, loss, statistics, record):
    networks.check(network, parameters, x, targets, loss=loss, statistics=statistics, record=record)
    p = {name: _tensor(array).requires_grad_() for name, array in parameters.items()}
    frozen = {name: (_tensor(mean), _tensor(variance)) for name, (mean, variance) in statistics.items()}
    h, recorded, batch_statistics = _tensor(x), {}, {}
    for index, layer in enumerate(network):
        if layer["kind"] == "batch_norm":
            batch_statistics[layer["scale"]] = _statistics(h)
        h = _LAYERS[layer["kind"]](h, layer, p, frozen)
        if index in record:
            recorded[index] = h.detach().numpy()
    value = _LOSSES[loss](h, _tensor(targets.astype(np.int64))).reshape(h.shape[:2]).mean(1)
    # The seeds never meet, so the gradient of the sum is every seed's own gradient.
    gradients = torch.autograd.grad(value.sum(), list(p.values()))
    return (
        value.detach().numpy(),
        {name: gradient.numpy() for name, gradient in zip(p, gradients, strict=True)},
        {"logits": h.detach().numpy(), "recorded": recorded, "statistics": batch_statistics},
    )


def _cross_entropy(z, targets):
    return functional.cross_entropy(z.flatten(0, 1), targets.flatten(), reduction="none")


def _logistic_cross_entropy(z, targets):
    return functional.binary_cross_entropy_with_logits(z[..., 0], targets.to(z.dtype), reduction="none")


def _logistic_squared_error(z, targets):
    return functional.mse_loss(torch.sigmoid(z[..., 0]), targets.to(z.dtype), reduction="none")


_LOSSES = {
    "softmax_cross_entropy": _cross_entropy,
    "logistic_cross_entropy": _logistic_cross_entropy,
    "logistic_squared_error": _logistic_squared_error,
}


def _tensor(array):
    """A tensor of its own: arrays may be read-only or broadcast, which torch warns about."""
    return torch.from_numpy(np.array(array))


def _channelwise(a, h):
    """[S, C] -> a shape that broadcasts against h: [S, 1, C] or [S, 1, C, 1, 1]."""
    return a.reshape(a.shape[0], 1, a.shape[1], *(1,) * (h.ndim - 3))


def _statistics(h):
    """Mean and variance in two passes: ``torch.var_mean`` takes several times as long where the axis is not the last."""
    others = (1,) if h.ndim == 3 else (1, 3, 4)
    mean = h.detach().mean(others, keepdim=True)
    variance = (h.detach() - mean).square_().mean(others)
    return mean.flatten(1).numpy(), variance.numpy()


def _channels_together(h):
    """[S, N, C, ...] -> [N, S C, ...], for functions that treat each channel apart."""
    return h.transpose(0, 1).flatten(1, 2)


def _seeds_apart(h, seeds):
    """[N, S C, ...] -> [S, N, C, ...]."""
    return h.unflatten(1, (seeds, -1)).transpose(0, 1)


def _fully_connected(h, layer, p, frozen):
    if layer["bias"] is None:
        return torch.bmm(h, p[layer["weight"]].mT)
    return torch.baddbmm(p[layer["bias"]][:, None], h, p[layer["weight"]].mT)


def _convolution(h, layer, p, frozen):
    """One grouped convolution, a group for each seed."""
    kernel = p[layer["weight"]].flatten(0, 1)
    bias = None if layer["bias"] is None else p[layer["bias"]].flatten()
    y = functional.conv2d(
        _channels_together(h), kernel, bias, stride=1, padding=layer["padding"], dilation=1, groups=h.shape[0]
    )
    return _seeds_apart(y, h.shape[0])


def _batch_norm(h, layer, p, frozen, *, mean=None, variance=None):
    """``mean``, ``variance``: given in the place of the batch's own."""
    y = functional.batch_norm(
        _channels_together(h),
        mean,
        variance,
        p[layer["scale"]].flatten(),
        p[layer["shift"]].flatten(),
        training=mean is None,
        momentum=0.0,
        eps=layer["epsilon"],
    )
    return _seeds_apart(y, h.shape[0])


def _frozen_batch_norm(h, layer, p, frozen):
    mean, variance = (part.flatten() for part in frozen[layer["scale"]])
    return _batch_norm(h, layer, p, frozen, mean=mean, variance=variance)


def _max_pooling(h, layer, p, frozen):
    y = functional.max_pool2d(
        h.flatten(0, 1), layer["window"], stride=layer["window"], padding=0, dilation=1, ceil_mode=False
    )
    return y.unflatten(0, h.shape[:2])


def _average_pooling(h, layer, p, frozen):
    y = functional.avg_pool2d(h.flatten(0, 1), layer["window"], stride=layer["window"], padding=0, ceil_mode=False)
    return y.unflatten(0, h.shape[:2])


_LAYERS = {
    "fully_connected": _fully_connected,
    "convolution": _convolution,
    "batch_norm": _batch_norm,
    "frozen_batch_norm": _frozen_batch_norm,
    "affine": lambda h, layer, p, frozen: _channelwise(p[layer["scale"]], h) * h + _channelwise(p[layer["shift"]], h),
    "add_parameter": lambda h, layer, p, frozen: h + p[layer["parameter"]],
    "relu": lambda h, layer, p, frozen: torch.relu(h),
    "logistic": lambda h, layer, p, frozen: torch.sigmoid(h),
    "tanh": lambda h, layer, p, frozen: torch.tanh(h),
    "absolute_value": lambda h, layer, p, frozen: torch.abs(h),
    "max_pooling": _max_pooling,
    "average_pooling": _average_pooling,
    "flatten": lambda h, layer, p, frozen: h.flatten(2),
    "unflatten": lambda h, layer, p, frozen: h.unflatten(2, (layer["channels"], layer["height"], layer["width"])),
}
