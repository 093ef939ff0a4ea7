"""A bridge behind the terminal that records what it is told, and answers as the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from typing import TypeVar

from rich.console import Console

from adapters.console.adapter import ConsoleAdapter
from adapters.console.keyboard import Keyboard
from bridge.domain.events import Button, Citation, Ending, NodeFinished, TextAdded, TurnEnded, TurnEvent
from bridge.domain.ids import AppName, ChatId, ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import Interaction, Json, Person
from bridge.domain.turns import Opening, Part, Turn
from bridge.domain.updates import Rating, Update
from bridge.ports import RecentConversation, Refusal

U = TypeVar("U")


class StillClock:
    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass
class RecordingDelivery:
    turn: Turn
    parts: list[Part] = field(default_factory=list)
    shown_in: list[tuple[InteractionId, MessageRef]] = field(default_factory=list)

    async def record(self, part: Part) -> None:
        self.parts.append(part)

    async def shown(self, interaction: InteractionId, message: MessageRef) -> None:
        self.shown_in.append((interaction, message))


class FakeBridge:
    """A gateway; `react` is run, as a task of its own, for every update."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self.updates: list[Update] = []
        self.react: Callable[[Update], Awaitable[None]] | None = None

    async def accept(self, updates: Sequence[Update], *, delay: float = 0.0) -> Sequence[ConversationKey]:
        for update in updates:
            self.updates.append(update)
            if self.react is not None:
                self._group.create_task(self._react(update))
        return ()

    async def _react(self, update: Update) -> None:
        assert self.react is not None
        await self.react(update)

    def of(self, kind: type[U]) -> list[U]:
        return [update for update in self.updates if isinstance(update, kind)]

    async def form(self, interaction: InteractionId, person: Person) -> Interaction | Refusal:
        return Refusal("no")

    async def keep(self, interaction: InteractionId, person: Person, values: Mapping[str, Json]) -> None:
        raise NotImplementedError

    async def vote(self, turn: TurnId, person: Person) -> Rating:
        return Rating.NONE

    async def opening(self, conversation: ConversationKey) -> Opening:
        return Opening()

    async def citations(self, turn: TurnId) -> tuple[Citation, ...]:
        return ()

    async def nodes(self, turn: TurnId, person: Person) -> tuple[NodeFinished, ...] | Refusal:
        return ()

    async def recent(self, platform: str, bot: str) -> Sequence[RecentConversation]:
        return ()

    def heard(self, platform: str) -> None:
        pass

    def unreached(self, platform: str, problem: str) -> None:
        raise NotImplementedError


def adapter_on(keyboard: Keyboard, *, terminal: bool = False) -> tuple[ConsoleAdapter, StringIO]:
    out = StringIO()
    console = Console(file=out, width=80, force_terminal=terminal, color_system=None)
    adapter = ConsoleAdapter(
        keyboard, StillClock(), console=console, session="s", greet=False, patience=5.0, pause=0.02
    )
    return adapter, out


def turn_in(adapter: ConsoleAdapter, id: str = "t" * 24) -> Turn:
    return Turn(
        id=TurnId(id),
        conversation=adapter.conversation,
        app=AppName("default"),
        chat=ChatId("c"),
        update="u",
        asked=Person("you"),
        record=TurnId(id),
    )


async def stream(*events: TurnEvent) -> AsyncIterator[TurnEvent]:
    for event in events:
        await asyncio.sleep(0)
        yield event


async def deliver(adapter: ConsoleAdapter, *events: TurnEvent, turn: Turn | None = None) -> RecordingDelivery:
    delivery = RecordingDelivery(turn or turn_in(adapter))
    await adapter.deliver(delivery, stream(*events))
    return delivery


def said(text: str, buttons: tuple[tuple[Button, ...], ...] = ()) -> tuple[TurnEvent, ...]:
    return TextAdded(text), TurnEnded(Ending.COMPLETE, text, buttons=buttons)
