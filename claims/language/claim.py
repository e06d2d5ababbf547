"""A claim: what the lecture says, made precise, with its cases, its wrongs and its limits.

The prose stands first, then a function for each kind of case::

    flip = claim(
        "convolution.flip",
        '''
        Convolution with W is cross-correlation with W turned by 180°.

        Scope: 1-d and 2-d, many channels.

        Sources:
        - Dumoulin & Visin (2016), A guide to convolution arithmetic, §4
        ''',
        kind="exact", expected="verified",
    )

    @flip.case("2-d", shape=(2, 3, 7, 5), wrongs={"one axis flipped": {"turn": flip_last_axis}})
    def turned(case, *, turn=half_turn):
        x, w = case.integers("x", case.shape), case.integers("w", …)
        y = yield ask("convolution2d", x=x, w=turn(w), …)
        yield same_bits(y, oracle.convolution2d(x, w, …), label="…", source="literal sum in integers")

    @flip.limit("symmetric kernels")
    def _(case):
        '''With a kernel that is its own half turn no output can tell whether a library flips.'''

An experiment is a generator. It yields calls (or lists of calls) and is sent their outcomes; it yields comparisons, which the engine
records. Its keyword-only parameters are what it *says*; a wrong replaces one of them, or puts another operation in the library's
place, and the same experiment must then disagree.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from ...reference.libraries import DECODERS
from ..record.types import Verdict
from . import prose
from .case import Case as Case

Experiment = Callable[..., Generator[Any, Any, Any]]
VERDICTS = get_args(Verdict)
KINDS = ("exact", "rounding", "measured", "statistical", "convention")
"""What a claim is judged by; several are joined: "exact + rounding"."""
NARROW_AND_WIDE = ("float32", "float64")
"""The dtypes of a claim that names none."""


@dataclass(frozen=True)
class Wrong:
    """A mistaken world: other sayings, other operations, or both.

    ``operations`` maps an operation's name to a mutant, a module-level function ``mutant(lib, **arguments)``.
    ``cases``, ``dtypes`` and ``backends`` name where the mistake can be told (None: wherever its cases run); ``needs`` names
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


@dataclass(frozen=True)
class Declared:
    """A case as a claim declares it; None: on every library, in every dtype of the claim.

    probed: whether the case is run again with every known mistake in the library's place; a long one need not be.
    """

    experiment: Experiment
    settings: Mapping[str, Any]
    backends: tuple[str, ...] | None = None
    dtypes: tuple[str | None, ...] | None = None
    probed: bool = True


