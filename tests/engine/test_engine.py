"""The engine's parts, one by one: what is asked and answered, compared, judged; how inputs are drawn, sweeps made, records applied.

``test_lies.py`` tests them together, ``test_workers.py`` the processes.
"""

import dataclasses
import itertools
import math
from typing import NamedTuple

import numpy as np
import pytest
from lectureclaims.claims.language import (
    Case,
    Defect,
    NotAValue,
    Outcome,
    Wrong,
    ask,
    claim,
    fact,
    fails,
    gate,
    happens,
    same_bits,
    same_shape,
    sweep,
    within,
)
from lectureclaims.claims.record.verdict import CellFacts, Trial, cell_verdict, claim_verdict, margin, shown
from lectureclaims.reference import bounds

F = np.float32
SAID = {"label": "the sum", "source": "by hand"}


def value(content, **asked):
    return Outcome("value", content, call=ask("sum", **asked))


# --- what is asked and what comes back ---------------------------------------------------------------------------------


def test_equal_calls_are_recognised_and_different_ones_are_not():
    x = np.arange(3.0)
    call = ask("relu", x=x)
    assert call.digest == ask("relu", x=x.copy()).digest
    others = [ask("tanh", x=x), ask("relu", x=x + 1), ask("relu", x=x.astype(F)), call.again(), call.mutated_by(sum)]
    assert len({other.digest for other in [call, *others]}) == 6


@pytest.mark.parametrize("kind", ["raised", "absent", "unsupported", "broken"])
def test_what_is_no_value_gives_none(kind):
    outcome = Outcome(kind, error="why not")
    assert outcome.then(math.sqrt) is outcome and outcome.part(0) is outcome
    with pytest.raises(NotAValue, match="why not") as stop:
        _ = outcome.value
    assert stop.value.outcome is outcome


def test_a_part_or_a_function_of_a_value_is_an_outcome_of_the_same_call():
    outcome = Outcome("value", (1.0, 4.0), call=ask("both"))
    assert outcome.part(1).then(math.sqrt).value == 2.0
    assert outcome.part(1).then(math.sqrt).call == outcome.call


@pytest.mark.parametrize(
    "evidence", [value(True), value(1), same_bits(value(F(1)), F(1), **SAID), fact(1, 1, **SAID), Outcome("raised")]
)
def test_evidence_is_not_a_truth_value(evidence):
    """`if y:` and `assert same_bits(…)` would be comparisons whose result nobody reads."""
    with pytest.raises(TypeError, match="truth value|not true or false"):
        bool(evidence)


# --- bit for bit -------------------------------------------------------------------------------------------------------


def bitwise(got, wanted, **how):
    return same_bits(value(got), wanted, **SAID, **how)


def test_equal_bits_agree():
    found = bitwise(np.array([1, np.inf, -0.0], F), np.array([1, np.inf, 0.0], F))
    assert found.agrees and found.made
    assert (found.ratio, found.elements, found.differing) == (0, 3, 0)


def test_the_smallest_difference_disagrees_and_says_where():
    wanted = np.arange(1, 7, dtype=F).reshape(2, 3)
    got = wanted.copy()
    got[1, 2] = np.nextafter(got[1, 2], F(np.inf))
    found = bitwise(got, wanted)
    assert not found.agrees
    assert (found.ratio, found.elements, found.differing, found.where, found.ulp) == (np.inf, 6, 1, (1, 2), 1)
    assert found.sentence() == "the sum: 1 of 6 differ; worst at (1, 2): got 6.00000048, wanted 6"


def test_minus_zero_is_zero_unless_the_claim_is_about_signs():
    plus, minus = np.array([0.0], F), np.array([-0.0], F)
    assert bitwise(minus, plus).agrees
    assert not bitwise(minus, plus, signed_zero=True).agrees
    assert bitwise(minus, minus, signed_zero=True).agrees


