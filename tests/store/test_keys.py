"""Keys: whatever can change an answer changes its key, and nothing else that one would notice does."""

import gc
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from lectureclaims.claims.engine import lecture, plan
from lectureclaims.claims.engine.ran import Selection, Unit
from lectureclaims.claims.store import machine, sources
from lectureclaims.claims.workers.library import PINNED
from lectureclaims.reference.operators import catalogue
from sources import ROOT

UNIT = Unit("convolution.flip", "numpy", "float32")
PADDING = Unit("convolution.discrete_1d", "numpy", "float32")


@pytest.fixture(scope="module")
def book():
    return lecture.read()


def forget():
    """What is remembered of files' contents; what is remembered of their syntax stays, for an edit is a comment."""
    for function in (sources._content, sources.shared, machine.distribution):
        function.cache_clear()


@pytest.fixture(autouse=True)
def _forgetful():
    forget()
    yield
    forget()


def selection(book, **members):
    return Selection((*book.claims,), ("numpy", "scipy"), **members)


def keys(book, units, **members):
    forget()
    made = plan.Keys(book, selection(book, **members))
    return {unit: made.cell(unit) for unit in units}


def every(book):
    return plan.units(book, selection(book))


@pytest.fixture
def edited(monkeypatch):
    """The keys as they would be with another content of some file: ``edited(path)``."""
    real = Path.read_bytes

    def edit(path):
        path = ROOT / path
        assert path.is_file()
        monkeypatch.setattr(Path, "read_bytes", lambda self: real(self) + (b"\n# edited" if self == path else b""))

    return edit


def changed(book, edit, path):
    before = keys(book, every(book))
    edit(path)
    after = keys(book, every(book))
    return {unit for unit in before if before[unit] != after[unit]}


def test_the_same_twice_is_the_same_key(book):
    assert keys(book, [UNIT]) == keys(book, [UNIT])


@pytest.mark.parametrize("members", [{"seed": 1}, {"quick": True}, {"case": "x"}, {"wrong": "x"}, {"limit": "x"}])
def test_what_was_asked_for_counts(book, members):
    assert keys(book, [UNIT])[UNIT] != keys(book, [UNIT], **members)[UNIT]


def test_claim_library_and_dtype_count(book):
    units = [UNIT, PADDING, replace(UNIT, backend="scipy"), replace(UNIT, dtype="float64")]
    assert len({*keys(book, units).values()}) == 4


@pytest.mark.parametrize(
    "path",
    [
        "claims/engine/experiments.py",
        "claims/language/comparison.py",
        "claims/record/verdicts.py",
        "claims/workers/library.py",
        "reference/bounds/sums.py",
        "reference/oracle/linear.py",
        "reference/exact/integers.py",
        "reference/mistakes/convolutions.py",
        "reference/judging/rules.py",
        "reference/operators/operation.py",
        "claims/lecture/defects.py",
    ],
)
def test_what_every_answer_comes_from_changes_every_key(book, edited, path):
    assert changed(book, edited, path) == {*every(book)}


def test_an_edited_claim_changes_its_own_cells_alone(book, edited):
    file = Path(book.claims["activations.relu_slope"].file) if "activations.relu_slope" in book.claims else None
    path = file or Path(book.claims["convolution.flip"].file)
    own = {u for u in every(book) if Path(book.claims[u.claim].file) == path}
    assert changed(book, edited, path.relative_to(ROOT) if path.is_absolute() else path) == own


def test_the_history_of_a_design_changes_its_claims_cells_alone(book, edited):
    touched = changed(book, edited, "claims/lecture/activations/polarity/versions.toml")
    assert {unit.claim for unit in touched} == {"activations.polarity"}


def test_an_edited_library_changes_its_own_cells_alone(book, edited):
    assert {unit.backend for unit in changed(book, edited, "reference/libraries/scipy/operations.py")} == {"scipy"}


def test_an_edited_operator_changes_exactly_the_claims_that_reach_it(book, edited):
    touched = {unit.claim for unit in changed(book, edited, "reference/operators/activations/gelu.py")}
    naming = {name for name, claim in book.claims.items() if plan.named(claim, book.folder) & {"gelu", "gelu_tanh"}}
    assert touched == naming and len(touched) < len(book.claims) / 2, sorted(touched)


def test_what_an_operator_imports_counts_with_it():
    assert "cross_correlation.py" in {p.name for p in sources.of_operations(["convolution2d"], "torch")}


