from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import SlackEmulator
from tests.emulators.slack.conftest import listening


async def test_a_bolt_app_answers_a_mention_by_streaming(
    slack: SlackEmulator, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.event("app_mention")
    async def answer(event: dict[str, Any]) -> None:
        stream = await client.chat_stream(
            channel=event["channel"],
            thread_ts=event["ts"],
            recipient_user_id=event["user"],
            recipient_team_id=event["team"],
            buffer_size=1,
        )
        await stream.append(markdown_text="Hello ")
        await stream.append(markdown_text="**world**")
        await stream.stop(blocks=[{"type": "context", "elements": [{"type": "mrkdwn", "text": "a note"}]}])

    @app.event("message")
    async def ignore() -> None: ...

    async with listening(slack, app):
        anna = slack.person("U1")
        sent = await anna.mention("hi")
        await slack.until(lambda: slack.answers() and not slack.answers()[0].streaming)
        await slack.settled()

    (said,) = slack.answers("C0GENERAL", sent.thread)
    assert said.body == "Hello **world**"
    assert said.notes == "a note"
    assert said.changes == ("posted", "streamed", "stopped")
    assert len(sent.deliveries) == 2
    assert slack.unacknowledged == []
    assert slack.sockets.complaints == []
