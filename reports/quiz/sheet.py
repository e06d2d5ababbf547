"""The sheet and its key, as Markdown and as a page that prints on A4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from markupsafe import Markup

from ...claims.record.types import Evidence
from ...reference.refusal import Refused
from ..page import html as pages
from ..page import lecture_text
from ..wording import words
from ..wording.markup import code, text
from .questions import Question, draw

INSTEAD = "What should stand there instead, if it does not hold as it stands?"
BOX, TICKED = "☐", "☒"


def suffix(file: Path | None) -> str:
    """Which of the forms a file's name asks for: Markdown where there is none. Raises Refused for another ending."""
    found = file.suffix if file else ".md"
    if found not in FORMS:
        raise Refused(f"out={str(file)!r}: expected a name that ends in {' or '.join(FORMS)}")
    return found


def made(evidence: Evidence, *, number: int | None, seed: int, key: bool, suffix: str) -> str:
    """A sheet, or its key. Raises Refused as :func:`.questions.draw`."""
    questions = draw(evidence, number, seed)
    return FORMS[suffix](evidence, questions, f"{words.plural(len(questions), 'question')}, seed {seed}", key)


def title(evidence: Evidence, *, key: bool) -> str:
    return f"{evidence.lecture.title}: {'key' if key else 'quiz'}"


def markdown(evidence: Evidence, questions: Sequence[Question], drawn: str, key: bool) -> str:
    lines = [f"# {text(title(evidence, key=key))}", "", f"{text(_run(evidence, drawn))}", ""]
    lines += [] if key else ["Name: ______________________________", ""]
    for n, question in enumerate(questions, 1):
        lines += [f"**{n}.** “{text(question.quoted)}”", ""]
        lines += [text(question.asks), ""] if question.asks else []
        ticked = question.right if key else ""
        lines += [f"- {TICKED if choice == ticked else BOX} {text(choice)}" for choice in question.choices]
        lines += ["", *(_key(question) if key else _rest(question))]
    return "\n".join(lines)


def _rest(question: Question) -> list[str]:
    return [] if question.asks else [INSTEAD, "", "______________________________", ""]


def _key(question: Question) -> list[str]:
    lines = [f"Instead: {text(one, 1000)}" for one in question.instead] + [text(one, 1000) for one in question.found]
    lines += [f"Again: {_plain(question.again)}"] if question.again else []
    lines.append(f"In the page: {', '.join(map(_plain, question.stands))}; line {question.line} of the lecture")
    return [*(f"- {line}" for line in lines), ""]


def _plain(x: str) -> str:
    """Code that can be read as it is, too."""
    return code(x) if "`" in x else f"`{words.visible(x)}`"


def html(evidence: Evidence, questions: Sequence[Question], drawn: str, key: bool) -> str:
    quoted = lecture_text.quoted([words.visible(" ".join(q.quoted.split())) for q in questions])
    return pages.page(
        "quiz.html",
        styles=("quiz.css",),
        scripts=(),
        title=title(evidence, key=key),
        run=_run(evidence, drawn),
        questions=list(zip(questions, map(Markup, quoted), strict=True)),
        key=key,
        instead=INSTEAD,
        boxes=(BOX, TICKED),
    )


def _run(evidence: Evidence, drawn: str) -> str:
    """What makes the same sheet again."""
    return f"{drawn}, of the run of {evidence.volatile.begun}, lecture-claims {evidence.tool.version}"


FORMS: dict[str, Callable[[Evidence, Sequence[Question], str, bool], str]] = {".html": html, ".md": markdown}
"""Render a sheet, by the ending of its file's name."""
