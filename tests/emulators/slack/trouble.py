"""Carries out scripted faults on HTTP requests."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.emulators.slack.errors import Refused
from tests.emulators.slack.faults import ApiError, Failed, Fault, Held, Html, RateLimited, Reset, Silence
from tests.emulators.slack.world import Call

PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Something went wrong.</body></html>"

Work = Callable[[], Awaitable[web.StreamResponse]]


class Trouble:
    """`closing` ends what was left hanging."""

    def __init__(self) -> None:
        self.closing = asyncio.Event()

    async def around(self, fault: Fault | None, call: Call, request: web.Request, work: Work) -> web.StreamResponse:
        """Do the work, or spoil it, or do it and keep the answer back."""
        match fault:
            case None:
                return await work()
            case RateLimited(retry_after):
                return limited(call, retry_after)
            case Failed(status, error):
                return answered(call, Refused(error), status)
            case ApiError(error, messages):
                return answered(call, Refused(error, messages))
            case Html(status):
                call.status = status
                return web.Response(status=status, text=PAGE, content_type="text/html")
            case Held(processed=False):
                await fault.wait()
                return await work()
            case Reset(processed) | Silence(processed) | Held(processed):
                response = await work() if processed else web.Response(status=500)
                await self._withhold(fault, call, request)
                return response

    async def _withhold(self, fault: Reset | Silence | Held, call: Call, request: web.Request) -> None:
        if isinstance(fault, Held):
            await fault.wait()
            return
        call.status = 0
        if isinstance(fault, Silence):
            await self.closing.wait()
        reset(request)


def answered(call: Call, refused: Refused, status: int = 200) -> web.Response:
    call.status, call.answer = status, refused.body()
    return web.json_response(call.answer, status=status)


def limited(call: Call, seconds: int) -> web.Response:
    response = answered(call, Refused("ratelimited"), 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def reset(request: web.Request) -> None:
    """End the TCP connection with RST instead of an answer."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
