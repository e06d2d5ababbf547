"""Verdicts: every rule has facts that it decides, and of two neighbours that both apply the earlier one decides."""

import ast
import itertools
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import lectureclaims.claims
import lectureclaims.reports
import pytest
from lectureclaims.claims.record import verdicts
from lectureclaims.claims.record.types import Bits, Cell, Fact, Row, Sweep, Within
from lectureclaims.claims.record.verdicts import (
    CELL_RULES,
    CLAIM_RULES,
    ClaimFacts,
    Facts,
    cell_verdict,
    claim_verdict,
    margin,
    shown,
    summary,
)
from msgspec.structs import replace
from rows import BAD, GOOD, gate, side, stopped, unmade

CLOSE = Within(label="the sum", ratio=0.25)
OFF = Within(label="the sum", agrees=False, ratio=8.0, elements=2, differing=1, allowed=1.0)
MISSHAPEN = replace(BAD, shape=True, got="shape (3,)", wanted="shape (2,)")
NAN = replace(BAD, got="nan")
EMPTY = replace(GOOD, elements=0)
SWEPT = Sweep(label="sizes", of="bits", geometries=9, elements=9)
MET, UNMET, OPEN = gate(), gate(met=False), gate(met=False, undecided=True)
INFINITE = float("inf")


def known(row):
    return replace(row, defect="library-3x2")


def spared(row):
    return replace(row, spared="library-3x2")


def fails(row):
    return replace(row, must_fail=True)


def cell(*honest, wrongs=((BAD,),), limits=(), **more):
    return Facts(
        honest,
        {f"wrong {i}": rows for i, rows in enumerate(wrongs)},
        {f"limit {i}": rows for i, rows in enumerate(limits)},
        **more,
    )


def ran(verdict, backend="numpy", reason="why"):
    """A cell of a claim."""
    return Cell(
        backend=backend,
        dtype="float32",
        verdict=verdict,
        rule="a rule",
        reason=reason,
        comparisons=1,
        elements=1,
        worst_ratio=None,
        margin=None,
    )


# --- every rule, and every pair of neighbours --------------------------------------------------------------------------

CELLS = {
    "not installed": cell(absent="torch is not installed"),
    "not for this library": cell(left_out="no case is for it"),
    "the experiment failed": cell(GOOD, stopped("error")),
    "the library is broken": cell(GOOD, stopped("broken")),
    "no such operation": cell(stopped("unsupported")),
    "a counterexample": cell(GOOD, BAD),
    "the library raised": cell(GOOD, stopped("raised")),
    "a recorded defect did not reproduce": cell(GOOD, unreproduced=["library-3x2"]),
    "a recorded defect's trigger is too broad": cell(known(BAD), spared(GOOD)),
    "no such geometry": cell(GOOD, point="H=9"),
    "only a part ran": cell(GOOD, wrongs=(), partial=True),
    "nothing was compared": cell(GOOD, asked=False),
    "no wrong was tried": cell(GOOD, wrongs=()),
    "a wrong survived": cell(GOOD, wrongs=[(GOOD,)]),
    "a limit did not show": cell(GOOD, limits=[(fails(GOOD), GOOD)]),
    "a gate is not met": cell(GOOD, UNMET),
    "a gate is not decided": cell(GOOD, OPEN),
    "both sides are there, as it says": cell(GOOD, *side("for"), *side("against"), disputes=True),
    "a side is not there, though it says so": cell(
        GOOD, *side("for"), *side("against", met=(True, False)), disputes=True
    ),
    "gates of both sides are met": cell(GOOD, *side("for"), *side("against")),
    "gates for it alone are met": cell(GOOD, *side("for"), *side("against", met=(True, False))),
    "gates against it alone are met": cell(GOOD, *side("for", met=(False, True)), *side("against")),
    "a side is left open": cell(GOOD, *side("for"), *side("against", met=(True, False), undecided=True)),
    "all gates are met": cell(GOOD, MET),
    "everything holds": cell(GOOD),
}
"""For each rule facts that it decides."""

