"""A claim: what the lecture says, made precise, with its cases, its experiment, its wrongs and its limits.

An experiment is a generator. It yields calls (or lists of calls) and is sent their outcomes; it yields comparisons, which
the engine records::

    @claim("convolution.flip", statement="…", scope="…", expected="verified",
           cases={"2-d": {"shape": (2, 3, 7, 5)}},
           wrongs={"one axis flipped": {"turn": flip_last_axis}})
    def flip(case, *, turn=half_turn):
        x, w = case.integers("x", case.shape), case.integers("w", …)
        y = yield ask("convolution2d", x=x, w=turn(w), …)
        yield same_bits(y, oracle.convolution2d(x, w, …), label="…", source="literal sum in integers")

Its keyword-only parameters are what it *says*; a wrong replaces one of them (a statement mutant) or puts another
operation in the library's place (an operator mutant), and the same experiment must then disagree.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...reference.libraries import DECODERS
from .comparison import Comparison
from .outcome import Call, Outcome

Experiment = Callable[..., Generator[Any, Any, None]]
VERDICTS = ("verified", "supported", "disputed", "not supported", "inconclusive", "refuted", "error")


class Case:
    """One named, seeded combination of inputs. Arrays drawn from it are read-only and the same for every library."""

    def __init__(
        self,
        claim: str,
        name: str,
        settings: Mapping[str, Any],
        *,
        dtype: str | None,
        backend: str,
        seed: int,
        quick: bool = False,
        point: str | None = None,
        defect_of: Callable[[Call | None], str] = lambda call: "",
    ) -> None:
        self.claim, self.name, self.backend, self.seed, self.quick, self.point = (
            claim,
            name,
            backend,
            seed,
            quick,
            point,
        )
        self.defect_of = defect_of
        self._dtype = dtype
        self.settings = dict(settings)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the cell; a claim without dtypes has nothing to draw and gets float64."""
        return np.dtype(self._dtype or "float64")

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["settings"][name]
        except KeyError:
            raise AttributeError(f"case {self.name!r} of {self.claim} has no setting {name!r}") from None

    def rng(self, name: str = "") -> np.random.Generator:
        """A generator for the array of this name: it depends on the seed, the claim and the case, on nothing else."""
        words = hashlib.sha256(f"{self.claim}/{self.name}/{name}".encode()).digest()
        return np.random.default_rng([self.seed, *np.frombuffer(words, np.uint32)[:4].tolist()])

    def integers(self, name: str, shape: Sequence[int], low: int = -8, high: int = 8) -> np.ndarray:
        """Integers low … high inclusive, in the case's dtype: the exact mode's inputs."""
        return self._fixed(self.rng(name).integers(low, high + 1, tuple(shape)))

    def reals(self, name: str, shape: Sequence[int], *, scale: float = 1.0, offset: float = 0.0) -> np.ndarray:
        """Normal numbers, rounded once to the case's dtype."""
        return self._fixed(offset + scale * self.rng(name).standard_normal(tuple(shape)))

    def _fixed(self, values: np.ndarray) -> np.ndarray:
        array = values.astype(self.dtype)
        array.flags.writeable = False
        return array


@dataclass(frozen=True)
class Wrong:
    """A mistaken world: other sayings, other operations, or both.

    ``operations`` maps an operation's name to an operator mutant, a module-level function ``mutant(lib, **arguments)``.
    ``cases``, ``dtypes`` and ``backends`` name where the mistake can be told (None: everywhere); ``needs`` names
    operations without which it cannot be told, so that it is not tried on a library that lacks one.
    """

    name: str = ""
    says: Mapping[str, Any] = field(default_factory=dict)
    operations: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    cases: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] | None = None
    backends: tuple[str, ...] | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limit:
    """A place just outside the scope where the literal sentence fails, exhibited by an experiment of its own."""

    name: str
    experiment: Experiment
    says: str
    backends: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] | None = None
    as_worded: bool = False


