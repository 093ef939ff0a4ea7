"""Slack's socket: open, looked after, and closed without losing what just came in.

Slack redelivers an event that was not acknowledged, at once, after a minute and after five; so the cure for every doubt
is a new socket. Sockets have been seen to stay open and fall silent (slackapi/bolt-python#1529).
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import cast

from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.api import SlackApi
from adapters.slack.calling import quiet_logger
from adapters.slack.config import SlackConfig
from adapters.slack.errors import FOREIGN
from bridge.domain.errors import PlatformError
from bridge.ports import Clock

log = logging.getLogger(__name__)

_DRAINING = 3.0  # seconds: as long as Slack waits for an acknowledgement
_CONNECTING = 20.0  # seconds
REPEATED_FOR = 300.0  # seconds for which Slack surely repeats what nobody acknowledged
_DOUBTS = 3
"""How many times in a row the socket may fail to come back before everything around it is made anew."""


class Socket:
    """Runs a bolt app on one socket until cancelled. `heard` is called for everything that comes.

    `back` is called once there is a socket after none was known for longer than Slack repeats: at the start, too.
    """

    def __init__(
        self,
        app: AsyncApp,
        api: SlackApi,
        config: SlackConfig,
        clock: Clock,
        heard: Callable[[], None],
        back: Callable[[], None],
    ) -> None:
        self._app = app
        self._api = api
        self._config = config
        self._clock = clock
        self._heard = heard
        self._back = back
        self._open_at = -math.inf
        self._at_work: set[asyncio.Task[None]] = set()
        self._closing = False

    async def run(self) -> None:
        """Raises PlatformError if Slack refuses the app-level token."""
        while True:
            url = await self._address()
            handler = AsyncSocketModeHandler(
                self._app,
                self._config.app_token,
                logger=quiet_logger(),
                web_client=self._api.app_client,
                ping_interval=self._config.ping_interval,
            )
            client = handler.client
            client.wss_uri = url
            client.socket_mode_request_listeners = [self._tracked(handler)]
            client.on_message_listeners.append(self._on_message)
            try:
                await client.connect()  # type: ignore[no-untyped-call]
                log.info("connected", extra={"platform": "slack"})
                self._is_open()
                await self._watch(client)
            finally:
                await self._close(client)

    async def _address(self) -> str:
        """A network that is down is waited for; a token that is wrong is not."""
        pause = 1.0
        while True:
            try:
                return await self._api.socket_url(self._config.app_token)
            except PlatformError as error:
                if error.permanent:
                    raise
                log.warning("socket_refused", extra={"reason": error.sentence})
                await self._clock.sleep(error.retry_after or pause)
                pause = min(pause * 2, 60.0)

    async def _watch(self, client: SocketModeClient) -> None:
        """Returns when the socket cannot be revived."""
        doubts = 0
        while doubts < _DOUBTS:
            await self._clock.sleep(self._config.watch_every)
            if await client.is_connected():
                self._heard()
                self._is_open()
                doubts = 0
                continue
            doubts += 1
            log.warning("socket_in_doubt", extra={"platform": "slack", "times": doubts})
            try:
                async with asyncio.timeout(_CONNECTING):
                    await client.connect_to_new_endpoint(force=True)
            except FOREIGN as error:
                log.warning("socket_refused", extra={"reason": type(error).__name__})

    def _is_open(self) -> None:
        silent_since, self._open_at = self._open_at, self._clock.monotonic()
        if self._open_at - silent_since > REPEATED_FOR:
            self._back()

    def _tracked(
        self, handler: AsyncSocketModeHandler
    ) -> Callable[[AsyncBaseSocketModeClient, SocketModeRequest], asyncio.Future[None]]:
        def handle(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> asyncio.Future[None]:
            task = asyncio.ensure_future(self._handle(handler, client, request))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
            return task

        return handle

    async def _handle(
        self, handler: AsyncSocketModeHandler, client: AsyncBaseSocketModeClient, request: SocketModeRequest
    ) -> None:
        if not self._closing:  # otherwise it is left for whoever is listening after us
            await handler.handle(cast(SocketModeClient, client), request)

    async def _on_message(self, message: WSMessage) -> None:
        del message
        self._heard()

    async def _close(self, client: SocketModeClient) -> None:
        """Let what is being committed be committed and acknowledged, then go."""
        self._closing = True
        if self._at_work:
            await asyncio.wait(set(self._at_work), timeout=_DRAINING)
        left = [client.message_processor, client.current_session_monitor, client.message_receiver]
        await client.close()  # type: ignore[no-untyped-call]
        await asyncio.gather(*(task for task in left if task is not None), return_exceptions=True)
        self._closing = False
