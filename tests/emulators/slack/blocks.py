"""Which messages and views Slack takes: Block Kit's blocks, surfaces and limits.

Source: docs.slack.dev, Block Kit reference ("Blocks", "Views"), chat.postMessage and views.open.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from tests.emulators.slack import reading
from tests.emulators.slack.elements import BUTTON, IMAGE, SLACK_FILE, elements_named, plain, text
from tests.emulators.slack.errors import Json, Refused
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
BLOCKS_LIMIT = 13_200  # characters of all blocks together; measured, undocumented
TABLES_LIMIT = 10_000  # characters of all tables of a message together
VIEW_LIMIT = 250_000  # bytes

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


def _cells_are_text(block: Json, pointer: str, found: Problems) -> None:
    for row, cells in enumerate(block["rows"]):
        if len(cells) != len(block["rows"][0]):
            problem(found, "all rows must have the same number of cells", f"{pointer}/rows/{row}")


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
    "table": also(
        _block(
            {"rows": items(items(_CELL, 20), 100)},
            {
                "column_settings": items(
                    shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}), 20
                )
            },
        ),
        _cells_are_text,
    ),
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


_SURFACES = {name: _surface(name) for name in _INPUTS}
_VIEW_FIELDS: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}


def message_blocks(blocks: Any, *, streamed: bool = False) -> list[Json]:
    """The blocks of a message, or Refused: invalid_blocks, msg_blocks_too_long, msg_blocks_too_many."""
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    found: Problems = []
    if streamed and len(blocks) > 50:
        raise Refused("msg_blocks_too_many")
    items(_SURFACES["message"], 50, 0)(blocks, "/blocks", found)
    if not found:
        _unique_ids(blocks, found)
    if found:
        raise Refused("invalid_blocks", found)
    _refuse_long(blocks)
    return blocks


def view(payload: Any, allowed: tuple[str, ...]) -> Json:
    """A view, or Refused: invalid_arguments, view_too_large."""
    if not isinstance(payload, dict) or payload.get("type") not in allowed:
        raise Refused(
            "invalid_arguments", [f"[ERROR] view type must be one of {', '.join(allowed)} [json-pointer:/view/type]"]
        )
    if len(json.dumps(payload, ensure_ascii=False).encode()) > VIEW_LIMIT:
        raise Refused("view_too_large")
    found: Problems = []
    surface = payload["type"]
    _VIEWS[surface](payload, "/view", found)
    if not found:
        _unique_ids(payload["blocks"], found)
    has_input = not found and any(block["type"] == "input" for block in payload["blocks"])
    if surface == "modal" and has_input and "submit" not in payload:
        problem(found, "`submit` is required when an `input` block is in the view", "/view/submit")
    if found:
        raise Refused("invalid_arguments", found)
    return payload


_VIEWS = {
    "modal": shape(
        {"type": constant, "title": plain(24), "blocks": items(_SURFACES["modal"], 100, 0)},
        {
            **_VIEW_FIELDS,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": shape({"type": constant, "blocks": items(_SURFACES["home"], 100, 0)}, _VIEW_FIELDS),
}


def _unique_ids(blocks: list[Json], found: Problems) -> None:
    block_ids = Counter(block["block_id"] for block in blocks if block.get("block_id") and block["type"] != "markdown")
    action_ids = Counter(
        element["action_id"] for block in blocks for element in reading.elements(block) if element.get("action_id")
    )
    for name, ids in (("block_id", block_ids), ("action_id", action_ids)):
        for id, times in ids.items():
            if times > 1:
                problem(found, f"`{name}` `{id}` already exists for another element", "/blocks")


def _refuse_long(blocks: list[Json]) -> None:
    markdown = [block["text"] for block in blocks if block["type"] == "markdown"]
    if sum(map(len, markdown)) > MARKDOWN_LIMIT or _characters(blocks) > BLOCKS_LIMIT:
        raise Refused("msg_blocks_too_long")
    tables = [block["rows"] for block in blocks if block["type"] == "table"]
    if _characters(tables) > TABLES_LIMIT:
        raise Refused("invalid_blocks", [f"[ERROR] tables must have at most {TABLES_LIMIT} characters in all"])
    if len(blocks) - len(markdown) + sum(map(exploded, markdown)) > 50:
        raise Refused("invalid_blocks", ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"])


def _characters(node: Any) -> int:
    """The text a person would read, wherever it is."""
    if isinstance(node, list):
        return sum(map(_characters, node))
    if isinstance(node, dict):
        own = sum(len(node[key]) for key in ("text", "alt_text") if isinstance(node.get(key), str))
        return own + sum(_characters(value) for value in node.values())
    return 0


_STANDALONE = re.compile(r"(#{1,6} |(-{3,}|\*{3,}|_{3,})\s*$)")


def exploded(markdown: str) -> int:
    """Into how many blocks Slack turns this: each heading, rule and table is one, and so is the text between them."""
    count, previous, fenced = 0, "", False
    for line in markdown.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced or not line.strip():
            kind = "text" if fenced else previous
        elif _STANDALONE.match(line):
            kind = "standalone"
        else:
            kind = "table" if line.lstrip().startswith("|") else "text"
        count += kind != previous or (kind == "standalone" and bool(line.strip()))
        previous = kind
    return max(count, 1)
