"""What platforms post to us: bounded before anybody believes it, and refused without a word.

What is the platform's own (signatures, secrets, what the body means) is its adapter's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bridge.domain.errors import StoreUnavailable
from bridge.ports import HttpAnswer, HttpRequest, Webhook

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Platforms send some kilobytes in one go, on few connections (Telegram: 40), and wait for seconds.

    `body` is in bytes. `read_within`, `answered_within` and `idle` are in seconds; the last is how long a connection
    may be open without a whole request line and headers: longer than the proxies in front of us keep theirs.
    `lingering`: how long the rest of a refused body is thrown away, so that its sender sees the answer.
    `at_once` is how many admitted requests per platform may be under way, `connections` how many may be open in all:
    far fewer than a process may have, so that strangers cannot keep it from opening its own.
    """

    body: int = 1024 * 1024
    read_within: float = 5.0
    answered_within: float = 25.0
    idle: float = 95.0
    lingering: float = 1.0
    at_once: int = 100
    connections: int = 400


_SAID_EVERY = 60.0  # seconds between two lines about requests that were refused for the same reason


class Door:
    """The path of one platform. Whoever is not admitted costs a comparison; the others a bounded share of memory."""

    def __init__(self, webhook: Webhook, limits: Limits, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._webhook = webhook
        self._limits = limits
        self._monotonic = monotonic
        self._inside = 0
        self._unsaid: dict[int, int] = {}
        self._said_at: dict[int, float] = {}

    async def handle(self, request: web.Request) -> web.Response:
        answer = await self._answer(request)
        if answer.status in _REFUSALS:
            self._say(request.path, answer.status)
        return web.Response(status=answer.status, text=answer.body, content_type=answer.media_type)

    async def _answer(self, request: web.Request) -> HttpAnswer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not self._webhook.admits(headers):
            return HttpAnswer(401)
        if self._inside >= self._limits.at_once:
            return HttpAnswer(503)
        self._inside += 1
        try:
            body = await self._body(request)
            return body if isinstance(body, HttpAnswer) else await self._received(HttpRequest(headers, body))
        finally:
            self._inside -= 1

    async def _body(self, request: web.Request) -> bytes | HttpAnswer:
        """The answer instead, if it is too large, too slow or broken off."""
        if (request.content_length or 0) > self._limits.body:
            return HttpAnswer(413)
        try:
            async with asyncio.timeout(self._limits.read_within):
                return await request.read()
        except web.HTTPRequestEntityTooLarge:
            return HttpAnswer(413)
        except TimeoutError:
            return HttpAnswer(408)
        except web.RequestPayloadError:
            return HttpAnswer(400)

    async def _received(self, request: HttpRequest) -> HttpAnswer:
        """What is not committed is not acknowledged, so that it comes again."""
        try:
            async with asyncio.timeout(self._limits.answered_within):
                return await self._webhook.receive(request)
        except TimeoutError:
            return HttpAnswer(503)
        except StoreUnavailable as error:
            logger.warning("not_received", extra={"error": error.sentence})
            return HttpAnswer(503)

    def _say(self, path: str, status: int) -> None:
        """Now and then, with how many there were: whoever knocks must not be able to fill the log."""
        self._unsaid[status] = self._unsaid.get(status, 0) + 1
        now = self._monotonic()
        said_at = self._said_at.get(status)
        if said_at is not None and now - said_at < _SAID_EVERY:
            return
        extra = {"path": path, "status": status, "reason": _REFUSALS[status], "times": self._unsaid.pop(status)}
        logger.warning("webhook_refused", extra=extra)
        self._said_at[status] = now


_REFUSALS = {
    400: "it cannot be read",
    401: "its signature or secret is missing, old or wrong",
    408: "it was sent too slowly",
    413: "it is too large",
    503: "nobody listens yet, too many came at once, or the database is away",
}
