"""Socket Mode: the app's websockets, envelopes, acknowledgements and redelivery.

Source: docs.slack.dev, "Using Socket Mode" and "The Events API" (3 s to acknowledge; three more tries: at once, after
a minute, after five). Interactions and commands get one try; without an acknowledgement the person sees an error.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.emulators.slack.clock import Clock
from tests.emulators.slack.errors import Json

DEADLINE = 3.0  # seconds to acknowledge
RETRIES = (0.0, 60.0, 300.0)  # seconds after the failure before
MOST_CONNECTIONS = 10
GRACE = 10.0  # seconds between a disconnect frame and the end of the connection


@dataclass(slots=True)
class Attempt:
    """One envelope. `acked_at` is None as long as, or if, nobody acknowledged it in time."""

    envelope_id: str
    connection: Connection | None
    sent_at: float
    retry: int
    acked_at: float | None = None
    outcome: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def resolve(self, acked: bool) -> None:
        if not self.outcome.done():
            self.outcome.set_result(acked)


@dataclass(slots=True)
class Delivery:
    """Something the app is told: an event, an interaction or a command. `answer` is the payload of its ack."""

    kind: str
    payload: Json
    accepts_answer: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    answer: Json = field(default_factory=dict)
    acked: bool = False
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def event_id(self) -> str:
        return str(self.payload.get("event_id", ""))

    @property
    def failed(self) -> bool:
        """Nobody acknowledged it, and Slack has given up."""
        return self.settled.is_set() and not self.acked

    async def outcome(self) -> bool:
        """Wait until it is acknowledged (true) or given up (false)."""
        await self.settled.wait()
        return self.acked


class Connection:
    """One websocket of the app."""

    def __init__(self, number: int, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.number = number
        self.frozen = False  # a frozen one still looks open, but nothing gets through
        self.retiring = False  # told to disconnect; gets nothing new
        self.pings = 0
        self._socket = socket
        self._request = request

    @property
    def open(self) -> bool:
        return not self._socket.closed

    async def send(self, frame: Json) -> None:
        if not self.frozen:
            await self._socket.send_str(json.dumps(frame))

    async def ping(self) -> None:
        await self._socket.ping(b"Ping from emulator")

    async def pong(self, data: bytes) -> None:
        self.pings += 1
        if not self.frozen:
            await self._socket.pong(data)

    async def close(self) -> None:
        """A proper closing handshake."""
        await self._socket.close()

    def abort(self) -> None:
        """The network is gone: no close frame."""
        if self._request.transport is not None:
            self._request.transport.abort()


class Sockets:
    """All connections of the app. `choose` decides which one gets an envelope; by default any, as with Slack."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._tickets: set[str] = set()
        self._attempts: dict[str, tuple[Delivery, Attempt]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrival = asyncio.Event()
        self.all: list[Connection] = []  # every connection ever made
        self.deliveries: list[Delivery] = []
        self.complaints: list[str] = []  # what the app sent that Slack would not expect: late acks, unknown envelopes
        self.choose: Callable[[Sequence[Connection]], Connection] = random.Random(7).choice

    @property
    def connections(self) -> list[Connection]:
        """Those that envelopes can go to."""
        return [connection for connection in self.all if connection.open and not connection.retiring]

    def issue_ticket(self) -> str:
        """What makes a websocket address valid for one connection."""
        ticket = secrets.token_urlsafe(12)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        connection = Connection(next(self._numbers), socket, request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await connection.send(_disconnect("too_many_websockets"))
            await connection.close()
            return socket
        self.all.append(connection)
        await connection.send(_hello(len(self.connections), request.query.get("app_id", "")))
        self._arrival.set()
        await self._listen(connection, socket)
        return socket

    def send(self, kind: str, payload: Json, *, accepts_answer: bool = False) -> Delivery:
        """Tell the app. `kind` is events_api, interactive or slash_commands; only events are tried again."""
        delivery = Delivery(kind, payload, accepts_answer)
        self.deliveries.append(delivery)
        self._start(self._deliver(delivery))
        return delivery

    async def disconnect(self, reason: str = "refresh_requested", connection: Connection | None = None) -> None:
        """Announce the end of one connection, or of all: warning, refresh_requested or link_disabled."""
        for each in [connection] if connection else list(self.connections):
            await each.send(_disconnect(reason))
            each.retiring = reason != "warning"
            self._start(self._end(each, 0.0 if reason == "link_disabled" else GRACE))

    def abort(self) -> None:
        """Cut all connections, without a word."""
        for connection in list(self.connections):
            connection.abort()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self.all:
            connection.abort()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and not connection.frozen:
                    self._acknowledge(message.data)
                elif message.type is WSMsgType.PING:
                    await connection.pong(message.data)
        except ConnectionError:
            pass
        finally:
            connection.retiring = True
            for _, attempt in list(self._attempts.values()):
                if attempt.connection is connection:
                    attempt.resolve(False)

    def _acknowledge(self, raw: str) -> None:
        try:
            frame = json.loads(raw)
            delivery, attempt = self._attempts[frame["envelope_id"]]
        except (ValueError, KeyError, TypeError):
            self.complaints.append(f"an acknowledgement of nothing known: {raw}")
            return
        if attempt.outcome.done():
            self.complaints.append(f"a late or second acknowledgement of {delivery.kind} {delivery.event_id}")
            return
        answer = frame.get("payload")
        if answer and not delivery.accepts_answer:
            self.complaints.append(f"{delivery.kind} takes no payload, but got {answer}")
        delivery.answer = answer or {}
        attempt.acked_at = self._clock.now()
        attempt.resolve(True)

    async def _deliver(self, delivery: Delivery) -> None:
        for number in range(1 + (len(RETRIES) if delivery.kind == "events_api" else 0)):
            if number:
                await self._clock.sleep_until(self._clock.now() + RETRIES[number - 1])
            if await self._try(delivery, number):
                delivery.acked = True
                break
        delivery.settled.set()

    async def _try(self, delivery: Delivery, number: int) -> bool:
        deadline = self._clock.now() + DEADLINE
        connection = await self._connection(deadline if delivery.kind == "events_api" else 0.0)
        attempt = Attempt(secrets.token_hex(12), connection, self._clock.now(), number)
        delivery.attempts.append(attempt)
        if connection is None:
            return False
        self._attempts[attempt.envelope_id] = (delivery, attempt)
        try:
            await connection.send(_envelope(delivery, attempt))
        except ConnectionError:
            attempt.resolve(False)
        await self._until(attempt.outcome, max(deadline, attempt.sent_at + DEADLINE))
        attempt.resolve(False)
        return attempt.outcome.result()

    async def _connection(self, deadline: float) -> Connection | None:
        while not self.connections:
            self._arrival.clear()
            arrival = asyncio.ensure_future(self._arrival.wait())
            await self._until(arrival, deadline)
            if not arrival.done():
                arrival.cancel()
                return None
        return self.choose(self.connections)

    async def _until(self, future: asyncio.Future[Any], deadline: float) -> None:
        timer = asyncio.ensure_future(self._clock.sleep_until(deadline))
        try:
            await asyncio.wait({future, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()

    async def _end(self, connection: Connection, after: float) -> None:
        await self._clock.sleep_until(self._clock.now() + after)
        await connection.close()


def _hello(connections: int, app: str) -> Json:
    debug = {"host": "applink-emulated", "build_number": 1, "approximate_connection_time": 18060}
    return {"type": "hello", "num_connections": connections, "debug_info": debug, "connection_info": {"app_id": app}}


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-emulated"}}


def _envelope(delivery: Delivery, attempt: Attempt) -> Json:
    envelope: Json = {
        "envelope_id": attempt.envelope_id,
        "payload": delivery.payload,
        "type": delivery.kind,
        "accepts_response_payload": delivery.accepts_answer,
    }
    if delivery.kind == "events_api":
        envelope |= {"retry_attempt": attempt.retry, "retry_reason": "timeout" if attempt.retry else ""}
    return envelope
