"""What was written while nobody listened, for longer than Slack repeats it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.addresses import PLATFORM, Place
from adapters.slack.catch_up import Stretch, to_read
from adapters.slack.config import SlackConfig
from adapters.slack.inbound import moment
from bridge.clock import SystemClock
from bridge.domain.ids import ConversationKey
from bridge.domain.updates import MessageReceived, Update
from bridge.ports import RecentConversation
from tests.doubles import RecordingGateway
from tests.emulators.slack import ApiError, Sent, SlackEmulator


class JumpingClock(SystemClock):
    """Real time, but for what the test adds."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


async def given_up(slack: SlackEmulator) -> None:
    """Slack has repeated everything in vain for as long as it does."""

    def is_over() -> bool:
        slack.advance(60)
        return all(delivery.settled.is_set() for delivery in slack.deliveries)

    await slack.until(is_over)
    assert all(delivery.failed for delivery in slack.deliveries)


@asynccontextmanager
async def listening(adapter: SlackAdapter, gateway: RecordingGateway) -> AsyncIterator[None]:
    task = asyncio.create_task(adapter.listen(gateway))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def knows(slack: SlackEmulator, gateway: RecordingGateway, sent: Sent, last: Sent | None = None) -> None:
    """The thread of `sent` was written in before."""
    address = f"{slack.workspace.team}/{sent.channel}/{sent.thread}"
    key = ConversationKey(PLATFORM, slack.workspace.bot_user, address)
    gateway.conversations.append(RecentConversation(key, moment(sent.ts), moment((last or sent).ts)))


def texts(updates: list[Update]) -> list[str]:
    return [update.text for update in updates if isinstance(update, MessageReceived)]


async def caught_up(slack: SlackEmulator, calls: int) -> None:
    """So many places were read, and what stood there was accepted."""
    reads = ("conversations.replies", "conversations.history")
    await slack.until(lambda: len([call for call in slack.calls() if call.method in reads]) >= calls)
    await asyncio.sleep(0.1)


