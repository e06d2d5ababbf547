"""The lecture's section “Channels and batching for images”: images as they are decoded.

An image is a 3-dim tensor: W – width, H – height, C – channels. Grayscale – C = 1. RGB – C = 3.
"""

import functools
from typing import NamedTuple

import numpy as np

from ....reference import bounds, libraries
from ....reference.samples import data, pictures
from ...language import Wrong, ask, claim, fact, fails, same_bits, same_shape, smallest, within
from ..shared.photographs import exact_photograph
from .decoders import colours, convention_of, scaled, three_axes

READERS = libraries.every()
"""Of them NumPy, SciPy and PyTorch have no decoder of their own."""
KNOWN = "the pixels that were written into the file"


def height_first(image):
    """[H, W, C]: the order of the axes in every decoder."""
    return image


def width_first(image):
    """The mistake of taking the lecture's order, W, H, C, for the decoders'."""
    return image.swapaxes(0, 1)


def read_as_rgb(image, convention):
    """The mistake of reading a decoder's B, G, R as R, G, B, and its R, G, B as B, G, R."""
    return colours(image, convention._replace(blue_first=not convention.blue_first))


def divided_by_256(image, white):
    return image.astype(np.float32) / np.float32(256) if white == 1 else image


def last_bit_otherwise(image, white):
    return scaled(image ^ 1, white)


def drawn(case, shape):
    """Random pixels, [H, W, C]: known, for the case draws them itself."""
    return case.rng("pixels").integers(0, 256, shape).astype(np.uint8)


FLAT = ((76, 85, 255), (150, 44, 21), (29, 255, 107), (128, 128, 128), (90, 200, 60))
"""Y, Cb, Cr of JPEGs of one colour. A block of one value has one coefficient, F(0, 0) = 8 (value − 128), and the inverse
transform of it is exact."""


def flat_jpeg(colour):
    coefficients = np.zeros((len(colour), 8, 8), int)
    coefficients[:, 0, 0] = 8 * (np.array(colour) - 128)
    return pictures.jpeg(coefficients)


