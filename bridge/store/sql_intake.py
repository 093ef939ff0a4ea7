"""Putting updates into the durable queue.

A lane's row is locked before anything is written for it, which is what makes the order in a lane the order of arrival.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Connection, Executable, Row, bindparam, case, select, update

from bridge.domain.errors import NoSecretKey
from bridge.domain.updates import FormSubmitted, Lane, MessageEdited, MessageReceived, Unreadable, Update, lane_key
from bridge.store.codec import encode, micros, storable
from bridge.store.engine import Dialect, prepared
from bridge.store.sql_rows import password_keys
from bridge.store.tables import INBOX, INTERACTION, IS_OPEN, LANE
from bridge.store.vault import Vault

_ATONCE = 500  # rows in one statement


def put(connection: Connection, dialect: Dialect, vault: Vault, updates: Sequence[Update], delay: timedelta) -> int:
    """How many were new. Raises NoSecretKey."""
    rows = [_row(connection, vault, update) for update in updates]
    waiting = Counter(row["lane"] for row in rows if row["state"] == "new")
    conversations = {row["lane"]: row["conversation"] for row in rows}
    _expect(connection, dialect, waiting, conversations, micros(delay))
    stored: list[Row[Any]] = []
    for start in range(0, len(rows), _ATONCE):
        stored += connection.execute(_storing(dialect), rows[start : start + _ATONCE]).all()
    waiting.subtract(row.lane for row in stored if row.state == "new")
    for lane, missing in sorted(waiting.items()):
        if missing:
            connection.execute(update(LANE).where(LANE.c.key == lane).values(pending=LANE.c.pending - missing))
    return len(stored)


@prepared
def _storing(dialect: Dialect) -> Executable:
    statement = dialect.insert(INBOX).values(received_at=dialect.now)
    new_only = statement.on_conflict_do_nothing(index_elements=["platform", "bot", "id"])
    return cast(Executable, new_only.returning(INBOX.c.lane, INBOX.c.state))


def _row(connection: Connection, vault: Vault, update: Update) -> dict[str, Any]:
    payload = encode(update)
    if _is_secret(connection, vault, update):
        payload = vault.seal(payload)
    return {
        "platform": update.conversation.platform,
        "bot": update.conversation.bot,
        "id": update.id,
        "lane": lane_key(update),
        "conversation": str(update.conversation),
        "kind": type(update).__name__,
        "payload": payload,
        "batch": update.batch if isinstance(update, MessageReceived) else None,
        "state": _state(connection, update),
        "attempts": 0,
        "failures": 0,
        "error": storable(update.error) if isinstance(update, Unreadable) else "",
    }


def _state(connection: Connection, update: Update) -> str:
    match update:
        case Unreadable():
            return "dead"
        case MessageReceived(kept=True) | MessageEdited(kept=True):
            # Locked, so that it is not closed before it is seen that something waits for that.
            here = [INTERACTION.c.conversation == str(update.conversation), IS_OPEN]
            is_open = connection.execute(select(INTERACTION.c.id).where(*here).with_for_update()).first() is not None
            return "waiting" if is_open else "new"
        case _:
            return "new"


def let_go(connection: Connection, dialect: Dialect, conversations: Collection[str]) -> None:
    """Nothing is open in these any more: what was kept until then is in line, before whatever came later."""
    kept = [INBOX.c.conversation.in_(conversations), INBOX.c.state == "waiting"]
    freed = update(INBOX).where(*kept).values(state="new", lane=INBOX.c.conversation.concat(f"#{Lane.TURN}"))
    rows = connection.execute(freed.returning(INBOX.c.lane, INBOX.c.conversation)).all()
    _expect(connection, dialect, Counter(row.lane for row in rows), {row.lane: row.conversation for row in rows}, 0)


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
    connection: Connection, dialect: Dialect, waiting: Counter[str], conversations: dict[str, str], delay: int
) -> None:
    """Lock the lanes, in one order for all workers, and announce what comes."""
    if not waiting:
        return
    lanes = [
        {"key": lane, "conversation": conversations[lane], "pending": waiting[lane], "delay": delay}
        for lane in sorted(waiting)
    ]
    connection.execute(_expecting(dialect, delay > 0), lanes)


@prepared
def _expecting(dialect: Dialect, delayed: bool) -> Executable:
    statement = dialect.insert(LANE).values(
        key=bindparam("key"),
        conversation=bindparam("conversation"),
        pending=bindparam("pending"),
        epoch=0,
        ready_at=dialect.steady + bindparam("delay", type_=BigInteger),
    )
    new = statement.excluded
    values = {
        "pending": LANE.c.pending + new.pending,
        "ready_at": case(
            (LANE.c.pending == 0, new.ready_at),
            else_=later(LANE.c.ready_at, new.ready_at) if delayed else LANE.c.ready_at,
        ),
    }
    return cast(Executable, statement.on_conflict_do_update(index_elements=["key"], set_=values))


def later(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one > other, one), else_=other)
