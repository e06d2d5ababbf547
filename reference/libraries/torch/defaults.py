"""What PyTorch does by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from .. import Unsupported
from ..defaults import sums, transform_sizes, ways


def argmax(x, *, axis):
    """torch.argmax: the index of the largest number along an axis, int64."""
    return torch.argmax(torch.from_numpy(np.array(x)), dim=axis, keepdim=False).numpy()


def argmax_by_default(x):
    """torch.argmax without a dim."""
    return torch.argmax(torch.from_numpy(np.array(x))).numpy()


def own_batch_norm(x, *, mode, settings):
    """A new torch.nn.BatchNorm1d or 2d, called once on x as it is: (y, running mean, running variance).

    ``mode``: "as it comes", "training" or "inference". ``settings``: what is not left to its default.
    """
    kind = torch.nn.BatchNorm2d if x.ndim == 4 else torch.nn.BatchNorm1d
    tensor = torch.from_numpy(np.array(x, order="C"))
    layer = kind(x.shape[1], dtype=tensor.dtype, **settings)
    if mode != "as it comes":
        layer.train(mode == "training")
    y = layer(tensor)
    remembered = dict(layer.named_buffers())
    return y.detach().numpy(), remembered["running_mean"].numpy(), remembered["running_var"].numpy()


# --- activations: rectifiers, sigmoids, and losses of probabilities ------------------------------------------------------

_RECTIFIERS = {
    "torch.relu(z)": torch.relu,
    "torch.nn.functional.relu6(z)": F.relu6,
    "torch.where(z > 0, z, 0)": lambda z: torch.where(z > 0, z, torch.zeros_like(z)),
    "z * (z > 0)": lambda z: z * (z > 0),
    "(z + torch.abs(z)) / 2": lambda z: (z + torch.abs(z)) / 2,
    "torch.maximum(z, 0)": lambda z: torch.maximum(z, torch.zeros_like(z)),
    "torch.amax([z, 0])": lambda z: torch.amax(torch.stack([z, torch.zeros_like(z)]), dim=0),
    "torch.max([z, 0])": lambda z: torch.max(torch.stack([z, torch.zeros_like(z)]), dim=0).values,
    "torch.clamp(z, min=0)": lambda z: torch.clamp(z, min=0),
    "torch.where(z >= 0, z, 0)": lambda z: torch.where(z >= 0, z, torch.zeros_like(z)),
}
_ABSOLUTE_VALUES = {
    "torch.abs(z)": torch.abs,
    "torch.relu(z) + torch.relu(-z)": lambda z: torch.relu(z) + torch.relu(-z),
    "z * torch.sign(z)": lambda z: z * torch.sign(z),
    "torch.linalg.vector_norm([z])": lambda z: torch.linalg.vector_norm(z[..., None], dim=-1),
    "torch.maximum(z, -z)": lambda z: torch.maximum(z, -z),
    "torch.where(z >= 0, z, -z)": lambda z: torch.where(z >= 0, z, -z),
    "torch.sqrt(z * z)": lambda z: torch.sqrt(z * z),
}
_LEAKY_RELUS = {
    "torch.nn.functional.leaky_relu": F.leaky_relu,
    "torch.nn.LeakyReLU": lambda z: torch.nn.LeakyReLU()(z),
    "torch.nn.functional.rrelu": F.rrelu,
    "torch.nn.PReLU": lambda z: torch.nn.PReLU(dtype=z.dtype)(z),
}
_FORMULAS = {
    "1/(1 + exp(-z))": lambda z: 1 / (1 + torch.exp(-z)),
    "exp(z)/(1 + exp(z))": lambda z: torch.exp(z) / (1 + torch.exp(z)),
}
_LOSSES = {
    "-torch.log(p)": lambda p: -torch.log(p),
    "torch.nn.functional.binary_cross_entropy": lambda p: F.binary_cross_entropy(
        p, torch.ones_like(p), reduction="none"
    ),
}
_LOSSES_OF_LOGITS = {
    "torch.nn.functional.binary_cross_entropy_with_logits": lambda z: F.binary_cross_entropy_with_logits(
        z, torch.ones_like(z), reduction="none"
    ),
    "-torch.nn.functional.logsigmoid(z)": lambda z: -F.logsigmoid(z),
    "-torch.log(torch.sigmoid(z))": lambda z: -torch.log(torch.sigmoid(z)),
    "torch.nn.functional.binary_cross_entropy(torch.sigmoid(z))": lambda z: F.binary_cross_entropy(
        torch.sigmoid(z), torch.ones_like(z), reduction="none"
    ),
}


def _at(function, x):
    """Value and derivative of an elementwise function."""
    z = torch.tensor(x, requires_grad=True)
    y = function(z)
    (slope,) = torch.autograd.grad(y, z, torch.ones_like(y))
    return y.detach().numpy(), slope.numpy()


def _slope(function, x):
    return _at(function, x)[1]


own_rectifiers, own_rectifier_gradient = ways(_RECTIFIERS, _slope)
own_absolute_values, own_absolute_value_gradient = ways(_ABSOLUTE_VALUES, _slope)
own_losses_of_logits, own_loss_gradient = ways(_LOSSES_OF_LOGITS, _slope)
own_losses, own_loss = ways(_LOSSES, lambda own, p: own(torch.tensor(p)).numpy())
# Leaky ReLUs whose slope need not be said, each with its own.
own_leaky_relus, own_leaky_relu = ways(_LEAKY_RELUS, lambda own, x: own(torch.tensor(x)).detach().numpy())


def absolute_of_integers(x):
    """torch.abs of whole numbers in their own format."""
    return torch.abs(torch.tensor(x)).numpy()


def own_slopes(shape, *, dtype):
    """The slopes that PReLU starts from for x [N, C, H, W], in the layer's own shape."""
    return torch.nn.PReLU(dtype=getattr(torch, dtype)).weight.detach().numpy()


