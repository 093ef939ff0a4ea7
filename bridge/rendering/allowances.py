"""How much of a platform's limit is left: as tokens that flow back evenly, or as calls within the last so many seconds.

Tokens cost nothing to keep, but to stay within n calls in any window their burst and their flow must share the n. A
list of the calls uses all n of them, and suits a limit that is a small number per minute.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Protocol, TypeAlias

_SHORTEST_SLEEP = 0.001  # seconds; less may not even move a clock on


class Bucket(Protocol):
    def advance(self, now: float, share: float) -> None:
        """It is `now`, and `share` of the rule is believed to be allowed."""

    def wait(self, needed: float) -> float:
        """Seconds until so many calls are left."""

    def take(self) -> None: ...

    def give_back(self) -> None:
        """The last one was not made."""

    def block(self, until: float) -> None:
        """Nothing until then. One call is let through right after, whatever was left before."""

    @property
    def is_full(self) -> bool:
        """As good as new."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`rate` is calls per second, `burst` calls at once after a quiet time.

    `reserve` of them are for finals only; cosmetics leave `spare` more to what people wait for.
    """

    rate: float
    burst: float
    reserve: float = 0.0
    spare: float = 0.0

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.burst < self.reserve + self.spare + 1 or self.reserve < 0 or self.spare < 0:
            raise ValueError(f"{self} lets nothing but finals through")

    def bucket(self, now: float) -> Bucket:
        return _Tokens(self, self.burst, now)


@dataclass(frozen=True, slots=True)
class Window:
    """`limit` calls in any `seconds`; `reserve` and `spare` as in a `Rule`."""

    limit: int
    seconds: float
    reserve: int = 0
    spare: int = 0

    def __post_init__(self) -> None:
        if self.seconds <= 0 or self.limit < self.reserve + self.spare + 1 or self.reserve < 0 or self.spare < 0:
            raise ValueError(f"{self} lets nothing but finals through")

    @property
    def rate(self) -> float:
        return self.limit / self.seconds

    def bucket(self, now: float) -> Bucket:
        return _Calls(self, now)


Limit: TypeAlias = Rule | Window


@dataclass(slots=True)
class _Tokens:
    rule: Rule
    tokens: float
    at: float
    now: float = 0.0
    rate: float = 0.0
    blocked_until: float = -math.inf

    def advance(self, now: float, share: float) -> None:
        self.now, self.rate = now, self.rule.rate * share
        if now > self.at:
            self.tokens = min(self.rule.burst, self.tokens + (now - self.at) * self.rate)
            self.at = now

    def wait(self, needed: float) -> float:
        missing = needed - self.tokens
        blocked = max(0.0, self.blocked_until - self.now)
        # The margin: sums of floats may end a hair below the token they are.
        return blocked + (max(missing / self.rate, _SHORTEST_SLEEP) if missing > 1e-9 else 0.0)

    def take(self) -> None:
        self.tokens -= 1.0

    def give_back(self) -> None:
        self.tokens += 1.0

    def block(self, until: float) -> None:
        self.blocked_until = max(self.blocked_until, until)
        self.tokens, self.at = min(self.tokens, 1.0), self.blocked_until

    @property
    def is_full(self) -> bool:
        return self.tokens >= self.rule.burst


class _Calls:
    def __init__(self, window: Window, now: float) -> None:
        self._window = window
        self._now = now
        self._allowed = float(window.limit)
        self._blocked_until = -math.inf
        self._made: deque[float] = deque()

    def advance(self, now: float, share: float) -> None:
        self._now = now
        # However little is believed in, what waits for its turn gets one some time.
        least = self._window.reserve + self._window.spare + 1
        self._allowed = max(float(least), math.floor(self._window.limit * share))
        while self._made and self._made[0] + self._window.seconds <= now:
            self._made.popleft()

    def wait(self, needed: float) -> float:
        blocked = max(0.0, self._blocked_until - self._now)
        too_many = math.ceil(len(self._made) + needed - self._allowed)
        if too_many <= 0:
            return blocked
        return max(blocked, self._made[too_many - 1] + self._window.seconds - self._now, _SHORTEST_SLEEP)

    def take(self) -> None:
        self._made.append(self._now)

    def give_back(self) -> None:
        if self._made:
            self._made.pop()

    def block(self, until: float) -> None:
        """What was used elsewhere is unknown: afterwards the calls come back one by one."""
        self._blocked_until = max(self._blocked_until, until)
        gap, allowed = self._window.seconds / self._allowed, int(self._allowed)
        first = self._blocked_until - self._window.seconds
        self._made = deque(first + number * gap for number in range(1, allowed))

    @property
    def is_full(self) -> bool:
        return not self._made and self._blocked_until <= self._now
