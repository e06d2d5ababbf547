"""The lecture's sums on letters: SymPy adds and multiplies symbols, so that a sum is an answer for all numbers at once.

Rows of letters are lists of lists of symbols. Outside its letters an array counts as 0, as everywhere in the lecture. SymPy is
imported when a letter is first made, and not before.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

Letters = Sequence[Sequence[Any]]
"""An array of symbols, row by row."""
Sum = Callable[[Letters, Letters, int, int], Any]
"""(X, W, i, j) → S(i, j)."""


def letters(*rows: str) -> Letters:
    """``letters("wx", "yz")``: a row of symbols for each word; the same letter is the same symbol wherever it stands."""
    import sympy

    return [[sympy.Symbol(letter) for letter in row] for row in rows]


def entry(array: Letters, m: int, n: int) -> Any:
    """The letter at (m, n), and 0 outside."""
    return array[m][n] if 0 <= m < len(array) and 0 <= n < len(array[0]) else 0


def convolution2d(x: Letters, w: Letters, i: int, j: int) -> Any:
    """S(i, j) = Σ_m Σ_n X(m, n) W(i − m, j − n)."""
    return sum(entry(x, m, n) * entry(w, i - m, j - n) for m in range(len(x)) for n in range(len(x[0])))


def cross_correlation2d(x: Letters, w: Letters, i: int, j: int) -> Any:
    """S(i, j) = Σ_m Σ_n X(i + m, j + n) W(m, n)."""
    return sum(entry(x, i + m, j + n) * entry(w, m, n) for m in range(len(w)) for n in range(len(w[0])))


@functools.cache
def products(x: str, w: str, coefficients: tuple[float, ...]) -> Any:
    """Σ c·(letter of X)·(letter of W) over all pairs: what a library computes, if these are its coefficients.

    The coefficients are float64 numbers, taken for what they are; those of the first letter of X first.
    """
    import sympy

    def exactly(c: float) -> Any:
        # SymPy makes 0 of Rational(nan) and of Rational(inf).
        return sympy.Rational(*c.as_integer_ratio()) if math.isfinite(c) else sympy.sympify(c)

    pairs = itertools.product(map(sympy.Symbol, x), map(sympy.Symbol, w))
    return sympy.Add(*(exactly(c) * a * b for c, (a, b) in zip(coefficients, pairs, strict=True) if c != 0))


def with_numbers(polynomials: Sequence[Any], names: str) -> Callable[..., list[int]]:
    """A function of whole numbers, one for each letter of ``names``: the polynomials' values, in Python's integers."""
    import sympy

    return sympy.lambdify(list(map(sympy.Symbol, names)), list(polynomials), modules="math")


@functools.cache
def text(polynomial: Any) -> str:
    """The polynomial as it is written by hand, "az + by + ex + fw": two are equal if and only if their texts are."""
    import sympy

    terms = sympy.expand(polynomial).as_ordered_terms(order="lex")
    return " + ".join(_term(*term.as_coeff_Mul()) for term in terms).replace("+ −", "− ")


def _term(coefficient: Any, product: Any) -> str:
    number = str(coefficient).replace("-", "−")
    shown = {"1": "", "−1": "−"}.get(number, number) if product != 1 else number
    return shown + ("" if product == 1 else str(product).replace("**", "^").replace("*", ""))


def factors(polynomial: Any) -> list[tuple[str, str]]:
    """[(letter of X, letter of W)] for a sum of products of two different letters, in alphabetical order."""
    import sympy

    pairs = [sorted(map(str, term.free_symbols)) for term in sympy.expand(polynomial).as_ordered_terms(order="lex")]
    return [(first, second) for first, second in pairs]