def own_hard_sigmoid(x):
    """torch.nn.functional.hardsigmoid."""
    return F.hardsigmoid(torch.tensor(x)).numpy()


def logistic_formula(x, *, formula):
    """A formula of the logistic function, written out: value and derivative."""
    return _at(_FORMULAS[formula], x)


def own_loss_by_default(x, labels):
    """torch.nn.functional.cross_entropy of rows [N, K], told nothing of what they are."""
    return F.cross_entropy(torch.tensor(x), torch.tensor(labels), reduction="none").numpy()


def own_conv_layer(x, w, *, stride, padding, dilation, groups):
    """torch.nn.Conv2d without bias: its output for x [N, Cin, H, W], and the weight as the layer holds it."""
    w = torch.from_numpy(np.array(w))
    layer = torch.nn.Conv2d(
        x.shape[1],
        len(w),
        (w.shape[2], w.shape[3]),
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=False,
        padding_mode="zeros",
        dtype=w.dtype,
    )
    with torch.no_grad():
        layer.weight.copy_(w)
        return {"y": layer(torch.from_numpy(np.array(x))).numpy(), "kernel": layer.weight.numpy().copy()}


def own_depthwise_layer(x, w):
    """torch.nn.Conv2d with a group for each channel, w [Cin, multiplier, ky, kx]: its output and its weight."""
    channels, multiplier, *taps = w.shape
    return own_conv_layer(
        x, w.reshape(channels * multiplier, 1, *taps), stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=channels
    )


# --- minibatches ---------------------------------------------------------------------------------------------------------


def stack(images):
    """torch.stack without a dim."""
    return torch.stack([torch.from_numpy(np.array(image)) for image in images]).numpy()


def take_apart(batch):
    """torch.unbind without a dim."""
    return [image.numpy() for image in torch.unbind(torch.from_numpy(np.array(batch)))]


# --- convolutions: every overlap, as many outputs as inputs, arguments by their names -------------------------------------


def _plane(x):
    """A plain array as the only channel of the only image; its memory is its own."""
    return torch.from_numpy(np.array(x, order="C"))[None, None]


def _by_fft(x, w):
    sizes, lengths = transform_sizes(x, w)
    x, w = _plane(x)[0, 0], _plane(w)[0, 0]
    y = torch.fft.irfftn(torch.fft.rfftn(x, lengths) * torch.fft.rfftn(w, lengths), lengths)
    return y[tuple(map(slice, sizes))].contiguous().numpy()


