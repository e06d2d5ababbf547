"""What frameworks call parameters, read as ours: with a note of what each was taken for, and never in silence.

``WORDS`` is data, one line a word. A word whose parameter the operation has is read as that; where it has none, the word is left aside only if
its value changes nothing (``idle``), and otherwise refused with what it would change: without it another operation would be judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....reference import libraries
from ....reference.operators.catalogue import Operation
from ....reference.validation import refuse

FRAMEWORKS = libraries.conventions()
"""Key, as ``--framework`` takes it → framework."""

ANY = object()
"""As an idle value: whatever it is, it changes no number, or the arrays say it already."""
LEFT = object()
"""As what a word is read as: another word, or the default, says it."""


@dataclass(frozen=True)
class Asked:
    """What a word is read beside."""

    operation: Operation
    settings: Mapping[str, Any]
    framework: str | None
    given: tuple[str, ...] = ()
    """The inputs that are given, as they are called here."""

    @property
    def rank(self) -> int:
        """How many spatial axes."""
        return sum(axis in "DHW" for axis in self.operation.arrays.get("x", ""))


Read = Callable[[str, Any, Asked], Any]


@dataclass(frozen=True)
class Word:
    """``means``: our parameter, of which the operation may have none. ``whose``: who says it so. ``changes``: what it does."""

    name: str
    means: str
    whose: str
    read: Read = lambda name, value, asked: value
    idle: tuple[Any, ...] = ()
    changes: str = ""


# ------------------------------------------------------------------------------------------------------ how values are read


def _choice(**values: Any) -> Read:
    """By a table of what each value is taken for; others as they are."""

    def read(name: str, value: Any, asked: Asked) -> Any:
        return values.get(str(value), value)

    return read


def _flag(name: str, value: Any, asked: Asked) -> Any:
    return bool(value) if value in (0, 1) else value


def _number(name: str, value: Any, asked: Asked) -> Any:
    """True is 1: n − 1 in the divisor."""
    return int(value) if isinstance(value, bool) else value


def _steps(name: str, value: Any, asked: Asked) -> Any:
    """Also one for each of the four axes, of which those of batch and channels are 1."""
    if isinstance(value, list | tuple) and len(value) == asked.rank + 2:
        inner = value[1:-1] if value[-1] == 1 else value[2:]
        return tuple(inner) if asked.rank > 1 else inner[0]
    return value


def _ends(name: str, value: Any, asked: Asked) -> Any:
    """[top, left, bottom, right] as pairs (before, after)."""
    if isinstance(value, list | tuple) and len(value) == 2 * asked.rank:
        pairs = tuple(zip(value[: asked.rank], value[asked.rank :], strict=True))
        return pairs if asked.rank > 1 else pairs[0]
    return value


def _explicit(name: str, value: Any, asked: Asked) -> Any:
    """A pair for each axis, those of batch and channels among them."""
    if isinstance(value, list | tuple) and len(value) == asked.rank + 2:
        inner = value[1:-1] if tuple(value[-1]) == (0, 0) else value[2:]
        return tuple(map(tuple, inner))
    return value


def _padding(name: str, value: Any, asked: Asked) -> Any:
    return LEFT if value == "EXPLICIT" else value.lower() if isinstance(value, str) else value


def _corners(name: str, value: Any, asked: Asked) -> Any:
    """The corner pixels lie on each other, or the grid is the framework's own."""
    if value or "half_pixel_centers" in asked.settings:
        return "align_corners" if value else LEFT
    if asked.framework and FRAMEWORKS[asked.framework].apart:
        return FRAMEWORKS[asked.framework].apart
    way_out = "give grid, or the framework"
    return refuse(name, value, "who says so: it is half_pixel in PyTorch and asymmetric in TensorFlow 1", way_out)


def _centres(name: str, value: Any, asked: Asked) -> Any:
    return "half_pixel" if value else LEFT if asked.settings.get("align_corners") else "asymmetric"


def _momentum(name: str, value: Any, asked: Asked) -> Any:
    """Keras, TensorFlow and ONNX weigh the old value, PyTorch and we the new one."""
    old = asked.framework in FRAMEWORKS and FRAMEWORKS[asked.framework].weighs_old
    return 1 - value if old and isinstance(value, int | float) else value


