"""All validation of forms, for every platform. FastGPT itself checks nothing (required, type, membership, length)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from bridge.domain.interactions import Field, FieldType, Form, Json

_TEXTS = frozenset({FieldType.INPUT, FieldType.TEXTAREA, FieldType.TEXT_FALLBACK})
_YES = frozenset({"yes", "y", "true", "on", "1", "ja", "oui", "si", "sí", "是", "да"})
_NO = frozenset({"no", "n", "false", "off", "0", "nein", "non", "否", "нет"})
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


class FieldError(ValueError):
    """The text is a sentence for the person who filled in the field."""


def is_empty(value: Json) -> bool:
    return value is None or value in ("", [], {})


def check(form: Form, raw: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, str]]:
    """Values in the JSON types FastGPT expects, and sentences by field key for what is wrong.

    `raw` may hold typed text or already typed values; an absent or empty one becomes the field's default. Every field
    that is not wrong is in the values, absent optional ones as FastGPT's own page sends them. Keys that are no field
    of the form are dropped.
    """
    values: dict[str, Json] = {}
    errors: dict[str, str] = {}
    for field in form.fields:
        try:
            values[field.key] = accept(field, raw.get(field.key))
        except FieldError as error:
            errors[field.key] = str(error)
    return values, errors


def accept(field: Field, raw: Json) -> Json:
    """One value, checked and in its JSON type. Raises FieldError."""
    if isinstance(raw, str) and field.type is not FieldType.PASSWORD:
        raw = raw.strip()
    if is_empty(raw):
        raw = field.default
    if is_empty(raw):
        if field.required:
            raise FieldError("This one is needed.")
        return _nothing(field)
    return _typed(field, raw)


def _nothing(field: Field) -> Json:
    match field.type:
        case FieldType.NUMBER | FieldType.TIME_POINT:
            return None
        case FieldType.MULTIPLE_SELECT | FieldType.FILES | FieldType.TIME_RANGE:
            return []
        case FieldType.SWITCH:
            return False
        case _:
            return ""


def _typed(field: Field, raw: Json) -> Json:
    match field.type:
        case FieldType.NUMBER:
            return _number(field, raw)
        case FieldType.SELECT:
            return _member(field, raw)
        case FieldType.MULTIPLE_SELECT:
            return _members(field, raw)
        case FieldType.SWITCH:
            return _switch(raw)
        case FieldType.FILES:
            return _files(field, raw)
        case FieldType.TIME_POINT:
            return _instant(field, raw)
        case FieldType.TIME_RANGE:
            return _range(field, raw)
        case FieldType.TEXT_FALLBACK:
            return raw
        case _:
            return _text(field, raw)


def _text(field: Field, raw: Json) -> str:
    text = raw if isinstance(raw, str) else str(raw)
    if field.max_length is not None and len(text) > field.max_length:
        raise FieldError(f"At most {field.max_length} characters, please; this has {len(text)}.")
    if field.min_length is not None and len(text) < field.min_length:
        raise FieldError(f"At least {field.min_length} characters, please.")
    return text


def _number(field: Field, raw: Json) -> int | float:
    number = _parsed_number(raw)
    if field.minimum is not None and number < field.minimum:
        raise FieldError(f"Please give a number of at least {_shown(field.minimum)}.")
    if field.maximum is not None and number > field.maximum:
        raise FieldError(f"Please give a number of at most {_shown(field.maximum)}.")
    return number


def _parsed_number(raw: Json) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise FieldError("Please give a number.")
    if not isinstance(raw, str):
        number: int | float = raw
    else:
        text = raw.translate(_DIGITS).replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
        if "," in text and "." not in text and text.count(",") == 1:
            text = text.replace(",", ".")
        try:
            number = float(text.replace(",", ""))
        except ValueError:
            raise FieldError("Please give a number.") from None
    if not math.isfinite(number):
        raise FieldError("Please give a number.")
    return int(number) if number == int(number) and abs(number) < 2**53 else number


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def match_option(field_options: tuple[str, ...], text: str) -> int | None:
    """The position of the option a person means by typing its number (from 1) or its label; None if unclear."""
    wanted = " ".join(text.split()).casefold()
    labels = [" ".join(label.split()).casefold() for label in field_options]
    if labels.count(wanted) == 1:
        return labels.index(wanted)
    number = wanted.rstrip(".)").translate(_DIGITS)
    if number.isascii() and number.isdigit() and 1 <= int(number) <= len(labels):
        return int(number) - 1
    return None


def _member(field: Field, raw: Json) -> Json:
    for option in field.options:
        if raw == option.value:
            return option.value
    if isinstance(raw, str):
        index = match_option(tuple(option.label for option in field.options), raw)
        if index is not None:
            return field.options[index].value
    raise FieldError("Please choose one of the options.")


def _members(field: Field, raw: Json) -> Json:
    if isinstance(raw, str) and raw not in {option.value for option in field.options}:
        raw = [piece for piece in raw.replace("，", ",").replace("\n", ",").split(",") if piece.strip()]
    chosen = [_member(field, item) for item in (raw if isinstance(raw, list) else [raw])]
    return list(dict.fromkeys(str(value) for value in chosen))


def _switch(raw: Json) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise FieldError("Please answer yes or no.")


def _files(field: Field, raw: Json) -> Json:
    files = raw if isinstance(raw, list) else [raw]
    if len(files) > field.max_files:
        raise FieldError(f"At most {field.max_files} file{'s' if field.max_files != 1 else ''}, please.")
    for file in files:
        if not isinstance(file, str | dict):
            raise FieldError("Please send a file.")
    return list(files)


def parse_instant(raw: Json) -> datetime:
    """An ISO-8601 date or instant (or `YYYY-MM-DD HH:MM`), UTC where it names no zone. Raises FieldError."""
    if not isinstance(raw, str):
        raise FieldError("Please give a date, like 2026-01-31 or 2026-01-31 08:00.")
    try:
        instant = datetime.fromisoformat(raw.strip().translate(_DIGITS).replace("/", "-"))
    except ValueError:
        raise FieldError("Please give a date, like 2026-01-31 or 2026-01-31 08:00.") from None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def iso(instant: datetime) -> str:
    """As JavaScript's `toISOString`, which is what FastGPT's own page sends."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def _instant(field: Field, raw: Json) -> str:
    instant = parse_instant(raw)
    if field.not_before and instant < parse_instant(field.not_before):
        raise FieldError(f"Not before {field.not_before[:16].replace('T', ' ')}, please.")
    if field.not_after and instant > parse_instant(field.not_after):
        raise FieldError(f"Not after {field.not_after[:16].replace('T', ' ')}, please.")
    return iso(instant)


