"""Lists of layers: what each layer's output size, parameters and multiply-adds are, by formula.

A network is a list of layers, each a mapping with a ``kind`` and that kind's settings (:data:`notation.SETTINGS`); the sizes that a layer
meets follow from the layers before it. A layer takes the output of the one before it, or of those that ``from`` names, so that a
network may branch; ``"input"`` is the image. ``docs/layers.md`` describes the format in full.

    convolution       [Cin, H, W] → [Cout, Hout, Wout]; ky·kx·(Cin ÷ groups)·Cout parameters, Cout more with a bias;
                      as many multiply-adds a place as it has weights: Hout·Wout·ky·kx·(Cin ÷ groups)·Cout
    fully_connected   [I] → [O]; I·O parameters, O more with a bias; I·O multiply-adds; on the channels of an image [C, H, W] → [O, H, W],
                      with I = C, at each place
    batch_norm        2C parameters, and 2C numbers that are not learned
    group_norm        2C parameters, as instance_norm with affine
    layer_norm        2C·H·W parameters, on channels 2C; rms_norm half as many
    prelu             C parameters

A multiply-add is one product in a sum of a convolution or a fully connected layer, products with padding's zeros included. Adding
a bias, normalising, pooling and activations are not counted: they cost a few operations a number, not one for each weight.
"""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from .. import validation
from ..operators import catalogue
from ..operators.convolutions import cross_correlation, fully_connected
from ..operators.norms import batch_norm
from ..operators.pooling import windows
from ..operators.rectifiers import prelu
from .notation import FOLLOWS, ON_IMAGES, REQUIRED, SETTINGS, SEVERAL, Layer

Size = tuple[int, ...]
"""(C, H, W), or (I,) of a row of numbers, as an image is once it has been flattened."""


METHODS = ("nearest", "bilinear", "bicubic")
"""Of an upsampling."""


@dataclass(frozen=True)
class Row:
    """One layer of the table. ``takes``: whose outputs; ``parameters`` are learned; ``not_learned`` are kept and not learned."""

    name: str
    kind: str
    takes: tuple[str, ...]
    output: Size
    parameters: int
    not_learned: int
    multiply_adds: int


@dataclass(frozen=True)
class Network:
    """A list of layers as it was read: its name, the input's size and the layers as written."""

    name: str
    size: Size
    layers: Sequence[Layer]


def read(path: Path) -> Network:
    """A TOML or JSON file: ``name``, ``input`` = [C, H, W] or [I], and ``layers``. Raises BadInput, in one line, where it is not that."""
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        validation.refuse("file", str(path), "a file that can be read", f"{error.strerror}: check the name")
    except (ValueError, RecursionError) as error:
        form = "JSON" if path.suffix == ".json" else "TOML"
        validation.refuse("file", str(path), form, f"{error} (a file named .json is read as JSON, any other as TOML)")
    if not isinstance(found, dict):
        validation.refuse("file", str(path), "an object with “input” and “layers”", "see docs/layers.md")
    _known("", found, ("name", "input", "layers"))
    size = found.get("input")
    return Network(
        str(found.get("name", path.stem)), () if size is None else image_size("input", size), found.get("layers", [])
    )


def image_size(name: str, value: Any) -> Size:
    """(C, H, W) as three whole numbers of at least 1, or (I,) for a row of numbers."""
    if not isinstance(value, list | tuple) or len(value) not in (1, 3):
        wanted = "[C, H, W], three whole numbers, or [I], one"
        validation.refuse(name, value, wanted, f"use {name}=[3, 224, 224] for a colour image")
    return tuple(validation.count(f"{name}[{i}]", n) for i, n in enumerate(value))


def table(layers: Sequence[Layer], size: Size) -> list[Row]:
    """The rows of :func:`resolve`'s layers, by the formulas."""
    rows = []
    for layer in resolve(layers, size):
        learned, kept = parameters(layer)
        takes = tuple(layer["from"])
        rows.append(Row(layer["name"], layer["kind"], takes, layer["output"], learned, kept, multiply_adds(layer)))
    return rows


