"""One call of Slack's Web API: when it may be made, and whether it is made again.

Nothing here repeats a call whose fate is unknown, unless doing it twice is the same as doing it once. A 429 says that
nothing was done, so it is waited for where the call matters.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.errors import FOREIGN, platform_error
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.ports import Clock
from bridge.rendering.pacing import Pacer, Priority, Rule

RULES: Mapping[str, Rule] = {
    # Slack's tiers are per method, workspace and app, "or more": tier 2 is 20 a minute, tier 3 is 50, tier 4 is 100.
    "start": Rule(rate=20 / 60, burst=12),
    "stop": Rule(rate=20 / 60, burst=16, reserve=8),
    "append": Rule(rate=100 / 60, burst=30),
    "update": Rule(rate=50 / 60, burst=30, reserve=18),
    "tier3": Rule(rate=50 / 60, burst=25),
    "history": Rule(rate=20 / 60, burst=20),  # of tier 3 too, but leaves most of it to finding lost messages
    "tier4": Rule(rate=100 / 60, burst=50),
    "status": Rule(rate=5, burst=30),
    "post": Rule(rate=5, burst=30, reserve=5),
    "channel": Rule(rate=1, burst=6, reserve=1),
}
_ATTEMPTS = 4
_BACKOFF = 0.5  # seconds, doubled each time

Before: TypeAlias = Callable[[], Awaitable[None]]
"""Awaited when it is a message's turn, right before it goes out and before each further attempt."""


class Calls:
    """`patience`: seconds a call may wait for its turn; beyond it RATE_LIMITED is raised, with the rest to wait."""

    def __init__(self, clock: Clock, pacer: Pacer, patience: float) -> None:
        self._clock = clock
        self._pacer = pacer
        self._patience = patience
        self.team = ""
        """Set once it is known, to keep the budgets of workspaces apart."""

    def has_budget(self, kind: str, priority: Priority = Priority.PROGRESS) -> bool:
        return self._pacer.ready_in(self._key(kind), priority=priority) <= 0

    def ready_in(self, kind: str) -> float:
        return self._pacer.ready_in(self._key(kind))

    async def made(
        self,
        method: str,
        call: Callable[[], Awaitable[AsyncSlackResponse]],
        *,
        kind: str,
        channel: str = "",
        priority: Priority = Priority.CONTROL,
        repeatable: bool = True,
        before: Before | None = None,
    ) -> AsyncSlackResponse:
        """Progress is tried once and needs a free token; everything else waits, and is repeated where that is safe."""
        keys = [self._key(kind), *([f"channel:{channel}"] if channel else [])]
        attempt = 0
        while True:
            attempt += 1
            await self._token(keys, method, priority)
            if before is not None:
                await before()
            try:
                return await call()
            except FOREIGN as raised:
                error = platform_error(raised, method, repeatable=repeatable)
                if error.fault is PlatformFault.RATE_LIMITED:
                    self._pacer.block(keys[0], error.retry_after or 1.0)
                if priority is Priority.PROGRESS or attempt >= _ATTEMPTS or not _may_be_repeated(error):
                    raise error from raised
            if error.fault is PlatformFault.UNREACHABLE:
                await self._clock.sleep(_BACKOFF * 2 ** (attempt - 1))

    async def _token(self, keys: Sequence[str], method: str, priority: Priority) -> None:
        """Raises PlatformError(RATE_LIMITED) if there is none: for progress now, for the rest within our patience."""
        if priority is Priority.PROGRESS:
            if self._pacer.try_acquire(*keys, priority=priority):
                return
        elif self._pacer.ready_in(*keys, priority=priority) <= self._patience:
            return await self._pacer.acquire(*keys, priority=priority)
        raise PlatformError(
            f"The budget for {method} is used up.",
            fault=PlatformFault.RATE_LIMITED,
            permanent=False,
            retry_after=self._pacer.ready_in(*keys, priority=priority),
        )

    def _key(self, kind: str) -> str:
        return f"{kind}:{self.team}"


def quiet_logger() -> logging.Logger:
    """For the libraries, which at DEBUG write message texts, and format their lines even if nobody reads them."""
    logger = logging.getLogger("adapters.slack.library")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.WARNING)
    return logger


def _may_be_repeated(error: PlatformError) -> bool:
    return error.fault in (PlatformFault.RATE_LIMITED, PlatformFault.UNREACHABLE)
