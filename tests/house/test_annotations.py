"""Each room has one policy: every signature is annotated, or none is."""

import ast

import pytest
from sources import ROOT, SOURCES, where

BARE, PUBLIC, ALL = "no signature", "public signatures", "every signature"


def policy(path):
    """What is annotated in the room of a source, given by the parts of its path.

    A claim is read beside the lecture, and a library's signatures are those of the operators: neither is annotated. In the
    reference, helpers are formulas between annotated doors.
    """
    floor, room, *below = path
    if (floor, room) == ("claims", "lecture") or ((floor, room) == ("reference", "libraries") and len(below) > 1):
        return BARE
    return PUBLIC if floor == "reference" else ALL


def parameters(function):
    """The parameters that an annotation could say something of: not self, cls and lambda's."""
    given = function.args
    first = [*given.posonlyargs, *given.args]
    if first and first[0].arg in ("self", "cls"):
        first = first[1:]
    return [*first, *given.kwonlyargs, *(one for one in (given.vararg, given.kwarg) if one)]


def strays(source, policy):
    """(line, name) of each function whose signature breaks the policy of its room."""
    tree = ast.parse(source)
    public = {id(f) for f in tree.body if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            said = [one.annotation is not None for one in parameters(node)] + [node.returns is not None]
            if any(said) if policy == BARE else not all(said) and (policy == ALL or id(node) in public):
                yield node.lineno, node.name


@pytest.mark.parametrize(
    ("source", "policy", "found"),
    [
        ("def f(x: int) -> int: ...", ALL, []),
        ("def f(x: int): ...", ALL, [(1, "f")]),
        ("def f(*x) -> int: ...", ALL, [(1, "f")]),
        ("class Some(list): # a method\n def f(self, x, *, y: int) -> int: ...", ALL, [(2, "f")]),
        ("def f(x): ...", PUBLIC, [(1, "f")]),
        ("def _f(x): ...", PUBLIC, []),
        ("def f(x: int) -> int:\n    def g(y): ...", PUBLIC, []),
        ("def f(x, *, y=1): ...", BARE, []),
        ("def f(x, *, y: int = 1): ...", BARE, [(1, "f")]),
        ("def f(x) -> int: ...", BARE, [(1, "f")]),
    ],
)
def test_such_a_signature_would_be_found(source, policy, found):
    assert list(strays(source, policy)) == found


def test_a_room_is_annotated_or_it_is_not():
    found = []
    for path in SOURCES:
        kept = policy(path.relative_to(ROOT).parts)
        found += [f"{where(path, line)} {name}" for line, name in strays(path.read_text(encoding="utf-8"), kept)]
    assert found == []
