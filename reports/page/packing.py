"""What only a referee asks for, packed: one block of compressed text, which templates/packed.js puts into its places when it is wanted."""

from __future__ import annotations

import base64
import zlib

from markupsafe import Markup

PLACE = Markup('<div class="packed"></div>')
BETWEEN = "\f"
"""Between two parts. No part has it: words.visible shows what draws nothing by its code."""


class Packing:
    """Parts of a page in the order of their places."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def take(self, part: str) -> Markup:
        """The place that stands for the part."""
        self.parts.append(part)
        return PLACE

    def block(self) -> Markup:
        """The parts, compressed (RFC 1950) and written in base64."""
        packed = zlib.compress(BETWEEN.join(self.parts).encode(), 9)
        return Markup('<template id="packed">{}</template>').format(base64.b64encode(packed).decode())


class Open(Packing):
    """Nothing is packed: each part stands in its place."""

    def take(self, part: str) -> Markup:
        return Markup(part)

    def block(self) -> Markup:
        return Markup()
