"""All validation of forms, for every platform. FastGPT itself checks nothing (required, type, membership, length)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

from bridge.domain import phrases
from bridge.domain.files import tame
from bridge.domain.interactions import Field, FieldType, Filled, Form, Json, TimeGranularity
from bridge.domain.readings import Ambiguous, moment_in, number_in, plain

_YES = frozenset({"yes", "y", "true", "on", "1", "ja", "oui", "si", "sí", "是", "да"})
_NO = frozenset({"no", "n", "false", "off", "0", "nein", "non", "否", "нет"})
_BETWEEN_OPTIONS = re.compile(r"[,;、\n]")  # in NFKC, so full-width ones too
_BETWEEN_DATES = re.compile(r"\s+(?:to|-|–|—|至|到)\s+|\s*[–—~至到,\n]\s*")
_LONGEST_RANGE = 200  # characters; two dates are shorter
_ZONED = re.compile(r"\d:\d.*(?:[Zz]|[+-]\d\d:?\d\d)\s*$")
_EXACT = 2**53
"""Whole numbers below it are the same in JSON, which knows only doubles."""


class FieldError(ValueError):
    """The text is a sentence for the person who filled in the field."""


def is_empty(value: Json) -> bool:
    return value is None or value in ("", [], {})


def check(form: Form, raw: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, str]]:
    """Values in the JSON types FastGPT expects, and sentences by field key for what is wrong.

    `raw` may hold typed text or already typed values. Every field that is not wrong is in the values, absent optional
    ones as FastGPT's own page sends them. Keys that are no field of the form are dropped.
    """
    values: dict[str, Json] = {}
    errors: dict[str, str] = {}
    for field in form.fields:
        try:
            values[field.key] = accept(field, raw.get(field.key))
        except FieldError as error:
            errors[field.key] = str(error)
    return values, errors


def unfinished(form: Form, raw: Mapping[str, Json]) -> dict[str, Json]:
    """What somebody typed so far, in its JSON type where it is right already. A password is not kept."""
    values: dict[str, Json] = {}
    for field in form.fields:
        value = raw.get(field.key)
        answered = not is_empty(value) or (field.type is FieldType.MULTIPLE_SELECT and value == [])
        if not answered or field.type is FieldType.PASSWORD:
            continue
        try:
            values[field.key] = _typed(field, value) if not is_empty(value) else value
        except FieldError:
            values[field.key] = value
    return values


def filled_in(form: Form, values: Mapping[str, Json]) -> Filled:
    """The whole form as an answer; `values` have passed `check`."""
    passwords = tuple(field.key for field in form.fields if field.type is FieldType.PASSWORD)
    return Filled(values, passwords)


def accept(field: Field, raw: Json) -> Json:
    """One value, checked and in its JSON type. Raises FieldError.

    An absent or empty one becomes the field's default, but for an empty list of options: that is what is left when a
    person unticks them all. A default that the field's own rules refuse is none, or nobody could get past it.
    """
    chose_nothing = field.type is FieldType.MULTIPLE_SELECT and raw == []
    if not is_empty(raw) and not _is_blank(field, raw):
        return _typed(field, raw)
    default = None if chose_nothing else _usable_default(field)
    if not is_empty(default):
        return default
    if field.required:
        raise FieldError(phrases.NEEDED)
    return _nothing(field)


def _is_blank(field: Field, raw: Json) -> bool:
    """Spaces are an answer only in a password."""
    return field.type is not FieldType.PASSWORD and isinstance(raw, str) and not raw.strip()


def _usable_default(field: Field) -> Json:
    try:
        return None if is_empty(field.default) else _typed(field, field.default)
    except FieldError:
        return None


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
        case _:
            return _text(field, raw)


def _text(field: Field, raw: Json) -> str:
    if not isinstance(raw, str):
        raise FieldError(phrases.NO_TEXT)
    text = raw if field.type is FieldType.PASSWORD else raw.strip()
    if field.max_length is not None and len(text) > field.max_length:
        raise FieldError(phrases.too_long(field.max_length, len(text)))
    if field.min_length is not None and len(text) < field.min_length:
        raise FieldError(phrases.too_short(field.min_length))
    return text


# --- numbers ---


def _number(field: Field, raw: Json) -> int | float:
    number = _parsed_number(raw)
    if field.minimum is not None and number < field.minimum:
        raise FieldError(phrases.too_small(shown_number(field.minimum)))
    if field.maximum is not None and number > field.maximum:
        raise FieldError(phrases.too_large(shown_number(field.maximum)))
    return number


def _parsed_number(raw: Json) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise FieldError(phrases.NO_NUMBER)
    try:
        number = number_in(raw) if isinstance(raw, str) else float(raw)
    except Ambiguous:
        raise FieldError(phrases.ambiguous_number(plain(str(raw)))) from None
    except (ValueError, OverflowError):
        raise FieldError(phrases.NO_NUMBER) from None
    if not math.isfinite(number):
        raise FieldError(phrases.NO_NUMBER)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def shown_number(number: float) -> str:
    whole = math.isfinite(number) and float(number).is_integer() and abs(number) < _EXACT
    return str(int(number)) if whole else str(number)


# --- options ---


def alike(field_options: tuple[str, ...], text: str) -> list[int]:
    """The positions of several options that are called what was typed; none if at most one is."""
    if match_option(field_options, text) is not None:
        return []
    found = [index for index, label in enumerate(field_options) if _folded(label) == _folded(text)]
    return found if len(found) > 1 else []


def match_option(field_options: tuple[str, ...], text: str) -> int | None:
    """The position of the option a person means by typing its label or its number (from 1); None if unclear.

    A label goes before a number: it is what people see. Case, width and spaces count only where they tell labels apart.
    """
    for read in (str.strip, _folded):
        wanted = read(text)
        labels = [read(label) for label in field_options]
        if wanted in labels:
            return labels.index(wanted) if labels.count(wanted) == 1 else None
    number = re.fullmatch(r"([0-9]{1,6})[.)]?", wanted)
    if number is not None and 1 <= int(number[1]) <= len(labels):
        return int(number[1]) - 1
    return None


def _folded(text: str) -> str:
    return " ".join(plain(text).split()).casefold()


def _member(field: Field, raw: Json) -> Json:
    for option in field.options:
        if raw == option.value:
            return option.value
    if isinstance(raw, str):
        labels = tuple(option.label for option in field.options)
        index = match_option(labels, raw)
        if index is not None:
            return field.options[index].value
        if several := alike(labels, raw):
            raise FieldError(phrases.several_options([index + 1 for index in several]))
    raise FieldError(phrases.NO_OPTION)


def _members(field: Field, raw: Json) -> Json:
    """Typed ones are separated by commas, semicolons or lines; a label that holds one of these counts as a whole."""
    if isinstance(raw, str):
        try:
            return [_member(field, raw)]
        except FieldError:
            raw = [piece for piece in _BETWEEN_OPTIONS.split(plain(raw)) if piece.strip()]
    chosen = [_member(field, item) for item in (raw if isinstance(raw, list) else [raw])]
    if not chosen:
        raise FieldError(phrases.NO_OPTION)
    return list(dict.fromkeys(str(value) for value in chosen))


def _switch(raw: Json) -> bool:
    if isinstance(raw, bool):
        return raw
    word = _folded(raw) if isinstance(raw, str) else ""
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise FieldError(phrases.NO_YES_OR_NO)


def _files(field: Field, raw: Json) -> Json:
    """Addresses, or objects that name a file in FastGPT's storage."""
    files = raw if isinstance(raw, list) else [raw]
    if len(files) > field.max_files:
        raise FieldError(phrases.too_many_files(field.max_files))
    for file in files:
        if not isinstance(file, str | dict) or is_empty(file):
            raise FieldError(phrases.NO_FILE)
    return list(files)


