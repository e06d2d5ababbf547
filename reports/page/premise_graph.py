"""The graph of premises as SVG for inlining: what rests on a claim stands at its right, each section of the lecture in a band of its own.

A box is a link to its claim's evidence and looks by
the verdict (shape, word, colour). A premise runs around the boxes, never behind one: out of its claim, along that claim's own
track between two columns, and through lanes between the boxes where it passes a column. Colours are the page's (premises.css).

Layouts of libraries (networkx's multipartite, the Sugiyama layouts of grandalf and igraph) know no bands, and draw long edges
behind boxes unless their routes are made anew; what they share with this one is the sorting by the mean of the neighbours.
"""

from __future__ import annotations

import graphlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from ...claims.record.types import Claim, Evidence, Premises
from ..wording import standing, summary, words
from .anchors import link

WIDTH, HEIGHT = 172, 34  # of a box, in the size of the page's small print
GAP, LANE, TRACK, PORT = 7, 7, 7, 7  # between boxes, between lanes, between tracks, between edges into one box
MARGIN, TITLE = 12, 20  # around boxes and before tracks, above the boxes of a band
CORNER, HEAD = 5, 18  # of an edge's turns, for its arrowhead
NAME = 21
"""Letters of a name that fit into a box."""
ALONE = "neither resting on another claim nor used by one"
SWEEPS = 12
NUDGES, NUDGE = 20, 2.75
"""How often, and how far, an edge gives way to another whose line it would run in."""

Spot = tuple[int, str, str]
"""What stands in a column: (column, claim, "") its box, or (column, claim, section) a lane of edges that lead from it there."""


@dataclass
class Graph:
    """Claims that rest on others or are used, each in the first column after all that it rests on."""

    uses: dict[str, list[str]]
    column: dict[str, int]
    sections: list[str]
    steps: dict[tuple[str, str], list[Spot]] = field(default_factory=dict)
    """(premise, claim) -> box, lanes, box."""


