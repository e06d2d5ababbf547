"""What is asked, what comes back, and how it is compared: bit for bit, within a derived bound, as a plain fact, by a gate."""

import math

import numpy as np
import pytest
from lectureclaims.claims.language import NotAValue, Outcome, ask, fact, gate, happens, same_bits, same_shape, within
from lectureclaims.claims.language.statistics import Gate, judge, paired
from lectureclaims.claims.record.sentences import sentence
from lectureclaims.claims.record.types import Within
from lectureclaims.reference import bounds

F = np.float32
SAID = {"label": "the sum", "source": "by hand"}


def value(content, **asked):
    return Outcome("value", content, call=ask("sum", **asked))


# --- what is asked and what comes back -------------------------------------------------------------------------------


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


# --- bit for bit -----------------------------------------------------------------------------------------------------


def bitwise(got, wanted, **how):
    return same_bits(value(got), wanted, **SAID, **how)


def test_equal_bits_agree():
    found = bitwise(np.array([1, np.inf, -0.0], F), np.array([1, np.inf, 0.0], F))
    assert found.row.agrees and found.row.made
    assert (found.row.ratio, found.row.elements, found.row.differing) == (0, 3, 0)


def test_the_smallest_difference_disagrees_and_says_where():
    wanted = np.arange(1, 7, dtype=F).reshape(2, 3)
    got = wanted.copy()
    got[1, 2] = np.nextafter(got[1, 2], F(np.inf))
    found = bitwise(got, wanted)
    assert not found.row.agrees
    assert (found.row.ratio, found.row.elements, found.row.differing, found.row.where, found.row.ulp) == (
        np.inf,
        6,
        1,
        (1, 2),
        1,
    )
    assert sentence(found.row) == "the sum: 1 of 6 differ; worst at (1, 2): got 6.00000048, wanted 6"


def test_minus_zero_is_zero_unless_the_claim_is_about_signs():
    plus, minus = np.array([0.0], F), np.array([-0.0], F)
    assert bitwise(minus, plus).row.agrees
    assert not bitwise(minus, plus, signed_zero=True).row.agrees
    assert bitwise(minus, minus, signed_zero=True).row.agrees


@pytest.mark.parametrize(
    "got, wanted", [(np.nan, 1), (1, np.nan), (np.nan, np.nan), (np.nan, np.inf), (np.inf, -np.inf)]
)
def test_nan_agrees_with_nothing(got, wanted):
    found = bitwise(np.array([got], F), np.array([wanted], F))
    assert not found.row.agrees and not found.row.shape
    assert found.row.ratio == np.inf


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
    assert not found.row.agrees and found.row.shape
    assert sentence(found.row) == f"the sum: got {has}, wanted {wants}"


def test_two_empty_arrays_agree_about_nothing():
    found = bitwise(np.ones((0, 3), F), np.ones((0, 3), F))
    assert found.row.agrees and found.row.elements == 0


@pytest.mark.parametrize("kind", ["raised", "absent", "unsupported", "broken"])
def test_without_a_value_there_is_no_comparison(kind):
    found = same_bits(Outcome(kind, error="why not"), np.ones(2, F), **SAID)
    assert not found.row.made and not found.row.agrees and found.row.elements == 0
    assert sentence(found.row) == "the sum: not compared: why not"


# --- within a derived bound ------------------------------------------------------------------------------------------

WANTED = np.array([0.0, 3.0])
BOUND = bounds.sums_of_products(np.array([2.0, 3.0]), np.array([4, 4]), np.float64, flushed=None)


def bounded(got, wanted=WANTED, bound=BOUND, **asked):
    return within(value(got, **asked), wanted, bound, **SAID)


def test_at_the_bound_is_inside_and_one_number_further_is_not():
    limit = BOUND.allowed[0]
    inside, outside = bounded(np.array([limit, 3])), bounded(np.array([np.nextafter(limit, 1), 3]))
    assert inside.row.agrees and inside.row.ratio == 1
    assert not outside.row.agrees and 1 < outside.row.ratio < 1 + 2**-40
    assert (outside.row.where, outside.row.differing, outside.row.elements) == ((0,), 1, 2)
    assert (
        bounded(-np.array([limit, -3])).row.agrees and not bounded(-np.array([np.nextafter(limit, 1), -3])).row.agrees
    )


@pytest.mark.parametrize("tolerance", [0.1, 0, None, np.ones(2), BOUND.allowed, "close"])
def test_only_a_bound_with_a_derivation_allows_anything(tolerance):
    with pytest.raises(TypeError, match="a comparison accepts only a Bound"):
        bounded(WANTED, bound=tolerance)


