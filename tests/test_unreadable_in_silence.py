"""What somebody wrote is in no log and in no reason, whatever is wrong with the payload it came in."""

from __future__ import annotations

import ast
import asyncio
import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import adapters.slack.payloads
import adapters.telegram.payloads
import bridge.config
import bridge.fastgpt.wire  # noqa: F401 - so that all models are known
from adapters.slack.inbound import Me as SlackMe
from adapters.slack.inbox import Inbox
from adapters.slack.modals import Modals
from adapters.slack.people import People
from adapters.slack.speaking import ReplyUrls
from adapters.telegram.addressing import Me as TelegramMe
from adapters.telegram.inbound import read
from bridge.domain.controls import PickOption, encode
from bridge.domain.ids import InteractionId
from bridge.domain.updates import Unreadable
from bridge.ports.payloads import what_is_wrong
from tests.doubles import RecordingGateway
from tests.fakes import FakeClock

ROOT = Path(__file__).parent.parent
SECRET = "my-secret-words"
NOW = datetime(2026, 1, 2, tzinfo=UTC)

ADA = {"id": 5, "is_bot": False, "first_name": "Ada"}
SAID = {"message_id": 7, "date": 1_700_000_000, "chat": {"id": 5, "type": "private"}, "from": ADA, "text": "Hi"}
TELEGRAM: dict[str, dict[str, Any]] = {
    "message": SAID
    | {"caption": "x", "entities": [{"type": "bold", "offset": 0, "length": 2}], "reply_to_message": SAID},
    "edited_message": SAID | {"edit_date": 1_700_000_001},
    "callback_query": {"id": "1", "from": ADA, "message": SAID, "data": "v:+:turn0000000000000000001"},
    "message_reaction": {
        "chat": SAID["chat"],
        "message_id": 7,
        "user": ADA,
        "date": 1,
        "old_reaction": [],
        "new_reaction": [{"type": "emoji", "emoji": "👍"}],
    },
    "my_chat_member": {
        "chat": SAID["chat"],
        "from": ADA,
        "date": 1,
        "new_chat_member": {"status": "kicked", "user": ADA},
    },
    "stopped_message_generation": {"chat": SAID["chat"], "user": ADA, "draft_id": 77},
}

TS = "1700000000.000100"
WROTE = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "ts": TS, "text": "Hi", "files": []}
STATE = {"values": {"words": {"words": {"type": "plain_text_input", "value": "Hi"}}}}
VIEW = {"id": "V1", "callback_id": "reason", "private_metadata": "{}", "state": STATE}
PRESS = {"type": "button", "action_id": "x", "action_ts": "1", "value": encode(PickOption(InteractionId("i" * 16), 0))}
WHERE = {"type": "message", "channel_id": "C1", "message_ts": TS}
SLACK: dict[str, dict[str, Any]] = {
    "message": {"type": "event_callback", "event": WROTE},
    "changed": {
        "type": "event_callback",
        "event": WROTE
        | {"subtype": "message_changed", "message": WROTE | {"edited": {"ts": TS}}, "previous_message": WROTE},
    },
    "reaction": {
        "type": "event_callback",
        "event": {
            "type": "reaction_added",
            "user": "U1",
            "reaction": "+1",
            "item_user": "UBOT",
            "event_ts": TS,
            "item": {"type": "message", "channel": "C1", "ts": TS},
        },
    },
    "stopped": {
        "type": "event_callback",
        "event": {"type": "agent_session_stopped", "channel": "D1", "thread_ts": TS, "user": "U1", "event_ts": TS},
    },
    "home": {
        "type": "event_callback",
        "event": {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "messages"},
    },
    "slash": {"command": "/x", "text": "help", "channel_id": "C1", "user_id": "U1", "trigger_id": "1"},
    "press": {"type": "block_actions", "user": {"id": "U1"}, "container": WHERE, "actions": [PRESS], "trigger_id": "1"},
    "submission": {"type": "view_submission", "user": {"id": "U1"}, "view": VIEW},
    "closed": {"type": "view_closed", "user": {"id": "U1"}, "view": VIEW},
    "search": {"type": "block_suggestion", "user": {"id": "U1"}, "value": "Hi", "action_id": "search:i"},
}