@pytest.mark.parametrize(
    "got, wanted", [(np.nan, 1), (1, np.nan), (np.nan, np.nan), (np.nan, np.inf), (np.inf, -np.inf)]
)
def test_nan_agrees_with_nothing(got, wanted):
    found = bitwise(np.array([got], F), np.array([wanted], F))
    assert not found.agrees and not found.about_shape
    assert found.ratio == np.inf


STRICT = [
    (np.ones((2, 1), F), "shape (2, 1)", "shape (2,)"),
    (np.ones((1, 2), F), "shape (1, 2)", "shape (2,)"),
    (F(1), "shape ()", "shape (2,)"),
    (np.ones(0, F), "shape (0,)", "shape (2,)"),
    (np.ones(2), "dtype float64", "dtype float32"),
    (np.ones(2, int), "dtype int64", "dtype float32"),
    ([1.0, 1.0], "list", "array"),
    (1.0, "float", "array"),
    (None, "NoneType", "array"),
]


@pytest.mark.parametrize("got, has, wants", STRICT)
def test_strict_before_close_nothing_is_broadcast_or_converted(got, has, wants):
    """A number that spreads itself over an array would agree with everything of one value."""
    found = bitwise(got, np.ones(2, F))
    assert not found.agrees and found.about_shape
    assert found.sentence() == f"the sum: got {has}, wanted {wants}"


def test_two_empty_arrays_agree_about_nothing():
    found = bitwise(np.ones((0, 3), F), np.ones((0, 3), F))
    assert found.agrees and found.elements == 0


@pytest.mark.parametrize("kind", ["raised", "absent", "unsupported", "broken"])
def test_without_a_value_there_is_no_comparison(kind):
    found = same_bits(Outcome(kind, error="why not"), np.ones(2, F), **SAID)
    assert not found.made and not found.agrees and found.elements == 0
    assert found.sentence() == "the sum: not compared: why not"


# --- within a derived bound --------------------------------------------------------------------------------------------

WANTED = np.array([0.0, 3.0])
BOUND = bounds.sums_of_products(np.array([2.0, 3.0]), np.array([4, 4]), np.float64, flushed=None)


def bounded(got, wanted=WANTED, bound=BOUND, **asked):
    return within(value(got, **asked), wanted, bound, **SAID)


def test_at_the_bound_is_inside_and_one_number_further_is_not():
    limit = BOUND.allowed[0]
    inside, outside = bounded(np.array([limit, 3])), bounded(np.array([np.nextafter(limit, 1), 3]))
    assert inside.agrees and inside.ratio == 1
    assert not outside.agrees and 1 < outside.ratio < 1 + 2**-40
    assert (outside.where, outside.differing, outside.elements) == ((0,), 1, 2)
    assert bounded(-np.array([limit, -3])).agrees and not bounded(-np.array([np.nextafter(limit, 1), -3])).agrees


@pytest.mark.parametrize("tolerance", [0.1, 0, None, np.ones(2), BOUND.allowed, "close"])
def test_only_a_bound_with_a_derivation_allows_anything(tolerance):
    with pytest.raises(TypeError, match="a comparison accepts only a Bound"):
        bounded(WANTED, bound=tolerance)


