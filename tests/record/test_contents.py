"""What a lecture says is kept, and read anew as soon as a source of it changes."""

import pytest
from lectureclaims.claims import contents
from lectureclaims.claims.engine import lecture
from lying import LECTURE

SECTION = """
from lectureclaims.claims.language import ask, claim, same_bits

doubles = claim("a.doubles", "{statement}", expected="verified", kind="exact")


@doubles.case("one", wrongs={{"tripled": {{"by": 3}}}})
def _(case, *, by=2):
    yield same_bits((yield ask("double", x=1)), by, label="", source="")
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CLAIMS_STORE", str(tmp_path / "store"))
    folder = tmp_path / "lecture"
    folder.mkdir()
    (folder / "lecture.md").write_text("# A lecture\n\nIt doubles.\n")
    (folder / "sentences.toml").write_text('[[sentence]]\nid = "a"\ntext = "It doubles."\nclaims = ["a.doubles"]\n')
    (folder / "section.py").write_text(SECTION.format(statement="It doubles numbers."))
    return folder


@pytest.mark.parametrize("folder", [None, LECTURE], ids=["ours", "another"])
def test_the_contents_are_those_of_the_lecture(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CLAIMS_STORE", str(tmp_path / "store"))
    book = lecture.read(folder)
    for found in (contents.read(folder), contents.read(folder)):
        assert (found.ids, found.unaccounted) == (book.ids, book.unaccounted)
        assert [*found.claims] == [*book.claims]
        for name, claim in book.claims.items():
            made = found.claims[name]
            assert (made.statement, made.expected) == (claim.prose.statement, claim.expected)
            assert made.cases == tuple(claim.cases) and {*made.wrongs} == {w.name for w in claim.wrongs}
            assert made.limits == {x.name: x.says for x in claim.limits}


def test_no_module_is_read_twice_until_one_changes(own, monkeypatch):
    first = contents.read(own)
    with monkeypatch.context() as patch:
        patch.setattr(lecture, "read", lambda folder: pytest.fail("read again"))
        assert contents.read(own) == first
    (own / "section.py").write_text(SECTION.format(statement="It doubles whole numbers."))
    assert contents.read(own).claims["a.doubles"].statement == "It doubles whole numbers."


def test_without_a_store_it_is_read_all_the_same(own, monkeypatch):
    (own.parent / "store").write_text("a file is no folder")
    assert contents.read(own).claims["a.doubles"].wrongs == ("tripled",)
