"""The lecture's section “Channels and batching for images”: images as they are decoded.

An image is a 3-dim tensor: W – width, H – height, C – channels. Grayscale – C = 1. RGB – C = 3.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from ....reference import bounds
from ....reference.samples import data, pictures
from ...language import Case, Outcome, Wrong, ask, claim, fact, fails, same_bits, same_shape, smallest, within

READERS = ("numpy", "scipy", "torch", "tensorflow", "matplotlib", "opencv", "pillow")
"""The libraries of which some read pictures; NumPy, SciPy and PyTorch have no decoder of their own."""
KNOWN = "the pixels that were written into the file"


# --- “An image is a 3-dim tensor: W – width, H – height, C – channels. Grayscale – C = 1. RGB – C = 3.” ------------------


class Habit(NamedTuple):
    """How a decoder hands an image over: whether it keeps the axis of one channel, its order of colours, what it makes of gray
    with alpha, and the size that it gives to a PNG's 255."""

    keeps_gray_axis: bool = True
    blue_first: bool = False
    gray_with_alpha: int = 2
    white: int = 255


HABITS = {
    "matplotlib": Habit(keeps_gray_axis=False, gray_with_alpha=4, white=1),
    "opencv": Habit(keeps_gray_axis=False, blue_first=True, gray_with_alpha=4),
    "pillow": Habit(keeps_gray_axis=False),
    "tensorflow": Habit(),
}


def habit_of(backend: str) -> Habit:
    return HABITS.get(backend, Habit())


def height_first(image: np.ndarray) -> np.ndarray:
    """[H, W, C]: the order of the axes in every decoder."""
    return image


def width_first(image: np.ndarray) -> np.ndarray:
    """The mistake of taking the lecture's order, W, H, C, for the decoders'."""
    return image.swapaxes(0, 1)


def colours(image: np.ndarray, habit: Habit) -> np.ndarray:
    """R, G, B, or B, G, R; whatever comes after them stays where it is."""
    return image[..., [2, 1, 0, *range(3, image.shape[2])]] if habit.blue_first and image.shape[2] > 2 else image


def read_as_rgb(image: np.ndarray, habit: Habit) -> np.ndarray:
    """The mistake of reading a decoder's B, G, R as R, G, B, and its R, G, B as B, G, R."""
    return colours(image, habit._replace(blue_first=not habit.blue_first))


def scaled(image: np.ndarray, white: int) -> np.ndarray:
    """Integers 0 … 255 as they are, or each divided by 255, rounded once to float32."""
    return image.astype(np.float32) / np.float32(255) if white == 1 else image


def divided_by_256(image: np.ndarray, white: int) -> np.ndarray:
    return image.astype(np.float32) / np.float32(256) if white == 1 else image


def last_bit_otherwise(image: np.ndarray, white: int) -> np.ndarray:
    return scaled(image ^ 1, white)


def three_axes(y: np.ndarray) -> np.ndarray:
    """The axis of the one channel put back where a decoder drops it."""
    return y[..., None] if y.ndim == 2 else y


def drawn(case: Case, shape: tuple[int, int, int]) -> np.ndarray:
    """Random pixels, [H, W, C]: known, for the case draws them itself."""
    return case.rng("pixels").integers(0, 256, shape).astype(np.uint8)


FLAT = ((76, 85, 255), (150, 44, 21), (29, 255, 107), (128, 128, 128), (90, 200, 60))
"""Y, Cb, Cr of JPEGs of one colour. A block of one value has one coefficient, F(0, 0) = 8 (value − 128), and the inverse
transform of it is exact."""
ROWS = 32
"""Rows of a photograph that are decoded exactly: the oracle is written in Python."""


@functools.cache
def exact_photograph(name: str) -> np.ndarray:
    return pictures.rgb(pictures.jpeg_planes(data.photographs()[name], rows=ROWS))


def flat_jpeg(colour: tuple[int, ...]) -> bytes:
    coefficients = np.zeros((len(colour), 8, 8), int)
    coefficients[:, 0, 0] = 8 * (np.array(colour) - 128)
    return pictures.jpeg(coefficients)


