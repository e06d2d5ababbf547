"""A matplotlib figure as SVG for inlining: the page's own fonts and colours, no style attributes, and few bytes.

What matplotlib repeats with every mark is said once: marks that stand side by side and are painted alike become one path, or
share a group. A mark of a few corners is drawn where it stands rather than defined and used.
"""

from __future__ import annotations

import io
import itertools
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..wording import words
from .canvas import COLOURS

SVG = "http://www.w3.org/2000/svg"
HREF = "{http://www.w3.org/1999/xlink}href"
PAINT = (
    "clip-path",
    "fill",
    "fill-opacity",
    "font-size",
    "font-weight",
    "stroke",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-opacity",
    "stroke-width",
    "text-anchor",
)
"""What a group can say for all that is in it (not "opacity", which a group has as a whole)."""
DROPPED = ("font-family", "stroke-dashoffset", "stroke-miterlimit", "type", "version")
LAYERS = ("defs", "path", "g", "use", "text")
"""From the bottom up, within an axis or a legend, whose parts do not lie on one another otherwise."""
LOOSE = "loose"
MARK = "mark"
"""Names for the time being: of a group whose parts may be drawn in another order, and of a mark drawn where it stands."""
SMALL = 60
"""Characters of a mark that is rather repeated than defined."""


def to_svg(figure: Any, *, alt: str, prefix: str) -> str:
    """The figure as text; ``alt`` is said to who cannot see it, ``prefix`` keeps its ids apart from others on the page."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    ET.register_namespace("", SVG)
    root = ET.fromstring(out.getvalue())
    width, height = (float(root.attrib.pop(side).removesuffix("pt")) for side in ("width", "height"))
    used = re.findall(r"#([\w-]+)", " ".join(v for e in root.iter() for v in e.attrib.values()))
    names = {name: f"{prefix}-{i}" for i, name in enumerate(dict.fromkeys(used))}
    for parent in list(root.iter()):
        parent[:] = [child for child in parent if _tag(child) not in ("metadata", "style")]
    for element in root.iter():
        _plainly(element, names)
    _drawn_where_they_stand(root)
    root[:] = list(_together(_leaves(root)))
    root.set("viewBox", f"0 0 {width:g} {height:g}")
    root.set("role", "img")
    root.set("aria-label", words.cut(alt, 2000))
    return re.sub(r">\s+<", "><", ET.tostring(root, encoding="unicode")).replace(" />", "/>")


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


# --- one element -------------------------------------------------------------------------------------------------------


def _plainly(element: ET.Element, names: dict[str, str]) -> None:
    """Style as attributes, the page's colours, short ids, numbers to a tenth of a point."""
    _unstyle(element)
    for name in DROPPED:
        element.attrib.pop(name, None)
    if re.match(r"rotate\(-?0 ", element.get("transform", "")):
        element.attrib.pop("transform")
    if HREF in element.attrib:
        element.set("href", element.attrib.pop(HREF))
    if name := element.attrib.pop("id", ""):
        loose = LOOSE if name.startswith(("matplotlib.axis", "legend")) else ""
        if kept := names.get(name, loose):
            element.set("id", kept)
    for name, value in list(element.attrib.items()):
        element.set(name, _attribute(name, value, names, digits=2 if "id" in element.attrib else 1))


def _attribute(name: str, value: str, names: dict[str, str], *, digits: int) -> str:
    """``digits``: of a path, which a mark that is drawn many times has more exactly."""
    if name == "id":
        return value
    if name in ("fill", "stroke"):
        return COLOURS.get(value, value)
    if "#" in value:
        return re.sub(r"#([\w-]+)", lambda m: f"#{names[m[1]]}", value)
    if name == "d":
        return _path(value, digits)
    places = 1 if name in ("x", "y") else 2
    return re.sub(r"-?\d+\.\d+", lambda m: _short(float(m[0]), places), value)


def _unstyle(element: ET.Element) -> None:
    """The declarations of a style as attributes."""
    for declaration in filter(None, (d.strip() for d in element.attrib.pop("style", "").split(";"))):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":  # "10px 'DejaVu Sans', …": the size is kept, the family is the page's
            name, value = "font-size", next(word for word in value.split() if word.endswith("px"))
        element.set(name, value)


def _short(x: float, digits: int) -> str:
    text = f"{x:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{x:.0f}"
    return "0" if text in ("-0", "") else re.sub(r"^(-?)0\.", r"\1.", text)


def _path(data: str, digits: int) -> str:
    """The same path from point to point, in steps of a tenth of a point or less, without what may be left out."""
    unit = 10**digits
    text, here, begun, before = "", (0, 0), (0, 0), ""
    commands = re.findall(r"([MLQCz])([^A-Za-z]*(?:e[-+]?\d+[^A-Za-z]*)*)", data)
    if [letter for letter, _ in commands] == ["M", *"C" * 8, "z"]:  # matplotlib's circle
        return _circle(*(float(n) for n in commands[0][1].split()), digits=digits)
    for letter, numbers in commands:
        at = [round(float(n) * unit) for n in numbers.split()]
        points = list(zip(at[::2], at[1::2], strict=True))
        if letter == "z":
            text, here, before = f"{text}z", begun, "z"
            continue
        steps = [x - start for point in points for x, start in zip(point, here, strict=True)]
        letter = letter.lower()
        if letter == "m" and not text:
            letter, begun = "M", points[-1]
        elif letter == "m":
            begun = points[-1]
        elif letter == "l" and 0 in steps:
            letter, steps = ("h", steps[:1]) if steps[1] == 0 else ("v", steps[1:])
        text += "" if letter == before and letter != "m" else letter
        for step in steps:
            number = _short(step / unit, digits)
            text += number if text[-1].isalpha() or number.startswith("-") else f" {number}"
        here, before = points[-1], letter
    return text


