"""A pattern planted in noise, and the kernels of a layer that is trained to tell whether it is there: the measurements, without a verdict.

    image = noise N(0, 1), 8 x 8, + STRENGTH * pattern, 3 x 3, zero mean, unit norm, at a random place of half of the images
    network = convolution 3 x 3 to 4 channels, ReLU, maximum over all places, linear, logistic

Nothing says where the pattern is or what it is like: only whether it is there. Images are drawn step by step, from each seed alone.
A kernel w answers most to a patch like itself (Cauchy-Schwarz), so how good a detector it is is |cos(w, pattern)|.
"""

import numpy as np

from .....reference.networks.notation import convolution, fully_connected, make_layer
from ....language import training

LOSS = "logistic_cross_entropy"
IMAGE, SIZE, KERNELS, STRENGTH = 8, 3, 4, 6.0
PLACES = IMAGE - SIZE + 1
NETWORK = (
    convolution("kernels", "thresholds", padding=0),
    make_layer("relu"),
    make_layer("max_pooling", window=PLACES),
    make_layer("flatten"),
    fully_connected("w", "b"),
)
STEPS, BATCH, RATE, HELD_OUT = 300, 32, 0.6, 256
DETECTS = 0.9
"""From which |cos| on a kernel counts as the pattern."""
SEEDS = {"planted": 20, "reference": 5}
"""How many seeds each experiment is designed for."""
_PATTERN, _IMAGES, _SHUFFLES, _NEW_IMAGES = 11, 12, 13, 14  # what a seed's random numbers are for: one stream each


def planted(lib, *, seeds, dtype):
    """300 steps of 32 images at rate 0.6. Arms: "true" labels; "shuffled" labels, each batch's own in another order; "start", the
    same kernels before the first step. In these the pattern is one for all seeds; in "own" and "own_start" it is each seed's own.

    For each arm "kernel.<arm>" [3, 3, S], of the four the one most like the pattern, of unit norm and of the sign that makes the
    cosine positive; and, a number for each seed, [S]:
    "cosine.<arm>": its |cos|; "near.<arm>": the largest |cos| of any kernel with the pattern as a window sees it that is at most
    one pixel off; "share.<arm>": the fraction of the kernels with |cos| above DETECTS;
    "located.<arm>": in how many of the new images with the pattern that kernel answers most at the pattern's very place;
    "accuracy.<arm>": how many new images the network decides rightly. Trajectories: "loss.<arm>" [steps, S].
    """
    measured, start = {}, start_of(seeds=seeds, dtype=dtype)
    for own, first, arms in ((False, "start", ("true", "shuffled")), (True, "own_start", ("own",))):
        patterns = patterns_of(seeds, own=own)
        measured |= _looked_at(lib, first, start, patterns, seeds=seeds, dtype=dtype)
        for arm in arms:
            shown = examples(patterns, seeds=seeds, dtype=dtype, shuffled=arm == "shuffled")
            last, losses = training.train(lib, NETWORK, start, shown, rate=RATE, loss=LOSS)
            measured |= {f"loss.{arm}": losses} | _looked_at(lib, arm, last, patterns, seeds=seeds, dtype=dtype)
    return measured


def reference(lib, *, seeds, dtype):
    """The trajectories of `planted` with true and with shuffled labels by the reference, "loss.<arm>" [steps, S], and how far from them
    another library may be at each step, "allowed.<arm>" [steps, S]."""
    measured, start, patterns = {}, start_of(seeds=seeds, dtype=dtype), patterns_of(seeds)
    for arm in ("true", "shuffled"):
        shown = examples(patterns, seeds=seeds, dtype=dtype, shuffled=arm == "shuffled")
        losses, allowed = training.reference_losses(lib, NETWORK, start, shown, rate=RATE, loss=LOSS)
        measured |= {f"loss.{arm}": losses, f"allowed.{arm}": allowed}
    return measured