SIZES = {"china.jpg": (427, 640), "flower.jpg": (427, 640), "grace_hopper.jpg": (600, 512)}
"""Height and width of each photograph, as the packages' own documentation and the files' headers have them."""


image = claim(
    "tensors.image",
    """
    A decoded image has the axes height, width and channels, C = 1 for gray and C = 3 for RGB. The pixels of a PNG are
    the very numbers in the file, once what a decoder leaves out or does otherwise (the axis of the one channel, the
    order of the colours, numbers from 0 to 1) is put right as predicted for it. Those of a JPEG lie within what the
    accuracy of an inverse transform (IEEE Std 1180-1990) allows about the exact ones.

    Scope: PNG with 8 bits a sample; sequential JPEG, its values for blocks of one colour and for the first 32 rows of
    two photographs without subsampled chroma, of a third the shape only; each library's own decoder, OpenCV's told to
    leave the file's channels as they are, TensorFlow's to transform accurately

    Notes: By how much decoders of JPEG differ is in the labels: the farthest value from the exact one.

    Sources:
    - ISO/IEC 15948 (PNG)
    - ITU-T T.81 (JPEG), A.3.3
    - ITU-T T.871 (JFIF), 7
    - IEEE Std 1180-1990
    """,
    kind="convention",
    expected="verified",
    dtypes=(None,),
    about=("tensorflow",),
    about_shapes=True,
)


@image.each(
    {
        "PNG, gray": {"backends": READERS, "png": (3, 5, 1)},
        "PNG, RGB": {"backends": READERS, "png": (5, 3, 3)},
        "PNG, RGB, square": {"backends": READERS, "png": (4, 4, 3)},
        "JPEG of one colour, gray": {"backends": READERS, "flat": [colour[:1] for colour in FLAT]},
        "JPEG of one colour, RGB": {"backends": READERS, "flat": FLAT},
    }
    | {name: {"backends": READERS, "photograph": name} for name in SIZES},
    wrongs={
        "H and W exchanged on a non-square image": Wrong(says={"axes": width_first}, cases=("PNG, gray", "PNG, RGB")),
        "H and W exchanged on a square image": Wrong(says={"axes": width_first}, cases=("PNG, RGB, square",)),
        "H and W exchanged on a photograph": Wrong(says={"axes": width_first}, cases=("china.jpg",)),
        "BGR read as RGB": Wrong(says={"order": read_as_rgb}, cases=("PNG, RGB, square",)),
        "BGR read as RGB in a photograph": Wrong(says={"order": read_as_rgb}, cases=("china.jpg",)),
        "divided by 256": Wrong(says={"scale": divided_by_256}, backends=("matplotlib",), cases=("PNG, gray",)),
        "the last bit of each pixel otherwise": Wrong(says={"scale": last_bit_otherwise}, cases=("PNG, gray",)),
    },
)
def image_cases(case: Case, *, axes=height_first, order=colours, scale=scaled):
    habit = habit_of(case.backend)
    if "png" in case.settings:
        pixels = drawn(case, case.png)
        y = yield ask("decode_image", data=pictures.png(pixels))
        wanted = scale(axes(order(pixels, habit)), habit.white)
        yield fact(
            y.then(np.ndim),
            3 if habit.keeps_gray_axis or case.png[2] > 1 else 2,
            label="axes",
            source="three, or two where the decoder drops the axis of one channel",
        )
        yield same_shape(y.then(three_axes), axes(pixels).shape, label="H × W × C", source=KNOWN)
        yield same_bits(y.then(three_axes), wanted, label="every pixel", source=KNOWN)
    elif "flat" in case.settings:
        for colour in case.flat:
            y = yield ask("decode_image", data=flat_jpeg(colour))
            planes = np.broadcast_to(np.array(colour).reshape(-1, 1, 1), (len(colour), 8, 8))
            exact = pictures.rgb(planes) if len(colour) == 3 else planes.transpose(1, 2, 0)
            wanted = axes(order(np.rint(exact).astype(np.uint8), habit))
            yield same_bits(
                y.then(three_axes), wanted, label=f"YCbCr = {colour}", source="T.871's formula, rounded once"
            )
    else:
        yield from photograph(case, habit, axes, order)