def _transposed(function, x, w):
    plain = {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "dilation": 1}
    return function(_plane(x), _plane(w), None, **plain)[0, 0].numpy()


_FULL = {
    ("torch.nn.functional.conv_transpose1d", 1): lambda x, w: _transposed(F.conv_transpose1d, x, w),
    ("torch.nn.functional.conv_transpose2d", 2): lambda x, w: _transposed(F.conv_transpose2d, x, w),
    ("torch.fft.rfftn", 1): _by_fft,
    ("torch.fft.rfftn", 2): _by_fft,
}
_SAME = {
    ("torch.nn.functional.conv1d", 1): F.conv1d,
    ("torch.nn.functional.conv2d", 2): F.conv2d,
    ("torch.nn.Conv1d", 1): torch.nn.Conv1d,
    ("torch.nn.Conv2d", 2): torch.nn.Conv2d,
}


own_fulls, own_full = sums(_FULL)


def _same(own, x, w, *, stride):
    """A function, or a layer, with padding="same"."""
    settings = {"stride": stride, "padding": "same", "dilation": 1, "groups": 1}
    if not isinstance(own, type):
        return own(_plane(x), _plane(w), None, **settings)[0, 0].numpy()
    layer = own(1, 1, tuple(w.shape), bias=False, padding_mode="zeros", dtype=_plane(w).dtype, **settings)
    with torch.no_grad():
        layer.weight.copy_(_plane(w))
        return layer(_plane(x))[0, 0].numpy()


own_sames, own_same = sums(_SAME, _same)


def own_named(x, w, *, function, input, kernel):
    """The full cross-correlation of two arrays of 3 × 3, each given by the name that the function has for it."""
    named = {"torch.nn.functional.conv2d": F.conv2d}[function]
    arrays: dict[str, Any] = {input: _plane(x), kernel: _plane(w)}
    return named(**arrays, bias=None, stride=1, padding=2, dilation=1, groups=1)[0, 0].numpy()


# --- whole networks, layer by layer --------------------------------------------------------------------------------------


def network_layers(layers, *, size):
    """A network (``reference.layers.resolve``) of torch.nn's own layers, run on a tensor without memory: each layer's own report.

    Output sizes are those of the tensors that come out, parameters those that the layer holds, multiply-adds half the
    operations that torch.utils.flop_counter counts while it runs.
    """
    from torch.utils.flop_counter import FlopCounterMode

    values, reports = {"input": torch.empty((1, *size), device="meta")}, []
    for layer in layers:
        inputs = [values[name] for name in layer["from"]]
        own = own_layer(layer, inputs[0].ndim).eval()  # in training mode a batch norm refuses one number a channel
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            y = values[layer["name"]] = own(*inputs)
        # num_batches_tracked counts calls: an integer that takes no part in the function.
        kept = [b for b in own.buffers() if b.is_floating_point()]
        reports.append(
            {
                "name": layer["name"],
                "output": tuple(y.shape[1:]),
                "parameters": sum(p.numel() for p in own.parameters()),
                "not_learned": sum(b.numel() for b in kept),
                "multiply_adds": counter.get_total_flops() // 2,
            }
        )
    return reports


