"""Keeping every platform listened to: led where only one process may listen, started again when it breaks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from bridge.domain.errors import BridgeError, PlatformError, StoreUnavailable
from bridge.ports import Adapter, Clock, Gateway, Store
from bridge.services.health import Health

logger = logging.getLogger(__name__)

LEASE = 6.0  # seconds; a leader that died is replaced after that
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0


class Leadership:
    """One holder of a name among all processes of a database, by a lease (seconds), which is renewed thrice in it."""

    def __init__(self, store: Store, worker: str, clock: Clock, lease: float = LEASE) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock
        self._lease = lease
        self._renew = lease / 3

    async def during(self, name: str, work: Callable[[], Awaitable[None]], waiting: Callable[[], None]) -> None:
        """Do `work` while this process leads `name`; wait, and say so once, while another one does. Until cancelled."""
        said = False
        while True:
            asked_at = self._clock.monotonic()
            leads = await self._leads(name)
            if leads:
                said = False
                await self._lead(name, work, asked_at)
            elif leads is False and not said:
                waiting()
                said = True
            await self._clock.sleep(self._renew)

    async def _lead(self, name: str, work: Callable[[], Awaitable[None]], asked_at: float) -> None:
        logger.info("leading", extra={"name_of_lead": name})
        task = asyncio.ensure_future(work())
        lost = asyncio.ensure_future(self._lost(name, asked_at))
        try:
            await asyncio.wait({task, lost}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
        finally:
            task.cancel()
            lost.cancel()
            await asyncio.gather(task, lost, return_exceptions=True)
            with contextlib.suppress(StoreUnavailable):
                await self._store.resign(name, self._worker)

    async def _lost(self, name: str, asked_at: float) -> None:
        """Returns once another process leads, or may by now: the lease counts from before it was asked for."""
        until = asked_at + self._lease - self._renew
        while True:
            await self._clock.sleep(self._renew)
            asked_at = self._clock.monotonic()
            leads = await self._leads_before(name, until)
            if leads:
                until = asked_at + self._lease - self._renew
            elif leads is False or self._clock.monotonic() >= until:
                logger.warning("lead_lost", extra={"name_of_lead": name})
                return

    async def _leads_before(self, name: str, deadline: float) -> bool | None:
        """None also if the database takes until then to say it."""
        asking = asyncio.ensure_future(self._leads(name))
        late = asyncio.ensure_future(self._clock.sleep(deadline - self._clock.monotonic()))
        try:
            await asyncio.wait({asking, late}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            asking.cancel()
            late.cancel()
            await asyncio.gather(asking, late, return_exceptions=True)

    async def _leads(self, name: str) -> bool | None:
        """None if the database cannot say."""
        try:
            return await self._store.lead(name, self._worker, timedelta(seconds=self._lease))
        except StoreUnavailable as error:
            logger.warning("lead_unknown", extra={"name_of_lead": name, "error": error.sentence})
            return None


class Listeners:
    def __init__(self, gateway: Gateway, leadership: Leadership, health: Health, clock: Clock) -> None:
        self._gateway = gateway
        self._leadership = leadership
        self._health = health
        self._clock = clock

    async def listen(self, adapter: Adapter) -> None:
        """Until cancelled. A platform that refuses for good is left alone and reported; the others go on."""
        platform = adapter.platform
        await self._again_and_again(
            "listener", {"platform": platform}, lambda: self._session(adapter), partial(self._health.troubled, platform)
        )

    async def keep_up(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` on one process of all, until cancelled, whatever becomes of it."""
        await self._again_and_again("upkeep", {}, lambda: self._leadership.during("upkeep", work, lambda: None))

    async def _again_and_again(
        self,
        name: str,
        facts: Mapping[str, str],
        session: Callable[[], Awaitable[None]],
        troubled: Callable[[str], None] = lambda problem: None,
    ) -> None:
        """What ends is begun again, after longer and longer pauses; but for what a platform refuses for good."""
        pause = _FIRST_PAUSE
        while True:
            begun = self._clock.monotonic()
            error = await _trouble(name, facts, session, troubled)
            if isinstance(error, PlatformError) and error.permanent:
                logger.error("platform_parked", extra={**facts, "error": error.sentence})
                return
            if self._clock.monotonic() - begun > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            asked = error.retry_after if isinstance(error, PlatformError) else None
            await self._clock.sleep(max(pause, asked or 0.0))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _session(self, adapter: Adapter) -> None:
        self._health.connecting(adapter.platform)
        await adapter.connect()
        self._health.connected(adapter.platform)
        if not adapter.capabilities.single_listener:
            return await adapter.listen(self._gateway)
        await self._leadership.during(
            f"listen:{adapter.platform}:{adapter.bot}",
            lambda: adapter.listen(self._gateway),
            lambda: self._health.standing_by(adapter.platform),
        )


async def _trouble(
    name: str, facts: Mapping[str, str], session: Callable[[], Awaitable[None]], troubled: Callable[[str], None]
) -> Exception | None:
    """Go on until it breaks, and say so; why, if there was an error. Health is public, so it gets no traceback."""
    try:
        await session()
    except BridgeError as error:
        troubled(error.sentence)
        logger.warning(f"{name}_failed", extra={**facts, "error": error.sentence})
        return error
    except Exception as error:
        troubled(f"{type(error).__name__}, see the log")
        logger.error(f"{name}_broke", extra={**facts, "error": repr(error)}, exc_info=error)
        return error
    troubled("it has stopped listening")
    logger.warning(f"{name}_ended", extra=dict(facts))
    return None


async def refusals(adapters: Sequence[Adapter]) -> list[BridgeError]:
    """Connect every platform once: what trying again cannot help. One that is merely away is only logged."""
    refused: list[BridgeError] = []
    for adapter in adapters:
        try:
            await adapter.connect()
        except PlatformError as error:
            if error.permanent:
                refused.append(error)
            else:
                logger.warning("not_connected_yet", extra={"platform": adapter.platform, "error": error.sentence})
    return refused
