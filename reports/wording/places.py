"""Where each sentence stands: in the lecture's Markdown, and in the scan that this was repaired from.

The scan has other characters than the text, so a sentence is found there by its words: those of all sentences, in the
lecture's order, are aligned with the scan's (difflib: the longest runs of equal words, kept in order).
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import NamedTuple

from ...claims.record.types import Lecture

WORD = re.compile(r"\w+")
FEWEST = 0.3
"""The share of a sentence's words that must be found in the scan for its place there to be told."""


class InScan(NamedTuple):
    """The first and the last line, from 1; what the scan has from the first word found to the last; how many of the words were found."""

    first: int
    last: int
    text: str
    found: int
    words: int


def in_lecture(lecture: Lecture) -> dict[str, tuple[int, int]]:
    """(begin, end) of each sentence in the Markdown, by its id: each is sought after the one before it, since words like “Linear” recur."""
    text, position, places = lecture.markdown, 0, {}
    for sentence in lecture.sentences:
        found = find(sentence.text, text, position)
        if found is not None:
            position = found.end()
            places[sentence.id] = found.span()
    return places


def find(words: str, text: str, position: int = 0) -> re.Match[str] | None:
    """Where words stand in a text from a position on; any white space counts as a blank.

    As the engine's ``lecture.place``, which a report does not call: it is made from the record alone, without importing the claims.
    """
    pattern = r"\s+".join(map(re.escape, words.split()))
    return re.compile(pattern).search(text, position) if pattern else None


def line(text: str, offset: int) -> int:
    """The line of a character, from 1."""
    return text.count("\n", 0, offset) + 1


def in_scan(lecture: Lecture) -> dict[str, InScan]:
    """The place of each sentence in the scan, by its id; none where too few of its words are there."""
    scan = lecture.scan
    theirs = [*WORD.finditer(scan)]
    ours = [(w[0].lower(), s.id) for s in lecture.sentences for w in WORD.finditer(s.text)]
    aligned = SequenceMatcher(None, [w for w, _ in ours], [w[0].lower() for w in theirs], autojunk=False)
    found: dict[str, list[re.Match[str]]] = {}
    for a, b, size in aligned.get_matching_blocks():
        for i in range(size):
            found.setdefault(ours[a + i][1], []).append(theirs[b + i])
    counts = Counter(name for _, name in ours)
    places = {}
    for name, words in found.items():
        if len(words) >= FEWEST * counts[name]:
            begin, last = words[0].start(), words[-1]
            text = scan[begin : last.end()]
            places[name] = InScan(line(scan, begin), line(scan, last.start()), text, len(words), counts[name])
    return places
