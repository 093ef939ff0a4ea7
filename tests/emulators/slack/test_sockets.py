from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from tests.emulators.slack import SlackEmulator
from tests.emulators.slack.conftest import listening, refusal

Json = dict[str, Any]


class Heard:
    """An app that acknowledges every event and notes what it heard."""

    def __init__(self, app: AsyncApp) -> None:
        self.bodies: list[Json] = []
        self.retries: list[str | None] = []
        self.refuse = 0

        @app.middleware
        async def note(body: Json, req: Any, next: Any) -> None:
            if self.refuse > 0:
                self.refuse -= 1
                raise RuntimeError("not now")
            self.bodies.append(body)
            self.retries.append((req.headers.get("x-slack-retry-num") or [None])[0])
            await next()

        @app.event("message")
        async def message() -> None: ...

        @app.event("app_mention")
        async def mention() -> None: ...

    @property
    def texts(self) -> list[str]:
        return [body["event"]["text"] for body in self.bodies]


@pytest.fixture
def heard(app: AsyncApp) -> Heard:
    return Heard(app)


async def test_a_mention_in_a_channel_comes_as_two_events_about_one_message(
    slack: SlackEmulator, app: AsyncApp, heard: Heard
) -> None:
    async with listening(slack, app):
        await (await slack.person("U1").mention("hi")).acked()
    events = [body["event"] for body in heard.bodies]
    assert {event["type"] for event in events} == {"message", "app_mention"}
    assert len({event["ts"] for event in events}) == 1
    assert len({body["event_id"] for body in heard.bodies}) == 2


async def test_a_direct_message_is_one_event(slack: SlackEmulator, app: AsyncApp, heard: Heard) -> None:
    async with listening(slack, app):
        await (await slack.person("U1").dm("hi")).acked()
    (body,) = heard.bodies
    assert body["event"]["channel_type"] == "im"


async def test_an_event_that_nobody_acknowledged_comes_again_at_once_then_later(
    slack: SlackEmulator, app: AsyncApp, heard: Heard
) -> None:
    heard.refuse = 2
    async with listening(slack, app):
        (delivery,) = (await slack.person("U1").dm("hi")).deliveries
        await slack.until(lambda: heard.refuse == 1)
        slack.advance(3)  # the deadline
        await slack.until(lambda: heard.refuse == 0)
        slack.advance(3)
        await asyncio.sleep(0.02)
        assert heard.bodies == []
        slack.advance(60)
        assert await delivery.outcome()
    assert heard.retries == ["2"]
    assert len(delivery.attempts) == 3


async def test_slack_gives_up_after_three_more_tries(slack: SlackEmulator, app: AsyncApp, heard: Heard) -> None:
    heard.refuse = 99
    async with listening(slack, app):
        (delivery,) = (await slack.person("U1").dm("hi")).deliveries
        for attempt in range(1, 5):
            await slack.until(lambda attempt=attempt: len(delivery.attempts) == attempt)  # type: ignore[misc]
            slack.advance(3)
            await asyncio.sleep(0.02)
            slack.advance(301)
        assert not await delivery.outcome()
    assert delivery.failed


async def test_an_event_waits_for_a_socket(slack: SlackEmulator, app: AsyncApp, heard: Heard) -> None:
    sent = await slack.person("U1").dm("hi")
    async with listening(slack, app):
        assert await sent.acked()
    assert heard.texts == ["hi"]


async def test_a_click_without_a_socket_fails_at_once(slack: SlackEmulator) -> None:
    anna = slack.person("U1")
    assert not await (await anna.shortcut("new_chat")).outcome()


async def test_an_announced_disconnect_makes_the_client_connect_again(
    slack: SlackEmulator, app: AsyncApp, heard: Heard
) -> None:
    async with listening(slack, app):
        await slack.sockets.disconnect("refresh_requested")
        await slack.until(lambda: len(slack.sockets.all) == 2)
        await slack.connected()
        assert await (await slack.person("U1").dm("hi")).acked()
    assert heard.texts == ["hi"]


async def test_an_aborted_connection_is_noticed_and_replaced(slack: SlackEmulator, app: AsyncApp, heard: Heard) -> None:
    async with listening(slack, app):
        slack.sockets.abort()
        sent = await slack.person("U1").dm("hi")
        await slack.until(lambda: len(slack.sockets.all) == 2)
        assert await sent.acked()
    assert heard.texts == ["hi"]


async def test_a_frozen_connection_takes_events_and_loses_them(
    slack: SlackEmulator, app: AsyncApp, heard: Heard
) -> None:
    async with listening(slack, app, sockets=2):
        frozen, alive = slack.sockets.connections
        frozen.frozen = True
        slack.sockets.choose = lambda _: frozen
        (delivery,) = (await slack.person("U1").dm("hi")).deliveries
        await slack.until(lambda: delivery.attempts)
        slack.sockets.choose = lambda _: alive
        slack.advance(3)
        assert await delivery.outcome()
    assert heard.retries == ["1"]


async def test_two_sockets_share_the_traffic(slack: SlackEmulator, app: AsyncApp, heard: Heard) -> None:
    async with listening(slack, app, sockets=2):
        for number in range(20):
            await (await slack.person("U1").dm(str(number))).acked()
    used = {attempt.connection for delivery in slack.deliveries for attempt in delivery.attempts}
    assert len(used) == 2


async def test_an_event_can_be_repeated_under_its_own_or_another_id(
    slack: SlackEmulator, app: AsyncApp, heard: Heard
) -> None:
    async with listening(slack, app):
        (delivery,) = (await slack.person("U1").dm("hi")).deliveries
        slack.repeat(delivery)
        slack.repeat(delivery, new_event_id=True)
        await slack.settled()
    first, second, third = (body["event_id"] for body in heard.bodies)
    assert first == second != third


