"""Flood control, by the clock.

Sources: Bot FAQ (one message per second and chat with short bursts, 20 per minute in a group, about 30 per second
overall; edits count) and core.telegram.org/api/bots/ai (drafts and chat actions: 20 per 5 s and 40 per 30 s per peer).
Exact numbers are unspecified; the windows here are a little lenient (`GRACE`), because arrival is later than sending.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from tests.emulators.telegram.refusals import too_many_requests

GRACE = 0.25  # seconds by which every window is shorter than documented
PENALTY = 3  # seconds, the least that Telegram asks to wait for messages


@dataclass(slots=True)
class Limits:
    """Editable. `chat_burst` messages at once in a chat, refilled by `chat_rate` per second."""

    chat_rate: float = 1.0
    chat_burst: int = 5
    group_minute: int = 20
    global_second: int = 30
    drafts_5s: int = 20
    drafts_30s: int = 40


class FloodControl:
    """`enforced` switches it; a ban set by `ban` holds either way."""

    def __init__(self, clock: Callable[[], float], limits: Limits, *, enforced: bool) -> None:
        self.limits = limits
        self.enforced = enforced
        self._clock = clock
        self._banned: dict[int, float] = {}
        self._tokens: dict[int, tuple[float, float]] = {}
        self._minute: dict[int, deque[float]] = defaultdict(deque)
        self._second: deque[float] = deque()
        self._drafts: dict[int, deque[float]] = defaultdict(deque)

    def ban(self, chat: int, seconds: float) -> None:
        self._banned[chat] = self._clock() + seconds

    def message(self, chat: int, *, group: bool) -> None:
        """Spend one message or edit. Raises Refused 429."""
        self._refuse_if_banned(chat)
        if not self.enforced:
            return
        waits = [self._bucket_wait(chat), _window_wait(self._second, self._clock(), self.limits.global_second, 1)]
        if group:
            waits.append(_window_wait(self._minute[chat], self._clock(), self.limits.group_minute, 60))
        if (wait := max(waits)) > 0:
            self.ban(chat, retry_after := max(PENALTY, math.ceil(wait)))
            raise too_many_requests(retry_after)
        now = self._clock()
        tokens, _ = self._tokens[chat]
        self._tokens[chat] = (tokens - 1, now)
        self._second.append(now)
        if group:
            self._minute[chat].append(now)

    def draft(self, chat: int) -> None:
        """Spend one draft or chat action. Raises Refused 429."""
        self._refuse_if_banned(chat)
        if not self.enforced:
            return
        now, seen = self._clock(), self._drafts[chat]
        wait = _window_wait(seen, now, self.limits.drafts_30s, 30)
        recent = deque(at for at in seen if at > now - 5 + GRACE)
        wait = max(wait, _window_wait(recent, now, self.limits.drafts_5s, 5))
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        seen.append(now)

    def _refuse_if_banned(self, chat: int) -> None:
        left = self._banned.get(chat, 0.0) - self._clock()
        if left > 0:
            raise too_many_requests(max(1, math.ceil(left)))

    def _bucket_wait(self, chat: int) -> float:
        now = self._clock()
        tokens, at = self._tokens.get(chat, (float(self.limits.chat_burst), now))
        tokens = min(float(self.limits.chat_burst), tokens + (now - at) * self.limits.chat_rate)
        self._tokens[chat] = (tokens, now)
        return 0.0 if tokens >= 1 - GRACE * self.limits.chat_rate else (1 - tokens) / self.limits.chat_rate


def _window_wait(seen: deque[float], now: float, limit: int, seconds: float) -> float:
    """Seconds until one more fits; forgets what has left the window."""
    while seen and seen[0] <= now - seconds + min(GRACE, seconds / 4):
        seen.popleft()
    return 0.0 if len(seen) < limit else seen[len(seen) - limit] + seconds - now