def svg(evidence: Evidence) -> str:
    """The picture; empty where no claim ran. Raises BadEvidence where premises go in a circle."""
    rows = {p.claim: p for p in evidence.premises}
    claims = {c.id: c for c in evidence.claims}
    if not claims:
        return ""
    graph = _graph({name: list(dict.fromkeys(rows[name].uses if name in rows else ())) for name in claims})
    stacks = _sorted(graph)
    y, bands, below = _heights(graph, stacks)
    ports, tracks, x = _tracks(graph, y)
    alone = [name for name in claims if name not in graph.column]
    places = {name: (x[column], y[column, name, ""] - HEIGHT / 2) for name, column in graph.column.items()}
    width = max(x.values(), default=MARGIN) + WIDTH + MARGIN
    across = max(1, int((width - MARGIN) // (WIDTH + MARGIN)))
    width = max(width, MARGIN + (WIDTH + MARGIN) * min(across, len(alone)))
    for i, name in enumerate(alone):
        row, k = divmod(i, across)
        places[name] = (MARGIN + k * (WIDTH + MARGIN), below + TITLE + row * (HEIGHT + GAP))
    if alone:
        height = places[alone[-1]][1] + HEIGHT + MARGIN
        bands.append((ALONE, below, height))
        below = height + MARGIN / 2
    sand = sum(on_sand(rows, *edge) for edge in graph.steps)
    body = [_band(*band, width) for band in bands]
    for name in dict.fromkeys([*claims, *places]):
        own = {edge: _route(steps, x, y, ports, tracks) for edge, steps in graph.steps.items() if edge[1] == name}
        edges = "".join(_edge(edge, data, rows, claims) for edge, data in own.items())
        box = _box(name, places[name], rows, claims)
        body.append(f'<g class="claim v-{_look(name, claims)}">{edges}{box}</g>')
    body.append(_legend(below, sand, any(p not in claims for p, _ in graph.steps)))
    says = (
        f"The graph of premises: {words.plural(len(places), 'claim')}, {words.plural(len(graph.steps), 'premise')}, "
        f"of which {sand:,} {'rests' if sand == 1 else 'rest'} on sand"
    )
    return f'<svg class="premises" role="group" aria-label="{says}" width="{width:g}" viewBox="0 0 {width:g} {below + TITLE:g}">{"".join(body)}</svg>'


def on_sand(rows: Mapping[str, Premises], premise: str, claim: str) -> bool:
    """Whether the premise does not hold, or itself rests on one that does not."""
    return premise in rows[claim].sand or bool(premise in rows and rows[premise].sand)


# --- where everything stands -------------------------------------------------------------------------------------------


def _graph(uses: dict[str, list[str]]) -> Graph:
    try:
        order = list(graphlib.TopologicalSorter(uses).static_order())
    except graphlib.CycleError as error:
        from ...claims.record.file import BadEvidence

        raise BadEvidence(
            f"premises={' → '.join(error.args[1])!r}: a circle, but no claim can rest on itself; give the results.json that verify wrote"
        ) from None
    column: dict[str, int] = {}
    for name in order:
        column[name] = max((column[p] + 1 for p in uses.get(name, ())), default=0)
    linked = {name for claim, used in uses.items() if used for name in (claim, *used)}
    names = [name for name in dict.fromkeys([*uses, *order]) if name in linked]
    graph = Graph(uses, {name: column[name] for name in names}, list(dict.fromkeys(map(section, names))))
    for claim, used in uses.items():
        for p in used:
            lanes = [(k, p, section(claim)) for k in range(column[p] + 1, column[claim])]
            graph.steps[p, claim] = [(column[p], p, ""), *lanes, (column[claim], claim, "")]
    return graph


def section(name: str) -> str:
    """The first part of a claim's id."""
    return name.partition(".")[0]


Stacks = dict[tuple[str, int], list[Spot]]
"""(section, column) -> what stands there, from the top."""
Heights = dict[Spot, float]
"""Box or lane -> its middle."""


def _sorted(graph: Graph) -> Stacks:
    """Boxes and lanes in an order with short ways: each by the mean height of its neighbours, from the left and from the right in turn."""
    stacks: Stacks = {}
    boxes = [(column, name, "") for name, column in graph.column.items()]
    for spot in dict.fromkeys([*itertools.chain.from_iterable(graph.steps.values()), *boxes]):
        stacks.setdefault((spot[2] or section(spot[1]), spot[0]), []).append(spot)
    near: dict[int, dict[Spot, set[Spot]]] = {-1: {}, 1: {}}
    for left, right in _hops(graph):
        near[1].setdefault(left, set()).add(right)
        near[-1].setdefault(right, set()).add(left)
    tried = [stacks]
    for sweep in range(SWEEPS):
        side = -1 if sweep % 2 == 0 else 1
        for key in sorted(stacks, key=lambda key: side * -key[1]):
            y = _heights(graph, stacks)[0]
            means = {s: _mean([y[n] for n in near[side].get(s, ())] or [y[s]]) for s in stacks[key]}
            stacks = {**stacks, key: sorted(stacks[key], key=means.__getitem__)}
        tried.append(stacks)
    return min(tried, key=lambda stacks: _climbed(graph, stacks))


def _climbed(graph: Graph, stacks: Stacks) -> float:
    """How far all edges go up and down."""
    y = _heights(graph, stacks)[0]
    return sum(abs(y[left] - y[right]) for left, right in _hops(graph))


def _hops(graph: Graph) -> list[tuple[Spot, Spot]]:
    """From column to column, each once, however many edges take it."""
    return list(dict.fromkeys(hop for steps in graph.steps.values() for hop in itertools.pairwise(steps)))


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _heights(graph: Graph, stacks: Stacks) -> tuple[Heights, list[tuple[str, float, float]], float]:
    """(heights, [(section, top, bottom of its band)], where the bands end)."""
    y: Heights = {}
    bands, top = [], 0.0
    for name in graph.sections:
        columns = [spots for (of, _), spots in stacks.items() if of == name]
        inside = max(sum(map(_room, spots)) - GAP for spots in columns)
        for spots in columns:
            at = top + TITLE + (inside - sum(map(_room, spots)) + GAP) / 2
            for spot in spots:
                y[spot] = at + (_room(spot) - GAP) / 2
                at += _room(spot)
        bands.append((name, top, top + TITLE + inside + MARGIN))
        top += TITLE + inside + MARGIN + MARGIN / 2
    return y, bands, top


def _room(spot: Spot) -> float:
    return (LANE if spot[2] else HEIGHT) + GAP


# --- the ways between the columns --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bus:
    """All that leads from one claim through the room between two columns: one upright line with its inlets and outlets."""

    source: str
    inlets: tuple[float, ...]
    outlets: tuple[float, ...]

    @property
    def top(self) -> float:
        return min(self.inlets + self.outlets)

    @property
    def bottom(self) -> float:
        return max(self.inlets + self.outlets)

    def spans(self, heights: Iterable[float]) -> int:
        return sum(self.top <= y <= self.bottom for y in heights)


Ports = dict[tuple[Spot, str], float]
Tracks = dict[tuple[int, str], float]


def _tracks(graph: Graph, y: Heights) -> tuple[Ports, Tracks, dict[int, float]]:
    """({(box or lane, premise): where its edge enters}, {(column, premise): its track after the column}, {column: its left side}).

    A lane moves a little (in ``y``) where its edge would otherwise run in another's line.
    """
    ports: Ports = {}
    tracks: Tracks = {}
    x, at = {}, float(MARGIN)
    for column in range(max(graph.column.values(), default=-1) + 1):
        x[column] = at
        hops = [hop for hop in _hops(graph) if hop[0][0] == column]
        for spot in dict.fromkeys(right for _, right in hops):
            entering = sorted((y[left], left[1]) for left, right in hops if right == spot)
            apart = min(PORT, (HEIGHT - PORT) // len(entering) or 0.5)
            for i, (_, source) in enumerate(entering):
                ports[spot, source] = y[spot] + (i - (len(entering) - 1) / 2) * apart
        order: list[Bus] = []
        for _ in range(NUDGES):
            order = _uncrossed(_buses(hops, y, ports))
            covered = [(a.source, h) for a, b in itertools.combinations(order, 2) for h in {*a.outlets} & {*b.inlets}]
            for spot, source in [key for key, h in ports.items() if key[0][0] > column and (key[1], h) in covered]:
                ports[spot, source] += NUDGE
                if spot[2]:
                    y[spot] += NUDGE
            if not covered:
                break
        placed: dict[Bus, int] = {}
        for bus in order:
            beside = [
                n for other, n in placed.items() if other.top <= bus.bottom + GAP and bus.top <= other.bottom + GAP
            ]
            placed[bus] = max(beside, default=-1) + 1
        for bus, n in placed.items():
            tracks[column, bus.source] = at + WIDTH + MARGIN + n * TRACK
        at += WIDTH + MARGIN + max(placed.values(), default=0) * TRACK + HEAD
    return ports, tracks, x


def _buses(hops: list[tuple[Spot, Spot]], y: Heights, ports: Ports) -> list[Bus]:
    found = []
    for source in dict.fromkeys(left[1] for left, _ in hops):
        own = [(left, right) for left, right in hops if left[1] == source]
        inlets, outlets = {y[left] for left, _ in own}, {ports[right, source] for _, right in own}
        found.append(Bus(source, tuple(sorted(inlets)), tuple(sorted(outlets))))
    return found


def _uncrossed(buses: list[Bus]) -> list[Bus]:
    """From left to right with few crossings: neighbours change places as long as that saves some."""

    def crossings(left: Bus, right: Bus) -> int:
        return right.spans(left.outlets) + left.spans(right.inlets)

    order = sorted(buses, key=lambda bus: (bus.top + bus.bottom, bus.source))
    changed = True
    while changed:
        changed = False
        for i, (a, b) in enumerate(itertools.pairwise(order)):
            if crossings(b, a) < crossings(a, b):
                order[i : i + 2] = b, a
                changed = True
                break
    return order


def _route(steps: list[Spot], x: dict[int, float], y: Heights, ports: Ports, tracks: Tracks) -> str:
    """An edge as path data: level, upright along its track, level; an arrowhead at its end."""
    _, source, _ = steps[0]
    data = f"M{x[steps[0][0]] + WIDTH:g} {y[steps[0]]:g}"
    for left, right in itertools.pairwise(steps):
        track, from_, to = tracks[left[0], source], y[left], ports[right, source]
        if from_ != to:
            turn = min(CORNER, abs(to - from_) / 2)
            down = turn if to > from_ else -turn
            data += f"H{track - turn:g}q{turn:g} 0 {turn:g} {down:g}V{to - down:g}q0 {down:g} {turn:g} {down:g}"
    return f"{data}H{x[steps[-1][0]] - 1:g}m-6-3.5l6 3.5-6 3.5"


# --- drawing -----------------------------------------------------------------------------------------------------------


def _band(name: str, top: float, bottom: float, width: float) -> str:
    says = escape(words.visible(words.cut(name, 80)))
    return (
        f'<rect class="band" y="{top:g}" width="{width:g}" height="{bottom - top:g}" rx="4"/>'
        f'<text class="section" x="{MARGIN}" y="{top + 14:g}">{says}</text>'
    )


def _edge(edge: tuple[str, str], data: str, rows: Mapping[str, Premises], claims: Mapping[str, Claim]) -> str:
    """The line, under a wider one that nobody sees, so that a pointer finds it."""
    premise, claim = edge
    says, look = f"{_name(claim)} rests on {_name(premise)}", "premise"
    if premise not in claims:
        says, look = says + ", which is not tested here", "premise untested"
    elif on_sand(rows, premise, claim):
        verdict = claims[premise].verdict
        says += f", which is {verdict}: sand" if premise in rows[claim].sand else ", which rests on sand"
        look = "premise sand"
    return f'<g class="{look}"><title>{escape(says)}</title><path class="reach" d="{data}"/><path d="{data}"/></g>'


def _box(name: str, place: tuple[float, float], rows: Mapping[str, Premises], claims: Mapping[str, Claim]) -> str:
    claim, (x, y) = claims.get(name), place
    verdict = claim.verdict if claim else "not tested here"
    sand = list(rows[name].sand) if name in rows else []
    worded = claim is not None and standing.drawn(claim) == "as-worded"
    marks = [*(["on sand"] if sand else []), *(["qualified"] if claim and claim.qualified else [])]
    verdict = summary.AS_WORDED if worded else verdict
    full = f"{_name(name)}: {', '.join([verdict, *marks])}" + (f" ({words.listed(map(_name, sand))})" if sand else "")
    short = words.cut(words.visible(name.partition(".")[2] or name), NAME)
    target = link(name) if claim else "#untested"
    return (
        f'<a href="{escape(target)}"><title>{escape(full)}</title><rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
        f'<use href="#i-{_look(name, claims)}" x="{x + 7:g}" y="{y + 10:g}" width="14" height="14"/>'
        f'<text x="{x + 27:g}" y="{y + 14.5:g}">{escape(short)}</text>'
        f'<text class="word" x="{x + 27:g}" y="{y + 27:g}">{", ".join([verdict, *marks[:1]])}</text></a>'
    )


def _name(name: str) -> str:
    return words.visible(words.cut(name, 120))


def _look(name: str, claims: Mapping[str, Claim]) -> str:
    return standing.drawn(claims[name]).replace(" ", "-") if name in claims else "untested"


def _legend(top: float, sand: int, untested: bool) -> str:
    """What the lines mean, as far as they are drawn."""

    def entries() -> Iterator[tuple[str, str]]:
        yield "premise", "the claim at the arrow rests on the other"
        if sand:
            yield "premise sand", "on one that does not hold, or rests on such (sand)"
        if untested:
            yield "premise untested", "on one that is not tested here"

    made, x = [], float(MARGIN)
    for look, says in entries():
        made.append(
            f'<g class="{look}"><path d="M{x:g} {top + 9:g}h26m-6-3.5l6 3.5-6 3.5"/></g><text class="word" x="{x + 34:g}" y="{top + 12.5:g}">{says}</text>'
        )
        x += 34 + 6 * len(says)
    return f'<g class="legend">{"".join(made)}</g>'