def test_operators_that_a_librarys_own_function_uses_count():
    assert "cross_correlation.py" in {p.name for p in sources.of_operations(["raw_convolution2d"], "numpy")}
    assert "cross_correlation.py" not in {p.name for p in sources.of_operations(["gelu"], "numpy")}


def test_every_operation_has_its_file():
    assert {*catalogue.OPERATIONS} == {n for n in catalogue.OPERATIONS if sources.of_operations([n], "torch")}


def test_variables_that_steer_kernels_count(book, monkeypatch):
    before = keys(book, [UNIT])
    for name in ("OMP_SCHEDULE", "ONEDNN_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS", "MKL_CBWR", "LD_PRELOAD"):
        with monkeypatch.context() as otherwise:
            otherwise.setenv(name, "otherwise")
            assert keys(book, [UNIT]) != before, name
    for name in ("EDITOR", *PINNED):
        monkeypatch.setenv(name, "otherwise")
    assert keys(book, [UNIT]) == before, "the processes that compute are given some themselves"


@pytest.mark.parametrize("what", ["packages", "facts"])
def test_versions_and_the_machine_count(book, monkeypatch, what):
    before = keys(book, [UNIT])
    monkeypatch.setattr(machine, what, lambda *_: {"other": "1.0"})
    assert keys(book, [UNIT]) != before


def test_a_library_rests_on_its_distributions_and_what_they_require():
    assert {"numpy", "scipy", "mpmath"} <= {*machine.packages("numpy")}
    version, digest = machine.packages("numpy")["numpy"].split()
    assert version and len(digest) == 64, "the wheel's own list of its files"


def test_a_users_own_file_counts_with_those_beside_it(tmp_path):
    file, beside = tmp_path / "mine.py", tmp_path / "helper.py"
    file.write_text("import helper")
    beside.write_text("x = 1")
    before = sources.digest(sources.of_library(str(file)))
    sources._content.cache_clear()
    beside.write_text("x = 2")
    assert sources.digest(sources.of_library(str(file))) != before


def installed(folder, record):
    info = folder / "some-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some\nVersion: 1.0\n")
    (info / "RECORD").write_text("\n".join(record))


def test_where_an_environment_lies_and_what_installed_it_does_not_count(tmp_path, monkeypatch):
    """A script has the environment's path in its first line; one installer leaves notes, and lists what Python makes of the files, another not."""
    files = ["some/a.py,sha256=A,1", "../../libsome.so,sha256=B,2"]
    pip = ["../../../bin/some,sha256=C,3", "some-1.0.dist-info/INSTALLER,sha256=D,4", "some/__pycache__/a.pyc,,"]
    records = {"one": files + pip, "two": files[::-1], "other": ["some/a.py,sha256=E,1", files[1]]}
    found = {}
    for name, record in records.items():
        installed(tmp_path / name, record)
        with monkeypatch.context() as path:
            path.syspath_prepend(tmp_path / name)
            machine.distribution.cache_clear()
            found[name] = machine.distribution("some")
    assert found["one"] == found["two"] != found["other"]
    machine.distribution.cache_clear()
    assert machine.distribution("some") == ""


def test_the_place_of_a_file_is_the_same_on_every_machine(tmp_path):
    assert sources.place(catalogue.__file__) == "reference/operators/catalogue.py"
    assert sources.place(str(tmp_path / "mine.py")) == str(tmp_path / "mine.py")
    assert all(sources.ROOT / sources.place(file) == Path(file) for file in (catalogue.__file__, str(tmp_path)))


def test_sources_are_parsed_by_several_threads_at_once():
    """Where Python code runs at a collection of garbage (as Hypothesis' does), Python 3.11's parser counts the depth of two threads in one number."""
    files, failed = sorted(Path(sources.__file__).parents[1].rglob("*.py"))[:60], []

    def parse():
        for path in files:
            try:
                sources._tree.__wrapped__(path)
            except SystemError as error:
                failed.append(error)

    collected, before, switched = (lambda *_: sum(range(50))), gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(collected)
    try:
        gc.set_threshold(50)
        sys.setswitchinterval(1e-6)
        threads = [threading.Thread(target=parse) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.callbacks.remove(collected)
        gc.set_threshold(*before)
        sys.setswitchinterval(switched)
    assert failed == []
