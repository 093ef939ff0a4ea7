"""Claims lanes and has their updates handled: bounded, leased, retried with backoff, set aside when hopeless."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bridge.domain.errors import (
    AssistantError,
    BridgeError,
    LeaseLost,
    PlatformError,
    StoreRefused,
    StoreUnavailable,
)
from bridge.domain.ids import TurnId
from bridge.domain.updates import Update
from bridge.ports import Claim, Clock, Store, WorkSignal
from bridge.services.cancellation import is_being_cancelled
from bridge.services.commits import committed

logger = logging.getLogger(__name__)

_FAREWELL = 3.5  # seconds to say that it goes on elsewhere: Telegram's groups are edited every three
_SUSPECTS_WAIT = 5.0  # seconds

Handle = Callable[[Claim], Awaitable[Sequence[Update]]]
"""Handles the updates of a claim and returns what follows from them, to be enqueued as they are finished."""

Bury = Callable[[Claim, BaseException], Awaitable[None]]
"""Tells the person that their update was set aside."""

StopTurn = Callable[[str, TurnId], None]
"""Somebody asked, perhaps through another process, to stop the turn that runs in this lane."""


@dataclass(frozen=True, slots=True)
class WorkerPolicy:
    """Seconds, but for the counts. `lease` must be several heartbeats long.

    `max_attempts` is for what fails for no known reason, or because FastGPT does. `max_outages` is for a platform or a
    database that is away: nobody can be told then, so it is tried for as long as an outage lasts (40 attempts take half
    an hour).
    """

    max_claims: int = 200
    lease: float = 60.0
    heartbeat: float = 5.0
    poll: float = 2.0
    drain: float = 20.0
    max_attempts: int = 6
    max_outages: int = 40
    max_crashes: int = 3
    first_retry: float = 1.0
    longest_retry: float = 60.0


class Worker:
    """`name` is unique among the processes that share a database. `leave`: what still runs will be left to others."""

    def __init__(
        self,
        store: Store,
        handle: Handle,
        bury: Bury,
        stop_turn: StopTurn,
        *,
        name: str,
        clock: Clock,
        policy: WorkerPolicy = WorkerPolicy(),
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._handle = handle
        self._tell_buried = bury
        self._stop_turn = stop_turn
        self._leave = leave
        self._name = name
        self._clock = clock
        self._policy = policy
        self._slots = asyncio.Semaphore(policy.max_claims)
        self._tasks: set[asyncio.Task[None]] = set()
        self._holder: dict[str, asyncio.Task[None]] = {}
        self._suspect: str | None = None
        self._away_since: float | None = None
        self._claims_from = 0.0

    @property
    def running(self) -> int:
        """How many claims are being worked on."""
        return len(self._tasks)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish what can be finished within `drain` seconds and hand back the rest.

        Raises StoreRefused if the database will not be usable any more: then it is for a new start to say why.
        """
        async with self._store.work() as signal:
            heart = asyncio.create_task(self._beat_forever(signal))
            try:
                await self._claim_until(stop, signal)
                await self._drain()
            finally:
                await _cancelled([heart, *self._tasks])

    async def _claim_until(self, stop: asyncio.Event, signal: WorkSignal) -> None:
        stopping = asyncio.create_task(stop.wait())
        try:
            while await _happens(self._slots.acquire(), unless=stopping):
                claim = None if stop.is_set() else await self._claim()
                if claim is not None:
                    self._start(claim)
                    continue
                self._slots.release()
                if not await _happens(signal.wait(self._policy.poll), unless=stopping):
                    return
        finally:
            await _cancelled([stopping])

    async def _claim(self) -> Claim | None:
        try:
            if self._away_since is not None:
                await self._return(self._away_since)
            if self._clock.monotonic() < self._claims_from:
                return None
            return await self._store.claim(self._name, timedelta(seconds=self._policy.lease))
        except StoreRefused:
            raise
        except StoreUnavailable as error:
            self._is_away()
            logger.warning("claim_failed", extra={"error": error.sentence})
            return None

    def _is_away(self) -> None:
        if self._away_since is None:
            self._away_since = self._clock.monotonic()

    async def _return(self, away_since: float) -> None:
        """After an outage leases may be over whose holders are alive and well: extend one's own, and leave the others
        time to do the same, before anything is claimed."""
        await self._beat()
        self._away_since, now = None, self._clock.monotonic()
        if now - away_since > self._policy.lease - 2 * self._policy.heartbeat:
            self._claims_from = now + self._policy.heartbeat

    def _start(self, claim: Claim) -> None:
        """A lane that could be claimed is nobody else's: whoever still works on it here has lost it."""
        if outdated := self._holder.get(claim.lane):
            outdated.cancel()
        task = asyncio.create_task(self.work(claim), name=claim.lane)
        self._tasks.add(task)
        self._holder[claim.lane] = task
        task.add_done_callback(lambda _: self._ended(claim.lane, task))

    def _ended(self, lane: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._holder.get(lane) is task:
            del self._holder[lane]
        self._slots.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("claim_lost", extra={"lane": lane, "error": repr(error)}, exc_info=error)

    async def work(self, claim: Claim) -> None:
        """Handle one claim to its end: finished, released or buried; raises only what ends this task alone."""
        try:
            await self._attempt(claim)
        except LeaseLost:
            logger.warning("lease_lost", extra={"lane": claim.lane})
        except StoreRefused as error:  # nothing is said or decided: whoever comes next goes on with it
            logger.error("work_left", extra={"lane": claim.lane, "error": error.sentence})
        except asyncio.CancelledError:
            await asyncio.shield(self._hand_back(claim))
            raise

    async def _attempt(self, claim: Claim) -> None:
        crashes = claim.attempts - 1 - claim.failures
        if 0 < crashes == self._policy.max_crashes - 1:
            return await self._attempt_alone(claim)
        await self._attempt_now(claim, crashes)

    async def _attempt_alone(self, claim: Claim) -> None:
        """The next crash condemns it, so it must not be another's: suspects are tried one at a time."""
        if self._suspect is not None:
            pause = timedelta(seconds=_SUSPECTS_WAIT)
            return await committed(self._clock, lambda: self._store.release(claim, pause, attempted=False))
        self._suspect = claim.lane
        try:
            await self._attempt_now(claim, self._policy.max_crashes - 1)
        finally:
            self._suspect = None

    async def _attempt_now(self, claim: Claim, crashes: int) -> None:
        try:
            if crashes >= self._policy.max_crashes:
                raise Poisonous(f"it ended the process {crashes} times")
            follow_ups = await self._handle(claim)
            await committed(self._clock, lambda: self._store.finish(claim, follow_ups))
        except (LeaseLost, StoreRefused):
            raise
        except asyncio.CancelledError as error:
            if is_being_cancelled():
                raise
            # Not ours: handed back uncounted, it would come again at once and for ever.
            stray = Interrupted("something inside of it was cancelled")
            stray.__cause__ = error
            await self._failed(claim, stray)
        except Exception as error:  # noqa: BLE001 - the worker's loop: one update must not end the others
            await self._failed(claim, error)

    async def _failed(self, claim: Claim, error: Exception) -> None:
        """Try again later, or set it aside. Raises LeaseLost."""
        fields = {"lane": claim.lane, "update": claim.updates[0].id, "attempts": claim.attempts, "error": repr(error)}
        if not self._is_hopeless(claim, error):
            delay = self._backoff(claim.attempts, error)
            trace = None if isinstance(error, BridgeError) else error
            logger.warning("update_failed", extra={**fields, "retry_in": delay}, exc_info=trace)
            await committed(self._clock, lambda: self._store.release(claim, timedelta(seconds=delay)))
            return
        logger.error("update_buried", extra=fields, exc_info=None if isinstance(error, BridgeError) else error)
        await self._tell(claim, error)
        reason = "".join(traceback.format_exception(error))
        await committed(self._clock, lambda: self._store.bury(claim, reason))

    def _is_hopeless(self, claim: Claim, error: Exception) -> bool:
        if isinstance(error, Poisonous) or (isinstance(error, BridgeError) and error.permanent):
            return True
        is_away = isinstance(error, PlatformError | StoreUnavailable)
        return claim.attempts >= (self._policy.max_outages if is_away else self._policy.max_attempts)

    async def _tell(self, claim: Claim, error: Exception) -> None:
        """A word to the person; that it cannot be said must not keep the update from being set aside."""
        try:
            await self._tell_buried(claim, error)
        except LeaseLost:
            raise
        except Exception as failure:
            logger.warning("apology_failed", extra={"lane": claim.lane, "error": repr(failure)}, exc_info=failure)

    def _backoff(self, attempts: int, error: Exception) -> float:
        delay = min(self._policy.longest_retry, self._policy.first_retry * 2.0 ** min(attempts - 1, 30))
        asked = error.retry_after if isinstance(error, AssistantError | PlatformError) else None
        return max(delay, asked or 0.0)

    async def _hand_back(self, claim: Claim) -> None:
        with contextlib.suppress(LeaseLost, StoreUnavailable):
            await self._store.release(claim, timedelta(0), attempted=False)

    async def _beat_forever(self, signal: WorkSignal) -> None:
        """Without a heart every lease would run out, so no failure of one beat may end it.

        A stop that was asked for in another process is not kept waiting for the next one.
        """
        while True:
            pause = asyncio.create_task(self._clock.sleep(self._policy.heartbeat))
            try:
                await _happens(signal.stop_asked(), unless=pause)
            finally:
                await _cancelled([pause])
            if not self._tasks:
                continue
            try:
                await self._beat()
            except StoreUnavailable as error:
                self._is_away()
                logger.warning("heartbeat_failed", extra={"error": error.sentence})

    async def _beat(self) -> None:
        """Raises StoreUnavailable."""
        try:
            await self._extend()
        except StoreUnavailable:
            raise
        except Exception as error:
            logger.error("heartbeat_broke", extra={"error": repr(error)}, exc_info=error)

    async def _extend(self) -> None:
        beat = await self._store.beat(self._name, timedelta(seconds=self._policy.lease))
        for lane in beat.lost:
            if task := self._holder.get(lane):
                logger.warning("lease_lost", extra={"lane": lane})
                task.cancel()
        for lane, turn in beat.stopped.items():
            self._stop_turn(lane, turn)

    async def _drain(self) -> None:
        if not self._tasks:
            return
        logger.info("draining", extra={"running": len(self._tasks), "seconds": self._policy.drain})
        farewell = min(_FAREWELL, self._policy.drain / 2)
        await self._finished_within(self._policy.drain - farewell)
        if self._tasks:
            logger.warning("left_running", extra={"running": len(self._tasks)})
            self._leave()
            await self._finished_within(farewell)

    async def _finished_within(self, seconds: float) -> None:
        over = asyncio.create_task(self._clock.sleep(seconds))
        try:
            while self._tasks and not over.done():
                await asyncio.wait({over, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancelled([over])


class Poisonous(Exception):
    """The update ends the process whenever it is handled."""


class Interrupted(Exception):
    """Something that the work waited for was cancelled, though nobody cancelled the work."""


async def _happens(awaitable: Coroutine[Any, Any, object], *, unless: asyncio.Task[Any]) -> bool:
    """Wait for either; whether it was the awaitable, which otherwise has no effect. If it was both, it was."""
    task = asyncio.create_task(awaitable)
    try:
        await asyncio.wait({unless, task}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not task.done():
            await _cancelled([task])
    if task.cancelled():
        return False
    task.result()
    return True


async def _cancelled(tasks: Sequence[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
