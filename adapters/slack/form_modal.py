"""A form as a modal, and what comes back from it. Pure.

Limits: docs.slack.dev, "Views" and "Block elements": titles and buttons of a modal 24 characters, 100 blocks, 3,000
characters of text input, 10 checkboxes or radio buttons, 100 options of a select, bounds of numbers as strings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from adapters.slack.asking import SEARCH, options_like
from adapters.slack.blocks import Block, plain_text
from adapters.slack.inbound import attachment
from adapters.slack.payloads import Element, State
from adapters.slack.views import FORM, element_of, sections
from bridge.domain.forms import FieldError, described, is_empty, parse_instant
from bridge.domain.interactions import Field, FieldType, Form, Interaction, Json, Option, TimeGranularity
from bridge.domain.phrases import CANCEL, CHOOSE, FILES_KEPT, FILL_IN, SUBMIT, YES
from bridge.domain.updates import Attachment

MOST_FIELDS = 48
"""A modal takes 100 blocks; a time range needs two, and the description up to three."""
_TITLE = 24
_TEXT = 3_000
_FEW, _MANY = 10, 100


def form_view(interaction: Interaction, form: Form) -> Block:
    """The whole form at once, filled with what was typed before or is the default."""
    title = _title(form.description) or FILL_IN
    blocks: list[Block] = []
    if form.description and form.description != title:
        blocks += sections(form.description, 3)
    for index, item in enumerate(form.fields):
        value = interaction.draft.values.get(item.key, item.default)
        is_kept = item.type is FieldType.FILES and not is_empty(value)
        if is_kept:
            item = replace(item, required=False, description=FILES_KEPT.format(names=described(item, value)))
        blocks += _field_blocks(index, item, value, f"{SEARCH}:{interaction.id}")
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": str(interaction.id),
        "title": plain_text(title, _TITLE),
        "submit": plain_text(SUBMIT, _TITLE),
        "close": plain_text(CANCEL, _TITLE),
        "notify_on_close": True,
        "blocks": blocks,
    }


def fits_a_modal(form: Form) -> bool:
    return len(form.fields) <= MOST_FIELDS


def form_values(
    form: Form, state: State, known: Mapping[str, Json]
) -> tuple[dict[str, Json], dict[str, tuple[Attachment, ...]]]:
    """What was filled in, raw, by field key; files apart, since they have to be fetched first.

    Slack cannot show files that were chosen before, so those in `known`, the draft, stay where no others are chosen.
    """
    values: dict[str, Json] = {}
    files: dict[str, tuple[Attachment, ...]] = {}
    for index, item in enumerate(form.fields):
        if item.type is FieldType.FILES:
            sent = element_of(state, _block_id(index)).files or ()
            chosen = tuple(found for file in sent if (found := attachment(file)) is not None)
            files |= {item.key: chosen} if chosen else {}
            values |= {} if chosen else {item.key: known.get(item.key)}
        elif item.type is FieldType.TIME_RANGE:
            ends = [_instant(element_of(state, _block_id(index, end))) for end in ("from", "to")]
            values[item.key] = None if ends == [None, None] else [end or "" for end in ends]
        else:
            values[item.key] = _value(item, element_of(state, _block_id(index)))
    return values, files


def errors_at_fields(form: Form, errors: Mapping[str, str]) -> dict[str, str]:
    """Sentences by field key as Slack wants them: by the block of the input."""
    blocks: dict[str, str] = {}
    for index, item in enumerate(form.fields):
        if item.key in errors:
            end = "to" if item.type is FieldType.TIME_RANGE else ""
            blocks[_block_id(index, end)] = errors[item.key]
    return blocks


def field_options(item: Field, typed: str) -> list[Block]:
    """What the searchable select of a field with more than 100 options offers."""
    return [_option(option, place) for place, option in options_like(item.options, typed)]


# --- fields ---


def _field_blocks(index: int, item: Field, value: Json, search: str) -> list[Block]:
    if item.type is FieldType.TIME_RANGE:
        ends = value if isinstance(value, list) and len(value) == 2 else [None, None]
        return [
            _input(index, item, _moment(index, item, ends[0], "from"), "from"),
            _input(index, item, _moment(index, item, ends[1], "to"), "to"),
        ]
    return [_input(index, item, _field_element(index, item, value, search))]


def _field_element(index: int, item: Field, value: Json, search: str) -> Block:
    match item.type:
        case FieldType.NUMBER:
            return _number(index, item, value)
        case FieldType.SELECT if item.options:
            return _one_of(index, item, value, search)
        case FieldType.MULTIPLE_SELECT if item.options:
            return _some_of(index, item, value, search)
        case FieldType.SWITCH:
            option = {"text": plain_text(YES, 75), "value": "yes"}
            chosen = {"initial_options": [option]} if value is True else {}
            return _new("checkboxes", index, {"options": [option], **chosen})
        case FieldType.FILES:
            types = [extension.lstrip(".").lower() for extension in item.file_extensions if extension.strip(". ")]
            filetypes = {"filetypes": types} if types else {}
            return _new("file_input", index, {"max_files": min(max(item.max_files, 1), 10), **filetypes})
        case FieldType.TIME_POINT:
            return _moment(index, item, value)
        case _:
            return _words(index, item, value)


def _input(index: int, item: Field, element: Block, end: str = "") -> Block:
    label = item.label or item.key
    if end:
        label = f"{label} ({end})"
    block: Block = {
        "type": "input",
        "block_id": _block_id(index, end),
        "label": plain_text(label, 2_000),
        "element": element,
        # An unticked switch is an answer; and a default fills in for what is left out.
        "optional": not item.required or item.type is FieldType.SWITCH or not is_empty(item.default),
    }
    hint = _hint(item)
    if hint:
        block["hint"] = plain_text(hint, 2_000)
    return block


def _hint(item: Field) -> str:
    pieces = [item.description] if item.description and item.description != item.label else []
    if item.type is FieldType.PASSWORD:
        pieces = [f"{piece.rstrip('.')}." for piece in pieces] + ["What you type can be seen on your screen."]
    return " ".join(pieces)


def _words(index: int, item: Field, value: Json) -> Block:
    more: Block = {"multiline": item.type is FieldType.TEXTAREA}
    if item.min_length:
        more["min_length"] = min(item.min_length, _TEXT)
    if item.max_length:
        more["max_length"] = min(max(item.max_length, item.min_length or 1, 1), _TEXT)
    if not is_empty(value) and item.type is not FieldType.PASSWORD:
        more["initial_value"] = str(value)[: more.get("max_length", _TEXT)]
    return _new("plain_text_input", index, more)


def _number(index: int, item: Field, value: Json) -> Block:
    """What was typed stands there though it is wrong; bounds are left to the check then, which says so at the field."""
    more: Block = {"is_decimal_allowed": True}
    typed = _number_of(value)
    initial = typed if typed is not None else _number_of(item.default)
    least, most = item.minimum, item.maximum
    is_a_range = least is None or most is None or least <= most  # Slack refuses bounds that leave nothing
    fits = initial is None or ((least is None or least <= initial) and (most is None or initial <= most))
    for name, bound in (("min_value", least), ("max_value", most)):
        if bound is not None and is_a_range and fits:
            more[name] = _digits(bound)
    if initial is not None:
        more["initial_value"] = _digits(initial)
    return _new("number_input", index, more)


def _number_of(value: Json) -> float | None:
    """As a number, also where it is still what somebody typed."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _one_of(index: int, item: Field, value: Json, search: str) -> Block:
    options = [_option(option, place) for place, option in enumerate(item.options)]
    chosen = [options[place] for place, option in enumerate(item.options) if option.value == value]
    initial = {"initial_option": chosen[0]} if chosen else {}
    if len(options) > _MANY:
        return _new("external_select", index, {"min_query_length": 0, **initial}, action=search)
    return _new("static_select", index, {"placeholder": plain_text(CHOOSE, 150), "options": options, **initial})


