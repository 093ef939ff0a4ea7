"""What people enter into inputs, as `state.values` has it, and what the client itself would not let them send. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.emulators.slack import reading
from tests.emulators.slack.errors import Json
from tests.emulators.slack.reading import INPUTS, option_labels, options_of

_TEXTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input")
_SINGLE = {
    "static_select": "selected_option",
    "radio_buttons": "selected_option",
    "external_select": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
_MULTI = {
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "multi_external_select": "selected_options",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "file_input": "files",
}
_WITH_OPTIONS = ("static_select", "radio_buttons", "multi_static_select", "checkboxes")


def state(blocks: Sequence[Json], entered: Mapping[str, Json]) -> dict[str, Json]:
    """block id → action id → what is in that element now: what was entered, else what it began with."""
    values: dict[str, Json] = {}
    for block in blocks:
        for element in reading.elements(block):
            if element["type"] in INPUTS:
                known = entered.get(block["block_id"], {}).get(element["action_id"])
                values.setdefault(block["block_id"], {})[element["action_id"]] = known or initial(element)
    return values


def initial(element: Json) -> Json:
    kind = element["type"]
    if kind in _TEXTS:
        return {"type": kind, "value": element.get("initial_value")}
    if kind in _MULTI:
        key = _MULTI[kind]
        return {"type": kind, key: element.get(key.replace("selected", "initial"), [])}
    key = _SINGLE[kind]
    return {"type": kind, key: element.get(key.replace("selected", "initial"))}


def entered(element: Json, entry: Any) -> Json:
    """What a person picked or typed. Options are named by their label or value; None clears.

    Raises AssertionError if there is nothing of that name to pick.
    """
    kind = element["type"]
    if kind in _TEXTS:
        return {"type": kind, "value": None if entry in (None, "") else str(entry)}
    if kind in _MULTI:
        chosen = [entry] if isinstance(entry, str) else list(entry or [])
        return {"type": kind, _MULTI[kind]: [_picked(element, each) for each in chosen]}
    return {"type": kind, _SINGLE[kind]: None if entry is None else _picked(element, entry)}


def refused(blocks: Sequence[Json], values: Mapping[str, Json]) -> dict[str, str]:
    """Block id → what the client says instead of sending the form."""
    found = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            value = values[block["block_id"]][element["action_id"]]
            if sentence := _complaint(block, element, value):
                found[block["block_id"]] = sentence
    return found


def _picked(element: Json, entry: Any) -> Any:
    if element["type"] not in _WITH_OPTIONS:
        return entry
    for option in options_of(element):
        if entry in (option["text"]["text"], option["value"]):
            return option
    raise AssertionError(f"there is no option {entry!r} among {option_labels(element)}")


def _complaint(block: Json, element: Json, value: Json) -> str:
    content: Any = next((item for key, item in value.items() if key != "type"), None)
    if content in (None, "", []):
        return "" if block.get("optional") else "Please complete this required field."
    if isinstance(content, list):
        by_default = 10 if element["type"] == "file_input" else 1000
        most = int(element.get("max_selected_items") or element.get("max_files") or by_default)
        return "" if len(content) <= most else f"Please select at most {most}."
    check = _TEXT_CHECKS.get(element["type"])
    return check(element, str(content)) if check else ""


def _length(element: Json, text: str) -> str:
    if not element.get("min_length", 0) <= len(text) <= element.get("max_length", 3000):
        return "Please check the length."
    return "" if element.get("multiline") or "\n" not in text else "Please enter a single line."


def _number(element: Json, text: str) -> str:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, text):
        return "Please enter a number."
    low, high = element.get("min_value"), element.get("max_value")
    fits = (low is None or float(text) >= float(low)) and (high is None or float(text) <= float(high))
    return "" if fits else "Please enter a number within the limits."


def _email(element: Json, text: str) -> str:
    return "" if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) else "Please enter a valid email address."


def _url(element: Json, text: str) -> str:
    return "" if re.fullmatch(r"https?://\S+", text) else "Please enter a valid URL."


_TEXT_CHECKS = {
    "plain_text_input": _length,
    "number_input": _number,
    "email_text_input": _email,
    "url_text_input": _url,
}
