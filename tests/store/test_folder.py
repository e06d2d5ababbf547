"""The store's folder: whole files or none, whatever happens to the disk, the folder or another run."""

import os
import threading

import pytest
from lectureclaims.claims.store import folder
from lectureclaims.claims.store.folder import CHECKED, Store, Unusable

KEY, OTHER = "ab" + 62 * "0", "cd" + 62 * "1"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_what_was_put_comes_back(store):
    assert store.get(KEY) is None
    store.put(KEY, b"a result")
    assert store.get(KEY) == b"a result" and store.get(OTHER) is None
    assert Store(store.folder).get(KEY) == b"a result", "in another run too"


@pytest.mark.parametrize("damage", [b"", b"short", CHECKED * b"0" + b"a result"])
def test_a_damaged_file_is_no_result_and_goes(store, damage):
    store.put(KEY, b"a result")
    (path,) = store.folder.glob("*/*")
    path.write_bytes(damage)
    assert store.damaged() == [KEY] and not path.exists()
    assert store.damaged() == []


def test_a_file_cut_short_is_no_result(store):
    store.put(KEY, b"a result")
    (path,) = store.folder.glob("*/*")
    path.write_bytes(path.read_bytes()[:-1])
    assert store.get(KEY) is None


def test_nothing_is_ever_half_there(store):
    """Many writers and readers of one key at once: a reader sees a whole result or none."""
    seen, results = set(), {b"a" * 100_000, b"b" * 100_000}

    def write(body):
        for _ in range(30):
            store.put(KEY, body)

    writers = [threading.Thread(target=write, args=(body,)) for body in results]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seen.add(store.get(KEY))
    assert seen <= results | {None}
    assert [p.name for p in store.folder.glob("*/*.tmp")] == []


def test_what_was_not_used_for_longest_leaves(tmp_path):
    store = Store(tmp_path, limit=3 * (CHECKED + 100))
    keys = [f"{i:064x}" for i in range(5)]
    for i, key in enumerate(keys):
        store.put(key, 100 * b"x")
        os.utime(store.folder / key[:2] / key, (1000 + i, 1000 + i))
    store.get(keys[0])  # used just now
    store.tidy()
    assert {e.key for e in store.entries()} == {keys[0], keys[3], keys[4]}


def test_what_a_killed_run_left_half_written_goes_after_a_while(store):
    store.put(KEY, b"a result")
    old, new, probe = (store.folder / name for name in (f"{KEY[:2]}/old.tmp", f"{KEY[:2]}/new.tmp", "old.tmp"))
    for path in (old, new, probe):
        path.touch()
    for path in (old, probe):
        os.utime(path, (1000, 1000))
    store.tidy()
    assert not old.exists() and not probe.exists() and new.exists(), "the last may be another run's, at work now"
    assert store.get(KEY) == b"a result"


def test_clear_removes_everything(store):
    store.put(KEY, b"1")
    store.put(OTHER, b"2")
    assert store.clear() == 2 and [*store.entries()] == []


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        Unusable, match="file/store.*: .*; give a folder that can be written with --store, or --no-store"
    ):
        Store(tmp_path / "file" / "store")


def test_a_default_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LECTURE_CLAIMS_STORE", str(tmp_path / "file" / "store"))
    assert folder.usable() is None
    monkeypatch.setenv("LECTURE_CLAIMS_STORE", str(tmp_path / "store"))
    assert folder.usable() == tmp_path / "store"


def test_a_full_disk_is_told_in_a_line_and_leaves_nothing_half_written(store, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unusable, match="No space left on device; make room"):
        store.put(KEY, b"a result")
    assert store.get(KEY) is None and [*store.folder.glob("*/*")] == []
