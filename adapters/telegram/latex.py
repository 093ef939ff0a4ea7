"""LaTeX in Markdown, kept as it was written: without these rules `\\(` loses its backslash and `*` turns italic.

`$$…$$` and `\\[…\\]` become blocks, `\\(…\\)` and `$…$` inline code. A single dollar counts only around something that
looks like a formula, so that prices stay prices.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_BLOCKS = (("$$", "$$"), ("\\[", "\\]"))
_INLINE = re.compile(
    r"\\\((?P<round>.+?)\\\)|\\\[(?P<square>.+?)\\\]|\$\$(?P<double>[^$]+)\$\$|(?P<single>\$(?!\s)[^$\n]+?(?<!\s)\$)(?!\d)",
    re.DOTALL,
)
_FORMULA = re.compile(r"[\\^_{}=]|^\$[A-Za-z]\$$")


def latex(markdown: MarkdownIt) -> None:
    """A markdown-it plugin: tokens `math_block` and `math_inline`, whose content is the formula."""
    markdown.block.ruler.before("fence", "math_block", _block, {"alt": ["paragraph", "blockquote", "list"]})
    markdown.inline.ruler.before("escape", "math_inline", _span)


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    first = _line(state, start)
    opening, closing = next(((left, right) for left, right in _BLOCKS if first.startswith(left)), ("", ""))
    if not opening or state.is_code_block(start):
        return False
    body, number = first[len(opening) :], start
    lines = [body]
    while (found := lines[-1].find(closing)) < 0 or lines[-1][found:].strip() != closing:
        number += 1
        if found >= 0:
            return False  # closed amid a line: formulas in a sentence
        if number >= end:
            return False
        lines.append(_line(state, number))
    if silent:
        return True
    state.line = number + 1
    token = state.push("math_block", "", 0)
    token.content = "\n".join(lines).rstrip()[: -len(closing)].strip()
    token.map = [start, state.line]
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _span(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    match = _INLINE.match(state.src, state.pos, state.posMax)
    if match is None or (match["single"] and not _FORMULA.search(match["single"])):
        return False
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content = (match["round"] or match["square"] or match["double"] or match[0].strip("$")).strip()
    state.pos = match.end()
    return True