def parameters(layer: Layer) -> tuple[int, int]:
    """(learned, not learned) numbers of a resolved layer."""
    match layer["kind"]:
        case "convolution":
            cin, cout, groups, bias = (layer[name] for name in ("channels_in", "channels_out", "groups", "bias"))
            return cross_correlation.parameter_count(cin, cout, layer["kernel"], groups=groups, bias=bias), 0
        case "fully_connected":
            return fully_connected.parameter_count(layer["features_in"], layer["features_out"], bias=layer["bias"]), 0
        case "batch_norm":
            return batch_norm.parameter_count(layer["channels"])
        case "layer_norm" | "rms_norm":
            features = math.prod(layer["output"]) if layer["on"] == "numbers" else layer["output"][0]
            return (2 if layer["kind"] == "layer_norm" else 1) * features, 0
        case "group_norm" | "instance_norm":
            return 2 * layer["channels"] * layer.get("affine", True), 0
        case "prelu":
            return prelu.parameter_count(layer["channels"]), 0
        case _:
            return 0, 0


def multiply_adds(layer: Layer) -> int:
    """One for each weight at each place: Hout·Wout·ky·kx·(Cin ÷ groups)·Cout; I·O; 0 for every other kind."""
    if layer["kind"] not in ("convolution", "fully_connected"):
        return 0
    weights, _ = parameters({**layer, "bias": False})
    return weights * math.prod(layer["output"][1:])


ALL_AGREE = "every layer as computed"


def differences(reports: Sequence[Mapping[str, Any]], wanted: Sequence[Any], what: str) -> str:
    """In which layers a framework's own report of ``what`` is another than wanted, in words; what it does not tell is passed over."""
    found = [
        f"{report['name']}: {report[what]}, not {value}"
        for report, value in zip(reports, wanted, strict=True)
        if report[what] is not None and report[what] != value
    ]
    return "; ".join(found) if found else ALL_AGREE


def resolve(layers: Sequence[Layer], size: Size) -> list[dict[str, Any]]:
    """The same layers with every setting explicit, with their names, what they take (``from``) and their ``output`` size.

    Raises BadInput where a layer is unknown, a setting makes no sense, or a layer does not fit those before it.
    """
    if not isinstance(layers, list | tuple) or not layers:
        validation.refuse("layers", layers, "a list of at least one layer", "see docs/layers.md for the format")
    sizes: dict[str, Size] = {"input": image_size("input", size)}
    resolved = []
    last = "input"
    for number, given in enumerate(layers, 1):
        if not isinstance(given, Mapping):
            validation.refuse(f"layers[{number}]", given, "a table with a kind", "see docs/layers.md for the format")
        name = given.get("name", f"{given.get('kind')} {number}")
        if not isinstance(name, str) or name in sizes:
            validation.refuse(f"layers[{number}].name", name, "a name that no other layer has", "give it another")
        layer = _one(f"layers[{number}]", given, sizes, last)
        sizes[name], last = layer["output"], name
        resolved.append({"name": name, **layer})
    return resolved


def _one(at: str, given: Layer, sizes: Mapping[str, Size], last: str) -> dict[str, Any]:
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in SETTINGS:
        close = difflib.get_close_matches(str(kind), SETTINGS, n=1)
        way_out = f"did you mean {close[0]!r}?" if close else "write it with these"
        validation.refuse(f"{at}.kind", kind, f"one of {', '.join(SETTINGS)}", way_out)
    _known(f"{at}.", given, ("kind", "name", "from", *SETTINGS[kind]))
    sources = given.get("from", last)
    sources = [sources] if isinstance(sources, str) else sources
    if not isinstance(sources, list | tuple) or not all(isinstance(s, str) and s in sizes for s in sources):
        validation.refuse(
            f"{at}.from", sources, "names of layers before this one, or 'input'", f"before it: {', '.join(sizes)}"
        )
    if (len(sources) < 2) if kind in SEVERAL else (len(sources) != 1):
        wanted = "two inputs or more" if kind in SEVERAL else "one input"
        validation.refuse(f"{at}.from", list(sources), wanted, "name the layers whose outputs it takes")
    taken = [sizes[s] for s in sources]
    if kind in ON_IMAGES and len(taken[0]) != 3:
        validation.refuse(
            f"{at}.kind", kind, f"an image [C, H, W] before it (it has {list(taken[0])})", "put it before “flatten”"
        )
    settings = {name: given.get(name, default) for name, default in SETTINGS[kind].items()}
    for name, value in settings.items():
        if value is REQUIRED:
            validation.refuse(f"{at}.{name}", None, "a value", f"a {kind} must have one")
    layer = {"kind": kind, "from": list(sources), **_settled(at, kind, settings, taken[0])}
    return {**layer, "output": _output(at, layer, taken)}


