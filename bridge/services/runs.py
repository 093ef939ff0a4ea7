"""The turns that are running in this process, so that they can be stopped, and the hold each has on its stored self."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from bridge.domain.ids import ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.turns import Part, PartState, Turn
from bridge.domain.updates import Lane
from bridge.ports import Claim, Clock, Store
from bridge.services.commits import committed

T = TypeVar("T")

_FRESH = 1.0  # seconds a commit may have taken and still be the permission to send
_TRIES = 3


class Run:
    """One turn while it runs: its stored state, kept equal to the database's, and the wish to stop it or to leave it.

    It is also the `Delivery` that the adapter gets.
    """

    def __init__(self, store: Store, clock: Clock, claim: Claim, turn: Turn) -> None:
        self._store = store
        self._clock = clock
        self._claim = claim
        self._turn = turn
        self.stop = asyncio.Event()
        self.leaving = asyncio.Event()
        self.left_running = False
        """FastGPT may go on with an answer that nobody waits for any more."""

    @property
    def turn(self) -> Turn:
        return self._turn

    @property
    def claim(self) -> Claim:
        return self._claim

    async def surely(self, operation: Callable[[], Awaitable[T]]) -> T:
        """What an operation of the store gives: an answer that runs outlasts a database that is away meanwhile."""
        return await committed(self._clock, operation)

    async def save(self, **changes: Any) -> None:
        """Commit changed fields of the turn. Raises LeaseLost."""
        turn = replace(self._turn, **changes)
        await self.surely(lambda: self._store.save_turn(self._claim, turn))
        self._turn = turn

    async def record(self, part: Part) -> None:
        """Commit it. Whoever was frozen in the meantime may have lost the lane, and asks again before anything is sent.

        Raises LeaseLost.
        """
        for _ in range(_TRIES):
            begun = self._clock.monotonic()
            await self.surely(lambda: self._store.record_part(self._claim, self._turn.id, part))
            if part.state is not PartState.SENDING or self._clock.monotonic() - begun < _FRESH:
                break
        others = tuple(other for other in self._turn.parts if other.index != part.index)
        self._turn = replace(self._turn, parts=tuple(sorted((*others, part), key=lambda part: part.index)))

    async def shown(self, interaction: InteractionId, message: MessageRef) -> None:
        await self.surely(lambda: self._store.set_interaction_message(interaction, message))


class Running:
    """By lane, since a lane runs one turn at a time."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}

    @property
    def turns(self) -> int:
        """How many run in this process."""
        return len(self._runs)

    @contextmanager
    def entered(self, run: Run) -> Iterator[None]:
        lane = run.claim.lane
        self._runs[lane] = run
        try:
            yield
        finally:
            if self._runs.get(lane) is run:
                del self._runs[lane]

    def stop(self, lane: str, turn: TurnId) -> None:
        """Stop the turn if it runs here and now."""
        run = self._runs.get(lane)
        if run is not None and run.turn.id == turn:
            run.stop.set()

    async def stop_anywhere(self, store: Store, conversation: ConversationKey, turn: TurnId | None) -> TurnId | None:
        """Stop what runs in the conversation, in whatever process: `turn`, or anything if that is None. What it was."""
        stopped = await store.request_stop(conversation, turn)
        if stopped is not None:
            self.stop(f"{conversation}#{Lane.TURN}", stopped)
        return stopped

    def leave(self) -> None:
        """This process ends; whoever waits is told that another one goes on."""
        for run in self._runs.values():
            run.leaving.set()