OF_BOTH_CELLS = (
    cell(absent="torch is not installed", left_out="no case is for it"),
    cell(stopped("error"), left_out="no case is for it"),
    cell(stopped("broken"), stopped("error")),
    cell(stopped("unsupported"), stopped("broken")),
    None,  # what was not compared is no counterexample
    cell(stopped("raised"), BAD),
    cell(stopped("raised"), unreproduced=["library-3x2"]),
    cell(known(BAD), spared(GOOD), unreproduced=["library-3x2"]),
    cell(known(BAD), spared(GOOD), point="H=9"),
    cell(GOOD, wrongs=(), point="H=9", partial=True),
    cell(partial=True),
    cell(wrongs=()),
    None,  # where there is no wrong none survived
    cell(GOOD, wrongs=[(GOOD,)], limits=[()]),
    cell(GOOD, UNMET, limits=[()]),
    cell(GOOD, OPEN, UNMET),
    cell(GOOD, OPEN, *side("for"), *side("against"), disputes=True),
    None,  # both sides are there, or one is not
    None,  # likewise
    None,  # the gates against it are met, or they are not
    None,  # one side alone is met: this or that
    cell(GOOD, *side("for", met=(False, True)), *side("against")),
    cell(GOOD, MET, *side("for", met=(False, True)), *side("against", met=(False, True))),
    cell(GOOD, MET),
)
"""For each rule and the next facts to which both apply; None where there can be none."""

CLAIMS = {
    "a cell in error": ClaimFacts([ran("verified"), ran("error")]),
    "a refuted cell": ClaimFacts([ran("verified"), ran("refuted")]),
    "an inconclusive cell": ClaimFacts([ran("verified"), ran("inconclusive")]),
    "a named library is missing": ClaimFacts([ran("verified")], about=["torch"]),
    "no library took part": ClaimFacts([ran("absent"), ran("unsupported", "torch")]),
    "statistics did not run": ClaimFacts([ran("verified")], statistical=True),
    "a cell that is not supported": ClaimFacts([ran("verified"), ran("not supported")], statistical=True),
    "a disputed cell": ClaimFacts([ran("verified"), ran("disputed")]),
    "a wrong or a limit ran nowhere": ClaimFacts([ran("verified")], idle="the wrong “w” ran on no library"),
    "every cell holds, some by gates": ClaimFacts([ran("verified"), ran("supported")], statistical=True),
    "every cell holds": ClaimFacts([ran("verified"), ran("absent", "torch")]),
}

OF_BOTH_CLAIMS = (
    ClaimFacts([ran("refuted"), ran("error")]),
    ClaimFacts([ran("inconclusive"), ran("refuted")]),
    ClaimFacts([ran("inconclusive")], about=["torch"]),
    ClaimFacts([], about=["torch"]),
    ClaimFacts([], statistical=True),
    None,  # a cell that is not supported is a cell in which statistics ran
    ClaimFacts([ran("disputed"), ran("not supported")]),
    ClaimFacts([ran("disputed")], idle="the wrong “w” ran on no library"),
    ClaimFacts([ran("supported")], idle="the wrong “w” ran on no library"),
    ClaimFacts([ran("supported")]),
)

LISTS = {
    "cell": (CELL_RULES, CELLS, OF_BOTH_CELLS, cell_verdict),
    "claim": (CLAIM_RULES, CLAIMS, OF_BOTH_CLAIMS, claim_verdict),
}
RULES = [(of, i, rule.name) for of, (rules, *_) in LISTS.items() for i, rule in enumerate(rules)]
PAIRS = [
    (of, i, f"{a.name} | {b.name}")
    for of, (rules, *_) in LISTS.items()
    for i, (a, b) in enumerate(itertools.pairwise(rules))
]


@pytest.mark.parametrize("of, i, name", RULES, ids=[name for *_, name in RULES])
def test_every_rule_decides_somewhere(of, i, name):
    rules, facts, _, decide = LISTS[of]
    assert facts.keys() == {rule.name for rule in rules}, "an example for each rule, and no other"
    decided = decide(facts[name])
    assert decided == (rules[i].verdict, name, rules[i].reason(facts[name]))
    assert decided.reason and "\n" not in decided.reason


