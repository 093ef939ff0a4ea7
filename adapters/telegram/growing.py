"""Rendering text that grows, in time that does not: what lies before the last paragraph is rendered once.

A stream is rendered anew for every draft; with hundreds of them at a time, parsing each from its beginning would be
most of what the process does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from adapters.telegram.entities import Entity, Rendered, rendered
from bridge.rendering.chunks import utf16_length
from bridge.rendering.lines import PLAIN
from bridge.rendering.markdown import with_newlines

_GAP = "\n\n"
_CONTINUES = re.compile(r"[\s>|]|(?:[-*+]|\d{1,9}[.)])(?:\s|$)|\[[^\]]*\]:")
"""How a line begins that may belong to what stands before the blank line: a list, a quote, a table, a definition."""


def rendered_so_far(markdown: str) -> Rendered:
    """As `rendered`, but for link definitions that stand apart from their links."""
    *complete, last = _blocks(markdown)
    return _stacked([*(_complete(block) for block in complete), rendered(last)])


@lru_cache(maxsize=4096)
def _complete(block: str) -> Rendered:
    return rendered(block)


def _blocks(markdown: str) -> Iterator[str]:
    """Cut at blank lines outside of code, wherever something of its own begins after them."""
    state, begin, at, after_blank = PLAIN, 0, 0, False
    for line in with_newlines(markdown):
        if after_blank and not state.fence and not _CONTINUES.match(line):
            yield markdown[begin:at]
            begin = at
        state = state.after(line.rstrip("\r\n"))
        after_blank = not line.strip()
        at += len(line)
    yield markdown[begin:]


def _stacked(pieces: list[Rendered]) -> Rendered:
    texts: list[str] = []
    entities: list[Entity] = []
    shift = 0
    for piece in pieces:
        if piece.text:
            entities.extend(replace(entity, offset=entity.offset + shift) for entity in piece.entities)
            texts.append(piece.text)
            shift += utf16_length(piece.text) + len(_GAP)
    return Rendered(_GAP.join(texts), tuple(entities))
