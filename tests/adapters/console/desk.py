"""A bridge behind the terminal that records what it is told, and answers as the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any, TypeVar

from rich.console import Console

from adapters.console.adapter import ConsoleAdapter
from adapters.console.keyboard import Keyboard
from bridge.domain.events import Button, Ending, TextAdded, TurnEnded, TurnEvent
from bridge.domain.ids import ConversationKey
from bridge.domain.interactions import Person
from bridge.domain.turns import Turn
from bridge.domain.updates import Update
from tests.builders import turn
from tests.doubles import RecordingDelivery, RecordingGateway, stream

U = TypeVar("U")


class StillClock:
    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class FakeBridge(RecordingGateway):
    """`react` is run, as a task of its own, for every update."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        super().__init__()
        self._group = group
        self.react: Callable[[Update], Coroutine[Any, Any, None]] | None = None

    async def accept(self, updates: Sequence[Update], *, delay: float = 0.0) -> Sequence[ConversationKey]:
        begun = await super().accept(updates, delay=delay)
        if self.react is not None:
            for update in updates:
                self._group.create_task(self.react(update))
        return begun

    def of(self, kind: type[U]) -> list[U]:
        return [update for update in self.updates if isinstance(update, kind)]


def adapter_on(keyboard: Keyboard, *, terminal: bool = False) -> tuple[ConsoleAdapter, StringIO]:
    out = StringIO()
    console = Console(file=out, width=80, force_terminal=terminal, color_system=None)
    adapter = ConsoleAdapter(
        keyboard, StillClock(), console=console, session="s", greet=False, patience=5.0, pause=0.02
    )
    return adapter, out


def turn_in(adapter: ConsoleAdapter) -> Turn:
    return turn("t" * 24, conversation=adapter.conversation, asked=Person("you"))


async def deliver(adapter: ConsoleAdapter, *events: TurnEvent) -> RecordingDelivery:
    delivery = RecordingDelivery(turn_in(adapter))
    await adapter.deliver(delivery, stream(*events))
    return delivery


def said(text: str, buttons: tuple[tuple[Button, ...], ...] = ()) -> tuple[TurnEvent, ...]:
    return TextAdded(text), TurnEnded(Ending.COMPLETE, text, buttons=buttons)
