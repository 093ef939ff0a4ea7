"""What was set aside as unreadable, read again."""

from __future__ import annotations

import json
from typing import Any

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.inbound import unreadable
from bridge.domain.updates import MessageReceived, Unreadable, Update
from tests.adapters.telegram.test_inbound import ME, NOW, message


def again(adapter: TelegramAdapter, **fields: Any) -> list[Update]:
    raw = {"update_id": 3, "message": message(**fields)}
    return list(adapter.read_again(unreadable(raw, ME, NOW, ValueError())))


async def test_what_can_be_read_by_now_is_what_it_would_have_been(adapter: TelegramAdapter) -> None:
    await adapter.connect()
    (update,) = again(adapter, text="Hello?")
    assert isinstance(update, MessageReceived)
    assert update.text == "Hello?"


async def test_what_still_cannot_be_read_says_where_and_keeps_its_payload(adapter: TelegramAdapter) -> None:
    await adapter.connect()
    (update,) = again(adapter, text=7)
    assert isinstance(update, Unreadable)
    assert (update.id, update.error) == ("update:3", "message.text: Input should be a valid string")
    assert json.loads(update.raw)["message"]["text"] == 7