def _some_of(index: int, item: Field, value: Json, search: str) -> Block:
    wanted = value if isinstance(value, list) else [value]
    options = [_option(option, place) for place, option in enumerate(item.options)]
    chosen = [options[place] for place, option in enumerate(item.options) if option.value in wanted]
    initial = {"initial_options": chosen[:_MANY]} if chosen else {}
    if len(options) > _MANY:
        return _new("multi_external_select", index, {"min_query_length": 0, **initial}, action=search)
    kind = "checkboxes" if len(options) <= _FEW else "multi_static_select"
    return _new(kind, index, {"options": options, **initial})


def _moment(index: int, item: Field, value: Json, end: str = "") -> Block:
    try:
        instant = None if is_empty(value) else parse_instant(value)
    except FieldError:
        instant = None
    if item.granularity is TimeGranularity.DAY:
        initial = {"initial_date": instant.strftime("%Y-%m-%d")} if instant else {}
        return _new("datepicker", index, initial, end)
    in_range = instant is not None and 1_000_000_000 <= instant.timestamp() <= 9_999_999_999
    return _new(
        "datetimepicker", index, {"initial_date_time": int(instant.timestamp())} if instant and in_range else {}, end
    )


def _new(kind: str, index: int, more: Mapping[str, Any], end: str = "", *, action: str = "value") -> Block:
    return {"type": kind, "action_id": ":".join([action, str(index), *([end] if end else [])]), **more}


def _option(option: Option, place: int) -> Block:
    """Told apart by position: values may repeat, and may be longer than the 150 characters Slack allows."""
    block: Block = {"text": plain_text(option.label or option.value, 75), "value": str(place)}
    if option.description:
        block["description"] = plain_text(option.description, 75)
    return block


def _value(item: Field, element: Element) -> Json:
    match item.type:
        case FieldType.SELECT if item.options:
            return _option_value(item, element.selected_option.value) if element.selected_option else None
        case FieldType.MULTIPLE_SELECT if item.options:
            return [_option_value(item, chosen.value) for chosen in element.selected_options]
        case FieldType.SWITCH:
            return bool(element.selected_options)
        case FieldType.TIME_POINT:
            return _instant(element)
        case _:
            return element.value


def _option_value(item: Field, place: str) -> Json:
    """What no option has is left for the check to refuse."""
    known = place.isascii() and place.isdigit() and int(place) < len(item.options)
    return item.options[int(place)].value if known else place


def _instant(element: Element) -> str | None:
    if element.selected_date_time is not None:
        return datetime.fromtimestamp(element.selected_date_time, UTC).isoformat()
    return element.selected_date or None


def _block_id(index: int, end: str = "") -> str:
    return ":".join(["field", str(index), *([end] if end else [])])


def _digits(number: float) -> str:
    """Slack takes no exponents."""
    return str(int(number)) if number == int(number) else f"{number:.10f}".rstrip("0")


def _title(description: str) -> str:
    """A short description is the title of its form."""
    line = " ".join(description.split())
    return line if 0 < len(line) <= _TITLE else ""