def _range(field: Field, raw: Json) -> Json:
    if isinstance(raw, str):
        for separator in (" to ", " - ", " – ", "–", "~", ",", "\n"):
            if separator in raw:
                raw = [piece.strip() for piece in raw.split(separator, 1)]
                break
    if not isinstance(raw, list) or len(raw) != 2:
        raise FieldError("Please give two dates, like 2026-01-01 to 2026-01-31.")
    start, end = (_instant(field, piece) for piece in raw)
    if end < start:
        raise FieldError("The end is before the start.")
    return [start, end]


def described(field: Field, value: Json) -> str:
    """A value as a person should see it; a password never as it is."""
    if is_empty(value):
        return "—"
    match field.type:
        case FieldType.PASSWORD:
            return "••••"
        case FieldType.SWITCH:
            return "Yes" if value else "No"
        case FieldType.SELECT:
            return _label(field, value)
        case FieldType.MULTIPLE_SELECT if isinstance(value, list):
            return ", ".join(_label(field, item) for item in value)
        case FieldType.TIME_POINT:
            return _moment(field, value)
        case FieldType.TIME_RANGE if isinstance(value, list):
            return " – ".join(_moment(field, item) for item in value)
        case FieldType.FILES if isinstance(value, list):
            return ", ".join(str(item.get("name", "file")) if isinstance(item, dict) else "file" for item in value)
        case _:
            return str(value)


def _label(field: Field, value: Json) -> str:
    return next((option.label for option in field.options if option.value == value), str(value))


def _moment(field: Field, value: Json) -> str:
    text = str(value)[:16].replace("T", " ")
    return text[:10] if field.granularity == "day" else f"{text} UTC"