@pytest.mark.parametrize("got", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_outside_every_bound(got):
    found = bounded(np.array([got, 3.0]))
    assert not found.row.agrees and found.row.ratio == np.inf and found.row.where == (0,)


def test_an_infinity_where_it_is_wanted_agrees_and_a_nan_never():
    assert bounded(np.array([0, np.inf]), np.array([0, np.inf])).row.agrees
    assert not bounded(np.array([0, -np.inf]), np.array([0, np.inf])).row.agrees
    assert not bounded(np.array([0, 1.0]), np.array([0, np.inf])).row.agrees
    assert not bounded(np.array([0, np.nan]), np.array([0, np.nan])).row.agrees


def test_where_nothing_is_allowed_only_the_same_number_agrees():
    nothing = bounds.exact((2,), reason="a copy")
    assert bounded(np.array([-0.0, 3]), bound=nothing).row.agrees
    found = bounded(np.array([0, np.nextafter(3, 4)]), bound=nothing)
    assert not found.row.agrees and found.row.ratio == np.inf


@pytest.mark.parametrize("got", [np.ones((2, 1)), np.float64(3), np.ones(0), [0.0, 3.0], None])
def test_strict_before_close_within_a_bound_too(got):
    found = bounded(got)
    assert not found.row.agrees and found.row.shape


def test_a_library_answers_in_the_dtype_that_it_was_asked_in():
    x = np.ones(2, F)
    assert bounded(WANTED.astype(F), x=x, n=2).row.agrees
    found = bounded(WANTED, x=x, n=2)
    assert not found.row.agrees and found.row.shape
    assert "got dtype float64, wanted dtype float32" in sentence(found.row)


def test_the_derivation_travels_with_the_comparison():
    found = bounded(WANTED)
    assert isinstance(found.row, Within) and not found.row.measured and found.row.derivation == BOUND.derivation != ""
    assert sentence(found.row) == "the sum: 2 elements, worst error ÷ bound 0"


def test_an_empirical_bound_is_not_called_derived():
    found = bounded(WANTED, bound=bounds.trajectory(np.ones(2), copies=2))
    assert found.row.agrees and found.row.measured


# --- plain facts and refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("got, wanted", [(1, 1), ((1, 2), (1, 2)), ("yes", "yes"), (None, None), (True, True)])
def test_equal_facts_agree(got, wanted):
    assert fact(got, wanted, **SAID).row.agrees
    assert fact(value(got), wanted, **SAID).row.agrees


@pytest.mark.parametrize(
    "got, wanted", [(1, True), (1, 1.0), (0, False), ([1, 2], (1, 2)), ("1", 1), (np.int64(1), 1), (None, 0)]
)
def test_facts_of_different_types_differ(got, wanted):
    found = fact(got, wanted, **SAID)
    assert not found.row.agrees and found.row.ratio == np.inf and not found.row.shape


def test_a_shape_is_compared_alone():
    assert same_shape(value(np.full((2, 3), np.nan)), [2, 3], **SAID).row.agrees
    found = same_shape(value(np.ones((3, 2))), (2, 3), **SAID)
    assert not found.row.agrees and found.row.shape
    assert sentence(found.row) == "the sum: got (3, 2), expected (2, 3)"


def test_a_refusal_can_be_what_is_claimed():
    refusal = Outcome("raised", error="ValueError: kernel too large")
    assert happens(refusal, "raised", **SAID).row.agrees
    assert happens(refusal, "raised", error="too large", **SAID).row.agrees
    other = happens(refusal, "raised", error="out of memory", **SAID).row
    assert not other.agrees and (other.got, other.wanted) == ("raised", "raised, with the words 'out of memory'")
    answered = happens(value(1.0), "raised", **SAID)
    assert not answered.row.agrees and answered.row.made, "an answer in place of a refusal refutes"


@pytest.mark.parametrize("kind", ["absent", "unsupported", "broken"])
def test_a_library_that_cannot_be_asked_has_not_refused(kind):
    found = happens(Outcome(kind), "raised", **SAID)
    assert not found.row.made and not found.row.agrees


# --- gates -----------------------------------------------------------------------------------------------------------


def gated(*, group="first", ratios=(1.1, 1.2, 1.3, 1.2, 1.1, 1.25), bounds=(1.0,), **stated):
    effect = paired("the ratio", np.array(ratios), np.ones(len(ratios)), kind="ratio", seed=0)
    asked = Gate("larger [0, 1]; always, fresh seeds", "the ratio", "above", bounds, **stated)
    return gate(asked, effect, judge(asked, effect), group, source="stated before"), effect


@pytest.mark.parametrize("group", ["first", "fresh"])
def test_a_gate_keeps_its_numbers_as_numbers(group):
    """No rule and no report reads the interval, the gate's name or the group of seeds out of a sentence."""
    found, effect = gated(group=group, speaks="against")
    row = found.row
    assert (row.gate, row.effect, row.group) == ("larger [0, 1]; always, fresh seeds", "the ratio", group)
    assert (row.estimate, row.low, row.high) == (effect.estimate, effect.low, effect.high)
    assert (row.seeds, row.positive, row.missing, row.measure) == (6, 6, 0, "ratio")
    assert (row.sign_p, row.wilcoxon_p) == (effect.sign_p, effect.wilcoxon_p)
    assert (row.side, row.bounds, row.speaks) == ("above", (1.0,), "against")
    assert found.holds and row.ratio == 0 and not row.undecided


def test_a_gate_is_met_not_met_or_not_decided():
    for bound, agrees, undecided in ((1.0, True, False), (1.2, False, True), (1.5, False, False)):
        row = gated(bounds=(bound,))[0].row
        assert (row.agrees, row.undecided) == (agrees, undecided) and row.ratio == (0 if agrees else np.inf)


def test_an_arm_that_stands_alone_has_no_test_of_pairs():
    effect = paired("the ratio", np.full(6, 1.2), None, kind="ratio", seed=0)
    asked = Gate("larger", "the ratio", "above", (1.0,))
    row = gate(asked, effect, judge(asked, effect), "first", source="").row
    assert row.agrees and row.sign_p is None and row.wilcoxon_p is None