def start_of(*, seeds, dtype):
    """Kernels [S, 4, 1, 3, 3] by He's rule, and the last layer's weights."""
    shapes = {"kernels": (KERNELS, 1, SIZE, SIZE), "w": (1, KERNELS)}
    return training.initial_parameters(NETWORK, shapes, seeds=seeds, rule="he", dtype=dtype)


def patterns_of(seeds, *, own=False):
    """[S, 3, 3] of zero mean and unit norm: one pattern for all, drawn once for the design, or each seed's own."""
    streams = [np.random.default_rng([seed, _PATTERN] if own else _PATTERN) for seed in seeds]
    drawn = np.stack([stream.standard_normal((SIZE, SIZE)) for stream in streams])
    return _unit(drawn - drawn.mean((1, 2), keepdims=True))


def examples(patterns, *, seeds, dtype, shuffled=False):
    """The training images of each step with their labels, 1 where the pattern is there: x [S, N, 1, 8, 8], targets [S, N]."""
    streams, shuffles = ([np.random.default_rng([seed, use]) for seed in seeds] for use in (_IMAGES, _SHUFFLES))
    for _ in range(STEPS):
        x, there, _ = images(streams, patterns, BATCH, dtype)
        yield x, np.stack([s.permutation(row) for s, row in zip(shuffles, there, strict=True)]) if shuffled else there


def images(streams, patterns, count, dtype):
    """x [S, N, 1, 8, 8]; whether the pattern is there, 0 or 1, [S, N]; row and column of its first pixel if it is, [S, N, 2]."""
    x = np.stack([stream.standard_normal((count, 1, IMAGE, IMAGE)) for stream in streams])
    there = np.stack([stream.integers(0, 2, count) for stream in streams])
    places = np.stack([stream.integers(0, PLACES, (count, 2)) for stream in streams])
    seed, image = np.indices(there.shape)
    for a, b in np.ndindex(SIZE, SIZE):
        added = STRENGTH * there * patterns[:, None, a, b]
        x[seed, image, 0, places[..., 0] + a, places[..., 1] + b] += added
    return x.astype(dtype), there, places


def one_pixel_off(patterns):
    """[9, S, 3, 3]: the pattern as a 3 x 3 window sees it without noise, at its place or one pixel beside it; each of unit norm."""
    wide = np.pad(patterns, ((0, 0), (1, 1), (1, 1)))
    return np.stack([_unit(wide[:, a : a + SIZE, b : b + SIZE]) for a, b in np.ndindex(3, 3)])


def _looked_at(lib, arm, parameters, patterns, *, seeds, dtype):
    x, there, places = images([np.random.default_rng([seed, _NEW_IMAGES]) for seed in seeds], patterns, HELD_OUT, dtype)
    kernels = _unit(parameters["kernels"][:, :, 0])
    cosines = np.einsum("skab,sab->sk", kernels, patterns)
    near = np.einsum("skab,nsab->skn", kernels, one_pixel_off(patterns))
    own, best = np.arange(len(seeds)), abs(cosines).argmax(1)
    sign = np.sign(cosines[own, best])
    extra = training.evaluate(lib, NETWORK, parameters, x, there, loss=LOSS, record=(0,))[2]
    answers = (sign[:, None, None, None] * extra["recorded"][0][own, :, best]).reshape(*there.shape, -1)
    found = answers.argmax(2) == places[..., 0] * PLACES + places[..., 1]
    return {
        f"kernel.{arm}": (sign[:, None, None] * kernels[own, best]).transpose(1, 2, 0),
        f"cosine.{arm}": abs(cosines).max(1),
        f"near.{arm}": abs(near).max((1, 2)),
        f"share.{arm}": (abs(cosines) > DETECTS).mean(1),
        f"located.{arm}": (found * there).sum(1) / there.sum(1),
        f"accuracy.{arm}": ((extra["logits"][..., 0] > 0) == there).mean(1),
    }


def _unit(windows):
    """[..., 3, 3], each divided by its norm."""
    return windows / np.sqrt((windows**2).sum((-2, -1), keepdims=True))
