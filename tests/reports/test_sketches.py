"""Still pictures drawn from the reference: each line lies on its function, each count is the reference's."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import sample_evidence as sample
from lectureclaims.reference.operators.convolutions.cross_correlation import output_size
from lectureclaims.reports.page import html
from lectureclaims.reports.pictures.sketches import DRAWINGS, lines, pictures
from markupsafe import escape

CURVES = {
    "relu": [lambda z: np.maximum(z, 0), lambda z: z > 0],
    "leaky relu": [
        lambda z: np.where(z > 0, z, 0.1 * z),
        lambda z: np.where(z > 0, 1, 0.1),
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z: np.where(z > 0, 1, 0.01),
    ],
    "learned slope": [lambda z, a=a: np.where(z > 0, z, a * z) for a in (0.25, 0, 1, -1)],
    "absolute value": [np.abs, np.sign],
    "sigmoids": [
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: 1 / (2 + np.exp(z) + np.exp(-z)),
        np.tanh,
        lambda z: 1 / np.cosh(z) ** 2,
    ],
}
"""What is drawn of each, in its order."""
SVG = "{http://www.w3.org/2000/svg}"


def drawn(name: str) -> ET.Element:
    return ET.fromstring(DRAWINGS[name]().svg.replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1))


def pieces(name: str) -> list[list[list[float]]]:
    """The paths of the curves, in units of the functions; a picture begins with its two axes."""
    _, axis, *paths = [path.attrib["d"] for path in drawn(name).iter(f"{SVG}path")]
    assert axis.startswith("M190")
    low, high = {"learned slope": (-2, 4), "sigmoids": (-1, 1)}.get(name, (-1, 4))
    up = (lines.BOTTOM - lines.TOP) / (high - low)
    return [
        [
            [(float(x) - lines.LEFT) / lines.UNIT - lines.MOST, (lines.BOTTOM - float(y)) / up + low]
            for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", path)
        ]
        for path in paths
    ]


@pytest.mark.parametrize("name", CURVES)
def test_a_line_lies_on_its_function_from_end_to_end(name: str) -> None:
    left = [*CURVES[name]]
    reached: list[float] = []
    pixel = 0.2 / 25.3  # coordinates have a tenth; a unit has 25.3 of them where it has fewest
    for piece in pieces(name):
        zs, ys = np.array(piece).T
        z = np.linspace(zs[0], zs[-1], 203)[1:-1]
        exact = left[0](z)
        assert np.abs(np.interp(z, zs, ys) - exact).max() < 3 * pixel, (name, len(left))
        reached += [zs[0], zs[-1]]
        if zs[-1] == lines.MOST:
            assert min(reached) == -lines.MOST or name == "learned slope", "a piece is missing"
            left.pop(0)
            reached.clear()
    assert not left


@pytest.mark.parametrize("name, size, padding", [("valid", 6, 0), ("same", 5, 1)])
def test_windows_have_the_sizes_of_the_reference(name: str, size: int, padding: int) -> None:
    sides = [float(box.attrib["width"]) for box in drawn(name).iter(f"{SVG}rect")]
    out = output_size(size, 3, stride=1, padding=(padding, padding), dilation=1)
    small = min(sides)
    assert sides.count(small) == (size + 2 * padding) ** 2 + out**2 + 2 and sides.count(3 * small) == 4
    assert f"feature map, {out} × {out}" in DRAWINGS[name]().svg


def said(name: str) -> list[str]:
    return [text.text or "" for text in drawn(name).iter(f"{SVG}text")]


def test_the_matrix_the_layouts_and_the_probabilities_are_those_of_the_reference() -> None:
    assert [letter for letter in said("sparse matrix") if len(letter) == 1] == [*"abc"] * 5
    order = [name for name in said("layouts") if name.isdigit()]
    x = np.array([f"{c}{i}{j}" for c in range(2) for i in range(2) for j in range(3)]).reshape(2, 2, 3)
    assert order == [*x.ravel(), *np.moveaxis(x, 0, -1).ravel()]
    numbers = [float(text.replace("−", "-")) for text in said("softmax") if text[-1].isdigit() and " " not in text]
    grown = np.exp(numbers[:4])
    assert numbers[4:] == [*np.round(grown / grown.sum(), 3)]


def test_the_sum_of_convolution_and_the_answers_to_a_feature_are_numpy_s() -> None:
    sums = [str(n) for n in np.convolve([2, 1, 3], [1, 4, 2])]
    assert said("discrete sum")[-len(sums) :] == sums
    terms = said("discrete sum")[4 : -1 - len(sums)]
    assert terms == [str(x * w) for x in (2, 1, 3) for w in (1, 4, 2)]
    numbers = [int(text) for text in said("same treatment") if text.isdigit()]
    assert numbers[:10] == [1, 1, 2, 1, 1, 1, 1, 2, 1, 1] and numbers.count(max(numbers)) == 2 and max(numbers) == 8


def test_each_is_small_can_be_heard_and_stands_in_the_page() -> None:
    evidence = sample.sample_evidence()
    evidence.claims[0].pictures = tuple(DRAWINGS)
    page = html.render(evidence)
    for name in DRAWINGS:
        (picture,) = pictures([name])
        assert len(picture.svg) < 10_000 and len(picture.alt) > 20
        assert escape(picture.caption) in page and f'aria-label="{escape(picture.alt)}"' in page


def test_a_name_that_nobody_knows_is_said() -> None:
    (picture,) = pictures(["rleu", "window"])
    assert picture.caption.startswith("There is no picture called “rleu”; there is: relu, ") and not picture.svg
