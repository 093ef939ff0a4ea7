"""What a message is to say, as the chat methods take it."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.emulators.slack import blocks as block_kit
from tests.emulators.slack.block_types import MARKDOWN_LIMIT
from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.workspace import Channel
from tests.emulators.slack.world import World

TEXT_LIMIT = 40_000  # characters; more is cut off
METADATA_LIMIT = 16_000  # bytes


@dataclass(frozen=True, slots=True)
class Content:
    text: str
    blocks: list[Json]


def content(params: Params, *, text_limit: int = TEXT_LIMIT, cut: bool = True) -> Content:
    """Raises Refused: no_text, markdown_text_conflict, msg_too_long, invalid_blocks and its kin."""
    text, markdown = params.text("text"), params.text("markdown_text")
    blocks = params.parsed("blocks", "invalid_blocks_format")
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    if len(markdown) > MARKDOWN_LIMIT:
        raise Refused("msg_too_long")
    if len(text) > text_limit:
        if not cut:
            raise Refused("msg_too_long")
        text = text[:text_limit]
    checked = block_kit.message_blocks(blocks) if blocks is not None else []
    if markdown:
        if block_kit.exploded(markdown) > 50:
            raise Refused("msg_blocks_too_many")
        checked = [{"type": "markdown", "text": markdown}]
    if not text.strip() and not checked:
        raise Refused("no_text")
    return Content(text or markdown, deepcopy(checked))


def metadata(params: Params) -> Json | None:
    """Raises Refused: invalid_metadata_format, invalid_metadata_schema, metadata_too_large."""
    value: Any = params.parsed("metadata", "invalid_metadata_format")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Refused("invalid_metadata_format")
    if not isinstance(value.get("event_type"), str) or not isinstance(value.get("event_payload"), dict):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(value).encode()) > METADATA_LIMIT:
        raise Refused("metadata_too_large")
    return value


def thread(world: World, channel: Channel, params: Params, error: str = "thread_not_found") -> str | None:
    """The thread to reply in. It must exist, and replies have no threads of their own."""
    ts = params.text("thread_ts")
    if not ts:
        return None
    if world.messages.has_thread(channel.id, ts):
        return ts
    is_reply = world.messages.find(channel.id, ts) is not None
    raise Refused("cannot_reply_to_message" if is_reply else error)


OPTIONS = ("unfurl_links", "unfurl_media", "link_names", "parse", "mrkdwn", "username", "icon_emoji", "icon_url")


def options(params: Params) -> Json:
    return {name: params.values[name] for name in OPTIONS if name in params.values}
