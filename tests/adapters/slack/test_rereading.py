"""What was set aside as unreadable, read again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.slack.inbound import Me, unreadable
from adapters.slack.rereading import read_again
from bridge.domain.controls import PickOption, encode
from bridge.domain.ids import InteractionId
from bridge.domain.updates import CommandGiven, MessageReceived, OptionChosen, Unreadable

ME = Me(team="T1", user="UBOT", name="fastgpt")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
SLASH = {"command": "/fastgpt", "text": "help", "channel_id": "C1", "user_id": "U1", "trigger_id": "1"}
DIRECT = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "ts": "1700000000.000100"}


def press(value: str) -> dict[str, Any]:
    action = {"type": "button", "action_id": "x", "action_ts": "1", "value": value}
    where = {"type": "message", "channel_id": "C1", "message_ts": "1700000000.000100"}
    return {"type": "block_actions", "user": {"id": "U1"}, "container": where, "actions": [action], "trigger_id": "1"}


def again(body: dict[str, Any]) -> Any:
    (update,) = read_again(unreadable(body, ME, "an older version").raw, ME, NOW)
    return update


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"type": "event_callback", "event": {**DIRECT, "text": "Hello?"}}, MessageReceived),
        (SLASH, CommandGiven),
        (press(encode(PickOption(InteractionId("interaction00001"), 0))), OptionChosen),
    ],
)
def test_what_can_be_read_by_now_is_what_it_would_have_been(body: dict[str, Any], kind: type) -> None:
    assert isinstance(again(body), kind)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "event_callback", "event": {**DIRECT, "text": 7}},
        {"type": "view_submission", "user": {"id": "U1"}, "view": {"id": "V1", "callback_id": "form"}},
        press("o:a:b"),
        press(""),
        {"type": "invented later"},
    ],
)
def test_what_still_cannot_be_read_is_set_aside_under_the_same_id(body: dict[str, Any]) -> None:
    before = unreadable(body, ME, "an older version")
    update = again(body)
    assert isinstance(update, Unreadable)
    assert update.id == before.id
    assert json.loads(update.raw) == json.loads(before.raw)
