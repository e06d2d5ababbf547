"""The arms of statistical claims as units of work: each is made once, wherever a process is free, kept by its design, and checked again with its cell."""

import dataclasses
import threading
from types import SimpleNamespace

import pytest
from lectureclaims.claims.engine import lecture, plan, schedule, verification
from lectureclaims.claims.engine.ran import Progress, Unit
from lectureclaims.claims.engine.schedule import Queue, Task, Waiting, foreseen, lost
from lectureclaims.claims.record import file
from lectureclaims.claims.record.parts import CellFound, Measured
from lectureclaims.claims.store.folder import Store
from lectureclaims.claims.workers import codec

CLAIM, CELL = "network.learned_parameters", "network.learned_parameters [torch float64]"
CHOSEN = {"backends": ("torch",), "dtypes": ("float64",), "quick": True}


def run(store, **way):
    computed = []
    progress = Progress(finished=lambda process, unit: computed.append(unit))
    found = verification.verify((CLAIM,), **CHOSEN, progress=progress, way=verification.Way(store=store, **way))
    return found, computed


def cells(found):
    return [file.pack(cell) for claim in found.claims for cell in claim.cells]


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """(a store, the record, the units that were computed) of a first run."""
    store = tmp_path_factory.mktemp("store")
    return store, *run(store)


def long(units):
    return [unit for unit in units if unit.call]


def forget(store, kind):
    """Take results of this kind out of the store."""
    shelf = Store(store)
    for entry in [*shelf.entries()]:
        if _is(shelf.get(entry.key), kind):
            shelf.remove(entry.key)


def _is(data, kind):
    try:
        return bool(file.unpack(data, kind))
    except file.BadEvidence:
        return False


def test_each_arm_is_computed_by_itself_and_the_reference_on_numpy(first):
    _, found, computed = first
    assert [unit.name for unit in computed if not unit.call] == [CELL]
    names = {unit.name for unit in long(computed)}
    assert f"{CELL} learns, seeds 0 to 5" in names and not any("seeds 5000" in name for name in names)
    assert {unit.backend for unit in long(computed) if unit.measures.startswith("reference")} == {"numpy"}
    assert len({(unit.backend, unit.call) for unit in long(computed)}) == len(long(computed)), "one was made twice"
    assert found.volatile.cell_seconds[CELL] > 0


def test_in_one_process_it_is_the_same(first):
    _, found, _ = first
    assert cells(run(None, in_process=True)[0]) == cells(found)


def test_a_cell_that_is_computed_again_takes_its_arms_from_the_store(first):
    store, found, _ = first
    forget(store, CellFound)
    again, computed = run(store)
    assert [unit.name for unit in computed] == [CELL] and cells(again) == cells(found)


def test_an_arm_that_is_gone_is_computed_again(first):
    store, found, everything = first
    forget(store, CellFound)
    forget(store, Measured)
    again, computed = run(store)
    assert {*computed} == {*everything} and cells(again) == cells(found)


def test_an_arm_that_lies_is_found_out_with_its_cell(first, tmp_path):
    """Every number of the stored trajectories is moved, with a checksum that fits, and the cell that comes of it is stored."""
    shelf, liar = Store(first[0]), Store(tmp_path)
    for entry in [*shelf.entries()]:
        data = shelf.get(entry.key)
        if _is(data, Measured):
            part = file.unpack(data, Measured)
            kind, value, error = codec.decode(part.outcome)
            moved = {name: array * (1 + 1e-6) if "loss" in name else array for name, array in value.items()}
            part.outcome = codec.encode((kind, moved, error))
            data = file.pack(part)
        if not _is(data, CellFound):
            liar.put(entry.key, data)
    believed, computed = run(tmp_path)
    assert not long(computed) and cells(believed) != cells(first[1]), "nothing else could tell"
    found, computed = run(tmp_path, recheck=1.0)
    assert long(computed) and found.volatile.contradicted == (CELL,) and not found.success


def test_another_claim_or_selection_takes_the_same_arms(first):
    """The key of an arm is of its design, its library and its call: not of the claim, nor of the part that is asked for."""
    book = lecture.read()
    selection = verification.select(book, (CLAIM,), **CHOSEN)
    keys = plan.Keys(book, selection), plan.Keys(book, dataclasses.replace(selection, wrong="arms exchanged", seed=3))
    arm, other = long(first[2])[:2]
    of_another_claim = dataclasses.replace(arm, claim="convolution.flip")
    assert keys[0].measured(arm) == keys[1].measured(arm) == keys[0].measured(of_another_claim)
    different = dataclasses.replace(arm, backend="tensorflow"), other, dataclasses.replace(arm, files=())
    assert keys[0].measured(arm) not in {keys[0].measured(unit) for unit in different}
    assert keys[0].cell(arm) != keys[1].cell(arm)


def test_a_cell_that_asks_for_long_calls_again_and_again_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "ROUNDS", 0)
    found, _ = run(tmp_path)
    (cell,) = found.claims[0].cells
    assert cell.verdict == "error" and "asks for long calls again and again: descends, seeds 0 to 2" in cell.reason
    assert found.volatile.broken == (CELL,)
    monkeypatch.undo()
    assert run(tmp_path)[1], "it was stored"


# --- who waits for what ------------------------------------------------------------------------------------------------

