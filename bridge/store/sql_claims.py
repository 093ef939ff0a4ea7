"""Taking updates out of the durable queue: who may, for how long, and how it ends.

Every write under a claim locks the lane's row and compares the epoch first: that is the fence. PostgreSQL needs to be
told to lock; SQLite, which has one writer, ignores it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    Integer,
    Row,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from bridge.domain.errors import LeaseLost
from bridge.domain.ids import ConversationKey, TurnId
from bridge.domain.updates import Update
from bridge.ports import Claim
from bridge.store.codec import Undecodable, decode_update, micros, storable
from bridge.store.engine import Dialect, prepared
from bridge.store.sql_intake import later, put
from bridge.store.tables import HAS_WORK, INBOX, IS_NEW, LANE
from bridge.store.vault import SEALED, Unsealable, Vault

_LONGEST_BATCH = 100  # updates


@dataclass(frozen=True, slots=True)
class _Taken:
    lane: str
    epoch: int


def claim(connection: Connection, dialect: Dialect, vault: Vault, worker: str, lease: timedelta) -> Claim | None:
    while taken := _take(connection, dialect, worker, lease):
        if claimed := _oldest(connection, vault, taken):
            return claimed
        _settle(connection, dialect, taken.lane)
    return None


def _take(connection: Connection, dialect: Dialect, worker: str, lease: timedelta) -> _Taken | None:
    row = connection.execute(_taking(dialect), {"worker": worker, "lease": micros(lease)}).one_or_none()
    return None if row is None else _Taken(row.key, row.epoch)


@prepared
def _taking(dialect: Dialect) -> Executable:
    free = or_(LANE.c.owner.is_(None), LANE.c.lease_until < dialect.steady)
    longest_waiting = (
        select(LANE.c.key)
        .where(HAS_WORK, LANE.c.ready_at <= dialect.steady, free)
        .order_by(LANE.c.ready_at, LANE.c.key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    until = dialect.steady + bindparam("lease", type_=BigInteger)
    return (
        update(LANE)
        .where(LANE.c.key == longest_waiting.scalar_subquery())
        .values(owner=bindparam("worker"), lease_until=until, epoch=LANE.c.epoch + 1)
        .returning(LANE.c.key, LANE.c.epoch)
    )


def _oldest(connection: Connection, vault: Vault, taken: _Taken) -> Claim | None:
    """The claim on the oldest readable update of a lane, what cannot be read being set aside; None if none is left."""
    while first := connection.execute(_ATTEMPT, {"in_lane": taken.lane}).one_or_none():
        try:
            updates = [read_update(vault, first)]
            if first.batch is not None:
                updates += _rest_of_batch(connection, vault, first)
        except (Undecodable, Unsealable) as error:
            _bury_unreadable(connection, first, str(error))
            continue
        return Claim(taken.lane, taken.epoch, tuple(updates), first.attempts, first.failures)
    return None


_OLDEST = select(func.min(INBOX.c.seq)).where(INBOX.c.lane == bindparam("in_lane"), IS_NEW)
_ATTEMPT = (
    update(INBOX)
    .where(INBOX.c.seq == _OLDEST.scalar_subquery())
    .values(attempts=INBOX.c.attempts + 1)
    .returning(*INBOX.c)
)


def _rest_of_batch(connection: Connection, vault: Vault, first: Row[Any]) -> list[Update]:
    """What follows the first without another in between. One that cannot be read ends the batch: it is met again."""
    following = (
        select(*INBOX.c)
        .where(INBOX.c.lane == first.lane, IS_NEW, INBOX.c.seq > first.seq)
        .order_by(INBOX.c.seq)
        .limit(_LONGEST_BATCH)
    )
    taken, updates = [], []
    for row in connection.execute(following):
        if row.batch != first.batch:
            break
        try:
            updates.append(read_update(vault, row))
        except (Undecodable, Unsealable):
            break
        taken.append(row.seq)
    if taken:
        connection.execute(update(INBOX).where(INBOX.c.seq.in_(taken)).values(attempts=INBOX.c.attempts + 1))
    return updates


def read_update(vault: Vault, row: Row[Any]) -> Update:
    """Where the conversation is now is what the row says, not what was known when it was stored."""
    stored = decode_update(row.kind, vault.open(row.payload))
    return replace(stored, conversation=ConversationKey.parse(row.conversation))


def _bury_unreadable(connection: Connection, row: Row[Any], reason: str) -> None:
    error = f"the stored update cannot be read: {storable(reason)}"
    connection.execute(update(INBOX).where(INBOX.c.seq == row.seq).values(state="dead", error=error))
    connection.execute(update(LANE).where(LANE.c.key == row.lane).values(pending=LANE.c.pending - 1))


def _settle(connection: Connection, dialect: Dialect, lane: str) -> None:
    """Nothing readable is left: let go of the lane."""
    connection.execute(update(LANE).where(LANE.c.key == lane).values(pending=0, owner=None, lease_until=None))


def beat(
    connection: Connection, dialect: Dialect, worker: str, lease: timedelta, held: Sequence[str]
) -> list[Row[Any]]:
    """Extend what `worker` still has of `held`; key, epoch and stop of each."""
    statement = (
        update(LANE)
        .where(LANE.c.owner == worker, LANE.c.key.in_(held))
        .values(lease_until=dialect.steady + micros(lease))
        .returning(LANE.c.key, LANE.c.epoch, LANE.c.stop)
    )
    return list(connection.execute(statement))


# --- how it ends ---


def fence(connection: Connection, claim: Claim) -> None:
    """Lock the lane if the claim still holds. Raises LeaseLost."""
    if connection.execute(_EPOCH, {"lane": claim.lane}).scalar_one_or_none() != claim.epoch:
        raise LeaseLost


_EPOCH = select(LANE.c.epoch).where(LANE.c.key == bindparam("lane")).with_for_update()


_CLAIMED = and_(
    INBOX.c.platform == bindparam("of_platform"),
    INBOX.c.bot == bindparam("of_bot"),
    INBOX.c.id.in_(bindparam("ids", expanding=True)),
    IS_NEW,
)


def _claimed(claim: Claim) -> dict[str, Any]:
    place = claim.updates[0].conversation
    return {"of_platform": place.platform, "of_bot": place.bot, "ids": [update.id for update in claim.updates]}


def _end(connection: Connection, dialect: Dialect, claim: Claim, ending: Executable, error: str = "") -> bool:
    """Whether the lane, which is free now, has more."""
    ended = connection.execute(ending, {**_claimed(claim), "reason": error}).rowcount
    left: int = connection.execute(_freeing(dialect), {"lane": claim.lane, "ended": ended}).scalar_one()
    return left > 0


@prepared
def _freeing(dialect: Dialect) -> Executable:
    values = {
        "pending": LANE.c.pending - bindparam("ended", type_=Integer),
        "owner": None,
        "lease_until": None,
        "ready_at": later(LANE.c.ready_at, dialect.steady),  # to the end of the queue of lanes
        "turn": None,
        "stop": None,
    }
    return update(LANE).where(LANE.c.key == bindparam("lane")).values(values).returning(LANE.c.pending)


def scrubbed() -> ColumnElement[str]:
    """The payload of what is done: secrets go, the rest is kept until it is pruned, for an interaction may need it."""
    return case((INBOX.c.payload.startswith(SEALED), ""), else_=INBOX.c.payload)


_DONE = update(INBOX).where(_CLAIMED).values(state="done", error=bindparam("reason"), payload=scrubbed())
_DEAD = update(INBOX).where(_CLAIMED).values(state="dead", error=bindparam("reason"))


def finish(connection: Connection, dialect: Dialect, vault: Vault, claim: Claim, follow_ups: Sequence[Update]) -> bool:
    """Whether the lane has more."""
    fence(connection, claim)
    has_more = _end(connection, dialect, claim, _DONE)
    if follow_ups:
        put(connection, dialect, vault, follow_ups, timedelta(0))
    return has_more


def bury(connection: Connection, dialect: Dialect, claim: Claim, error: str) -> bool:
    """Whether the lane has more."""
    fence(connection, claim)
    return _end(connection, dialect, claim, _DEAD, storable(error))


def release(connection: Connection, dialect: Dialect, claim: Claim, retry_in: timedelta, attempted: bool) -> None:
    fence(connection, claim)
    count = {"failures": INBOX.c.failures + 1} if attempted else {"attempts": INBOX.c.attempts - 1}
    connection.execute(update(INBOX).where(_CLAIMED).values(count), _claimed(claim))
    values = {"owner": None, "lease_until": None, "ready_at": dialect.steady + micros(retry_in)}
    connection.execute(update(LANE).where(LANE.c.key == claim.lane).values(values))


def request_stop(connection: Connection, dialect: Dialect, key: ConversationKey, turn: TurnId | None) -> TurnId | None:
    running = [LANE.c.conversation == str(key), HAS_WORK, LANE.c.turn.is_not(None)]
    if turn is not None:
        running.append(LANE.c.turn == turn)
    statement = update(LANE).where(*running).values(stop=LANE.c.turn).returning(LANE.c.turn)
    stopped = connection.execute(statement).scalars().first()
    return None if stopped is None else TurnId(stopped)
