"""Ids and links inside the page: made of names, never of positions, so that a link lasts from run to run."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote


def anchor(*parts: str | None) -> str:
    """An id for a link: the parts as they are where that is possible."""
    name = "--".join(p for p in parts if p)
    plain = re.sub(r"[^\w.–-]", "-", name)
    if plain == name and len(plain) < 120:
        return plain
    return f"{plain[:80]}-{hashlib.blake2b(name.encode(errors='replace'), digest_size=4).hexdigest()}"


def link(*parts: str | None) -> str:
    return "#" + quote(anchor(*parts))