@pytest.mark.parametrize("got", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_outside_every_bound(got):
    found = bounded(np.array([got, 3.0]))
    assert not found.agrees and found.ratio == np.inf and found.where == (0,)


def test_an_infinity_where_it_is_wanted_agrees_and_a_nan_never():
    assert bounded(np.array([0, np.inf]), np.array([0, np.inf])).agrees
    assert not bounded(np.array([0, -np.inf]), np.array([0, np.inf])).agrees
    assert not bounded(np.array([0, 1.0]), np.array([0, np.inf])).agrees
    assert not bounded(np.array([0, np.nan]), np.array([0, np.nan])).agrees


def test_where_nothing_is_allowed_only_the_same_number_agrees():
    nothing = bounds.exact((2,), reason="a copy")
    assert bounded(np.array([-0.0, 3]), bound=nothing).agrees
    found = bounded(np.array([0, np.nextafter(3, 4)]), bound=nothing)
    assert not found.agrees and found.ratio == np.inf


@pytest.mark.parametrize("got", [np.ones((2, 1)), np.float64(3), np.ones(0), [0.0, 3.0], None])
def test_strict_before_close_within_a_bound_too(got):
    found = bounded(got)
    assert not found.agrees and found.about_shape


def test_a_library_answers_in_the_dtype_that_it_was_asked_in():
    x = np.ones(2, F)
    assert bounded(WANTED.astype(F), x=x, n=2).agrees
    found = bounded(WANTED, x=x, n=2)
    assert not found.agrees and found.about_shape
    assert "got dtype float64, wanted dtype float32" in found.sentence()


def test_the_derivation_travels_with_the_comparison():
    found = bounded(WANTED)
    assert found.kind == "bound" and found.derivation == BOUND.derivation != ""
    assert found.sentence() == "the sum: 2 elements, worst error ÷ bound 0"


def test_an_empirical_bound_is_not_called_derived():
    found = bounded(WANTED, bound=bounds.trajectory(np.ones(2), copies=2))
    assert found.agrees and found.kind == "empirical bound"


# --- plain facts, refusals, gates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("got, wanted", [(1, 1), ((1, 2), (1, 2)), ("yes", "yes"), (None, None), (True, True)])
def test_equal_facts_agree(got, wanted):
    assert fact(got, wanted, **SAID).agrees
    assert fact(value(got), wanted, **SAID).agrees


@pytest.mark.parametrize(
    "got, wanted", [(1, True), (1, 1.0), (0, False), ([1, 2], (1, 2)), ("1", 1), (np.int64(1), 1), (None, 0)]
)
def test_facts_of_different_types_differ(got, wanted):
    found = fact(got, wanted, **SAID)
    assert not found.agrees and found.ratio == np.inf and not found.about_shape


def test_a_shape_is_compared_alone():
    assert same_shape(value(np.full((2, 3), np.nan)), [2, 3], **SAID).agrees
    found = same_shape(value(np.ones((3, 2))), (2, 3), **SAID)
    assert not found.agrees and found.about_shape
    assert found.sentence() == "the sum: got (3, 2), expected (2, 3)"


def test_a_refusal_can_be_what_is_claimed():
    refusal = Outcome("raised", error="ValueError: kernel too large")
    assert happens(refusal, "raised", **SAID).agrees
    assert happens(refusal, "raised", error="too large", **SAID).agrees
    assert not happens(refusal, "raised", error="out of memory", **SAID).agrees
    answered = happens(value(1.0), "raised", **SAID)
    assert not answered.agrees and answered.made, "an answer in place of a refusal refutes"


@pytest.mark.parametrize("kind", ["absent", "unsupported", "broken"])
def test_a_library_that_cannot_be_asked_has_not_refused(kind):
    found = happens(Outcome(kind), "raised", **SAID)
    assert not found.made and not found.agrees


# --- verdicts ----------------------------------------------------------------------------------------------------------

GOOD = same_bits(value(np.ones(2, F)), np.ones(2, F), **SAID)
BAD = same_bits(value(np.ones(2, F)), np.zeros(2, F), **SAID)
CLOSE = bounded(np.array([BOUND.allowed[0] / 4, 3]))
OFF = bounded(np.array([BOUND.allowed[0] * 8, 3]))
MISSHAPEN = same_bits(value(np.ones(3, F)), np.ones(2, F), **SAID)
NAN = same_bits(value(np.full(2, np.nan, F)), np.ones(2, F), **SAID)
EMPTY = same_bits(value(np.ones(0, F)), np.ones(0, F), **SAID)
MET = gate(True, got="1.2", wanted="above 1", **SAID)
UNMET = gate(False, got="0.9", wanted="above 1", **SAID)
OPEN = dataclasses.replace(UNMET, undecided=True)


def side(speaks, *, met=(True, True), name="a gate", open_=False):
    """A gate that speaks for one of two sides, on the first and on the fresh seeds; where it is not met it may be open."""
    return [
        dataclasses.replace(
            gate(m, label=f"{name}, {which} seeds", source="", got="", wanted=""),
            speaks=speaks,
            undecided=open_ and not m,
        )
        for which, m in zip(("first", "fresh"), met, strict=True)
    ]


def known(comparison):
    return dataclasses.replace(comparison, defect="library-3x2")


def spared(comparison):
    return dataclasses.replace(comparison, spared="library-3x2")


def trial(*comparisons, stopped=(), failed=()):
    return Trial(
        [("one", c) for c in comparisons],
        [("one", Outcome(k, error="why")) for k in stopped],
        [("one", w) for w in failed],
    )


def cell(*honest, stopped=(), failed=(), wrongs=((BAD,),), limits=(), **more):
    return CellFacts(
        trial(*honest, stopped=stopped, failed=failed),
        {f"wrong {i}": w if isinstance(w, Trial) else trial(*w) for i, w in enumerate(wrongs)},
        {f"limit {i}": x if isinstance(x, Trial) else trial(*x) for i, x in enumerate(limits)},
        **more,
    )


def unmade(kind):
    return same_bits(Outcome(kind, error="why"), np.ones(2, F), **SAID)


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
        (cell(GOOD, failed=["KeyError"]), "error", "the experiment itself failed in case one: KeyError"),
        (cell(GOOD, unmade("broken")), "error", "case one: why"),
        (cell(GOOD, stopped=["broken"]), "error", "case one: why"),
        (cell(GOOD, BAD, stopped=["broken"]), "error", "case one: why"),
        (cell(GOOD, unmade("raised")), "error", "the library raised why"),
        (cell(GOOD, stopped=["raised"]), "error", "the library raised why"),
        (cell(GOOD, unreproduced=["library-3x2"]), "error", "library-3x2 applies here and did not reproduce"),
        (cell(unmade("unsupported")), "unsupported", "why"),
        (cell(stopped=["unsupported"]), "unsupported", "why"),
        (cell(GOOD, unmade("unsupported")), "verified", "1 comparisons hold"),
        (
            cell(known(BAD), spared(GOOD)),
            "error",
            "library-3x2 is broader than the fault: 1 of 2 calls within it are right",
        ),
        (
            cell(known(BAD), known(BAD), spared(GOOD), unrepeatable={"library-3x2"}),
            "verified",
            "departs where recorded",
        ),
        (cell(known(BAD), spared(GOOD), unrepeatable={"library-3x2"}), "error", "broader than the fault"),
        # what proves nothing
        (cell(fact(1, 1, **SAID)), "inconclusive", "nothing was compared"),
        (cell(), "inconclusive", "nothing was compared"),
        (cell(EMPTY), "inconclusive", "nothing was compared"),
        (cell(GOOD, wrongs=()), "inconclusive", "no wrong variant was tried"),
        (cell(GOOD, wrongs=[(BAD,), (GOOD,)]), "inconclusive", "the wrong variant “wrong 1” survived"),
        (cell(GOOD, wrongs=[(GOOD,), (), (BAD,)]), "inconclusive", "the wrong variant “wrong 0” survived (and 1 more)"),
        (cell(GOOD, wrongs=[()]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, wrongs=[trial(stopped=["raised"])]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, wrongs=[trial(failed=["KeyError"])]), "inconclusive", NO_REFUTATION),
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
        (cell(GOOD, UNMET), "not supported", "got 0.9, expected above 1"),
        (cell(GOOD, MET, UNMET), "not supported", "got 0.9, expected above 1"),
        (cell(GOOD, UNMET, wrongs=[(GOOD,)]), "inconclusive", NO_REFUTATION),
        (cell(GOOD, MET, OPEN), "inconclusive", "got 0.9, expected above 1"),
        (cell(GOOD, OPEN, UNMET), "not supported", "got 0.9, expected above 1"),
        # two sides
        (
            cell(GOOD, *side("for"), *side("against")),
            "disputed",
            "1 of 1 gates for it are met (“a gate”); 1 of 1 gates against",
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
        (cell(GOOD, *side("for"), *side("against"), UNMET), "not supported", "got 0.9, expected above 1"),
        (cell(GOOD, *side("for"), *side("against"), BAD), "refuted", "2 of 2 differ"),
        (
            cell(GOOD, *side("for"), *side("against", met=(True, False), open_=True)),
            "inconclusive",
            "0 of 1 gates against it are met",
        ),
        (
            cell(GOOD, *side("for", met=(False, True), open_=True), *side("against")),
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
    assert found[0] == verdict
    assert reason in found[1]


@pytest.mark.parametrize(
    "limit, shows",
    [
        (trial(fails(BAD), GOOD), True),
        (trial(fails(BAD)), False),
        (trial(fails(MISSHAPEN), GOOD), False),
        (trial(fails(NAN), GOOD), False),
        (trial(), False),
        (trial(GOOD), False),
        (trial(fails(GOOD), GOOD), False),
        (trial(fails(BAD), fails(GOOD), GOOD), False),
        (trial(fails(BAD), BAD), False),
        (trial(fails(BAD), unmade("broken")), False),
        (trial(fails(unmade("raised")), GOOD), False),
        (trial(fails(BAD), GOOD, stopped=["raised"]), False),
        (trial(fails(BAD), GOOD, failed=["KeyError"]), False),
    ],
)
def test_a_limit_shows_where_the_sentence_fails_and_all_beside_it_holds(limit, shows):
    assert shown(limit, about_shapes=False) is shows


WORST_FIRST = ("error", "refuted", "inconclusive", "not supported", "disputed", "supported", "verified")


@pytest.mark.parametrize("worse, better", list(itertools.combinations(WORST_FIRST, 2)))
def test_a_claim_takes_the_worst_of_its_cells(worse, better):
    cells = [("numpy float32", better, "good"), ("torch float32", worse, "bad"), ("scipy float32", better, "good")]
    assert claim_verdict(cells)[0] == worse


def test_the_worst_cell_is_named():
    assert claim_verdict([("numpy float32", "verified", ""), ("torch float64", "refuted", "1 of 6 differ")]) == (
        "refuted",
        "torch float64: 1 of 6 differ",
    )


@pytest.mark.parametrize("apart", ["absent", "unsupported"])
def test_what_takes_no_part_neither_helps_nor_harms(apart):
    away = ("torch float32", apart, "why")
    assert claim_verdict([("numpy float32", "verified", ""), away]) == ("verified", "held on numpy (1 cells)")
    assert claim_verdict([away]) == ("inconclusive", "no library took part")
    assert claim_verdict([]) == ("inconclusive", "no library took part")


@pytest.mark.parametrize("apart", ["absent", "unsupported"])
def test_a_claim_about_a_library_by_name_needs_that_library(apart):
    cells = [("numpy float32", "verified", ""), ("torch float32", apart, "why")]
    verdict, reason = claim_verdict(cells, about=["torch"])
    assert verdict == "inconclusive" and reason.startswith("torch: the claim is about this library by name")
    assert claim_verdict(cells, about=["numpy"])[0] == "verified"
    assert claim_verdict([*cells, ("torch float64", "refuted", "")], about=["numpy"])[0] == "refuted"


def test_the_margin_is_the_smallest_wrong_over_the_largest_honest_ratio():
    far = bounded(np.array([BOUND.allowed[0] * 40, 3]))
    found = margin(cell(CLOSE, wrongs=[(OFF, CLOSE), (far,)]))
    assert found == 32  # 8 over a quarter: powers of two, so exactly


def test_the_margin_of_bits_is_infinite_and_of_nothing_is_nothing():
    assert margin(cell(GOOD)) == np.inf
    assert margin(cell()) is None and margin(cell(EMPTY)) is None
    assert margin(cell(GOOD, wrongs=())) is None
    assert margin(cell(CLOSE, OFF)) is None, "a cell that departs has no honest ratio"
    assert margin(cell(CLOSE, wrongs=[(OFF,), (GOOD,)])) == 0, "a wrong that survived leaves none"
    assert margin(cell(GOOD, wrongs=[(BAD,), (GOOD,)])) == 0


# --- inputs ------------------------------------------------------------------------------------------------------------


def drawn(claim="a.claim", name="one", *, dtype="float64", backend="numpy", seed=0, array="x"):
    case = Case(claim, name, {"size": 3}, dtype=dtype, backend=backend, seed=seed)
    return case.integers(array, (40,)), case.reals(array, (40,))


def test_inputs_are_the_same_for_every_library_and_run():
    for here, there in zip(drawn(), drawn(backend="torch"), strict=True):
        assert here.tobytes() == there.tobytes()


def test_inputs_are_the_same_numbers_in_every_dtype_rounded_once():
    for wide, narrow in zip(drawn(), drawn(dtype="float32"), strict=True):
        assert narrow.dtype == F
        assert wide.astype(F).tobytes() == narrow.tobytes()


@pytest.mark.parametrize("change", [{"seed": 1}, {"claim": "another.claim"}, {"name": "two"}, {"array": "w"}])
def test_inputs_depend_on_seed_claim_case_and_name(change):
    for here, there in zip(drawn(), drawn(**change), strict=True):
        assert here.tobytes() != there.tobytes()


def test_inputs_cannot_be_written():
    for array in drawn():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_integers_lie_within_both_ends():
    case = Case("a.claim", "one", {}, dtype="float32", backend="numpy", seed=0)
    found = set(case.integers("x", (500,), -2, 1).tolist())
    assert found == {-2, -1, 0, 1}


def test_a_case_has_its_settings_and_no_others():
    case = Case("a.claim", "one", {"size": 3}, dtype=None, backend="numpy", seed=0)
    assert case.size == 3 and case.dtype == np.float64
    with pytest.raises(AttributeError, match=r"case 'one' of a.claim has no setting 'sise'"):
        _ = case.sise


# --- claims ------------------------------------------------------------------------------------------------------------


def made(experiment=None, **change):
    def nothing(case, *, turn=None):
        yield ask("relu", x=1)

    plain = {
        "statement": "s",
        "scope": "s",
        "expected": "verified",
        "kind": "exact",
        "cases": {"one": {}},
        "wrongs": {"w": {"turn": 1}},
    }
    return claim("a.claim", **(plain | change))(experiment or nothing)


def test_a_claim_keeps_what_it_says():
    found = made(wrongs={"not turned": {"turn": 1}, "mutant": Wrong(operations={"relu": sum}, dtypes=("float32",))})
    assert [w.name for w in found.wrongs] == ["not turned", "mutant"]
    assert found.wrongs[0].says == {"turn": 1} and found.wrongs[1].dtypes == ("float32",)
    assert found.file == __file__


@pytest.mark.parametrize(
    "mistake, says",
    [
        ({"expected": "true"}, r"expected='true': not a verdict; choose one of verified, "),
        ({"cases": {}}, r"cases=\{\}: a.claim has none"),
        ({"wrongs": {"w": {"trun": 1}}}, r"wrong='w': a.claim says nothing called \['trun'\]; it says \['turn'\]"),
        ({"wrongs": {"w": Wrong(says={"case": 1})}}, r"wrong='w': a.claim says nothing called \['case'\]"),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(mistake, says):
    with pytest.raises(ValueError, match=says):
        made(**mistake)


def test_two_limits_of_one_name_are_refused():
    found = made()
    found.limit("far out", says="it fails", backends=["torch"])(lambda case: iter(()))
    assert found.limits[0].backends == ("torch",) and found.limits[0].dtypes is None
    with pytest.raises(ValueError, match="limit='far out': a.claim has one of this name already"):
        found.limit("far out", says="it fails")(lambda case: iter(()))


def test_a_case_may_be_for_some_libraries_and_dtypes_only():
    found = made(cases={"all": {}, "torch alone": {"backends": ("torch",)}, "narrow": {"dtypes": ("float32",)}})
    assert found.cases_for("numpy") == ["all", "narrow"]
    assert found.cases_for("torch") == ["all", "torch alone", "narrow"]
    assert not found.runs("narrow", "numpy", "float64") and found.runs("narrow", "numpy", "float32")


# --- sweeps ------------------------------------------------------------------------------------------------------------


class Size(NamedTuple):
    H: int
    W: int


SIZES = [Size(h, w) for h in (1, 2, 3) for w in (1, 2, 3)]
SWEEP = {"label": "sizes", "source": "by hand", "designs": ("ones", "ramp", "random")}


def build(point, design):
    return ask("area", h=point.H, w=point.W, design=design)


def judge(outcome, point, design):
    return same_bits(outcome, F(point.H * point.W), label=f"{point} {design}", source="by hand")


def swept(library, *, point=None, defect_of=lambda call: ""):
    """Drive a sweep with the answers of a function; the comparisons that it yields, and the calls that it asked for."""
    case = Case("a.claim", "one", {}, dtype=None, backend="numpy", seed=0, point=point, defect_of=defect_of)
    experiment, found, asked = sweep(case, SIZES, build, judge, **SWEEP), [], []
    step = next(experiment, None)
    while step is not None:
        if isinstance(step, list):
            asked += step
            answer = [library(**c.arguments).of(c) for c in step]
        else:
            found.append(step)
            answer = None
        try:
            step = experiment.send(answer)
        except StopIteration:
            break
    return found, asked


def right(h, w, design):
    return value(F(h * w))


def wrong_when(condition):
    return lambda h, w, design: value(F(h * w + condition(h, w, design)))


def test_a_sweep_is_one_row_however_many_geometries():
    found, asked = swept(right)
    assert len(found) == 1 and len(asked) == 9
    row = found[0]
    assert row.agrees and row.geometries == 9 and row.elements == 9 and row.note.startswith("digest ")
    assert {c.arguments["design"] for c in asked} == {"random"}


def test_one_geometry_is_run_again_by_its_address():
    found, asked = swept(right, point="H=3,W=2")
    assert [c.arguments for c in asked] == [{"h": 3, "w": 2, "design": "random"}]
    assert found[0].geometries == 1


def test_an_address_outside_the_sweep_compares_nothing():
    assert swept(right, point="H=4,W=2") == ([], [])


def test_departures_are_one_row_with_the_smallest_first_and_every_address():
    found, _ = swept(wrong_when(lambda h, w, design: w == 2 and h >= 2))
    agreeing, departing = found
    assert agreeing.agrees and agreeing.geometries == 7
    assert not departing.agrees and departing.geometries == 2
    assert departing.label == "sizes, smallest departure H=2,W=2"
    assert [d.address for d in departing.departures] == ["H=2,W=2", "H=3,W=2"]


@pytest.mark.parametrize("simplest", ["ones", "ramp", "random"])
def test_a_departure_is_shown_with_the_simplest_data_that_still_show_it(simplest):
    designs = SWEEP["designs"]
    sees = designs[designs.index(simplest) :]
    found, _ = swept(wrong_when(lambda h, w, design: (h, w) == (2, 3) and design in sees))
    assert found[-1].call.arguments == {"h": 2, "w": 3, "design": simplest}


def test_a_departure_that_does_not_show_every_time_is_asked_again():
    answers = iter([False, True])  # with the simplest data: at the second try
    found, asked = swept(wrong_when(lambda h, w, design: (h, w) == (2, 3) and (design == "random" or next(answers))))
    assert found[-1].call.arguments["design"] == "ones"
    assert len({c.digest for c in asked[9:]}) == 2, "each try is really made"


def test_recorded_departures_are_a_row_of_their_own_and_hide_no_others():
    def recorded(call):
        return "library-3x2" if call.arguments["h"] == 3 else ""

    found, _ = swept(wrong_when(lambda h, w, design: w == 2), defect_of=recorded)
    agreeing, spared, other, known = found
    assert (agreeing.geometries, spared.geometries, other.geometries, known.geometries) == (4, 2, 2, 1)
    assert (agreeing.spared, spared.spared) == ("", "library-3x2"), "within the trigger, and right all the same"
    assert (other.defect, known.defect) == ("", "library-3x2")
    assert known.label == "sizes [library-3x2]" and known.call.arguments["h"] == 3


def test_the_smallest_of_the_recorded_departures_stands_for_them():
    found, _ = swept(wrong_when(lambda h, w, design: w == 2), defect_of=lambda call: "library-w2")
    assert found[-1].geometries == 3
    assert found[-1].call.arguments["h"] == 1 and found[-1].departures[0].address == "H=1,W=2"


def test_a_geometry_without_a_value_is_named_and_the_others_are_compared():
    found, _ = swept(lambda h, w, design: Outcome("broken", error="died") if (h, w) == (1, 2) else right(h, w, design))
    lost, row = found
    assert not lost.made and lost.label == "sizes: H=1,W=2"
    assert row.agrees and row.geometries == 8


def test_the_digest_tells_which_geometries_agreed():
    digests = {
        swept(wrong_when(lambda h, w, design, at=at: (h, w) == at))[0][0].note
        for at in [(1, 2), (2, 1), (3, 3), (0, 0)]
    }
    assert len(digests) == 4


# --- recorded defects --------------------------------------------------------------------------------------------------


def record(**change):
    call = ask("relu", x=1)
    plain = {
        "id": "d",
        "backend": "torch",
        "versions": ">=2.0,<2.5",
        "title": "t",
        "explanation": "e",
        "neighbour_says": "n",
    }
    return Defect(
        **(plain | {"trigger": lambda c: c.arguments["x"] > 0, "smallest": (call, 1), "neighbour": (call, 1)} | change)
    )


@pytest.mark.parametrize(
    "version, applies",
    [("1.13.1", False), ("2.0", True), ("2.4.1+cpu", True), ("2.5", False), ("2.4.0rc1", True), ("2.5.0rc1", False)],
)
def test_a_record_reaches_its_versions_and_no_others(version, applies):
    assert record().applies({"versions": {"torch": version}}, set()) is applies


def test_a_record_says_nothing_of_a_library_without_a_version():
    assert not record().applies({"versions": {"numpy": "2.1"}}, set())
    assert not record().applies({"error": "broken"}, set())


def test_a_record_may_need_features_of_the_processor_and_switches():
    here = {"versions": {"torch": "2.1"}, "build": {"oneDNN": True}}
    wide = record(cpu_features=("avx512f", "avx512bw"))
    assert wide.applies(here, {"avx512f", "avx512bw", "fma"}) and not wide.applies(here, {"avx512f"})
    switched = record(applies_where=lambda environment: environment["build"]["oneDNN"])
    assert switched.applies(here, set()) and not switched.applies(here | {"build": {"oneDNN": False}}, set())


def test_a_record_touches_the_calls_of_its_trigger():
    assert record().touches(ask("relu", x=1)) and not record().touches(ask("relu", x=-1))
    assert record().touches(ask("relu", x=1).mutated_by(sum)), "what a mutant does there refutes nothing"
    assert not record().touches(None)
