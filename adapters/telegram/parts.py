"""A long answer as several messages.

Limits: 4096 characters after entity parsing (Bot API, sendMessage) and 100 entities, beyond which the rest is dropped
without a word (tdlib/td, MessageEntity.cpp).
"""

from __future__ import annotations

from functools import lru_cache

from adapters.telegram.entities import Rendered, joined, rendered
from adapters.telegram.growing import rendered_so_far
from bridge.rendering.chunks import chunks, utf16_length
from bridge.rendering.html import without_html
from bridge.rendering.markdown import healed, held_back

LONGEST = 4096  # UTF-16 units, the stricter of the two possible readings
MOST_ENTITIES = 95
_USUAL = 3800  # leaves room for bullets and the padding of tables
_LEAST = 200


def parts(markdown: str) -> list[Rendered]:
    """In reading order; none for empty text. Every part but the last stays as it is while the text grows."""
    *full, last = chunks(without_html(markdown), _USUAL, utf16_length) or [""]
    return [piece for chunk in full for piece in _settled(chunk)] + _fitting(last, _USUAL)


@lru_cache(maxsize=128)
def _settled(chunk: str) -> list[Rendered]:
    """While an answer grows, what is full is asked for again and again."""
    return _fitting(chunk, _USUAL)


def _fitting(markdown: str, limit: int) -> list[Rendered]:
    whole = rendered(markdown)
    if not whole.text.strip():
        return []
    if _fits(whole) or limit < _LEAST:
        return [whole]
    half = limit // 2
    return [piece for chunk in chunks(markdown, half, utf16_length) for piece in _fitting(chunk, half)]


def preview(markdown: str) -> list[Rendered]:
    """As `parts`, of text that is still being written: what is half there is closed, or not shown yet."""
    shown = healed(without_html(markdown[: len(markdown) - held_back(markdown)]))
    *full, last = chunks(shown, _USUAL, utf16_length) or [""]
    complete = [piece for chunk in full for piece in _settled(chunk)]
    ending = rendered_so_far(last)
    if not ending.text:
        return complete
    return [*complete, ending] if _fits(ending) else complete + _fitting(last, _USUAL)


def _fits(part: Rendered) -> bool:
    return part.length <= LONGEST and len(part.entities) <= MOST_ENTITIES


def plain(text: str) -> list[Rendered]:
    """Text that is not Markdown, over several messages if it must be, cut between lines; of a line that would fill a
    message by itself only the beginning is shown."""
    pieces = [""]
    for line in text.split("\n"):
        line = line if utf16_length(line) <= _USUAL else f"{line[: _USUAL // 2].rstrip()}…"
        if pieces[-1] and utf16_length(pieces[-1]) + utf16_length(line) >= _USUAL:
            pieces.append("")
        pieces[-1] += ("\n" if pieces[-1] else "") + line
    return [Rendered(piece) for piece in pieces if piece.strip()]


def with_note(answer: list[Rendered], note: Rendered) -> list[Rendered]:
    """The note below the last part, in a message of its own only if it does not fit there."""
    if not note.text or not answer:
        return answer or ([note] if note.text else [])
    last = joined(answer[-1], note)
    if last.length <= LONGEST and len(last.entities) <= MOST_ENTITIES + 4:
        return [*answer[:-1], last]
    return [*answer, note]