def _mode(name: str, value: Any, asked: Asked) -> Any:
    """Which resampling, as the operation's name says it too; PyTorch's two nearest ones are two grids."""
    same = {
        "linear": ("linear", "bilinear", "trilinear"),
        "bilinear": ("bilinear",),
        "trilinear": ("trilinear",),
        "cubic": ("bicubic",),
        "bicubic": ("bicubic",),
        "area": ("area",),
        "nearest": ("nearest",),
        "nearest-exact": ("nearest",),
    }
    if not asked.operation.name.startswith(same.get(str(value), ("?",))):
        refuse(name, value, f"what {asked.operation.name} is", NAMED)
    return "half_pixel" if value == "nearest-exact" else LEFT


def _scales(name: str, value: Any, asked: Asked) -> Any:
    """One for each axis, those of batch and channels among them; nothing where sizes are given."""
    if isinstance(value, list | tuple) and len(value) == asked.rank + 2:
        value = value[2:]
    return tuple(value) if value else LEFT


def _recomputed(name: str, value: Any, asked: Asked) -> Any:
    return LEFT if value is None else value


def _training(name: str, value: Any, asked: Asked) -> Any:
    """Batch norm's two modes are two operations."""
    return (
        LEFT if bool(value) == ("training" in asked.operation.name or "mean" not in asked.operation.arrays) else value
    )


def _last_axes(name: str, value: Any, asked: Asked) -> Any:
    """A shape: as many axes as it has numbers."""
    return -len(value) if isinstance(value, list | tuple) and value else -1


def _first_axis(name: str, value: Any, asked: Asked) -> Any:
    """ONNX names the first of the axes, Keras every one of them: where there is one that is not the last, who says so decides."""
    if not isinstance(value, int) or isinstance(value, bool) or value == -1 or asked.framework == "onnx":
        return value
    if asked.framework and FRAMEWORKS[asked.framework].name == K:
        return [value]
    way_out = "give start, or the framework"
    return refuse(name, value, "who says so: in ONNX it is the first of the axes, in Keras the only one", way_out)


def _reduction(name: str, value: Any, asked: Asked) -> Any:
    """Of weighed losses PyTorch's and ONNX's mean is divided by the sum of the weights, that of the others by the number of rows."""
    value = value.lower() if isinstance(value, str) else value
    rows = "row_mean" if "labels" in asked.operation.arrays else "mean"
    own = {"sum_over_batch_size": rows, "mean_with_sample_weight": "weighted_mean", None: "none"}
    if value != "mean" or rows == "mean":
        return own.get(value, value)
    if asked.framework is None and "weights" in asked.given:
        expected = "who says so: of weighed losses it is divided by the sum of the weights in PyTorch and ONNX, by the number of rows in Keras"
        refuse(name, value, expected, "give 'weighted_mean' or 'row_mean', or the framework")
    return "weighted_mean" if asked.framework and FRAMEWORKS[asked.framework].weighted else rows


def _averaged(name: str, value: Any, asked: Asked) -> Any:
    return LEFT if value is None else _reduction(name, "mean" if value else "sum", asked)