@pytest.mark.parametrize("of, i, pair", PAIRS, ids=[pair for *_, pair in PAIRS])
def test_of_two_neighbours_that_apply_the_earlier_one_decides(of, i, pair):
    rules, examples, both, decide = LISTS[of]
    earlier, later = rules[i : i + 2]
    assert len(both) == len(rules) - 1
    if both[i] is None:
        every = [facts for facts in (*examples.values(), *both) if facts is not None]
        assert not any(earlier.reason(facts) and later.reason(facts) for facts in every)
    else:
        assert earlier.reason(both[i]) and later.reason(both[i])
        assert decide(both[i]).rule == earlier.name


def test_names_of_rules_are_all_different():
    for rules, *_ in LISTS.values():
        assert len({rule.name for rule in rules}) == len(rules)


# --- nothing else gives a verdict --------------------------------------------------------------------------------------

FLOORS = [Path(package.__path__[0]) for package in (lectureclaims.claims, lectureclaims.reports)]
SOURCES = [path for floor in FLOORS for path in floor.rglob("*.py") if path != Path(verdicts.__file__)]


def given_verdicts(tree):
    """Where a verdict is given: verdict=…, x.verdict = …, {"verdict": …}."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "verdict":
            yield node.value
        if isinstance(node, ast.Attribute) and node.attr == "verdict" and isinstance(node.ctx, ast.Store):
            yield node
        if isinstance(node, ast.Dict):
            yield from (
                v for k, v in zip(node.keys, node.values, strict=True) if getattr(k, "value", None) == "verdict"
            )


def decisions(tree):
    """Names that hold what the rules decided."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Assign) else None
        if isinstance(value, ast.Call) and ast.unparse(value.func) in ("cell_verdict", "claim_verdict"):
            yield from (ast.unparse(target) for target in node.targets)


def by_hand(source):
    """The verdicts of a module that no rule decided."""
    tree = ast.parse(source)
    decided = {f"{name}.verdict" for name in decisions(tree)}
    return [ast.unparse(node) for node in given_verdicts(tree) if ast.unparse(node) not in decided]


def test_no_verdict_is_given_outside_the_rules():
    found = {path.name: by_hand(path.read_text(encoding="utf-8")) for path in SOURCES if path.is_relative_to(FLOORS[0])}
    assert {name: verdicts for name, verdicts in found.items() if verdicts} == {}
    assert all("Decision(" not in path.read_text(encoding="utf-8") for path in SOURCES)


@pytest.mark.parametrize(
    "source",
    [
        'Cell(verdict="verified")',
        'found = cell_verdict(facts)\nCell(verdict=found.verdict if found else "error")',
        'replace(cell, verdict="refuted")',
        'cell.verdict = "refuted"',
        'Cell(**{"verdict": "verified"})',
        "found = cell_verdict(facts)\nCell(verdict=claim.expected)",
    ],
)
def test_a_verdict_by_hand_would_be_found(source):
    assert len(by_hand(source)) == 1


def test_the_rules_read_no_sentence_and_not_what_the_author_expects():
    tree = ast.parse(Path(verdicts.__file__).read_text(encoding="utf-8"))
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not read & {
        "expected",
        "partition",
        "rpartition",
        "split",
        "startswith",
        "endswith",
        "find",
        "match",
        "search",
    }
    assert not any(
        isinstance(node, ast.Import | ast.ImportFrom) and "re" in [a.name for a in node.names]
        for node in ast.walk(tree)
    )


def renamed(thing, name):
    """The same with every name and text another; values stay."""
    texts = ("label", "case", "source", "note", "gate", "effect", "defect", "spared")
    if isinstance(thing, Row):
        changed = {t: getattr(thing, t) + name for t in texts if getattr(thing, t, "")}
        return replace(thing, **changed)
    if isinstance(thing, dict):
        return {k + name: renamed(rows, name) for k, rows in thing.items()}
    return [renamed(row, name) for row in thing]


