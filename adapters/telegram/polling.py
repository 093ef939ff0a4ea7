"""Long polling in which an update is confirmed to Telegram only after it was committed.

Telegram confirms what lies before the offset of the next getUpdates. There is no stored offset: after a restart
Telegram repeats what was never confirmed, and the inbox knows what it has.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from adapters.telegram.api import TelegramApi
from adapters.telegram.intake import Intake
from adapters.telegram.places import PLATFORM
from bridge.domain.errors import PlatformError, StoreUnavailable
from bridge.ports import Clock, Gateway

logger = logging.getLogger(__name__)

_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds
_LONGEST_FOR_US = 5.0
"""Seconds: the database is our own, and whoever wrote during its outage waits no longer than that after it."""


class Polling:
    def __init__(
        self,
        api: TelegramApi,
        intake: Intake,
        gateway: Gateway,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._api = api
        self._intake = intake
        self._gateway = gateway
        self._clock = clock
        self._jitter = jitter
        self._failures = 0

    async def run(self) -> None:
        """Until cancelled. Raises PlatformError(permanent=True) once the token is not valid any more."""
        await self._without_webhook()
        offset: int | None = None
        while True:
            try:
                raws = await self._api.updates(offset)
                self._gateway.heard(PLATFORM)
                await self._intake.take(raws)
            except (PlatformError, StoreUnavailable) as error:
                if isinstance(error, PlatformError) and error.permanent:
                    raise
                await self._pause(error)
                continue
            self._failures = 0
            for raw in raws:
                offset = int(raw["update_id"]) + 1

    async def _without_webhook(self) -> None:
        while True:
            try:
                return await self._api.drop_webhook()
            except PlatformError as error:
                if error.permanent:
                    raise
                await self._pause(error)

    async def _pause(self, error: PlatformError | StoreUnavailable) -> None:
        """1, 2, 4 … 30 seconds, each up to half as long again, or what Telegram asks for."""
        most = _LONGEST_FOR_US if isinstance(error, StoreUnavailable) else _LONGEST_PAUSE
        longest = min(most, _SHORTEST_PAUSE * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        asked = error.retry_after if isinstance(error, PlatformError) else None
        logger.warning("not_listening", extra={"error": error.sentence, "seconds": longest})
        await self._clock.sleep(max(asked or 0.0, longest) * (1 + self._jitter() / 2))