T, F, K, O = "PyTorch", "TensorFlow", "Keras", "ONNX"
WEIGHTS = "an input, input.weights"
NAMED = "it is another operation; the name of one says it"
SCALE = "puts the pixels on a grid of its own where it is not the ratio of the sizes"
WORDS = (
    Word("strides", "stride", f"{F}, {K}, {O}", _steps),
    Word("stride", "stride", T, _steps),
    Word("window_strides", "stride", "JAX"),
    Word("dilation", "dilation", T, _steps, (1, (1, 1), [1, 1]), "spreads the taps of the window"),
    Word("dilations", "dilation", f"{F}, {O}", _steps, (1, (1, 1), [1, 1]), "spreads the taps of the window"),
    Word("dilation_rate", "dilation", K, _steps, (1, (1, 1), [1, 1]), "spreads the taps of the window"),
    Word("rhs_dilation", "dilation", "JAX"),
    Word("groups", "groups", f"{T}, {K}"),
    Word("group", "groups", O),
    Word("feature_group_count", "groups", "JAX"),
    Word("padding", "padding", f"{T}, {F}, {K}", _padding),
    Word("pads", "padding", O, _ends),
    Word("auto_pad", "padding", O, _choice(NOTSET=LEFT, VALID="valid", SAME_UPPER="same", SAME_LOWER="same_lower")),
    Word("explicit_paddings", "padding", F, _explicit),
    Word("padding_mode", "padding_mode", T, idle=("zeros", "constant"), changes="pads with other numbers than zeros"),
    Word("output_padding", "output_padding", T, idle=(0, (0, 0), [0, 0]), changes="lengthens the result"),
    Word("kernel_size", "window", T),
    Word("pool_size", "window", K),
    Word("ksize", "window", F, _steps),
    Word("kernel_shape", "window", O),
    Word("window_shape", "window", "Flax"),
    Word("count_include_pad", "count_padding", f"{T}, {O}", _flag),
    Word("ceil_mode", "ceil_mode", f"{T}, {O}", _flag, (False, 0), "adds a window that hangs over the edge"),
    Word("divisor_override", "divisor", T, idle=(None,), changes="divides by another number"),
    Word("return_indices", "", T, idle=(ANY,)),
    Word("storage_order", "", O, idle=(ANY,)),
    Word("size", "size", f"{T}, {F}, {K}"),
    Word("output_size", "size", T),
    Word("new_size", "size", F),
    Word("sizes", "size", O, lambda name, value, asked: value[2:] if len(value) == asked.rank + 2 else value),
    Word("align_corners", "grid", f"{T}, {F} 1", _corners),
    Word("half_pixel_centers", "grid", f"{F} 1", _centres),
    Word("coordinate_transformation_mode", "grid", O),
    Word("nearest_mode", "rounding", O, changes="rounds the coordinates otherwise"),
    Word("mode", "grid", f"{T}, {O}", _mode),
    Word("interpolation", "grid", K, _mode),
    Word("method", "grid", F, _mode),
    Word("antialias", "antialias", f"{T}, {F}, {O}", _flag, (False, 0), "smooths before it shrinks"),
    Word("scale_factor", "scale", T, idle=(None,), changes=SCALE),
    Word("scales", "scale", O, _scales, (None, []), SCALE),
    Word("recompute_scale_factor", "recomputed", T, _recomputed, (None, True), SCALE),
    Word("cubic_coeff_a", "coefficient", O, idle=(ANY,)),
    Word("exclude_outside", "exclude_outside", O, _flag, (0, False), "leaves out what lies beyond the edge"),
    Word("extrapolation_value", "", O, idle=(ANY,)),
    Word("keep_aspect_ratio_policy", "", O, idle=("stretch",), changes="takes one scale for all axes"),
    Word("preserve_aspect_ratio", "", F, idle=(False,), changes="takes one scale for all axes"),
    Word("eps", "epsilon", f"{T}, Flax"),
    Word("variance_epsilon", "epsilon", F),
    Word("epsilon", "epsilon", f"{K}, {O}"),
    Word("momentum", "momentum", f"{T}; {K}, {F} and {O} weigh the old value with it", _momentum),
    Word("decay", "momentum", f"{F} 1", lambda name, value, asked: 1 - value),
    Word("unbiased", "correction", f"{T}", _number),
    Word("ddof", "correction", "NumPy"),
    Word("training", "", f"{T}, {K}", _training, changes=NAMED + ": batch_norm_inference, batch_norm_training"),
    Word("training_mode", "", O, _training, changes=NAMED + ": batch_norm_inference, batch_norm_training"),
    Word("is_training", "", f"{F} 1", _training, changes=NAMED + ": batch_norm_inference, batch_norm_training"),
    Word("normalized_shape", "start", T, _last_axes),
    Word("axis", "start", f"{K}, {O}", _first_axis),
    Word("norm_type", "power", T),
    Word("p", "power", O),
    Word("start_dim", "start", T),
    Word("end_dim", "end", T),
    Word("num_groups", "groups", T),
    Word("dim", "axis", T),
    Word("axis", "axis", f"{F}, {K}, {O}", idle=(ANY,)),
    Word("axes", "axis", O),
    Word("negative_slope", "alpha", f"{T}, {K}"),
    Word("alpha", "alpha", f"{T}, {F}, {O}"),
    Word("alpha", "slope", O),
    Word("beta", "offset", O),
    Word("beta", "beta", T),
    Word("threshold", "threshold", T),
    Word("min_val", "low", T),
    Word("max_val", "high", T),
    Word("min", "low", f"{T}, {O}"),
    Word("max", "high", f"{T}, {O}"),
    Word("clip_value_min", "low", F),
    Word("clip_value_max", "high", F),
    Word("approximate", "approximate", f"{T}, {K}, {F}, {O}", _choice(**{"True": "tanh", "False": "none"})),
    Word(
        "reduction",
        "reduction",
        f"{T}, {K}, {O}",
        _reduction,
        idle=("none", None, "NONE"),
        changes="adds the losses up, or averages them",
    ),
    Word(
        "size_average",
        "reduction",
        f"{T}, old",
        _averaged,
        idle=(None,),
        changes="adds the losses up, or averages them",
    ),
    Word("reduce", "reduction", f"{T}, old", idle=(None, False), changes="adds the losses up, or averages them"),
    Word("weight", "weight", T, idle=(None,), changes=f"weighs each class: {WEIGHTS}"),
    Word("class_weight", "weight", K, idle=(None,), changes=f"weighs each class: {WEIGHTS}"),
    Word("sample_weight", "weight", K, idle=(None,), changes="weighs each row; multiply the losses, and judge them"),
    Word(
        "label_smoothing",
        "label_smoothing",
        f"{T}, {K}",
        idle=(0, 0.0),
        changes="moves a share of the label to all classes",
    ),
    Word("ignore_index", "ignore_index", f"{T}, {O}", idle=(-100, -1, None), changes="leaves rows out"),
    Word("ignore_class", "ignore_index", K, idle=(None,), changes="leaves rows out"),
    Word(
        "from_logits",
        "",
        K,
        lambda name, value, asked: LEFT if bool(value) == ("logits" in asked.operation.arrays) else value,
        changes=NAMED + ": cross_entropy, cross_entropy_of_probabilities",
    ),
    Word("rms_scaling", "", K, idle=(False,), changes="divides by the deviation and takes no mean off"),
    Word("use_input_stats", "", T, idle=(True,), changes="takes remembered statistics"),
    Word("transposed", "transposed", T, idle=(False,), changes=NAMED),
    Word("activation", "activation", K, idle=(None, "linear"), changes="puts a function behind it; judge each"),
    *(
        Word(name, "", f"{T}, {K}, {O}", idle=(ANY,))
        for name in (
            "in_channels",
            "out_channels",
            "filters",
            "in_features",
            "out_features",
            "units",
            "num_features",
            "num_parameters",
            "bias",
            "use_bias",
            "affine",
            "elementwise_affine",
            "num_channels",
            "center",
            "scale",
            "track_running_stats",
            "inplace",
            "name",
            "dtype",
            "device",
            "spatial",
            "stash_type",
            "num_classes",
        )
    ),
)
"""Those of one name in the order in which they are tried."""


