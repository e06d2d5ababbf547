"""The sample report and the README's findings are what the product says today."""

import base64
import re
import zlib

import pytest
from documents import ROOT
from lectureclaims.claims import verify
from lectureclaims.claims.engine import lecture
from lectureclaims.claims.record import file, sentences
from lectureclaims.reports.formats import html, markdown

SAMPLE = ROOT / "docs/sample"
OUT_OF_DATE = "docs/sample is out of date: run `make sample`"


def recorded():
    return file.load(SAMPLE / "results.json")


@pytest.mark.parametrize(
    ("name", "render"), [("report.md", lambda e: markdown.render(e, page="index.html")), ("index.html", html.render)]
)
def test_the_sample_is_what_its_record_gives(name, render):
    assert unpacked((SAMPLE / name).read_text(encoding="utf-8")) == unpacked(render(recorded())), OUT_OF_DATE


def unpacked(page):
    """The page with what it packs as plain text, for no two versions of zlib need compress it to the same bytes."""
    return re.sub(r'(?<=<template id="packed">)[^<]*', lambda m: zlib.decompress(base64.b64decode(m[0])).decode(), page)


def told(evidence):
    """What a reader is told of each claim, without what depends on the machine."""
    return {
        c.id: (
            (c.says, c.statement, c.instead, c.scope, c.limits, c.verdict, c.fails_as_worded),
            [
                (cell.name, cell.verdict, cell.comparisons, [(w.name, w.caught) for w in cell.wrongs])
                for cell in c.cells
                if cell.verdict not in ("absent", "unsupported")
            ],
        )
        for c in evidence.claims
    }


def test_the_samples_record_is_what_a_run_gives():
    kept = recorded()
    assert told(kept) == told(verify([*kept.selection.claims], backends=[*kept.selection.backends])), OUT_OF_DATE


def misquoted(text, book):
    """What the list of findings puts between quotation marks, and is neither of the sentence nor of its corrected form."""
    for item in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
        if claim := re.search(r"\(`(\w+\.\w+)`\)", item):
            corrected = "".join(words for words, _ in sentences.pieces(book.claims[claim[1]].prose.instead))
            for quoted in re.findall(r"“([^”]+)”", " ".join(item.split())):
                if quoted not in f"{book.sentence_of(claim[1]).text}\n{corrected}":
                    yield quoted


def test_the_readme_has_five_findings_and_quotes_the_lecture_and_its_corrections():
    _, _, rest = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Five things that it found\n")
    findings, book = rest.partition("\n## ")[0], lecture.read()
    assert len(re.findall(r"^- ", findings, re.MULTILINE)) == 5
    assert len(re.findall(r"“", findings)) >= 5
    assert list(misquoted(findings, book)) == []
    assert list(misquoted("- “harder to optimize” (`conv_layer.easier_to_optimize`)", book)) == ["harder to optimize"]
