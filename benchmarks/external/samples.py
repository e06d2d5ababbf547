"""PyTorch's OpInfo samples: what PyTorch tests its own operations with, on the CPU, and their gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from lectureclaims.claims.adjudication.given.words import own_name
from lectureclaims.reference.operators import catalogue

from .calls import Call, known

FORMATS = ("float32", "float64", "float16", "bfloat16")

CONVOLUTION = "input weight bias stride padding dilation groups"
TRANSPOSED = "input weight bias stride padding output_padding groups dilation"
MAXIMUM = "input kernel_size stride padding dilation ceil_mode return_indices"
MEAN = "input kernel_size stride padding ceil_mode count_include_pad divisor_override"
RESAMPLING = "input size scale_factor mode align_corners recompute_scale_factor antialias"
LOSS = "input target weight size_average ignore_index reduce reduction label_smoothing"
SIGNATURES = {
    "abs": "input",
    "addmm": "bias input weight",
    "argmax": "input dim keepdim",
    "flatten": "input start_dim end_dim",
    "log_softmax": "input dim dtype",
    "mm": "input weight",
    "sigmoid": "input",
    "softmax": "input dim dtype",
    "tanh": "input",
    **{f"nn.functional.conv{r}d": CONVOLUTION for r in (1, 2, 3)},
    **{f"nn.functional.conv_transpose{r}d": TRANSPOSED for r in (1, 2, 3)},
    **{f"nn.functional.max_pool{r}d": MAXIMUM for r in (1, 2, 3)},
    **{f"nn.functional.avg_pool{r}d": MEAN for r in (1, 2, 3)},
    **{
        f"nn.functional.adaptive_{kind}_pool{r}d": "input output_size return_indices"
        for kind in ("avg", "max")
        for r in (1, 2, 3)
    },
    "nn.functional.interpolate": RESAMPLING,
    "nn.functional.upsample_bilinear": "input size scale_factor",
    "nn.functional.upsample_nearest": "input size scale_factor",
    "nn.functional.batch_norm": "input running_mean running_var weight bias training momentum eps",
    "nn.functional.layer_norm": "input normalized_shape weight bias eps",
    "nn.functional.group_norm": "input num_groups weight bias eps",
    "nn.functional.instance_norm": "input running_mean running_var weight bias use_input_stats momentum eps",
    "nn.functional.linear": "input weight bias",
    "nn.functional.cross_entropy": LOSS,
    "nn.functional.nll_loss": LOSS,
    "nn.functional.binary_cross_entropy": "input target weight size_average reduce reduction",
    "nn.functional.binary_cross_entropy_with_logits": "input target weight size_average reduce reduction pos_weight",
    "nn.functional.relu": "input inplace",
    "nn.functional.relu6": "input inplace",
    "nn.functional.leaky_relu": "input negative_slope inplace",
    "nn.functional.prelu": "input weight",
    "nn.functional.gelu": "input approximate",
    "nn.functional.elu": "input alpha inplace",
    "nn.functional.celu": "input alpha inplace",
    "nn.functional.selu": "input inplace",
    "nn.functional.silu": "input inplace",
    "nn.functional.softplus": "input beta threshold",
    "nn.functional.softsign": "input",
    "nn.functional.hardsigmoid": "input inplace",
    "nn.functional.hardswish": "input inplace",
    "nn.functional.hardtanh": "input min_val max_val inplace",
}
"""Operation of PyTorch that is one here, or is to be → its arguments in order."""
KINDS = {"nearest-exact": "nearest", "bilinear": "bilinear", "trilinear": "trilinear", "bicubic": "bicubic"}
KEPT = ("running_mean", "running_var", "target", "pos_weight")
"""Tensors that are not differentiated."""
WHOLE = ("num_groups", "normalized_shape")


def calls(formats: tuple[str, ...] = FORMATS) -> Iterator[tuple[str, Call]]:
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    for one in op_db:
        if one.name not in SIGNATURES or one.variant_test_name.startswith(("with_dtype", "decomposed", "without")):
            continue
        for name in formats:
            dtype = getattr(torch, name)
            if dtype in one.dtypes:
                torch.manual_seed(0)
                for i, sample in enumerate(one.sample_inputs("cpu", dtype, requires_grad=False)):
                    for call in _calls(torch, one, sample):
                        yield f"{one.formatted_name} {name} {i}", call


def _calls(torch: Any, one: Any, sample: Any) -> Iterator[Call]:
    arguments = dict(zip(SIGNATURES[one.name].split(), (sample.input, *sample.args), strict=False)) | sample.kwargs
    tensors = {
        name: value.detach().clone()
        for name, value in arguments.items()
        if isinstance(value, torch.Tensor) and name not in WHOLE
    }
    settings = {name: _one(value) for name, value in arguments.items() if name not in tensors}
    settings = {name: value for name, value in settings.items() if value is not None and name != "dtype"}
    leaves = {
        name: t.requires_grad_()
        for name, t in tensors.items()
        if t.is_floating_point() and name not in KEPT and not (name == "weight" and "reduction" in SIGNATURES[one.name])
    }
    y = one.op(*_again(tensors, sample.input, sample.args, arguments), **_kept(tensors, sample.kwargs))
    y = y[0] if isinstance(y, tuple) else y
    names, settings, inputs = worded(
        one.name, one.variant_test_name, settings, {name: _array(t) for name, t in tensors.items()}
    )
    told = settings | {"framework": "torch"}
    short = one.name.removeprefix("nn.functional.")
    yield Call(short, names, inputs, [_array(y)], told)
    entry = known(names)
    gradient = entry and known([f"{entry.name}_gradient", f"{entry.name.removesuffix('_training')}_gradient"])
    if entry is None or gradient is None or not y.is_floating_point() or not y.requires_grad or not y.numel():
        return
    upstream = torch.testing.make_tensor(tuple(y.shape), dtype=y.dtype, device="cpu")
    try:
        found = torch.autograd.grad(y, list(leaves.values()), upstream, allow_unused=True)
    except RuntimeError:  # an operation that PyTorch cannot differentiate
        return
    by_name = {name: _array(t) for name, t in zip(leaves, found, strict=True) if t is not None}
    results = _gradients(short, entry, gradient, by_name, inputs)
    unneeded = {*entry.arrays} - {*gradient.arrays}
    given = {name: value for name, value in inputs.items() if own_name(name, entry.arrays) not in unneeded}
    yield Call(f"{short}, gradient", [gradient.name], given | {"upstream": _array(upstream)}, results, told)


def _again(tensors: Mapping[str, Any], first: Any, rest: tuple[Any, ...], arguments: Mapping[str, Any]) -> list[Any]:
    """The positional arguments, with the tensors that are differentiated in their place."""
    places = list(arguments)[: 1 + len(rest)]
    return [tensors.get(name, value) for name, value in zip(places, (first, *rest), strict=True)]


def _kept(tensors: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tensors.get(name, value) for name, value in given.items()}


def _gradients(
    short: str,
    entry: catalogue.Operation,
    gradient: catalogue.Operation,
    found: Mapping[str, Any],
    inputs: Mapping[str, Any],
) -> dict[str, Any]:
    names = {name: f"d{own_name(name, entry.arrays)}" for name in found}
    results = {
        names[name]: value for name, value in found.items() if names[name] in gradient.results and name in inputs
    }
    if "mm" in short:  # w is the second matrix transposed
        results |= {"dw": results["dw"].T} if "dw" in results else {}
    return results


def worded(
    name: str, variant: str, settings: dict[str, Any], inputs: dict[str, Any]
) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    """(names of the operation, settings, inputs), where PyTorch's function is more than one operation."""
    short, rank = name.removeprefix("nn.functional."), np.ndim(inputs["input"]) - 2
    if short == "interpolate" or short.startswith("upsample_"):
        mode = str(settings.get("mode", short.removeprefix("upsample_")))
        if short == "upsample_bilinear":
            settings = settings | {"align_corners": True}
        kind = KINDS.get(mode, mode)
        if mode == "area":  # in PyTorch the mean over windows that overlap where the sizes do not divide
            pooled = {"output_size": settings["size"]} if settings.get("size") else settings
            if known([name := f"adaptive_avg_pool{rank}d"]):
                return [name], pooled, inputs
        return [f"{kind}_resampling{rank}d", f"{kind}{rank}d"], settings, inputs
    if short == "batch_norm":
        channels = inputs["input"].shape[1] if rank >= 0 else 0
        for name, value in (("weight", 1), ("bias", 0)):
            inputs.setdefault(name, np.full(channels, value, inputs["input"].dtype))
        if settings.pop("training", False):
            settings.pop("momentum", None)
            return ["batch_norm_training"], settings, {k: v for k, v in inputs.items() if not k.startswith("running")}
        return ["batch_norm_inference"], {k: v for k, v in settings.items() if k != "momentum"}, inputs
    if short in ("mm", "addmm"):
        rows = inputs.get("bias")
        inputs = {k: np.swapaxes(v, -1, -2) if k == "weight" else v for k, v in inputs.items()}
        if rows is not None and np.ndim(rows) == 2:
            inputs["bias"] = rows[0] if len(rows) == 1 or (rows == rows[:1]).all() else rows
        return ["linear"], settings, inputs
    return [short], settings, inputs


def _one(value: Any) -> Any:
    """PyTorch takes a tuple of one number for every axis, and an empty one for its default."""
    if isinstance(value, tuple) and len(value) < 2:
        return value[0] if value else None
    return value


def _array(tensor: Any) -> np.ndarray:
    plain = tensor.detach().cpu()
    return plain.float().numpy().astype("bfloat16") if str(plain.dtype) == "torch.bfloat16" else plain.numpy()
