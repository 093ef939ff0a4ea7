"""Conversations, turns and votes in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    Select,
    bindparam,
    delete,
    select,
    update,
)

from bridge.domain.ids import AppName, ChatId, ConversationKey, MessageRef, TurnId
from bridge.domain.interactions import Person
from bridge.domain.turns import Conversation, Part, Turn, TurnState
from bridge.domain.updates import Rating
from bridge.ports import CastVote, Claim
from bridge.store.codec import decode, encode, from_micros, storable, to_micros
from bridge.store.engine import Dialect, prepared
from bridge.store.sql_claims import fence
from bridge.store.sql_move import is_below
from bridge.store.sql_rows import new_turn_values, part_values, to_turn, turn_values
from bridge.store.tables import CONVERSATION, LANE, PART, TURN, VOTE
from bridge.store.vault import Vault

# --- conversations ---


def conversation(connection: Connection, dialect: Dialect, key: ConversationKey) -> Conversation | None:
    row = connection.execute(_CONVERSATION, {"wanted": str(key)}).one_or_none()
    if row is None:
        return None
    return Conversation(key, AppName(row.app), ChatId(row.chat), row.turns, row.reachable)


_CONVERSATION = select(CONVERSATION).where(CONVERSATION.c.key == bindparam("wanted"))


def bind(
    connection: Connection, dialect: Dialect, key: ConversationKey, app: AppName, chat: ChatId, again: bool
) -> Conversation:
    """`again`: also if it is bound already."""
    if not again and (known := conversation(connection, dialect, key)) is not None:
        return known
    connection.execute(_binding(dialect, again), {"key": str(key), "app": app, "chat": chat})
    bound = conversation(connection, dialect, key)
    assert bound is not None
    return bound


@prepared
def _binding(dialect: Dialect, again: bool) -> Executable:
    statement = dialect.insert(CONVERSATION).values(turns=0, reachable=True)
    if not again:
        return cast(Executable, statement.on_conflict_do_nothing(index_elements=["key"]))
    new = {name: statement.excluded[name] for name in ("app", "chat", "turns")}
    return cast(Executable, statement.on_conflict_do_update(index_elements=["key"], set_=new))


def set_reachable(connection: Connection, dialect: Dialect, key: ConversationKey, reachable: bool) -> None:
    connection.execute(update(CONVERSATION).where(is_below(CONVERSATION.c.key, str(key))).values(reachable=reachable))


# --- turns ---


def begin_turn(connection: Connection, dialect: Dialect, vault: Vault, claim: Claim, turn: Turn) -> Turn:
    fence(connection, claim)
    values = new_turn_values(vault, turn)
    if turn.begun_at is not None:
        values["begun_at"] = to_micros(turn.begun_at)
    is_new = connection.execute(_beginning(dialect, turn.begun_at is None), values).one_or_none() is not None
    if is_new:
        for part in turn.parts:
            _write_part(connection, dialect, turn.id, part)
    if is_new and turn.state is TurnState.RECEIVED:
        connection.execute(_COUNT, {"here": str(turn.conversation), "this_chat": turn.chat})
    begun = turn if is_new and turn.begun_at is not None else _begun(connection, vault, turn)
    connection.execute(_RUNS, {"lane": claim.lane, "running": begun.id})
    return begun


def _begun(connection: Connection, vault: Vault, turn: Turn) -> Turn:
    """The turn that the same update began, now or before."""
    place = turn.conversation
    begun = _turn(connection, vault, _BEGUN_BY, on=place.platform, by=place.bot, wanted=turn.update)
    assert begun is not None
    return begun


@prepared
def _beginning(dialect: Dialect, now: bool) -> Executable:
    statement = dialect.insert(TURN)
    if now:
        statement = statement.values(begun_at=dialect.now)
    return cast(Executable, statement.on_conflict_do_nothing().returning(TURN.c.id))


_COUNT = (
    update(CONVERSATION)
    .where(CONVERSATION.c.key == bindparam("here"), CONVERSATION.c.chat == bindparam("this_chat"))
    .values(turns=CONVERSATION.c.turns + 1)
)
_RUNS = update(LANE).where(LANE.c.key == bindparam("lane")).values(turn=bindparam("running"))


def save_turn(connection: Connection, dialect: Dialect, vault: Vault, claim: Claim, turn: Turn) -> None:
    """Raises LookupError for a turn that was never begun."""
    fence(connection, claim)
    if not connection.execute(_SAVE, {**turn_values(vault, turn), "wanted": turn.id}).rowcount:
        raise LookupError(f"there is no turn {turn.id}")


_SAVE = update(TURN).where(TURN.c.id == bindparam("wanted"))


def record_part(connection: Connection, dialect: Dialect, claim: Claim, turn: TurnId, part: Part) -> None:
    """Raises LookupError for a turn that was never begun."""
    fence(connection, claim)
    _write_part(connection, dialect, turn, part)


def _write_part(connection: Connection, dialect: Dialect, turn: TurnId, part: Part) -> None:
    if not connection.execute(_recording(dialect), part_values(turn, part)).rowcount:
        raise LookupError(f"there is no turn {turn}")


@prepared
def _recording(dialect: Dialect) -> Executable:
    """Only for a turn that exists."""
    given = [bindparam(column.name, type_=column.type) for column in PART.c]
    of_the_turn = select(*given).where(TURN.c.id == bindparam("turn"))
    statement = dialect.insert(PART).from_select([column.name for column in PART.c], of_the_turn)
    latest = {name: statement.excluded[name] for name in ("state", "message", "is_final")}
    return cast(Executable, statement.on_conflict_do_update(index_elements=["turn", "number"], set_=latest))


def _latest(*where: ColumnElement[bool]) -> Select[Any]:
    return select(TURN).where(*where).order_by(TURN.c.seq.desc()).limit(1)


_WANTED: BindParameter[str] = bindparam("wanted")
_BY_ID = _latest(TURN.c.id == _WANTED)
_SHOWN_IN = _latest(TURN.c.id.in_(select(PART.c.turn).where(PART.c.message == _WANTED)))
_ASKED_BY = _latest(TURN.c.reply_to == _WANTED)
_LATEST_IN = _latest(TURN.c.conversation == _WANTED)
_THIS = TURN.alias()
_BEFORE = _latest(
    TURN.c.conversation == select(_THIS.c.conversation).where(_THIS.c.id == _WANTED).scalar_subquery(),
    TURN.c.seq < select(_THIS.c.seq).where(_THIS.c.id == _WANTED).scalar_subquery(),
)
_BEGUN_BY = _latest(TURN.c.platform == bindparam("on"), TURN.c.bot == bindparam("by"), TURN.c.update_id == _WANTED)
_PARTS = select(PART).where(PART.c.turn == _WANTED).order_by(PART.c.number)


def turn(connection: Connection, dialect: Dialect, vault: Vault, id: TurnId) -> Turn | None:
    return _turn(connection, vault, _BY_ID, wanted=id)


def turn_shown_in(connection: Connection, dialect: Dialect, vault: Vault, message: MessageRef) -> Turn | None:
    return _turn(connection, vault, _SHOWN_IN, wanted=str(message))


def turn_asked_by(connection: Connection, dialect: Dialect, vault: Vault, message: MessageRef) -> Turn | None:
    return _turn(connection, vault, _ASKED_BY, wanted=str(message))


def latest_turn(connection: Connection, dialect: Dialect, vault: Vault, key: ConversationKey) -> Turn | None:
    return _turn(connection, vault, _LATEST_IN, wanted=str(key))


def turn_before(connection: Connection, dialect: Dialect, vault: Vault, turn: TurnId) -> Turn | None:
    return _turn(connection, vault, _BEFORE, wanted=turn)


def _turn(connection: Connection, vault: Vault, statement: Select[Any], **wanted: str) -> Turn | None:
    row = connection.execute(statement, wanted).one_or_none()
    if row is None:
        return None
    return to_turn(vault, row, connection.execute(_PARTS, {"wanted": row.id}).all())


def set_suggestions(
    connection: Connection, dialect: Dialect, turn: TurnId, suggestions: Sequence[str], shown: MessageRef | None
) -> None:
    values = {
        "suggestions": json.dumps(list(suggestions)),
        "suggestions_shown": None if shown is None else str(shown),
    }
    connection.execute(update(TURN).where(TURN.c.id == turn).values(values))


# --- votes ---


def cast_vote(
    connection: Connection, dialect: Dialect, turn: TurnId, person: Person, rating: Rating, reason: str, update_id: str
) -> None:
    if rating is Rating.NONE:
        connection.execute(delete(VOTE).where(VOTE.c.turn == turn, VOTE.c.person == person.id))
        return
    values: dict[str, Any] = {
        "by": encode(person),
        "rating": rating.value,
        "reason": _reason(connection, turn, person, rating, storable(reason)),
        "at": dialect.now,
        "update_id": update_id,
    }
    statement = dialect.insert(VOTE).values(turn=turn, person=person.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["turn", "person"], set_=values))


def _reason(connection: Connection, turn: TurnId, person: Person, rating: Rating, reason: str) -> str:
    if reason:
        return reason
    before = [VOTE.c.turn == turn, VOTE.c.person == person.id, VOTE.c.rating == rating.value]
    return connection.execute(select(VOTE.c.reason).where(*before)).scalar_one_or_none() or ""


def votes(connection: Connection, dialect: Dialect, turn: TurnId) -> list[CastVote]:
    """The oldest first."""
    statement = select(VOTE).where(VOTE.c.turn == turn).order_by(VOTE.c.at, VOTE.c.person)
    return [
        CastVote(decode(Person, row.by), Rating(row.rating), row.reason, from_micros(row.at), row.update_id)
        for row in connection.execute(statement)
    ]
