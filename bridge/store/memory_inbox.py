"""The durable queue without the durability: the same promises as in SQL, in dictionaries, while the process lives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.domain.errors import LeaseLost, NoSecretKey
from bridge.domain.ids import ConversationKey, InteractionId, TurnId
from bridge.domain.interactions import Interaction
from bridge.domain.updates import FormSubmitted, MessageEdited, MessageReceived, Unreadable, Update, lane_key
from bridge.ports import Beat, Claim, Clock, InboxEntry, RecentConversation, WorkSignal
from bridge.store.codec import encode
from bridge.store.engine import Bell
from bridge.store.holds import Holds
from bridge.store.secrecy import secret_keys


@dataclass(slots=True)
class Entry:
    update: Update
    lane: str
    state: str
    secret: bool
    received_at: datetime
    attempts: int = 0
    failures: int = 0
    error: str = ""
    removed: bool = False

    @property
    def batch(self) -> str | None:
        return self.update.batch if isinstance(self.update, MessageReceived) else None


@dataclass(slots=True)
class Line:
    conversation: ConversationKey
    ready_at: float
    pending: int = 0
    owner: str | None = None
    lease_until: float = 0.0
    epoch: int = 0
    turn: TurnId | None = None
    stop: TurnId | None = None


class MemoryInbox:
    """Nothing here awaits anything, so each method is a transaction by itself.

    `clock` is the store's own. Nothing is at rest here, so nothing is encrypted; with `secret_key=None` secrets are
    refused as they are by a `SqlStore` without a key.
    """

    def __init__(self, clock: Clock, *, secret_key: str | None = "never used") -> None:  # noqa: S107
        self._clock = clock
        self._can_keep_secrets = bool(secret_key)
        self._entries: dict[tuple[str, str, str], Entry] = {}
        self._lines: dict[str, Line] = {}
        self._leaders: dict[str, tuple[str, float]] = {}
        self._interactions: dict[InteractionId, Interaction] = {}
        self._holds = Holds()
        self._bell = Bell()

    @property
    def can_keep_secrets(self) -> bool:
        return self._can_keep_secrets

    async def open(self) -> None:
        """There is nothing to bring up to date."""

    async def inherit(self) -> int:
        """Nothing of a predecessor is left."""
        return 0

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def now(self) -> datetime:
        return self._clock.now()

    # --- putting in ---

    async def put(self, updates: Sequence[Update], *, delay: float = 0.0) -> int:
        new = self._put(updates, delay)
        self._bell.ring()
        if delay > 0:
            self._bell.ring(delay)
        return new

    def _put(self, updates: Sequence[Update], delay: float = 0.0) -> int:
        secrets = [self._is_secret(update) for update in updates]
        before = len(self._entries)
        for update, secret in zip(updates, secrets, strict=True):
            place = update.conversation
            key = (place.platform, place.bot, update.id)
            if key in self._entries:
                continue
            lane, state = lane_key(update), self._state_of(update)
            self._entries[key] = Entry(update, lane, state, secret, self._clock.now())
            if isinstance(update, Unreadable):
                self._entries[key].error = update.error
            if state == "new":
                self._expect(lane, place, delay)
        return len(self._entries) - before

    def _state_of(self, update: Update) -> str:
        if isinstance(update, Unreadable):
            return "dead"
        is_kept = isinstance(update, MessageReceived | MessageEdited) and update.kept
        open_here = (asked for asked in self._interactions.values() if asked.conversation == update.conversation)
        return "waiting" if is_kept and any(asked.is_open for asked in open_here) else "new"

    def _let_go(self, key: ConversationKey) -> None:
        """Nothing is open there any more: what was kept until then is in line."""
        for entry in self._entries.values():
            if entry.state == "waiting" and entry.update.conversation == key:
                entry.state, entry.lane = "new", lane_key(entry.update)
                self._expect(entry.lane, key, 0.0)
        self._bell.ring()

    def _is_secret(self, update: Update) -> bool:
        match update:
            case MessageReceived(secret=True):
                self._require_secrecy()
                return True
            case FormSubmitted() if not self._can_keep_secrets:
                asked = self._interactions.get(update.interaction)
                if asked is not None and any(update.values.get(key) for key in secret_keys(asked.ask)):
                    raise NoSecretKey
                return False
            case FormSubmitted():
                return True
        return False

    def _require_secrecy(self) -> None:
        if not self._can_keep_secrets:
            raise NoSecretKey

    def _expect(self, lane: str, place: ConversationKey, delay: float) -> None:
        soon = self._clock.monotonic() + delay
        line = self._lines.setdefault(lane, Line(place, soon))
        if line.pending == 0:
            line.ready_at = soon
        elif delay > 0:
            line.ready_at = max(line.ready_at, soon)
        line.pending += 1

    # --- taking out ---

    async def claim(self, worker: str, lease: timedelta) -> Claim | None:
        lane = self._longest_waiting()
        if lane is None:
            return None
        line = self._lines[lane]
        line.owner, line.lease_until = worker, self._clock.monotonic() + lease.total_seconds()
        line.epoch += 1
        entries = list(self._oldest(lane))
        for entry in entries:
            entry.attempts += 1
        updates = tuple(entry.update for entry in entries)
        claim = Claim(lane, line.epoch, updates, entries[0].attempts, entries[0].failures)
        self._holds.taken(worker, claim)
        return claim

    def _longest_waiting(self) -> str | None:
        now = self._clock.monotonic()
        ready = [
            (line.ready_at, lane)
            for lane, line in self._lines.items()
            if line.pending > 0 and line.ready_at <= now and (line.owner is None or line.lease_until < now)
        ]
        return min(ready)[1] if ready else None

    def _waiting_in(self, lane: str) -> Iterator[Entry]:
        return (entry for entry in self._entries.values() if entry.lane == lane and entry.state == "new")

    def _oldest(self, lane: str) -> Iterator[Entry]:
        waiting = self._waiting_in(lane)
        first = next(waiting)
        yield first
        for entry in waiting:
            if first.batch is None or entry.batch != first.batch:
                return
            yield entry

    async def beat(self, worker: str, lease: timedelta) -> Beat:
        held = self._holds.of(worker)
        extended: dict[str, int] = {}
        stops: dict[str, TurnId] = {}
        for lane in held:
            line = self._lines[lane]
            if line.owner != worker:
                continue
            line.lease_until = self._clock.monotonic() + lease.total_seconds()
            extended[lane] = line.epoch
            if line.stop is not None:
                stops[lane] = line.stop
        return self._holds.beat(worker, held, extended, stops)

    # --- how it ends ---

    def _fence(self, claim: Claim) -> Line:
        line = self._lines.get(claim.lane)
        if line is None or line.epoch != claim.epoch:
            raise LeaseLost
        return line

    def _claimed(self, claim: Claim) -> list[Entry]:
        place = claim.updates[0].conversation
        found = [self._entries.get((place.platform, place.bot, update.id)) for update in claim.updates]
        return [entry for entry in found if entry is not None and entry.state == "new"]

    def _end(self, claim: Claim, state: str, error: str) -> None:
        line = self._fence(claim)
        for entry in self._claimed(claim):
            entry.state, entry.error = state, error
            entry.removed = entry.secret and state == "done"
            line.pending -= 1
        line.owner = line.turn = line.stop = None
        line.ready_at = max(line.ready_at, self._clock.monotonic())

    async def finish(self, claim: Claim, follow_ups: Sequence[Update] = ()) -> None:
        for update in follow_ups:
            self._is_secret(update)  # before anything is changed, for it may refuse
        with self._holds.ending(claim):
            self._end(claim, "done", "")
            self._put(follow_ups)
        self._bell.ring()

    async def bury(self, claim: Claim, error: str) -> None:
        with self._holds.ending(claim):
            self._end(claim, "dead", error)
        self._bell.ring()

    async def release(self, claim: Claim, retry_in: timedelta, *, attempted: bool = True) -> None:
        with self._holds.ending(claim):
            line = self._fence(claim)
            for entry in self._claimed(claim):
                if attempted:
                    entry.failures += 1
                else:
                    entry.attempts -= 1
            line.owner = None
            line.ready_at = self._clock.monotonic() + retry_in.total_seconds()
        self._bell.ring(retry_in.total_seconds())

    def work(self) -> AbstractAsyncContextManager[WorkSignal]:
        return self._bell.work()

    @property
    def trouble(self) -> str:
        return ""

    async def straighten(self) -> None:
        """Its clock is never put back."""

    async def request_stop(self, key: ConversationKey, turn: TurnId | None) -> TurnId | None:
        for line in self._lines.values():
            if line.conversation == key and line.pending > 0 and line.turn is not None and turn in (None, line.turn):
                line.stop = line.turn
                self._bell.ring_for_stop()
                return line.stop
        return None

    # --- for people ---

    async def inbox(self, state: str, limit: int) -> list[InboxEntry]:
        rows = [
            InboxEntry(
                id=id,
                platform=platform,
                lane=entry.lane,
                kind=type(entry.update).__name__,
                state=entry.state,
                attempts=entry.attempts,
                received_at=entry.received_at,
                error=entry.error,
            )
            for (platform, _, id), entry in self._entries.items()
            if entry.state == state
        ]
        return rows[::-1][:limit]

    def _named(self, platform: str, id: str) -> list[Entry]:
        return [entry for key, entry in self._entries.items() if (key[0], key[2]) == (platform, id)]

    async def payload(self, platform: str, id: str) -> str | None:
        for entry in self._named(platform, id):
            if entry.secret:
                return json.dumps({"secret": "removed" if entry.removed else "encrypted"})
            return encode(entry.update)
        return None

    async def update(self, platform: str, bot: str, id: str) -> Update | None:
        entry = self._entries.get((platform, bot, id))
        return None if entry is None or entry.removed else entry.update

    async def recent(self, platform: str, bot: str, within: timedelta, limit: int) -> list[RecentConversation]:
        since, found = self._clock.now() - within, dict[ConversationKey, RecentConversation]()
        for entry in self._entries.values():
            said, key = entry.update, entry.update.conversation
            is_theirs = (key.platform, key.bot) == (platform, bot) and entry.received_at >= since
            if is_theirs and isinstance(said, MessageReceived):
                before = found.pop(key, None)  # so that it is the latest now
                found[key] = RecentConversation(key, said.at if before is None else before.first_at, said.at)
        return list(found.values())[::-1][:limit]

    async def revive(self, platform: str, id: str) -> bool:
        dead = [entry for entry in self._named(platform, id) if entry.state == "dead"]
        for entry in dead:
            entry.state, entry.attempts, entry.failures, entry.error = "new", 0, 0, ""
            self._expect(entry.lane, entry.update.conversation, 0.0)
        self._bell.ring()
        return bool(dead)

    async def drop(self, platform: str, id: str) -> bool:
        dead = [entry for entry in self._named(platform, id) if entry.state == "dead"]
        for entry in dead:
            entry.state, entry.removed = "done", entry.secret
        return bool(dead)

    async def depth(self) -> dict[str, int]:
        counts = {"new": 0, "done": 0, "dead": 0}
        for entry in self._entries.values():
            counts[entry.state] = counts.get(entry.state, 0) + 1
        return counts

    async def longest_wait(self) -> timedelta | None:
        received = [entry.received_at for entry in self._entries.values() if entry.state == "new"]
        return self._clock.now() - min(received) if received else None

    # --- leaders ---

    async def lead(self, name: str, worker: str, lease: timedelta) -> bool:
        now = self._clock.monotonic()
        owner, until = self._leaders.get(name, (worker, now))
        if owner != worker and until >= now:
            return False
        self._leaders[name] = (worker, now + lease.total_seconds())
        return True

    async def resign(self, name: str, worker: str) -> None:
        if self._leaders.get(name, ("", 0.0))[0] == worker:
            del self._leaders[name]

    def _move_inbox(self, old: ConversationKey, new: ConversationKey) -> None:
        now = self._clock.monotonic()
        for lane, line in list(self._lines.items()):
            if not below(line.conversation, old):
                continue
            line.conversation = moved(line.conversation, old, new)
            if line.pending > 0 and (line.owner is None or line.lease_until < now):
                self._join(lane, line, str(new) + lane[len(str(old)) :])
        for entry in self._entries.values():
            if below(entry.update.conversation, old):
                entry.update = replace(entry.update, conversation=moved(entry.update.conversation, old, new))

    def _join(self, lane: str, line: Line, name: str) -> None:
        target = self._lines.setdefault(name, Line(line.conversation, line.ready_at, turn=line.turn, stop=line.stop))
        target.pending += line.pending
        for entry in self._entries.values():
            if entry.lane == lane:
                entry.lane = name
        line.pending, line.epoch = 0, line.epoch + 1
        line.owner = line.turn = line.stop = None


def below(key: ConversationKey, old: ConversationKey) -> bool:
    """It is `old`, or its address begins with `old`'s and a slash."""
    if (key.platform, key.bot) != (old.platform, old.bot):
        return False
    return key.address == old.address or key.address.startswith(f"{old.address}/")


def moved(key: ConversationKey, old: ConversationKey, new: ConversationKey) -> ConversationKey:
    return replace(new, address=new.address + key.address[len(old.address) :])
