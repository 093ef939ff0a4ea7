"""A turn as it happens, printed: paragraph by paragraph, since what is printed stays printed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import assert_never

from rich.console import RenderableType

from adapters.console import renderers
from adapters.console.answer import PrintedAnswer
from adapters.console.board import Board
from adapters.console.keys import keys_of
from bridge.domain import phrases
from bridge.domain.events import (
    Ending,
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
from bridge.domain.ids import MessageRef
from bridge.domain.interactions import Interaction
from bridge.domain.turns import Part, PartState
from bridge.ports import Delivery
from bridge.rendering.progress import Progress

_DEPARTS = "(The answer was changed as it ended. Its last part reads:)"
_SHORTER = "(The last part of this was taken back.)"


class Showing:
    """One turn on screen. `tail` and `status` are what is not printed yet, for a live view."""

    def __init__(
        self,
        delivery: Delivery,
        board: Board,
        emit: Callable[[RenderableType], None],
        new_message: Callable[[], MessageRef],
        answer: PrintedAnswer,
        *,
        plain: bool,
        live: bool,
    ) -> None:
        self._delivery = delivery
        self._board = board
        self._emit = emit
        self._new_message = new_message
        self._answer = answer
        self._plain = plain
        self._live = live
        self._waited: set[str] = set()  # sentences that are printed already
        self._progress = Progress()
        parts = delivery.turn.parts
        self.message = parts[0].message if parts else None

    @property
    def tail(self) -> str:
        return self._answer.tail(self._progress.text)

    @property
    def status(self) -> str:
        """What it is doing; empty while text comes."""
        return self._progress.status or ("" if self._progress.text else phrases.THINKING)

    async def run(self, events: AsyncIterator[TurnEvent]) -> None:
        """Raises LeaseLost, and RuntimeError if the events do not end as they must."""
        async for event in events:
            self._progress.add(event)
            match event:
                case TextAdded(text):
                    if "\n" in text:
                        await self._print(self._answer.settled(self._progress.text))
                case TextRestarted():
                    if self._answer.printed:
                        self._emit(renderers.note("(The connection broke: the answer begins anew.)"))
                    self._answer.printed.clear()
                case InteractionRequested(interaction):
                    await self._ask(interaction)
                case TurnEnded():
                    await self._end(event)
                case ToolUsed(_, name, ToolState.RUNNING):
                    self._emit(renderers.note(f"· {name}"))
                case Waiting(sentence):
                    if not self._live and sentence not in self._waited:
                        self._waited.add(sentence)
                        self._emit(renderers.note(sentence))
                case ToolUsed() | StatusChanged() | ReasoningAdded():
                    pass
                case _:
                    assert_never(event)
        _ = self._progress.ended

    async def _ask(self, interaction: Interaction) -> None:
        await self._print(self._answer.finished(self._progress.text)[0])
        message = interaction.message
        if message is None:
            message = self._new_message()
            self._emit(renderers.question(interaction, plain=self._plain))
            await self._delivery.shown(interaction.id, message)
        self._board.ask(interaction, message)

    async def _end(self, end: TurnEnded) -> None:
        missing, departs = self._answer.finished(end.text)
        if departs:
            self._emit(renderers.note(_DEPARTS if missing else _SHORTER))
        await self._print(missing)
        if not end.text and not end.note:
            return
        message = await self._ensure_message()
        if end.note and end.note != self._answer.note:
            failed = end.ending in (Ending.FAILED, Ending.INCOMPLETE)
            self._emit(renderers.trouble(end.note) if failed else renderers.note(end.note))
            self._answer.note = end.note
        keys = keys_of(end.buttons)
        if self._board.put(message, keys) and (line := renderers.key_line(keys)) is not None:
            self._emit(line)
        await self._delivery.record(Part(0, PartState.SENT, message, is_final=True))

    async def _print(self, blocks: list[str]) -> None:
        if blocks:
            await self._ensure_message()
        for block in blocks:
            self._emit(renderers.markdown(block, plain=self._plain))
            self._emit("")

    async def _ensure_message(self) -> MessageRef:
        if self.message is None:
            await self._delivery.record(Part(0, PartState.SENDING))
            self.message = self._new_message()
            await self._delivery.record(Part(0, PartState.SENT, self.message))
        return self.message
