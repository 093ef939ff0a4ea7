"""The domain's dataclasses as JSON text, and back.

A union is told apart by the class name beside it. Fields that a row does not have yet take their defaults, fields
that this version does not know are ignored: so a row outlives the version that wrote it, as long as new fields have
defaults.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from bridge.domain.interactions import Answer, Ask, Json
from bridge.domain.updates import Update

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Undecodable(ValueError):
    """A stored document cannot be read. The text says why, without quoting the document."""


def to_micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def micros(duration: timedelta) -> int:
    return duration // _MICROSECOND


def storable(text: str) -> str:
    """What every engine takes as text: PostgreSQL refuses NUL, and UTF-8 has no lone surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(of: type) -> TypeAdapter[Any]:
    """Built on first use: building all of them takes a tenth of a second that most commands need not spend."""
    adapter = _ADAPTERS.get(of)
    if adapter is None:
        adapter = _ADAPTERS[of] = TypeAdapter(of)
    return adapter


def encode(value: object) -> str:
    """One dataclass as JSON. Escaped to ASCII, so that no character it may hold is a matter to the database."""
    return encode_json(_adapter(type(value)).dump_python(value, mode="json"))


def _cleaned(document: Any) -> Any:
    """Without lone surrogates, which JSON may carry and nothing behind it can."""
    match document:
        case str():
            return document if document.isascii() else document.encode("utf-8", "replace").decode()
        case dict():
            return {_cleaned(key): _cleaned(value) for key, value in document.items()}
        case list() | tuple():
            return [_cleaned(item) for item in document]
        case _:
            return document


def decode(of: type[T], text: str) -> T:
    """Raises Undecodable."""
    try:
        value: T = _adapter(of).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Undecodable(f"{of.__name__}: {place + ': ' if place else ''}{first['msg']}") from None
    return value


def _kinds(union: Any) -> dict[str, type]:
    return {kind.__name__: kind for kind in get_args(union)}


_UPDATES = _kinds(Update)
_ASKS = _kinds(Ask)
_ANSWERS = _kinds(Answer)


def decode_update(kind: str, text: str) -> Update:
    """Raises Undecodable."""
    return _decode_kind(_UPDATES, kind, text)  # type: ignore[no-any-return]


def encode_ask(ask: Ask) -> str:
    return _encode_kind(ask)


def decode_ask(text: str) -> Ask:
    """Raises Undecodable."""
    return _decode_tagged(_ASKS, text)  # type: ignore[no-any-return]


def encode_answer(answer: Answer) -> str:
    return _encode_kind(answer)


def decode_answer(text: str) -> Answer:
    """Raises Undecodable."""
    return _decode_tagged(_ANSWERS, text)  # type: ignore[no-any-return]


def encode_json(value: Json) -> str:
    text = json.dumps(value, separators=(",", ":"))
    return json.dumps(_cleaned(value), separators=(",", ":")) if "\\ud" in text else text


def _encode_kind(value: object) -> str:
    return json.dumps([type(value).__name__, json.loads(encode(value))], separators=(",", ":"))


def _decode_tagged(kinds: dict[str, type], text: str) -> Any:
    try:
        kind, document = json.loads(text)
    except (ValueError, TypeError):
        raise Undecodable("not a tagged document") from None
    return _decode_kind(kinds, kind, json.dumps(document))


def _decode_kind(kinds: dict[str, type], kind: str, text: str) -> Any:
    if not isinstance(kind, str) or kind not in kinds:
        raise Undecodable(f"unknown kind {kind!r}")
    return decode(kinds[kind], text)
