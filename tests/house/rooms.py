"""The rooms and who imports whom. ``make graph`` runs this file, which draws them in ARCHITECTURE.md.

A room is a folder of a floor with all that lies in it (``claims/lecture``, ``reference/libraries``), or what lies in the floor itself.
"""

import ast
import graphlib
from collections import defaultdict

from sources import FLOORS, ROOT, SOURCES, imports, where

UNDER_WAY = {("reports/pictures", "reports/page")}
"""TRANSITIONAL: arrows that point up while issue 14 is under way; a test fails where one of them is gone. To be empty at its end."""
PAGE = ROOT / "ARCHITECTURE.md"
MARKS = "<!-- drawn by `make graph`; do not edit -->\n", "<!-- end of what `make graph` draws -->\n"


def room(*parts):
    """The room of a path, given by its parts."""
    return "/".join(parts[:2] if (ROOT / "/".join(parts[:2])).is_dir() else parts[:1])


def arrows(without=UNDER_WAY):
    """{(room, room that it imports): where}, without those named."""
    found = defaultdict(list)
    for path in SOURCES:
        here = room(*path.relative_to(ROOT).parts)
        for line, name, _ in imports(path):
            top, *rest = name.split(".")
            if top == "lectureclaims" and rest and room(*rest) != here and (here, room(*rest)) not in without:
                found[here, room(*rest)].append(f"{where(path, line)} imports {name}")
    return dict(found)


def rooms():
    """Every room, the ground floor first, each after all that it imports. Raises graphlib.CycleError for a circle."""
    below = {room(*path.relative_to(ROOT).parts): set() for path in SOURCES}
    for here, there in arrows():
        below[here].add(there)
    order = list(graphlib.TopologicalSorter({name: sorted(below[name]) for name in sorted(below)}).static_order())
    return sorted(order, key=lambda name: FLOORS.index(name.partition("/")[0]))


def says(name):
    """What a room is for: the first paragraph of its ``__init__.py``, up to its first full stop or colon."""
    text = ast.get_docstring(ast.parse((ROOT / name / "__init__.py").read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split()).rstrip(".")


def drawn():
    """A Mermaid graph, without the arrows that follow from others, and a table with all of them."""
    below = defaultdict(set)
    for here, there in arrows():
        below[here].add(there)
    order = rooms()
    reached = {}
    for name in order:
        reached[name] = below[name].union(*(reached[other] for other in below[name]))
    lines = ["```mermaid", "graph BT"]
    for floor in reversed(FLOORS):
        inside = [
            name for name in order if name.partition("/")[0] == floor and any(name in arrow for arrow in arrows())
        ]
        lines += [f'  subgraph {floor}_floor ["{floor}"]', *(f'    {_id(name)}["{name}"]' for name in inside), "  end"]
    for name in order:
        direct = [o for o in order if o in below[name] and not any(o in reached[other] for other in below[name])]
        lines += [f"  {_id(name)} --> {_id(other)}" for other in direct]
    lines += ["```", "", "| room | what it is for | imports |", "| --- | --- | --- |"]
    for name in reversed(order):
        used = ", ".join(o.removeprefix(f"{name.partition('/')[0]}/") for o in order if o in below[name])
        lines.append(f"| [{name}]({name}/) | {says(name)} | {used or '–'} |")
    return "\n".join(lines) + "\n"


def _id(name):
    """Mermaid's name of a node, apart from that of a floor."""
    return name.replace("/", "_")


def page():
    """ARCHITECTURE.md with the rooms drawn anew."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    return f"{before}{MARKS[0]}\n{drawn()}\n{MARKS[1]}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
