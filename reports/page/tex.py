r"""TeX in a lecture's Markdown, ``$\eta$`` and ``$$…$$``, as MathML; what cannot be read as TeX stays as it is written.

A text without a dollar is read without the libraries that know TeX. What they make is taken if it is MathML and nothing else: no addresses, no
styles, no elements of HTML.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

BLOCKS = ("math_block", "math_block_label")
INLINE = ("math_inline", "math_inline_double")
FORMULA = re.compile(r"\$\$([^$]+)\$\$|(?<![\\$\d])\$(?! )([^$]+)(?<![ \\])\$(?![$\d])")
NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ELEMENTS = re.compile(
    "math|mrow|mi|mn|mo|mtext|mspace|msub|msup|msubsup|munder|mover|munderover|mfrac|msqrt|mroot|mtable|mtr|mtd|mstyle|mpadded|mphantom|menclose"
)
ATTRIBUTES = re.compile(
    "display|stretchy|form|fence|separator|accent|movablelimits|largeop|lspace|rspace|width|height|depth|linethickness|mathvariant|columnalign|"
    "rowspacing|columnspacing|displaystyle|scriptlevel|minsize|maxsize|symmetric|notation"
)


def parser(markdown: str) -> MarkdownIt:
    """CommonMark with tables, without HTML; where the text has a dollar, with formulas in TeX."""
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    if "$" in markdown:
        from mdit_py_plugins.dollarmath import dollarmath_plugin

        made.use(dollarmath_plugin, double_inline=True, allow_digits=False, allow_space=False)
    return made


def typeset(tokens: Sequence[Token]) -> list[Token]:
    """The same tokens with every formula as "math", a display as a paragraph of one."""
    made = list[Token]()
    for token in tokens:
        if token.type in BLOCKS:
            inline = Token("inline", "", 0, children=[_math(token.content, display=True)])
            wide = {"class": "wide", "tabindex": 0}  # it scrolls by itself, by the keyboard too
            made += [Token("paragraph_open", "div", 1, attrs=wide), inline, Token("paragraph_close", "div", -1)]
            continue
        if token.children:
            token.children = [
                _math(child.content, display=child.type == INLINE[1]) if child.type in INLINE else child
                for child in token.children
            ]
        made.append(token)
    return made


def words(text: str) -> Markup:
    """A text that stands outside the lecture, with its formulas set."""
    made, position = Markup(), 0
    for formula in FORMULA.finditer(text):
        made += text[position : formula.start()]
        made += Markup(_mathml((formula[1] or formula[2]).strip(), display=False))
        position = formula.end()
    return made + text[position:]


def _math(source: str, *, display: bool) -> Token:
    source = " ".join(source.split())
    return Token("math", "", 0, content=source, meta={"mathml": _mathml(source, display=display)})


def _mathml(source: str, *, display: bool) -> str:
    from latex2mathml import converter

    try:
        root = ET.fromstring(converter.convert(source, display="block" if display else "inline"))
    except Exception:  # of whatever kind: the library's own, an IndexError, a KeyError
        return escape(f"${source}$")
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{NAMESPACE}}}")
        element.attrib = {name: value for name, value in element.attrib.items() if ATTRIBUTES.fullmatch(name)}
        if not ELEMENTS.fullmatch(element.tag):
            return escape(f"${source}$")
    root.set("alttext", source)
    return re.sub(r"\s*\n\s*", " ", ET.tostring(root, encoding="unicode"))
