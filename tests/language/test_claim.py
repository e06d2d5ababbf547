"""Claims and their cases: what a claim keeps, what it refuses, and how inputs are drawn."""

import numpy as np
import pytest
from lectureclaims.claims.language import Case, Wrong, ask, claim

F = np.float32


# --- inputs ----------------------------------------------------------------------------------------------------------


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


# --- claims ----------------------------------------------------------------------------------------------------------


def made(expected="verified", kind="exact", cases=({"one": {}},), wrongs=None):
    """A claim of several experiments, each with its cases; the wrongs attack those of the last."""
    found = claim("a.claim", "What is so.", expected=expected, kind=kind)
    for i, names in enumerate(cases, 1):

        @found.each(names, wrongs=wrongs if i == len(cases) else None)
        def nothing(case, *, turn=None):
            yield ask("relu", x=1)

    return found


def test_a_claim_keeps_what_it_says():
    mutant = Wrong(operations={"relu": sum}, dtypes=("float32",))
    found = made(
        cases=({"one": {"n": 1}}, {"two": {"n": 2}, "three": {"n": 3}}),
        wrongs={"not turned": {"turn": 1}, "mutant": mutant},
    )
    assert [w.name for w in found.wrongs] == ["not turned", "mutant"]
    assert found.wrongs[0].says == {"turn": 1} and found.wrongs[1].dtypes == ("float32",)
    assert {name: case.settings for name, case in found.cases.items()} == {
        "one": {"n": 1},
        "two": {"n": 2},
        "three": {"n": 3},
    }
    assert found.file == __file__


def test_a_wrong_attacks_the_cases_of_its_own_experiment_or_those_that_it_names():
    cases = ({"one": {}}, {"two": {}, "three": {}})
    found = made(cases=cases, wrongs={"all": {"turn": 1}, "some": Wrong(says={"turn": 1}, cases=("three",))})
    assert [w.cases for w in found.wrongs] == [("two", "three"), ("three",)]


@pytest.mark.parametrize(
    "mistake, says",
    [
        ({"expected": "true"}, r"expected='true': not a verdict; choose one of verified, "),
        (
            {"kind": "exakt"},
            r"kind='exakt': not a kind; choose from exact, rounding, measured, statistical, convention",
        ),
        ({"kind": "exact, rounding"}, r"kind='exact, rounding': not a kind; .* joined by ' \+ '"),
        ({"cases": ({},)}, r"cases=\{\}: a.claim has none"),
        ({"cases": ({"one": {}}, {"one": {}})}, r"case='one': a.claim has one of this name already"),
        ({"wrongs": {"w": {"trun": 1}}}, r"wrong='w': a.claim says nothing called \['trun'\]; it says \['turn'\]"),
        ({"wrongs": {"w": Wrong(says={"case": 1})}}, r"wrong='w': a.claim says nothing called \['case'\]"),
        (
            {"wrongs": {"w": Wrong(cases=("two",))}},
            r"wrong='w': a.claim has no case \['two'\] here; there is \['one'\]",
        ),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(mistake, says):
    with pytest.raises(ValueError, match=says):
        made(**mistake)


PROSE = """
A sentence; it goes on
on the next line. Scope: in the middle of a line opens nothing.

Scope: 1-d, and
    2-d.

Finding: {a gate} of them.
Pictures: relu, leaky
  relu
Sources:
- One (2016),
  its second line
- Two - with a dash
"""


def test_prose_has_sections_and_its_line_breaks_are_blanks():
    prose = claim("a.claim", PROSE, expected="verified", kind="exact").prose
    assert prose.statement == "A sentence; it goes on on the next line. Scope: in the middle of a line opens nothing."
    assert (prose.scope, prose.finding, prose.notes, prose.elsewhere) == ("1-d, and 2-d.", "{a gate} of them.", "", "")
    assert prose.sources == ("One (2016), its second line", "Two - with a dash")
    assert prose.pictures == ("relu", "leaky relu")


@pytest.mark.parametrize("text", ["", "  ", "Scope: all", "What is so.\nScope: all\nScope: nothing"])
def test_prose_without_a_statement_or_with_a_section_twice_is_refused(text):
    with pytest.raises(ValueError, match="expected a statement, then each section at most once"):
        claim("a.claim", text, expected="verified", kind="exact")


def test_two_limits_of_one_name_are_refused():
    found = made()
    found.limit("far out", says="it fails", backends=["torch"])(lambda case: iter(()))
    assert found.limits[0].backends == ("torch",) and found.limits[0].dtypes is None
    with pytest.raises(ValueError, match="limit='far out': a.claim has one of this name already"):
        found.limit("far out", says="it fails")(lambda case: iter(()))


def test_a_limit_says_in_its_docstring_what_is_so():
    found = made()

    @found.limit("odd kernels; stride 2")
    def _(case):
        """It fails
        here."""
        yield ask("relu", x=1)

    assert (found.limits[0].name, found.limits[0].says) == ("odd kernels; stride 2", "It fails here.")
    with pytest.raises(ValueError, match="limit='mute': a.claim does not say what is so there"):
        found.limit("mute")(lambda case: iter(()))


def test_a_case_may_be_for_some_libraries_and_dtypes_only():
    found = claim("a.claim", "What is so.", expected="verified", kind="exact")

    @found.case("all")
    @found.case("torch alone", backends=("torch",))
    @found.case("narrow", dtypes=("float32",))
    def nothing(case):
        yield ask("relu", x=1)

    assert set(found.cases_for("numpy")) == {"all", "narrow"}
    assert set(found.cases_for("torch")) == {"all", "torch alone", "narrow"}
    assert not found.runs("narrow", "numpy", "float64") and found.runs("narrow", "numpy", "float32")


@pytest.mark.parametrize("library", ["pillow", "opencv", "matplotlib"])
def test_a_library_that_only_decodes_takes_part_where_a_case_names_it(library):
    found = made()
    assert found.cases_for(library) == []
    found.case("pictures", backends=(library,))(lambda case: iter(()))
    assert found.cases_for(library) == ["pictures"]
