"""The other sides of the port, as an adapter meets them: they record what they are told, and answer what a test says.

For tests of an adapter by itself; `fakes` has the doubles for tests of the bridge behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bridge.domain.errors import LeaseLost, StoreUnavailable
from bridge.domain.events import Citation, NodeFinished, TurnEvent
from bridge.domain.ids import ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import Interaction, Json, Person
from bridge.domain.turns import Opening, Part, PartState, Turn
from bridge.domain.updates import Rating, Update
from bridge.ports import RecentConversation, Refusal


@dataclass
class RecordingGateway:
    """Commits in memory, each id once.

    `outages`: how many more times the store is away (`math.inf`: until the test says otherwise). `delays`: seconds that
    the next commits take. What else an adapter may ask for is answered with what stands here.
    """

    outages: float = 0
    delays: list[float] = field(default_factory=list)
    interactions: dict[InteractionId, Interaction] = field(default_factory=dict)
    refusal: Refusal | None = None
    votes: dict[tuple[TurnId, str], Rating] = field(default_factory=dict)
    opens_with: Opening = field(default_factory=Opening)
    sources: tuple[Citation, ...] = ()
    run: tuple[NodeFinished, ...] | Refusal = ()
    conversations: list[RecentConversation] = field(default_factory=list)

    batches: list[tuple[tuple[Update, ...], float]] = field(default_factory=list)
    """What was committed at once, with its delay."""
    kept: dict[InteractionId, dict[str, Json]] = field(default_factory=dict)
    heard_from: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def updates(self) -> list[Update]:
        return [update for batch, _ in self.batches for update in batch]

    async def accept(self, updates: Sequence[Update], *, delay: float = 0.0) -> Sequence[ConversationKey]:
        self._weather()
        if self.delays:
            await asyncio.sleep(self.delays.pop(0))
        known = {update.id for update in self.updates}
        fresh = tuple({update.id: update for update in updates if update.id not in known}.values())
        if fresh:
            self.batches.append((fresh, delay))
        return ()

    async def form(self, interaction: InteractionId, person: Person) -> Interaction | Refusal:
        return self.refusal or self.interactions[interaction]

    async def keep(self, interaction: InteractionId, person: Person, values: Mapping[str, Json]) -> None:
        self.kept[interaction] = dict(values)

    async def vote(self, turn: TurnId, person: Person) -> Rating:
        return self.votes.get((turn, person.id), Rating.NONE)

    async def opening(self, conversation: ConversationKey) -> Opening:
        return self.opens_with

    async def citations(self, turn: TurnId) -> tuple[Citation, ...]:
        return self.sources

    async def nodes(self, turn: TurnId, person: Person) -> tuple[NodeFinished, ...] | Refusal:
        return self.run

    async def recent(self, platform: str, bot: str) -> Sequence[RecentConversation]:
        self._weather()
        return [known for known in self.conversations if (known.key.platform, known.key.bot) == (platform, bot)]

    def heard(self, platform: str) -> None:
        self.heard_from.append(platform)

    def unreached(self, platform: str, problem: str) -> None:
        self.problems.append(problem)

    def _weather(self) -> None:
        if self.outages > 0:
            self.outages -= 1
            raise StoreUnavailable("the database is away")


@dataclass
class RecordingDelivery:
    """Keeps the parts as the store would. `lost_after` so many records the lease is lost."""

    begun: Turn
    """As it was when this attempt began."""
    lost_after: int | None = None
    records: list[Part] = field(default_factory=list)
    shown_in: dict[InteractionId, MessageRef] = field(default_factory=dict)

    @property
    def turn(self) -> Turn:
        latest = {part.index: part for part in (*self.begun.parts, *self.records)}
        return replace(self.begun, parts=tuple(latest[index] for index in sorted(latest)))

    async def record(self, part: Part) -> None:
        if self.lost_after is not None and len(self.records) >= self.lost_after:
            raise LeaseLost
        self.records.append(part)

    async def shown(self, interaction: InteractionId, message: MessageRef) -> None:
        self.shown_in[interaction] = message

    @property
    def states(self) -> list[PartState]:
        return [part.state for part in self.records]

    def again(self) -> RecordingDelivery:
        """The next attempt at the same turn, perhaps in another process."""
        return RecordingDelivery(self.turn)


async def stream(*events: TurnEvent | Callable[[], Awaitable[object]]) -> AsyncIterator[TurnEvent]:
    """Turn events, with pauses: a callable among them is awaited before what follows it."""
    for event in events:
        await asyncio.sleep(0)
        if callable(event):
            await event()
        else:
            yield event
