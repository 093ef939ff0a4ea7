"""What an answer looks like so far: turn events, folded."""

from __future__ import annotations

from typing import assert_never

from bridge.domain.events import (
    InteractionRequested,
    ReasoningAdded,
    StatusChanged,
    TextAdded,
    TextRestarted,
    ToolState,
    ToolUsed,
    TurnEnded,
    TurnEvent,
    Waiting,
)
from bridge.domain.interactions import Interaction


class Progress:
    """`add` every event; read the rest at any time. `status` is what to show while there is no new text, or empty."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._tools: dict[str, ToolUsed] = {}
        self.status = ""
        self.interaction: Interaction | None = None
        self.end: TurnEnded | None = None

    @property
    def text(self) -> str:
        """What has streamed so far; once ended, the authoritative text."""
        if self.end is not None:
            return self.end.text
        if len(self._text) > 1:
            self._text = ["".join(self._text)]
        return self._text[0] if self._text else ""

    @property
    def ended(self) -> TurnEnded:
        """Once there are no more events. Raises RuntimeError if that was not the last of them: nothing may be final."""
        if self.end is None:
            raise RuntimeError("the turn's events ended without TurnEnded")
        return self.end

    @property
    def reasoning(self) -> str:
        return "".join(self._reasoning)

    @property
    def tools(self) -> tuple[ToolUsed, ...]:
        """Each tool call once, in the order they began, with its latest state."""
        return tuple(self._tools.values())

    def add(self, event: TurnEvent) -> None:
        match event:
            case TextAdded(text):
                self._text.append(text)
                self.status = ""
            case TextRestarted():
                self._text.clear()
            case ReasoningAdded(text):
                self._reasoning.append(text)
            case StatusChanged(name):
                self.status = name
            case ToolUsed(id, name, state):
                self._tools[id] = event
                self.status = name if state is ToolState.RUNNING else ""
            case Waiting(sentence):
                self.status = sentence
            case InteractionRequested(interaction):
                self.interaction = interaction
            case TurnEnded():
                self.end = event
            case _:
                assert_never(event)
