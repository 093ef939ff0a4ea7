"""Socket Mode: the app's websockets, envelopes and acknowledgements.

Source: docs.slack.dev, "Using Socket Mode".
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
from collections.abc import Callable, Sequence

from aiohttp import WSMsgType, web

from tests.emulators.slack.clock import Clock
from tests.emulators.slack.errors import Json
from tests.emulators.slack.outbox import DEADLINE, Attempt, Delivery

MOST_CONNECTIONS = 10
GRACE = 10.0  # seconds between a disconnect frame and the end of the connection


class Connection:
    """One websocket of the app."""

    def __init__(self, number: int, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.number = number
        self.frozen = False  # a frozen one still looks open, but nothing gets through
        self.retiring = False  # told to disconnect; gets nothing new
        self.pings = 0
        self.pongs = 0
        self._socket = socket
        self._request = request

    @property
    def open(self) -> bool:
        return not self._socket.closed

    async def send(self, frame: Json) -> None:
        if not self.frozen:
            await self._socket.send_str(json.dumps(frame))

    async def ping(self) -> None:
        """As Slack does now and then; `pongs` counts the answers."""
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
        self._endings: set[asyncio.Task[None]] = set()
        self._arrival = asyncio.Event()
        self.all: list[Connection] = []  # every connection ever made
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

    async def carry(self, delivery: Delivery, number: int) -> bool:
        """One envelope on one connection; waits a moment for a connection if there is none."""
        connection = await self._connection(self._clock.now() + delivery.patience)
        attempt = Attempt(secrets.token_hex(12), connection, self._clock.now(), number)
        delivery.attempts.append(attempt)
        if connection is None:
            return False
        self._attempts[attempt.id] = (delivery, attempt)
        try:
            await connection.send(_envelope(delivery, attempt))
        except ConnectionError:
            attempt.resolve(False)
        await self._clock.first(attempt.outcome, attempt.sent_at + DEADLINE)
        attempt.resolve(False)
        return attempt.outcome.result()

    async def disconnect(self, reason: str = "refresh_requested", connection: Connection | None = None) -> None:
        """Announce the end of one connection, or of all: warning, refresh_requested or link_disabled."""
        for each in [connection] if connection else list(self.connections):
            await each.send(_disconnect(reason))
            each.retiring = reason != "warning"
            ending = asyncio.create_task(self._end(each, 0.0 if reason == "link_disabled" else GRACE))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    def abort(self) -> None:
        """Cut all connections, without a word."""
        for connection in list(self.connections):
            connection.abort()

    async def close(self) -> None:
        for ending in list(self._endings):
            ending.cancel()
        await asyncio.gather(*self._endings, return_exceptions=True)
        for connection in self.all:
            connection.abort()

    async def _listen(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and not connection.frozen:
                    self._acknowledge(message.data)
                elif message.type is WSMsgType.PING:
                    await connection.pong(message.data)
                elif message.type is WSMsgType.PONG:
                    connection.pongs += 1
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

    async def _connection(self, deadline: float) -> Connection | None:
        while not self.connections:
            self._arrival.clear()
            if not await self._clock.first(asyncio.ensure_future(self._arrival.wait()), deadline):
                return None
        return self.choose(self.connections)

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
        "envelope_id": attempt.id,
        "payload": delivery.payload,
        "type": delivery.kind,
        "accepts_response_payload": delivery.accepts_answer,
    }
    if delivery.kind == "events_api":
        envelope |= {"retry_attempt": attempt.retry, "retry_reason": "timeout" if attempt.retry else ""}
    return envelope
