"""The whole bridge on doubles: put updates in, let the worker finish them, look at the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bridge.bootstrap import Bridge, compose
from bridge.config import File
from bridge.domain.ids import InteractionId
from bridge.domain.interactions import Interaction
from bridge.domain.updates import Update
from bridge.ports import Store
from bridge.store.memory import MemoryStore
from tests.builders import APP, HERE
from tests.fakes import FakeAdapter, FakeAssistant, FakeClock


class House:
    """`settle` works off everything that is claimable, in this task, one claim after the other."""

    def __init__(
        self,
        *,
        native_forms: bool = True,
        file: File | None = None,
        store: Store | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.assistant = FakeAssistant()
        self.adapter = FakeAdapter(native_forms=native_forms)
        self.store: Store = store or MemoryStore(self.clock, secret_key="a secret for tests")
        self.bridge: Bridge = compose(
            self.store,
            self.assistant,
            [self.adapter],
            {APP.name: APP},
            file or File(),
            clock=self.clock,
            worker="w1",
        )

    async def hear(self, *updates: Update) -> None:
        """Accept the updates and work until nothing is left."""
        await self.bridge.gateway.accept(updates)
        await self.work()

    async def work(self) -> None:
        worker = self.bridge.worker
        while (claim := await self.store.claim("w1", timedelta(seconds=60))) is not None:
            await worker.work(claim)

    @property
    def questions(self) -> list[str]:
        return [asked.question.text for asked in self.assistant.asked]

    async def open_interaction(self) -> Interaction:
        interaction = await self.store.open_interaction_of(HERE)
        assert interaction is not None
        return interaction

    async def interaction(self, id: InteractionId) -> Interaction:
        interaction = await self.store.interaction(id)
        assert interaction is not None
        return interaction


@asynccontextmanager
async def house(**options: object) -> AsyncIterator[House]:
    made = House(**options)  # type: ignore[arg-type]
    await made.store.open()
    try:
        yield made
    finally:
        await made.store.close()
