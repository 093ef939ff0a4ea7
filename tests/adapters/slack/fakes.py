"""The other sides of the port, in memory: they record what they are told and answer what they were given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bridge.domain.errors import LeaseLost, StoreUnavailable
from bridge.domain.events import Citation, NodeFinished, TurnEvent
from bridge.domain.ids import AppName, ChatId, ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import Ask, Interaction, Json, Person, Purpose
from bridge.domain.turns import Opening, Part, Turn
from bridge.domain.updates import Rating, Update
from bridge.ports import RecentConversation, Refusal

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass
class RecordingGateway:
    """Commits in memory, once per id. `down` makes the store fail; `delays` are seconds the next commits take."""

    updates: list[Update] = field(default_factory=list)
    interactions: dict[InteractionId, Interaction] = field(default_factory=dict)
    refusal: Refusal | None = None
    questions: tuple[str, ...] = ()
    sources: tuple[Citation, ...] = ()
    run: tuple[NodeFinished, ...] | Refusal = ()
    kept: dict[InteractionId, dict[str, Json]] = field(default_factory=dict)
    votes: dict[tuple[TurnId, str], Rating] = field(default_factory=dict)
    down: bool = False
    delays: list[float] = field(default_factory=list)
    heard_from: list[str] = field(default_factory=list)
    conversations: list[RecentConversation] = field(default_factory=list)

    async def accept(self, updates: Sequence[Update], *, delay: float = 0.0) -> Sequence[ConversationKey]:
        del delay
        if self.down:
            raise StoreUnavailable("the database is away")
        if self.delays:
            await asyncio.sleep(self.delays.pop(0))
        known = {update.id for update in self.updates}
        self.updates += [update for update in updates if update.id not in known]
        return ()

    async def form(self, interaction: InteractionId, person: Person) -> Interaction | Refusal:
        del person
        return self.refusal or self.interactions[interaction]

    async def keep(self, interaction: InteractionId, person: Person, values: Mapping[str, Json]) -> None:
        self.kept[interaction] = dict(values)

    async def vote(self, turn: TurnId, person: Person) -> Rating:
        return self.votes.get((turn, person.id), Rating.NONE)

    async def opening(self, conversation: ConversationKey) -> Opening:
        del conversation
        return Opening(app_title="Handbook", questions=self.questions)

    async def citations(self, turn: TurnId) -> tuple[Citation, ...]:
        del turn
        return self.sources

    async def nodes(self, turn: TurnId, person: Person) -> tuple[NodeFinished, ...] | Refusal:
        del turn, person
        return self.run

    async def recent(self, platform: str, bot: str) -> Sequence[RecentConversation]:
        if self.down:
            raise StoreUnavailable("the database is away")
        return [known for known in self.conversations if (known.key.platform, known.key.bot) == (platform, bot)]

    def heard(self, platform: str) -> None:
        self.heard_from.append(platform)

    def unreached(self, platform: str, problem: str) -> None:
        raise NotImplementedError


@dataclass
class RecordingDelivery:
    """Keeps the parts as the store would. `lost_after` records, the lease is lost."""

    turn: Turn
    records: list[Part] = field(default_factory=list)
    controls: dict[InteractionId, MessageRef] = field(default_factory=dict)
    lost_after: int | None = None

    async def record(self, part: Part) -> None:
        if self.lost_after is not None and len(self.records) >= self.lost_after:
            raise LeaseLost
        self.records.append(part)

    async def shown(self, interaction: InteractionId, message: MessageRef) -> None:
        self.controls[interaction] = message

    @property
    def parts(self) -> tuple[Part, ...]:
        """The latest state of each part."""
        return tuple({part.index: part for part in self.records}.values())

    def again(self) -> RecordingDelivery:
        """What another worker finds after this one died."""
        latest = {part.index: part for part in (*self.turn.parts, *self.records)}
        return RecordingDelivery(replace(self.turn, parts=tuple(latest.values())))


class Script:
    """Turn events by hand: `await script.say(...)` hands one over; iteration ends after `end`."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        self.is_read = False

    def give(self, *events: TurnEvent) -> None:
        for event in events:
            self._queue.put_nowait(event)

    def break_off(self) -> None:
        self._queue.put_nowait(None)

    async def events(self) -> AsyncIterator[TurnEvent]:
        self.is_read = True
        while (event := await self._queue.get()) is not None:
            yield event


async def at_once(*events: TurnEvent) -> AsyncIterator[TurnEvent]:
    for event in events:
        yield event


def turn(conversation: ConversationKey, asked: str = "U1", asked_in: MessageRef | None = None) -> Turn:
    return Turn(
        id=TurnId("turn1"),
        conversation=conversation,
        app=AppName("default"),
        chat=ChatId("chat1"),
        update="u1",
        asked=Person(asked),
        record=TurnId("turn1"),
        reply_to=asked_in,
        begun_at=NOW,
    )


def interaction(ask: Ask, conversation: ConversationKey, id: str = "abc123") -> Interaction:
    return Interaction(
        id=InteractionId(id),
        turn=TurnId("turn1"),
        conversation=conversation,
        kind="userSelect",
        ask=ask,
        asked=Person("U1"),
        purpose=Purpose.RESUME,
        extends_record=True,
        created_at=NOW,
        expires_at=NOW,
    )