# --- moments ---


def parse_instant(raw: Json) -> datetime:
    """A date or instant as `moment_in` reads it, UTC where it names no zone. Raises FieldError."""
    if not isinstance(raw, str):
        raise FieldError(phrases.NO_DATE)
    try:
        return moment_in(raw)
    except ValueError:
        raise FieldError(phrases.NO_DATE) from None


def iso(instant: datetime) -> str:
    """As JavaScript's `toISOString`, which is what FastGPT's own page sends."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _instant(field: Field, raw: Json) -> str:
    """A day that names no zone is midnight UTC; what names one is somebody's own midnight and stays what it is."""
    instant = parse_instant(raw)
    if field.granularity is not TimeGranularity.DAY or not _ZONED.search(str(raw)):
        instant = _cut(field, instant)
    shown = _cut(field, instant)
    first, last = _bound(field, field.not_before), _bound(field, field.not_after, is_last=True)
    if first is not None and shown < first:
        raise FieldError(phrases.too_early(_moment(field, iso(first))))
    if last is not None and shown > last:
        raise FieldError(phrases.too_late(_moment(field, iso(last))))
    return iso(instant)


def _bound(field: Field, text: str | None, *, is_last: bool = False) -> datetime | None:
    """A bound as coarse as the field. One that cannot be read is none, or it would lock the field.

    FastGPT's editor writes a day as local midnight, in an unknown zone: if that is not midnight UTC, the last day may
    be the next one here.
    """
    try:
        bound = parse_instant(text) if text else None
    except FieldError:
        return None
    if bound is None:
        return None
    day = _cut(field, bound)
    is_local = field.granularity is TimeGranularity.DAY and bound != day and (bound.hour, bound.minute) != (23, 59)
    return day + timedelta(days=1) if is_last and is_local else day


