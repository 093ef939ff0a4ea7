"""Bold beside punctuation, as people who write without spaces mean it.

By CommonMark 6.2 the closing marks of `**重要：**请注意` close nothing, since punctuation stands before them and a
letter after; models write this all the time in Chinese and Japanese, and `**Note:**next` in English.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_MARK = ord("*")


def adjacent_bold(markdown: MarkdownIt) -> None:
    """A markdown-it plugin: runs of two or more asterisks open and close by what is open already."""
    markdown.inline.ruler.before("emphasis", "adjacent_bold", _tokenize)


def _tokenize(state: StateInline, silent: bool) -> bool:
    if silent or state.src[state.pos] != "*":
        return False
    run = state.scanDelims(state.pos, True)
    if run.length < 2:
        return False
    before = state.src[state.pos - 1] if state.pos > 0 else " "
    end = state.pos + run.length
    after = state.src[end] if end < state.posMax else " "
    opens, closes = run.can_open, run.can_close
    if opens != closes:
        inside = _depth(state.delimiters) > 0
        if inside and not closes and not before.isspace():
            opens, closes = False, True
        elif not inside and not opens and not after.isspace():
            opens, closes = True, False
    for _ in range(run.length):
        state.push("text", "", 0).content = "*"
        state.delimiters.append(
            Delimiter(marker=_MARK, length=run.length, token=len(state.tokens) - 1, end=-1, open=opens, close=closes)
        )
    state.pos = end
    return True


def _depth(delimiters: list[Delimiter]) -> int:
    strong = [mark for mark in delimiters if mark.marker == _MARK and mark.length >= 2]
    return sum((mark.open and not mark.close) - (mark.close and not mark.open) for mark in strong)
