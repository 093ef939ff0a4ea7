"""Rich messages, as far as their limits are documented (Bot API 10.3, "InputRichMessage")."""

from __future__ import annotations

from tests.emulators.telegram.records import Json
from tests.emulators.telegram.refusals import bad_request

TEXT_LIMIT = 32768  # characters
BLOCK_LIMIT = 500
COLUMN_LIMIT = 20


def checked_rich(rich: Json, *, draft: bool) -> Json:
    """The rich message as stored. Raises Refused."""
    given = [name for name in ("markdown", "html", "blocks") if rich.get(name)]
    if len(given) != 1:
        raise bad_request("RICH_MESSAGE_INVALID")
    source = rich.get("markdown") or rich.get("html") or ""
    if len(source) > TEXT_LIMIT:
        raise bad_request("RICH_MESSAGE_TEXT_TOO_LONG")
    if len(rich.get("blocks", ())) > BLOCK_LIMIT or len([p for p in source.split("\n\n") if p.strip()]) > BLOCK_LIMIT:
        raise bad_request("RICH_MESSAGE_BLOCKS_TOO_MUCH")
    if any(line.startswith("|") and line.count("|") - 1 > COLUMN_LIMIT for line in source.splitlines()):
        raise bad_request("RICH_MESSAGE_TABLE_TOO_WIDE")
    thinking = "<tg-thinking" in source or any(block.get("type") == "thinking" for block in rich.get("blocks", ()))
    if thinking and not draft:
        raise bad_request("RICH_MESSAGE_THINKING_NOT_ALLOWED")
    if len(rich.get("media", ())) > 50:
        raise bad_request("RICH_MESSAGE_MEDIA_TOO_MUCH")
    return rich