image = claim(
    "tensors.image",
    """
    A decoded image has the axes height, width and channels, C = 1 for gray and C = 3 for RGB. The pixels of a PNG are
    the very numbers in the file, once what a decoder leaves out or does otherwise (the axis of the one channel, the
    order of the colours, numbers from 0 to 1) is put right as predicted for it. Those of a JPEG lie within what the
    accuracy of an inverse transform (IEEE Std 1180-1990) allows about the exact ones.

    Instead: An image is a 3-dim array, a "tensor", {H × W × C|the decoders' order of the axes is H, W, C}: H – height,
    W – width, C – channels. Grayscale – C = 1 ({some decoders leave that axis out|gray without an axis of channels}).
    RGB – C = 3 ({in OpenCV B, G, R|OpenCV gives B, G, R}; {with alpha four|alpha is a channel too}).

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


@image.case(
    "PNG, RGB, square",
    backends=READERS,
    size=(4, 4, 3),
    wrongs={"H and W exchanged on a square image": {"axes": width_first}, "BGR read as RGB": {"order": read_as_rgb}},
)
@image.case(
    "PNG, RGB",
    backends=READERS,
    size=(5, 3, 3),
    wrongs={"H and W exchanged on a non-square image": {"axes": width_first}},
)
@image.case(
    "PNG, gray",
    backends=READERS,
    size=(3, 5, 1),
    wrongs={
        "H and W exchanged on a non-square image": {"axes": width_first},
        "divided by 256": Wrong(says={"scale": divided_by_256}, backends=("matplotlib",)),
        "the last bit of each pixel otherwise": {"scale": last_bit_otherwise},
    },
)
def png(case, *, axes=height_first, order=colours, scale=scaled):
    convention, pixels = convention_of(case.backend), drawn(case, case.size)
    y = yield ask("decode_image", data=pictures.png(pixels))
    count = 3 if convention.keeps_gray_axis or case.size[2] > 1 else 2
    source = "three, or two where the decoder drops the axis of one channel"
    yield fact(y.then(np.ndim), count, label="axes", source=source)
    yield same_shape(y.then(three_axes), axes(pixels).shape, label="H × W × C", source=KNOWN)
    wanted = scale(axes(order(pixels, convention)), convention.white)
    yield same_bits(y.then(three_axes), wanted, label="every pixel", source=KNOWN)


@image.each(
    {
        "JPEG of one colour, gray": {"colours": [colour[:1] for colour in FLAT]},
        "JPEG of one colour, RGB": {"colours": FLAT},
    },
    backends=READERS,
)
def jpeg_of_one_colour(case):
    for colour in case.colours:
        y = yield ask("decode_image", data=flat_jpeg(colour))
        planes = np.broadcast_to(np.array(colour).reshape(-1, 1, 1), (len(colour), 8, 8))
        exact = pictures.rgb(planes) if len(colour) == 3 else planes.transpose(1, 2, 0)
        wanted = colours(np.rint(exact).astype(np.uint8), convention_of(case.backend))
        source = "T.871's formula, rounded once"
        yield same_bits(y.then(three_axes), wanted, label=f"YCbCr = {colour}", source=source)


@image.case("flower.jpg", backends=READERS, photograph="flower.jpg", size=(427, 640))
@image.case(
    "china.jpg",
    backends=READERS,
    photograph="china.jpg",
    size=(427, 640),
    wrongs={
        "H and W exchanged on a photograph": {"axes": width_first},
        "BGR read as RGB in a photograph": {"order": read_as_rgb},
    },
)
def photograph(case, *, axes=height_first, order=colours):
    """The whole shape, and the first rows against the exact inverse transform."""
    y = yield from whole_photograph(case, axes)
    if case.backend == "tensorflow":  # its own choice of transform is another: the limit
        y = yield ask("decode_jpeg", data=data.photographs()[case.photograph], transform="INTEGER_ACCURATE")
    exact = axes(order(exact_photograph(case.photograph), convention_of(case.backend)))
    yield close(y.then(lambda a: a[: len(exact), : exact.shape[1]]), exact, bounds.jpeg_colours(exact.shape))


@image.case("grace_hopper.jpg", backends=READERS, photograph="grace_hopper.jpg", size=(600, 512))
def subsampled_photograph(case):
    """The shape alone: its chroma has fewer pixels, and decoders differ in how they fill them in."""
    yield from whole_photograph(case, height_first)


def whole_photograph(case, axes):
    """Returns the decoded photograph."""
    y = yield ask("decode_image", data=data.photographs()[case.photograph])
    shape = axes(np.empty((*case.size, 3), np.uint8)).shape
    yield same_shape(y, shape, label="H × W × 3", source="the photograph's own size")
    source = "8 bits a sample; matplotlib scales PNG only"
    yield fact(y.then(lambda a: str(a.dtype)), "uint8", label="dtype", source=source)
    return y


def close(y, exact, bound):
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


def of_size(case, size):
    return ask("decode_image", data=pictures.png(drawn(case, size)))


@image.limit("the decoders' order of the axes is H, W, C", as_worded=True)
def _(case):
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
def _(case):
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


class Grey(NamedTuple):
    """The one value of a gray image of one pixel."""

    value: int


def one_pixel(*values):
    return np.array(values, np.uint8).reshape(1, 1, -1)


def of_pixel(pixel):
    return ask("decode_image", data=pictures.png(one_pixel(*pixel)))


@image.limit("OpenCV gives B, G, R", backends=("opencv",))
def _(case):
    """OpenCV’s channels are blue, green, red: a single pixel tells it, unless red and blue are the same."""
    pixels = sorted((Pixel(r, g, b) for r in (0, 1) for g in (0, 1) for b in (0, 1)), key=sum)
    yield from smallest(
        pixels,
        of_pixel,
        lambda y, p: same_bits(y, one_pixel(*p), label="R, G, B", source=KNOWN),
        instead=lambda y, p: same_bits(y, one_pixel(p.B, p.G, p.R), label="B, G, R", source=KNOWN),
        order="by R + G + B",
    )


@image.limit("numbers from 0 to 1", backends=("matplotlib",))
def _(case):
    """matplotlib divides the integers of a PNG by 255 (and leaves those of a JPEG alone): any pixel but 0 is another
    number.
    """

    def value(y):
        return y.then(lambda a: float(a.item()))

    yield from smallest(
        [Grey(v) for v in range(256)],
        of_pixel,
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
def _(case):
    """Neither C = 1 nor C = 3: RGB with alpha has four channels, gray with alpha two in Pillow and TensorFlow;
    matplotlib and OpenCV make four of it.
    """
    convention = convention_of(case.backend)

    def channels(y):
        return y.then(lambda a: int(three_axes(a).shape[2]))

    def instead(y, k):
        count = convention.gray_with_alpha if k.C == 1 else 4
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
    pixels = scaled(colours(drawn(case, (2, 3, 4)), convention), convention.white)
    yield same_bits(y, pixels, label="RGB with alpha: four channels, alpha last", source=KNOWN)


class Wave(NamedTuple):
    """A block of one cosine: its coefficient F(v, u), u periods along the width, v along the height, in halves."""

    u: int
    v: int
    F: int


def of_wave(wave):
    coefficients = np.zeros((1, 8, 8), int)
    coefficients[0, wave.v, wave.u] = wave.F
    return coefficients


@image.limit("TensorFlow’s own choice of inverse transform", backends=("tensorflow",))
def _(case):
    """TensorFlow decodes a JPEG by a fast and coarse inverse transform unless it is told otherwise: a block of one
    cosine, u = 6, v = 7, F = 8, is further from the exact one than IEEE Std 1180-1990 allows, and so is a photograph.
    Told to transform accurately it keeps the bound.
    """
    waves = [Wave(u, v, F) for F in (1, 2, 4, 8) for u in range(8) for v in range(8) if (u, v) != (0, 0)]
    waves.sort(key=lambda w: (w.F, w.u + w.v))

    def judge(y, w):
        exact = pictures.inverse_transform(of_wave(w))[0, :, :, None]
        return close(y, exact, bounds.jpeg_samples(exact.shape))

    def build(w):
        file = pictures.jpeg(of_wave(w))
        return [ask("decode_image", data=file), ask("decode_jpeg", data=file, transform="INTEGER_ACCURATE")]

    yield from smallest(
        waves, build, lambda ys, w: judge(ys[0], w), instead=lambda ys, w: judge(ys[1], w), order="by F, then by u + v"
    )
    y = yield ask("decode_image", data=data.photographs()["china.jpg"])
    exact = exact_photograph("china.jpg")
    yield fails(close(y.then(lambda a: a[: len(exact)]), exact, bounds.jpeg_colours(exact.shape)))
