"""What to change in a lecture's notes: as a list, or as a patch of the lecture's text."""

from __future__ import annotations

import difflib
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ...claims.record.types import Evidence
from ...reference.refusal import Refused
from ..wording import findings, places, words


def terminal(out: Console, evidence: Evidence) -> None:
    """Each sentence that needs a change and what should stand there, the most important first."""
    found = findings.corrections(evidence)
    spans = places.in_lecture(evidence.lecture)
    say = Console.print
    if not found:
        say(out, "Nothing to change: no sentence that ran needs other words.")
    for heading, chosen in findings.by_need(found):
        say(out, Text(f"{heading} ({len(chosen)})", "bold"))
        for one in chosen:
            span = spans.get(one.claim.sentence)
            where = f"line {places.line(evidence.lecture.markdown, span[0])}, " if span else ""
            say(out, Text(f"\n{where}{one.claim.id}", "dim"))
            say(out, Text(f"- {words.visible(' '.join(one.claim.says.split()))}", "red"))
            say(out, Text(f"+ {words.visible(one.text)}", "green"))
            if one.open:
                say(out, Text(f"  not shown in this run: {'; '.join(one.open)}", "yellow"))
        say(out, "")


def patch(evidence: Evidence, file: Path) -> str:
    """A unified diff of the file with every sentence that needs a change replaced. Raises Refused for a file without the lecture's sentences."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no text in UTF-8"
        raise Refused(f"--diff={str(file)!r}: {why}; give the lecture's text") from None
    made = {one.claim.sentence: one.text for one in findings.corrections(evidence)}
    changed, position, found = list[str](), 0, 0
    for sentence in evidence.lecture.sentences:
        here = places.find(sentence.text, text, position)
        if here is None:
            continue
        found += 1
        changed += [text[position : here.start()], made.get(sentence.id, here[0])]
        position = here.end()
    if not found:
        raise Refused(
            f"--diff={str(file)!r}: none of the lecture's sentences stands in it; give the text that was verified"
        )
    after = "".join([*changed, text[position:]])
    lines = (whole.splitlines(keepends=True) for whole in (text, after))
    return "".join(difflib.unified_diff(*lines, fromfile=f"a/{file.name}", tofile=f"b/{file.name}"))
