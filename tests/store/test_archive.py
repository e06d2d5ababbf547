"""A store that travels as one file: a second machine of the same kind computes nothing, and a file that is none brings nothing."""

import json
import zipfile

import pytest
from lectureclaims.claims.store import archive
from lectureclaims.claims.store.folder import Store
from lying import run_command

KEY, OTHER = "ab" + 62 * "0", "cd" + 62 * "1"
KIND = {"python": "3", "processor": "a"}
RUN = ("verify", "activations.absolute_value", "--backend=numpy", "--dtype=float32")


@pytest.fixture
def here(tmp_path):
    store = Store(tmp_path / "here")
    store.put(KEY, b"a result")
    store.put(OTHER, 1000 * b"another")
    return store


@pytest.fixture
def written(here, tmp_path):
    assert archive.write(here, tmp_path / "store.zip", KIND) == 2
    return tmp_path / "store.zip"


def test_what_is_exported_is_what_is_imported(written, here, tmp_path):
    there = Store(tmp_path / "there")
    assert archive.read(there, written, KIND) == (2, [])
    assert [there.get(key) for key in (KEY, OTHER)] == [here.get(key) for key in (KEY, OTHER)]
    assert archive.read(there, written, KIND) == (0, []), "it has them"


def test_it_says_what_is_otherwise_on_the_machine_that_wrote_it(written, tmp_path):
    there = {"python": "3", "processor": "b"}
    assert archive.read(Store(tmp_path / "there"), written, there) == (2, ["processor: b → a"])


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


def flipped(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def replaced(path):
    path.write_text('{"schema": "lecture-claims/results/2"}')


def holding(*members):
    def write(path):
        with zipfile.ZipFile(path, "w") as file:
            for name, content in members:
                file.writestr(name, content)

    return write


OURS = archive.KIND, json.dumps(KIND)


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        flipped,
        replaced,
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        holding(),
        holding(("results.json", "{}")),
        holding(OURS, ("../../outside", "x")),
        holding(OURS, (KEY, 64 * "0" + "with another checksum")),
        holding((archive.KIND, "[]"), (KEY, archive.checksum(b"a") + b"a")),
        holding((archive.KIND, "no JSON"), (KEY, archive.checksum(b"a") + b"a")),
    ],
)
def test_a_file_that_is_damaged_or_foreign_is_one_line_and_brings_nothing(written, tmp_path, damage):
    damage(written)
    there = tmp_path / "there"
    done = run_command("lecture-claims", "store", "import", str(written), f"--store={there}")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"file={str(written)!r}: no exported store" in done.stderr and "`lecture-claims store export" in done.stderr
    assert [*Store(there).entries()] == []


def test_what_is_too_large_is_refused(written, tmp_path):
    with pytest.raises(archive.NoArchive, match="it has more than"):
        archive.read(Store(tmp_path / "there", limit=1000), written, KIND)


@pytest.mark.parametrize("words", [("export",), ("import",), ("list", "x.zip")])
def test_a_file_that_is_missing_or_too_many_is_one_line(tmp_path, words):
    done = run_command("lecture-claims", "store", *words, f"--store={tmp_path}")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "as `store export store.zip`" in done.stderr


def test_a_folder_that_cannot_be_written_is_one_line(here, tmp_path):
    with pytest.raises(archive.NoArchive, match="give a file that can be written"):
        archive.write(here, tmp_path / "nowhere" / "store.zip", KIND)
    assert not [*tmp_path.glob(".*")]


def test_a_run_on_another_machine_of_the_kind_computes_nothing(tmp_path):
    ci, mine, file = tmp_path / "ci", tmp_path / "mine", tmp_path / "store.zip"
    once = run_command("lecture-claims", *RUN, f"--store={ci}", "--json")
    assert once.returncode == 0
    assert run_command("lecture-claims", "store", "export", str(file), f"--store={ci}").returncode == 0
    done = run_command("lecture-claims", "store", "import", str(file), f"--store={mine}")
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.endswith("is of this one's kind\n")
    again = run_command("lecture-claims", *RUN, f"--store={mine}", "--json")
    assert (again.returncode, again.stdout) == (0, once.stdout), "the very run, its moment too"
    out = tmp_path / "out"
    assert run_command("lecture-claims", *RUN, f"--store={mine}", f"--out={out}").returncode == 0
    computed = json.loads((out / "results.json").read_text(encoding="utf-8"))["volatile"]["computed"].values()
    assert computed and all(one["stored"] for one in computed), "put together anew, from cells that came with it"
