"""The documents as data: their blocks of code, the commands and snippets in them, their links."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "tests/README.md")
]
DOCUMENTS += sorted(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "sample")
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")


class Command(NamedTuple):
    """A command of a document, as the words of a shell."""

    document: str
    words: tuple[str, ...]


def blocks(text, *languages):
    """The contents of the fenced blocks in these languages, without their indentation."""
    for indent, language, content in BLOCK.findall(text):
        if language in languages:
            yield re.sub(rf"^{indent}", "", content, flags=re.MULTILINE)


def commands(document, text):
    """Each line of a ``sh`` block, and each line after a ``$`` of a ``console`` block; comments aside."""
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    lines += [line[2:] for block in blocks(text, "console") for line in block.splitlines() if line.startswith("$ ")]
    for line in lines:
        if words := shlex.split(line, comments=True):
            yield Command(document, tuple(words))


def inline_commands(document, text):
    """Commands of ours within a sentence: `lecture-claims layers FILE`."""
    for code in INLINE.findall(BLOCK.sub("", text)):
        if code.startswith("lecture-claims "):
            yield Command(document, tuple(code.split()))


def everywhere(find):
    return [
        one for path in DOCUMENTS for one in find(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
