"""Experiments under way: what they may yield, what is kept of a mistake in a claim, and how it is debugged."""

import contextlib
import math
import os
import signal
import time

import numpy as np
import pytest
from lectureclaims.claims.engine import build, cells, lecture, verification
from lectureclaims.claims.engine.experiments import Experiment, advance_all
from lectureclaims.claims.engine.ran import CellRun, Variant
from lectureclaims.claims.language import Case, Figure, Outcome, Timing, Wrong, ask, claim, same_bits, same_shape
from lectureclaims.claims.language.claim import Stated
from lectureclaims.claims.record import file, verdicts
from lectureclaims.claims.record.types import Stopped
from lectureclaims.claims.workers import limits
from lying import LECTURE, library, run_command

GOT = {"relu": 1.0, "tanh": 2.0}


class Answering:
    """Answers from a table; what it was asked, batch by batch."""

    def __init__(self):
        self.batches = []

    def run(self, calls):
        self.batches.append([call.name for call in calls])
        return [Outcome("value", GOT[c.name]) if c.name in GOT else Outcome("unsupported", error="none") for c in calls]


def ran(*generators, wrong=None, debug=False, known=(), seconds=math.inf):
    """The experiments, advanced together, and who answered."""
    kept = {kind: {} for kind in (Figure, Timing, Stated)}
    case = Case("a.claim", "one; two", {}, dtype=None, backend="numpy", seed=0)
    experiments = [
        Experiment(Variant(), case, g, wrong, kept, debug=debug, known=known, seconds=seconds) for g in generators
    ]
    caller = Answering()
    advance_all(experiments, caller, ())
    return experiments, caller


def rows(experiment):
    return experiment.variant.rows


# --- what goes on ------------------------------------------------------------------------------------------------------


def test_experiments_advance_together_and_equal_calls_are_made_once():
    def experiment(*names):
        for name in names:
            yield ask(name)

    _, caller = ran(experiment("relu", "tanh"), experiment("relu", "relu", "tanh"))
    assert [batch for batch in caller.batches if batch] == [["relu"], ["tanh"]]


def test_a_list_of_calls_is_answered_by_a_list_and_one_call_by_its_outcome():
    def experiment():
        one = yield ask("relu")
        several = yield [ask("relu"), ask("tanh")]
        assert one.value == 1.0 and [o.value for o in several] == [1.0, 2.0]

    ((only,), _) = ran(experiment())
    assert rows(only) == []


def test_what_the_library_lacks_ends_the_experiment_and_is_no_mistake_of_the_claim():
    def experiment():
        y = yield ask("softmax")
        yield same_bits(Outcome("value", y.value), 1.0, label="never", source="")

    ((only,), _) = ran(experiment())
    (row,) = rows(only)
    assert isinstance(row, Stopped) and (row.outcome, row.case, row.traceback) == ("unsupported", "one; two", "")
    assert only.variant.unsupported == {"softmax"}


