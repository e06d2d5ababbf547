"""The lecture's section “Conv2d operation in PyTorch”, and why convolution: parameters, equivariance."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

import numpy as np

from ...reference import bounds, oracle
from ..engine import Case, Figure, Wrong, ask, claim, fact, fails, same_bits, within
from . import mutants
from .convolution import must_be_exact
from .networks import PUBLISHED, Layer, batch_norm, convolution, fully_connected

NO_PADDING = ((0, 0), (0, 0))
LITERAL = "the literal sum in Python integers"


# --- “how many parameters are in this convolution?” ---------------------------------------------------------------------


def learned(layer: Layer) -> int:
    """k_x k_y (Cin ÷ groups) Cout, and Cout more with a bias; I·O + O; 2C; C."""
    match layer["kind"]:
        case "convolution":
            ky, kx = layer["kernel"]
            cout = layer["channels_out"]
            return ky * kx * (layer["channels_in"] // layer["groups"]) * cout + (cout if layer["bias"] else 0)
        case "fully_connected":
            return layer["features_in"] * layer["features_out"] + layer["features_out"]
        case "batch_norm":
            return 2 * layer["channels"]
        case _:
            return layer["channels"]


def not_learned(layer: Layer) -> int:
    """The running mean and variance of a batch norm."""
    return 2 * layer["channels"] if layer["kind"] == "batch_norm" else 0


def bias_forgotten(layer: Layer) -> int:
    return learned({**layer, "bias": False}) if layer["kind"] == "convolution" else learned(layer)


def cin_forgotten(layer: Layer) -> int:
    return learned({**layer, "channels_in": layer["groups"]}) if layer["kind"] == "convolution" else learned(layer)


def running_statistics_counted(layer: Layer) -> int:
    return learned(layer) + not_learned(layer)


def published(name: str) -> tuple[list[Layer], int]:
    build, count, _ = PUBLISHED[name]
    return build(), count


SINGLE = {
    "the lecture's convolution, 3 × 5, without bias": {**convolution(3, 8, 3, bias=False), "kernel": (3, 5)},
    "with bias": {**convolution(3, 8, 3), "kernel": (3, 5)},
    "two groups": convolution(4, 6, 3, groups=2),
    "one channel": convolution(1, 1, 3),
    "fully connected": fully_connected(70, 50),
    "batch norm": batch_norm(7),
    "PReLU, one slope a channel": {"kind": "prelu", "channels": 5},
}


@claim(
    "conv_layer.parameter_count",
    statement="A convolution has k_x k_y Cin Cout learned parameters (Cin ÷ groups where there are groups), and Cout more with a "
    "bias, and each framework's own layer says so. A fully connected layer has I·O + O, a batch norm 2C learned and 2C not, a "
    "PReLU C; LeNet-5, AlexNet, VGG-16 and ResNet-50, built layer by layer, have the published numbers.",
    scope="counts that the frameworks' own layer objects report; each published network in the variant named",
    kind="exact",
    expected="verified",
    dtypes=(None,),
    about=("torch", "tensorflow"),
    cases={name: {"layers": lambda layer=layer: ([layer], None)} for name, layer in SINGLE.items()}
    | {name: {"layers": functools.partial(published, name)} for name in PUBLISHED},
    wrongs={
        "bias forgotten": {"count": bias_forgotten},
        "Cin forgotten": {"count": cin_forgotten},
        "running statistics counted as learned": {"count": running_statistics_counted},
    },
    sources=(
        "LeCun et al. (1998)",
        "Krizhevsky et al. (2012, 2014)",
        "Simonyan & Zisserman (2015)",
        "He et al. (2016)",
    ),
)
def parameter_count(case: Case, *, count: Callable[[Layer], int] = learned):
    layers, total = case.layers()
    reports = yield [ask("layer_parameters", layer=layer) for layer in layers]
    if len(layers) == 1:
        yield fact(reports[0].then(lambda r: r["learned"]), count(layers[0]), label="learned", source="the formula")
        yield fact(
            reports[0].then(lambda r: r["not_learned"]),
            not_learned(layers[0]),
            label="not learned",
            source="the formula",
        )
        return
    refused = next((r for r in reports if r.kind != "value"), None)
    whole = refused if refused is not None else reports[0].then(lambda _: sum(r.value["learned"] for r in reports))
    yield fact(
        whole, sum(count(layer) for layer in layers), label="learned, summed over the layers", source="the formula"
    )
    if total is not None and count is learned:
        yield fact(whole, total, label="learned, against the published number", source=PUBLISHED[case.name][2])


@parameter_count.limit(
    "ResNet-50 in Keras",
    says="“ResNet-50” does not have one number of parameters: Keras' own model has 25,583,592 learned ones where torchvision's has "
    "25,557,032, for its convolutions have biases.",
    backends=("tensorflow",),
)
def _(case: Case):
    own = yield ask("own_network_parameters", network="ResNet50")
    count = own.then(lambda r: r["learned"])
    yield fails(fact(count, PUBLISHED["ResNet-50"][1], label="Keras' own ResNet50", source=PUBLISHED["ResNet-50"][2]))
    other = PUBLISHED["ResNet-50, convolutions with bias"]
    yield fact(count, other[1], label="Keras' own ResNet50, convolutions with bias", source=other[2])


# --- “Equivariance to translation” --------------------------------------------------------------------------------------


def shift(x: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    """Rows down, columns to the right; what leaves on one side comes back on the other."""
    return np.ascontiguousarray(np.roll(x, by, axis=(2, 3)))


def invariant(y: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    """The mistake of calling it invariance: the output stays where it was."""
    return y


def columns_first(y: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    """The mistake of shifting by the input's (W, H)."""
    return shift(y, (by[1], by[0]))


