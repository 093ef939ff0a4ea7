"""A table as text: aligned columns if it is narrow enough for a phone, else one card per row."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

WIDEST = 42  # columns of monospace text that fit a phone held upright


def width(text: str) -> int:
    """Columns in a monospace font: East Asian wide characters and emoji take two, combining marks none."""
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if char in "\u200b\u200d\ufe0e\ufe0f" or unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def aligned(rows: Sequence[Sequence[str]], alignments: Sequence[str]) -> str | None:
    """The table as lines of equal width, the first row being its header; None if it is too wide for that."""
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    if sum(widths) + 3 * (len(widths) - 1) > WIDEST:
        return None
    lines = [_line(row, widths, alignments) for row in rows]
    lines.insert(1, "─┼─".join("─" * size for size in widths))
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int], alignments: Sequence[str]) -> str:
    cells = (_padded(cell, size, side) for cell, size, side in zip(row, widths, alignments, strict=True))
    return " │ ".join(cells).rstrip()


def _padded(cell: str, size: int, side: str) -> str:
    missing = size - width(cell)
    match side:
        case "right":
            return " " * missing + cell
        case "center":
            return " " * (missing // 2) + cell + " " * (missing - missing // 2)
        case _:
            return cell + " " * missing
