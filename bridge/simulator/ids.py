"""Ids and JSON as a Node server with MongoDB writes them."""

from __future__ import annotations

import hashlib
import json
import secrets
import string
from datetime import UTC, datetime

_ALPHABET = string.ascii_letters + string.digits


def object_id() -> str:
    """A MongoDB ObjectId: 24 hex digits."""
    return secrets.token_hex(12)


def stable_id(name: str) -> str:
    """An ObjectId that is the same in every run, so that an app id can be noted down."""
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def nano_id(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def iso(moment: datetime) -> str:
    """As JavaScript's `toISOString()`: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def number(value: float) -> int | float:
    """Two decimals, and no `.0` on whole numbers: JavaScript has one kind of number."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def dumps(value: object) -> str:
    """As `JSON.stringify`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
