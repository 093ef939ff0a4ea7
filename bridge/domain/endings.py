"""What becomes of the messages of a question that is over."""

from __future__ import annotations

from collections.abc import Callable

from bridge.domain.ids import MessageRef
from bridge.domain.interactions import Interaction
from bridge.domain.notices import Outcome, Removed, Replaced


def endings(
    interaction: Interaction, text: Callable[[str], str], *, by_field: bool, answered: bool
) -> list[tuple[MessageRef, Outcome]]:
    """It ends in one place, the first of these; `text` says how, after the question's description if that is given.

    That is where it was asked, and the prompt below (a reminder, or the first field of a form) goes. But a form that
    went field by field ends below its last question, as the card that announced it may be far above: that announces
    nothing any more, and keeps the description alone.
    """
    card, prompt, description = interaction.message, interaction.draft.prompt, interaction.ask.description
    is_at_start = interaction.draft.step == 0 and not interaction.draft.editing and not answered
    if by_field and prompt is not None and not (is_at_start and card is not None):
        above: Outcome = Replaced(description) if description.strip() else Removed()
        return [(prompt, Replaced(text(""))), *([(card, above)] if card is not None else [])]
    said: list[tuple[MessageRef, Outcome]] = [(card, Replaced(text(description)))] if card is not None else []
    return [*said, (prompt, Removed())] if prompt is not None else said
