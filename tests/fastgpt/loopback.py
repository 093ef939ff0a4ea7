"""A server on this machine that plays what a test wrote for it and records what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NO_SUCH_PAGE = "<!DOCTYPE html><html>404</html>"


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    content: bytes
    json: Any = None


@dataclass
class Loopback:
    """`pages` answer by `METHOD /path`; anything else is FastGPT's HTML 404."""

    url: str = ""
    pages: dict[str, Handler] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    busy: asyncio.Event = field(default_factory=asyncio.Event)
    """An answer is being held."""
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    @property
    def paths(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        content = await request.read()
        asked = Asked(request.method, request.path, dict(request.query), request.headers, content)
        if request.content_type == "application/json" and content:
            asked.json = await request.json()
        self.asked.append(asked)
        page = self.pages.get(f"{request.method} {request.path.removeprefix('/api')}")
        if page is None:
            return web.Response(status=404, text=NO_SUCH_PAGE, content_type="text/html")
        return await page(request)  # type: ignore[arg-type]


@asynccontextmanager
async def loopback(**pages: Handler) -> AsyncIterator[Loopback]:
    server = Loopback(pages=dict(pages))
    runner = web.ServerRunner(web.Server(server, handler_cancellation=True), shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        server.url = f"http://{host}:{port}"
        yield server
    finally:
        await runner.cleanup()


def gives(
    body: bytes | str,
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Handler:
    """A page with this body. An empty content type sends none, as FastGPT does before a workflow starts."""

    async def page(request: web.Request) -> web.StreamResponse:
        content = body.encode() if isinstance(body, str) else body
        response = web.StreamResponse(status=status, headers=headers)
        if content_type:
            response.headers["Content-Type"] = content_type
        response.content_length = len(content)
        await response.prepare(request)
        await response.write(content)
        await response.write_eof()
        return response

    return page


def data(value: str, **kwargs: Any) -> Handler:
    """An envelope with this JSON as its data."""
    return gives(f'{{"code":200,"statusText":"","message":"","data":{value}}}', **kwargs)


def streams(*chunks: bytes, then: str = "end") -> Handler:
    """An event stream: `then` it ends, is `cut`, or is `held` open until the client hangs up."""

    async def page(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream;charset=utf-8"})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if then == "held":
            server: Loopback = request.protocol._manager.request_handler  # type: ignore[union-attr, assignment]
            server.busy.set()
            try:
                await asyncio.sleep(30)
            finally:
                server.hung_up.set()
        if then == "cut":
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write_eof()
        return response

    return page
