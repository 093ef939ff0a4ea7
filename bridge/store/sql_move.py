"""A conversation gets another address, with everything below it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, func, literal, or_, select, update

from bridge.domain.ids import ConversationKey
from bridge.store.engine import Dialect
from bridge.store.sql_intake import let_go
from bridge.store.tables import CONVERSATION, HAS_WORK, INBOX, INTERACTION, IS_OPEN, LANE, REASON, TURN


def move(connection: Connection, dialect: Dialect, old: ConversationKey, new: ConversationKey) -> None:
    """What is at the new address already gives way: its chat is replaced, its open interaction is cancelled.

    References to messages stay as they are: where a platform moves a conversation, its messages keep their old place.
    A lane that somebody holds keeps its name until its work is done; the updates in it have the new address at once.
    """
    here, there = str(old), str(new)
    if here == there:
        return
    _join_lanes(connection, dialect, here, there)
    _make_room(connection, dialect, here, there)
    for column in (
        INBOX.c.conversation,
        LANE.c.conversation,
        CONVERSATION.c.key,
        TURN.c.conversation,
        INTERACTION.c.conversation,
        REASON.c.conversation,
    ):
        value = literal(there).concat(func.substr(column, len(here) + 1))
        connection.execute(update(column.table).where(is_below(column, here)).values({column: value}))


def moved(text: str, old: str, new: str) -> str:
    return new + text[len(old) :]


def is_below(column: ColumnElement[str], old: str) -> ColumnElement[bool]:
    """It is `old` itself, or `old` and a slash begin it. No LIKE, for an address may hold its wildcards."""
    return or_(column == old, func.substr(column, 1, len(old) + 1) == f"{old}/")


def _make_room(connection: Connection, dialect: Dialect, old: str, new: str) -> None:
    bound = connection.execute(select(CONVERSATION.c.key).where(is_below(CONVERSATION.c.key, old))).scalars()
    overtaken = [moved(key, old, new) for key in bound]
    connection.execute(delete(CONVERSATION).where(CONVERSATION.c.key.in_(overtaken)))
    asking = select(INTERACTION.c.conversation).where(is_below(INTERACTION.c.conversation, old), IS_OPEN)
    overtaken = [moved(key, old, new) for key in connection.execute(asking).scalars()]
    connection.execute(delete(REASON).where(is_below(REASON.c.conversation, new)))
    closed = update(INTERACTION).where(INTERACTION.c.conversation.in_(overtaken), IS_OPEN)
    connection.execute(closed.values(state="cancelled", decided_at=dialect.now, draft_values="{}"))
    let_go(connection, dialect, overtaken)


def _join_lanes(connection: Connection, dialect: Dialect, old: str, new: str) -> None:
    """What waits in lanes that nobody holds now waits in the lanes of the new address, in the order it came."""
    idle = or_(LANE.c.owner.is_(None), LANE.c.lease_until < dialect.steady)
    waiting = select(LANE).where(is_below(LANE.c.conversation, old), idle, HAS_WORK)
    for lane in connection.execute(waiting.order_by(LANE.c.key).with_for_update()).all():
        key = moved(lane.key, old, new)
        joined = dialect.insert(LANE).values(
            key=key,
            conversation=moved(lane.conversation, old, new),
            pending=lane.pending,
            epoch=0,
            ready_at=lane.ready_at,
            turn=lane.turn,
            stop=lane.stop,
        )
        more = {"pending": LANE.c.pending + joined.excluded.pending}
        connection.execute(joined.on_conflict_do_update(index_elements=["key"], set_=more))
        connection.execute(update(INBOX).where(INBOX.c.lane == lane.key).values(lane=key))
        emptied = {"pending": 0, "epoch": LANE.c.epoch + 1, "owner": None, "turn": None, "stop": None}
        connection.execute(update(LANE).where(LANE.c.key == lane.key).values(emptied))
