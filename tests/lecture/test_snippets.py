"""What is pasted at a prompt: every claim and every limit has it or a reason, it is short and stands alone, and prints what is written beside it."""

import functools
import json
import re
from pathlib import Path

import pytest
from lectureclaims.claims import snippets
from lectureclaims.claims.engine import lecture
from lectureclaims.reference import libraries
from lectureclaims.reference.refusal import Refused
from lectureclaims.reports import snippets as prompt
from lying import run_command

PAGE = Path(__file__).parents[2] / "docs/snippets.md"
WIDTH = 140
AT_A_PROMPT = """
import code, contextlib, io, json, sys
found = []
for source in json.load(open(sys.argv[1])):
    said = io.StringIO()
    prompt = code.InteractiveConsole({})
    with contextlib.redirect_stdout(said):
        for line in [*source.splitlines(), ""]:
            prompt.push(line)
    found.append("\\n".join(line.rstrip() for line in said.getvalue().splitlines()))
json.dump(found, open(sys.argv[1], "w"))
"""
"""Runs each source as an interactive prompt does, line by line, all in one process."""


@functools.cache
def whole():
    claims = lecture.read().claims
    return claims, *snippets.read(None, limits(claims))


def limits(claims):
    return {name: [limit.name for limit in claim.limits] for name, claim in claims.items()}


def printed(sources, tmp_path):
    (tmp_path / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
    (tmp_path / "prompt.py").write_text(AT_A_PROMPT, encoding="utf-8")
    done = run_command("python", "prompt.py", "sources.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return json.loads((tmp_path / "sources.json").read_text(encoding="utf-8"))


def test_every_claim_and_every_limit_has_one_or_a_reason():
    claims, found, without = whole()
    assert snippets.missing(limits(claims), found, without) == []
    both = {(x.claim, x.limit) for x in found} & {(x.claim, x.limit) for x in without}
    assert both == set() and all(one.reason for one in without)
    assert {one.library for one in found} == {*libraries.FRAMEWORKS}


CHOSEN = re.compile(r"allclose|isclose|rtol|atol|[<>]=?\s*[\d.]*e-\d")


@pytest.mark.parametrize("code", ["torch.allclose(a, b)", "gap < 1e-5", "gap <=1.5e-07"])
def test_a_tolerance_would_be_seen(code):
    assert CHOSEN.search(code)


def test_no_snippet_has_a_tolerance():
    """It prints numbers side by side, compares to the last bit, or with a bound that it says."""
    assert [(x.claim, x.limit, x.library) for x in whole()[1] if CHOSEN.search(x.code)] == []


def test_what_goes_without_for_the_seeds_is_statistical():
    claims, _, without = whole()
    seeds = {one.claim for one in without if "seeds" in one.reason}
    assert seeds and all("statistical" in claims[name].kind for name in seeds)


def test_each_is_short_and_imports_its_framework_alone():
    for one in whole()[1]:
        lines = [line for line in one.code.splitlines() if line]
        imports = [line for line in lines if line.startswith(("import ", "from "))]
        assert len(lines) - len(imports) <= snippets.MOST_LINES, one
        assert max(map(len, lines)) <= WIDTH, one
        assert all(re.match(rf"(import|from) {one.library}\b", line) for line in imports), one
        assert one.prints.strip(), one


@pytest.mark.parametrize("library", libraries.FRAMEWORKS)
def test_each_prints_at_a_prompt_what_is_written_beside_it(library, load, tmp_path):
    load(library)
    found = [one for one in whole()[1] if one.library == library]
    said = printed([one.code for one in found], tmp_path)
    wrong = [(x.claim, x.limit, got) for x, got in zip(found, said, strict=True) if got != x.prints.rstrip("\n")]
    assert wrong == []


def test_the_page_has_them_all():
    assert PAGE.read_text(encoding="utf-8") == prompt.page(whole()[1]), "run `make pages`"


def test_show_prints_those_of_a_claim(tmp_path):
    done = run_command("lecture-claims", "show", "convolution.libraries_correlate", cwd=tmp_path)
    of = [one for one in whole()[1] if one.claim == "convolution.libraries_correlate"]
    assert of and all(one.code.rstrip() in done.stdout and one.prints.rstrip() in done.stdout for one in of)


# --- the files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written, says",
    [
        ("[[snippet]", "a [[snippet]] has claim, limit, library, code, prints"),
        ('[[snippet]]\nclaim = "convolution.flip"', "missing 3 required"),
        ('[[snippet]]\nclaim = "convolution.flop"\nlibrary = ""\ncode = ""\nprints = ""', "no claim with such a limit"),
        ('[[without]]\nclaim = "convolution.flip"\nlimits = ["none"]\nreason = ""', "no claim with such a limit"),
    ],
)
def test_a_file_that_is_none_is_refused(written, says, tmp_path):
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets/mine.toml").write_text(written, encoding="utf-8")
    with pytest.raises(Refused, match=re.escape(says)) as refused:
        snippets.read(tmp_path, limits(whole()[0]))
    assert "\n" not in str(refused.value)


def test_a_lecture_may_have_none(tmp_path):
    assert snippets.read(tmp_path, limits(whole()[0])) == ([], [])
    assert len(snippets.missing(limits(whole()[0]), [], [])) > len(whole()[0])


if __name__ == "__main__":
    PAGE.write_text(prompt.page(whole()[1]), encoding="utf-8")
