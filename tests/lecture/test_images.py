"""Pictures that are written and read here, the photographs, and the libraries that decode them."""

import json
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from lectureclaims.reference import bounds, libraries
from lectureclaims.reference.samples import data, pictures


def picture(channels):
    return np.random.default_rng(channels).integers(0, 256, (3, 5, channels)).astype(np.uint8)


def coefficients(count, seed=0):
    rng = np.random.default_rng(seed)
    f = rng.integers(-40, 41, (count, 8, 8)) * (rng.random((count, 8, 8)) < 0.3)
    f[:, 7, 7] = (5, -1, 0)[:count]
    return f


# --- PNG -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_holds_the_pixels_as_they_are(channels):
    pixels, file, at, chunks = picture(channels), pictures.png(picture(channels)), 8, {}
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    while at < len(file):
        (length,), name = struct.unpack(">I", file[at : at + 4]), file[at + 4 : at + 8]
        content, (check,) = (
            file[at + 8 : at + 8 + length],
            struct.unpack(">I", file[at + 8 + length : at + 12 + length]),
        )
        assert check == zlib.crc32(name + content)
        chunks[name], at = content, at + 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert chunks[b"IHDR"] == struct.pack(">2I5B", 5, 3, 8, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(3, -1)
    assert not rows[:, 0].any() and np.array_equal(rows[:, 1:].reshape(pixels.shape), pixels)


# --- JPEG ----------------------------------------------------------------------------------------------------------------


def test_zigzag_is_the_order_of_the_standard():
    """T.81, figure A.6: the number of each coefficient, row by row."""
    first_rows = [[0, 1, 5, 6, 14, 15, 27, 28], [2, 4, 7, 13, 16, 26, 29, 42], [3, 8, 12, 17, 25, 30, 41, 43]]
    assert [[pictures.ZIGZAG.index((v, u)) for u in range(8)] for v in range(3)] == first_rows
    assert pictures.ZIGZAG[-1] == (7, 7) and len(set(pictures.ZIGZAG)) == 64


def test_the_inverse_transform_is_the_standards_sum():
    f, c = coefficients(1)[0], [0.5**0.5] + [1.0] * 7
    for y, x in ((0, 0), (3, 5), (7, 2)):
        terms = [
            c[u] * c[v] * f[v, u] * np.cos((2 * x + 1) * u * np.pi / 16) * np.cos((2 * y + 1) * v * np.pi / 16)
            for u in range(8)
            for v in range(8)
        ]
        bound = bounds.sums_of_products(np.abs(terms).sum() / 4 + 128, 64 + 20, "float64", flushed=None)
        assert bound.ratio(pictures.inverse_transform(f)[y, x], sum(terms) / 4 + 128) <= 1


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_is_read(count, seed):
    f = coefficients(count, seed)
    assert np.array_equal(pictures.jpeg_planes(pictures.jpeg(f), rows=8), pictures.inverse_transform(f))


@pytest.mark.parametrize("seed", range(3))
def test_another_decoder_reads_the_same_within_the_bound(seed):
    """The writer and the reader could share a mistake; Pillow's libjpeg has none of theirs."""
    gray, colour = coefficients(1, seed), coefficients(3, seed)
    pillow = libraries.load("pillow")
    exact = np.clip(pictures.inverse_transform(gray)[0], 0, 255)
    assert bounds.jpeg_samples(exact.shape).ratio(pillow.decode_image(pictures.jpeg(gray)), exact).max() <= 1
    exact = pictures.rgb(pictures.inverse_transform(colour))
    assert bounds.jpeg_colours(exact.shape).ratio(pillow.decode_image(pictures.jpeg(colour)), exact).max() <= 1


def test_one_step_of_one_coefficient_is_outside_the_bound_where_it_should_be():
    f = coefficients(1)
    other = f.copy()
    other[0, 0, 0] += 16
    exact = pictures.inverse_transform(f)[0]
    assert bounds.jpeg_samples(exact.shape).ratio(pictures.inverse_transform(other)[0], exact).min() > 1


def test_colours_are_those_of_the_formula():
    """T.871's way to Y, Cb, Cr, and back."""
    for wanted in ([250, 10, 10], [0, 255, 0], [10, 10, 250], [255, 255, 255], [0, 0, 0], [12, 200, 99]):
        r, g, b = wanted
        y = 0.299 * r + 0.587 * g + 0.114 * b
        planes = np.array([y, (b - y) / 1.772 + 128, (r - y) / 1.402 + 128]).reshape(3, 1, 1)
        assert np.rint(pictures.rgb(planes)).ravel().tolist() == wanted


def test_what_the_reader_does_not_know_is_refused():
    with pytest.raises(ValueError, match="subsampled"):
        pictures.jpeg_planes(data.photographs()["grace_hopper.jpg"], rows=8)
    progressive = pictures.jpeg(coefficients(1)).replace(b"\xff\xc0", b"\xff\xc2")
    with pytest.raises(ValueError, match="not baseline"):
        pictures.jpeg_planes(progressive, rows=8)


def test_the_bounds_of_a_jpeg():
    """3/2 for a sample; times 1 + Σ|factors|, and 1, for a colour: green least, blue most."""
    (sample,), (red, green, blue) = bounds.jpeg_samples((1,)).allowed, bounds.jpeg_colours((1, 1, 3)).allowed[0, 0]
    assert 1.5 < sample < 1.50001
    assert 4.603 < red < 4.60301 and 4.0874 < green < 4.08742 and 5.158 < blue < 5.15801
    assert "1180" in bounds.jpeg_colours((1, 1, 3)).derivation


# --- the photographs and the digits ----------------------------------------------------------------------------------------


def test_the_photographs_are_files_and_no_package_is_imported_for_them():
    program = (
        "import sys; from lectureclaims.reference.samples import data; found = data.photographs()\n"
        "print(sorted(found), all(f[:2] == b'\\xff\\xd8' for f in found.values()), 'sklearn' in sys.modules, 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "['china.jpg', 'flower.jpg', 'grace_hopper.jpg'] True False False"


def test_a_gray_photograph_is_its_luma():
    luma = data.gray_photograph("flower.jpg", rows=10)
    assert luma.shape == (10, 640) and luma.min() >= 0 and luma.max() <= 255 and not luma.flags.writeable


def test_the_stored_digits_are_those_that_are_standardised():
    stored, ((images, _), (held_out, _)) = data.stored_digits(), data.digits()
    assert stored.shape == (1797, 1, 8, 8) and stored.min() == 0 and stored.max() == 16
    order = np.random.default_rng(0).permutation(1797)
    again = (stored / 16)[order]
    assert np.array_equal((again - again.mean()) / again.std(), np.concatenate([images, held_out]))


# --- the decoders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", libraries.DECODERS)
def test_a_decoder_says_what_it_is_and_decodes(name):
    if not libraries.installed(name):
        pytest.skip(f"{name} is not installed")
    decoder = libraries.load(name)
    decoder.configure()
    facts = decoder.environment()
    assert json.loads(json.dumps(facts)) == facts
    assert set(facts) == {"versions", "build", "threads", "flushes subnormals", "default layout"}
    assert facts["versions"][name][0].isdigit()
    assert decoder.decode_image(pictures.png(picture(3))).shape == (3, 5, 3)
    assert decoder.decode_image(pictures.jpeg(coefficients(3))).dtype == np.uint8


@pytest.mark.parametrize("name", libraries.DECODERS)
def test_what_is_no_picture_is_refused(name):
    if not libraries.installed(name):
        pytest.skip(f"{name} is not installed")
    with pytest.raises(Exception, match="."):
        libraries.load(name).decode_image(b"no picture")