def wrapped(x: np.ndarray, k: tuple[int, int]) -> np.ndarray:
    """Circular padding by k − 1 at the far end: afterwards a convolution without padding is a circular one."""
    return np.pad(x, ((0, 0), (0, 0), (0, k[0] - 1), (0, k[1] - 1)), mode="wrap")


def layer(x: np.ndarray, w: np.ndarray, *, stride=(1, 1), padding=NO_PADDING):
    return ask("cross_correlation2d", x=x, w=w, b=None, stride=stride, padding=padding, dilation=(1, 1), groups=1)


def exact_layer(x: np.ndarray, w: np.ndarray, *, stride=(1, 1), padding=NO_PADDING) -> np.ndarray:
    """The literal sum in Python integers, in the dtype of x; raises ValueError where a sum would not be exact in it."""
    settings = {"stride": stride, "padding": padding, "dilation": (1, 1), "groups": 1}
    must_be_exact(x, w)
    return oracle.cross_correlation2d(x, w, None, **settings).astype(x.dtype)


X_SHAPE, W_SHAPE = (2, 2, 8, 6), (3, 2, 3, 3)
EVERY = tuple(itertools.product(range(X_SHAPE[2]), range(X_SHAPE[3])))
"""On a circle there are as many shifts as pixels."""
NEAR = tuple(itertools.product(range(-2, 3), range(-2, 3)))
BY = (2, 1)
"""The shift that the limit and the figure show."""


def inputs(case: Case) -> tuple[np.ndarray, np.ndarray]:
    draw = case.reals if case.settings.get("design") == "reals" else case.integers
    return draw("x", X_SHAPE), draw("w", W_SHAPE)


