"""Health for whoever watches: served only when there is a PORT."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Report = Callable[[], Awaitable[tuple[bool, dict[str, Any]]]]


class WebServer:
    """`/health/live` says that the process runs; `/health/ready` whether it can work, with status 503 if not."""

    def __init__(self, port: int, report: Report, host: str = "0.0.0.0") -> None:  # noqa: S104 - a PORT is given to be reached
        self._port = port
        self._host = host
        self._report = report
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        assert self._runner is not None, "the server was not started"
        port: int = self._runner.addresses[0][1]
        return port

    async def start(self) -> None:
        """Raises OSError if the port is taken."""
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/health/ready", self._ready)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self, _: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, _: web.Request) -> web.Response:
        ready, facts = await self._report()
        return web.json_response(facts, status=200 if ready else 503)
