"""A badge, in the look of shields.io's flat ones: how many claims hold, how many of those qualified, how many fail as worded,
how many are disputed, how many do not hold.

What is not tested is counted too, and only a full run in which every claim of the lecture was tested and holds as it is worded is green. The
colours carry white text at a contrast of at least 4.5 : 1 (WCAG 2.2 AA), which those of shields.io do not; the words say
everything that a colour does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ...claims.record.types import Evidence
from ..wording import standing

FILE = "badge.svg"
LABEL = "lecture claims"
GREEN, AMBER, RED, GREY = "#2b7a0b", "#8a5a00", "#b3261e", "#5f6368"
SIZE = 11
FONTS = "Verdana,Geneva,DejaVu Sans,sans-serif"
"""Those of shields.io; none is fetched. DejaVu Sans, which Matplotlib brings, has Verdana's proportions."""

SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{title}">
<title>{title}</title>
<linearGradient id="badge-shade" x2="0" y2="100%"><stop offset="0" stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/></linearGradient>
<clipPath id="badge-round"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#badge-round)"><rect width="{left}" height="20" fill="#555"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/><rect width="{width}" height="20" fill="url(#badge-shade)"/></g>
<g fill="#fff" text-anchor="middle" font-family="{fonts}" font-size="{size}" text-rendering="geometricPrecision" aria-hidden="true">
<text x="{left_middle}" y="14" textLength="{left_text}">{label}</text>
<text x="{right_middle}" y="14" textLength="{right_text}">{message}</text>
</g>
</svg>
"""


@dataclass(frozen=True)
class Badge:
    """What the badge says: the message beside the label, a title with more of it, a colour, and whether the run failed."""

    message: str
    title: str
    colour: str
    failed: bool


def of(evidence: Evidence) -> Badge:
    """The badge of a run, from its counts."""
    counts, total = evidence.counts, len(evidence.claims)
    holds, waiting, disputed = counts.holds, len(standing.untested(evidence)), counts.claims["disputed"]
    two_sided = [f"{disputed} disputed"] * bool(disputed)  # these do not fail: gates of both sides were met
    fail = sum(standing.drawn(c) == "as-worded" for c in evidence.claims)
    worded = [f"{fail} {'fails' if fail == 1 else 'fail'} as worded"] * bool(fail)
    others = [f"{n} {v}" for v, n in counts.claims.items() if n and v not in (*standing.HOLDS, "disputed")]
    told = [f"{holds} hold ({counts.qualified} qualified)", *worded, *two_sided, f"{total - holds - disputed} do not"]
    titles = [f"{holds} of {total} hold, {counts.qualified} of them qualified", *worded, *two_sided]
    titles.append(f"{total - holds - disputed} do not hold" + (f" ({', '.join(others)})" if others else ""))
    if evidence.selection.partial:
        told = titles = ["only a part ran"]
    for applies, short, long in (
        (waiting and not evidence.selection.partial, f"{waiting} not tested", f"{waiting} not tested"),
        (evidence.selection.quick and not evidence.selection.partial, "quick run", "statistics on a few seeds only"),
        (evidence.interrupted, "interrupted", "the run was interrupted"),
        (not evidence.success, "not as declared", "not as declared"),
    ):
        told, titles = [*told, *[short] * bool(applies)], [*titles, *[long] * bool(applies)]
    colour = _colour(evidence, all_hold=holds == total and not (waiting or fail))
    return Badge(", ".join(told), f"{LABEL}: {'; '.join(titles)}", colour, failed=not evidence.success)


def _colour(evidence: Evidence, *, all_hold: bool) -> str:
    if not evidence.success:
        return RED
    if evidence.selection.partial or not evidence.claims:
        return GREY
    return GREEN if all_hold and not evidence.selection.quick and not evidence.interrupted else AMBER


def render(evidence: Evidence) -> str:
    """The badge as SVG."""
    badge = of(evidence)
    left_text, right_text = width(LABEL), width(badge.message)
    left, right = (math.ceil(w) + 10 for w in (left_text, right_text))
    return SVG.format(
        width=left + right,
        left=left,
        right=right,
        left_middle=left / 2,
        right_middle=left + right / 2,
        size=SIZE,
        fonts=FONTS,
        left_text=round(left_text, 1),
        right_text=round(right_text, 1),
        label=LABEL,
        message=escape(badge.message),
        title=escape(badge.title),
        colour=badge.colour,
    )


def width(text: str) -> float:
    """The width of a text in pixels, from the advances of DejaVu Sans; ``textLength`` holds any other font to it."""
    import matplotlib
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"))
    font.set_size(SIZE, 72)  # 72 dots an inch: a point is a pixel
    return sum(font.load_char(ord(c)).linearHoriAdvance for c in text) / 2**16