def photograph(case: Case, habit: Habit, axes, order):
    """The whole shape, and where the chroma is not subsampled the first rows against the exact inverse transform."""
    y = yield ask("decode_image", data=data.photographs()[case.photograph])
    whole = np.empty((*SIZES[case.photograph], 3), np.uint8)
    yield same_shape(y, axes(whole).shape, label="H × W × 3", source="the photograph's own size")
    yield fact(
        y.then(lambda a: str(a.dtype)), "uint8", label="dtype", source="8 bits a sample; matplotlib scales PNG only"
    )
    if case.photograph == "grace_hopper.jpg":
        return
    if case.backend == "tensorflow":  # its own choice of transform is another: the limit
        y = yield ask("decode_jpeg", data=data.photographs()[case.photograph], transform="INTEGER_ACCURATE")
    exact = axes(order(exact_photograph(case.photograph), habit))
    yield close(y.then(lambda a: a[: len(exact), : exact.shape[1]]), exact, bounds.jpeg_colours(exact.shape))


def close(y: Outcome, exact: np.ndarray, bound: bounds.Bound):
    fits = y.kind == "value" and y.value.shape == exact.shape
    farthest = f"; the farthest is {np.abs(y.value - exact).max():.4g} of 255 away" if fits else ""
    return within(
        y.then(lambda a: a.astype(np.float64)),
        exact,
        bound,
        label=f"pixels of the JPEG{farthest}",
        source="the inverse transform of the coefficients in the file, in real numbers",
    )


class Size(NamedTuple):
    """An image of H × W pixels of C channels."""

    H: int
    W: int
    C: int


def of_size(case: Case, size: Size):
    return ask("decode_image", data=pictures.png(drawn(case, size)))


@image.limit("the decoders' order of the axes is H, W, C")
def _(case: Case):
    """The lecture names the width first; every decoder puts the height first. The smallest image that tells is of 1 ×
    2 pixels.
    """
    sizes = sorted((Size(h, w, 3) for h in range(1, 5) for w in range(1, 5)), key=lambda s: s.H * s.W)
    yield from smallest(
        sizes,
        functools.partial(of_size, case),
        lambda y, s: same_shape(y, (s.W, s.H, s.C), label="shape W, H, C", source="the lecture’s order"),
        instead=lambda y, s: same_shape(y, (s.H, s.W, s.C), label="shape H, W, C", source=KNOWN),
        order="by H·W, C = 3",
    )


@image.limit("gray without an axis of channels", backends=("matplotlib", "opencv", "pillow"))
def _(case: Case):
    """Pillow, OpenCV and matplotlib give a gray image two axes: C = 1 is not there, already at one pixel."""
    sizes = sorted((Size(h, w, c) for h in (1, 2, 3) for w in (1, 2, 3) for c in (1, 3)), key=lambda s: s.H * s.W * s.C)
    yield from smallest(
        sizes,
        functools.partial(of_size, case),
        lambda y, s: same_shape(y, s, label="shape H, W, C", source="“an image is a 3-dim tensor”"),
        instead=lambda y, s: same_shape(
            y, s[:2], label="shape H, W", source="the decoder drops the axis of one channel"
        ),
        order="by H·W·C",
    )


class Pixel(NamedTuple):
    """The one pixel of an image."""

    R: int
    G: int
    B: int


def of_pixel(pixel: Pixel):
    return ask("decode_image", data=pictures.png(np.array(pixel, np.uint8).reshape(1, 1, 3)))


def one_pixel(*values: int) -> np.ndarray:
    return np.array(values, np.uint8).reshape(1, 1, -1)


@image.limit("OpenCV gives B, G, R", backends=("opencv",))
def _(case: Case):
    """OpenCV’s channels are blue, green, red: a single pixel tells it, unless red and blue are the same."""
    pixels = sorted((Pixel(r, g, b) for r in (0, 1) for g in (0, 1) for b in (0, 1)), key=sum)
    yield from smallest(
        pixels,
        of_pixel,
        lambda y, p: same_bits(y, one_pixel(*p), label="R, G, B", source=KNOWN),
        instead=lambda y, p: same_bits(y, one_pixel(p.B, p.G, p.R), label="B, G, R", source=KNOWN),
        order="by R + G + B",
    )


