"""Who may answer what a workflow asks."""

from __future__ import annotations

from typing import Literal

from bridge.domain import phrases
from bridge.domain.ids import ConversationKey
from bridge.domain.interactions import Interaction, InteractionState, Person
from bridge.ports import Refusal

AnsweredBy = Literal["asker", "anyone"]


class Entitlement:
    """Who may answer an interaction, now."""

    def __init__(self, answered_by: AnsweredBy) -> None:
        self._answered_by = answered_by

    def refusal(
        self, interaction: Interaction | None, person: Person, conversation: ConversationKey | None = None
    ) -> Refusal | None:
        """Why `person` may not answer; None if they may. `conversation` is where they pressed, if that is known.

        That somebody was faster is not decided here, but by the store: the same press may come twice.
        """
        if interaction is None or (conversation is not None and conversation != interaction.conversation):
            return Refusal(phrases.NOT_THERE)
        if interaction.state is InteractionState.EXPIRED:
            return Refusal(phrases.EXPIRED)
        if interaction.state is InteractionState.CANCELLED:
            return Refusal(phrases.MOVED_ON)
        if self.is_for_another(interaction, person):
            return Refusal(phrases.not_yours(interaction.asked.name))
        return None

    def is_for_another(self, interaction: Interaction, person: Person) -> bool:
        """Then what this person writes is no answer to it."""
        return self._answered_by == "asker" and person.id != interaction.asked.id


def already_answered(interaction: Interaction | None, person: Person) -> Refusal:
    by = interaction.answered_by if interaction is not None else None
    if by is not None and by.id == person.id:
        return Refusal(phrases.ALREADY_ANSWERED_BY_YOU)
    return Refusal(phrases.already_answered(by.name if by else ""))