@hypothesis.given(st.text(min_size=1))
@hypothesis.settings(max_examples=20)
@hypothesis.example(", fresh seeds").via("how a gate's label ends")
@hypothesis.example("; ").via("how names are joined")
@hypothesis.example(" [0, 1]").via("an interval")
@hypothesis.example("nan").via("a number in words")
def test_no_name_and_no_text_changes_a_verdict(name):
    for facts in (*CELLS.values(), *filter(None, OF_BOTH_CELLS)):
        parts = {part: renamed(getattr(facts, part), name) for part in ("honest", "wrongs", "limits")}
        other = Facts(**{**vars(facts), **parts})
        assert cell_verdict(other)[:2] == cell_verdict(facts)[:2]


def test_gates_whose_names_are_alike_stay_two():
    """“a” on its fresh seeds and “a, fresh seeds” on its first were one, were the name read out of the label."""
    twins = [*side("for", met=(True, False), name="a"), *side("for", met=(False, True), name="a, fresh seeds")]
    assert cell_verdict(cell(GOOD, *twins, *side("against"))).rule == "gates against it alone are met"


# --- what no facts can have --------------------------------------------------------------------------------------------

HARMLESS = (GOOD, CLOSE, SWEPT, MET, known(BAD), *side("for"), *side("against"))
SPOILING = (
    *(BAD, OFF, MISSHAPEN, spared(GOOD), EMPTY, UNMET, OPEN, fails(GOOD), *side("for", met=(True, False))),
    *(made(outcome) for made in (unmade, stopped) for outcome in ("raised", "broken", "unsupported", "error")),
)


def mostly(usual, *other):
    return st.sampled_from((*[usual] * 2 * len(other), *other))


ROWS = st.builds(
    lambda harmless, spoiling: [*harmless, *spoiling],
    st.lists(st.sampled_from(HARMLESS), min_size=1, max_size=3),
    mostly([], *([row] for row in SPOILING)),
)
WRONG = mostly([BAD], [], [GOOD], [known(BAD)], [OPEN], [MISSHAPEN], [UNMET, stopped("raised")])
LIMIT = mostly([fails(BAD), GOOD], [fails(BAD)], [fails(NAN), GOOD], [GOOD], [fails(GOOD), GOOD], [fails(BAD), BAD])
NAMES = st.sampled_from(("one", "two"))
ANY_FACTS = st.builds(
    Facts,
    honest=ROWS,
    wrongs=st.dictionaries(NAMES, WRONG, min_size=1),
    limits=st.dictionaries(NAMES, LIMIT, max_size=1),
    asked=mostly(True, False),
    about_shapes=st.booleans(),
    unreproduced=mostly((), ("library-3x2",)),
    partial=mostly(False, True),
    point=mostly("", "H=9"),
)


@hypothesis.given(ANY_FACTS)
@hypothesis.settings(max_examples=1000)
def test_nothing_holds_unless_it_was_compared_agreed_and_every_wrong_was_told(facts):
    decided = cell_verdict(facts)
    assert decided.reason
    if decided.verdict in ("verified", "supported", "disputed"):
        made = [row for row in facts.honest if row.made]
        assert facts.asked and sum(row.elements for row in made) > 0
        assert all(row.agrees or row.defect or getattr(row, "speaks", "") for row in made)
        assert not any(row.spared for row in made)
        assert not {row.outcome for row in facts.honest if not row.made} & {"error", "broken", "raised"}
        assert facts.wrongs and all(
            any(r.made and not r.agrees and not r.defect for r in rows) for rows in facts.wrongs.values()
        )
        assert all(rows == [fails(BAD), GOOD] for rows in facts.limits.values())
        assert not (facts.unreproduced or (facts.point and not any(isinstance(row, Sweep) for row in made)))


# --- facts and their verdicts ------------------------------------------------------------------------------------------

NO_REFUTATION = "the wrong variant “wrong 0” survived"


