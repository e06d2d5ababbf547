"""Stacks of the lecture's linear components: one matrix, until something nonlinear stands between."""

import functools
from typing import Any, NamedTuple

import numpy as np

from ....reference import bounds
from ....reference.judging import composition
from ....reference.networks.notation import Layer, make_layer, settings_of
from ...language import Wrong, ask, claim, same_bits, smallest
from ..shared.geometry import PLAIN_2D
from ..shared.wrongs import another
from . import mutants
from .layers import HALVED, PADDED, network, through
from .superposition import superposition

ATROUS = {"stride": (1, 1), "padding": ((2, 2), (2, 2)), "dilation": (2, 2), "groups": 1}
BESIDE = {"window": (2, 2), "stride": (1, 1), "padding": ((0, 1), (0, 1)), "count_padding": True}
"""Each pixel's mean with its neighbours to the right and below: as many outputs as inputs."""
FLAT: tuple[str, dict[str, Any], tuple[int, ...]] = ("flatten", {}, ())

STACKS: dict[str, dict[str, Any]] = {
    "convolutions": {
        "x": (2, 3, 4),
        "layers": [
            ("cross_correlation2d", PADDED, (2, 2, 3, 3)),
            ("cross_correlation2d", ATROUS, (2, 2, 3, 3)),
            ("cross_correlation2d", PADDED, (2, 2, 3, 3)),
        ],
    },
    "convolution, pooling, fully connected": {
        "x": (2, 3, 4),
        "layers": [
            ("cross_correlation2d", PADDED, (2, 2, 3, 3)),
            ("average_pooling2d", BESIDE, ()),
            FLAT,
            ("fully_connected", {}, (24, 24)),
        ],
    },
    "convolution, upsampling, pooling, fully connected": {
        "x": (1, 4, 4),
        "layers": [
            ("cross_correlation2d", PADDED, (2, 1, 3, 3)),
            ("nearest_resampling2d", {"size": (8, 8), "grid": "half_pixel"}, ()),
            ("average_pooling2d", HALVED | {"window": (4, 4), "count_padding": True}, ()),
            FLAT,
            ("fully_connected", {}, (5, 18)),
        ],
    },
    "bilinear up and down again, convolution": {
        "x": (2, 3, 4),
        "layers": [
            ("bilinear_resampling2d", {"size": (6, 8), "grid": "half_pixel"}, ()),
            ("cross_correlation2d", PADDED, (2, 2, 3, 3)),
            ("bilinear_resampling2d", {"size": (3, 4), "grid": "half_pixel"}, ()),
        ],
    },
}
SQUARE = ("convolutions", "convolution, pooling, fully connected")
"""Every layer has as many outputs as inputs, so that the matrices can be multiplied in the other order too."""


def stack(case, *, whole):
    """The layers with weights of their own: small whole numbers, or others; without bias."""
    steps: list[Layer] = []
    for i, (name, settings, w) in enumerate(case.layers):
        weights = (case.integers(f"w {i}", w, -2, 2) if whole else case.reals(f"w {i}", w)) if w else None
        steps.append(
            make_layer(name, **settings) if weights is None else make_layer(name, w=weights, b=None, **settings)
        )
    return steps


def basis(shape, dtype):
    """All images [n, …] that are 1 at one place and 0 elsewhere."""
    n = int(np.prod(shape))
    return np.eye(n, dtype=dtype).reshape(n, *shape)


def in_order(matrices):
    """M_L ⋯ M₂ M₁: the first layer acts first, and so stands last."""
    return functools.reduce(lambda product, m: m @ product, matrices)


def reversed_order(matrices):
    return functools.reduce(np.matmul, matrices)


def rows_for_columns(basis_results):
    """The mistake of writing what becomes of each basis image into a row."""
    return basis_results.reshape(len(basis_results), -1)


def columns(basis_results):
    """A matrix [outputs, inputs], its columns what becomes of each basis image."""
    return basis_results.reshape(len(basis_results), -1).T


