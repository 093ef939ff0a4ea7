"""The bot's update queue: ids, confirmation by offset, long polling, expiry, and what the bot asked to receive.

Source: Bot API "Getting updates"; for the server's own habits (one update on a quick re-poll, forced 3 s, life times)
the open-source telegram-bot-api server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.emulators.telegram.clock import Bell
from tests.emulators.telegram.records import Json
from tests.emulators.telegram.refusals import Refused
from tests.emulators.telegram.schema import UPDATE_KINDS

MESSAGE_LIFE = 24 * 3600.0  # seconds a message waits to be fetched
PRESS_LIFE = 150.0  # and a pressed button
LONGEST_POLL = 50
ON_REQUEST_ONLY = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
CONFLICT = "terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(slots=True, eq=False)
class QueuedUpdate:
    """`fetched` counts answers that contained it; `confirmed` means the bot will not get it again."""

    id: int
    kind: str
    raw: Json
    expires_at: float
    lane: int
    fetched: int = 0
    confirmed: bool = False
    expired: bool = False


@dataclass(slots=True)
class UpdateQueue:
    """`repoll_penalty`: the same offset again within 0.5 s gets one update only, as the real server does it."""

    clock: Callable[[], float]
    bell: Bell
    repoll_penalty: bool = True
    next_id: int = 730_100_001
    history: list[QueuedUpdate] = field(default_factory=list)
    conflicts: int = 0
    polls: int = 0
    webhook_active: bool = False
    _waiting: dict[int, QueuedUpdate] = field(default_factory=dict)
    _asked: frozenset[str] | None = None
    _again: list[QueuedUpdate] = field(default_factory=list)
    _poller: asyncio.Event | None = None
    _last_offset: int | None = None
    _last_start: float = float("-inf")
    _last_finish: float = float("-inf")

    @property
    def pending(self) -> list[QueuedUpdate]:
        """Not confirmed and not expired, by id."""
        now = self.clock()
        for update in [update for update in self._waiting.values() if update.expires_at <= now]:
            update.expired = True
            del self._waiting[update.id]
        return sorted(self._waiting.values(), key=lambda update: update.id)

    @property
    def is_polled(self) -> bool:
        """A getUpdates is waiting right now."""
        return self._poller is not None

    @property
    def allowed(self) -> frozenset[str]:
        return UPDATE_KINDS - ON_REQUEST_ONLY if self._asked is None else self._asked

    def allow(self, kinds: Iterable[str] | None) -> None:
        """None keeps what was asked last, an empty list means the default."""
        if kinds is None:
            return
        asked = frozenset(kinds) & UPDATE_KINDS
        self._asked = asked or None

    def add(self, kind: str, body: Json, lane: int, life: float = MESSAGE_LIFE) -> int:
        """Queue an update, unless the bot does not want its kind; returns its id, 0 if it was not queued."""
        if kind not in self.allowed:
            return 0
        return self.add_raw({"update_id": self.next_id, kind: body}, lane, life)

    def add_raw(self, raw: Json, lane: int = 0, life: float = MESSAGE_LIFE) -> int:
        """Queue any JSON; an `update_id` is put in if there is none."""
        raw = {"update_id": self.next_id, **raw}
        self.next_id = max(self.next_id, raw["update_id"] + 1)
        kind = next((name for name in raw if name != "update_id"), "")
        update = QueuedUpdate(raw["update_id"], kind, raw, self.clock() + life, lane)
        self.history.append(update)
        self._waiting[update.id] = update
        self.bell.ring()
        return int(raw["update_id"])

    def redeliver(self, update_id: int) -> None:
        """The next answer contains this update again, whatever the offset, if it was confirmed; else one after that.

        None comes before an earlier one that still waits: whoever got it would confirm that as well.
        """
        self._again.append(self[update_id])
        self.bell.ring()

    def taken_again(self) -> list[QueuedUpdate]:
        """The confirmed ones of `asked_again`, each once; what was asked for several times stays for another answer."""
        again = [update for update in self.asked_again if update.id not in self._waiting]
        for update in again:
            self._again.remove(update)
        return again

    @property
    def asked_again(self) -> list[QueuedUpdate]:
        """Those asked for by `redeliver` that did not go yet."""
        return list(dict.fromkeys(self._again))

    def take_again(self, update: QueuedUpdate) -> None:
        """One of `asked_again` goes."""
        self._again.remove(update)

    def __getitem__(self, update_id: int) -> QueuedUpdate:
        return next(update for update in self.history if update.id == update_id)

    def confirm(self, update: QueuedUpdate) -> None:
        update.confirmed = True
        self._waiting.pop(update.id, None)
        self.bell.ring()

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Json]:
        """One getUpdates. Raises Refused 409 if another one comes, or a webhook is set."""
        if self.webhook_active:
            raise Refused(409, "can't use getUpdates method while webhook is active; use deleteWebhook first")
        gone = self._take_over()
        limit, timeout = self._penalised(offset, min(max(limit, 1), 100), min(max(timeout, 0.0), LONGEST_POLL))
        self.polls += 1
        self._confirm_before(offset)
        try:
            await self._until_something(gone, timeout)
            if gone.is_set():
                self.conflicts += 1
                raise Refused(409, "terminated by setWebhook request" if self.webhook_active else CONFLICT)
            return self._answer(limit)
        finally:
            self._last_finish = asyncio.get_running_loop().time()
            if self._poller is gone:
                self._poller = None
                self.bell.ring()

    def _take_over(self) -> asyncio.Event:
        if self._poller is not None:
            self._poller.set()
            self.bell.ring()
        self._poller = asyncio.Event()
        return self._poller

    def interrupt(self) -> None:
        """End a long poll, as setting a webhook does."""
        if self._poller is not None:
            self._poller.set()
            self.bell.ring()

    def _penalised(self, offset: int, limit: int, timeout: float) -> tuple[int, float]:
        now = asyncio.get_running_loop().time()
        if self.repoll_penalty and offset == self._last_offset:
            if timeout < 3 and now < self._last_start + 3:
                timeout = 3
            if now < self._last_finish + 0.5:
                limit = 1
        self._last_offset, self._last_start = offset, now
        return limit, timeout

    def _confirm_before(self, offset: int) -> None:
        if offset < 0:
            offset = ([update.id for update in self.pending][offset:] or [0])[0]
        for update in self.pending:
            if update.id < offset:
                self.confirm(update)

    async def _until_something(self, gone: asyncio.Event, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while not gone.is_set() and not self.pending and not self._again and loop.time() < until:
            await self.bell.wait(until - loop.time())

    def _answer(self, limit: int) -> list[Json]:
        again = self.taken_again()
        chosen = sorted({*again, *self.pending[: max(limit - len(again), 0)]}, key=lambda update: update.id)
        for update in chosen:
            update.fetched += 1
        return [update.raw for update in chosen]