async def test_the_app_hears_of_its_own_messages_too(slack: SlackEmulator, app: AsyncApp, heard: Heard) -> None:
    async with listening(slack, app):
        sent = await slack.person("U1").dm("hi")
        await app.client.chat_postMessage(channel=sent.channel, thread_ts=sent.ts, text="hello")
        await slack.settled()
    echo = slack.deliveries[-1].payload["event"]
    assert (echo["bot_id"], echo["text"]) == (slack.workspace.bot, "hello")


async def test_an_edit_and_a_deletion_are_told(slack: SlackEmulator, app: AsyncApp, heard: Heard) -> None:
    anna = slack.person("U1")
    async with listening(slack, app):
        sent = await anna.dm("hi")
        await anna.edit(sent, "hello")
        await anna.delete(sent)
        await slack.settled()
    changed, deleted = (body["event"] for body in heard.bodies[1:])
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("hello", "hi")
    assert deleted["deleted_ts"] == sent.ts


async def test_the_app_hears_nothing_where_it_is_not(slack: SlackEmulator) -> None:
    slack.channel("C1", bot_is_member=False)
    sent = await slack.person("U1").mention("hi", "C1")
    assert sent.deliveries == ()


async def test_a_websocket_address_works_once(slack: SlackEmulator, app: AsyncApp) -> None:
    url = (await app.client.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)


async def test_an_eleventh_socket_is_one_too_many(slack: SlackEmulator, app: AsyncApp) -> None:
    async with aiohttp.ClientSession() as http:
        sockets = []
        for _ in range(11):
            url = (await app.client.apps_connections_open(app_token=slack.app_token))["url"]
            sockets.append(await http.ws_connect(url))
        frames = [await socket.receive_json() for socket in sockets]
    assert [frame["type"] for frame in frames] == ["hello"] * 10 + ["disconnect"]


async def test_a_click_is_acknowledged_without_a_payload(slack: SlackEmulator, app: AsyncApp) -> None:
    @app.shortcut("new_chat")
    async def wordy(ack: Any) -> None:
        await ack("hello")

    async with listening(slack, app):
        await (await slack.person("U1").shortcut("new_chat")).outcome()
    (complaint,) = slack.sockets.complaints
    assert "takes no payload" in complaint


async def test_an_acknowledgement_of_nothing_is_complained_about(slack: SlackEmulator, app: AsyncApp) -> None:
    url = (await app.client.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.send_json({"envelope_id": "made-up"})
        await slack.until(lambda: slack.sockets.complaints)


async def test_words_arrive_escaped_and_links_in_brackets(slack: SlackEmulator) -> None:
    sent = await slack.person("U1").say("a < b & <@U2> https://example.org?a=1&b=2")
    event = sent.deliveries[0].payload["event"]
    assert event["text"] == "a &lt; b &amp; <@U2> <https://example.org?a=1&amp;b=2>"
    kinds = [element["type"] for element in event["blocks"][0]["elements"][0]["elements"]]
    assert kinds == ["text", "user", "text", "link"]


async def test_a_reply_names_the_author_of_its_root(slack: SlackEmulator) -> None:
    sent = await slack.person("U1").say("root")
    reply = await slack.person("U2").reply(sent, "reply")
    event = reply.deliveries[0].payload["event"]
    assert (event["thread_ts"], event["parent_user_id"]) == (sent.ts, "U1")


async def test_a_channel_that_changes_its_id_keeps_its_messages(slack: SlackEmulator) -> None:
    slack.channel("C1")
    await slack.person("U1").say("hi", "C1")
    slack.change_channel_id("C1", "C2")
    assert [message.body for message in slack.messages("C2")] == ["hi"]
    assert slack.deliveries[-1].payload["event"]["new_channel_id"] == "C2"


async def test_an_uninstalled_app_is_told_and_its_token_is_dead(slack: SlackEmulator, app: AsyncApp) -> None:
    slack.uninstall()
    kinds = [delivery.payload["event"]["type"] for delivery in slack.deliveries]
    assert kinds == ["app_uninstalled", "tokens_revoked"]
    assert await refusal(app.client.auth_test()) == "account_inactive"


async def test_what_waits_for_its_next_try_can_be_hurried(slack: SlackEmulator, app: AsyncApp, heard: Heard) -> None:
    (delivery,) = (await slack.person("U1").dm("hi")).deliveries
    for attempt in (1, 2):
        await asyncio.sleep(0.01)
        slack.advance(3)
        await slack.until(lambda attempt=attempt: len(delivery.attempts) == attempt)  # type: ignore[misc]
    async with listening(slack, app):
        slack.hurry()
        assert await delivery.outcome()
    assert heard.retries == ["2"]


async def test_a_preview_of_a_link_changes_no_words(slack: SlackEmulator) -> None:
    anna = slack.person("U1")
    told = await anna.unfurl(await anna.say("see https://example.org"))
    assert told is not None
    event = told.payload["event"]
    assert event["message"]["text"] == event["previous_message"]["text"]
    assert event["message"]["attachments"]


async def test_another_bot_is_recognisable(slack: SlackEmulator) -> None:
    sent = await slack.person("U0OTHER", bot=True).mention("hello, fellow bot")
    assert all(delivery.payload["event"]["bot_id"] for delivery in sent.deliveries)


async def test_a_ping_is_answered(slack: SlackEmulator, app: AsyncApp) -> None:
    async with listening(slack, app):
        (connection,) = slack.sockets.connections
        await connection.ping()
        await slack.until(lambda: connection.pongs)
