"""What people type, read as numbers and moments, whatever their keyboard: digits of any script, full-width signs."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u061c\u2066\u2067\u2068\u2069\ufeff"))
_SAME_SIGNS = str.maketrans({"−": "-", "–": "-", "٫": ".", "٬": "'", "،": ",", "’": "'", "\u2009": " "})
_NUMBER = re.compile(r"([+-]?)(\d[\d., ']*|[.,]\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:([., '])\d{3})(?:\1\d{3})*")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[Tt ]*(.*)", re.DOTALL)


class Ambiguous(ValueError):
    """What was typed means one number to some people and another to others."""


def plain(text: str) -> str:
    """The text with ASCII digits and signs where it has those of another script, without marks nobody can see."""
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    return "".join(_digit(sign) for sign in text).strip()


def _digit(sign: str) -> str:
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)


def number_in(text: str) -> float:
    """`1234.5`, `1,234.5`, `1.234,5`, `1 234,5`, `3,5`. Raises ValueError for what is no number.

    A lone point is a decimal point. A lone comma is one too, unless three digits follow that could be thousands:
    `1,234` may mean either, and a value that is wrong a thousandfold is worse than a question. Raises Ambiguous for it.
    """
    found = _NUMBER.fullmatch(plain(text).translate(_SAME_SIGNS))
    if found is None:
        raise ValueError("no number")
    sign, digits, exponent = found[1], found[2], found[3] or ""
    return float(f"{sign}{_pointed(digits)}{exponent}")


def _pointed(digits: str) -> str:
    """The digits without signs between thousands, and with a point for the decimal mark."""
    whole, mark, fraction = _split(digits)
    if not fraction.isdigit() and mark:
        raise ValueError("no number")
    if re.search(r"[., ']", whole):
        grouped = _GROUPED.fullmatch(whole)
        if grouped is None:
            raise ValueError("no number")
        whole = whole.replace(grouped[1], "")
    elif mark == "," and re.fullmatch(r"[1-9]\d{0,2}", whole) and len(fraction) == 3:
        raise Ambiguous("thousands or thousandths")
    return f"{whole or '0'}.{fraction or '0'}"


def _split(digits: str) -> tuple[str, str, str]:
    """The last point or comma is the decimal mark, unless the same sign stands before it too."""
    place = max(digits.rfind("."), digits.rfind(","))
    if place < 0 or digits.count(digits[place]) > 1:
        return digits, "", ""
    return digits[:place], digits[place], digits[place + 1 :]


def moment_in(text: str) -> datetime:
    """An ISO-8601 date or instant, `2026-1-31 8:00`, `2026/01/31` or `2026年1月31日`; UTC where it names no zone.

    Raises ValueError for anything else, and for what lies outside of the years 1 to 9999 in UTC.
    """
    text = plain(text)
    if found := _DATE.fullmatch(text):
        year, month, day, time = found.groups()
        text = f"{year}-{month:0>2}-{day:0>2}"
        if time:
            text += f"T{'0' if re.match(r'[0-9]:', time) else ''}{time}"
    instant = datetime.fromisoformat(text)
    try:
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("out of range") from None
