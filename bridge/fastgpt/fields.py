"""FastGPT's form fields, global variables and plugin inputs as one kind of `Field`."""

from __future__ import annotations

import json
import math

from bridge.domain.interactions import Field, FieldType, Json, Option, TimeGranularity
from bridge.fastgpt.wire import Input, ListItem
from bridge.fastgpt.wording import shown

_NOT_ASKED = frozenset({"custom", "internal"})
_ALIASES = {"file": FieldType.FILES, "reference": FieldType.TEXT_FALLBACK, "text": FieldType.TEXT_FALLBACK}
_IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".svg")
_DOCUMENTS = (".txt", ".docx", ".csv", ".xlsx", ".pdf", ".md", ".html", ".pptx")
_VIDEOS = (".mp4", ".mov", ".avi", ".mpeg", ".webm")
_SOUNDS = (".mp3", ".wav", ".m4a", ".ogg", ".flac")
_MAX_FILES = 20


def form_fields(inputs: list[Input]) -> tuple[Field, ...]:
    return tuple(_field(item, item.type) for item in inputs if item.key or item.label)


def variable_fields(inputs: list[Input]) -> tuple[Field, ...]:
    """Those a person is to be asked for: `custom` and `internal` ones are set from outside."""
    return tuple(_field(item, item.type) for item in inputs if item.key and item.type not in _NOT_ASKED)


def plugin_fields(inputs: list[Input]) -> tuple[Field, ...]:
    return tuple(_field(item, _rendered_as(item)) for item in inputs if item.key)


def _rendered_as(item: Input) -> str:
    """A plugin input can be shown in several ways; `reference` is for other nodes, not for people."""
    types = [kind for kind in item.render_types if isinstance(kind, str)]
    selected = item.selected_render_type
    if selected is not None and 0 <= selected < len(types) and types[selected] != "reference":
        return types[selected]
    return next((kind for kind in types if kind != "reference"), item.type or _by_value_type(item.value_type))


def _by_value_type(value_type: str) -> str:
    return {"number": "numberInput", "boolean": "switch"}.get(value_type, "text")


def _field(item: Input, kind: str) -> Field:
    type = _type(kind)
    options = tuple(_option(entry) for entry in (item.items or item.enums) if entry.value or entry.label)
    if type in (FieldType.SELECT, FieldType.MULTIPLE_SELECT) and not options:
        type = FieldType.TEXT_FALLBACK
    chosen = type in (FieldType.SELECT, FieldType.MULTIPLE_SELECT)
    return Field(
        key=item.key or item.label,
        label=shown(item.label) or item.key,
        type=type,
        description=shown(item.description),
        required=item.required,
        default=_default(type, item.default if item.default not in (None, "") else item.value, options),
        options=options if chosen else (),
        minimum=item.minimum if type is FieldType.NUMBER else None,
        maximum=item.maximum if type is FieldType.NUMBER else None,
        min_length=_positive(item.min_length),
        max_length=_positive(item.max_length),
        max_files=_positive(item.max_files) or (_MAX_FILES if type is FieldType.FILES else 1),
        file_extensions=_extensions(item) if type is FieldType.FILES else (),
        granularity=_granularity(item.granularity),
        not_before=item.range_start or None,
        not_after=item.range_end or None,
        value_type=item.value_type,
    )


def _type(kind: str) -> FieldType:
    if kind in _ALIASES:
        return _ALIASES[kind]
    try:
        return FieldType(kind)
    except ValueError:
        return FieldType.TEXT_FALLBACK


def _option(entry: ListItem) -> Option:
    return Option(label=shown(entry.label or entry.value), value=entry.value or entry.label)


def _positive(number: int | None) -> int | None:
    return number if number is not None and number > 0 else None


def _granularity(text: str) -> TimeGranularity:
    try:
        return TimeGranularity(text)
    except ValueError:
        return TimeGranularity.SECOND


def _extensions(item: Input) -> tuple[str, ...]:
    """Empty means any."""
    kinds = (
        (item.can_file, _DOCUMENTS),
        (item.can_image, _IMAGES),
        (item.can_video, _VIDEOS),
        (item.can_audio, _SOUNDS),
    )
    found = [extension for allowed, extensions in kinds if allowed for extension in extensions]
    if item.can_custom:
        found += [
            text if text.startswith(".") else f".{text}" for text in item.extensions if isinstance(text, str) and text
        ]
    return tuple(dict.fromkeys(extension.lower() for extension in found))


def _default(type: FieldType, raw: Json, options: tuple[Option, ...]) -> Json:
    """In the JSON type FastGPT expects; None for a default that its own rules would not let through."""
    if raw is None or raw == "":
        return None
    values = {option.value for option in options}
    match type:
        case FieldType.NUMBER:
            return _number(raw)
        case FieldType.SWITCH:
            return raw is True or raw == "true" if isinstance(raw, bool | str) else None
        case FieldType.SELECT:
            return raw if isinstance(raw, str) and raw in values else None
        case FieldType.MULTIPLE_SELECT:
            return [item for item in _listed(raw) if isinstance(item, str) and item in values] or None
        case FieldType.FILES | FieldType.TIME_RANGE:
            return _listed(raw) or None
        case FieldType.PASSWORD:
            return None
        case _:
            return raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)


def _number(raw: Json) -> int | float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _listed(raw: Json) -> list[Json]:
    if isinstance(raw, str):
        try:
            inner = json.loads(raw)
        except (ValueError, RecursionError):
            inner = None
        raw = inner if isinstance(inner, list) else [raw]
    return [item for item in raw if isinstance(item, str | dict)] if isinstance(raw, list) else []
