"""What platforms post is bounded, whoever sends it, and refused without a word. Over a real port, byte by byte."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from bridge.domain.errors import StoreUnavailable
from bridge.ports import HttpAnswer, HttpRequest, Webhook
from bridge.web.server import WebServer
from bridge.web.webhooks import Limits

SECRET = "X-Secret: open\r\n"
QUICK = Limits(body=100, read_within=0.1, answered_within=0.1, idle=0.1, lingering=0.05, at_once=2)


@dataclass
class RecordingWebhook:
    """Admits who knows the secret. `held`: answers only once it is let go; `away`: the database is."""

    received: list[HttpRequest] = field(default_factory=list)
    answer: HttpAnswer = field(default_factory=lambda: HttpAnswer(200))
    held: asyncio.Event | None = None
    away: bool = False
    webhook_path: str | None = "/hook"
    came: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def admits(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-secret") == "open"

    async def receive(self, request: HttpRequest) -> HttpAnswer:
        self.received.append(request)
        self.came.release()
        if self.held is not None:
            await self.held.wait()
        if self.away:
            raise StoreUnavailable("the database is away")
        return self.answer

    async def holds(self, count: int) -> None:
        for _ in range(count):
            await self.came.acquire()


async def _report() -> tuple[bool, dict[str, Any]]:
    return True, {}


@asynccontextmanager
async def served(webhook: Webhook, limits: Limits = QUICK) -> AsyncIterator[WebServer]:
    server = WebServer(0, _report, [webhook], "127.0.0.1", limits)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def connected(server: WebServer) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()


def post(
    body: str = "", headers: str = SECRET, *, path: str = "/hook", method: str = "POST", length: int = -1
) -> bytes:
    length = len(body) if length < 0 else length
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n{body}".encode()


async def told(server: WebServer, raw: bytes) -> tuple[int, str]:
    """The status and the whole answer, which has to come within three seconds."""
    async with asyncio.timeout(3.0), connected(server) as (reader, writer):
        writer.write(raw)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.lower().splitlines() if line.startswith("content-length")
        )
        return int(head.split()[1]), head + (await reader.readexactly(length)).decode()


async def test_what_is_admitted_comes_whole_with_its_headers_and_is_answered() -> None:
    webhook = RecordingWebhook(answer=HttpAnswer(200, '{"a": 1}', "application/json"))
    async with served(webhook) as server:
        status, answer = await told(server, post("hello\x00", SECRET + "X-Mixed-Case: Yes\r\n"))
    assert (status, answer.endswith('{"a": 1}')) == (200, True)
    (request,) = webhook.received
    assert (request.body, request.headers["x-mixed-case"]) == (b"hello\x00", "Yes")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (post(path="/other"), 404),
        (post(path="/hook/"), 404),
        (post(method="GET"), 405),
        (post(method="PUT"), 405),
        (post(headers=""), 401),
        (post("a" * 101), 413),
        (post(length=10**12), 413),
        (post("a", length=2), 408),
        (b"POST /hook HTTP/1.1\r\nHost: x\r\nX-Secret: open\r\nTransfer-Encoding: chunked\r\n\r\n", 408),
        (b"POST /hook HTTP/1.1\r\nHost: x\r\nX-Secret: open\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST /hook HTTP/1.1\r\nHost: x\r\nX-Secret: " + b"a" * 20_000 + b"\r\n\r\n", 400),
    ],
)
async def test_what_breaks_a_bound_is_refused_by_its_status_and_reaches_nobody(raw: bytes, status: int) -> None:
    webhook = RecordingWebhook()
    async with served(webhook) as server:
        assert (await told(server, raw))[0] == status
    assert webhook.received == []


async def test_a_body_that_grows_beyond_the_limit_without_having_said_so_is_refused() -> None:
    webhook = RecordingWebhook()
    chunks = b"32\r\n" + b"a" * 50 + b"\r\n"
    head = b"POST /hook HTTP/1.1\r\nHost: x\r\nX-Secret: open\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with served(webhook) as server:
        assert (await told(server, head + chunks * 3))[0] == 413
    assert webhook.received == []


async def test_a_body_that_is_packed_is_not_unpacked() -> None:
    webhook = RecordingWebhook()
    async with served(webhook) as server:
        await told(server, post("not gzip", SECRET + "Content-Encoding: gzip\r\n"))
    assert [request.body for request in webhook.received] == [b"not gzip"]


async def test_who_is_not_admitted_is_answered_before_the_body_is_sent() -> None:
    async with served(RecordingWebhook(), Limits()) as server:
        assert (await told(server, post("", "", length=1000)))[0] == 401


async def test_headers_that_never_end_are_cut_off() -> None:
    async with asyncio.timeout(5.0), served(RecordingWebhook()) as server, connected(server) as (reader, writer):
        writer.write(b"POST /hook HTTP/1.1\r\nHost: x\r\n")
        assert await reader.read() == b""


async def test_what_is_no_http_is_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with served(RecordingWebhook()) as server:
        assert (await told(server, b"POST /hook HTTP/1.1\r\nno header at all\r\n\r\n"))[0] == 400
    assert caplog.records == []


async def test_one_connection_too_many_is_closed_unread_and_the_next_one_served() -> None:
    async with served(RecordingWebhook(), Limits(connections=2)) as server:
        async with connected(server) as (reader, writer), connected(server):
            writer.write(post())
            await reader.readuntil(b"\r\n\r\n")
            async with connected(server) as (refused, _):
                assert await asyncio.wait_for(refused.read(), 3.0) == b""
        assert await is_served(server)


async def is_served(server: WebServer) -> bool:
    """Once it has noticed that others are gone."""
    for _ in range(100):
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            return (await told(server, post()))[0] == 200
        await asyncio.sleep(0.01)
    return False


async def test_no_refusal_repeats_what_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    async with served(RecordingWebhook()) as server:
        for raw in (post("s3cret body", "X-Secret: s3cret\r\n"), post("s3cret" * 50), post(path="/s3cret")):
            assert "s3cret" not in (await told(server, raw))[1]
    said = [str(record.__dict__) for record in caplog.records]
    assert said
    assert "s3cret" not in "".join(said)


async def test_more_than_so_many_at_once_are_told_to_come_again() -> None:
    webhook = RecordingWebhook(held=asyncio.Event())
    async with served(webhook, Limits(at_once=2)) as server:
        first = [asyncio.create_task(told(server, post())) for _ in range(2)]
        await webhook.holds(2)
        assert (await told(server, post()))[0] == 503
        assert webhook.held is not None
        webhook.held.set()
        assert [(await task)[0] for task in first] == [200, 200]
        assert (await told(server, post()))[0] == 200


async def test_what_takes_too_long_to_be_committed_is_not_acknowledged() -> None:
    async with served(RecordingWebhook(held=asyncio.Event())) as server:
        assert (await told(server, post()))[0] == 503


async def test_what_a_database_that_is_away_did_not_take_is_not_acknowledged() -> None:
    async with served(RecordingWebhook(away=True)) as server:
        assert (await told(server, post()))[0] == 503


async def test_a_thousand_forgeries_are_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with served(RecordingWebhook()) as server, connected(server) as (reader, writer):
        for _ in range(1000):
            writer.write(post(headers=""))
            await reader.readuntil(b"\r\n\r\n")
    lines = [record for record in caplog.records if record.getMessage() == "webhook_refused"]
    assert [(line.levelno, line.__dict__["status"]) for line in lines] == [(logging.WARNING, 401)]


async def test_requests_under_way_are_answered_when_the_server_is_closed() -> None:
    webhook = RecordingWebhook(held=asyncio.Event())
    async with served(webhook, Limits()) as server:
        under_way = asyncio.create_task(told(server, post()))
        await webhook.holds(1)
        closing = asyncio.create_task(server.close())
        await asyncio.sleep(0)
        assert webhook.held is not None
        webhook.held.set()
        await closing
        assert (await under_way)[0] == 200


async def test_a_platform_that_is_listened_to_in_another_way_has_no_path() -> None:
    async with served(RecordingWebhook(webhook_path=None)) as server:
        assert (await told(server, post()))[0] == 404
