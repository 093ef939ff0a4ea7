"""What the adapter is given in its tests: a clock that runs fast, a gateway and a delivery that remember."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from bridge.domain.errors import LeaseLost, StoreUnavailable
from bridge.domain.events import Citation, NodeFinished, TurnEvent
from bridge.domain.ids import AppName, ChatId, ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import Choice, Form, Interaction, Json, Option, Pause, Person, Purpose
from bridge.domain.turns import Opening, Part, PartState, Turn
from bridge.domain.updates import Rating, Update
from bridge.ports import RecentConversation, Refusal
from tests.emulators.telegram import Clock as EmulatorClock

SPEED = 20
T = TypeVar("T")


class FastClock(EmulatorClock):
    """Both worlds' clock: a second of theirs takes a twentieth of ours, so limits and life times stay in proportion."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.time()

    def __call__(self) -> float:
        return self._began + (time.time() - self._began) * SPEED + self._ahead

    def monotonic(self) -> float:
        return self()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self(), UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


@dataclass
class RecordingGateway:
    """`failing`: how many more times the store is down."""

    batches: list[tuple[tuple[Update, ...], float]] = field(default_factory=list)
    failing: int = 0
    beats: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def updates(self) -> list[Update]:
        return [update for batch, _ in self.batches for update in batch]

    async def accept(self, updates: Sequence[Update], *, delay: float = 0.0) -> Sequence[ConversationKey]:
        if self.failing > 0:
            self.failing -= 1
            raise StoreUnavailable("the database is away")
        known = {update.id for update in self.updates}
        fresh = tuple({update.id: update for update in updates if update.id not in known}.values())
        if fresh:
            self.batches.append((fresh, delay))
        return ()

    async def form(self, interaction: InteractionId, person: Person) -> Interaction | Refusal:
        return Refusal("There are no forms here.")

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
        self.beats += 1

    def unreached(self, platform: str, problem: str) -> None:
        self.problems.append(problem)


@dataclass
class RecordingDelivery:
    """`lost_at`: the number of the record at which the lease turns out to be lost."""

    turn: Turn
    records: list[Part] = field(default_factory=list)
    shown_in: dict[InteractionId, MessageRef] = field(default_factory=dict)
    lost_at: int | None = None

    async def record(self, part: Part) -> None:
        if self.lost_at is not None and len(self.records) >= self.lost_at:
            raise LeaseLost
        self.records.append(part)
        parts = {known.index: known for known in self.turn.parts} | {part.index: part}
        self.turn = replace(self.turn, parts=tuple(parts[index] for index in sorted(parts)))

    async def shown(self, interaction: InteractionId, message: MessageRef) -> None:
        self.shown_in[interaction] = message

    @property
    def states(self) -> list[PartState]:
        return [part.state for part in self.records]

    def again(self) -> RecordingDelivery:
        """The next attempt at the same turn, perhaps in another process."""
        return RecordingDelivery(self.turn)


def a_turn(key: ConversationKey, *, reply_to: MessageRef | None = None, id: str = "turn0000000000000000001") -> Turn:
    return Turn(
        id=TurnId(id),
        conversation=key,
        app=AppName("default"),
        chat=ChatId("chat1"),
        update="message:1/1",
        asked=Person("5001", "Ada"),
        record=TurnId(id),
        reply_to=reply_to,
        private=not key.address.startswith("-"),
    )


def an_interaction(key: ConversationKey, ask: Choice | Form | Pause, *, person: str = "5001") -> Interaction:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Interaction(
        id=InteractionId("interaction00001"),
        turn=TurnId("turn0000000000000000001"),
        conversation=key,
        kind="userSelect",
        ask=ask,
        asked=Person(person, "Ada"),
        purpose=Purpose.RESUME,
        extends_record=True,
        created_at=at,
        expires_at=at,
    )


def a_choice(*labels: str, description: str = "Which one?") -> Choice:
    return Choice(description, tuple(Option(label, label) for label in labels))


async def stream(*events: TurnEvent | Callable[[], Awaitable[object]]) -> AsyncIterator[TurnEvent]:
    """Turn events, with pauses: a callable among them is awaited before what follows it."""
    for event in events:
        if callable(event):
            await event()
        else:
            yield event