INPUTS = {
    "input": ("x", "logits", "p"),
    "X": ("x",),
    "a": ("x",),
    "z": ("x", "logits"),
    "images": ("x",),
    "logits": ("x",),
    "log_probs": ("x",),
    "scores": ("logits", "x"),
    "weight": ("w", "gamma", "alpha", "weights"),
    "sample_weight": ("weights",),
    "class_weight": ("weights",),
    "weights": ("w",),
    "kernel": ("w",),
    "filter": ("w",),
    "filters": ("w",),
    "W": ("w",),
    "bias": ("b", "beta"),
    "B": ("b", "beta"),
    "scale": ("gamma",),
    "Scale": ("gamma",),
    "offset": ("beta",),
    "slope": ("alpha",),
    "running_mean": ("mean",),
    "moving_mean": ("mean",),
    "input_mean": ("mean",),
    "running_var": ("variance",),
    "moving_variance": ("variance",),
    "input_var": ("variance",),
    "var": ("variance",),
    "labels": ("targets",),
    "target": ("labels", "targets"),
    "y_true": ("labels", "targets"),
    "probabilities": ("p",),
    "y_pred": ("p", "logits"),
    "grad_output": ("upstream",),
    "dy": ("upstream",),
    "grad_input": ("dx", "dlogits", "dp"),
    "grad_weight": ("dw", "dgamma", "dalpha"),
    "grad_bias": ("db", "dbeta"),
    "running_variance": ("variance",),
}
"""What arrays and results are called → what they are here, of which the operation's own is taken."""