@dataclass
class Claim:
    """What :func:`claim` makes. ``wrongs`` may hold one name several times: a mistake that attacks cases of several experiments."""

    id: str
    prose: prose.Prose
    expected: Verdict
    kind: str
    premises: tuple[str, ...] = ()
    dtypes: tuple[str | None, ...] = NARROW_AND_WIDE
    about: tuple[str, ...] = ()
    about_shapes: bool = False
    disputes: bool = False
    ranges: Mapping[str, int] = field(default_factory=dict)
    file: str = ""
    cases: dict[str, Declared] = field(default_factory=dict)
    wrongs: list[Wrong] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)

    def case(
        self,
        name: str,
        *,
        backends: Iterable[str] | None = None,
        dtypes: Iterable[str | None] | None = None,
        probed: bool = True,
        wrongs: Mapping[str, Mapping[str, Any] | Wrong] | None = None,
        **settings: Any,
    ) -> Callable[[Experiment], Experiment]:
        """Decorator: one case of this claim, with its settings and the wrongs that attack it; see :meth:`each`."""
        return self.each({name: settings}, backends=backends, dtypes=dtypes, probed=probed, wrongs=wrongs)

    def each(
        self,
        cases: Mapping[str, Mapping[str, Any]],
        *,
        backends: Iterable[str] | None = None,
        dtypes: Iterable[str | None] | None = None,
        probed: bool = True,
        wrongs: Mapping[str, Mapping[str, Any] | Wrong] | None = None,
    ) -> Callable[[Experiment], Experiment]:
        """Decorator: several cases of one experiment, {name: settings}, and the wrongs that attack them.

        A wrong is what to say instead, {keyword parameter: value}, or a :class:`Wrong` that says more. ``backends`` and ``dtypes`` name where
        the cases run. Decorators of one function run from below, so the lowest one's cases come first.

        Raises ValueError for no cases, a name twice, and a wrong that names no parameter or no case of the experiment.
        """

        def add(experiment: Experiment) -> Experiment:
            if not cases:
                raise ValueError(f"cases={cases!r}: {self.id} has none here; name at least one")
            if twice := self.cases.keys() & cases.keys():
                raise ValueError(f"case={min(twice)!r}: {self.id} has one of this name already; give it another")
            where = (_tuple(backends), _tuple(dtypes), probed)
            self.cases |= {name: Declared(experiment, settings, *where) for name, settings in cases.items()}
            self.wrongs += [self._attack(experiment, cases, name, wrong) for name, wrong in (wrongs or {}).items()]
            return experiment

        return add

    def _attack(
        self, experiment: Experiment, cases: Mapping[str, Any], name: str, what: Mapping[str, Any] | Wrong
    ) -> Wrong:
        wrong = what if isinstance(what, Wrong) else Wrong(says=what)
        sayings = {p.name for p in inspect.signature(experiment).parameters.values() if p.kind is p.KEYWORD_ONLY}
        if unknown := set(wrong.says) - sayings:
            raise ValueError(
                f"wrong={name!r}: {self.id} says nothing called {sorted(unknown)}; it says {sorted(sayings)}"
            )
        if unknown := set(wrong.cases or ()) - set(cases):
            raise ValueError(f"wrong={name!r}: {self.id} has no case {sorted(unknown)} here; there is {sorted(cases)}")
        return replace(wrong, name=name, cases=tuple(cases) if wrong.cases is None else wrong.cases)

    def limit(
        self,
        name: str,
        *,
        says: str = "",
        backends: Iterable[str] | None = None,
        dtypes: Iterable[str] | None = None,
        as_worded: bool = False,
    ) -> Callable[[Experiment], Experiment]:
        """Decorator: a limit of this claim; its docstring says what is so there. ``backends`` and ``dtypes`` name where it must show
        (None: wherever the claim runs).

        ``as_worded``: it is no far corner but a plain reading of the lecture's sentence that fails here; the verdict says so.
        """

        def add(experiment: Experiment) -> Experiment:
            if any(limit.name == name for limit in self.limits):
                raise ValueError(f"limit={name!r}: {self.id} has one of this name already; give it another")
            words = says or prose.line(experiment.__doc__ or "")
            if not words:
                raise ValueError(f"limit={name!r}: {self.id} does not say what is so there; give it a docstring")
            self.limits.append(Limit(name, experiment, words, _tuple(backends), _tuple(dtypes), as_worded))
            return experiment

        return add

    def cases_for(self, backend: str) -> list[str]:
        """The cases that run on this library in some dtype."""
        return [case for case in self.cases if any(self.runs(case, backend, dtype) for dtype in self.dtypes)]

    def runs(self, case: str, backend: str, dtype: str | None) -> bool:
        """Whether a case is for this library and dtype.

        A library that only decodes pictures takes part where a case names it, and nowhere else.
        """
        declared = self.cases[case]
        anywhere = backend not in DECODERS if declared.backends is None else backend in declared.backends
        return anywhere and dtype in (self.dtypes if declared.dtypes is None else declared.dtypes)


def claim(
    id: str,
    text: str,
    *,
    expected: Verdict,
    kind: str,
    premises: Sequence[str] = (),
    dtypes: Sequence[str | None] = NARROW_AND_WIDE,
    about: Sequence[str] = (),
    about_shapes: bool = False,
    disputes: bool = False,
    ranges: Mapping[str, int] | None = None,
) -> Claim:
    """A claim with its prose (see :mod:`.prose`); the sentence it belongs to is found by its id in the lecture's ``sentences.toml``.

    ``about`` names libraries that the claim is about and that must take part. ``disputes``: the sentence itself says that there are two sides, so it
    is supported where gates of both are met. ``ranges`` is how far each size of a sweep runs: {"H": 32}.
    In the prose, ``Elsewhere:`` says why no case is for some library (its cells are then *unsupported*); ``Finding:`` says in a line what a
    claim over seeds found, with the names of gates in braces where reports set in what was measured: "it recognises {held-out images are
    recognised} of them"; they say it where the claim came to the expected verdict.

    Raises ValueError for an unknown expected verdict or kind and for a prose without a statement.
    """
    if expected not in VERDICTS:
        raise ValueError(f"expected={expected!r}: not a verdict; choose one of {', '.join(VERDICTS)}")
    if not {*kind.split(" + ")} <= {*KINDS}:
        raise ValueError(f"kind={kind!r}: not a kind; choose from {', '.join(KINDS)}, joined by ' + '")
    told = (tuple(premises), tuple(dtypes), tuple(about), about_shapes, disputes, dict(ranges or {}))
    return Claim(id, prose.read(text), expected, kind, *told, sys._getframe(1).f_code.co_filename)


def _tuple(names: Iterable[str | None] | None) -> Any:
    return None if names is None else tuple(names)


@dataclass(frozen=True)
class Kept:
    """What an experiment yields to be kept under a name."""

    name: str
    data: Mapping[str, Any]


class Figure(Kept):
    """Data for a picture; the reports draw it by its name."""


class Stated(Kept):
    """What a statistical design fixes before an arm runs: it is in the evidence from then on."""


class Timing(Kept):
    """What a clock or a meter said: never the same twice, so it stands among what is volatile and decides nothing."""
