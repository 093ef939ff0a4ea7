"""A pressed inline button, as the update its callback data stands for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypedDict, assert_never

from adapters.telegram.payloads import CallbackQuery
from adapters.telegram.places import Place, Spot
from bridge.domain import controls
from bridge.domain.ids import ConversationKey, MessageRef
from bridge.domain.interactions import Person
from bridge.domain.phrases import REASONS
from bridge.domain.updates import (
    AnswerActionChosen,
    FeedbackGiven,
    FormMove,
    FormStepTaken,
    InteractionCancelled,
    OptionChosen,
    QuickReplyChosen,
    Rating,
    StopRequested,
    Update,
    VoteSource,
)


class _Press(TypedDict):
    id: str
    conversation: ConversationKey
    by: Person
    at: datetime
    reply: str


def reply_handle(callback: str, pressed_at: datetime) -> str:
    """By which `say` can answer this press. A callback has no date of its own, so the time it came in goes along."""
    return f"{callback}@{int(pressed_at.timestamp())}"


def opened_handle(handle: str) -> tuple[str, datetime]:
    """The inverse of `reply_handle`. Raises ValueError for anything else."""
    callback, _, seconds = handle.rpartition("@")
    return callback, datetime.fromtimestamp(int(seconds), UTC)


def pressed(query: CallbackQuery, bot: str, by: Person, now: datetime) -> Update | None:
    """None for a button that is not of the bridge's making (older than it, or forged)."""
    control = controls.decode(query.data or "")
    if control is None or query.message is None:
        return None
    place = Place(query.message.chat.id, query.message.topic)
    message = Spot(query.message.chat.id, query.message.message_id).ref(bot)
    press: _Press = {
        "id": f"callback:{query.id}",
        "conversation": place.key(bot),
        "by": by,
        "at": now,
        "reply": reply_handle(query.id, now),
    }
    return _meaning(control, message, press)


def _meaning(control: controls.Control, message: MessageRef, press: _Press) -> Update:
    common: dict[str, Any] = {**press, "message": message}
    match control:
        case controls.PickOption(interaction, index):
            return OptionChosen(**common, interaction=interaction, index=index)
        case controls.OpenForm(interaction):
            return FormStepTaken(**common, interaction=interaction, step=0, move=FormMove.START)
        case controls.MoveForm(interaction, step, move, index):
            return FormStepTaken(**common, interaction=interaction, step=step, move=move, index=index)
        case controls.CancelInteraction(interaction):
            return InteractionCancelled(**common, interaction=interaction)
        case controls.Vote(turn, rating):
            return FeedbackGiven(**common, turn=turn, rating=rating, source=VoteSource.BUTTON)
        case controls.GiveReason(turn, index):
            reason = REASONS[index] if 0 <= index < len(REASONS) else ""
            return FeedbackGiven(**common, turn=turn, rating=Rating.BAD, source=VoteSource.REASON, reason=reason)
        case controls.SendQuickReply(turn, index):
            return QuickReplyChosen(**common, turn=turn, index=index)
        case controls.StopAnswer(turn):
            return StopRequested(**press, turn=turn)
        case controls.ActOnAnswer(turn, action, index):
            return AnswerActionChosen(**common, turn=turn, action=action, index=index)
        case _:
            assert_never(control)