def spoilt(body: Any) -> Iterator[Any]:
    """The payload with each of its values in turn replaced by what has the words in a shape that does not fit."""
    items = body.items() if isinstance(body, dict) else enumerate(body)
    for key, value in items:
        inner = spoilt(value) if isinstance(value, dict | list) else iter(())
        for wrong in (SECRET, [SECRET], {"text": SECRET}, *inner):
            copy = dict(body) if isinstance(body, dict) else list(body)
            copy[key] = wrong
            yield copy


def test_every_model_that_bytes_are_read_into_hides_them_in_its_errors() -> None:
    def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for child in model.__subclasses__():
            yield from (child, *below(child))

    rooms = ("adapters.", "bridge.config", "bridge.fastgpt", "bridge.ports")
    ours = {model for model in below(BaseModel) if model.__module__.startswith(rooms)}
    assert adapters.telegram.payloads.Message in ours
    assert adapters.slack.payloads.Message in ours
    assert [model for model in ours if not model.model_config.get("hide_input_in_errors")] == []


@pytest.mark.parametrize("kind", TELEGRAM)
def test_no_reason_why_telegrams_update_could_not_be_read_quotes_it(kind: str) -> None:
    found = [read({"update_id": 1, kind: body}, TelegramMe(999, "Fast_bot"), NOW) for body in spoilt(TELEGRAM[kind])]
    reasons = [update.error for update in found if isinstance(update, Unreadable)]
    assert reasons
    assert [reason for reason in reasons if SECRET in reason] == []


@pytest.mark.parametrize("kind", SLACK)
async def test_no_reason_and_no_log_line_quotes_what_slack_sent(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    gateway = RecordingGateway()
    raised = [await raised_by(gateway, body) for body in spoilt(SLACK[kind])]
    reasons = [update.error for update in gateway.updates if isinstance(update, Unreadable)]
    assert reasons or caplog.records
    told = [*reasons, *raised, *(str(vars(record)) for record in caplog.records)]
    assert [text for text in told if SECRET in text] == []


async def raised_by(gateway: RecordingGateway, body: dict[str, Any]) -> str:
    """What answering raised, as a log would have it."""
    me, clock = SlackMe("T1", "UBOT", name="fastgpt"), FakeClock()
    try:
        async with asyncio.TaskGroup() as tasks:
            people, modals = People(_Nobody(), clock), Modals(_Nobody(), gateway, me, tasks)  # type: ignore[arg-type]
            await Inbox(gateway, me, people, modals, clock, ReplyUrls()).answer(body)
    except Exception as error:  # noqa: BLE001 - whatever it is
        return "".join(traceback.format_exception(error))
    return ""


class _Nobody:
    """Slack, who tells nothing."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def nothing(*_: Any, **__: Any) -> None:
            return None

        return nothing


def test_a_reason_names_the_field_and_what_it_should_be() -> None:
    with pytest.raises(ValueError, match="text") as caught:
        adapters.slack.payloads.Slash.model_validate(
            {"text": [SECRET], "user_id": "U1", "channel_id": "C1", "trigger_id": "1"}
        )
    assert SECRET not in str(caught.value)
    assert what_is_wrong(caught.value) == "command: Field required; text: Input should be a valid string"


def test_of_an_error_that_may_quote_only_kind_and_place_are_told() -> None:
    with pytest.raises(ValueError, match=SECRET) as caught:
        int(SECRET)
    assert what_is_wrong(caught.value).startswith("ValueError in test_unreadable_in_silence.py, line ")


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_the_databases_errors_hide_what_was_to_be_stored(dialect: str) -> None:
    tree = ast.parse((ROOT / "bridge" / "store" / f"engine_{dialect}.py").read_text(encoding="utf-8"))
    calls = [call for call in ast.walk(tree) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)]
    made = [call for call in calls if call.func.id in ("create_engine", "create_async_engine")]  # type: ignore[attr-defined]
    assert made
    assert all("hide_parameters" in {keyword.arg for keyword in call.keywords} for call in made)
