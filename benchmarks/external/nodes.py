"""ONNX's node tests: models of one node, with inputs and outputs, through onnx's own loader."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from .calls import Call

OPERATIONS = {
    "Abs": ("abs",),
    "ArgMax": ("argmax",),
    "AveragePool": ("avg_pool{rank}d",),
    "BatchNormalization": ("batch_norm",),
    "Celu": ("celu",),
    "Conv": ("conv{rank}d",),
    "ConvTranspose": ("conv_transpose{rank}d",),
    "Elu": ("elu",),
    "Flatten": ("flatten",),
    "Gelu": ("gelu",),
    "Gemm": ("gemm",),
    "GlobalAveragePool": ("adaptive_avg_pool{rank}d",),
    "GlobalMaxPool": ("adaptive_max_pool{rank}d",),
    "GroupNormalization": ("group_norm", "GroupNormalization"),
    "HardSigmoid": ("hard_sigmoid",),
    "HardSwish": ("hard_swish",),
    "InstanceNormalization": ("instance_norm", "InstanceNormalization"),
    "LayerNormalization": ("layer_norm", "LayerNormalization"),
    "LeakyRelu": ("leaky_relu",),
    "LogSoftmax": ("log_softmax",),
    "LpPool": ("lp_pool{rank}d",),
    "MatMul": ("matmul",),
    "MaxPool": ("max_pool{rank}d",),
    "NegativeLogLikelihoodLoss": ("NegativeLogLikelihoodLoss", "nll_loss", "nll"),
    "PRelu": ("prelu",),
    "Pad": ("pad",),
    "Relu": ("relu",),
    "Resize": ("{mode}_resampling{rank}d", "{kind}_resampling{rank}d"),
    "Selu": ("selu",),
    "Sigmoid": ("sigmoid",),
    "Softmax": ("softmax",),
    "SoftmaxCrossEntropyLoss": ("SoftmaxCrossEntropyLoss",),
    "Softplus": ("softplus",),
    "Softsign": ("softsign",),
    "Tanh": ("tanh",),
}
"""ONNX's operators that are operations here, or are to be → what ours may be called."""
KINDS = {"linear": {1: "linear", 2: "bilinear", 3: "trilinear"}, "cubic": {1: "cubic", 2: "bicubic", 3: "tricubic"}}
SETTINGS = {"scales", "sizes", "roi", "pads", "constant_value", "axes"}
"""Inputs of an operator that are settings of an operation."""


def calls() -> Iterator[tuple[str, Call]]:
    import onnx  # an extra
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings(action="ignore"):
        cases = load_model_tests(kind="node")
    for case in cases:
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in OPERATIONS:
            for inputs, outputs in case.data_sets:
                yield case.name, _call(onnx, case.model, nodes[0], inputs, outputs)


def _call(onnx: Any, model: Any, node: Any, inputs: list[Any], outputs: list[Any]) -> Call:
    version = next(one.version for one in model.opset_import if one.domain == node.domain)
    schema = onnx.defs.get_schema(node.op_type, version, node.domain)
    given = iter(inputs)
    named = {
        schema.inputs[min(i, len(schema.inputs) - 1)].name: next(given) for i, name in enumerate(node.input) if name
    }
    settings = {one.name: _said(onnx.helper.get_attribute_value(one)) for one in node.attribute}
    x = next(iter(named.values()))
    settings |= {name: named.pop(name).tolist() for name in SETTINGS & {*named}}
    rank = np.ndim(x) - 2
    settings, named = _worded(node.op_type, settings, named, rank)
    mode = str(settings.get("mode", "nearest"))
    says = {"rank": rank, "mode": mode, "kind": KINDS.get(mode, {}).get(rank, mode)}
    names = [name.format(**says) for name in OPERATIONS[node.op_type]]
    if settings.pop("training_mode", 0):
        names = ["batch_norm_training"]
        named = {name: named[name] for name in ("X", "scale", "B")}
        settings.pop("momentum", None)
    shown = {output: value for output, value in zip((o for o in node.output if o), outputs, strict=False)}
    first = list(shown.values())[:1]
    return Call(node.op_type, names, named, first, settings | {"framework": "onnx"})


def _worded(
    operator: str, settings: dict[str, Any], named: dict[str, Any], rank: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of an operator is no word of its own: matrices turned, what stands for every axis."""
    if operator in ("Gemm", "MatMul"):
        a, b = named.pop("A"), named.pop("B")
        a = a.T if settings.pop("transA", 0) else a
        b = b if settings.pop("transB", 0) else np.swapaxes(b, -1, -2) if np.ndim(b) > 1 else b
        bias = (
            {"bias": np.broadcast_to(named["C"], (*a.shape[:1], b.shape[0]))[0]}
            if _same_rows(named.get("C"))
            else {"C": named["C"]}
            if "C" in named
            else {}
        )
        named = {"x": a, "w": b, **bias}
        settings = {name: value for name, value in settings.items() if value != 1}
    if operator == "PRelu":
        settings |= _slopes(named)
    if operator.startswith("Global"):
        settings["size"] = 1
    if operator == "Pad":
        named["x"] = named.pop("data")
        settings = _borders(settings, rank)
    if operator == "Resize":
        settings = _resized(settings, named["X"])
    return settings, named


def _slopes(named: dict[str, Any]) -> dict[str, Any]:
    """ONNX broadcasts slopes from the last axis on: there the channels are, if they are one axis."""
    if np.ndim(named["slope"]) == 1:
        order = "NDHWC"[-np.ndim(named["X"]) :] if np.ndim(named["X"]) > 3 else "NWC"
        return {"layout": {"input.x": order, "output.suite.y": order}}
    if np.size(named["slope"]) == np.shape(named["slope"])[0]:
        named["slope"] = named["slope"].reshape(-1)
    return {}


def _borders(settings: dict[str, Any], rank: int) -> dict[str, Any]:
    """ONNX pads every axis; here those of batch and channels stay as they are."""
    mode = {"edge": "replicate", "wrap": "circular", "constant": "zeros"}
    value, pads = settings.get("constant_value", 0), settings["pads"]
    pairs = list(zip(pads[: len(pads) // 2], pads[len(pads) // 2 :], strict=True))
    if len(pairs) == rank + 2 and pairs[:2] == [(0, 0), (0, 0)] and not value:
        said = settings.get("mode", "constant")
        return {"padding": tuple(pairs[2:]) if rank > 1 else pairs[2], "padding_mode": mode.get(said, said)}
    return settings


def _resized(settings: dict[str, Any], x: Any) -> dict[str, Any]:
    """Of scales and sizes those of the image's axes; the region matters to one grid alone."""
    axes = settings.pop("axes", range(np.ndim(x)))
    if settings.get("coordinate_transformation_mode") != "tf_crop_and_resize":
        settings.pop("roi", None)
    for name, kept in (("scales", [1.0] * np.ndim(x)), ("sizes", list(np.shape(x)))):
        if given := settings.pop(name, None):
            for axis, value in zip(axes, given, strict=True):
                kept[axis] = value
            settings[name] = tuple(kept[2:])
    return settings


def _same_rows(c: Any) -> bool:
    return c is not None and (np.ndim(c) < 2 or np.shape(c)[0] == 1)


def _said(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