def _settled(at: str, kind: str, settings: dict[str, Any], size: Size) -> dict[str, Any]:
    """The settings with pairs as pairs, padding as ((top, bottom), (left, right)), and what follows from the size before."""
    settled = dict(settings)
    for name, value in settings.items():
        where = f"{at}.{name}"
        match name:
            case "channels_in" | "channels" | "features_in":
                each = settings.get("on") == "channels"
                follows = size[0] if len(size) == 1 or name != "features_in" or each else math.prod(size)
                if kind == "fully_connected" and len(size) == 3 and not each:
                    way_out = "frameworks apply one to the last axis alone, which is none of the layers here; behind a “flatten” it sees all axes"
                    validation.refuse(f"{at}.kind", kind, f"numbers [I] before it (it has {list(size)})", way_out)
                if value is not FOLLOWS and validation.count(where, value) != follows:
                    validation.refuse(
                        where,
                        value,
                        f"{follows}, what the layer before it gives",
                        "check the layer before it, or leave this out",
                    )
                settled[name] = follows
            case "channels_out" | "features_out" | "groups":
                settled[name] = validation.count(where, value)
            case "kernel" | "window" | "stride" | "dilation":
                value = settled["window"] if value is FOLLOWS else value
                settled[name] = validation.counts(
                    where, value if isinstance(value, list | tuple) else (value, value), rank=2
                )
            case "bias" | "ceil_mode" | "affine":
                if not isinstance(value, bool):
                    validation.refuse(where, value, "true or false", f"use true for a {name}")
            case "on" | "rate" | "method" | "scale" | "size":
                settled[name] = _told(name, where, value)
            case "take":
                settled[name] = _taken(where, value, size[0])
    if "padding" in settled:
        settled["padding"] = _padding(f"{at}.padding", settled, size)
    return settled


def _pair(where: str, value: Any, read: Callable[[str, Any], Any]) -> tuple[Any, Any]:
    """A positive number for both axes, or [y, x]."""
    values = value if isinstance(value, list | tuple) else (value, value)
    if len(values) != 2 or not all(read(where, one) > 0 for one in values):
        validation.refuse(where, value, "a positive number, or [y, x]", "give one number for both axes")
    return values[0], values[1]


def _told(name: str, where: str, value: Any) -> Any:
    """What a dense layer is applied to, a dropout's share, how an upsampling is made and how large its result is."""
    if name in ("on", "method"):
        return validation.choice(where, value, ("numbers", "channels") if name == "on" else METHODS)
    if name != "rate":
        return (
            value
            if value is FOLLOWS
            else _pair(where, value, validation.finite if name == "scale" else validation.count)
        )
    if not 0 <= validation.finite(where, value) < 1:
        validation.refuse(where, value, "a share from 0, below 1", "use 0.5 for half")
    return value


def _padding(where: str, settled: Mapping[str, Any], size: Size) -> tuple[tuple[int, int], ...]:
    """A number, [y, x], [[top, bottom], [left, right]] or "same" (TensorFlow's: as many outputs as size ÷ stride, rounded up)."""
    value = settled["padding"]
    kernel = settled["kernel"] if "kernel" in settled else settled["window"]
    dilation = settled.get("dilation", (1, 1))
    if value == "same":
        numbers = zip(size[1:], kernel, settled["stride"], dilation, strict=True)
        return tuple(catalogue.same_padding(*n) for n in numbers)
    if isinstance(value, str):
        validation.refuse(
            where, value, 'a number of zeros, [y, x], [[top, bottom], [left, right]] or "same"', "use 0 for none"
        )
    pair = value if isinstance(value, list | tuple) else (value, value)
    return validation.padding(where, [p if isinstance(p, list | tuple) else (p, p) for p in pair], rank=2)


