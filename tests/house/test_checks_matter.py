"""Each of the engine's own checks, taken out in turn: some lie must then go unnoticed, or the check does no work.

A copy of the package with one line changed is put to the lies that the check is there for; ``lying.MUST_COME_TO`` says
what they must come to, and of that something must then no longer be so.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from lying import unmet, verify_the_lies

pytestmark = pytest.mark.rare
ROOT = Path(__file__).parents[2]
COMPARISON, VERDICTS, DEFECTS, WORKERS = (
    f"claims/{name}.py" for name in ("language/comparison", "record/verdicts", "language/defects", "workers/worker")
)


class Without(NamedTuple):
    """A check taken out: the line as it is, the line without the check, and the lies that it is there for."""

    check: str
    file: str
    line: str
    changed: str
    claims: tuple[str, ...]
    libraries: tuple[str, ...]


BITS, BOUNDS, SWEEP = ("layer.correlates",), ("layer.rounds",), ("fault.sweep",)
CHECKS = [
    # comparisons
    Without("shapes are compared", COMPARISON, "if have.shape != want.shape:", "if False:", BITS, ("shapeless",)),
    Without("dtypes are compared", COMPARISON, "if have.dtype != dtype:", "if False:", BITS, ("double",)),
    Without(
        "dtypes are compared within bounds",
        COMPARISON,
        "_refused(got, want, _asked_dtype(got), row)",
        "_refused(got, want, None, row)",
        BOUNDS,
        ("double",),
    ),
    Without(
        "NaN differs", COMPARISON, "differ = ~(have == want)", "differ = (have < want) | (have > want)", BITS, ("nans",)
    ),
    Without(
        "NaN is outside bounds",
        "reference/bounds/bound.py",
        "np.where(np.isnan(ratio), np.inf, ratio)",
        "np.nan_to_num(ratio)",
        BOUNDS,
        ("nans",),
    ),
    Without("bits are compared", COMPARISON, "agrees=count == 0,", "agrees=True,", BITS, ("one_ulp",)),
    Without(
        "bits, not nearly so",
        COMPARISON,
        "differ = ~(have == want)",
        "differ = ~(abs(have - want) < 1e-3)",
        BITS,
        ("one_ulp",),
    ),
    Without("error ÷ bound is at most 1", COMPARISON, "~(ratio <= 1)", "~(ratio <= 100)", BOUNDS, ("beyond",)),
    Without("bounds allow rounding", COMPARISON, "~(ratio <= 1)", "~(ratio <= 0)", BOUNDS, ("one_ulp",)),
    Without(
        "empty arrays compare nothing",
        COMPARISON,
        'but(note="both empty")',
        'but(note="both empty", elements=1)',
        ("silence.empty",),
        ("numpy",),
    ),
    # verdicts
    Without("a departure refutes", VERDICTS, "if departures else", "if False else", BITS, ("flipping",)),
    Without(
        "something was compared",
        VERDICTS,
        'return "" if sum(r.elements for r in facts.made) and facts.asked else',
        'return "" if True else',
        ("silence.no_comparison",),
        ("numpy",),
    ),
    Without(
        "what was compared came from the library",
        VERDICTS,
        " and facts.asked else",
        " else",
        ("silence.no_library",),
        ("numpy",),
    ),
    Without(
        "there are wrongs",
        VERDICTS,
        'return "" if facts.wrongs else',
        'return "" if True else',
        ("unbroken.no_wrongs",),
        ("numpy",),
    ),
    Without(
        "no wrong survives", VERDICTS, "if not caught(rows, self)]", "if False]", ("mistake.survives",), ("numpy",)
    ),
    Without(
        "an exception refutes no wrong",
        VERDICTS,
        "if row.made and not row.agrees and not row.defect",
        "if not row.agrees and not row.defect",
        ("mistake.raises",),
        ("numpy",),
    ),
    Without(
        "a shape refutes no wrong",
        VERDICTS,
        "if facts.about_shapes or not row.shape\n",
        "if True\n",
        ("mistake.has_another_shape",),
        ("numpy",),
    ),
    Without(
        "limits show",
        VERDICTS,
        "if not shown(rows, about_shapes=self.about_shapes)]",
        "if False]",
        ("limit.does_not_show",),
        ("numpy",),
    ),
    Without(
        "what holds in a limit is no limit",
        VERDICTS,
        " and all(fails) and",
        " and",
        ("limit.does_not_show",),
        ("numpy",),
    ),
    Without(
        "a NaN is no limit",
        VERDICTS,
        ' and (isinstance(r, Fact) or r.got != "nan")',
        "",
        ("limit.fails_by_nan",),
        ("numpy",),
    ),
    Without(
        "something is predicted beside a limit",
        VERDICTS,
        "bool(literal and beside)",
        "bool(literal)",
        ("limit.alone",),
        ("numpy",),
    ),
    Without(
        "gates are met",
        VERDICTS,
        "facts.gates if not r.agrees and not r.undecided)",
        "facts.gates if False)",
        ("gate.not_met",),
        ("numpy",),
    ),
    Without(
        "a mistake in a claim is an error",
        VERDICTS,
        'if r.outcome == "error"',
        "if False",
        ("broken.experiment",),
        ("numpy",),
    ),
    Without(
        "an unexpected exception is an error",
        VERDICTS,
        'if r.outcome == "raised" and not r.made',
        "if False",
        BITS,
        ("refuses",),
    ),
    Without(
        "a broken library is an error",
        VERDICTS,
        'if r.outcome == "broken" and not r.made',
        "if False",
        BITS,
        ("fickle",),
    ),
    Without(
        "a call without an answer is an error",
        VERDICTS,
        'if r.outcome == "broken" and not r.made',
        "if False",
        SWEEP,
        ("dies",),
    ),
    Without(
        "what is unsupported takes no part",
        VERDICTS,
        "_stops_first(facts) if r.outcome in TAKES_NO_PART)",
        "_stops_first(facts) if False)",
        BITS,
        ("lacking",),
    ),
    # recorded defects
    Without(
        "a record has a range of versions",
        DEFECTS,
        "SpecifierSet(self.versions, prereleases=True).contains(Version(str(version)))",
        "True",
        SWEEP,
        ("newer",),
    ),
    Without("a record reproduces", VERDICTS, "for d in facts.unreproduced)", "for d in ())", SWEEP, ("mended",)),
    Without(
        "a record stops only what it touches",
        "claims/engine/cells.py",
        "if cell.honest.touched[d.defect.id] and not d.reproduced",
        "if not d.reproduced",
        BITS,
        ("mended",),
    ),
    Without(
        "a recorded departure refutes no claim",
        VERDICTS,
        "not isinstance(r, Gate) and not r.defect]",
        "not isinstance(r, Gate)]",
        SWEEP,
        ("faulty",),
    ),
    Without(
        "a recorded departure refutes no wrong",
        VERDICTS,
        "if row.made and not row.agrees and not row.defect",
        "if row.made and not row.agrees",
        ("fault.hides_no_wrong",),
        ("faulty",),
    ),
    Without("a record covers the fault alone", VERDICTS, "if spared and (", "if False and (", SWEEP, ("sweeping",)),
    # workers
    Without(
        "there is a time limit",
        WORKERS,
        "self._process.receive(timeout=self.timeout, others=left > 0)",
        "self._process.receive(timeout=START_LIMIT)",
        SWEEP,
        ("hangs",),
    ),
    Without(
        "a death is told",
        WORKERS,
        'outcomes[lost] = Outcome("broken", error=self._dead or str(end))',
        'outcomes[lost] = Outcome("unsupported", error=str(end))',
        SWEEP,
        ("dies",),
    ),
    Without(
        "the call at fault is found",
        WORKERS,
        "lost = next(i for i in numbers if i not in outcomes and i not in waiting)",
        "lost = numbers[-1]",
        SWEEP,
        ("dies",),
    ),
    Without(
        "the other calls are made again",
        WORKERS,
        "losses += self._made(",
        "losses += LOSSES * self._made(",
        SWEEP,
        ("dies",),
    ),
    Without(
        "inputs are left as they are",
        "claims/workers/library.py",
        " if changed else outcome",
        " if False else outcome",
        BITS,
        ("scribbling",),
    ),
]


POPULATION, STATISTICS, PLACE = (
    "claims/language/population.py",
    "claims/language/statistics.py",
    Path(__file__).parents[1],
)
STUDY, EFFECTS, CELL = (
    "language/test_population.py::test_",
    "language/test_statistics.py::test_",
    "record/test_verdicts.py::test_the_verdict_of_a_cell",
)
STATISTICAL_CHECKS = [
    # what a statistical design is told by, and the test that must then fail
    (
        POPULATION,
        "if not versions or versions[-1] != digest:",
        "if False:",
        STUDY + "a_gate_that_changes_without_its_designs_version_stops_the_claim",
    ),
    (
        POPULATION,
        "if digest_of(design",
        "if False and digest_of(design",
        STUDY + "gates_that_are_moved_while_the_arms_run_are_noticed",
    ),
    (POPULATION, ") < sum(count):", ") < 0:", STUDY + "seeds_that_are_shared_by_mistake_are_noticed"),
    (
        COMPARISON,
        "undecided=judged.undecided,",
        "undecided=False,",
        STUDY + "where_the_interval_is_too_wide_nothing_is_decided",
    ),
    (POPULATION, "if case.quick else count", "if False else count", STUDY + "a_quick_run_says_so_and_uses_six_seeds"),
    (
        POPULATION,
        " and (predicted or not undecided)",
        "",
        STUDY + "a_limit_needs_the_sentence_to_fail_and_the_designs_gates_to_hold",
    ),
    (
        STATISTICS,
        "elif effect.identical:",
        "elif False:",
        STUDY + "one_arm_twice_is_noticed_where_an_effect_is_claimed_and_where_none_is",
    ),
    (STATISTICS, "if effect.missing:", "if False:", EFFECTS + "seeds_without_a_number_are_counted_and_never_dropped"),
    (STATISTICS, "elif effect.seeds < FEWEST_SEEDS:", "elif False:", EFFECTS + "five_seeds_are_too_few_however_clear"),
    (VERDICTS, "row.undecided or (row.speaks", "(row.speaks", CELL),
    (VERDICTS, " or (row.speaks and _gate_of(row) not in met)", "", CELL),
    (VERDICTS, "return row.case, row.gate, row.group", 'return row.case, row.gate, ""', CELL),
    (VERDICTS, "isinstance(row, Gate) and not row.speaks]", "isinstance(row, Gate)]", CELL),
    (VERDICTS, "if r.undecided)", "if False)", CELL),
    (
        VERDICTS,
        "open_ = any(all(r.agrees or r.undecided for r in rows) for rows in gates.values())",
        "open_ = False",
        CELL,
    ),
    (VERDICTS, "and row.speaks == side:", "and row.speaks:", CELL),
    (VERDICTS, "if all(r.agrees for r in rows)]", "if any(r.agrees for r in rows)]", CELL),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder with a copy of the package, as it is installed."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "package", folder / "lectureclaims", ignore=shutil.ignore_patterns("__pycache__"))
    for room in ("claims", "reference", "reports"):
        shutil.copytree(
            ROOT / room, folder / "lectureclaims" / room, ignore=shutil.ignore_patterns("__pycache__", "latest")
        )
    return folder


def test_with_every_check_in_place_all_lies_are_told(package):
    """The copy works; without this the tests below could pass because it does not run at all."""
    claims = sorted({claim for without in CHECKS for claim in without.claims})
    libraries = sorted({name for without in CHECKS for name in without.libraries})
    assert unmet(verify_the_lies(package, claims=claims, libraries=libraries)) == []


@pytest.mark.parametrize("without", CHECKS, ids=[without.check for without in CHECKS])
def test_with_a_check_taken_out_some_lie_goes_unnoticed(package, without):
    path = package / "lectureclaims" / without.file
    source = path.read_text(encoding="utf-8")
    assert source.count(without.line) == 1, f"{without.file} has changed: say here what line this check is now"
    path.write_text(source.replace(without.line, without.changed), encoding="utf-8")
    try:
        evidence = verify_the_lies(package, claims=without.claims, libraries=without.libraries)
    finally:
        path.write_text(source, encoding="utf-8")
    assert unmet(evidence) != []


@pytest.mark.parametrize(
    "file, line, changed, test",
    STATISTICAL_CHECKS,
    ids=[f"{test.partition('::')[2]}: {line}" for _, line, _, test in STATISTICAL_CHECKS],
)
def test_with_a_statistical_check_taken_out_its_test_fails(package, file, line, changed, test):
    path = package / "lectureclaims" / file
    source = path.read_text(encoding="utf-8")
    assert source.count(line) == 1, f"{file} has changed: say here what line this check is now"
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(PLACE / test)]
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    path.write_text(source.replace(line, changed), encoding="utf-8")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    finally:
        path.write_text(source, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    assert "AssertionError" in done.stdout or "DID NOT RAISE" in done.stdout, done.stdout
