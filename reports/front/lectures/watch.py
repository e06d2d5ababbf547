"""``lecture-claims watch``: verify what changed in a lecture, whenever something did, and a page that follows.

Files are looked at, not asked of the system: a poll of their times and sizes is the same everywhere. A run is a process of its own, since modules that
were imported do not change; what did not change it takes from the store. The page that follows, ``watch.html``, is the report's with a script that asks
``watch.js`` which run is the last one: a page that was opened as a file may load scripts, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ... import formats
from .. import start

PAUSE = 0.5
"""Seconds between two looks."""
PAGE, STAMP = "watch.html", "watch.js"
SCRIPT = """
window.lastRun = run => { if (run !== "%s") location.reload(); };
setInterval(() => {
  const asked = document.createElement("script");
  asked.src = "watch.js?" + Date.now();
  asked.onload = asked.onerror = () => asked.remove();
  document.head.append(asked);
}, 1000);
"""
Stamps = dict[str, tuple[int, int]]


def watch(options: Sequence[str], lecture: Path, files: Sequence[Path], out: Path) -> Iterator[str]:
    """Run ``verify`` with these options now and after every change; yields a line after each run. Ctrl-C is raised, after the end of a run.

    lecture: the folder that is watched; files: others beside it; out: where the reports go.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", start.__name__, "verify", *options, "--out", str(out)]
    before: Stamps | None = None
    while True:
        if (now := stamps(lecture, files, out)) == before:
            time.sleep(PAUSE)
            continue
        before = now
        run = subprocess.Popen(command)
        try:
            run.wait()
        except KeyboardInterrupt:  # it came to both, and the run keeps what it found
            run.wait()
            raise
        follow(out)
        yield f"{time.strftime('%H:%M:%S')}: watching {lecture}; the page that follows is {out / PAGE}; Ctrl-C ends it"


def stamps(lecture: Path, files: Sequence[Path], out: Path) -> Stamps:
    """Time and size of each file, but for what Python and the reports put there."""
    found: Stamps = {}
    mine = [path for path in lecture.rglob("*") if "__pycache__" not in path.parts and out not in path.parents]
    for path in [*mine, *files]:
        try:
            if path.is_file():
                about = path.stat()
                found[str(path)] = about.st_mtime_ns, about.st_size
        except OSError:  # it went while it was looked at
            continue
    return found


def follow(out: Path) -> None:
    """Write the page that follows beside the report's, where there is one."""
    page = out / "index.html"
    if not page.is_file():
        return
    html = page.read_text(encoding="utf-8")
    run = hashlib.sha256(html.encode()).hexdigest()[:16]
    script = SCRIPT % run
    allowed = f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}' 'self' file:"
    html = html.replace("; script-src ", f"; script-src {allowed} ", 1)
    html = html.replace("</head>", f"<script>{script}</script>\n</head>", 1)
    formats.place({PAGE: html.encode(), STAMP: f'lastRun("{run}");\n'.encode()}, out)