def _taken(where: str, value: Any, channels: int) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or not value or not all(type(c) is int and 0 <= c < channels for c in value):
        validation.refuse(where, value, f"numbers of channels, from 0 to {channels - 1}", "count the channels from 0")
    return tuple(value)


def _output(at: str, layer: Layer, taken: Sequence[Size]) -> Size:
    kind, size = layer["kind"], taken[0]
    match kind:
        case "convolution" | "max_pooling" | "average_pooling":
            try:
                return _windows(layer, size)
            except validation.BadInput as error:
                raise validation.BadInput(f"{at}.{error}") from None
        case "fully_connected":
            return (layer["features_out"], *size[1:])
        case "global_max_pooling" | "global_average_pooling":
            return size[0], 1, 1
        case "upsampling" | "adaptive_max_pooling" | "adaptive_average_pooling":
            return size[0], *(_upsampled(at, layer, size) if kind == "upsampling" else layer["size"])
        case "flatten":
            return (math.prod(size),)
        case "channels":
            return len(layer["take"]), *size[1:]
        case "group_norm" if layer["channels"] % layer["groups"]:
            wanted = f"a divisor of the {layer['channels']} channels"
            validation.refuse(f"{at}.groups", layer["groups"], wanted, "use 1 for one group")
        case "add" if len(set(taken)) > 1:
            _refuse_branches(at, layer, taken, "outputs of one size")
        case "concatenate":
            if len({t[1:] for t in taken}) > 1 or len({len(t) for t in taken}) > 1:
                _refuse_branches(at, layer, taken, "outputs that differ in channels only")
            return sum(t[0] for t in taken), *size[1:]
    return size


def _upsampled(at: str, layer: Layer, size: Size) -> tuple[int, int]:
    """The size that is given, or floor(n·scale) on each axis."""
    scale, given = layer["scale"], layer["size"]
    if (scale is FOLLOWS) == (given is FOLLOWS):
        wanted = "either a scale or a size"
        validation.refuse(f"{at}.scale", None if scale is FOLLOWS else scale, wanted, "give scale=2 for twice the size")
    high, wide = given if scale is FOLLOWS else (math.floor(n * s) for n, s in zip(size[1:], scale, strict=True))
    if not high * wide:
        validation.refuse(f"{at}.scale", scale, f"one that leaves a pixel of {list(size)}", "use a larger one")
    return high, wide


def _windows(layer: Layer, size: Size) -> Size:
    if layer["kind"] == "convolution":
        cin, cout, groups = layer["channels_in"], layer["channels_out"], layer["groups"]
        share = cin // groups if cin % groups == 0 else 1  # where it does not divide, output_shape says so
        settings = {name: layer[name] for name in ("stride", "padding", "dilation", "groups")}
        return cross_correlation.output_shape((1, *size), (cout, share, *layer["kernel"]), **settings)[1:]
    settings = {name: layer[name] for name in ("window", "stride", "padding")}
    if layer["ceil_mode"]:
        return size[0], *windows.windows((1, *size), **settings, ceil_mode=True).outputs
    axes = zip(size[1:], *settings.values(), strict=True)
    lengths = [cross_correlation.output_size(n, k, stride=s, padding=p, dilation=1) for n, k, s, p in axes]
    return size[0], *lengths


def _refuse_branches(at: str, layer: Layer, taken: Sequence[Size], expected: str) -> NoReturn:
    sizes = ", ".join(str(list(s)) for s in taken)
    validation.refuse(f"{at}.from", list(layer["from"]), f"{expected} (they have {sizes})", "check the branches")


def _known(prefix: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
    """No setting that would be passed over without a word."""
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(str(name), names, n=1)
            way_out = f"did you mean {close[0]!r}?" if close else "unsupported here: without it the sizes may be others"
            validation.refuse(f"{prefix}{name}", given[name], f"one of the settings {', '.join(names)}", way_out)