def _circle(x: float, y: float, *, digits: int) -> str:
    """Around (0, 0), from (0, y), as two arcs."""
    radius, across = _short(abs(y), digits), _short(2 * abs(y), digits)
    up, down = ("-", " ") if y > 0 else (" ", "-")
    arc = f"{radius} {radius} 0 1 1 0"
    return f"M{_short(x, digits)} {_short(y, digits)}a{arc}{up}{across} {arc}{down}{across}z"


# --- all of them -------------------------------------------------------------------------------------------------------


def _drawn_where_they_stand(root: ET.Element) -> None:
    """Marks of few corners, and those that are used once, as paths of their own."""
    defined = {e.get("id", ""): e for e in root.iter() if _tag(e) == "path" and "id" in e.attrib}
    uses = Counter(e.get("href", "")[1:] for e in root.iter() if _tag(e) == "use")
    for element in root.iter():
        name = element.get("href", "")[1:]
        if _tag(element) == "use" and name in defined and (uses[name] == 1 or len(defined[name].get("d", "")) < SMALL):
            shape = re.fullmatch(r"M(-?[\d.]+) ?(-?[\d.]+)(.*)", defined[name].get("d", ""))
            if shape is not None:
                x, y = (_short(float(element.attrib.pop(side)) + float(shape[i]), 2) for i, side in enumerate("xy", 1))
                element.tag = f"{{{SVG}}}path"
                element.attrib.pop("href")
                element.attrib |= {k: v for k, v in defined[name].attrib.items() if k not in ("id", "d")}
                element.attrib |= {"d": f"M{x}{'' if y.startswith('-') else ' '}{y}{shape[3]}", MARK: name}
    wanted = {e.get("href", "")[1:] for e in root.iter() if _tag(e) == "use"}
    for parent in root.iter():
        if _tag(parent) == "defs":
            parent[:] = [e for e in parent if _tag(e) != "path" or e.get("id") in wanted]


def _leaves(parent: ET.Element) -> list[ET.Element]:
    """What is drawn, in its order, out of groups that say nothing."""
    found: list[ET.Element] = []
    for child in parent:
        if _tag(child) == "g" and set(child.attrib) <= {"id"}:
            inside = _leaves(child)
            found += sorted(inside, key=_order) if child.attrib.pop("id", "") == LOOSE else inside
        elif _tag(child) == "g" and set(child.attrib) <= set(PAINT):  # what it says is said by its parts
            for one in _leaves(child):
                one.attrib |= {name: value for name, value in child.attrib.items() if name not in one.attrib}
                found.append(one)
        elif not _unseen(child):
            found.append(child)
    return found


def _order(element: ET.Element) -> tuple[Any, ...]:
    return LAYERS.index(_tag(element)), element.get("clip-path", "") == "", _paint(element)


def _unseen(element: ET.Element) -> bool:
    paint = element.attrib
    nothing = _tag(element) == "defs" and not len(element)
    return nothing or (_tag(element) == "path" and paint.get("fill") == "none" and "stroke" not in paint)


def _paint(element: ET.Element) -> tuple[tuple[str, str], ...]:
    if _tag(element) == "defs" or "transform" in element.attrib:
        return ()
    return tuple((name, element.attrib[name]) for name in PAINT if name in element.attrib)


def _together(elements: list[ET.Element]) -> Iterator[ET.Element]:
    """Neighbours that are painted alike: lines, and marks of one shape, as one path; others in a group that says how."""
    for paint, run in itertools.groupby(elements, key=_paint):
        alike = list(_joined(list(run)))
        moved = any(_tag(e) == "use" and "clip-path" in e.attrib for e in alike)  # its own clip-path would move with it
        if not paint or (len(alike) < 2 and not moved):
            yield from alike
            continue
        group = ET.Element(f"{{{SVG}}}g", dict(paint))
        for element in alike:
            for name, _ in paint:
                element.attrib.pop(name)
        group.extend(alike)
        yield group


def _joined(alike: list[ET.Element]) -> Iterator[ET.Element]:
    def kind(element: ET.Element) -> tuple[str, ...]:
        plain = _tag(element) == "path" and set(element.attrib) <= {*PAINT, "d", MARK}
        lines = plain and element.get("fill") == "none" and "stroke-opacity" not in element.attrib
        return ("lines",) if lines else ("marks", element.get(MARK, "")) if plain and MARK in element.attrib else ()

    for what, run in itertools.groupby(alike, key=kind):
        first, *rest = run
        parts = [first, *rest] if what else []
        first.attrib.pop(MARK, None)
        yield first
        if what:
            first.set("d", "".join(part.get("d", "") for part in parts))
        else:
            yield from rest
