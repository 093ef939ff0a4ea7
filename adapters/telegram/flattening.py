"""The words in a rich message (Bot API 10.1), which has blocks instead of `text`."""

from __future__ import annotations

from typing import Any

_LINES = ("blocks", "items", "cells")
_INLINE = ("text", "summary", "caption", "credit", "expression")


def plain_text(rich_message: dict[str, Any]) -> str:
    """One line per block, list item or table row, in reading order; formatting is dropped, no word is."""
    return "\n".join(line for line in _lines(rich_message) if line.strip())


def _lines(block: Any) -> list[str]:
    if not isinstance(block, dict):
        return [_inline(block)]
    lines = []
    label = block.get("label")
    own = " ".join(filter(None, (_inline(block[name]) for name in _INLINE if name in block)))
    if own:
        lines.append(own)
    for name in _LINES:
        for child in block.get(name) or ():
            if isinstance(child, list):
                lines.append(" | ".join(_inline(cell) for cell in child))
            else:
                lines.extend(_lines(child))
    if isinstance(label, str) and label and lines:
        lines[0] = f"{label} {lines[0]}"
    return lines


def _inline(text: Any) -> str:
    match text:
        case str():
            return text
        case list():
            return "".join(_inline(piece) for piece in text)
        case dict():
            return "".join(_inline(text[name]) for name in _INLINE if name in text)
        case _:
            return ""
