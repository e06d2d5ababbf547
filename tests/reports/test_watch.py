"""``lecture-claims watch``: a change is verified, and nothing else; an open page follows."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lectureclaims.claims.record import file
from lectureclaims.reports.front.lectures import watch
from lying import run_command
from playwright.sync_api import sync_playwright

LECTURE = """# Layers

Pooling leaves fewer rows. SiLU is a product.
"""
LEDGER = """
[[sentence]]
id = "pooling"
text = "Pooling leaves fewer rows."
claims = ["layers.pooling"]

[[sentence]]
id = "silu"
text = "SiLU is a product."
claims = ["layers.silu"]
"""
POOLING = """from lectureclaims.claims.language import formulas

pooling = formulas.size("layers.pooling", "It leaves H − k + 1.", "max_pooling1d", lambda H, k: H - k + 1)
"""
SILU = """import mpmath
from lectureclaims.claims.language import formulas

silu = formulas.function("layers.silu", "It is z σ(z).", "silu", lambda z: z / (1 + mpmath.exp(-z)))
"""


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "lecture"
    (folder / "layers").mkdir(parents=True)
    for name, text in (
        ("lecture.md", LECTURE),
        ("sentences.toml", LEDGER),
        ("layers/pooling.py", POOLING),
        ("layers/silu.py", SILU),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def until(said, words, count, process):
    """Wait for words to stand in a file so many times."""
    end = time.monotonic() + 120
    while said.read_text(encoding="utf-8").count(words) < count:
        assert time.monotonic() < end and process.poll() is None, said.read_text(encoding="utf-8")
        time.sleep(0.1)


def computed(out):
    """The claims of the last run that it computed itself, and did not take from the store."""
    cells = file.load(out / "results.json").volatile.computed
    return {name.partition(" ")[0] for name, about in cells.items() if not about.stored}


def test_a_change_is_verified_and_nothing_else(home, tmp_path):
    said, out = tmp_path / "said", tmp_path / "report"
    command = [sys.executable, "-m", "lectureclaims.reports.front.start", "watch", "--lecture", str(home)]
    options = ["--backend", "numpy", "--dtype", "float64", "--out", str(out)]
    with said.open("w") as stream:
        process = subprocess.Popen(
            [*command, *options],
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        try:
            until(said, "watching", 1, process)
            first = (out / watch.STAMP).read_text(encoding="utf-8")
            text = said.read_text(encoding="utf-8")
            assert "2 of 2 claims hold" in text
            assert computed(out) == {"layers.pooling", "layers.silu"}
            (home / "layers/pooling.py").write_text(POOLING.replace("H - k + 1)", "H - k)"), encoding="utf-8")
            until(said, "watching", 2, process)
            assert computed(out) == {"layers.pooling"}
            assert (out / watch.STAMP).read_text(encoding="utf-8") != first
            assert "layers.pooling is refuted, expected verified" in said.read_text(encoding="utf-8")
            (home / "layers/pooling.py").write_text("no Python", encoding="utf-8")
            until(said, "watching", 3, process)
            assert "SyntaxError" in said.read_text(encoding="utf-8"), "and it goes on"
            (home / "layers/pooling.py").write_text(POOLING, encoding="utf-8")
            until(said, "watching", 4, process)
            assert said.read_text(encoding="utf-8").count("2 of 2 claims hold") == 2
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    assert "Traceback" not in said.read_text(encoding="utf-8")
    page, report = ((out / name).read_text(encoding="utf-8") for name in (watch.PAGE, "index.html"))
    assert "watch.js" in page and "watch.js" not in report


def test_what_is_watched(home, tmp_path):
    out, other = home / "report", tmp_path / "mine.py"
    out.mkdir()
    before = watch.stamps(home, [other], out)
    for path in (out / "index.html", home / "layers/__pycache__/a.pyc"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("made", encoding="utf-8")
    assert watch.stamps(home, [other], out) == before
    for path in (home / "layers/new.py", home / "lecture.md", other):
        seen = watch.stamps(home, [other], out)
        path.write_text("# another", encoding="utf-8")
        assert watch.stamps(home, [other], out) != seen


def test_a_folder_that_is_no_lecture_is_refused_in_one_line(tmp_path):
    done = run_command("lecture-claims", "watch", "--lecture", str(tmp_path / "nowhere"), cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "lecture.md is missing" in done.stderr
    assert [*tmp_path.iterdir()] == []


def test_an_open_page_follows_and_keeps_its_place(tmp_path):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on PATH: the page was not tried in a browser")
    policy = "default-src 'none'; style-src 'none'; script-src 'none'; base-uri 'none'; form-action 'none'"
    page = f'<html><head><meta http-equiv="Content-Security-Policy" content="{policy}"></head><body><p>first</p>{"<br>" * 500}</body></html>'
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    watch.follow(tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.goto((tmp_path / watch.PAGE).as_uri())
        tab.evaluate("window.scrollTo(0, 700); window.still = true")
        tab.wait_for_timeout(2500)
        assert tab.evaluate("window.still"), "nothing changed, and it stays"
        (tmp_path / "index.html").write_text(page.replace("first", "second"), encoding="utf-8")
        watch.follow(tmp_path)
        tab.get_by_text("second").wait_for(timeout=20_000)
        tab.wait_for_timeout(300)
        assert tab.evaluate("window.scrollY") == 700
        browser.close()


def test_without_a_report_there_is_no_page_yet(tmp_path):
    watch.follow(Path(tmp_path))
    assert [*tmp_path.iterdir()] == []
