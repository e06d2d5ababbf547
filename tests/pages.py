"""A page as the tests of the reports look at it."""

from __future__ import annotations

from html.parser import HTMLParser

MATHML = {"math", "mrow", "mi", "mn", "mo", "msub", "msup", "msqrt", "mfrac", "munder", "mspace"}
"""What a quotation may become that looks like a formula."""


class Page(HTMLParser):
    """Ids, links, elements and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found[a] or "" for a in ("href", "xlink:href", "src") if a in found]

    def handle_data(self, data: str) -> None:
        self.words.append(data)