CELLS = [Unit("a.claim", library, "float64") for library in ("torch", "tensorflow")]
SHARED = Unit("a.claim", "numpy", "float64", measures="reference", call=b"r")


def test_a_call_that_two_cells_wait_for_is_made_once():
    waiting = Waiting()
    own = [dataclasses.replace(cell, measures="arm", call=b"a") for cell in CELLS]
    assert waiting.wait(CELLS[0], {b"1": own[0], b"2": SHARED}) == [own[0], SHARED]
    assert waiting.wait(CELLS[1], {b"1": own[1], b"2": SHARED}) == [own[1]]
    waiting.told(own[0], Measured(outcome=b"own", seconds=2.0))
    assert waiting.ready() == []
    waiting.told(SHARED, Measured(outcome=b"shared", seconds=3.0))
    ready = waiting.ready()
    assert ready == [CELLS[0]] and ready[0].given == {b"1": b"own", b"2": b"shared"}
    assert waiting.ready() == [] and waiting.seconds(CELLS[0]) == 2.0


def test_what_was_given_once_is_given_again_beside_what_is_waited_for_next():
    waiting = Waiting()
    cell = dataclasses.replace(CELLS[0], given={b"0": b"before"})
    waiting.wait(cell, {b"2": SHARED})
    waiting.told(SHARED, Measured(outcome=b"shared"))
    assert waiting.ready()[0].given == {b"0": b"before", b"2": b"shared"}


def test_a_call_whose_process_died_is_told_as_broken():
    measured = lost("the process that judged it ended")
    assert measured.broken and codec.decode(measured.outcome) == ("broken", None, "the process that judged it ended")


def test_a_process_waits_for_units_that_those_at_work_may_bring():
    queue = Queue({CELLS[0]: 1.0})
    assert queue.take(0) == CELLS[0]
    taken = []
    other = threading.Thread(target=lambda: taken.append(queue.take(1)))
    other.start()
    other.join(0.2)
    assert other.is_alive(), "nobody is there to compute what comes"
    queue.add({SHARED: 1.0})
    other.join(5)
    assert taken == [SHARED]


def test_a_process_goes_on_with_the_networks_that_it_trained_last():
    """Of another experiment there is a longer call; TensorFlow would trace its networks, and those of this one again elsewhere."""
    units = {
        measures: Unit("a.claim", "torch", "float64", measures=measures, call=measures.encode())
        for measures in (
            "deep, seeds 0 to 9",
            "wide, seeds 0 to 9",
            "deep with a wrong, seeds 0 to 9",
            "deep, seeds 5000 to 5009",
        )
    }
    queue = Queue(dict(zip(units.values(), (9.0, 8.0, 2.0, 1.0), strict=True)))
    taken = [queue.take(0).measures for _ in units]
    assert taken == [
        "deep, seeds 0 to 9",
        "deep with a wrong, seeds 0 to 9",
        "deep, seeds 5000 to 5009",
        "wide, seeds 0 to 9",
    ]


def test_a_process_leaves_to_others_the_networks_that_they_train(monkeypatch):
    """Each would trace them anew; only where nothing else is left do two train the same."""
    monkeypatch.setattr(schedule.libraries, "declared", lambda name: SimpleNamespace(seconds=0.0))
    names = ("deep, seeds 0 to 9", "deep, seeds 5000 to 5009", "wide, seeds 0 to 9")
    units = [Unit("a.claim", "torch", "float64", measures=name, call=name.encode()) for name in names]
    queue = Queue(dict(zip(units, (9.0, 8.0, 2.0), strict=True)))
    assert [queue.take(process).measures for process in range(3)] == [names[0], names[2], names[1]]


# --- what is foreseen --------------------------------------------------------------------------------------------------


def test_a_plan_waits_for_arms_and_imports_a_library_once_a_process(monkeypatch):
    monkeypatch.setattr(schedule.libraries, "declared", lambda name: SimpleNamespace(seconds=1.0))
    arms = [Task("a [torch] one", "torch", 4.0), Task("a [torch] two", "torch", 3.0)]
    cell = Task("a [torch]", "torch", 2.0, frozenset(arm.name for arm in arms))
    assert foreseen([cell, *arms], 1) == 1 + 4 + 3 + 2
    assert foreseen([cell, *arms], 2) == foreseen([cell, *arms], 16) == 1 + 4 + 2
    other = Task("b [numpy]", "numpy", 5.0)
    assert foreseen([other, cell, *arms], 2) == max(1 + 5, 1 + 4 + 3 + 2)
    assert foreseen([], 2) == 0
    assert [task.is_cell for task in (*arms, cell, Task("mistakes in a [torch]", "torch", 1.0))] == [
        False,
        False,
        True,
        False,
    ]


def test_a_plan_knows_the_arms_of_an_earlier_run(first):
    chosen = {**CHOSEN, "way": verification.Way(store=first[0], fresh=True, jobs=16)}
    plan = verification.planned((CLAIM,), **chosen)
    assert plan.stored == 0 and {task.name for task in plan.tasks} >= {CELL, f"{CELL} learns, seeds 0 to 5"}
    assert max(task.seconds for task in plan.tasks) <= plan.seconds
    assert verification.planned((CLAIM,), **{**chosen, "way": verification.Way(store=first[0])}).tasks == []
