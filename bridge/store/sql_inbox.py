"""The durable queue in SQL: what is put in, who may take it out, and how it ends.

A lane's row is locked before anything is written for it, which is what makes the order in a lane the order of arrival
and the fence a fence. PostgreSQL needs to be told to lock; SQLite, which has one writer, ignores it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, or_, select, update

from bridge.domain.errors import LeaseLost, NoSecretKey
from bridge.domain.ids import ConversationKey, TurnId
from bridge.domain.updates import FormSubmitted, MessageReceived, Unreadable, Update, lane_key
from bridge.ports import Claim
from bridge.store.codec import Undecodable, decode_update, encode, micros, storable
from bridge.store.engine import Moments, insert
from bridge.store.sql_rows import password_keys
from bridge.store.tables import INBOX, LANE
from bridge.store.vault import SEALED, Unsealable, Vault

_LONGEST_BATCH = 100  # updates
_ATONCE = 500  # rows in one statement


# --- putting in ---


def put(connection: Connection, moments: Moments, vault: Vault, updates: Sequence[Update], delay: timedelta) -> int:
    """How many were new. Raises NoSecretKey."""
    rows = [_row(connection, vault, update) for update in updates]
    waiting = Counter(row["lane"] for row in rows if row["state"] == "new")
    conversations = {row["lane"]: row["conversation"] for row in rows}
    _expect(connection, moments, waiting, conversations, micros(delay))
    statement = (
        insert(connection, INBOX)
        .values(received_at=moments.now)
        .on_conflict_do_nothing(index_elements=["platform", "bot", "id"])
        .returning(INBOX.c.lane, INBOX.c.state)
    )
    stored: list[Row[Any]] = []
    for start in range(0, len(rows), _ATONCE):
        stored += connection.execute(statement, rows[start : start + _ATONCE]).all()
    waiting.subtract(row.lane for row in stored if row.state == "new")
    for lane, missing in sorted(waiting.items()):
        if missing:
            connection.execute(update(LANE).where(LANE.c.key == lane).values(pending=LANE.c.pending - missing))
    return len(stored)


def _row(connection: Connection, vault: Vault, update: Update) -> dict[str, Any]:
    payload = encode(update)
    if _is_secret(connection, vault, update):
        payload = vault.seal(payload)
    unreadable = isinstance(update, Unreadable)
    return {
        "platform": update.conversation.platform,
        "bot": update.conversation.bot,
        "id": update.id,
        "lane": lane_key(update),
        "conversation": str(update.conversation),
        "kind": type(update).__name__,
        "payload": payload,
        "batch": update.batch if isinstance(update, MessageReceived) else None,
        "state": "dead" if unreadable else "new",
        "attempts": 0,
        "failures": 0,
        "error": storable(update.error) if isinstance(update, Unreadable) else "",
    }


def _is_secret(connection: Connection, vault: Vault, update: Update) -> bool:
    match update:
        case MessageReceived(secret=True):
            return True
        case FormSubmitted() if vault.can_keep_secrets:
            return True  # which of its values are secret is not known before it is checked against the form
        case FormSubmitted():
            if any(update.values.get(key) for key in password_keys(connection, update.interaction)):
                raise NoSecretKey
    return False


def _expect(
    connection: Connection, moments: Moments, waiting: Counter[str], conversations: dict[str, str], delay: int
) -> None:
    """Lock the lanes, in one order for all workers, and announce what comes."""
    if not waiting:
        return
    statement = insert(connection, LANE).values(epoch=0, ready_at=moments.steady + delay)
    new = statement.excluded
    later = _later(LANE.c.ready_at, new.ready_at) if delay else LANE.c.ready_at
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "pending": LANE.c.pending + new.pending,
            "ready_at": case((LANE.c.pending == 0, new.ready_at), else_=later),
        },
    )
    lanes = [{"key": lane, "conversation": conversations[lane], "pending": waiting[lane]} for lane in sorted(waiting)]
    connection.execute(statement, lanes)


def _later(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one > other, one), else_=other)


# --- taking out ---


@dataclass(frozen=True, slots=True)
class _Taken:
    lane: str
    epoch: int


def claim(connection: Connection, moments: Moments, vault: Vault, worker: str, lease: timedelta) -> Claim | None:
    while taken := _take(connection, moments, worker, lease):
        if claimed := _oldest(connection, vault, taken):
            return claimed
        _settle(connection, moments, taken.lane)
    return None


def _take(connection: Connection, moments: Moments, worker: str, lease: timedelta) -> _Taken | None:
    free = or_(LANE.c.owner.is_(None), LANE.c.lease_until < moments.steady)
    longest_waiting = (
        select(LANE.c.key)
        .where(LANE.c.pending > 0, LANE.c.ready_at <= moments.steady, free)
        .order_by(LANE.c.ready_at, LANE.c.key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(LANE)
        .where(LANE.c.key == longest_waiting.scalar_subquery())
        .values(owner=worker, lease_until=moments.steady + micros(lease), epoch=LANE.c.epoch + 1)
        .returning(LANE.c.key, LANE.c.epoch)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else _Taken(row.key, row.epoch)


def _oldest(connection: Connection, vault: Vault, taken: _Taken) -> Claim | None:
    """The claim on the oldest readable update of a lane, what cannot be read being set aside; None if none is left."""
    while first := _attempt(connection, taken.lane):
        try:
            updates = [read_update(vault, first)]
            if first.batch is not None:
                updates += _rest_of_batch(connection, vault, first)
        except (Undecodable, Unsealable) as error:
            _bury_unreadable(connection, first, str(error))
            continue
        return Claim(taken.lane, taken.epoch, tuple(updates), first.attempts, first.failures)
    return None


def _attempt(connection: Connection, lane: str) -> Row[Any] | None:
    oldest = select(func.min(INBOX.c.seq)).where(INBOX.c.lane == lane, INBOX.c.state == "new")
    statement = (
        update(INBOX)
        .where(INBOX.c.seq == oldest.scalar_subquery())
        .values(attempts=INBOX.c.attempts + 1)
        .returning(*INBOX.c)
    )
    return connection.execute(statement).one_or_none()


def _rest_of_batch(connection: Connection, vault: Vault, first: Row[Any]) -> list[Update]:
    """What follows the first without another in between. One that cannot be read ends the batch: it is met again."""
    following = (
        select(*INBOX.c)
        .where(INBOX.c.lane == first.lane, INBOX.c.state == "new", INBOX.c.seq > first.seq)
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


def _settle(connection: Connection, moments: Moments, lane: str) -> None:
    """Nothing readable is left: let go of the lane."""
    connection.execute(update(LANE).where(LANE.c.key == lane).values(pending=0, owner=None, lease_until=None))


def beat(
    connection: Connection, moments: Moments, worker: str, lease: timedelta, held: Sequence[str]
) -> list[Row[Any]]:
    """Extend what `worker` still has of `held`; key, epoch and stop of each."""
    statement = (
        update(LANE)
        .where(LANE.c.owner == worker, LANE.c.key.in_(held))
        .values(lease_until=moments.steady + micros(lease))
        .returning(LANE.c.key, LANE.c.epoch, LANE.c.stop)
    )
    return list(connection.execute(statement))


# --- how it ends ---


def fence(connection: Connection, claim: Claim) -> None:
    """Lock the lane if the claim still holds. Raises LeaseLost."""
    statement = select(LANE.c.epoch).where(LANE.c.key == claim.lane).with_for_update()
    if connection.execute(statement).scalar_one_or_none() != claim.epoch:
        raise LeaseLost


def _claimed(claim: Claim) -> ColumnElement[bool]:
    place = claim.updates[0].conversation
    return and_(
        INBOX.c.platform == place.platform,
        INBOX.c.bot == place.bot,
        INBOX.c.id.in_([update.id for update in claim.updates]),
        INBOX.c.state == "new",
    )


def _end(connection: Connection, moments: Moments, claim: Claim, **values: Any) -> None:
    ended = connection.execute(update(INBOX).where(_claimed(claim)).values(**values)).rowcount
    statement = update(LANE).where(LANE.c.key == claim.lane)
    free = {
        "pending": LANE.c.pending - ended,
        "owner": None,
        "lease_until": None,
        "ready_at": _later(LANE.c.ready_at, moments.steady),  # to the end of the queue of lanes
        "turn": None,
        "stop": None,
    }
    connection.execute(statement.values(free))


def scrubbed() -> ColumnElement[str]:
    """The payload of what is done: secrets go, the rest is kept until it is pruned, for an interaction may need it."""
    return case((INBOX.c.payload.startswith(SEALED), ""), else_=INBOX.c.payload)


def finish(connection: Connection, moments: Moments, vault: Vault, claim: Claim, follow_ups: Sequence[Update]) -> None:
    fence(connection, claim)
    _end(connection, moments, claim, state="done", error="", payload=scrubbed())
    if follow_ups:
        put(connection, moments, vault, follow_ups, timedelta(0))


def bury(connection: Connection, moments: Moments, claim: Claim, error: str) -> None:
    fence(connection, claim)
    _end(connection, moments, claim, state="dead", error=storable(error))


def release(connection: Connection, moments: Moments, claim: Claim, retry_in: timedelta, attempted: bool) -> None:
    fence(connection, claim)
    count = {"failures": INBOX.c.failures + 1} if attempted else {"attempts": INBOX.c.attempts - 1}
    connection.execute(update(INBOX).where(_claimed(claim)).values(count))
    values = {"owner": None, "lease_until": None, "ready_at": moments.steady + micros(retry_in)}
    connection.execute(update(LANE).where(LANE.c.key == claim.lane).values(values))


def request_stop(connection: Connection, moments: Moments, key: ConversationKey, turn: TurnId | None) -> TurnId | None:
    running = [LANE.c.conversation == str(key), LANE.c.pending > 0, LANE.c.turn.is_not(None)]
    if turn is not None:
        running.append(LANE.c.turn == turn)
    statement = update(LANE).where(*running).values(stop=LANE.c.turn).returning(LANE.c.turn)
    stopped = connection.execute(statement).scalars().first()
    return None if stopped is None else TurnId(stopped)
