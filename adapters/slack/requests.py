"""Slack over HTTP: it posts events, interactions and commands to us, each signed.

A request is answered with 200 once what it brings is committed, and with anything else Slack repeats an event: at once,
after a minute and after five. A click or a command is not repeated; its person is told that it failed.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack.addresses import PLATFORM
from adapters.slack.connection import REPEATED_FOR
from bridge.domain.errors import PlatformError
from bridge.ports import Clock, HttpAnswer, HttpRequest

log = logging.getLogger(__name__)

PATH = "/slack/events"
_LOOK_EVERY = 300.0  # seconds
_LAST_TRY = 3  # the number of Slack's last repetition of an event


class Requests:
    """Answers what was found to be signed, through a bolt app. `heard` is called for everything that comes.

    `look` asks Slack whether the bot's token is still good, for Slack would fall silent without a word if it were not.
    `back` is called whenever Slack may have given up on something meanwhile: at the start, after nothing could be
    acknowledged for longer than Slack repeats, and when it tries something for the last time.
    """

    def __init__(
        self,
        app: AsyncApp,
        look: Callable[[], Awaitable[object]],
        clock: Clock,
        heard: Callable[[], None],
        back: Callable[[], None],
    ) -> None:
        self._app = app
        self._look = look
        self._clock = clock
        self._heard = heard
        self._back = back
        self._failing_since = math.inf

    async def run(self) -> None:
        """Until cancelled. Raises PlatformError once Slack does not take the bot's token any more."""
        log.info("connected", extra={"platform": PLATFORM, "path": PATH})
        self._heard()
        self._back()
        while True:
            await self._clock.sleep(_LOOK_EVERY)
            try:
                await self._look()
            except PlatformError as error:
                if error.permanent:
                    raise
                log.warning("identity_unknown", extra={"reason": error.sentence})

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        self._heard()
        try:
            # Headers are not signed: bolt gets none by which it could be led elsewhere.
            given = AsyncBoltRequest(
                body=request.body.decode(), headers={"content-type": request.headers.get("content-type", "")}
            )
        except (ValueError, RecursionError):
            return HttpAnswer(400)
        response = await self._app.async_dispatch(given)
        self._looked_after(response, request.headers.get("x-slack-retry-num", ""))
        return _as_answer(response)

    def _looked_after(self, response: BoltResponse, retry: str) -> None:
        now = self._clock.monotonic()
        if response.status >= 500:
            self._failing_since = min(self._failing_since, now)
            return
        if now - self._failing_since > REPEATED_FOR or retry == str(_LAST_TRY):
            self._back()
        self._failing_since = math.inf


def _as_answer(response: BoltResponse) -> HttpAnswer:
    media_type = response.first_headers().get("content-type", "text/plain")
    return HttpAnswer(response.status, response.body, media_type.partition(";")[0])
