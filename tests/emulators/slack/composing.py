"""What becomes of the words a person types: escaped text for `text`, and rich text for `blocks`. Pure.

Source: docs.slack.dev, "Formatting message text": `&`, `<` and `>` arrive escaped, links and mentions in <>.
"""

from __future__ import annotations

import re

from tests.emulators.slack.errors import Json

_TOKEN = re.compile(r"(<[@#!][^>\s]+>|<https?://[^>\s]+>|https?://[^\s<>]+)")


def as_text(typed: str) -> str:
    """`a < b <@U1> https://x.org` → `a &lt; b <@U1> <https://x.org>`."""
    return "".join(_token(piece) if _TOKEN.fullmatch(piece) else _escaped(piece) for piece in _TOKEN.split(typed))


def as_block(typed: str, block_id: str) -> Json:
    elements = [_element(piece) for piece in _TOKEN.split(typed) if piece]
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _token(piece: str) -> str:
    return piece if piece.startswith("<") else f"<{_escaped(piece)}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _element(piece: str) -> Json:
    if piece.startswith("<@"):
        return {"type": "user", "user_id": piece[2:-1].partition("|")[0]}
    if piece.startswith("<#"):
        return {"type": "channel", "channel_id": piece[2:-1].partition("|")[0]}
    if piece.startswith("<!subteam^"):
        return {"type": "usergroup", "usergroup_id": piece[10:-1].partition("|")[0]}
    if piece.startswith("<!"):
        return {"type": "broadcast", "range": piece[2:-1].partition("|")[0]}
    if _TOKEN.fullmatch(piece):
        return {"type": "link", "url": piece.strip("<>")}
    return {"type": "text", "text": piece}
