"""What was said: conversations, turns, what they ask, and what people think of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bridge.domain.ids import AppName, ChatId, ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import Answer, Draft, Interaction, Person
from bridge.domain.turns import Conversation, Part, Turn
from bridge.domain.updates import Rating, Update
from bridge.ports.inbox import Claim


@dataclass(frozen=True, slots=True)
class CastVote:
    """`update` is the inbox id of what cast it, by which a repeated one is told from a second press."""

    person: Person
    rating: Rating
    reason: str
    at: datetime
    update: str


@dataclass(frozen=True, slots=True)
class ReasonAsked:
    """Somebody was asked, in the message `card`, why an answer was bad.

    `in_words`: their next message is the reason.
    """

    turn: TurnId
    card: MessageRef | None
    in_words: bool = False


class Dialogue(Protocol):
    """The part of the store that remembers conversations."""

    # conversations

    async def conversation(self, key: ConversationKey) -> Conversation | None: ...

    async def bind(self, key: ConversationKey, app: AppName, chat: ChatId) -> Conversation:
        """Bind, or rebind, a conversation to a chat; the count of turns starts again."""

    async def ensure(self, key: ConversationKey, app: AppName, chat: ChatId) -> Conversation:
        """The conversation as it is, bound to `chat` if it is new."""

    async def set_reachable(self, key: ConversationKey, reachable: bool) -> None:
        """Of every known conversation whose address is `key`'s, or begins with it and a slash."""

    async def move(self, old: ConversationKey, new: ConversationKey) -> None:
        """Everything whose address is `old`'s, or begins with it and a slash, now begins with `new`'s."""

    # turns

    async def begin_turn(self, claim: Claim, turn: Turn) -> Turn:
        """Store a new turn with its parts, or return the one that `turn.update` began before."""

    async def save_turn(self, claim: Claim, turn: Turn) -> None:
        """All but `parts` and suggestions, which have methods of their own."""

    async def record_part(self, claim: Claim, turn: TurnId, part: Part) -> None: ...

    async def turn(self, id: TurnId) -> Turn | None: ...

    async def turn_shown_in(self, message: MessageRef) -> Turn | None:
        """The turn one of whose parts is this message."""

    async def turn_asked_by(self, message: MessageRef) -> Turn | None:
        """The latest turn that answers this message."""

    async def latest_turn(self, key: ConversationKey) -> Turn | None: ...

    async def turn_before(self, turn: TurnId) -> Turn | None:
        """The turn of the same conversation that was begun last before this one."""

    async def set_suggestions(self, turn: TurnId, suggestions: Sequence[str], shown: MessageRef | None) -> None: ...

    async def request_stop(self, key: ConversationKey, turn: TurnId | None) -> TurnId | None:
        """Ask whoever holds the conversation to stop the turn; which one that is, None if nothing (or another) runs."""

    # interactions

    async def open_interaction(self, claim: Claim, interaction: Interaction) -> None:
        """Store it; one that is open in the same conversation is cancelled. The same id again changes nothing."""

    async def interaction(self, id: InteractionId) -> Interaction | None: ...

    async def open_interaction_of(self, key: ConversationKey) -> Interaction | None: ...

    async def set_interaction_message(self, id: InteractionId, message: MessageRef) -> None: ...

    async def answer_interaction(
        self, id: InteractionId, update: str, person: Person, answer: Answer, follow_up: Update
    ) -> bool:
        """One conditional update, and the follow-up with it. True for the update that won, however often it asks."""

    async def cancel_interaction(self, id: InteractionId, update: str, person: Person | None) -> bool:
        """Close it without an answer and without a follow-up: the conversation went elsewhere."""

    async def answered_interaction_of(self, key: ConversationKey) -> Interaction | None:
        """The interaction that was answered (or cancelled by an answer) and whose answer is not yet forgotten."""

    async def interaction_decided_by(self, key: ConversationKey, update: str) -> Interaction | None:
        """The interaction of this conversation that this update has answered or cancelled."""

    async def save_draft(self, id: InteractionId, expected_step: int, draft: Draft) -> bool:
        """Replace the draft of an open interaction whose draft is at `expected_step`."""

    async def forget_answer(self, id: InteractionId) -> None:
        """Remove the values of an answered interaction once FastGPT has them (passwords among them)."""

    async def expire_interactions(self) -> list[Interaction]:
        """Expire what is due, and return it, so that its controls can say so."""

    # votes

    async def cast_vote(self, turn: TurnId, person: Person, rating: Rating, reason: str, update: str) -> None:
        """A person has one vote on a turn; the latest counts. Rating.NONE removes it. An empty reason keeps the old one
        if the rating is the same."""

    async def votes(self, turn: TurnId) -> list[CastVote]: ...

    async def ask_reason(self, key: ConversationKey, person: Person, asked: ReasonAsked) -> None:
        """Remember what this person was asked here, in the place of what they were asked before."""

    async def reason_asked(self, key: ConversationKey, person: Person) -> ReasonAsked | None:
        """What this person was asked here and has not answered in words."""

    async def take_reason(
        self, key: ConversationKey, person: Person, update: str, within: timedelta
    ) -> ReasonAsked | None:
        """What the message that is this update gives the reason for, however often it asks; None if it gives none.

        Words must have been asked for, less than `within` ago, and no other message have come before.
        """

    async def forget_reason(self, key: ConversationKey, person: Person) -> None:
        """What `reason_asked` tells is not asked any more."""

    async def forget_reasons_for(self, turn: TurnId) -> list[MessageRef]:
        """Nobody is asked about this answer any more; the cards by which people were."""
