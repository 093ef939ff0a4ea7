"""Which messages and views Slack takes: what spans blocks, on top of the limits of each block.

Source: docs.slack.dev, "Blocks", "Views", chat.postMessage and views.open.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from tests.emulators.slack import reading
from tests.emulators.slack.block_types import MARKDOWN_LIMIT, SURFACES, TABLES_LIMIT
from tests.emulators.slack.elements import plain
from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.shapes import Check, Problems, boolean, constant, items, problem, shape, string

BLOCKS_LIMIT = 13_200  # characters of all blocks together; measured, undocumented
VIEW_LIMIT = 250_000  # bytes

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
    items(SURFACES["message"], 50, 0)(blocks, "/blocks", found)
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
        {"type": constant, "title": plain(24), "blocks": items(SURFACES["modal"], 100, 0)},
        {
            **_VIEW_FIELDS,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": shape({"type": constant, "blocks": items(SURFACES["home"], 100, 0)}, _VIEW_FIELDS),
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