@dataclass
class Claim:
    id: str
    statement: str
    scope: str
    experiment: Experiment
    expected: str
    kind: str
    cases: Mapping[str, Mapping[str, Any]]
    wrongs: Sequence[Wrong]
    premises: tuple[str, ...] = ()
    dtypes: tuple[str | None, ...] = ("float32", "float64")
    about: tuple[str, ...] = ()
    about_shapes: bool = False
    sources: tuple[str, ...] = ()
    notes: str = ""
    elsewhere: str = ""
    finding: str = ""
    limits: list[Limit] = field(default_factory=list)

    def limit(
        self,
        name: str,
        *,
        says: str,
        backends: Iterable[str] | None = None,
        dtypes: Iterable[str] | None = None,
        as_worded: bool = False,
    ) -> Callable[[Experiment], Experiment]:
        """Decorator: a limit of this claim. ``backends`` and ``dtypes`` name where it must show (None: wherever the claim runs).

        ``as_worded``: it is no far corner but a plain reading of the lecture's sentence that fails here; the verdict says so.
        """

        def add(experiment: Experiment) -> Experiment:
            if any(limit.name == name for limit in self.limits):
                raise ValueError(f"limit={name!r}: {self.id} has one of this name already; give it another")
            self.limits.append(Limit(name, experiment, says, _tuple(backends), _tuple(dtypes), as_worded))
            return experiment

        return add

    @property
    def file(self) -> str:
        return inspect.getsourcefile(inspect.unwrap(self.experiment)) or ""

    def cases_for(self, backend: str) -> list[str]:
        """The cases that run on this library in some dtype."""
        return [case for case in self.cases if any(self.runs(case, backend, dtype) for dtype in self.dtypes)]

    def runs(self, case: str, backend: str, dtype: str | None) -> bool:
        """Whether a case is for this library and dtype: its settings ``backends`` and ``dtypes`` may say otherwise.

        A library that only decodes pictures takes part where a case names it, and nowhere else.
        """
        settings = self.cases[case]
        libraries = settings.get("backends", () if backend in DECODERS else (backend,))
        return dtype in settings.get("dtypes", self.dtypes) and backend in libraries


def claim(
    id: str,
    *,
    statement: str,
    scope: str,
    expected: str,
    kind: str,
    cases: Mapping[str, Mapping[str, Any]],
    wrongs: Mapping[str, Mapping[str, Any] | Wrong],
    premises: Sequence[str] = (),
    dtypes: Sequence[str | None] = ("float32", "float64"),
    about: Sequence[str] = (),
    about_shapes: bool = False,
    sources: Sequence[str] = (),
    notes: str = "",
    elsewhere: str = "",
    finding: str = "",
) -> Callable[[Experiment], Claim]:
    """Make a claim of an experiment; the sentence it belongs to is found by its id in the lecture's ``sentences.toml``.

    ``wrongs`` maps a name to what to say instead (a dictionary of the experiment's keyword parameters), or to a
    :class:`Wrong` that says more. ``elsewhere`` says why no case is for some library (its cells are then *unsupported*).
    ``finding`` says in a line what a claim over seeds found, with the names of gates in braces where the reports set in what was
    measured: "it recognises {held-out images are recognised} of them"; they say it where the claim came to the expected verdict.

    Raises ValueError for an unknown expected verdict, a wrong that names no parameter of the experiment, or no cases.
    """
    if expected not in VERDICTS:
        raise ValueError(f"expected={expected!r}: not a verdict; choose one of {', '.join(VERDICTS)}")
    if not cases:
        raise ValueError(f"cases={cases!r}: {id} has none; name at least one")

    def make(experiment: Experiment) -> Claim:
        sayings = {p.name for p in inspect.signature(experiment).parameters.values() if p.kind is p.KEYWORD_ONLY}
        made = [_wrong(name, w) for name, w in wrongs.items()]
        for wrong in made:
            if unknown := set(wrong.says) - sayings:
                raise ValueError(
                    f"wrong={wrong.name!r}: {id} says nothing called {sorted(unknown)}; it says {sorted(sayings)}"
                )
            if unknown := set(wrong.cases or ()) - set(cases):
                raise ValueError(f"wrong={wrong.name!r}: {id} has no case {sorted(unknown)}; it has {sorted(cases)}")
        return Claim(
            id,
            statement,
            scope,
            experiment,
            expected,
            kind,
            cases,
            made,
            tuple(premises),
            tuple(dtypes),
            tuple(about),
            about_shapes,
            tuple(sources),
            notes,
            elsewhere,
            finding,
        )

    return make


def _wrong(name: str, what: Mapping[str, Any] | Wrong) -> Wrong:
    return replace(what, name=name) if isinstance(what, Wrong) else Wrong(name, what)


def _tuple(names: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


@dataclass(frozen=True)
class Figure:
    """Data for a picture, yielded by an experiment; the reports draw it by its name."""

    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Stated:
    """What a statistical design fixes before an arm runs, yielded by its experiment: it is in the evidence from then on."""

    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Timing:
    """What a clock or a meter said: never the same twice, so it stands among what is volatile and decides nothing."""

    name: str
    data: Mapping[str, Any]


Step = Call | list[Call] | Comparison | Figure | Stated | Timing
Answer = Outcome | list[Outcome] | None
