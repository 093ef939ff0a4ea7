"""What pressing a control says: the same on every platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from bridge.domain.controls import (
    ActOnAnswer,
    CancelInteraction,
    Control,
    GiveReason,
    MoveForm,
    OpenForm,
    PickOption,
    SendQuickReply,
    StopAnswer,
    Vote,
)
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


@dataclass(frozen=True, slots=True)
class Pressed:
    """Who pressed what, where and when. `id` is the update's, `reply` the handle by which to answer privately."""

    id: str
    conversation: ConversationKey
    by: Person
    at: datetime
    message: MessageRef | None
    reply: str | None

    def says(self, control: Control) -> Update:
        """The fact. A form that is opened begins at its first field: for platforms that have no form of their own.

        A reason that is none of the ready-made ones is empty: it is still to be asked for.
        """
        asked: dict[str, Any] = {
            "id": self.id,
            "conversation": self.conversation,
            "by": self.by,
            "at": self.at,
            "reply": self.reply,
        }
        common = {**asked, "message": self.message}
        match control:
            case PickOption(interaction, index):
                return OptionChosen(**common, interaction=interaction, index=index)
            case OpenForm(interaction):
                return FormStepTaken(**common, interaction=interaction, step=0, move=FormMove.START)
            case MoveForm(interaction, step, move, index):
                return FormStepTaken(**common, interaction=interaction, step=step, move=move, index=index)
            case CancelInteraction(interaction):
                return InteractionCancelled(**common, interaction=interaction)
            case Vote(turn, rating):
                return FeedbackGiven(**common, turn=turn, rating=rating, source=VoteSource.BUTTON)
            case GiveReason(turn, index):
                reason = REASONS[index] if 0 <= index < len(REASONS) else ""
                return FeedbackGiven(**common, turn=turn, rating=Rating.BAD, source=VoteSource.REASON, reason=reason)
            case SendQuickReply(turn, index):
                return QuickReplyChosen(**common, turn=turn, index=index)
            case StopAnswer(turn):
                return StopRequested(**common, turn=turn)
            case ActOnAnswer(turn, action, index):
                return AnswerActionChosen(**common, turn=turn, action=action, index=index)
            case _:
                assert_never(control)