linear_stack = claim(
    "network.linear_stack",
    """
    A stack of linear components is one linear map: its matrix is the product of the layers' matrices, the first
    layer's standing last, each built column by column from what the layer makes of the basis images; to the last bit
    where nothing rounds, else to within rounding.

    Scope: without bias and with nothing nonlinear between; stacks of two to four of: convolution, bilinear and
    nearest resampling, average pooling, fully connected

    Sources:
    - Goodfellow, Bengio, Courville (2016), §6.1: a feedforward network of linear layers is a linear function
    - Dumoulin & Visin (2016), A guide to convolution arithmetic, §4.1: convolution as a matrix
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("network.linear_components",),
)


def in_convolution(mutant):
    return another("cross_correlation2d", functools.partial(mutant, operation="cross_correlation2d"))


@linear_stack.each(
    STACKS,
    wrongs={
        "the order of composition reversed": Wrong(says={"product": reversed_order}, cases=SQUARE),
        "rows for columns": Wrong(says={"matrix": rows_for_columns}, cases=SQUARE),
        "bias left on": in_convolution(mutants.bias_left_on),
        "a ReLU hidden in the convolution": in_convolution(mutants.rectified),
    },
)
def is_one_matrix(case, *, product=in_order, matrix=columns):
    yield from to_the_last_bit(case, product, matrix)
    steps, first = stack(case, whole=False), basis(case.x, case.dtype)
    images = case.integers("images of many bits", (3, *case.x), low=-999, high=999)
    of_basis = yield from through(steps, first)
    of_images = yield from through(steps, images)
    of_sum, of_part = (composition.compose(steps, x, case.dtype)[1] for x in (images, first))
    yield superposition(
        of_images,
        of_basis,
        images.reshape(len(images), -1),
        label="the stack of any image is Σ x_j · (the stack of basis image j)",
        allowed=(of_sum, of_part),
    )


def to_the_last_bit(case, product, matrix):
    """With small whole numbers, of which no sum rounds."""
    steps, images = stack(case, whole=True), case.integers("images", (3, *case.x), -2, 2)
    shape, layers = case.x, []
    for step in steps:
        if step["kind"] == "flatten":
            shape = (int(np.prod(shape)),)
            continue
        y = yield ask(step["kind"], x=basis(shape, case.dtype), **settings_of(step))
        layers.append(y.value.astype(np.float64))
        shape = y.value.shape[1:]
    must_be_whole(layers, case.dtype)
    M = product([matrix(results) for results in layers])
    for label, x in (("the basis images", basis(case.x, case.dtype)), ("other images", images)):
        y = yield from through(steps, x)
        wanted = (x.reshape(len(x), -1).astype(np.float64) @ M.T).reshape(len(x), *shape).astype(case.dtype)
        yield same_bits(
            y,
            wanted,
            label=f"the stack of {label} is M_L ⋯ M₂ M₁ x, nothing rounds",
            source="product of the layers' matrices",
        )


def must_be_whole(layers, dtype):
    """Stops the experiment, as its own mistake, if some partial sum could round: sums of absolute values, in 256ths (four halvings twice)."""
    sizes: Any = 2.0  # the largest of the images' numbers, at every place
    for results in layers:
        sizes = np.abs(columns(results)).sum(axis=1).max() * sizes
        if not bounds.exactly_representable(np.array(256 * sizes), dtype):
            raise ValueError(f"sums of up to {sizes} may round; use smaller weights")


class Pixel(NamedTuple):
    """An image of W pixels, the first z and the others 0, through two layers of weight 1."""

    W: int
    z: int
    between: str


@linear_stack.limit("one ReLU between")
def _(case):
    """With one ReLU between two linear layers the stack is no matrix any more: an image of one pixel of −1 becomes 0,
    where the matrix has −1.
    """
    pixels = [Pixel(W, z, between) for W in range(1, 4) for z in (1, 2, -1, -2) for between in ("nothing", "ReLU")]
    linear = make_layer("cross_correlation2d", w=np.ones((1, 1, 1, 1), case.dtype), b=None, **PLAIN_2D)

    def build(p):
        steps = [linear, make_layer("relu"), linear] if p.between == "ReLU" else [linear, linear]
        image = p.z * basis((1, 1, p.W), case.dtype)[:1]
        return [ask(network, x=x, steps=steps) for x in (image, basis((1, 1, p.W), case.dtype))]

    def literal(answer, p):
        y, of_basis = answer
        return same_bits(
            y, p.z * of_basis.value[:1], label="the stack is its matrix", source="column by column from basis images"
        )

    def instead(answer, p):
        return same_bits(answer[0], np.zeros((1, 1, 1, p.W), case.dtype), label="the ReLU gives 0", source="max(0, −1)")

    yield from smallest(
        pixels, build, literal, instead=instead, order="by W, then by |z|, positive first, then without the ReLU"
    )