@pytest.mark.parametrize(
    "facts, verdict, reason",
    [
        (cell(GOOD), "verified", "1 comparisons hold, 1 of 1 wrongs caught"),
        (cell(GOOD, MET), "supported", "1 of 1 gates met"),
        (cell(GOOD, known(BAD)), "verified", "departs where recorded (library-3x2)"),
        # a counterexample
        (cell(GOOD, BAD), "refuted", "2 of 2 differ"),
        (cell(CLOSE, OFF), "refuted", "worst error ÷ bound 8"),
        (cell(GOOD, MISSHAPEN), "refuted", "got shape (3,)"),
        (cell(GOOD, BAD, UNMET), "refuted", "2 of 2 differ"),
        # what can be no verdict on the claim
        (cell(GOOD, stopped("error", "KeyError")), "error", "the experiment itself failed in case one: KeyError"),
        (cell(GOOD, unmade("broken")), "error", "case one: why"),
        (cell(GOOD, stopped("broken")), "error", "case one: why"),
        (cell(GOOD, BAD, stopped("broken")), "error", "case one: why"),
        (cell(GOOD, unmade("raised")), "error", "the library raised why"),
        (cell(GOOD, stopped("raised")), "error", "the library raised why"),
        (cell(GOOD, unreproduced=["library-3x2"]), "error", "library-3x2 applies here and did not reproduce"),
        (cell(unmade("unsupported")), "unsupported", "why"),
        (cell(stopped("unsupported")), "unsupported", "why"),
        (cell(stopped("unsupported", "")), "unsupported", "unsupported"),  # a library need not say why
        (cell(GOOD, unmade("unsupported")), "verified", "1 comparisons hold"),
        (
            cell(known(BAD), spared(GOOD)),
            "error",
            "library-3x2 is broader than the fault: 1 of 2 calls within it are right",
        ),
        (
            cell(known(BAD), known(BAD), spared(GOOD), unrepeatable=frozenset({"library-3x2"})),
            "verified",
            "departs where recorded",
        ),
        (cell(known(BAD), spared(GOOD), unrepeatable=frozenset({"library-3x2"})), "error", "broader than the fault"),
        # what proves nothing
        (cell(GOOD, asked=False), "inconclusive", "nothing was compared"),
        (cell(), "inconclusive", "nothing was compared"),
        (cell(EMPTY), "inconclusive", "nothing was compared"),
        (cell(GOOD, wrongs=()), "inconclusive", "no wrong variant was tried"),
        (cell(GOOD, wrongs=[(BAD,), (GOOD,)]), "inconclusive", "the wrong variant “wrong 1” survived"),
        (cell(GOOD, wrongs=[(GOOD,), (), (BAD,)]), "inconclusive", "the wrong variant “wrong 0” survived (and 1 more)"),
        (cell(GOOD, wrongs=[()]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, wrongs=[(stopped("raised"),)]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, wrongs=[(stopped("error", "KeyError"),)]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, wrongs=[(unmade("raised"),)]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, wrongs=[(MISSHAPEN,)]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, wrongs=[(MISSHAPEN,)], about_shapes=True), "verified", "1 of 1 wrongs caught"),
        (cell(GOOD, wrongs=[(known(BAD),)]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, wrongs=[(GOOD, BAD)]), "verified", "1 of 1 wrongs caught"),
        # limits and gates
        (cell(GOOD, limits=[(fails(BAD), GOOD)]), "verified", ""),
        (
            cell(GOOD, limits=[(fails(BAD), GOOD), (fails(GOOD), GOOD)]),
            "inconclusive",
            "the limit “limit 1” did not show",
        ),
        (
            cell(GOOD, limits=[(fails(replace(GOOD, note="no counterexample among 9 points")),)]),
            "inconclusive",
            "the limit “limit 0” did not show: no counterexample among 9 points",
        ),
        (
            cell(GOOD, limits=[(stopped("error", "KeyError: 'k'"), GOOD)]),
            "inconclusive",
            "the limit “limit 0” did not show: KeyError: 'k'",
        ),
        (cell(GOOD, UNMET), "not supported", "got 0.9 [0.8, 0.95], expected interval above 1"),
        (cell(GOOD, MET, UNMET), "not supported", "got 0.9 [0.8, 0.95], expected interval above 1"),
        (cell(GOOD, UNMET, wrongs=[(GOOD,)]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, MET, OPEN), "inconclusive", "got 0.9 [0.8, 0.95], expected interval above 1"),
        (cell(GOOD, OPEN, UNMET), "not supported", "got 0.9 [0.8, 0.95], expected interval above 1"),
        # two sides
        (
            cell(GOOD, *side("for"), *side("against")),
            "disputed",
            "1 of 1 gates for it are met (“a gate”); 1 of 1 gates against",
        ),
        (cell(GOOD, *side("for"), *side("against"), disputes=True), "supported", "1 of 1 gates for it are met"),
        (cell(GOOD, *side("for"), *side("against", met=(True, False)), disputes=True), "not supported", "0 of 1 gates"),
        (
            cell(GOOD, *side("for"), *side("against", met=(True, False), undecided=True), disputes=True),
            "inconclusive",
            "0 of 1 gates against it are met",
        ),
        (cell(GOOD, *side("for"), *side("against", met=(True, False))), "supported", "0 of 1 gates against it are met"),
        (cell(GOOD, *side("for", met=(False, True)), *side("against")), "not supported", "0 of 1 gates for it are met"),
        (
            cell(GOOD, *side("for", met=(False, True)), *side("against", met=(False, False))),
            "inconclusive",
            "0 of 1 gates for",
        ),
        (
            cell(GOOD, *side("for"), *side("for", met=(False, False), name="b"), *side("against")),
            "disputed",
            "1 of 2 gates for",
        ),
        (
            cell(GOOD, *side("for"), *side("against"), UNMET),
            "not supported",
            "got 0.9 [0.8, 0.95], expected interval above 1",
        ),
        (cell(GOOD, *side("for"), *side("against"), BAD), "refuted", "2 of 2 differ"),
        (
            cell(GOOD, *side("for"), *side("against", met=(True, False), undecided=True)),
            "inconclusive",
            "0 of 1 gates against it are met",
        ),
        (
            cell(GOOD, *side("for", met=(False, True), undecided=True), *side("against")),
            "inconclusive",
            "0 of 1 gates for it are met",
        ),
        (cell(GOOD, MET, wrongs=[(OPEN,)]), "inconclusive", NO_REFUTATION),
        # a gate of one side that is not met catches a wrong only where it was met without the wrong
        (cell(GOOD, *side("for"), *side("against"), wrongs=[side("for", met=(False, True))]), "disputed", ""),
        (
            cell(
                GOOD,
                *side("for", met=(False, True)),
                *side("against", name="b"),
                wrongs=[side("for", met=(False, True))],
            ),
            "inconclusive",
            NO_REFUTATION,
        ),
    ],
)
def test_the_verdict_of_a_cell(facts, verdict, reason):
    found = cell_verdict(facts)
    assert found.verdict == verdict
    assert reason in found.reason


