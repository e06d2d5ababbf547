"""The lecture's “conv layers are ‘feature detectors’”."""

import functools
from typing import NamedTuple

import numpy as np

from .....reference.libraries import FRAMEWORKS
from ....language import Figure, claim, fact, population, same_bits, smallest
from ...shared.convolution_mutants import KERNEL_FLIPPED, LAST_TAP_DROPPED
from ...shared.exact import must_be_exact, unchanged
from ...shared.geometry import layer
from ...shared.photographs import scene
from ...shared.wrongs import arm_for_arm
from . import design, gates

SIZE = 3
"""Of a patch."""


@functools.cache
def patches():
    """Every SIZE × SIZE patch, by its place: [places, SIZE²]."""
    windows = np.lib.stride_tricks.sliding_window_view(scene(), (SIZE, SIZE))
    return windows.reshape(-1, SIZE * SIZE)


@functools.cache
def equal_norms(count):
    """The ``count`` sets of places with the most different patches whose patches have one norm: ‖p‖² is the same whole number."""
    norms = (patches() ** 2).sum(axis=1)
    sets = [np.flatnonzero(norms == n) for n in np.unique(norms)]
    return sorted(sets, key=lambda places: len(np.unique(patches()[places], axis=0)), reverse=True)[:count]


def all_patches(places):
    """The mistake of forgetting that the norms must be equal."""
    return np.arange(len(patches()))


def its_negative(p):
    return -p


def largest_at(y, among):
    """The places, among some, where a response map is largest."""
    flat = y.ravel()[among]
    return among[flat == flat.max()].tolist()


SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
"""Answers to a vertical edge, brighter on the right."""


def across(w):
    """The mistake of taking the kernel for horizontal edges."""
    return w.T


ARMS = {"true": "true labels", "shuffled": "shuffled labels", "start": "at the start"}
"""Arm of ``detectors.planted`` → its name in the picture."""


feature_detectors = claim(
    "conv_layer.feature_detectors",
    """
    Among patches of equal norm of a real image the response of a kernel is largest where the patch is the kernel, and
    only there (Cauchy–Schwarz). A Sobel kernel answers 4(b − a) along a vertical edge from a to b, and 0 elsewhere
    and to a horizontal one. A first layer that learns only whether a pattern is hidden somewhere in noise ends with a
    kernel that is the pattern, up to a factor, and answers most at its place: far better than chance, which is the
    same kernels before training, or trained on shuffled labels.

    Instead: Visually: {trained|labels that say nothing} conv layers are "feature detectors", {though not each of their
    kernels|not every kernel}.

    Scope: 3 × 3 patches of 48 × 120 pixels of a photograph, the eight largest sets of equal norms, each patch of them
    as the kernel; sharp edges of whole numbers; bit for bit. Learned: a 3 × 3 pattern in 8 × 8 pixels of noise, four
    kernels, the maximum over all places, 300 steps; over seeds, for in some the kernel is the pattern one pixel off,
    which finds it nearly as well; not every kernel of a layer

    Finding: a kernel comes as near to a pattern planted in noise as a cosine of {a kernel becomes the pattern}, and
    answers most at its place in {it answers most at the pattern's place} of the images

    Notes: The figures of the learned kernels are of the pattern that is the same for all seeds; with each seed's own
    the effect is the same.

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.10
    - Sobel & Feldman (1968), A 3 × 3 isotropic gradient operator
    """,
    kind="exact + statistical",
    expected="supported",
    premises=("convolution.libraries_correlate", "conv_layer.same_treatment"),
)


@feature_detectors.case(
    "patches of equal norm",
    wrongs={
        "norms not equal": {"among": all_patches},
        "the patch's negative as the kernel": {"kernel": its_negative},
        "the kernel flipped": KERNEL_FLIPPED,
    },
)
def largest_where_the_patch_is_the_kernel(case, *, kernel=unchanged, among=unchanged):
    x = scene().astype(case.dtype)[None, None]
    for places in equal_norms(8):
        w = kernel(patches()[places]).astype(case.dtype).reshape(-1, 1, SIZE, SIZE)
        must_be_exact(x, w)
        y = yield layer(x, w)
        same = [np.flatnonzero((patches() == p).all(axis=1)).tolist() for p in patches()[places]]
        norm = int((patches()[places[0]] ** 2).sum())
        yield fact(
            y.then(lambda a, places=places: [largest_at(one, among(places)) for one in a[0]]),
            same,
            label=f"where each of {len(places)} kernels answers most, ‖p‖² = {norm}",
            source="where the patch is the kernel",
        )


SOBEL_MISTAKEN = {"a Sobel kernel for horizontal edges": {"sobel": across}, "the last tap dropped": LAST_TAP_DROPPED}


