"""What is served when there is a PORT: health for whoever watches, and the paths that platforms post to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bridge.ports import Webhook
from bridge.web.webhooks import Door, Limits

Report = Callable[[], Awaitable[tuple[bool, dict[str, Any]]]]

_LEAVING = 3.0  # seconds that requests under way have when the server is closed: as long as Slack waits


class WebServer:
    """`/health/live` says that the process runs; `/health/ready` whether it can work, with status 503 if not."""

    def __init__(
        self,
        port: int,
        report: Report,
        webhooks: Sequence[Webhook] = (),
        host: str = "0.0.0.0",  # noqa: S104 - a PORT is given to be reached
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self._port = port
        self._host = host
        self._report = report
        self._webhooks = webhooks
        self._limits = limits
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._listener is not None, "the server was not started"
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Raises OSError if the port is taken."""
        app = web.Application(client_max_size=self._limits.body)
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/health/ready", self._ready)
        for webhook in self._webhooks:
            if webhook.webhook_path is not None:
                app.router.add_post(webhook.webhook_path, Door(webhook, self._limits).handle)
        runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=self._limits.idle,
            lingering_time=self._limits.lingering,
            shutdown_timeout=_LEAVING,
            logger=_quiet_logger(),
            auto_decompress=False,  # no platform compresses, and a small body could become a very large one
        )
        await runner.setup()
        served = runner.server
        assert served is not None, "it was set up"

        def protocol() -> asyncio.Protocol:
            return served() if len(served.connections) < self._limits.connections else _Refusal()

        try:
            self._listener = await asyncio.get_running_loop().create_server(protocol, self._host, self._port)
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner

    async def close(self) -> None:
        """Requests under way are answered first. Again is no error."""
        if self._runner is None or self._listener is None:
            return
        self._listener.close()
        await self._runner.cleanup()
        self._runner = self._listener = None

    async def _live(self, _: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, _: web.Request) -> web.Response:
        ready, facts = await self._report()
        return web.json_response(facts, status=200 if ready else 503)


class _Refusal(asyncio.Protocol):
    """Of one connection too many: it is closed before anything is read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _quiet_logger() -> logging.Logger:
    """Of what is no HTTP, the library would log a traceback that quotes it: any stranger could fill the log."""
    quiet = logging.getLogger("bridge.web.http")
    quiet.addFilter(_is_our_fault)
    return quiet


def _is_our_fault(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)