def inside(by: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """Which outputs have windows that no edge cut, neither here nor where the shift brought them from: [height, width]."""
    rows, columns = (np.arange(n) for n in shape)
    (down, right), (height, width) = by, shape
    return np.outer((rows >= down) & (rows < height + down), (columns >= right) & (columns < width + right))


@claim(
    "conv_layer.equivariance",
    statement="f(shift x) = shift f(x) for a convolution layer f and every shift of whole pixels: everywhere with circular padding, "
    "and without padding wherever no window of either side crosses the edge.",
    scope="stride 1; circular padding and every shift, or the interior and shifts of up to two pixels each way; whole pixels",
    kind="exact + rounding",
    expected="verified",
    cases={
        f"{edge}, {design}": {"edge": edge, "design": design}
        for edge in ("circular", "interior") for design in ("integers", "reals")
    },
    wrongs={
        "a position-dependent kernel": Wrong(operations={"cross_correlation2d": mutants.position_dependent_kernel}),
        "calling it invariance": {"moved": invariant},
        "shifting by the input's axis order": {"moved": columns_first},
    },
    premises=("convolution.libraries_correlate", "tensors.layouts"),
    sources=("Goodfellow, Bengio, Courville (2016), Deep Learning, §9.2",),
)  # fmt: skip
def equivariance(case: Case, *, moved=shift):
    x, w = inputs(case)
    circular = case.edge == "circular"
    pad = functools.partial(wrapped, k=W_SHAPE[2:]) if circular else np.asarray
    shifts = EVERY if circular else NEAR
    # All shifts are asked at once, one after another along the batch axis.
    shifted = np.concatenate([pad(shift(x, by)) for by in shifts])
    y = yield layer(pad(x), w)
    z = yield layer(shifted, w)
    uncut = [
        np.ones((1, 1, *y.value.shape[2:]), bool) if circular else inside(by, y.value.shape[2:])[None, None]
        for by in shifts
    ]
    mask = np.concatenate([np.broadcast_to(m, y.value.shape) for m in uncut])
    wanted = np.concatenate([moved(y.value, by) for by in shifts])[mask]
    label = f"f(shift x) = shift f(x), {len(shifts)} shifts" + ("" if circular else ", interior")
    settings = {"stride": (1, 1), "padding": NO_PADDING, "dilation": (1, 1), "groups": 1}
    part = functools.partial(chosen, mask=mask)
    if case.design == "integers":
        yield same_bits(z.then(part), wanted, label=label, source="shift f(x), of the same library")
        yield same_bits(y, exact_layer(pad(x), w), label="f(x) itself", source=LITERAL)
    else:
        S, n = oracle.sizes(oracle.cross_correlation2d, shifted, w, None, **settings)
        here = bounds.sums_of_products(part(S), part(np.broadcast_to(n, mask.shape)), case.dtype, flushed=None)
        # The two are results for the same sums of products, so they differ by no more than both may err.
        allowed = bounds.two_libraries(here, here)
        yield within(
            z.then(part), wanted.astype(np.float64), allowed, label=label, source="shift f(x), of the same library"
        )


def chosen(y: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The outputs that are compared; of another shape nothing is left out, so that the comparison says so."""
    return y[mask] if y.shape == mask.shape else y


@equivariance.limit(
    "zero padding breaks it near the border",
    says="With zero padding the equality fails next to the border, only there, and as far in as the kernel reaches over the edge: one "
    "pixel and the shift for a 3 × 3 kernel. Further in it holds to the bit.",
)
def _(case: Case):
    x, w = inputs(case)
    same = ((1, 1), (1, 1))
    y, z = yield [layer(x, w, padding=same), layer(shift(x, BY), w, padding=same)]
    circular = yield layer(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="wrap"), w)
    wanted = shift(y.value, BY)
    own = "shift f(x), of the same library"
    most = f"; {np.abs(z.value - wanted).max():g} at most" if z.value.shape == wanted.shape else ""
    yield fails(same_bits(z, wanted, label=f"f(shift x) = shift f(x) with zero padding{most}", source=own))
    # An output of f(shift x) is touched if its own window, or the one it came from, reaches over an edge: the first rows up
    # to the shift and one more, and the last row; likewise the columns. The innermost of each is touched indeed.
    (down, right), (rows, columns) = BY, X_SHAPE[2:]
    inner = {"row": (down, rows - 1), "column": (right, columns - 1)}
    within_border = (..., slice(down + 1, rows - 1), slice(right + 1, columns - 1))
    for name, at in inner.items():
        for place in at:
            line = (..., place, within_border[2]) if name == "row" else (..., within_border[1], place)
            got = z.then(functools.partial(_line, at=line))
            most = f"{np.abs(got.value - wanted[line]).max():g} at most"
            yield fails(
                same_bits(
                    got, wanted[line], label=f"{name} {place}, the innermost touched there, as well; {most}", source=own
                )
            )
    yield same_bits(
        z.then(functools.partial(_line, at=within_border)),
        wanted[within_border],
        label="away from the border",
        source=own,
    )
    border = {"rows": [*range(down + 1), rows - 1], "columns": [*range(right + 1), columns - 1]}
    yield fact(z.then(functools.partial(_touched, wanted=wanted, away=within_border)), border,
               label="rows and columns that differ, each without the corners", source="how far the kernel and the shift reach")  # fmt: skip
    yield same_bits(z, exact_layer(shift(x, BY), w, padding=same), label="f(shift x) itself", source=LITERAL)
    wrapped_z = yield layer(np.pad(shift(x, BY), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="wrap"), w)
    strided = yield [
        layer(wrapped(x, (3, 3)), w, stride=(2, 2)),
        layer(wrapped(shift(x, (1, 0)), (3, 3)), w, stride=(2, 2)),
    ]
    yield Figure("equivariance", {
        "shift": list(BY),
        "maps": [
            {"title": "circular padding", "difference": _size(wrapped_z.value - shift(circular.value, BY))},
            {"title": "zero padding", "difference": _size(z.value - wanted),
             "interior": [down + 1, right + 1, rows - 1, columns - 1]},
            {"title": "stride 2, shifted by one row", "difference": _size(strided[1].value - shift(strided[0].value, (1, 0)))},
        ],
    })  # fmt: skip


def _line(a: np.ndarray, at: tuple) -> np.ndarray:
    return np.ascontiguousarray(a[at])


def _touched(a: np.ndarray, wanted: np.ndarray, away: tuple) -> dict[str, list[int]]:
    """Which rows differ in the columns away from the border, and which columns in the rows away from it."""
    differ = (a != wanted).any(axis=(0, 1))
    found = {"rows": differ[:, away[2]].any(1), "columns": differ[away[1]].any(0)}
    return {name: np.flatnonzero(found[name]).tolist() for name in found}


def _size(difference: np.ndarray) -> np.ndarray:
    """The largest absolute difference over images and channels, pixel by pixel."""
    return np.abs(difference).max(axis=(0, 1))


@equivariance.limit(
    "stride 2",
    says="With stride 2 the output of a shift by one pixel is no shift of the output; a shift by two pixels shifts the output by one, "
    "in the circular case if 2 divides the height (8 rows, yes; 7 rows, no).",
)
def _(case: Case):
    w = case.integers("w", W_SHAPE)
    even, odd = case.integers("even", (1, 2, 8, 8)), case.integers("odd", (1, 2, 7, 7))

    def strided(x: np.ndarray):
        return layer(wrapped(x, (3, 3)), w, stride=(2, 2))

    y, one, two = yield [strided(even), strided(shift(even, (1, 0))), strided(shift(even, (2, 0)))]
    for rows in range(4):
        label = f"shifted by one pixel = output shifted by {rows}"
        yield fails(same_bits(one, shift(y.value, (rows, 0)), label=label, source="shift f(x), of the same library"))
    yield same_bits(
        two, shift(y.value, (1, 0)), label="shifted by two pixels = output shifted by one", source="shift f(x)"
    )
    exact = exact_layer(wrapped(shift(even, (1, 0)), (3, 3)), w, stride=(2, 2))
    yield same_bits(one, exact, label="f(shift x) itself, shifted by one pixel", source=LITERAL)
    y, two = yield [strided(odd), strided(shift(odd, (2, 0)))]
    exact = exact_layer(wrapped(shift(odd, (2, 0)), (3, 3)), w, stride=(2, 2))
    yield same_bits(two, exact, label="7 rows: f(shift x) itself", source=LITERAL)
    yield fails(
        same_bits(
            two, shift(y.value, (1, 0)), label="7 rows: shifted by two = output shifted by one", source="shift f(x)"
        )
    )


@equivariance.limit(
    "max pooling with stride 2",
    says="Max pooling likewise: 2 × 2 windows with stride 2 commute with a shift by two pixels, not with a shift by one.",
)
def _(case: Case):
    x = case.integers("x", (1, 2, 8, 8))

    def pool(x: np.ndarray):
        return ask("max_pooling2d", x=x, window=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)))

    y, one, two = yield [pool(x), pool(shift(x, (0, 1))), pool(shift(x, (0, 2)))]
    yield fails(
        same_bits(
            one, shift(y.value, (0, 1)), label="shifted by one pixel = output shifted by one", source="shift f(x)"
        )
    )
    yield fails(same_bits(one, y.value, label="shifted by one pixel = output left alone", source="f(x)"))
    yield same_bits(
        two, shift(y.value, (0, 1)), label="shifted by two pixels = output shifted by one", source="shift f(x)"
    )


@equivariance.limit(
    "rotation",
    says="A convolution is not equivariant to rotation: the smallest witness is a 1 × 2 kernel without symmetry on a 2 × 2 image, "
    "turned by 180°. A kernel that the turn leaves alone is.",
)
def _(case: Case):
    x = np.arange(1, 5, dtype=case.dtype).reshape(1, 1, 2, 2)

    def turn(a: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(a[:, :, ::-1, ::-1])

    for w, symmetric in (([1, 2], False), ([1, 1], True)):
        kernel = np.array(w, case.dtype).reshape(1, 1, 1, 2)
        y, z = yield [layer(x, kernel), layer(turn(x), kernel)]
        found = same_bits(
            z, turn(y.value), label=f"f(turn x) = turn f(x), kernel {w}", source="turn f(x), of the same library"
        )
        yield found if symmetric else fails(found)


@equivariance.limit(
    "scaling the image",
    says="A convolution is not equivariant to scaling: enlarging an image twofold (each pixel repeated) and then convolving is not "
    "convolving and then enlarging; a 1 × 2 kernel on a circle of three pixels shows it.",
)
def _(case: Case):
    x = np.array([1, 2, 4], case.dtype).reshape(1, 1, 1, 3)
    kernel = np.ones((1, 1, 1, 2), case.dtype)

    def enlarge(a: np.ndarray) -> np.ndarray:
        return np.repeat(a, 2, axis=3)

    # Three pixels on a circle: then both sides have six outputs, and all six are compared.
    y, z = yield [layer(wrapped(x, (1, 2)), kernel), layer(wrapped(enlarge(x), (1, 2)), kernel)]
    yield fails(
        same_bits(z, enlarge(y.value), label="f(enlarge x) = enlarge f(x)", source="enlarge f(x), of the same library")
    )
    for label, got, at in (("f(x)", y, x), ("f(enlarge x)", z, enlarge(x))):
        yield same_bits(got, exact_layer(wrapped(at, (1, 2)), kernel), label=f"{label} itself", source=LITERAL)


@equivariance.limit(
    "a fully connected layer",
    says="A fully connected layer is not equivariant: between the same input and output, its weights are not shared between places.",
)
def _(case: Case):
    x, w = case.integers("x", (1, 1, 1, 4)), case.integers("w", (4, 4))
    moved = shift(x, (0, 1))
    y, z = yield [ask("fully_connected", x=a.reshape(1, 4), w=w, b=None) for a in (x, moved)]
    wanted = np.roll(y.value, 1, axis=1)
    yield fails(
        same_bits(z, wanted, label="f(shift x) = shift f(x), fully connected", source="shift f(x), of the same library")
    )
    must_be_exact(x.reshape(1, 4), w)
    for label, got, at in (("f(x)", y, x), ("f(shift x)", z, moved)):
        exact = oracle.fully_connected(at.reshape(1, 4), w, None).astype(case.dtype)
        yield same_bits(got, exact, label=f"{label} itself", source=LITERAL)
