"""Mistakes with resampling beside those with images: rounding, scale, kernel, borders; and the known ones along one axis and three."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..operators import catalogue
from .mistake import Arguments, Mistake, Reading, setting

FORWARD = tuple(name for name in catalogue.OPERATIONS if "_resampling" in name and not name.endswith("_gradient"))
ALL = tuple(name + gradient for name in FORWARD for gradient in ("", "_gradient"))
ON_GRIDS = tuple(name for name in ALL if not name.startswith("area"))
NEAREST = tuple(name for name in ALL if name.startswith("nearest"))
KERNELS = tuple(name for name in ON_GRIDS if name not in NEAREST)
CUBIC = tuple(name for name in ALL if "cubic" in name)
OTHERS = tuple(name for name in ALL if "2d" not in name or name in CUBIC)
"""Which no claim of a lecture uses."""
GRIDS = (
    "half_pixel",
    "align_corners",
    "asymmetric",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "tf_half_pixel_for_nn",
)


NEAREST_GRIDS = ("half_pixel", "asymmetric", "align_corners", "half_pixel_symmetric")
"""First those that every framework has, so that a claim on any of them has one to be put to the test with."""


def on_other_grids(operation: str, given: Arguments) -> Iterator[Reading]:
    yield from setting("grid", *(NEAREST_GRIDS if operation in NEAREST else GRIDS))(operation, given)


def otherwise(operation: str, given: Arguments) -> Iterator[Reading]:
    """Another method of the same rank, with its usual settings."""
    backward = "_gradient" if operation.endswith("_gradient") else ""
    kind, rank = operation.removesuffix("_gradient"), given["x"].ndim - 2
    linear = ("linear_resampling1d", "bilinear_resampling2d", "trilinear_resampling3d")[rank - 1]
    for name, settings in (
        (f"nearest_resampling{rank}d", {"grid": "half_pixel"}),
        (f"nearest_resampling{rank}d", {"grid": "asymmetric"}),
        (linear, {"grid": "half_pixel"}),
        (f"area_resampling{rank}d", {}),
        ("bicubic_resampling2d", {"grid": "half_pixel", "coefficient": -0.75}),
    ):
        if name != kind and len(catalogue.OPERATIONS[name].axes("x")) == rank + 2:
            arrays = {array: given[array] for array in ("x", "upstream") if array in given}
            detail = " ".join([name.split("_")[0], *(str(value) for value in settings.values())])
            yield Reading(name + backward, arrays | {"size": given["size"]} | settings, detail)


def _roundings(operation: str, given: Arguments) -> Iterator[Reading]:
    """Every other rounding; but halves rounded the other way only where coordinates are exact in float32: else their own rounding does it, too."""
    whole = given["grid"] in ("asymmetric", "tf_half_pixel_for_nn")
    meant = given.get("rounding") or ("floor" if whole else "round_prefer_ceil")
    sizes = given["size"] if isinstance(given["size"], tuple) else (given["size"],)
    exact = all((n / m * 2**10).is_integer() for n, m in zip(given["x"].shape[2:], sizes, strict=True))
    for other in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil"):
        if other != meant and (exact or {other, meant} != {"round_prefer_floor", "round_prefer_ceil"}):
            yield Reading(operation, given | {"rounding": other}, f"rounding={other!r}")


def _scale(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("scale") is not None:
        yield from setting("recomputed", not given.get("recomputed", False))(operation, given)


def _in_float32(operation: str, given: Arguments) -> Iterator[Reading]:
    """in/out, or 1/scale, rounded to float32."""
    if given["x"].dtype != np.float64 or given["grid"] == "align_corners":
        return
    sizes = given["size"] if isinstance(given["size"], tuple) else (given["size"],)
    scales = given.get("scale")
    if scales is None or given.get("recomputed"):
        steps = [n / m for n, m in zip(given["x"].shape[2:], sizes, strict=True)]
    else:
        steps = [1 / scale for scale in (scales if isinstance(scales, tuple) else (scales,))]
    first, *others = (1 / float(np.float32(step)) for step in steps)
    scale = (first, *others) if others else first
    yield Reading(operation, given | {"scale": scale, "recomputed": False})


def _coefficients(operation: str, given: Arguments) -> Iterator[Reading]:
    yield from setting("coefficient", -0.75, -0.5)(operation, given)


def _smoothed(operation: str, given: Arguments) -> Iterator[Reading]:
    """Where an axis shrinks: elsewhere there is nothing to smooth."""
    sizes, other = given["size"] if isinstance(given["size"], tuple) else (given["size"],), not given.get("antialias")
    if any(outputs < elements for outputs, elements in zip(sizes, given["x"].shape[2:], strict=True)):
        yield Reading(operation, given | {"antialias": other}, f"antialias={other}")


def _borders(operation: str, given: Arguments) -> Iterator[Reading]:
    own = given.get("antialias", False) if given.get("exclude_outside") is None else given["exclude_outside"]
    yield Reading(operation, given | {"exclude_outside": not own}, f"exclude_outside={not own}")


def _upside_down(operation: str, given: Arguments) -> Iterator[Reading]:
    for name in ("upstream", "x"):
        if name in given:
            yield Reading(operation, given | {name: np.ascontiguousarray(given[name][:, :, ::-1])}, name)


def _turned(operation: str, given: Arguments) -> Iterator[Reading]:
    """The image behind its channels as it lies in memory: [N, C, …] taken for [N, …, C]."""
    for name in ("upstream", "x"):
        if name in given:
            channels, space = given[name].shape[1], math.prod(given[name].shape[2:])
            last = given[name].reshape(len(given[name]), space, channels).swapaxes(1, 2)
            yield Reading(operation, given | {name: np.ascontiguousarray(last.reshape(given[name].shape))}, name)


MISTAKES = [
    Mistake(
        "other rounding of coordinates",
        "the nearest pixel was found by another rounding",
        "nearest_mode in ONNX; 'nearest' rounds down in PyTorch, 'nearest-exact' to the nearest",
        NEAREST,
        _roundings,
        "https://github.com/pytorch/pytorch/issues/34808",
        probed=False,
    ),
    Mistake(
        "scale recomputed otherwise",
        "the grid was that of the sizes' ratio, or of the scale that was given, in place of the other",
        "recompute_scale_factor in PyTorch; ONNX takes the scale that is given",
        ON_GRIDS,
        _scale,
        probed=False,
    ),
    Mistake(
        "scale held in float32",
        "the ratio of the sizes was held in float32 beside arrays in float64",
        "compute the coordinates in float64",
        KERNELS,
        _in_float32,
        probed=False,
    ),
    Mistake(
        "other cubic",
        "the cubics had another coefficient",
        "a = -3/4 in PyTorch and OpenCV, -1/2 in TensorFlow 2, in Pillow and where PyTorch smooths",
        CUBIC,
        _coefficients,
        "https://github.com/pytorch/pytorch/issues/34808",
        probed=False,
    ),
    Mistake(
        "smoothed otherwise",
        "the kernel was stretched before downsampling, or was not",
        "antialias: choose the same on both sides",
        KERNELS,
        _smoothed,
        probed=False,
    ),
    Mistake(
        "outside counted otherwise",
        "what lies outside the image was left out, or taken as the pixel at the border",
        "exclude_outside in ONNX: choose the same on both sides",
        KERNELS,
        _borders,
        probed=False,
    ),
    Mistake(
        "other resampling in the gradient",
        "the gradient is that of another method",
        "name the method on both sides",
        tuple(name for name in ALL if name.endswith("_gradient")),
        otherwise,
        probed=False,
    ),
    Mistake(
        "first axis in reverse",
        "the elements of the first spatial axis came in reverse",
        "turn them round on one side",
        OTHERS,
        _upside_down,
        probed=False,
    ),
    Mistake(
        "channels behind the image in memory",
        "an array [N, …, C] was reshaped, not transposed, to [N, C, …]",
        "move the axis",
        OTHERS,
        _turned,
        probed=False,
    ),
]
