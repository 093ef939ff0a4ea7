"""Who was asked why an answer was bad, in SQL: one question per person and conversation."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, Executable, Row, bindparam, delete, select, update

from bridge.domain.ids import ConversationKey, MessageRef, TurnId
from bridge.domain.interactions import Person
from bridge.ports import ReasonAsked
from bridge.store.codec import micros
from bridge.store.engine import Dialect, prepared
from bridge.store.tables import REASON


def ask_reason(
    connection: Connection, dialect: Dialect, key: ConversationKey, person: Person, asked: ReasonAsked
) -> None:
    values = {
        "turn": asked.turn,
        "card": None if asked.card is None else str(asked.card),
        "in_words": asked.in_words,
        "asked_at": dialect.now,
        "update_id": None,
    }
    statement = dialect.insert(REASON).values(conversation=str(key), person=person.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["conversation", "person"], set_=values))


def reason_asked(connection: Connection, dialect: Dialect, key: ConversationKey, person: Person) -> ReasonAsked | None:
    open_one = select(REASON).where(*_of(key, person), REASON.c.update_id.is_(None))
    return _asked(connection.execute(open_one).one_or_none())


def take_reason(
    connection: Connection, dialect: Dialect, key: ConversationKey, person: Person, update_id: str, within: timedelta
) -> ReasonAsked | None:
    """Every message asks whether it is a reason, so the statements are put together once."""
    taking = {"here": str(key), "by": person.id, "with": update_id, "within": micros(within)}
    connection.execute(_taking(dialect), taking)
    return _asked(connection.execute(_TAKEN, taking).one_or_none())


_THEIRS = REASON.c.conversation == bindparam("here"), REASON.c.person == bindparam("by")
_TAKEN = select(REASON).where(*_THEIRS, REASON.c.update_id == bindparam("with"))


@prepared
def _taking(dialect: Dialect) -> Executable:
    oldest = dialect.now - bindparam("within", type_=BigInteger)
    expected = [REASON.c.in_words, REASON.c.update_id.is_(None), REASON.c.asked_at >= oldest]
    return update(REASON).where(*_THEIRS, *expected).values(update_id=bindparam("with"))


def forget_reason(connection: Connection, dialect: Dialect, key: ConversationKey, person: Person) -> None:
    connection.execute(delete(REASON).where(*_of(key, person), REASON.c.update_id.is_(None)))


def forget_reasons_for(connection: Connection, dialect: Dialect, turn: TurnId) -> list[MessageRef]:
    statement = delete(REASON).where(REASON.c.turn == turn, REASON.c.update_id.is_(None)).returning(REASON.c.card)
    return [MessageRef.parse(card) for card in connection.execute(statement).scalars() if card is not None]


def _of(key: ConversationKey, person: Person) -> tuple[ColumnElement[bool], ...]:
    return REASON.c.conversation == str(key), REASON.c.person == person.id


def _asked(row: Row[tuple[object, ...]] | None) -> ReasonAsked | None:
    if row is None:
        return None
    card = None if row.card is None else MessageRef.parse(row.card)
    return ReasonAsked(TurnId(row.turn), card, row.in_words)