@feature_detectors.case("edges", wrongs=SOBEL_MISTAKEN)
def edges(case, *, sobel=unchanged):
    """Images of two halves, 6 × 6: a and b on the left and right, or above and below."""
    w = sobel(SOBEL).astype(case.dtype).reshape(1, 1, 3, 3)
    for a, b in ((0, 1), (3, -2), (200, 55), (7, 7)):
        upright = np.repeat([[a] * 3 + [b] * 3], 6, axis=0).astype(case.dtype)[None, None]
        y, lying = yield [layer(upright, w), layer(np.ascontiguousarray(upright.swapaxes(2, 3)), w)]
        wanted = np.repeat([[0, 4 * (b - a), 4 * (b - a), 0]], 4, axis=0).astype(case.dtype)[None, None]
        yield same_bits(y, wanted, label=f"a vertical edge, {a} to {b}", source="4(b − a) where the window holds both")
        yield same_bits(
            lying, np.zeros_like(wanted), label=f"a horizontal edge, {a} to {b}", source="Σ of each row is 0"
        )


@feature_detectors.case("edges of a photograph", wrongs={"the kernel flipped": KERNEL_FLIPPED} | SOBEL_MISTAKEN)
def edges_of_a_photograph(case, *, sobel=unchanged):
    x = scene().astype(case.dtype)[None, None]
    w = sobel(SOBEL).astype(case.dtype).reshape(1, 1, 3, 3)
    right_to_left = patches()[:, 2::3] @ [1, 2, 1] - patches()[:, 0::3] @ [1, 2, 1]
    wanted = right_to_left.reshape(1, 1, *[n - 2 for n in scene().shape]).astype(case.dtype)
    must_be_exact(x, w)
    yield same_bits(
        (yield layer(x, w)),
        wanted,
        label="differences of columns, right − left",
        source="[1 2 1] · (right column − left column), in whole numbers",
    )


@feature_detectors.case(
    "a planted pattern",
    backends=FRAMEWORKS,
    dtypes=("float64",),
    wrongs={
        "arms exchanged": {"compare": population.exchanged},
        "an untrained layer in place of the trained one": arm_for_arm("planted", "start", replaced="true"),
        "shuffled labels in place of the true ones": arm_for_arm("planted", "shuffled", replaced="true"),
        "true labels leaked to the control": arm_for_arm("planted", "true", replaced="shuffled"),
    },
)
def planted(case, *, compare=population.as_measured, arms=population.as_they_ran):
    """Training in the library itself, from the same kernels and images as everywhere; gates on the population."""
    _, measured, _ = yield from population.study(
        case, design, ("planted",), compare=compare, arms=arms, followed="planted"
    )
    seeds, first = population.seeds(case, design.SEEDS["planted"], "first"), measured["first"]["planted"]
    kernels = [
        {"arm": name, "seed": seed, "kernel": first[f"kernel.{arm}"][..., i], "cosine": first[f"cosine.{arm}"][i]}
        for arm, name in ARMS.items()
        for i, seed in enumerate(seeds)
    ]
    note = "Of the four kernels of each seed that most like the pattern, turned so that the cosine is positive."
    yield Figure("planted_kernels", {"pattern": design.patterns_of(seeds)[0], "kernels": kernels, "note": note})


population.limit(
    feature_detectors,
    design,
    "not every kernel",
    """
    A trained layer is a detector, not each of its kernels: fewer than three in four kernels become the pattern, the
    others are of no use or see it from one pixel off.
    """,
    gates.SHARE.above(0.75, "every kernel is a detector"),
)
population.limit(
    feature_detectors,
    design,
    "labels that say nothing",
    """
    That a layer is convolutional and was trained makes no detector of it: trained on shuffled labels its kernels come
    hardly any nearer to the pattern than they were at the start.
    """,
    gates.NOTHING.above(0.2, "any training makes it a detector"),
)


class Patch(NamedTuple):
    """A patch of two pixels."""

    x1: int
    x2: int


DETECTOR = (1, 2)


@feature_detectors.limit("a bright patch wins")
def _(case):
    """Without equal norms the largest response is not where the patch is the kernel: to the kernel (1, 2) the
    brighter patch (2, 2) answers more than (1, 2) itself.
    """
    points = sorted((Patch(a, b) for a in range(6) for b in range(6)), key=lambda p: (p.x1**2 + p.x2**2, p))
    w = np.array(DETECTOR, case.dtype).reshape(1, 1, 1, 2)
    own = sum(a * a for a in DETECTOR)

    def response(y):
        return y.then(lambda a: float(a.item()))

    yield from smallest(
        points,
        lambda p: layer(np.array(p, case.dtype).reshape(1, 1, 1, 2), w),
        lambda y, p: fact(
            y.then(lambda a: bool(a.item() <= own)),
            True,
            label=f"at most the {own} of the kernel itself",
            source="‖w‖²",
        ),
        instead=lambda y, p: fact(
            response(y), float(p.x1 * DETECTOR[0] + p.x2 * DETECTOR[1]), label="response", source="w · x"
        ),
        order="by ‖x‖²",
    )
