"""The inbox as people see it, and its upkeep."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import Connection, delete, exists, func, or_, select, update

from bridge.domain.updates import Update
from bridge.ports import InboxEntry
from bridge.store.codec import Undecodable, from_micros, micros
from bridge.store.engine import Dialect
from bridge.store.sql_bursts import forget_bursts
from bridge.store.sql_claims import read_update, scrubbed
from bridge.store.tables import INBOX, INTERACTION, IS_NEW, IS_OPEN, LANE, LEADER
from bridge.store.vault import Unsealable, Vault, is_sealed


def inbox(connection: Connection, dialect: Dialect, state: str, limit: int) -> list[InboxEntry]:
    """The newest first."""
    statement = select(INBOX).where(INBOX.c.state == state).order_by(INBOX.c.seq.desc()).limit(limit)
    return [
        InboxEntry(
            id=row.id,
            platform=row.platform,
            lane=row.lane,
            kind=row.kind,
            state=row.state,
            attempts=row.attempts,
            received_at=from_micros(row.received_at),
            error=row.error,
        )
        for row in connection.execute(statement)
    ]


def payload(connection: Connection, dialect: Dialect, platform: str, id: str) -> str | None:
    statement = select(INBOX.c.payload).where(INBOX.c.platform == platform, INBOX.c.id == id)
    stored = connection.execute(statement.order_by(INBOX.c.seq)).scalars().first()
    if stored is None or (stored and not is_sealed(stored)):
        return stored
    return json.dumps({"secret": "encrypted" if stored else "removed"})


def stored_update(
    connection: Connection, dialect: Dialect, vault: Vault, platform: str, bot: str, id: str
) -> Update | None:
    statement = select(INBOX).where(INBOX.c.platform == platform, INBOX.c.bot == bot, INBOX.c.id == id)
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    try:
        return read_update(vault, row)
    except (Undecodable, Unsealable):
        return None


def revive(connection: Connection, dialect: Dialect, platform: str, id: str) -> bool:
    dead = [INBOX.c.platform == platform, INBOX.c.id == id, INBOX.c.state == "dead"]
    again = {"state": "new", "attempts": 0, "failures": 0, "error": ""}
    statement = update(INBOX).where(*dead).values(again).returning(INBOX.c.lane, INBOX.c.conversation)
    revived = connection.execute(statement).all()
    for row in revived:
        lane = dialect.insert(LANE).values(
            key=row.lane, conversation=row.conversation, pending=1, epoch=0, ready_at=dialect.steady
        )
        waiting = {"pending": LANE.c.pending + 1}
        connection.execute(lane.on_conflict_do_update(index_elements=["key"], set_=waiting))
    return bool(revived)


def drop(connection: Connection, dialect: Dialect, platform: str, id: str) -> bool:
    dead = [INBOX.c.platform == platform, INBOX.c.id == id, INBOX.c.state == "dead"]
    return connection.execute(update(INBOX).where(*dead).values(state="done", payload=scrubbed())).rowcount > 0


def prune(connection: Connection, dialect: Dialect, older_than: timedelta) -> int:
    """An update that an undecided interaction waits with is kept, however old."""
    horizon = dialect.now - micros(older_than)
    awaited = exists().where(
        INTERACTION.c.pending_update == INBOX.c.id,
        or_(IS_OPEN, INTERACTION.c.waits, INTERACTION.c.decided_at >= horizon),
    )
    forget_bursts(connection, dialect, older_than)
    statement = delete(INBOX).where(INBOX.c.state == "done", INBOX.c.received_at < horizon, ~awaited)
    return connection.execute(statement).rowcount


def depth(connection: Connection, dialect: Dialect) -> dict[str, int]:
    counts = connection.execute(select(INBOX.c.state, func.count().label("rows")).group_by(INBOX.c.state))
    return {"new": 0, "done": 0, "dead": 0} | {row.state: row.rows for row in counts}


def longest_wait(connection: Connection, dialect: Dialect) -> timedelta | None:
    waited = connection.execute(select(dialect.now - func.min(INBOX.c.received_at)).where(IS_NEW)).scalar_one()
    return None if waited is None else timedelta(microseconds=max(0, waited))


_PUT_BACK = 10
"""How many times longer than its own a lease must seem for it to be clear that the clock was put back since."""


def lead(connection: Connection, dialect: Dialect, name: str, worker: str, lease: timedelta) -> bool:
    until = dialect.steady + micros(lease)
    statement = dialect.insert(LEADER).values(name=name, owner=worker, lease_until=until)
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": worker, "lease_until": until},
        where=or_(
            LEADER.c.owner == worker,
            LEADER.c.lease_until < dialect.steady,
            LEADER.c.lease_until > dialect.steady + _PUT_BACK * micros(lease),
        ),
    )
    return connection.execute(statement.returning(LEADER.c.owner)).one_or_none() is not None


def resign(connection: Connection, dialect: Dialect, name: str, worker: str) -> None:
    connection.execute(delete(LEADER).where(LEADER.c.name == name, LEADER.c.owner == worker))


def now(connection: Connection, dialect: Dialect) -> int:
    return connection.execute(select(dialect.now)).scalar_one()
