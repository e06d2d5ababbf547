"""The record of a run: its size and how fast it is read. The page in a browser: its size, what its bytes go to, and how fast it opens beside the same page without scripts."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from lectureclaims.claims.record.file import BadEvidence, dumps, load
from lectureclaims.claims.record.types import Evidence
from lectureclaims.reports.page import html

from .table import Table

RESULTS = Path("reports/latest/results.json")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BYTES, SECONDS = 2_000_000, 1.0
"""The limits of the page: the size of the file, and the time in which it opens."""
RECORD_BYTES, READ_SECONDS = 8_000_000, 1.0
"""Those of the record."""
LOADS, ROUNDS = 5, 3
"""Loads in a round, and rounds at most: another one where the machine was busy."""
PIECES = re.compile(r'(?=<style>|<body>|<section id="|<footer>|<template id="packed">|<script>)')
LOADED = "performance.getEntriesByType('navigation')[0].loadEventStart / 1000"
PAINTED = """() => new Promise(done => new PerformanceObserver(seen => {
  const [paint] = seen.getEntriesByName("first-contentful-paint");
  if (paint) done(paint.startTime / 1000);
}).observe({type: "paint", buffered: true}))"""


class Missing(Exception):
    """What the measurement needs and does not have, in one line."""


def ready(results: Path) -> Evidence:
    """The evidence; raises Missing where it, or what drives a browser, is not there."""
    if not results.exists():
        raise Missing(f"no {results}: run make verify, or give --results the results.json of a run")
    try:
        evidence = load(results)
    except BadEvidence as error:
        raise Missing(str(error)) from None
    if _browser() is None:
        raise Missing("no chromium on PATH (Debian: apt-get install chromium)")
    if find_spec("playwright") is None:
        raise Missing("no playwright, which drives chromium (pip install playwright)")
    return evidence


def run(evidence: Evidence) -> Iterator[Table]:
    yield _record(evidence)
    begin = time.perf_counter()
    text = html.render(evidence)
    rendering = time.perf_counter() - begin
    sizes = parts(text)
    size = sizes.total()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.html"
        path.write_text(text, encoding="utf-8")
        version, rounds = _rounds(path.as_uri())
    best = min(rounds, key=lambda one: median(one.loaded))
    opened, bare = median(best.loaded), median(best.bare)
    zipped = len(gzip.compress(text.encode(), 9))
    rows = [
        ["size of the file", f"{size:,} bytes", "", _kept(size, BYTES, f"{BYTES:,} bytes")],
        ["size, gzip", f"{zipped:,} bytes", "", ""],
        ["opened (load event)", *_seconds(best.loaded), _kept(opened, SECONDS, f"{SECONDS:g} s")],
        ["first contentful paint", *_seconds(best.painted), ""],
        ["opened, scripts off", *_seconds(best.bare), ""],
        ["scripts on ÷ scripts off", f"{opened / bare:.2f}", "", ""],
        ["rendering, once", f"{rendering:.1f} s", "", ""],
    ]
    tried = ", ".join(f"{median(one.loaded):.2f} s at load {one.busy:.1f}" for one in rounds)
    yield Table(
        "The page: size and speed",
        ["what", "measured", "lowest – highest", "limit"],
        rows,
        f"A page of {len(evidence.claims)} claims, from the disk, in Chromium {version} without a window, 1440 × 900. Medians of {LOADS} loads from the start of "
        f"the navigation, after one that warms; with scripts and without in turn. Other work only ever slows a load, so the quickest round counts; "
        f"another is made, up to {ROUNDS}, where half of the {os.cpu_count()} cores or more are busy. Opened in each round, and the load average before it: {tried}.",
    )
    yield Table(
        "The page: what its bytes go to",
        ["part", "bytes", "of all"],
        [[name, f"{n:,}", f"{n / size:.1%}"] for name, n in sizes.most_common()],
        "Sections by their name in the page's address; “body” is the list of contents and the summary before the first.",
    )


def _record(evidence: Evidence) -> Table:
    """The file as it would be written today."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.json"
        path.write_text(dumps(evidence), encoding="utf-8")
        size, times = path.stat().st_size, []
        for _ in range(LOADS):
            begin = time.process_time()
            load(path)
            times.append(time.process_time() - begin)
    rows = [
        ["size of results.json", f"{size:,} bytes", "", _kept(size, RECORD_BYTES, f"{RECORD_BYTES:,} bytes")],
        ["read, seconds of the processor", *_seconds(times), _kept(median(times), READ_SECONDS, f"{READ_SECONDS:g} s")],
    ]
    note = f"A record of {len(evidence.claims)} claims, read and checked {LOADS} times in seconds of the processor, which other work hardly slows."
    return Table("The record: size and speed", ["what", "measured", "lowest – highest", "limit"], rows, note)


def parts(text: str) -> Counter[str]:
    """The page's bytes, cut where a part begins; together they are all of it."""
    found: Counter[str] = Counter()
    for piece in PIECES.split(text):
        begins = re.match(r'<(?:section|template) id="([^"]*)|<(style|body|footer|script)>', piece)
        found[(begins[1] or begins[2]) if begins else "head"] += len(piece.encode())
    return found


@dataclass
class Round:
    """Seconds, load by load; busy: the load average of the last minute, before it."""

    busy: float
    loaded: list[float] = field(default_factory=list)
    painted: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _rounds(address: str) -> tuple[str, list[Round]]:
    from playwright.sync_api import sync_playwright

    rounds: list[Round] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_browser(), args=OPTIONS)
        while len(rounds) < ROUNDS and (not rounds or rounds[-1].busy >= (os.cpu_count() or 1) / 2):
            rounds.append(_round(browser, address))
        return browser.version, rounds


def _round(browser: Any, address: str) -> Round:
    found = Round(os.getloadavg()[0])
    viewport = {"width": 1440, "height": 900}
    tab, bare = (browser.new_page(java_script_enabled=scripts, viewport=viewport) for scripts in (True, False))
    for one in (tab, bare):
        one.goto(address)
    for _ in range(LOADS):
        tab.goto(address)
        found.loaded.append(tab.evaluate(LOADED))
        found.painted.append(tab.evaluate(PAINTED))
        bare.goto(address)
        found.bare.append(bare.evaluate(LOADED))
    for one in (tab, bare):
        one.close()
    return found


def _seconds(times: Sequence[float]) -> tuple[str, str]:
    return f"{median(times):.2f} s", f"{min(times):.2f} – {max(times):.2f} s"


def _kept(measured: float, limit: float, said: str) -> str:
    return f"under {said}: {'kept' if measured < limit else '**not kept**'}"