class Grey(NamedTuple):
    """The one value of a gray image of one pixel."""

    value: int


@image.limit("numbers from 0 to 1", backends=("matplotlib",))
def _(case: Case):
    """matplotlib divides the integers of a PNG by 255 (and leaves those of a JPEG alone): any pixel but 0 is another
    number.
    """

    def value(y: Outcome) -> Outcome:
        return y.then(lambda a: float(a.item()))

    yield from smallest(
        [Grey(v) for v in range(256)],
        lambda g: ask("decode_image", data=pictures.png(one_pixel(g.value))),
        lambda y, g: fact(value(y), float(g.value), label="the number in the file", source=KNOWN),
        instead=lambda y, g: fact(
            value(y), float(np.float32(g.value) / np.float32(255)), label="that ÷ 255 in float32", source=KNOWN
        ),
        order="by the value",
    )


class Kind(NamedTuple):
    """A PNG's kind: gray (C = 1) or RGB (C = 3), with an alpha channel (1) or without (0)."""

    C: int
    alpha: int


@image.limit("alpha is a channel too")
def _(case: Case):
    """Neither C = 1 nor C = 3: RGB with alpha has four channels, gray with alpha two in Pillow and TensorFlow;
    matplotlib and OpenCV make four of it.
    """
    habit = habit_of(case.backend)

    def channels(y: Outcome) -> Outcome:
        return y.then(lambda a: int(three_axes(a).shape[2]))

    def instead(y: Outcome, k: Kind):
        count = habit.gray_with_alpha if k.C == 1 else 4
        return fact(channels(y), count, label="C with alpha", source="predicted for the decoder")

    kinds = [Kind(1, 0), Kind(3, 0), Kind(1, 1), Kind(3, 1)]
    yield from smallest(
        kinds,
        lambda k: of_size(case, Size(2, 3, k.C + k.alpha)),
        lambda y, k: fact(channels(y), k.C, label="C", source="“Grayscale – C = 1. RGB – C = 3.”"),
        instead=instead,
        order="without alpha first, then by C",
    )
    y = yield of_size(case, Size(2, 3, 4))
    pixels = scaled(colours(drawn(case, (2, 3, 4)), habit), habit.white)
    yield same_bits(y, pixels, label="RGB with alpha: four channels, alpha last", source=KNOWN)


class Wave(NamedTuple):
    """A block of one cosine: its coefficient F(v, u), u periods along the width, v along the height, in halves."""

    u: int
    v: int
    F: int


def of_wave(wave: Wave) -> np.ndarray:
    coefficients = np.zeros((1, 8, 8), int)
    coefficients[0, wave.v, wave.u] = wave.F
    return coefficients


@image.limit("TensorFlow’s own choice of inverse transform", backends=("tensorflow",))
def _(case: Case):
    """TensorFlow decodes a JPEG by a fast and coarse inverse transform unless it is told otherwise: a block of one
    cosine, u = 6, v = 7, F = 8, is further from the exact one than IEEE Std 1180-1990 allows, and so is a photograph.
    Told to transform accurately it keeps the bound.
    """
    waves = [Wave(u, v, F) for F in (1, 2, 4, 8) for u in range(8) for v in range(8) if (u, v) != (0, 0)]
    waves.sort(key=lambda w: (w.F, w.u + w.v))

    def judge(y: Outcome, w: Wave):
        exact = pictures.inverse_transform(of_wave(w))[0, :, :, None]
        return close(y, exact, bounds.jpeg_samples(exact.shape))

    def build(w: Wave):
        file = pictures.jpeg(of_wave(w))
        return [ask("decode_image", data=file), ask("decode_jpeg", data=file, transform="INTEGER_ACCURATE")]

    yield from smallest(
        waves, build, lambda ys, w: judge(ys[0], w), instead=lambda ys, w: judge(ys[1], w), order="by F, then by u + v"
    )
    y = yield ask("decode_image", data=data.photographs()["china.jpg"])
    exact = exact_photograph("china.jpg")
    yield fails(close(y.then(lambda a: a[: len(exact)]), exact, bounds.jpeg_colours(exact.shape)))