def own_name(name: str, known: Iterable[str]) -> str:
    """The name that an array or a result has here; as it is where it has none."""
    return name if name in known else next((ours for ours in INPUTS.get(name, ()) if ours in known), name)


def read(asked: Asked, taken: list[str]) -> dict[str, Any]:
    """The settings in our words; what each other word was taken for, and each of the framework's defaults, is added to ``taken``."""
    known, ours, named = asked.operation.parameters, {}, {}
    for name, given in ((name, _plain(given)) for name, given in asked.settings.items()):
        meant, value = _own(name, given, asked)
        if value is LEFT:
            taken.append(f"{name} = {given!r}: changes no number here, or the arrays say it")
            continue
        if meant in ours and ours[meant] != value:
            refuse(name, given, f"what agrees with {named[meant]}", f"give {meant} alone")
        ours[meant], named[meant] = value, name
        if given != value:
            taken.append(f"{name} = {given!r}: taken for {meant} = {said(value)}")
        elif name != meant:
            taken.append(f"{name}: taken for {meant}")
    if asked.framework:
        source = FRAMEWORKS[asked.framework]
        for name in known:
            if name not in ours and (value := source.default(asked.operation, name, ours)) is not None:
                ours[name] = value
                taken.append(f"{name} = {said(value)}: the default of {source.name}")
    if "momentum" in asked.settings and not asked.framework:
        taken.append(
            "momentum: taken for the weight of the new value, as PyTorch has it; Keras, TensorFlow and ONNX weigh the old value"
        )
    return ours


def _own(name: str, value: Any, asked: Asked) -> tuple[str, Any]:
    """(our parameter, its value); LEFT as a value for what changes nothing."""
    known = asked.operation.parameters
    words = [word for word in WORDS if word.name == name]
    word = next((word for word in words if word.means in known), words[0] if words else None)
    if word is None or word.means in known:
        if name not in known and word is None:
            own = ", ".join((*known, "layout", "accumulation", "dtypes", "framework"))
            refuse("parameter", name, f"one of {own} (of {asked.operation.name})", "say it with one of these")
        return (name, value) if word is None else (word.means, word.read(name, value, asked))
    if name in known:  # which others mean something else by
        return name, value
    if any(one is ANY or (type(one) is type(value) and one == value) for one in word.idle):
        return name, LEFT
    if word.read(name, value, asked) is LEFT:
        return name, LEFT
    effect = f": it {word.changes}" if word.changes else ""
    return refuse(
        name,
        value,
        f"a parameter of {asked.operation.name} as it is here, which has no such one{effect}",
        "unsupported here: without it another operation would be judged",
    )


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def said(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else value if value == WINDOW else repr(value)


WINDOW = "that of the window"


def framework(name: Any) -> str | None:
    """The key of a framework, by any of its names."""
    if name is None:
        return None
    for key, one in FRAMEWORKS.items():
        if isinstance(name, str) and name.lower() in (key, one.name.lower()):
            return key
    return refuse("framework", name, f"one of {', '.join(FRAMEWORKS)}", "leave it out if it is none of these")


def called(operation: Operation, parameter: str) -> list[str]:
    """What others call a parameter of an operation, and the values that they have by default."""
    names = [f"{word.name} ({word.whose})" for word in WORDS if word.means == parameter]
    defaults = [
        f"{said(value)} ({one.name})"
        for one in FRAMEWORKS.values()
        if (value := one.default(operation, parameter, {"window": WINDOW})) is not None
    ]
    return [*names, *([f"by default {', '.join(defaults)}"] if defaults else [])]
