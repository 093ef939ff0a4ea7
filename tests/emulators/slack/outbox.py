"""What the app is told, and how often it is tried.

Source: docs.slack.dev, "The Events API": 3 s to acknowledge; three more tries: at once, after a minute, after five.
Interactions and commands get one try; without an acknowledgement the person sees an error.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tests.emulators.slack.clock import Clock
from tests.emulators.slack.errors import Json

if TYPE_CHECKING:
    from tests.emulators.slack.sockets import Connection

DEADLINE = 3.0  # seconds to acknowledge
RETRIES = (0.0, 60.0, 300.0)  # seconds after the failure before


@dataclass(slots=True)
class Attempt:
    """One envelope or request. `acked_at` is None as long as, or if, nobody acknowledged it in time.

    `failure` is what Slack gives as the reason for the next one, over HTTP.
    """

    id: str
    connection: Connection | None
    sent_at: float
    retry: int
    acked_at: float | None = None
    failure: str = "http_timeout"
    outcome: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def resolve(self, acked: bool) -> None:
        if not self.outcome.done():
            self.outcome.set_result(acked)


@dataclass(slots=True)
class Delivery:
    """Something the app is told: an event, an interaction or a command. `answer` is the payload of its ack.

    `kind` is events_api, interactive or slash_commands. `payload` is a snapshot: what changes later is not in it.
    """

    kind: str
    payload: Json
    accepts_answer: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    answer: Json = field(default_factory=dict)
    acked: bool = False
    final: bool = False  # the app asked for no more tries
    due: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def event_id(self) -> str:
        return str(self.payload.get("event_id", ""))

    @property
    def failed(self) -> bool:
        """Nobody acknowledged it, and Slack has given up."""
        return self.settled.is_set() and not self.acked

    @property
    def patience(self) -> float:
        """Seconds that it waits for a socket, if there is none."""
        return DEADLINE if self.kind == "events_api" else 0.0

    async def outcome(self) -> bool:
        """Wait until it is acknowledged (true) or given up (false)."""
        await self.settled.wait()
        return self.acked


class Carrier(Protocol):
    async def carry(self, delivery: Delivery, number: int) -> bool:
        """Try once, adding to `delivery.attempts`; whether it was acknowledged in time. `number` 0 is the first try."""


class Outbox:
    """Everything the app was told is in `all`. `carrier` brings it: the sockets, or HTTP requests."""

    def __init__(self, clock: Clock, carrier: Carrier) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._late: list[tuple[str, asyncio.Event]] = []
        self.carrier = carrier
        self.all: list[Delivery] = []

    def send(self, kind: str, payload: Json, *, accepts_answer: bool = False) -> Delivery:
        """Tell the app. Only events are tried again."""
        delivery = Delivery(kind, json.loads(json.dumps(payload)), accepts_answer)
        self.all.append(delivery)
        self._start(self._deliver(delivery))
        return delivery

    def hold_back(self, words: str) -> asyncio.Event:
        """Events with these words in them wait until it is set: Slack promises no order between events."""
        released = asyncio.Event()
        self._late.append((words, released))
        return released

    def hurry(self) -> None:
        """Whatever waits for its next try is tried now."""
        for delivery in self.all:
            delivery.due.set()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery) -> None:
        for words, released in self._late:
            if words in str(delivery.payload.get("event")):
                await released.wait()
        delivery.acked = await self.carrier.carry(delivery, 0)
        pauses = RETRIES if delivery.kind == "events_api" else ()
        for number, pause in enumerate(pauses, start=1):
            if delivery.acked or delivery.final:
                break
            await self._pause(delivery, self._clock.now() + pause)
            delivery.acked = await self.carrier.carry(delivery, number)
        delivery.settled.set()

    async def _pause(self, delivery: Delivery, moment: float) -> None:
        delivery.due.clear()
        await self._clock.first(asyncio.ensure_future(delivery.due.wait()), moment)
