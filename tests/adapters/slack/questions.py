"""A question that somebody asked in Slack, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.slack.adapter import SlackAdapter
from adapters.slack.addresses import message_ref
from bridge.domain.controls import ActOnAnswer, Vote
from bridge.domain.events import Button, Ending, TurnEnded, TurnEvent
from bridge.domain.ids import TurnId
from bridge.domain.updates import AnswerAction, Rating
from tests.builders import turn
from tests.doubles import RecordingDelivery, stream
from tests.emulators.slack import Sent, SlackEmulator

T = TurnId("turn1")
VOTES = (Button("Good answer", Vote(T, Rating.GOOD)), Button("Bad answer", Vote(T, Rating.BAD)))
MORE = (Button("Regenerate", ActOnAnswer(T, AnswerAction.REGENERATE)),)


def done(text: str, note: str = "", *, buttons: bool = False) -> TurnEnded:
    return TurnEnded(Ending.COMPLETE, text, note, (VOTES, MORE) if buttons else ())


class Script:
    """Turn events by hand, one after the other; they end by themselves only if they `break_off`."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        self.is_read = False

    def give(self, *events: TurnEvent) -> None:
        for event in events:
            self._queue.put_nowait(event)

    def break_off(self) -> None:
        self._queue.put_nowait(None)

    async def events(self) -> AsyncIterator[TurnEvent]:
        self.is_read = True
        while (event := await self._queue.get()) is not None:
            yield event


class Question:
    """It is answered by the adapter, and seen as people see it."""

    def __init__(self, slack: SlackEmulator, adapter: SlackAdapter, sent: Sent) -> None:
        self.slack = slack
        self.adapter = adapter
        self.sent = sent
        _, me = adapter._here()
        asked_in = message_ref(me.user, sent.channel, sent.ts)
        self.delivery = RecordingDelivery(turn(conversation=me.conversation(sent.channel, sent.ts), reply_to=asked_in))

    async def answer(self, *events: TurnEvent) -> None:
        await self.adapter.deliver(self.delivery, stream(*events))

    @asynccontextmanager
    async def being_answered(self) -> AsyncIterator[Script]:
        """While the block gives events; it is left once the delivery has ended."""
        script = Script()
        delivering = asyncio.create_task(self.adapter.deliver(self.delivery, script.events()))
        try:
            yield script
            await delivering
        finally:
            delivering.cancel()

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.slack.answers(self.sent.channel, self.sent.ts)]

    async def shows(self, *bodies: str) -> None:
        await self.slack.until(lambda: self.bodies == list(bodies))

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.slack.calls() if call.method.startswith("chat.")]
