"""Text with entities as the server accepts it: UTF-16 bounds, link check, the 100-entity rule, nesting, trimming.

Sources: Bot API "MessageEntity"/"Formatting options"; TDLib `MessageEntity.cpp` for what is refused and what is
silently changed. The latter is reported to `changed`, because a program that relies on it shows less than it thinks.
Crossing entities, which TDLib cuts into nested pieces, are dropped and reported here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.emulators.telegram.links import objection
from tests.emulators.telegram.records import Json
from tests.emulators.telegram.refusals import bad_request

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
ENTITY_LIMIT = 100

_CODE = {"pre", "code"}
_QUOTES = {"blockquote", "expandable_blockquote"}
_STYLES = {"bold", "italic", "underline", "strikethrough", "spoiler"}
_USER_TYPES = _CODE | _QUOTES | _STYLES | {"text_link", "text_mention", "custom_emoji", "date_time"}
_KEPT_FIRST = _CODE | _QUOTES | {"text_link", "text_mention", "custom_emoji"}
_FOUND = (
    ("url", re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z0-9_]{4,32}(?!\w)")),
)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Formatted:
    text: str
    entities: list[Json]


def utf16(text: str) -> int:
    """Length in UTF-16 code units, the unit of entity offsets."""
    return len(text.encode("utf-16-le")) // 2


def covered(text: str, entity: Json) -> str:
    """The part of `text` an entity covers."""
    raw = text.encode("utf-16-le")
    return raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le", "replace")


def formatted(text: str, entities: list[Json], changed: Report, *, find: bool = True) -> Formatted:
    """What is stored and shown. Raises Refused for what the server refuses."""
    entities = [_checked(entity, text) for entity in entities if entity["length"] > 0]
    text, entities = _without_carriage_returns(text, entities)
    text, entities = _trimmed(text, entities)
    entities = _kept(_nested(_not_blank(text, entities), changed), changed)
    if find:
        entities = sorted(entities + found(text, entities), key=_order)
    return Formatted(text, entities)


def within(text: str, limit: int, *, caption: bool = False) -> None:
    """The server counts code points; the clients' limits are the same number."""
    if len(text) > limit:
        raise bad_request("message caption is too long" if caption else "message is too long")


def found(text: str, taken: list[Json]) -> list[Json]:
    """What Telegram recognises by itself: links, addresses, commands and mentions outside of what is taken."""
    blocked = [_span(entity) for entity in taken if entity["type"] not in _STYLES | _QUOTES]
    out: list[Json] = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            start = utf16(text[: match.start()])
            span = (start, start + utf16(match[0]))
            if all(span[1] <= low or span[0] >= high for low, high in blocked):
                blocked.append(span)
                out.append({"type": kind, "offset": span[0], "length": span[1] - span[0]})
    return sorted(out, key=_order)


def _checked(entity: Json, text: str) -> Json:
    start, end = _span(entity)
    if start < 0:
        raise bad_request(f"Receive an entity with incorrect offset {start}")
    if end > utf16(text):
        raise bad_request(
            f"Entity beginning at UTF-16 offset {start} ends after the end of the text at UTF-16 offset {end}"
        )
    for at, verb in ((start, "begins"), (end, "ends")):
        if _inside_symbol(text, at):
            raise bad_request(f"Entity {verb} in a middle of a UTF-16 symbol at UTF-16 offset {at}")
    if entity["type"] == "text_link":
        if objection(entity.get("url", "")):
            raise bad_request(f"Entity URL '{entity.get('url', '')}' is invalid")
    elif entity["type"] == "text_mention" and "user" not in entity:
        raise bad_request('can\'t parse MessageEntity: Field "user" must be of type Object')
    return entity


def _inside_symbol(text: str, at: int) -> bool:
    raw = text.encode("utf-16-le")[2 * at : 2 * at + 2]
    return bool(raw) and 0xDC00 <= int.from_bytes(raw, "little") <= 0xDFFF


def _without_carriage_returns(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    at = [utf16(text[: match.start()]) for match in re.finditer("\r", text)]
    if not at:
        return text, entities
    moved = []
    for entity in entities:
        start, end = (position - sum(1 for cut in at if cut < position) for position in _span(entity))
        moved.append({**entity, "offset": start, "length": end - start})
    return text.replace("\r", ""), moved


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    text = re.sub(r"[\x00-\x09\x0b-\x1f]", " ", text)
    first = min((entity["offset"] for entity in entities), default=len(text))
    cut = min(len(text) - len(text.lstrip(" \n")), first)  # the space before it is one UTF-16 unit per character
    text = text[cut:].rstrip(" \n\t\u00a0")
    end = utf16(text)
    moved = [{**e, "offset": e["offset"] - cut, "length": min(e["length"], end - e["offset"] + cut)} for e in entities]
    return text, [entity for entity in moved if entity["length"] > 0]


def _not_blank(text: str, entities: list[Json]) -> list[Json]:
    return [entity for entity in entities if entity["type"] in _USER_TYPES and covered(text, entity).strip()]


def _nested(entities: list[Json], changed: Report) -> list[Json]:
    kept: list[Json] = []
    for entity in sorted(entities, key=lambda e: (e["type"] not in _CODE, *_order(e))):
        if all(_may_meet(entity, other) for other in kept):
            kept.append(entity)
        else:
            changed(f"entity dropped, it overlaps another in a way that is not allowed: {entity}")
    return sorted(kept, key=_order)


def _may_meet(one: Json, other: Json) -> bool:
    (start, end), (low, high) = _span(one), _span(other)
    if end <= low or high <= start:
        return True
    contains = (start <= low and high <= end) or (low <= start and end <= high)
    types = {one["type"], other["type"]}
    if types & _CODE:
        # an inline code or block may stand inside a quote, but nothing else shares its characters
        return contains and bool(types & _QUOTES) and types <= _CODE | _QUOTES
    if types <= _QUOTES:
        return False
    return contains and (bool(types & _STYLES) or bool(types & _QUOTES)) and one["type"] != other["type"]


def _kept(entities: list[Json], changed: Report) -> list[Json]:
    if len(entities) <= ENTITY_LIMIT:
        return entities
    changed(f"{len(entities) - ENTITY_LIMIT} of {len(entities)} entities dropped: at most {ENTITY_LIMIT} are kept")
    ranked = sorted(entities, key=lambda entity: (entity["type"] not in _KEPT_FIRST, entity["offset"]))
    return sorted(ranked[:ENTITY_LIMIT], key=_order)


def _span(entity: Json) -> tuple[int, int]:
    return entity["offset"], entity["offset"] + entity["length"]


def _order(entity: Json) -> tuple[int, int]:
    return entity["offset"], -entity["length"]