async def test_a_reply_in_a_known_thread_that_slack_gave_up_on_is_heard_at_the_next_start(
    slack: SlackEmulator, adapter: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1", "anna")
    root = await anna.mention("before")
    missed = await anna.reply(root, "meanwhile")
    await given_up(slack)
    knows(slack, gateway, root)
    async with listening(adapter, gateway):
        await slack.until(lambda: gateway.updates)
        await caught_up(slack, 2)
    (heard,) = gateway.updates
    assert isinstance(heard, MessageReceived)
    assert (heard.text, heard.by.name, heard.id.rpartition(":")[2]) == ("meanwhile", "anna", missed.ts)
    assert heard.conversation == gateway.conversations[0].key


async def test_what_is_found_is_what_slack_would_have_told(
    slack: SlackEmulator, adapter: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1", "anna")
    root = await anna.mention("before")
    missed = [await anna.mention("a new thread"), await anna.reply(root, "meanwhile")]
    await given_up(slack)
    knows(slack, gateway, root)
    told = RecordingGateway()
    async with listening(adapter, gateway):
        await slack.until(lambda: len(gateway.updates) == 2)
    async with listening(adapter, told):
        await slack.connected()
        for sent in missed:
            await slack.repeat(sent.deliveries[0]).outcome()
    assert sorted(gateway.updates, key=lambda update: update.id) == sorted(told.updates, key=lambda update: update.id)


async def test_a_new_direct_message_and_what_was_added_to_it_are_found(
    slack: SlackEmulator, adapter: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1", "anna")
    before = await anna.dm("before")
    missed = await anna.dm("hello?")
    await anna.reply(missed, "anybody there?")
    await given_up(slack)
    knows(slack, gateway, before)
    async with listening(adapter, gateway):
        await slack.until(lambda: len(gateway.updates) == 2)
    assert texts(gateway.updates) == ["hello?", "anybody there?"]
    assert len({update.conversation for update in gateway.updates}) == 1


async def test_what_people_said_among_themselves_stays_unheard(
    slack: SlackEmulator, adapter: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna, bob = slack.person("U1", "anna"), slack.person("U2", "bob")
    idle = await anna.say("lunch?")
    await bob.reply(idle, "sure")
    root = await anna.reply(idle, "and what does the assistant say?", mention=True)
    await bob.say("see you")
    await given_up(slack)
    knows(slack, gateway, root)
    async with listening(adapter, gateway):
        await caught_up(slack, 2)
    assert gateway.updates == []


async def test_what_slack_repeats_after_all_is_not_heard_twice(
    slack: SlackEmulator, adapter: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1", "anna")
    root = await anna.mention("before")
    knows(slack, gateway, root)
    missed = await anna.reply(root, "meanwhile")
    async with listening(adapter, gateway):
        await caught_up(slack, 2)
        slack.hurry()
        await slack.settled()
    assert all(delivery.acked for delivery in missed.deliveries)
    assert texts(gateway.updates).count("meanwhile") == 1


async def test_a_place_that_cannot_be_read_keeps_nobody_from_listening_nor_the_next_from_being_read(
    slack: SlackEmulator, adapter: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna, bob = slack.person("U1", "anna"), slack.person("U2", "bob")
    gone, there = await anna.dm("before"), await bob.dm("before")
    await bob.dm("meanwhile")
    await given_up(slack)
    for sent in (gone, there):
        knows(slack, gateway, sent)
    for method in ("conversations.replies", "conversations.history"):
        error = ApiError("channel_not_found")
        slack.fail(method, error, times=None, when=lambda arguments: arguments["channel"] == gone.channel)
    async with listening(adapter, gateway):
        await slack.until(lambda: "meanwhile" in texts(gateway.updates))
        assert await (await anna.dm("live")).acked()
    assert texts(gateway.updates) == ["meanwhile", "live"]


async def test_after_a_long_silence_of_the_socket_what_was_missed_is_found(
    slack: SlackEmulator, config: SlackConfig, gateway: RecordingGateway
) -> None:
    clock = JumpingClock()
    adapter = SlackAdapter(replace(config, ping_interval=30.0, watch_every=0.05), clock)
    await adapter.connect()
    anna = slack.person("U1", "anna")
    async with listening(adapter, gateway):
        await slack.connected()
        slack.sockets.connections[0].frozen = True
        before = await anna.dm("before")
        await given_up(slack)
        knows(slack, gateway, before)
        await anna.reply(before, "meanwhile")
        await given_up(slack)
        assert gateway.updates == []
        clock.ahead = 301.0
        await slack.until(lambda: gateway.updates)
    await adapter.close()
    assert texts(gateway.updates) == ["meanwhile"]


async def test_a_socket_that_was_away_for_a_moment_asks_for_no_history(
    slack: SlackEmulator, config: SlackConfig, gateway: RecordingGateway
) -> None:
    adapter = SlackAdapter(replace(config, ping_interval=30.0, watch_every=0.05), SystemClock())
    await adapter.connect()
    knows(slack, gateway, await slack.person("U1").dm("before"))
    async with listening(adapter, gateway):
        await caught_up(slack, 2)
        slack.sockets.abort()
        await slack.until(lambda: len(slack.sockets.all) == 2)
        await asyncio.sleep(0.2)
    await adapter.close()
    assert len(slack.calls("conversations.replies")) == 1


async def test_a_database_that_is_away_is_waited_for(
    slack: SlackEmulator,
    adapter: SlackAdapter,
    gateway: RecordingGateway,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("adapters.slack.catch_up._PAUSES", (0.05,) * 100)
    anna = slack.person("U1", "anna")
    before = await anna.dm("before")
    await anna.dm("meanwhile")
    await given_up(slack)
    knows(slack, gateway, before)
    gateway.outages = math.inf
    async with listening(adapter, gateway):
        await slack.until(lambda: "catch_up_waits" in caplog.messages)
        gateway.outages = 0
        await slack.until(lambda: gateway.updates)
    assert texts(gateway.updates) == ["meanwhile"]


def test_an_active_thread_is_read_again_for_a_day() -> None:
    now = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
    key = Place("T1", "C1", "1.0").key("UB")
    known = RecentConversation(key, now - timedelta(days=3), now - timedelta(hours=1))
    day = now - timedelta(days=1)
    assert to_read([known], now) == [Stretch(Place("T1", "C1", "1.0"), day), Stretch(Place("T1", "C1"), day)]
