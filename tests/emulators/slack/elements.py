"""Block elements and composition objects, with Slack's limits.

Source: docs.slack.dev, Block Kit reference, "Block elements" and "Composition objects".
"""

from __future__ import annotations

import re
from typing import Any

from tests.emulators.slack.errors import Json
from tests.emulators.slack.shapes import (
    Check,
    Problems,
    also,
    anything,
    boolean,
    constant,
    integer,
    items,
    one_of,
    problem,
    shape,
    string,
    typed,
    url,
)


def plain(longest: int, shortest: int = 1) -> Check:
    fields = {"type": constant, "text": string(longest, shortest)}
    return typed({"plain_text": shape(fields, {"emoji": boolean})})


def text(longest: int) -> Check:
    """plain_text or mrkdwn."""
    fields = {"type": constant, "text": string(longest)}
    return typed({"plain_text": shape(fields, {"emoji": boolean}), "mrkdwn": shape(fields, {"verbatim": boolean})})


def _pattern(expression: str, meaning: str) -> Check:
    def check(value: Any, pointer: str, found: Problems) -> None:
        if not isinstance(value, str) or not re.fullmatch(expression, value):
            problem(found, f"must be {meaning}", pointer)

    return check


def _option(label: Check, *, with_url: bool = False) -> Check:
    extra = {"description": text(75)} | ({"url": url} if with_url else {})
    return shape({"text": label, "value": string(150)}, extra)


CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
ACTION_ID = string(255)
DISPATCH = shape({"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)})
SLACK_FILE = shape({}, {"id": string(255), "url": url})
FILTER = shape(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), 4),
        "exclude_bot_users": boolean,
        "exclude_external_shared_channels": boolean,
    },
)
PLAIN_OPTION = _option(plain(75))
RICH_OPTION = _option(text(75))
GROUP = shape({"label": plain(75), "options": items(PLAIN_OPTION, 100)})
NUMBER = _pattern(r"-?\d+(\.\d+)?", "a number written as a string")


def _element(required: dict[str, Check] | None = None, optional: dict[str, Check] | None = None) -> Check:
    common: dict[str, Check] = {"action_id": ACTION_ID, "confirm": CONFIRM, "focus_on_load": boolean}
    return shape({"type": constant, **(required or {})}, common | (optional or {}))


def _input(required: dict[str, Check] | None = None, optional: dict[str, Check] | None = None) -> Check:
    return _element(required, {"placeholder": plain(150), **(optional or {})})


def _options_or_groups(element: Json, pointer: str, found: Problems) -> None:
    if ("options" in element) == ("option_groups" in element):
        problem(found, "must have either options or option_groups", pointer)


def _initial_is_an_option(element: Json, pointer: str, found: Problems) -> None:
    groups = element.get("option_groups", [])
    options = element.get("options", []) + [option for group in groups for option in group["options"]]
    initial = element.get("initial_options", []) + ([element["initial_option"]] if "initial_option" in element else [])
    for option in initial:
        if option not in options:
            problem(found, "initial option must be one of the options", pointer)


def _lengths_fit(element: Json, pointer: str, found: Problems) -> None:
    if element.get("min_length", 0) > element.get("max_length", 3000):
        problem(found, "min_length must not be greater than max_length", pointer)


def _numbers_fit(element: Json, pointer: str, found: Problems) -> None:
    bounds = [element[key] for key in ("min_value", "max_value", "initial_value") if key in element]
    if not element["is_decimal_allowed"] and any("." in bound for bound in bounds):
        problem(found, "decimals are not allowed", pointer)
    if "min_value" in element and "max_value" in element and float(element["min_value"]) > float(element["max_value"]):
        problem(found, "min_value must not be greater than max_value", pointer)


def _one_picture(element: Json, pointer: str, found: Problems) -> None:
    if ("image_url" in element) == ("slack_file" in element):
        problem(found, "must have either image_url or slack_file", pointer)


def _choice(option: Check, most: int) -> dict[str, Check]:
    return {"options": items(option, most)}


