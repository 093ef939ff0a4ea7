"""The blocks, each with its own limits, and on which surface each may appear.

Source: docs.slack.dev, Block Kit reference, "Blocks".
"""

from __future__ import annotations

from tests.emulators.slack.elements import BUTTON, IMAGE, SLACK_FILE, elements_named, plain, text
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

MARKDOWN_LIMIT = 12_000  # characters, all markdown of a payload together
TABLES_LIMIT = 10_000  # characters of all tables of a message together

_SINGLE_SELECTS = "static_select external_select users_select conversations_select channels_select"
_MULTI_SELECTS = (
    "multi_static_select multi_external_select multi_users_select multi_conversations_select multi_channels_select"
)
_CHOICES = f"checkboxes radio_buttons {_SINGLE_SELECTS}"
_INPUTS_ANYWHERE = f"plain_text_input {_CHOICES} {_MULTI_SELECTS} datepicker timepicker"
_NOT_IN_MESSAGES = "email_text_input url_text_input number_input rich_text_input"
_INPUTS = {
    "message": f"{_INPUTS_ANYWHERE} datetimepicker",
    "modal": f"{_INPUTS_ANYWHERE} datetimepicker {_NOT_IN_MESSAGES} file_input",
    "home": f"{_INPUTS_ANYWHERE} {_NOT_IN_MESSAGES}",
}


def _block(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return shape({"type": constant, **required}, {"block_id": string(255), **(optional or {})})


def _text_or_fields(block: Json, pointer: str, found: Problems) -> None:
    if "text" not in block and "fields" not in block:
        problem(found, "missing required field: text", pointer)


def _one_picture(block: Json, pointer: str, found: Problems) -> None:
    if ("image_url" in block) == ("slack_file" in block):
        problem(found, "must have either image_url or slack_file", pointer)


def _container(child: Check) -> Check:
    return _block(
        {"child_blocks": items(child, 10)},
        {
            "title": plain(150),
            "rich_text_title": anything,
            "subtitle": plain(150),
            "width": one_of("narrow", "standard", "wide", "full"),
            "icon": anything,
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
        },
    )


_RICH_TEXT = _block(
    {
        "elements": items(
            shape(
                {"type": string(50)},
                {
                    "elements": items(anything, 10_000, 0),
                    "style": anything,
                    "indent": integer(0, 8),
                    "offset": integer(0, 100_000),
                    "border": integer(0, 1),
                },
            ),
            1000,
        )
    }
)
_CELL = typed(
    {
        "raw_text": shape({"type": constant, "text": string(TABLES_LIMIT)}),
        "raw_number": shape({"type": constant, "value": anything}, {"text": string(TABLES_LIMIT)}),
        "rich_text": _RICH_TEXT,
    }
)
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
_SOURCE = shape({"type": one_of("url"), "url": url, "text": string(256)})
_TASK_STATUS = one_of("pending", "in_progress", "complete", "error")
TASK_CARD = _block(
    {"task_id": string(255), "title": string(256)},
    {"details": anything, "output": anything, "sources": items(_SOURCE, 100), "status": _TASK_STATUS},
)
_CARD = _block(
    {},
    {
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": items(BUTTON, 5),
    },
)


def _blocks_of(surface: str) -> dict[str, Check]:
    in_section = f"button image overflow datepicker timepicker {_CHOICES} {_MULTI_SELECTS}"
    in_actions = f"button overflow datepicker timepicker {_CHOICES}" + (" datetimepicker" if surface != "home" else "")
    return {
        "section": also(
            _block(
                {},
                {
                    "text": text(3000),
                    "fields": items(text(2000), 10),
                    "accessory": elements_named(in_section),
                    "expand": boolean,
                },
            ),
            _text_or_fields,
        ),
        "divider": _block({}),
        "header": _block({"text": plain(150)}),
        "image": also(
            _block({"alt_text": string(2000)}, {"image_url": url, "slack_file": SLACK_FILE, "title": plain(2000)}),
            _one_picture,
        ),
        "context": _block(
            {"elements": items(typed({"image": IMAGE, "plain_text": plain(3000), "mrkdwn": text(3000)}), 10)}
        ),
        "actions": _block({"elements": items(elements_named(in_actions), 25)}),
        "input": _block(
            {"label": plain(2000), "element": elements_named(_INPUTS[surface])},
            {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
        ),
        "rich_text": _RICH_TEXT,
        "video": _block(
            {"alt_text": string(2000), "title": plain(200), "thumbnail_url": url, "video_url": url},
            {
                "title_url": url,
                "description": plain(200),
                "provider_icon_url": url,
                "provider_name": string(50),
                "author_name": string(50),
            },
        ),
    }


_MESSAGE_ONLY: dict[str, Check] = {
    "markdown": _block({"text": string(MARKDOWN_LIMIT)}),
    "context_actions": _block({"elements": items(elements_named("feedback_buttons icon_button"), 5)}),
    "table": _block({"rows": items(items(_CELL, 20), 100)}, {"column_settings": items(_COLUMN, 20)}),
    "task_card": TASK_CARD,
    "plan": _block({"title": string(256)}, {"tasks": items(TASK_CARD, 50)}),
    "card": _CARD,
    "carousel": _block({"elements": items(typed({"card": _CARD}), 10)}),
}
_ALERT = _block({"text": text(3000)}, {"level": one_of("default", "info", "warning", "error", "success")})


def _surface(name: str) -> Check:
    known = _blocks_of(name)
    if name == "message":
        known = known | _MESSAGE_ONLY
        known["container"] = _container(typed(dict(known)))
    if name == "modal":
        known["alert"] = _ALERT
    return typed(known)


SURFACES = {name: _surface(name) for name in _INPUTS}
