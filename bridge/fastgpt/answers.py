"""One answer, from the response to its events: what kind of body it is, how long to wait, and when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass

import httpx
import structlog

from bridge.domain.events import AssistantEvent, Finished
from bridge.fastgpt import errors
from bridge.fastgpt.decode import AnswerDecoder, answer_events
from bridge.fastgpt.sse import SseParser
from bridge.fastgpt.wire import NotJson, mended_parsed

_log = structlog.get_logger()

_LONGEST = 256 * 1024 * 1024
_LARGEST_JSON = 32 * 1024 * 1024
_LARGEST_ERROR = 256 * 1024
_FIELDS = (b"event:", b"data:", b"id:", b"retry:", b":")
_FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds without a byte: before the first one, and between two.

    `grace` seconds are left, in all, once FastGPT has said that the answer is complete, for what some versions send
    then (`flowResponses`).
    """

    first_byte: float
    idle: float
    grace: float = 10.0


async def answer(
    stream: AbstractAsyncContextManager[httpx.Response], patience: Patience, *, secrets: tuple[str, ...] = ()
) -> AsyncGenerator[AssistantEvent, None]:
    """Raises AssistantError; closing the iterator lets go of the connection."""
    try:
        async with asyncio.timeout(patience.first_byte):
            response = await stream.__aenter__()
    except TimeoutError as error:
        raise errors.silent(patience.first_byte, begun=False) from error
    try:
        async with aclosing(_events(response, _Body(response, patience), secrets)) as events:
            async for event in events:
                yield event
    finally:
        await stream.__aexit__(None, None, None)


class _Body:
    """The chunks of a response, each awaited with the patience that fits how far the answer is."""

    def __init__(self, response: httpx.Response, patience: Patience) -> None:
        encoded = response.headers.get("content-encoding", "identity") != "identity"
        self._chunks = response.aiter_bytes() if encoded else response.aiter_raw()
        self._patience = patience
        self._bytes = 0
        self._deadline: float | None = None

    def expect_the_end(self) -> None:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._patience.grace

    async def next(self) -> bytes | None:
        """None at the end; what goes wrong after the answer was complete is the end too. Raises AssistantError."""
        seconds = self._patience.idle if self._bytes else self._patience.first_byte
        limit = asyncio.timeout(seconds) if self._deadline is None else asyncio.timeout_at(self._deadline)
        try:
            async with limit:
                chunk = await anext(self._chunks, None)
        except TimeoutError as error:
            if self._deadline is not None:
                return None
            raise errors.silent(seconds, begun=self._bytes > 0) from error
        except _FOREIGN as error:
            if self._deadline is not None:
                return None
            raise errors.from_httpx(error) from error
        self._bytes += len(chunk or b"")
        if self._bytes > _LONGEST:
            raise errors.unreadable("its answer does not end")
        return chunk

    async def rest(self, first: bytes, limit: int) -> bytes:
        """The whole body, cut at `limit`."""
        content = bytearray(first)
        while len(content) < limit:
            chunk = await self.next()
            if chunk is None:
                break
            content += chunk
        return bytes(content[:limit])


async def _events(
    response: httpx.Response, body: _Body, secrets: tuple[str, ...]
) -> AsyncGenerator[AssistantEvent, None]:
    if response.status_code != 200:
        content = await body.rest(b"", _LARGEST_ERROR)
        raise errors.from_response(response.status_code, response.headers, content, secrets)
    first = await _first_words(body)
    if _is_stream(response, first):
        async with aclosing(_streamed(first, body, secrets)) as events:
            async for event in events:
                yield event
        return
    if not first.strip():
        raise errors.cut_off()
    try:
        data = mended_parsed((await body.rest(first, _LARGEST_JSON)).decode("utf-8", "replace"))
    except NotJson:
        raise errors.unreadable("its answer is neither a stream of events nor JSON") from None
    for event in answer_events(data, secrets):
        yield event
    yield Finished()


async def _first_words(body: _Body) -> bytes:
    """Enough to tell an event stream from JSON and HTML; an error before the workflow starts has no content type."""
    words = b""
    while len(words.lstrip()) < len(b"event:") and b"\n" not in words.lstrip():
        chunk = await body.next()
        if chunk is None:
            break
        words += chunk
    return words


def _is_stream(response: httpx.Response, first: bytes) -> bool:
    words = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if words.startswith(_FIELDS):
        return True
    named = response.headers.get("content-type", "").startswith("text/event-stream")
    return named and not words.startswith((b"{", b"[", b"<"))


async def _streamed(first: bytes, body: _Body, secrets: tuple[str, ...]) -> AsyncGenerator[AssistantEvent, None]:
    parser, decoder = SseParser(), AnswerDecoder(secrets)
    chunk: bytes | None = first
    while chunk is not None:
        for frame in parser.feed(chunk):
            for event in decoder.decode(frame):
                yield event
        if decoder.complete:
            body.expect_the_end()
        chunk = await body.next()
    _report(parser, decoder)
    if not decoder.complete:
        raise errors.cut_off()
    yield Finished()


def _report(parser: SseParser, decoder: AnswerDecoder) -> None:
    counts = {"oversized": parser.skipped, "garbage": decoder.garbage, "unknown": decoder.unknown}
    if any(counts.values()):
        log = _log.warning if parser.skipped or decoder.garbage else _log.debug
        log("frames_skipped", action="frames_skipped", **counts)