_SELECT: dict[str, Check] = {"options": items(PLAIN_OPTION, 100), "option_groups": items(GROUP, 100)}
_MAX_SELECTED: dict[str, Check] = {"max_selected_items": integer(1, 1000)}
_SELECT_RULES = (_options_or_groups, _initial_is_an_option)
_STYLE = one_of("primary", "danger")
_FEEDBACK_HALF = shape({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
_PEOPLE = items(string(255), 10)
_MINUTES = _pattern(r"([01]\d|2[0-3]):[0-5]\d", "a time as HH:mm")
_DAY = _pattern(r"\d{4}-\d{2}-\d{2}", "a date as YYYY-MM-DD")

BUTTON = shape(
    {"type": constant, "text": plain(75)},
    {
        "action_id": ACTION_ID,
        "url": url,
        "value": string(2000),
        "style": _STYLE,
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        "agent_prompt": string(4000),
        "agent_prompt_display": string(4000),
        "visible_to_user_ids": items(string(255), 100),
    },
)
IMAGE = also(
    shape({"type": constant, "alt_text": string(2000)}, {"image_url": url, "slack_file": SLACK_FILE}), _one_picture
)

ELEMENTS: dict[str, Check] = {
    "button": BUTTON,
    "image": IMAGE,
    "checkboxes": also(
        _element(_choice(RICH_OPTION, 10), {"initial_options": items(RICH_OPTION, 10)}), _initial_is_an_option
    ),
    "radio_buttons": also(_element(_choice(RICH_OPTION, 10), {"initial_option": RICH_OPTION}), _initial_is_an_option),
    "overflow": _element(_choice(_option(plain(75), with_url=True), 5)),
    "static_select": also(_input(None, {**_SELECT, "initial_option": PLAIN_OPTION}), *_SELECT_RULES),
    "multi_static_select": also(
        _input(None, {**_SELECT, **_MAX_SELECTED, "initial_options": items(PLAIN_OPTION, 100)}), *_SELECT_RULES
    ),
    "external_select": _input(None, {"min_query_length": integer(0, 75), "initial_option": PLAIN_OPTION}),
    "multi_external_select": _input(
        None, {"min_query_length": integer(0, 75), "initial_options": items(PLAIN_OPTION, 100), **_MAX_SELECTED}
    ),
    "users_select": _input(None, {"initial_user": string(255)}),
    "multi_users_select": _input(None, {"initial_users": items(string(255), 100), **_MAX_SELECTED}),
    "channels_select": _input(None, {"initial_channel": string(255), "response_url_enabled": boolean}),
    "multi_channels_select": _input(None, {"initial_channels": items(string(255), 100), **_MAX_SELECTED}),
    "conversations_select": _input(
        None,
        {
            "initial_conversation": string(255),
            "response_url_enabled": boolean,
            "filter": FILTER,
            "default_to_current_conversation": boolean,
        },
    ),
    "multi_conversations_select": _input(
        None,
        {
            "initial_conversations": items(string(255), 100),
            "filter": FILTER,
            "default_to_current_conversation": boolean,
            **_MAX_SELECTED,
        },
    ),
    "datepicker": _input(None, {"initial_date": _DAY}),
    "timepicker": _input(None, {"initial_time": _MINUTES, "timezone": string(255)}),
    "datetimepicker": _element(None, {"initial_date_time": integer(1_000_000_000, 9_999_999_999)}),
    "plain_text_input": also(
        _input(
            None,
            {
                "initial_value": string(3000, 0),
                "multiline": boolean,
                "min_length": integer(0, 3000),
                "max_length": integer(1, 3000),
                "dispatch_action_config": DISPATCH,
            },
        ),
        _lengths_fit,
    ),
    "email_text_input": _input(None, {"initial_value": string(3000), "dispatch_action_config": DISPATCH}),
    "url_text_input": _input(None, {"initial_value": string(3000), "dispatch_action_config": DISPATCH}),
    "number_input": also(
        _input(
            {"is_decimal_allowed": boolean},
            {"initial_value": NUMBER, "min_value": NUMBER, "max_value": NUMBER, "dispatch_action_config": DISPATCH},
        ),
        _numbers_fit,
    ),
    "rich_text_input": _input(
        None,
        {
            "initial_value": anything,
            "dispatch_action_config": DISPATCH,
            "min_lines": integer(1, 100),
            "max_lines": integer(1, 100),
        },
    ),
    "file_input": shape(
        {"type": constant},
        {"action_id": ACTION_ID, "filetypes": items(string(255), 100), "max_files": integer(1, 10)},
    ),
    "feedback_buttons": shape(
        {"type": constant, "positive_button": _FEEDBACK_HALF, "negative_button": _FEEDBACK_HALF},
        {"action_id": ACTION_ID},
    ),
    "icon_button": shape(
        {"type": constant, "icon": one_of("trash"), "text": plain(75)},
        {
            "action_id": ACTION_ID,
            "value": string(2000),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": _PEOPLE,
        },
    ),
}


def elements_named(names: str) -> Check:
    return typed({name: ELEMENTS[name] for name in names.split()})
