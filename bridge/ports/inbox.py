"""The durable queue: updates in, claims out; who leads, and how much one person may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bridge.domain.ids import ConversationKey, TurnId
from bridge.domain.interactions import Person
from bridge.domain.updates import Update
from bridge.ports.gateway import RecentConversation


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's leased hold on the oldest updates of one lane: one update, or a batch that is one question.

    `epoch` fences: every write made under the claim says it, and fails with LeaseLost once it is outdated.
    `attempts` counts from 1 and was committed before the work began; `failures` counts those that ended in `release`.
    The rest, less this one, ended with the process.
    """

    lane: str
    epoch: int
    updates: tuple[Update, ...]
    attempts: int
    failures: int


@dataclass(frozen=True, slots=True)
class Beat:
    """The answer to a heartbeat, per lane: is it still ours, and did somebody ask to stop the turn?"""

    lost: frozenset[str]
    stopped: Mapping[str, TurnId]


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """One row of the inbox, for people. `state` is new, waiting, done or dead."""

    id: str
    platform: str
    lane: str
    kind: str
    state: str
    attempts: int
    received_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Excess:
    """One question too many of a person, who may go on at `until`.

    `tells`: it is the one by which they are told in its place.
    """

    until: datetime
    tells: bool


class WorkSignal(Protocol):
    async def wait(self, timeout: float) -> None:
        """Return when there may be work, or after `timeout` seconds."""

    async def stop_asked(self) -> None:
        """Return when somebody, perhaps in another process, may have asked to stop a turn."""


class Inbox(Protocol):
    """The part of the store in which updates wait, and are held by one worker at a time."""

    async def inherit(self) -> int:
        """Before the first claim: free what a predecessor that is no more still holds, and say how many lanes.

        Only where one process at a time can work (SQLite) and none does; wherever there may be others, leases decide.
        """

    async def put(self, updates: Sequence[Update], *, delay: float = 0.0) -> int:
        """Enqueue; how many were new. Order of arrival is the order in the lane. Wakes workers.

        An `Unreadable` is stored as dead at once. What is `kept` (a message, an edit) waits while an interaction is
        open in its conversation: whatever closes the interaction puts it in line.
        """

    async def claim(self, worker: str, lease: timedelta) -> Claim | None:
        """Take the free lane that has waited longest and count the attempt; None if there is nothing to do.

        The claim holds the oldest pending update and, if it has a `batch`, those right after it with the same one.
        """

    async def beat(self, worker: str, lease: timedelta) -> Beat:
        """Extend all leases of `worker`; tells which lanes it had and has lost, and where a stop was asked for."""

    async def finish(self, claim: Claim, follow_ups: Sequence[Update] = ()) -> None:
        """The claimed updates are done; `follow_ups` are enqueued in the same transaction."""

    async def release(self, claim: Claim, retry_in: timedelta, *, attempted: bool = True) -> None:
        """Hand back. `attempted=False` takes the attempt back (a shutdown, not a failure)."""

    async def bury(self, claim: Claim, error: str) -> None:
        """Set the claimed updates aside as dead, with the reason; the lane goes on."""

    def work(self) -> AbstractAsyncContextManager[WorkSignal]:
        """Wake-ups for as long as the context lasts; a slow poll stands behind them."""

    async def inbox(self, state: str, limit: int) -> list[InboxEntry]: ...

    async def payload(self, platform: str, id: str) -> str | None:
        """The stored JSON of one update."""

    async def revive(self, platform: str, id: str) -> bool:
        """Make a dead update new again, its attempts forgotten."""

    async def drop(self, platform: str, id: str) -> bool:
        """A dead update is done."""

    async def update(self, platform: str, bot: str, id: str) -> Update | None: ...

    async def recent(self, platform: str, bot: str, within: timedelta, limit: int) -> list[RecentConversation]:
        """The conversations a message of which was put in less than `within` ago, the latest first."""

    async def lead(self, name: str, worker: str, lease: timedelta) -> bool:
        """Become or stay the only holder of `name`; false while another's lease lasts."""

    async def resign(self, name: str, worker: str) -> None: ...

    # limits

    async def admit(
        self, place: ConversationKey, person: Person, update: str, at: datetime, most: int, within: timedelta
    ) -> Excess | None:
        """Count a question that was written `at`; None if it is among the first `most` of its burst.

        A burst begins with a question, and lasts `within` by the time of writing, however late it is handled; it is
        one for all places of a platform. Of what is too many in a burst, one update in each place tells so, the same
        however often it asks.
        """

    # upkeep

    async def prune(self, older_than: timedelta) -> int:
        """Forget done inbox rows, and the payloads of dead ones are kept; how many went."""

    async def straighten(self) -> None:
        """Cut short what seems to last for long because the store's clock was put back: leases of workers that are no
        more (those of living ones are extended in time), and pauses."""

    async def depth(self) -> Mapping[str, int]:
        """How many updates are in each inbox state."""

    async def longest_wait(self) -> timedelta | None:
        """Since when the oldest new update, which may be worked on, is here; None if there is none."""
