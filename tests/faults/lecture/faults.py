"""A claim for each operation of ``faulty.py``, and some beside them that must not notice."""

import ast
from pathlib import Path

import numpy as np
from lectureclaims.claims.language import ask, claim, same_bits

SOURCE = ast.parse(Path(__file__).parents[1].joinpath("faulty.py").read_text(encoding="utf-8"))
FAULTS = [node.name for node in SOURCE.body if isinstance(node, ast.FunctionDef) and node.name != "relu"]
WAYS = {"kind": "exact", "expected": "verified", "dtypes": ("float32",)}


def relu(case, label, factor=1):
    x = case.reals("x", (8,))
    y = yield ask("relu", x=x)
    yield same_bits(y, factor * np.fmax(x, 0), label=label, source="the formula")


def claim_of(fault):
    made = claim(f"fault.{fault}", "Each operation leaves the others alone.", **WAYS)

    @made.case("one")
    def experiment(case):
        yield from relu(case, "before")
        x = case.reals("x", (8,))
        y = yield ask(fault, x=x)
        yield same_bits(y, x, label="itself", source="what was given")
        yield from relu(case, "after")

    return made


vars().update({fault: claim_of(fault) for fault in FAULTS})


def mistaken(error):
    made = claim(f"mistake.{type(error).__name__}", "An experiment is mistaken.", **WAYS)

    @made.case("one")
    def experiment(case):
        yield from relu(case, "before")
        raise error

    return made


class Untold(Exception):
    def __str__(self):
        raise self


MISTAKES = (
    BaseException("x"),
    GeneratorExit("x"),
    SystemExit(3),
    KeyboardInterrupt("x"),
    ValueError("\ud800"),
    Untold(),
)
vars().update({type(error).__name__: mistaken(error) for error in MISTAKES})


def sound_claim(name):
    made = claim(f"sound.{name}", "Nothing else is touched.", **WAYS)

    @made.case("one", wrongs={"negative": {"factor": -1}})
    def experiment(case, *, factor=1):
        yield from relu(case, "the formula", factor)

    return made


vars().update({name: sound_claim(name) for name in ("a", "b", "c", "d", "e", "f")})
