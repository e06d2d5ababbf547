"""Pictures that a script draws: what the script computes, beside the reference; what they say when they are moved; the address."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sample_evidence as sample
from browser import Watched
from lectureclaims.claims.engine import lecture
from lectureclaims.reference import oracle
from lectureclaims.reports.page import html
from lectureclaims.reports.pictures.responding import RESPONDING
from lectureclaims.reports.pictures.sketches import DRAWINGS
from lectureclaims.reports.wording import words
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / "reports/page/templates/computed.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def computed(chromium: Browser) -> Any:
    """``computed("slide", x, w, 1)``: a function of computed.js, called in the browser."""
    context = chromium.new_context()
    page = context.new_page()
    page.add_script_tag(content=SCRIPT)

    def call(name: str, *arguments: Any) -> Any:
        return page.evaluate("([name, given]) => computed[name](...given)", [name, arguments])

    yield call
    context.close()


def integers(rng: random.Random, rows: int, columns: int) -> list[list[int]]:
    return [[rng.randrange(-9, 10) for _ in range(columns)] for _ in range(rows)]


def image(x: Any) -> np.ndarray:
    return np.array(x, float)[None, None]


def sums(x: Any, w: Any, stride: int, padding: int, mode: str = "zeros") -> list[list[float]]:
    """What the oracle makes of one image and one kernel."""
    geometry = {"stride": (stride, stride), "padding": ((padding, padding),) * 2, "dilation": (1, 1), "groups": 1}
    return oracle.cross_correlation2d(image(x), image(w), None, padding_mode=mode, **geometry)[0, 0].tolist()


def told(x: float | None) -> str:
    return words.number(None if x is None else float(x))


# --- what the script computes ------------------------------------------------------------------------------------------

GEOMETRIES = [*itertools.product((3, 5, 8), (1, 2, 3), (1, 2, 3), (0, 1))]
"""Sizes, kernels, strides, padding."""


def test_windows_are_those_of_the_oracle(computed: Any) -> None:
    rng = random.Random(0)
    for size, k, stride, padding in GEOMETRIES:
        x, w = integers(rng, size, size + 1), integers(rng, k, k)
        for turned in (False, True):
            laid = computed("laid", w, turned)
            assert laid == (np.flip(w).tolist() if turned else w)
            y = computed("slide", computed("pad", x, padding), laid, stride)
            assert y == sums(x, laid, stride, padding), (size, k, stride, padding)
        products = computed("products", x, w, 0, 1, stride) if size >= k + stride else []
        if products:
            assert sum(a * b for a, b in products) == sums(x, w, stride, 0)[0][1]
    geometry = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    x, w = integers(rng, 5, 6), integers(rng, 3, 2)
    convolved = oracle.convolution2d(image(x), image(w), None, **geometry)[0, 0].tolist()
    assert computed("slide", x, computed("laid", w, True), 1) == convolved
    assert computed("slide", x, integers(rng, 6, 6), 1) == [], "no window fits"


def moved(x: Any, w: Any, border: str, stride: int, down: int, right: int) -> tuple[Any, Any]:
    """f(shift x) and shift f(x) as NumPy and the oracle have them; None: no whole number of outputs, or nothing came in there."""
    circular = border == "circular"

    def shift(of: Any, by: tuple[int, int], none: Any) -> Any:
        rolled = np.roll(np.array(of, object), by, (0, 1))
        for axis, n in enumerate(by):
            if n and not circular:
                rows = np.moveaxis(rolled, axis, 0)
                rows[slice(0, n) if n > 0 else slice(n, None)] = none
        return rolled

    def layer(of: Any) -> Any:
        return sums(np.array(of, float), w, stride, 0 if border == "valid" else 1, "circular" if circular else "zeros")

    whole = down % stride == 0 and right % stride == 0
    second = shift(layer(x), (down // stride, right // stride), None).tolist() if whole else None
    return layer(shift(x, (down, right), 0)), second


def test_a_layer_and_a_shift_in_either_order_are_those_of_the_oracle(computed: Any) -> None:
    rng = random.Random(1)
    x, w = integers(rng, 12, 12), integers(rng, 3, 3)
    for border, stride, down, right in itertools.product(
        ("zeros", "circular", "valid"), (1, 2, 3), (-4, 0, 3), (-3, 2)
    ):
        at = {"border": border, "stride": stride, "down": down, "right": right}
        made = computed("moved", x, w, at)
        assert (made["first"], made["second"]) == moved(x, w, **at), at
        if border == "circular" and made["second"]:
            assert made["first"] == made["second"], "equivariant"


def test_a_transposed_convolution_is_the_oracle_s(computed: Any) -> None:
    rng = random.Random(2)
    for k, stride, cut in itertools.product((1, 2, 3, 5), (1, 2, 3, 4), (0, 1, 2)):
        (x,), (w,) = integers(rng, 1, 4), integers(rng, 1, k)
        if 3 * stride + k <= 2 * cut:
            continue
        given = {"stride": (stride,), "padding": ((cut, cut),), "output_padding": (0,), "dilation": (1,), "groups": 1}
        arrays = np.array(x, float)[None, None], np.array(w, float)[None, None]
        y = oracle.transposed_convolution1d(
            *arrays, None, **{n: v[0] if n != "groups" else v for n, v in given.items()}
        )
        assert computed("transposed", x, w, stride, cut)["kept"] == y[0, 0].tolist(), (k, stride, cut)


def test_batch_norm_is_the_oracle_s(computed: Any, chromium: Browser) -> None:
    rng = random.Random(3)
    gamma, beta = np.array([1.5]), np.array([-0.5])
    for scale in (1, 4, 0.001, 1e4):
        x = [scale * rng.randrange(-64, 65) / 16 for _ in range(8)]
        column = np.array(x)[:, None]
        for epsilon in (1e-12, 1e-5, 1.0):
            y, mean, variance = oracle.batch_norm_training(column, gamma, beta, epsilon=epsilon)
            moments = computed("moments", x)
            assert [*map(told, moments)] == [told(mean[0]), told(variance[0])]
            at = {"mean": moments[0], "variance": moments[1], "gamma": 1.5, "beta": -0.5, "epsilon": epsilon}
            assert [*map(told, computed("normalize", x, at))] == [*map(told, y[:, 0])]
            kept = oracle.batch_norm_inference(column, gamma, beta, np.array([0.25]), np.array([4.0]), epsilon=epsilon)
            at |= {"mean": 0.25, "variance": 4.0}
            assert [*map(told, computed("normalize", x, at))] == [*map(told, kept[:, 0])]


def test_slopes_are_the_oracle_s(computed: Any) -> None:
    for z in (-8.0, -3.0, -0.1, 0.0, 0.7, 2.0, 20.0, -104.0, 800.0):
        at, one = np.array([z]), np.ones(1)
        slopes = [f(at, one)[0] for f in (oracle.logistic_gradient, oracle.tanh_gradient, oracle.relu_gradient)]
        expected = [*map(told, slopes[:2]), told(None if z == 0 else slopes[2])]
        assert [*map(told, computed("slopes", z))] == expected


# --- what the pictures say ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = sample.sample_evidence()
    made.claims[0].pictures = tuple(RESPONDING)
    path = tmp_path_factory.mktemp("responding") / "index.html"
    path.write_text(html.render(made), encoding="utf-8")
    return path


def says(page: Page, kind: str, **values: Any) -> str:
    """What a picture says once its controls have these values."""
    figure = page.locator(f"figure[data-try={kind}]")
    for name, value in values.items():
        control = figure.locator(f"[name={name}]")
        control.select_option(value) if isinstance(value, str) else control.fill(f"{value}")
    return figure.locator(".now-says").inner_text()


def test_a_window_is_shown_with_its_products_where_one_points(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, "#claim.correlate--try-window") as page:
        figure = page.locator("figure[data-try=window]")
        assert says(page, "window", kernel="sum").endswith("= 13")
        figure.locator("[data-at='6']").hover()
        assert figure.locator("[data-at='6']").get_attribute("class") == "now"
        assert figure.locator("td.met").count() == 9
        assert says(page, "window").startswith("y(2, 2) = 1·1 + 3·1 + 3·1 + 3·1 + 4·1 + 2·1 + 3·1 + 2·1 + 0·1 = 21")
        assert says(page, "window", sum="convolution", kernel="corner").startswith("y(2, 2) = 1·0 + 3·0 + 3·0")
        says(page, "window", border="same", stride=2, at=9)
        assert figure.locator("table").last.locator("td").count() == 9
        figure.get_by_role("button").click()
        page.wait_for_function("() => document.querySelector('figure[data-try=window] [name=at]').value === '2'")
        figure.get_by_role("button").click()
        assert figure.get_by_role("button").inner_text() == "▶ play"


def test_equivariance_is_dragged(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, "#claim.correlate--try-shifted") as page:
        figure = page.locator("figure[data-try=shifted]")
        drawing = figure.locator("svg").first
        box = drawing.bounding_box()
        assert box is not None
        unit, x, y = box["width"] / 12, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 5 * unit, y + 2.2 * unit, steps=4)
        page.mouse.up()
        assert [figure.locator(f"[name={name}]").input_value() for name in ("down", "right")] == ["3", "-3"]
        assert says(page, "shifted", border="circular").startswith(
            "Shifted by 3 down and −3 to the right: all 144 outputs"
        )
        assert "no whole number of outputs at stride 2" in says(page, "shifted", stride=2)
        assert says(page, "shifted", border="zeros", stride=1, right=-4, down=2).endswith(
            "64 came in from outside (hatched)."
        )


def test_training_forgets_the_scale_and_inference_does_not(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, "#claim.correlate--try-normalized") as page:
        assert "y has mean 0 and variance 1, which" in says(page, "normalized", scale=2, epsilon=-12)
        assert "y has mean 0 and variance 1 × 10⁴:" in says(page, "normalized", mode="inference")
        assert "y has mean 0 and variance 0.00103, which" in says(
            page, "normalized", mode="training", scale=-4, epsilon=-5
        )


def test_slopes_multiply_over_depth(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, "#claim.correlate--try-depth") as page:
        said = says(page, "depth", z=2, layers=10)
        one = float(oracle.logistic_gradient(np.array([2.0]), np.ones(1))[0])
        assert f"σ′ {told(one)}, over 10 layers {told(one**10)}" in said
        assert "ReLU′ has no slope there" in says(page, "depth", z=0)


def test_a_transposed_convolution_says_its_size_and_its_pattern(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, "#claim.correlate--try-transposed") as page:
        assert says(page, "transposed", k=2, stride=2) == "8 outputs: (4 − 1)·2 + 2 − 2·0 = 8."
        assert "overlap unevenly" in says(page, "transposed", k=3)
        assert "Where no kernel lies" in says(page, "transposed", k=1)


def test_the_address_keeps_what_was_moved(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, "#claim.correlate--try-depth") as page:
        said = says(page, "depth", z=-3.5, layers=7)
        page.wait_for_function("() => location.hash.startsWith('#try=')")
        address = page.evaluate("location.hash")
    assert address == "#try=claim.correlate--try-depth&z=-3.5&layers=7"
    with Watched(chromium, file, address) as page:
        assert says(page, "depth") == said
        page.wait_for_function(
            "() => Math.abs(document.querySelector('figure[data-try=depth]').getBoundingClientRect().top) < 60"
        )


def test_without_scripts_they_are_not_shown(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, java_script_enabled=False) as page:
        assert not page.locator("figure[data-try=window]").is_visible()


def test_the_lecture_names_pictures_that_there_are() -> None:
    named = {name for claim in lecture.read().claims.values() for name in claim.prose.pictures}
    assert named <= {*RESPONDING, *DRAWINGS}
    assert {*DRAWINGS} | {*RESPONDING} - {"depth"} <= named, "a picture that stands nowhere"
    table = (ROOT / "docs/lectures.md").read_text(encoding="utf-8").partition("\n## Pictures\n")[2]
    documented = {
        name
        for line in re.findall(r"^\|([^|]*`[^|]*)\|", table, re.MULTILINE)
        for name in re.findall("`([^`]+)`", line)
    }
    assert documented == {*RESPONDING, *DRAWINGS}