@pytest.mark.parametrize(
    "limit, shows",
    [
        ((fails(BAD), GOOD), True),
        ((fails(BAD),), False),
        ((fails(MISSHAPEN), GOOD), False),
        ((fails(NAN), GOOD), False),
        ((), False),
        ((GOOD,), False),
        ((fails(GOOD), GOOD), False),
        ((fails(BAD), fails(GOOD), GOOD), False),
        ((fails(BAD), BAD), False),
        ((fails(BAD), unmade("broken")), False),
        ((fails(unmade("raised")), GOOD), False),
        ((fails(BAD), GOOD, stopped("raised")), False),
        ((fails(BAD), GOOD, stopped("error", "KeyError")), False),
    ],
)
def test_a_limit_shows_where_the_sentence_fails_and_all_beside_it_holds(limit, shows):
    assert shown(limit, about_shapes=False) is shows


# --- claims ------------------------------------------------------------------------------------------------------------

WORST_FIRST = ("error", "refuted", "inconclusive", "not supported", "disputed", "supported", "verified")


@pytest.mark.parametrize("worse, better", list(itertools.combinations(WORST_FIRST, 2)))
def test_a_claim_takes_the_worst_of_its_cells(worse, better):
    cells = [ran(better), ran(worse, "torch"), ran(better, "scipy")]
    assert claim_verdict(ClaimFacts(cells)).verdict == worse
    assert verdicts.WORST_FIRST == WORST_FIRST


