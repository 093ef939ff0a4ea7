from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import Message, Sent, SlackEmulator
from tests.emulators.slack.conftest import refusal

GENERAL = "C0GENERAL"
DIVIDER = {"type": "divider"}


@pytest.fixture
async def asked(slack: SlackEmulator) -> Sent:
    return await slack.person("U1").mention("a question")


@pytest.fixture
def to(slack: SlackEmulator, asked: Sent) -> dict[str, Any]:
    """Where and for whom to stream."""
    people = {"recipient_user_id": "U1", "recipient_team_id": slack.workspace.team}
    return {"channel": GENERAL, "thread_ts": asked.ts, **people}


@pytest.fixture
async def at(client: AsyncWebClient, to: dict[str, Any]) -> dict[str, Any]:
    """A stream that has begun."""
    started = await client.chat_startStream(**to, markdown_text="Once ")
    return {"channel": GENERAL, "ts": started["ts"]}


def only(slack: SlackEmulator) -> Message:
    (message,) = slack.answers()
    return message


async def test_chunks_are_put_together(slack: SlackEmulator, client: AsyncWebClient, at: dict[str, Any]) -> None:
    await client.chat_appendStream(**at, markdown_text="upon ")
    await client.chat_appendStream(**at, chunks=[{"type": "markdown_text", "text": "a time"}])
    assert only(slack).streaming
    await client.chat_stopStream(**at, markdown_text=".", blocks=[DIVIDER])
    message = only(slack)
    assert message.body == "Once upon a time."
    assert message.changes == ("posted", "streamed", "streamed", "stopped")
    assert [block["type"] for block in message.blocks] == ["markdown", "divider"]


async def test_a_task_is_shown_once_with_its_latest_state(
    slack: SlackEmulator, client: AsyncWebClient, at: dict[str, Any]
) -> None:
    for status in ("in_progress", "complete"):
        task = {"type": "task_update", "id": "t1", "title": "Search", "status": status}
        await client.chat_appendStream(**at, chunks=[task])
    assert [block.get("status") for block in only(slack).blocks] == [None, "complete"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"recipient_user_id": None}, "missing_recipient_user_id"),
        ({"recipient_team_id": None}, "missing_recipient_team_id"),
        ({"recipient_team_id": "T404"}, "team_not_found"),
        ({"recipient_user_id": "U404"}, "user_not_found"),
        ({"recipient_user_id": "U0BRIDGE"}, "user_not_found"),
        ({"thread_ts": None}, "invalid_arguments"),
        ({"thread_ts": "1700000000.000001"}, "thread_not_found"),
        ({"markdown_text": "a" * 12_001}, "msg_too_long"),
        ({"chunks": [{"type": "markdown_text"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "task_update", "id": "1", "title": "a", "status": "done"}]}, "invalid_chunks"),
        ({"blocks": [DIVIDER]}, "invalid_arguments"),
    ],
)
async def test_a_stream_that_slack_would_not_begin_is_refused(
    client: AsyncWebClient, to: dict[str, Any], change: dict[str, Any], error: str
) -> None:
    assert await refusal(client.chat_startStream(**(to | change))) == error


async def test_recipients_are_not_needed_in_a_direct_message(slack: SlackEmulator, client: AsyncWebClient) -> None:
    sent = await slack.person("U1").dm("hi")
    await client.chat_startStream(channel=sent.channel, thread_ts=sent.ts, markdown_text="hello")
    assert slack.rendered(sent.channel, sent.thread) == "hello"


async def test_nothing_can_be_appended_after_the_end(client: AsyncWebClient, at: dict[str, Any]) -> None:
    await client.chat_stopStream(**at)
    late = client.chat_appendStream(**at, markdown_text="more")
    assert await refusal(late) == "message_not_in_streaming_state"
    assert await refusal(client.chat_stopStream(**at)) == "message_not_in_streaming_state"


async def test_a_stream_ends_by_itself_after_five_minutes_and_can_then_be_edited(
    slack: SlackEmulator, client: AsyncWebClient, at: dict[str, Any]
) -> None:
    edit = {**at, "markdown_text": "Once upon a time."}
    assert await refusal(client.chat_update(**edit)) == "streaming_state_conflict"
    slack.advance(301)
    assert not only(slack).streaming
    late = client.chat_appendStream(**at, markdown_text="more")
    assert await refusal(late) == "message_not_in_streaming_state"
    await client.chat_update(**edit)
    assert only(slack).body == "Once upon a time."


async def test_a_stream_holds_40000_characters(client: AsyncWebClient, at: dict[str, Any]) -> None:
    for _ in range(3):
        await client.chat_appendStream(**at, markdown_text="a" * 12_000)
    assert await refusal(client.chat_appendStream(**at, markdown_text="a" * 4_000)) == "msg_too_long"


