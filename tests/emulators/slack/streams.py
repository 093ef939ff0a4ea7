"""A message while it streams: its state, and its content put together from chunks.

Source: docs.slack.dev, chat.startStream, chat.appendStream, chat.stopStream. That a stream ends after about five
minutes and at about 40,000 characters is undocumented but observed (a report to python-slack-sdk, its number 1859).
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.slack import blocks as block_kit
from tests.emulators.slack.block_types import MARKDOWN_LIMIT
from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.shapes import Check, Problems, anything, constant, items, one_of, shape, string, typed, url

STREAM_LASTS = 300.0  # seconds
STREAM_LIMIT = 40_000  # characters of markdown, all calls together
MOST_BLOCKS = 50

_CHUNKS: dict[str, Check] = {
    "markdown_text": shape({"type": constant, "text": string(10**9)}),
    "plan_update": shape({"type": constant, "title": string(256)}),
    "task_update": shape(
        {
            "type": constant,
            "id": string(255),
            "title": string(256),
            "status": one_of("pending", "in_progress", "complete", "error"),
        },
        {
            "details": string(256, 0),
            "output": string(256, 0),
            "sources": items(shape({"type": one_of("url"), "url": url, "text": string(256)}), 100, 0),
        },
    ),
    "blocks": shape({"type": constant, "blocks": anything}),
}


@dataclass(slots=True)
class Stream:
    """`state` is live, stopped, stopped_by_user or expired (see `live`)."""

    started: float
    state: str = "live"
    length: int = 0
    parts: list[Json] = field(default_factory=list)
    appended: int = 0  # calls that added something, the start included

    @property
    def live(self) -> bool:
        return self.state == "live"

    def expire(self, now: float) -> bool:
        """Whether it has just come to its end by age."""
        if self.live and now - self.started > STREAM_LASTS:
            self.state = "expired"
            return True
        return False

    def add(self, markdown: str, chunks: list[Json]) -> None:
        """Append, all or nothing. Raises Refused: msg_too_long, msg_blocks_too_many."""
        pieces = ([{"type": "markdown_text", "text": markdown}] if markdown else []) + chunks
        added = sum(len(piece["text"]) for piece in pieces if piece["type"] == "markdown_text")
        if added > MARKDOWN_LIMIT or self.length + added > STREAM_LIMIT:
            raise Refused("msg_too_long")
        parts = deepcopy(self.parts)
        for piece in pieces:
            _fold(parts, piece)
        if sum(part["type"] != "markdown" for part in parts) > MOST_BLOCKS:
            raise Refused("msg_blocks_too_many")
        self.parts, self.length = parts, self.length + added
        self.appended += bool(pieces)

    def blocks(self, final: list[Json]) -> list[Json]:
        return deepcopy([*self.parts, *final])


def read_chunks(chunks: Any) -> list[Json]:
    """Raises Refused: invalid_chunks, invalid_blocks, msg_blocks_too_many."""
    if chunks is None:
        return []
    found: Problems = []
    items(typed(_CHUNKS), 1000, 0)(chunks, "/chunks", found)
    if found:
        raise Refused("invalid_chunks", found)
    for chunk in chunks:
        if chunk["type"] == "blocks":
            block_kit.message_blocks(chunk["blocks"], streamed=True)
    return list(chunks)


def _fold(parts: list[Json], piece: Json) -> None:
    match piece["type"]:
        case "markdown_text":
            if parts and parts[-1]["type"] == "markdown":
                parts[-1]["text"] += piece["text"]
            else:
                parts.append({"type": "markdown", "text": piece["text"]})
        case "task_update":
            card = {"type": "task_card", "task_id": piece["id"]}
            card |= {key: value for key, value in piece.items() if key not in ("type", "id")}
            _replace(parts, card, "task_id")
        case "plan_update":
            _replace(parts, {"type": "plan", "title": piece["title"]}, "type")
        case "blocks":
            parts.extend(deepcopy(piece["blocks"]))


def _replace(parts: list[Json], part: Json, key: str) -> None:
    for position, old in enumerate(parts):
        if old.get(key) == part[key]:
            parts[position] = old | part
            return
    parts.append(part)