def _cut(field: Field, instant: datetime) -> datetime:
    match field.granularity:
        case TimeGranularity.DAY:
            return instant.replace(hour=0, minute=0, second=0, microsecond=0)
        case TimeGranularity.HOUR:
            return instant.replace(minute=0, second=0, microsecond=0)
        case TimeGranularity.MINUTE:
            return instant.replace(second=0, microsecond=0)
        case TimeGranularity.SECOND:
            return instant


def _range(field: Field, raw: Json) -> Json:
    if isinstance(raw, str):
        raw = list(_BETWEEN_DATES.split(plain(raw))) if len(raw) < _LONGEST_RANGE else []
    match raw:
        case [one] if _is_moment(one):
            raise FieldError(phrases.NO_END.format(hint=range_hint(field)))
        case [one, other] if is_empty(one) != is_empty(other):
            missing = phrases.NO_START if is_empty(one) else phrases.NO_END
            raise FieldError(missing.format(hint=range_hint(field)))
        case [_, _]:
            pass
        case _:
            raise FieldError(phrases.NO_RANGE.format(hint=range_hint(field)))
    start, end = (_instant(field, piece) for piece in raw)
    if end < start:
        raise FieldError(phrases.ENDS_BEFORE)
    return [start, end]


def _is_moment(raw: Json) -> bool:
    try:
        parse_instant(raw)
    except FieldError:
        return False
    return True


def range_hint(field: Field) -> str:
    """Two moments as this field wants them typed."""
    return phrases.HINT_DAYS if field.granularity is TimeGranularity.DAY else phrases.HINT_RANGE


# --- for people ---


def described(field: Field, value: Json) -> str:
    """A value as a person should see it; a password never as it is."""
    if is_empty(value):
        return "—"
    match field.type:
        case FieldType.PASSWORD:
            return "••••"
        case FieldType.SWITCH:
            return phrases.YES if value else phrases.NO
        case FieldType.SELECT:
            return _label(field, value)
        case FieldType.MULTIPLE_SELECT if isinstance(value, list):
            return ", ".join(_label(field, item) for item in value)
        case FieldType.TIME_POINT:
            return _moment(field, value)
        case FieldType.TIME_RANGE if isinstance(value, list):
            return " – ".join(_moment(field, item) for item in value)
        case FieldType.FILES if isinstance(value, list):
            return ", ".join(map(_file_name, value))
        case _:
            return str(value)


def _label(field: Field, value: Json) -> str:
    return next((option.label for option in field.options if option.value == value), str(value))


def _file_name(file: Json) -> str:
    """By the name it came with, or the one at the end of its address."""
    if isinstance(file, dict):
        return tame(str(file.get("name") or ""))
    try:
        address = urlsplit(str(file))
        name = parse_qs(address.query).get("filename", [address.path.rpartition("/")[2]])[0]
    except ValueError:
        return "file"
    return tame(unquote(name))


def _moment(field: Field, value: Json) -> str:
    text = str(value)[:16].replace("T", " ")
    return text[:10] if field.granularity is TimeGranularity.DAY else f"{text} UTC"