async def test_an_empty_append_is_refused(client: AsyncWebClient, at: dict[str, Any]) -> None:
    assert await refusal(client.chat_appendStream(**at, markdown_text="")) == "no_text"


async def test_more_than_fifty_tasks_are_refused(client: AsyncWebClient, at: dict[str, Any]) -> None:
    tasks = [{"type": "task_update", "id": str(n), "title": "a", "status": "pending"} for n in range(51)]
    assert await refusal(client.chat_appendStream(**at, chunks=tasks)) == "msg_blocks_too_many"


async def test_the_stop_button_halts_the_stream_and_tells_the_app(
    slack: SlackEmulator, client: AsyncWebClient, asked: Sent, at: dict[str, Any]
) -> None:
    told = await slack.person("U1").stop_session(GENERAL, asked.thread)
    assert told is not None
    assert told.payload["event"]["streaming_message_ts"] == [at["ts"]]
    assert await refusal(client.chat_appendStream(**at, markdown_text="more")) == "stopped_by_user"


async def test_a_stream_makes_the_session_process_until_it_stops(
    slack: SlackEmulator, client: AsyncWebClient, asked: Sent, at: dict[str, Any]
) -> None:
    await client.chat_stopStream(**at, session_status="suspended")
    session = slack.session(GENERAL, asked.thread)
    assert session is not None
    assert session.history == ["processing", "suspended"]


async def test_a_ping_across_chunks_is_noticed(
    slack: SlackEmulator, client: AsyncWebClient, at: dict[str, Any]
) -> None:
    await client.chat_appendStream(**at, markdown_text="<!chan")
    await client.chat_appendStream(**at, markdown_text="nel>")
    assert only(slack).pings == ("channel",)


async def test_processing_ends_after_an_hour(slack: SlackEmulator, client: AsyncWebClient, asked: Sent) -> None:
    await client.agents_sessions_setStatus(channel_id=GENERAL, thread_ts=asked.ts, status="processing", title="Chat")
    session = slack.session(GENERAL, asked.thread)
    assert session is not None
    assert (session.status, session.title) == ("processing", "Chat")
    slack.advance(3601)
    assert session.status == "active"


async def test_a_status_goes_with_the_next_reply_or_after_two_minutes(
    slack: SlackEmulator, client: AsyncWebClient, asked: Sent
) -> None:
    think: dict[str, Any] = {"channel_id": GENERAL, "thread_ts": asked.ts, "status": "is thinking…"}
    await client.assistant_threads_setStatus(**think)
    assert slack.status(GENERAL, asked.thread) == "is thinking…"
    await client.chat_postMessage(channel=GENERAL, thread_ts=asked.ts, text="done")
    assert slack.status(GENERAL, asked.thread) == ""
    await client.assistant_threads_setStatus(**think)
    slack.advance(121)
    assert slack.status(GENERAL, asked.thread) == ""


async def test_suggested_prompts_for_a_thread_are_shown_nowhere(slack: SlackEmulator, client: AsyncWebClient) -> None:
    sent = await slack.person("U1").dm("hi")
    prompts = [{"title": "Help", "message": "What can you do?"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=sent.channel, thread_ts=sent.ts, prompts=prompts)
    assert slack.prompts(sent.channel) is None
    await client.assistant_threads_setSuggestedPrompts(channel_id=sent.channel, prompts=prompts)
    shown = slack.prompts(sent.channel)
    assert shown is not None
    assert shown.titles == ("Help",)


async def test_more_than_four_suggested_prompts_are_refused(slack: SlackEmulator, client: AsyncWebClient) -> None:
    prompts = [{"title": "a", "message": "b"}] * 5
    call = client.assistant_threads_setSuggestedPrompts(channel_id=slack.person("U1").dm_channel, prompts=prompts)
    assert await refusal(call) == "invalid_arguments"


async def test_suggested_prompts_are_for_direct_messages(client: AsyncWebClient) -> None:
    prompts = [{"title": "a", "message": "b"}]
    call = client.assistant_threads_setSuggestedPrompts(channel_id=GENERAL, prompts=prompts)
    assert await refusal(call) == "method_not_supported_for_channel_type"


async def test_a_session_takes_a_known_status_only(client: AsyncWebClient, asked: Sent) -> None:
    call = client.agents_sessions_setStatus(channel_id=GENERAL, thread_ts=asked.ts, status="thinking")
    assert await refusal(call) == "invalid_arguments"


async def test_a_workspace_without_agents_has_no_sessions(
    slack: SlackEmulator, client: AsyncWebClient, asked: Sent
) -> None:
    slack.workspace.agent_view = False
    call = client.agents_sessions_setStatus(channel_id=GENERAL, thread_ts=asked.ts, status="active")
    assert await refusal(call) == "feature_not_enabled"