def test_the_worst_cell_is_named():
    found = claim_verdict(ClaimFacts([ran("verified"), ran("refuted", "torch", "1 of 6 differ")]))
    assert found == ("refuted", "a refuted cell", "torch float32: 1 of 6 differ")


@pytest.mark.parametrize("apart", ["absent", "unsupported"])
def test_what_takes_no_part_neither_helps_nor_harms(apart):
    away = ran(apart, "torch")
    assert claim_verdict(ClaimFacts([ran("verified"), away])) == (
        "verified",
        "every cell holds",
        "held on numpy (1 cells)",
    )
    for cells in ([away], []):
        assert claim_verdict(ClaimFacts(cells)) == ("inconclusive", "no library took part", "no library took part")


@pytest.mark.parametrize("apart", ["absent", "unsupported"])
def test_a_claim_about_a_library_by_name_needs_that_library(apart):
    cells = [ran("verified"), ran(apart, "torch")]
    found = claim_verdict(ClaimFacts(cells, about=["torch"]))
    assert found.verdict == "inconclusive"
    assert found.reason.startswith("torch: the claim is about this library by name")
    assert claim_verdict(ClaimFacts(cells, about=["numpy"])).verdict == "verified"
    assert claim_verdict(ClaimFacts([*cells, ran("refuted", "torch")], about=["numpy"])).verdict == "refuted"


def test_a_statistical_claim_waits_while_only_its_exact_part_ran():
    assert claim_verdict(ClaimFacts([ran("verified")], statistical=True)).rule == "statistics did not run"
    assert (
        claim_verdict(ClaimFacts([ran("verified"), ran("supported", "torch")], statistical=True)).verdict == "supported"
    )


def test_verdicts_are_counted_from_the_best_to_the_worst():
    found = summary(["verified", "refuted", "verified"])
    assert list(found) == list(reversed(WORST_FIRST)) and (found["verified"], found["refuted"], found["error"]) == (
        2,
        1,
        0,
    )


# --- margins -----------------------------------------------------------------------------------------------------------


def test_the_margin_is_the_smallest_wrong_over_the_largest_honest_ratio():
    far = replace(OFF, ratio=40.0)
    assert margin(cell(CLOSE, wrongs=[(OFF, CLOSE), (far,)])) == 32  # 8 over a quarter: powers of two, so exactly
    swept = Sweep(label="sizes", of="within", geometries=2, ratio=0.5)
    assert margin(cell(CLOSE, swept, wrongs=[(OFF,)])) == 16, "a sweep within bounds counts like one comparison"


def test_the_margin_of_bits_is_infinite_and_of_nothing_is_nothing():
    assert margin(cell(GOOD)) == INFINITE
    assert margin(cell()) is None and margin(cell(EMPTY)) is None
    assert margin(cell(GOOD, wrongs=())) is None
    assert margin(cell(CLOSE, OFF)) is None, "a cell that departs has no honest ratio"
    assert margin(cell(CLOSE, wrongs=[(OFF,), (GOOD,)])) == 0, "a wrong that survived leaves none"
    assert margin(cell(GOOD, wrongs=[(BAD,), (GOOD,)])) == 0


def test_a_fact_that_says_nan_exhibits_a_limit_and_a_nan_among_numbers_does_not():
    told = {"label": "the sum", "agrees": False, "got": "nan", "must_fail": True}
    beside = Bits(label="beside it")
    assert shown([Fact(**told), beside], about_shapes=False)
    assert not shown([Bits(**told), beside], about_shapes=False)
    assert not shown([Within(**told), beside], about_shapes=False)
