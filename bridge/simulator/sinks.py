"""Where a stream is written to, and what goes wrong on the way."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bridge.simulator.calls import Call
from bridge.simulator.faults import Cut, Drip, Endless, Inject
from bridge.simulator.frames import Frame
from bridge.simulator.replies import UNTYPED
from bridge.simulator.runs import first_of

_STREAM = {
    "Connection": "keep-alive",
    "Content-Type": "text/event-stream;charset=utf-8",
    "Access-Control-Allow-Origin": "*",
    "X-Accel-Buffering": "no",
    "Cache-Control": "no-cache, no-transform",
}


class Over(Exception):
    """The response is finished, by a fault."""


class Sink:
    """One response body. Headers go out with its first bytes, as Node's do."""

    def __init__(self, call: Call, *, is_stream: bool = True) -> None:
        self.response = web.StreamResponse(headers=call.headers | (_STREAM if is_stream else {"Content-Type": UNTYPED}))
        self._request = call.request
        self._fault = call.fault if is_stream else None
        self._closing = call.state.closing
        self._events = 0
        self._bytes = 0

    async def frame(self, frame: Frame, *, detail: bool) -> None:
        """Raises Over where a fault ends the body."""
        await self._between()
        for data in frame.writes(detail=detail):
            await self._write(data)
        self._events += 1

    async def end(self) -> None:
        await self._between()
        await self._prepare()
        await self.response.write_eof()

    async def _between(self) -> None:
        """Faults that happen between two events."""
        match self._fault:
            case Cut(after_events=count) if count is not None and count == self._events:
                await self._cut()
            case Inject(data, count, then) if count == self._events:
                self._fault = None
                await self._prepare()
                await self.response.write(data)
                if then == "cut":
                    await self._cut()
                if then == "end":
                    await self.response.write_eof()
                    raise Over
            case Endless(frame, count, delay) if count == self._events:
                await self._prepare()
                while not self._closing.is_set():
                    await self.response.write(frame)
                    await (first_of(self._closing, timeout=delay) if delay else asyncio.sleep(0))
                raise Over
            case _:
                pass

    async def _write(self, data: bytes) -> None:
        match self._fault:
            case Cut(after_bytes=count) if count is not None and self._bytes + len(data) > count:
                if keep := data[: count - self._bytes]:
                    await self._prepare()
                    await self.response.write(keep)
                await self._cut()
            case Drip(size, delay):
                await self._prepare()
                for position in range(0, len(data), size):
                    await self.response.write(data[position : position + size])
                    await (first_of(self._closing, timeout=delay) if delay else asyncio.sleep(0))
            case _:
                await self._prepare()
                await self.response.write(data)
        self._bytes += len(data)

    async def _prepare(self) -> None:
        if not self.response.prepared:
            await self.response.prepare(self._request)

    async def _cut(self) -> None:
        """What was written arrives, then the connection closes without the end of the body."""
        if self._request.transport is not None:
            self._request.transport.close()
        raise Over