@pytest.mark.parametrize(
    "name, way_out",
    [
        ("max_pool2d", "did you mean 'max_pooling2d'?"),
        ("sigmoid", "did you mean 'logistic'?"),
        ("zzz", "give the file that has it, with --backend"),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_an_operation_that_no_library_has_is_a_mistake_of_the_claim(name, way_out, alone):
    def experiment():
        yield ask(name) if alone else [ask("relu"), ask(name)]

    ((only,), _) = ran(experiment(), known=("max_pooling2d", "softmax"))
    (row,) = rows(only)
    assert row.outcome == "error" and "\n" not in row.note
    assert row.note.startswith(f"ValueError: operation='{name}': no library has an operation of this name; {way_out}")
    assert "(test_experiments.py:" in row.note and not only.variant.unsupported


def test_an_operation_that_some_library_has_is_none():
    ((only,), _) = ran(iter_of(ask("softmax")), known=("softmax",))
    assert rows(only) == [] and only.variant.unsupported == {"softmax"}


def test_operations_of_libraries_and_of_a_users_own_file_are_known(tmp_path):
    (tmp_path / "mine.py").write_text("def of_my_own(x):\n    return x\n")
    (tmp_path / "broken.py").write_text("def (")
    known = cells._operations(["numpy", str(tmp_path / "mine.py"), str(tmp_path / "broken.py")])
    assert {"max_pooling2d", "own_rectifiers", "decode_image", "value_and_gradient", "of_my_own"} <= known


def test_a_wrong_world_draws_no_figures():
    def experiment():
        yield Figure("a figure", {})
        yield Stated("a design", {})
        yield Timing("a clock", {})

    ((honest,), _), ((wrong,), _) = ran(experiment()), ran(experiment(), wrong=Wrong("w"))
    assert [list(kept) for kept in honest.kept.values()] == [["a figure"], ["a clock"], ["a design"]]
    assert not any(wrong.kept.values())


# --- a mistake in a claim ----------------------------------------------------------------------------------------------


def outer():
    return inner()


def inner():
    return {}["a mistake"]


def mistaken():
    yield ask("relu")
    outer()


@pytest.mark.parametrize("step", [1, "a call", None, [1], np.ones(2)])
def test_what_is_neither_a_call_nor_evidence_is_a_mistake_in_the_claim(step):
    ((only,), _) = ran(iter_of(step))
    (row,) = rows(only)
    assert row.outcome == "error" and row.note.startswith("TypeError: an experiment yielded")


def iter_of(step):
    yield step


def test_a_mistake_in_a_claim_keeps_its_whole_traceback_and_one_line():
    ((only, other), _) = ran(mistaken(), iter_of(ask("tanh")))
    (row,) = rows(only)
    assert isinstance(row, Stopped) and not row.made and row.outcome == "error"
    assert row.note.startswith("KeyError: 'a mistake' (test_experiments.py:") and "\n" not in row.note
    assert row.traceback.startswith("Traceback (most recent call last):")
    places = [row.traceback.index(f"in {name}\n") for name in ("mistaken", "outer", "inner")]
    assert places == sorted(places), "every function on the way, from the experiment to the mistake"
    assert row.traceback.endswith("KeyError: 'a mistake'\n") and 'return {}["a mistake"]' in row.traceback
    assert rows(other) == [], "nobody else is harmed"


def test_a_mistake_in_a_claim_is_raised_where_it_is_debugged():
    with pytest.raises(KeyError, match="a mistake") as raised:
        ran(mistaken(), debug=True)
    assert raised.traceback[-1].name == "inner"


def test_the_traceback_is_in_the_record_that_is_written():
    done = run_command("lecture-claims", "verify", "broken.experiment", "--backend=numpy", "--json", lecture=True)
    assert done.returncode == 1
    (claim,) = file.loads(done.stdout).claims
    (row,) = (r for r in claim.cells[0].rows if isinstance(r, Stopped))
    assert 'raise KeyError("a mistake in the claim")' in row.traceback and str(LECTURE / "section.py") in row.traceback
    assert "\n" not in claim.reason, "the reason keeps one line"


# --- in this process ---------------------------------------------------------------------------------------------------


def in_process(claim, backend="numpy", **more):
    return verification.verify(
        [claim], backends=[backend], lecture_folder=LECTURE, way=verification.Way(in_process=True), **more
    )


def test_in_this_process_a_mistake_in_a_claim_is_raised():
    before = dict(os.environ)
    with pytest.raises(KeyError, match="a mistake in the claim") as raised:
        in_process("broken.experiment")
    assert raised.traceback[-1].path == LECTURE / "section.py"
    assert dict(os.environ) == before, "the environment is given back"


def test_in_this_process_the_evidence_is_the_same():
    here, there = in_process("layer.*"), verification.verify(["layer.*"], backends=["numpy"], lecture_folder=LECTURE)
    assert here.claims == there.claims and here.success


def test_in_this_process_what_a_library_raises_is_an_observation():
    (claim,) = in_process("layer.correlates", library("refuses")).claims
    assert claim.verdict == "error" and "the library raised RuntimeError: not today" in claim.reason


def test_in_this_process_what_a_users_own_file_raises_comes_with_its_traceback(capsys):
    in_process("layer.correlates", library("refuses"))
    assert 'raise RuntimeError("not today")' in capsys.readouterr().err


# --- what cannot be told on a library ------------------------------------------------------------------------------------


def of_one_name():
    """A claim with a wrong of two experiments, and a limit of the same name."""
    made = claim("a.claim", "A statement.", expected="verified", kind="exact")

    @made.case("with gradients", wrongs={"flipped": Wrong(needs=("gradient",))})
    def _(case):
        yield ask("gradient")

    @made.case("without", wrongs={"flipped": Wrong()})
    def _(case):
        yield ask("relu")

    @made.limit("flipped")
    def _(case):
        """Here it is so."""
        yield ask("gradient")

    return made


def test_a_wrong_is_left_out_only_where_no_experiment_can_tell_it_and_a_limit_of_its_name_is_another_thing():
    cell = CellRun("a.claim", "numpy", "float32", wrongs={"flipped": Variant()})
    cell.honest.unsupported.add("gradient")
    cell.limits["flipped"] = Variant(unsupported={"gradient"})
    cells._leave_out_what_cannot_be_told(of_one_name(), cell)
    assert [*cell.wrongs] == ["flipped"] and not cell.limits
    assert build._untested(of_one_name(), cell, quick=False) == ["limit “flipped” cannot be tried on it"]


# --- how a mistake in a claim is shown --------------------------------------------------------------------------------------

BROKEN = ("lecture-claims", "verify", "broken.experiment", "--backend=numpy")


def test_the_terminal_shows_the_traceback_and_how_to_run_that_case_in_a_debugger():
    done = run_command(*BROKEN, lecture=True)
    assert done.returncode == 1
    assert 'raise KeyError("a mistake in the claim")' in done.stdout
    assert "verify broken.experiment --case one --backend numpy" in done.stdout
    assert "--in-process --pdb" in done.stdout


def test_in_this_process_the_mistake_itself_is_raised():
    done = run_command(*BROKEN, "--case=one", "--in-process", lecture=True)
    assert done.returncode not in (0, 2)
    assert 'raise KeyError("a mistake in the claim")' in done.stderr + done.stdout


# --- what never ends, what cannot be sent ------------------------------------------------------------------------------


def test_an_experiment_that_hangs_is_told_with_its_place_and_ends_those_beside_it():
    def endless():
        yield ask("relu")
        while True:
            math.sqrt(2)

    def honest():
        yield ask("tanh")
        yield ask("relu")

    hung, beside = ran(endless(), honest(), seconds=0.05)[0]
    (row,), (other,) = rows(hung), rows(beside)
    assert (row.outcome, row.note.partition(" (")[0]) == ("broken", "no step within 0.05 s")
    assert row.note.endswith(")") and "test_experiments.py:" in row.note
    assert other.note == "not run: another experiment of this cell hung"


def test_an_experiment_that_swallows_the_clocks_error_is_ended_with_its_process(monkeypatch):
    ended = []
    monkeypatch.setattr(limits.os, "kill", lambda process, how: ended.append((process, how)))
    with limits.within(100):
        late = signal.getsignal(signal.SIGALRM)
        for _ in range(limits.OFTEN + 1):
            assert ended == []
            with pytest.raises(TimeoutError, match="no step within 100 s"):
                late(signal.SIGALRM, None)
    assert ended == [(os.getpid(), signal.SIGKILL)]


def test_the_clock_is_stopped_after_each_step():
    def experiment():
        yield ask("relu")

    ran(experiment(), seconds=0.02)
    time.sleep(0.04)


def test_a_time_out_of_the_experiments_own_is_its_mistake():
    def experiment():
        yield ask("relu")
        raise TimeoutError("mine")

    ((only,), _) = ran(experiment(), seconds=5)
    assert [row.outcome for row in rows(only)] == ["error"] and not only.hung


def test_what_cannot_be_sent_is_an_error_though_the_experiment_goes_on():
    def experiment():
        for _ in range(2):
            with contextlib.suppress(TypeError):
                yield ask("relu", x=lambda: 3)

    ((only,), caller) = ran(experiment())
    assert [row.outcome for row in rows(only)] == ["error"] and caller.batches == []


def test_what_cannot_be_sent_to_a_library_is_an_error_at_the_line_that_asks_for_it():
    def experiment():
        yield ask("relu", x=lambda: 3)

    ((only,), caller) = ran(experiment())
    (row,) = rows(only)
    assert row.outcome == "error" and "relu: cannot be sent to a library: Can't pickle local object" in row.note
    assert "give arrays and plain values" in row.note and "test_experiments.py:" in row.note and caller.batches == []


@pytest.mark.parametrize("leaving", ["import sys; sys.exit(0)", "import os; os._exit(0)", "raise SystemExit"])
def test_a_module_that_ends_the_process_is_a_lecture_that_cannot_be_read(tmp_path, leaving):
    (tmp_path / "lecture.md").write_text("# A\n\nIt holds.\n")
    (tmp_path / "sentences.toml").write_text('[[sentence]]\nid = "a"\ntext = "It holds."\nclaims = ["a.holds"]\n')
    (tmp_path / "a.py").write_text(leaving)
    with pytest.raises(lecture.BadLecture, match=r"SystemExit: .*\(a.py:1\)"):
        lecture.read(tmp_path)


def test_a_wrong_that_differs_in_shape_alone_says_so():
    variant = Variant()
    variant.comparisons.append(same_shape(Outcome("value", np.ones(2)), (3,), label="shape", source="here"))
    said = build._wrong("longer", variant, verdicts.Facts()).excuse
    assert said == "only shapes differed, which counts in a claim with about_shapes=True"