class _Together(torch.nn.Module):
    """A function of tensors as a layer without parameters."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


_PLAIN_LAYERS = {
    "relu": torch.nn.ReLU,
    "relu6": torch.nn.ReLU6,
    "softsign": torch.nn.Softsign,
    "silu": torch.nn.SiLU,
    "softplus": torch.nn.Softplus,
    "elu": torch.nn.ELU,
    "celu": torch.nn.CELU,
    "selu": torch.nn.SELU,
    "hard_sigmoid": torch.nn.Hardsigmoid,
    "hard_swish": torch.nn.Hardswish,
    "hard_tanh": torch.nn.Hardtanh,
    "log_softmax": lambda: torch.nn.LogSoftmax(dim=1),
    "absolute_value": lambda: _Together(torch.abs),
    "leaky_relu": lambda: torch.nn.LeakyReLU(negative_slope=0.01),
    "logistic": torch.nn.Sigmoid,
    "tanh": torch.nn.Tanh,
    "softmax": lambda: torch.nn.Softmax(dim=1),
    "flatten": lambda: torch.nn.Flatten(start_dim=1),
    "add": lambda: _Together(lambda *tensors: sum(tensors)),
    "concatenate": lambda: _Together(lambda *tensors: torch.cat(tensors, dim=1)),
    "global_max_pooling": lambda: torch.nn.AdaptiveMaxPool2d(1),
    "global_average_pooling": lambda: torch.nn.AdaptiveAvgPool2d(1),
}


def _upsample(layer):
    scale, size = (v if isinstance(v, tuple) else None for v in (layer["scale"], layer["size"]))
    return torch.nn.Upsample(size=size, scale_factor=scale, mode=layer["method"])


_SET_LAYERS = {
    "dropout": lambda layer: torch.nn.Dropout(layer["rate"]),
    "upsampling": _upsample,
    "adaptive_max_pooling": lambda layer: torch.nn.AdaptiveMaxPool2d(layer["size"]),
    "adaptive_average_pooling": lambda layer: torch.nn.AdaptiveAvgPool2d(layer["size"]),
}


def _around(own):
    """A layer of the last axis, on the channels of an image."""
    return _Together(lambda x: x.movedim(1, -1)), own, _Together(lambda x: x.movedim(-1, 1))


def _norm(layer, rank):
    kind = layer["kind"]
    if kind == "batch_norm":
        norm = torch.nn.BatchNorm2d if rank == 4 else torch.nn.BatchNorm1d
        return norm(layer["channels"], affine=True, track_running_stats=True, device="meta")
    if kind in ("layer_norm", "rms_norm"):
        norm = torch.nn.LayerNorm if kind == "layer_norm" else torch.nn.RMSNorm
        if layer["on"] == "numbers" or rank == 2:
            return norm(layer["output"], device="meta")
        return torch.nn.Sequential(*_around(norm(layer["output"][0], device="meta")))
    if kind == "group_norm":
        return torch.nn.GroupNorm(layer["groups"], layer["channels"], device="meta")
    return torch.nn.InstanceNorm2d(layer["channels"], affine=layer["affine"], device="meta")


def own_layer(layer, rank):
    """torch.nn's layer of a kind, for x of so many axes, on the "meta" device: it has shapes and no memory."""
    kind = layer["kind"]
    if kind in _PLAIN_LAYERS:
        return _PLAIN_LAYERS[kind]()
    if kind == "fully_connected":
        own = torch.nn.Linear(layer["features_in"], layer["features_out"], bias=layer["bias"], device="meta")
        if rank == 2:
            return own
        return torch.nn.Sequential(*_around(own))
    if kind in _SET_LAYERS:
        return _SET_LAYERS[kind](layer)
    if kind.endswith("_norm"):
        return _norm(layer, rank)
    if kind == "prelu":
        return torch.nn.PReLU(num_parameters=layer["channels"], device="meta")
    if kind == "channels":
        return _Together(lambda x: torch.stack([x[:, c] for c in layer["take"]], dim=1))
    if kind not in ("convolution", "max_pooling", "average_pooling"):
        raise Unsupported(f"PyTorch has no layer of kind {kind}")
    (top, bottom), (left, right) = layer.get("padding", ((0, 0), (0, 0)))
    even = top == bottom and left == right
    padding = (top, left) if even else 0
    if kind == "convolution":
        own = torch.nn.Conv2d(
            layer["channels_in"],
            layer["channels_out"],
            tuple(layer["kernel"]),
            stride=layer.get("stride", 1),
            padding=padding,
            dilation=layer.get("dilation", 1),
            groups=layer["groups"],
            bias=layer["bias"],
            device="meta",
        )
        return own if even else torch.nn.Sequential(torch.nn.ZeroPad2d((left, right, top, bottom)), own)
    before = []
    if not even or 2 * top > layer["window"][0] or 2 * left > layer["window"][1]:  # PyTorch pools no further out
        fill = float("-inf") if kind == "max_pooling" else 0.0
        before, padding = [torch.nn.ConstantPad2d((left, right, top, bottom), fill)], 0
    pool = torch.nn.MaxPool2d if kind == "max_pooling" else torch.nn.AvgPool2d
    ceil = layer["ceil_mode"]
    return torch.nn.Sequential(*before, pool(layer["window"], stride=layer["stride"], padding=padding, ceil_mode=ceil))
