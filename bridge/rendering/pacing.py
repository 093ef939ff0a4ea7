"""Who may call a rate-limited platform now.

Theory: with k edits per answer the mean lag of what is on screen is least for equal gaps (T/2k), so progress takes a
token whenever one is free and is dropped otherwise, while first paint and final text alone deserve a place in a line.
The true limits are mostly undocumented: a 429 slows every key of its kind down (x 0.6), time speeds it up again.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from bisect import insort
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from bridge.rendering.allowances import Bucket, Limit, Rule, Window

_SLOWER = 0.6
_SLOWEST = 0.05
_RECOVERY = 1 / 600  # of the full rate, per second
_SAME_STORM = 1.0  # seconds in which several 429s are one
_SWEEP_AT = 256  # keys

__all__ = ["Clock", "Limit", "Pacer", "Priority", "Rule", "Window"]


class Clock(Protocol):
    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Priority(IntEnum):
    """Lower goes first; within one, who came first."""

    FINAL = 0
    """The finished text. Alone may use what is reserved."""
    FIRST = 1
    """The first sign of an answer."""
    CONTROL = 2
    """Buttons, notices, settling."""
    PROGRESS = 3
    """A fresher version of what is on screen already."""
    COSMETIC = 4
    """What nobody waits for: buttons that go from old messages."""


@dataclass(slots=True)
class _Belief:
    """What part of a rule's rate the platform is believed to allow, for all keys of the rule."""

    share: float = 1.0
    at: float = -math.inf


@dataclass(slots=True, order=True)
class _Ticket:
    priority: Priority
    number: int
    keys: tuple[str, ...] = field(compare=False)
    granted: bool = field(default=False, compare=False)
    woken: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class Pacer:
    """A key is `kind` or `kind:id`; `rules` are by kind, one bucket is kept per key while it is in use.

    A call usually draws on several keys at once (its chat and its bot) and gets all of its tokens or none.
    """

    def __init__(self, clock: Clock, rules: Mapping[str, Limit]) -> None:
        self._clock = clock
        self._rules = rules
        self._beliefs = {kind: _Belief() for kind in rules}
        self._buckets: dict[str, Bucket] = {}
        self._sweep_at = _SWEEP_AT
        self._line: list[_Ticket] = []
        self._numbers = itertools.count()
        self._wake_at = math.inf

    def try_acquire(self, *keys: str, priority: Priority = Priority.PROGRESS) -> bool:
        """Take the tokens now or not at all; never ahead of somebody who waits for one of them."""
        if any(self._wait(key, priority) > 0 for key in keys):
            return False
        awaited = self._serve()
        if not awaited.isdisjoint(keys) or any(self._wait(key, priority) > 0 for key in keys):
            return False
        self._take(keys)
        return True

    async def acquire(self, *keys: str, priority: Priority = Priority.CONTROL) -> None:
        """Wait for the tokens: by priority, then in order of arrival. Cancelling gives the place and the tokens up."""
        ticket = _Ticket(priority, next(self._numbers), keys)
        insort(self._line, ticket)
        self._serve()
        try:
            while not ticket.granted:
                await self._step(ticket)
        except BaseException:
            if ticket.granted:
                self._give_back(keys)
            else:
                self._line.remove(ticket)
            raise
        finally:
            self._hand_over()

    def ready_in(self, *keys: str, priority: Priority = Priority.PROGRESS) -> float:
        """Seconds until the tokens are there, if nobody else takes them."""
        return max((self._wait(key, priority) for key in keys), default=0.0)

    def block(self, key: str, seconds: float) -> None:
        """The platform said 429 for `key`: nothing for so long, and every key of its kind more slowly afterwards."""
        now = self._clock.monotonic()
        belief = self._beliefs[_kind(key)]
        if now - belief.at >= _SAME_STORM:
            belief.share = max(_SLOWEST, self._share(key) * _SLOWER)
            belief.at = now
        self._bucket(key).block(now + seconds)

    def believed_rate(self, key: str) -> float:
        """Calls per second that the keys of this kind are held to now."""
        return self._rules[_kind(key)].rate * self._share(key)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._buckets)

    # --- buckets ---

    def _share(self, key: str) -> float:
        belief = self._beliefs[_kind(key)]
        if belief.share >= 1.0:
            return 1.0
        return min(1.0, belief.share + (self._clock.monotonic() - belief.at) * _RECOVERY)

    def _bucket(self, key: str) -> Bucket:
        """As it is now."""
        now = self._clock.monotonic()
        bucket = self._buckets.get(key)
        if bucket is None:
            self._sweep()
            bucket = self._buckets[key] = self._rules[_kind(key)].bucket(now)
        bucket.advance(now, self._share(key))
        return bucket

    def _wait(self, key: str, priority: Priority) -> float:
        """Seconds until this key alone would do."""
        rule = self._rules[_kind(key)]
        match priority:
            case Priority.FINAL:
                needed = 1.0
            case Priority.COSMETIC:
                needed = 1.0 + rule.reserve + rule.spare
            case _:
                needed = 1.0 + rule.reserve
        return self._bucket(key).wait(needed)

    def _take(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self._bucket(key).take()

    def _give_back(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self._bucket(key).give_back()

    def _sweep(self) -> None:
        """Forget keys whose bucket is as good as new, whenever there are twice as many as were worth keeping."""
        if len(self._buckets) < self._sweep_at:
            return
        for key in list(self._buckets):
            if self._bucket(key).is_full:
                del self._buckets[key]
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._buckets))

    # --- the line ---

    def _serve(self) -> set[str]:
        """Let through who can go; the keys that those who cannot are waiting for."""
        awaited: set[str] = set()
        for ticket in list(self._line):
            lacking = {key for key in ticket.keys if key in awaited or self._wait(key, ticket.priority) > 0}
            awaited |= lacking
            if not lacking:
                self._take(ticket.keys)
                self._line.remove(ticket)
                ticket.granted = True
                ticket.woken.set()
        return awaited

    async def _step(self, ticket: _Ticket) -> None:
        """One of those who wait sleeps until the next of them can go; the others wait to be woken."""
        now = self._clock.monotonic()
        at = now + min(self.ready_in(*waiting.keys, priority=waiting.priority) for waiting in self._line)
        if at >= self._wake_at:
            await ticket.woken.wait()
            ticket.woken.clear()
            return
        with self._waking_at(at):
            await self._clock.sleep(at - now)
        self._serve()

    @contextmanager
    def _waking_at(self, at: float) -> Iterator[None]:
        self._wake_at = at
        try:
            yield
        finally:
            if self._wake_at == at:
                self._wake_at = math.inf

    def _hand_over(self) -> None:
        if self._line and self._wake_at == math.inf:
            self._line[0].woken.set()


def _kind(key: str) -> str:
    return key.partition(":")[0]
