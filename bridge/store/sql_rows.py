"""Interactions and turns as rows, and back; what is secret in them is sealed on the way in, opened on the way out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select

from bridge.domain.ids import ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import (
    Answer,
    Draft,
    Filled,
    Interaction,
    InteractionState,
    Json,
    Person,
    Purpose,
)
from bridge.domain.turns import Part, PartState, Question, Turn
from bridge.store.codec import (
    Undecodable,
    decode,
    decode_answer,
    decode_ask,
    encode,
    encode_answer,
    encode_ask,
    encode_json,
    from_micros,
    to_micros,
)
from bridge.store.secrecy import has_passwords, secret_keys
from bridge.store.tables import INTERACTION
from bridge.store.vault import Unsealable, Vault

_SEALED = "$sealed"


def password_keys(connection: Connection, id: InteractionId) -> list[str]:
    """Which values of an answer to this interaction are passwords; none if there is no such interaction."""
    stored = connection.execute(select(INTERACTION.c.secret_keys).where(INTERACTION.c.id == id)).scalar_one_or_none()
    return [] if stored is None else list(json.loads(stored))


def seal_values(vault: Vault, values: Mapping[str, Json], keys: Iterable[str]) -> dict[str, Json]:
    """Raises NoSecretKey if one of the keys has a value and there is no key to seal it with."""
    secret = {key: {_SEALED: vault.seal(json.dumps(values[key]))} for key in keys if values.get(key)}
    return {**values, **secret}


def open_values(vault: Vault, values: Mapping[str, Json]) -> dict[str, Json]:
    """What can no longer be opened is left out: it is then asked for again."""
    opened: dict[str, Json] = {}
    for key, value in values.items():
        if not (isinstance(value, dict) and value.keys() == {_SEALED}):
            opened[key] = value
            continue
        try:
            opened[key] = json.loads(vault.open(value[_SEALED]))
        except (Unsealable, ValueError):
            continue
    return opened


def answer_text(vault: Vault, answer: Answer, keys: Iterable[str]) -> str:
    if isinstance(answer, Filled):
        answer = replace(answer, values=seal_values(vault, answer.values, {*keys, *answer.passwords}))
    return encode_answer(answer)


def _answer(vault: Vault, text: str | None) -> Answer | None:
    answer = None if text is None else decode_answer(text)
    if isinstance(answer, Filled):
        return replace(answer, values=open_values(vault, answer.values))
    return answer


def _ref(text: str | None) -> MessageRef | None:
    return None if text is None else MessageRef.parse(text)


def _text(ref: MessageRef | None) -> str | None:
    return None if ref is None else str(ref)


# --- interactions ---


def draft_values(vault: Vault, draft: Draft, keys: Iterable[str]) -> dict[str, Any]:
    return {
        "draft_step": draft.step,
        "draft_values": encode_json(seal_values(vault, draft.values, keys)),
        "draft_prompt": _text(draft.prompt),
        "draft_editing": draft.editing,
        "draft_moved_by": draft.moved_by,
    }


def interaction_values(vault: Vault, interaction: Interaction) -> dict[str, Any]:
    keys = secret_keys(interaction.ask)
    return {
        "id": interaction.id,
        "turn": interaction.turn,
        "conversation": str(interaction.conversation),
        "kind": interaction.kind,
        "ask": encode_ask(interaction.ask),
        "asked": encode(interaction.asked),
        "purpose": interaction.purpose.value,
        "extends_record": interaction.extends_record,
        "created_at": to_micros(interaction.created_at),
        "expires_at": to_micros(interaction.expires_at),
        "state": interaction.state.value,
        "message": _text(interaction.message),
        **draft_values(vault, interaction.draft, keys),
        "secret_keys": json.dumps(keys),
        "answer": None if interaction.answer is None else answer_text(vault, interaction.answer, keys),
        "decided_by": None if interaction.answered_by is None else encode(interaction.answered_by),
        "waits": interaction.answer is not None,
        "pending_update": interaction.pending_update,
        "doubtful": interaction.doubtful,
    }


def to_interaction(vault: Vault, row: Row[Any]) -> Interaction:
    draft = Draft(
        step=row.draft_step,
        values=open_values(vault, json.loads(row.draft_values)),
        prompt=_ref(row.draft_prompt),
        editing=row.draft_editing,
        moved_by=row.draft_moved_by,
    )
    return Interaction(
        id=InteractionId(row.id),
        turn=TurnId(row.turn),
        conversation=ConversationKey.parse(row.conversation),
        kind=row.kind,
        ask=decode_ask(row.ask),
        asked=decode(Person, row.asked),
        purpose=Purpose(row.purpose),
        extends_record=row.extends_record,
        created_at=from_micros(row.created_at),
        expires_at=from_micros(row.expires_at),
        state=InteractionState(row.state),
        message=_ref(row.message),
        draft=draft,
        answered_by=None if row.decided_by is None else decode(Person, row.decided_by),
        answer=_answer(vault, row.answer),
        pending_update=row.pending_update,
        doubtful=row.doubtful,
    )


# --- turns ---


def question_text(vault: Vault, question: Question) -> str:
    """Sealed as a whole if it may hold a password: among variables nobody knows which ones do."""
    answer = question.answer
    text = json.dumps(
        {
            "question": json.loads(encode(replace(question, answer=None))),
            "answer": None if answer is None else json.loads(encode_answer(answer)),
        }
    )
    if has_passwords(question) or (question.variables and vault.can_keep_secrets):
        return vault.seal(text)
    return text


def to_question(vault: Vault, text: str) -> Question:
    """Empty if it can no longer be opened or read."""
    try:
        document = json.loads(vault.open(text))
        question = decode(Question, json.dumps(document["question"]))
        answer = document["answer"]
        return replace(question, answer=None if answer is None else decode_answer(json.dumps(answer)))
    except (Unsealable, Undecodable):
        return Question()


def turn_values(vault: Vault, turn: Turn) -> dict[str, Any]:
    """All but parts, suggestions, and what a turn keeps from its beginning."""
    body = replace(turn, question=Question(), parts=(), suggestions=(), suggestions_shown=None)
    return {
        "state": turn.state.value,
        "reply_to": _text(turn.reply_to),
        "body": encode(body),
        "question": question_text(vault, turn.question),
    }


def new_turn_values(vault: Vault, turn: Turn) -> dict[str, Any]:
    return turn_values(vault, turn) | {
        "id": turn.id,
        "platform": turn.conversation.platform,
        "bot": turn.conversation.bot,
        "update_id": turn.update,
        "conversation": str(turn.conversation),
        "suggestions": json.dumps(list(turn.suggestions)),
        "suggestions_shown": _text(turn.suggestions_shown),
    }


def part_values(turn: TurnId, part: Part) -> dict[str, Any]:
    return {
        "turn": turn,
        "number": part.index,
        "state": part.state.value,
        "message": _text(part.message),
        "is_final": part.is_final,
    }


def to_turn(vault: Vault, row: Row[Any], parts: Sequence[Row[Any]]) -> Turn:
    return replace(
        decode(Turn, row.body),
        conversation=ConversationKey.parse(row.conversation),
        question=to_question(vault, row.question),
        suggestions=tuple(json.loads(row.suggestions)),
        suggestions_shown=_ref(row.suggestions_shown),
        parts=tuple(Part(part.number, PartState(part.state), _ref(part.message), part.is_final) for part in parts),
        begun_at=from_micros(row.begun_at),
    )
