"""Interactions in SQL: opened once, decided once, whoever asks how often."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause, bindparam, select, update

from bridge.domain.ids import ConversationKey, InteractionId, MessageRef
from bridge.domain.interactions import Answer, Cancelled, Draft, Filled, Interaction, InteractionState, Person
from bridge.domain.updates import Update
from bridge.ports import Claim
from bridge.store.codec import decode_answer, encode, encode_answer
from bridge.store.engine import Dialect
from bridge.store.secrecy import without_passwords
from bridge.store.sql_claims import fence
from bridge.store.sql_intake import let_go, put
from bridge.store.sql_rows import (
    answer_text,
    draft_values,
    interaction_values,
    password_keys,
    question_text,
    to_interaction,
    to_question,
)
from bridge.store.tables import INTERACTION, IS_OPEN, LANE, TURN, WAITS
from bridge.store.vault import Vault, is_sealed


def open_interaction(
    connection: Connection, dialect: Dialect, vault: Vault, claim: Claim, interaction: Interaction
) -> None:
    fence(connection, claim)
    if _row(connection, INTERACTION.c.id == interaction.id) is not None:
        return
    here = str(interaction.conversation)
    # All lines of the conversation are locked, so that of two interactions opened in it at once one sees the other.
    connection.execute(select(LANE.c.key).where(LANE.c.conversation == here).order_by(LANE.c.key).with_for_update())
    replaced = update(INTERACTION).where(INTERACTION.c.conversation == here, IS_OPEN)
    connection.execute(replaced.values(state="cancelled", decided_at=dialect.now, draft_values="{}"))
    connection.execute(dialect.insert(INTERACTION).values(interaction_values(vault, interaction)))


def interaction(connection: Connection, dialect: Dialect, vault: Vault, id: InteractionId) -> Interaction | None:
    return _interaction(vault, _row(connection, INTERACTION.c.id == id))


def open_interaction_of(
    connection: Connection, dialect: Dialect, vault: Vault, key: ConversationKey
) -> Interaction | None:
    return _interaction(vault, connection.execute(_OPEN_IN, {"here": str(key)}).one_or_none())


def answered_interaction_of(
    connection: Connection, dialect: Dialect, vault: Vault, key: ConversationKey
) -> Interaction | None:
    return _interaction(vault, connection.execute(_WAITING_IN, {"here": str(key)}).one_or_none())


def interaction_decided_by(
    connection: Connection, dialect: Dialect, vault: Vault, key: ConversationKey, update_id: str
) -> Interaction | None:
    by_it = [INTERACTION.c.conversation == str(key), INTERACTION.c.decided_update == update_id]
    return _interaction(vault, _row(connection, *by_it))


def _row(connection: Connection, *where: ColumnElement[bool] | TextClause) -> Row[Any] | None:
    return connection.execute(_latest(*where)).one_or_none()


def _latest(*where: ColumnElement[bool] | TextClause) -> Select[Any]:
    return select(INTERACTION).where(*where).order_by(INTERACTION.c.created_at.desc()).limit(1)


_OPEN_IN = _latest(INTERACTION.c.conversation == bindparam("here"), IS_OPEN)
_WAITING_IN = _latest(INTERACTION.c.conversation == bindparam("here"), WAITS)


def _interaction(vault: Vault, row: Row[Any] | None) -> Interaction | None:
    return None if row is None else to_interaction(vault, row)


def set_interaction_message(connection: Connection, dialect: Dialect, id: InteractionId, message: MessageRef) -> None:
    connection.execute(update(INTERACTION).where(INTERACTION.c.id == id).values(message=str(message)))


def answer_interaction(
    connection: Connection,
    dialect: Dialect,
    vault: Vault,
    id: InteractionId,
    update_id: str,
    person: Person,
    answer: Answer,
    follow_up: Update,
) -> bool:
    state = InteractionState.CANCELLED if isinstance(answer, Cancelled) else InteractionState.ANSWERED
    values = {
        "state": state.value,
        "answer": answer_text(vault, answer, password_keys(connection, id)),
        "waits": True,
        "follow_up": follow_up.id,
    }
    won = _decide(connection, dialect, id, update_id, person, values)
    if won:
        put(connection, dialect, vault, [follow_up], timedelta(0))
    return won or _decided_by(connection, id, update_id)


def cancel_interaction(
    connection: Connection, dialect: Dialect, id: InteractionId, update_id: str, person: Person | None
) -> bool:
    values = {"state": InteractionState.CANCELLED.value, "draft_values": "{}"}
    won = _decide(connection, dialect, id, update_id, person, values)
    return won or _decided_by(connection, id, update_id)


def _decide(
    connection: Connection,
    dialect: Dialect,
    id: InteractionId,
    update_id: str,
    person: Person | None,
    values: dict[str, Any],
) -> bool:
    decided = {
        "decided_update": update_id,
        "decided_by": None if person is None else encode(person),
        "decided_at": dialect.now,
    }
    statement = update(INTERACTION).where(INTERACTION.c.id == id, IS_OPEN).values(**values, **decided)
    closed = connection.execute(statement.returning(INTERACTION.c.conversation)).scalars().all()
    let_go(connection, dialect, closed)
    return bool(closed)


def _decided_by(connection: Connection, id: InteractionId, update_id: str) -> bool:
    statement = select(INTERACTION.c.decided_update).where(INTERACTION.c.id == id)
    return connection.execute(statement).scalar_one_or_none() == update_id


def save_draft(
    connection: Connection, dialect: Dialect, vault: Vault, id: InteractionId, expected_step: int, draft: Draft
) -> bool:
    values = draft_values(vault, draft, password_keys(connection, id))
    at_that_step = [INTERACTION.c.id == id, IS_OPEN, INTERACTION.c.draft_step == expected_step]
    return connection.execute(update(INTERACTION).where(*at_that_step).values(values)).rowcount == 1


def forget_answer(connection: Connection, dialect: Dialect, vault: Vault, id: InteractionId) -> None:
    """What was chosen or said stays, for it is on screen as well; what was filled in goes, from the turn as well."""
    row = _row(connection, INTERACTION.c.id == id)
    if row is None or row.answer is None:
        return
    values: dict[str, Any] = {"draft_values": "{}", "waits": False}
    answer = decode_answer(row.answer)
    if isinstance(answer, Filled):
        values["answer"] = encode_answer(replace(answer, values={}))
    connection.execute(update(INTERACTION).where(INTERACTION.c.id == id).values(values))
    place = ConversationKey.parse(row.conversation)
    _forget_question(connection, vault, place, row.follow_up, json.loads(row.secret_keys))


def _forget_question(
    connection: Connection, vault: Vault, place: ConversationKey, begun_by: str | None, secret: list[str]
) -> None:
    """The passwords leave the turn that handed them over; its other values are needed to ask again."""
    here = [TURN.c.platform == place.platform, TURN.c.bot == place.bot, TURN.c.update_id == begun_by]
    stored = connection.execute(select(TURN.c.question).where(*here)).scalar_one_or_none()
    if stored is None or not is_sealed(stored):
        return
    kept = question_text(vault, without_passwords(to_question(vault, stored), secret))
    connection.execute(update(TURN).where(*here).values(question=kept))


def expire_interactions(connection: Connection, dialect: Dialect, vault: Vault) -> list[Interaction]:
    due = [IS_OPEN, INTERACTION.c.expires_at <= dialect.now]
    statement = update(INTERACTION).where(*due).returning(*INTERACTION.c)
    values = {"state": InteractionState.EXPIRED.value, "decided_at": dialect.now, "draft_values": "{}"}
    rows = connection.execute(statement.values(values)).all()
    let_go(connection, dialect, {row.conversation for row in rows})
    return [to_interaction(vault, row) for row in sorted(rows, key=lambda row: row.expires_at)]
