"""Keeping every platform listened to: led where only one process may listen, started again when it breaks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bridge.domain.errors import BridgeError, PlatformError, StoreUnavailable
from bridge.ports import Adapter, Clock, Gateway, Store
from bridge.services.health import Health

logger = logging.getLogger(__name__)

_LEASE = 15.0  # seconds; a leader that died is replaced after that
_RENEW = 5.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0


class Leadership:
    """One holder of a name among all processes of a database, by a lease."""

    def __init__(self, store: Store, worker: str, clock: Clock) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock

    async def during(self, name: str, work: Callable[[], Awaitable[None]], waiting: Callable[[], None]) -> None:
        """Do `work` while this process leads `name`; wait, and say so once, while another one does. Until cancelled."""
        said = False
        while True:
            if await self._leads(name):
                said = False
                await self._lead(name, work)
            elif not said:
                waiting()
                said = True
            await self._clock.sleep(_RENEW)

    async def _lead(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        logger.info("leading", extra={"name_of_lead": name})
        task = asyncio.ensure_future(work())
        try:
            held_at = self._clock.monotonic()
            while not task.done():
                await asyncio.wait({task}, timeout=_RENEW)
                if await self._leads(name):
                    held_at = self._clock.monotonic()
                elif self._clock.monotonic() - held_at > _LEASE - _RENEW:
                    logger.warning("lead_lost", extra={"name_of_lead": name})
                    return
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            with contextlib.suppress(StoreUnavailable):
                await self._store.resign(name, self._worker)

    async def _leads(self, name: str) -> bool:
        try:
            return await self._store.lead(name, self._worker, timedelta(seconds=_LEASE))
        except StoreUnavailable as error:
            logger.warning("lead_unknown", extra={"name_of_lead": name, "error": error.sentence})
            return False


class Listeners:
    def __init__(self, gateway: Gateway, leadership: Leadership, health: Health, clock: Clock) -> None:
        self._gateway = gateway
        self._leadership = leadership
        self._health = health
        self._clock = clock

    async def listen(self, adapter: Adapter) -> None:
        """Until cancelled. A platform that refuses for good is left alone and reported; the others go on."""
        pause = _FIRST_PAUSE
        while True:
            begun = self._clock.monotonic()
            try:
                return await self._session(adapter)
            except PlatformError as error:
                self._health.troubled(adapter.platform, error.sentence)
                if error.permanent:
                    logger.error("platform_parked", extra={"platform": adapter.platform, "error": error.sentence})
                    return None
                logger.warning("listener_failed", extra={"platform": adapter.platform, "error": error.sentence})
            except Exception as error:
                self._health.troubled(adapter.platform, repr(error))
                logger.error("listener_broke", extra={"platform": adapter.platform}, exc_info=error)
            if self._clock.monotonic() - begun > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            await self._clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _session(self, adapter: Adapter) -> None:
        await adapter.connect()
        if not adapter.capabilities.single_listener:
            return await adapter.listen(self._gateway)
        await self._leadership.during(
            f"listen:{adapter.platform}:{adapter.bot}",
            lambda: adapter.listen(self._gateway),
            lambda: self._health.standing_by(adapter.platform),
        )


async def connected(adapters: list[Adapter]) -> list[BridgeError]:
    """Try every platform once; the refusals that trying again cannot help."""
    refusals: list[BridgeError] = []
    for adapter in adapters:
        try:
            await adapter.connect()
        except PlatformError as error:
            if error.permanent:
                refusals.append(error)
            else:
                logger.warning("not_connected_yet", extra={"platform": adapter.platform, "error": error.sentence})
    return refusals
