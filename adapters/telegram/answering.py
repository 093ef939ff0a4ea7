"""From the first sign of an answer to its last part."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from adapters.telegram.entities import italic
from adapters.telegram.forms import card
from adapters.telegram.keyboards import keyboard
from adapters.telegram.parts import parts, with_note
from adapters.telegram.places import Place
from adapters.telegram.screen import Screen
from adapters.telegram.sender import Sender
from adapters.telegram.streaming import Drafts, Edits, Painter
from bridge.domain.events import TurnEnded, TurnEvent
from bridge.domain.interactions import Interaction
from bridge.domain.phrases import MAYBE_MISSING
from bridge.ports import Clock, Delivery
from bridge.rendering.progress import Progress

_WITHOUT_DRAFTS = 3600.0
"""Seconds for which a chat that refused a draft is offered none."""


class Stage:
    """What answers of this process need to know of each other."""

    def __init__(self, sender: Sender, clock: Clock) -> None:
        self.sender = sender
        self.clock = clock
        self._without_drafts: dict[int, float] = {}  # until when, by the monotonic clock
        self._streaming: dict[int, int] = {}

    def has_drafts(self, chat: int) -> bool:
        return self.clock.monotonic() >= self._without_drafts.get(chat, -math.inf)

    def refused_a_draft(self, chat: int) -> None:
        """It sees edits for a while. Those for whom that is over are forgotten."""
        now = self.clock.monotonic()
        self._without_drafts = {chat: until for chat, until in self._without_drafts.items() if until > now}
        self._without_drafts[chat] = now + _WITHOUT_DRAFTS

    def is_crowded(self, chat: int) -> bool:
        """Several answers at once share one chat's limit, topics included."""
        return self._streaming.get(chat, 0) > 1

    @contextmanager
    def entered(self, chat: int) -> Iterator[None]:
        self._streaming[chat] = self._streaming.get(chat, 0) + 1
        try:
            yield
        finally:
            self._streaming[chat] -= 1
            if not self._streaming[chat]:
                del self._streaming[chat]


class Answering:
    def __init__(self, stage: Stage, delivery: Delivery) -> None:
        self._stage = stage
        self._delivery = delivery
        self._place = Place.of(delivery.turn.conversation)
        self._screen = Screen(delivery, self._place, stage.sender)
        self._progress = Progress()

    async def run(self, events: AsyncIterator[TurnEvent]) -> None:
        with self._stage.entered(self._place.chat):
            painter = Painter(self._edits(), self._progress, self._stage.clock)
            if self._has_drafts() and not self._screen.has(0):
                painter.canvas = self._drafts(painter)
            async with painter.running():
                async for event in events:
                    self._progress.add(event)
                    painter.wake()
            await self._finish(self._progress.ended, painter)

    def _has_drafts(self) -> bool:
        return self._place.is_private and self._stage.has_drafts(self._place.chat)

    def _edits(self) -> Edits:
        stage, chat = self._stage, self._place.chat
        return Edits(self._screen, stage.sender, self._place, self._delivery.turn.id, lambda: stage.is_crowded(chat))

    def _drafts(self, painter: Painter) -> Drafts:
        def refused() -> None:
            """A rate limit would be no reason, as edits have a tighter one."""
            self._stage.refused_a_draft(self._place.chat)
            painter.canvas = self._edits()

        return Drafts(self._screen, self._stage.sender, self._place, self._delivery.turn.id, refused)

    async def _finish(self, end: TurnEnded, painter: Painter) -> None:
        """The controls of a paused workflow come below the whole text, which is known only now."""
        texts = with_note(parts(end.text), italic(end.note))
        unsent = next((index for index in range(len(texts)) if not self._screen.has(index)), None)
        if unsent is not None:
            await painter.canvas.prepare(unsent, texts[unsent])
        buttons = keyboard(end.buttons)
        for index, text in enumerate(texts):
            await self._screen.show(index, text, buttons if index == len(texts) - 1 else None)
        count = await self._show_controls(len(texts), self._progress.interaction)
        if any(self._screen.is_unknown(index) for index in range(count)):
            await self._screen.show(
                count, italic(MAYBE_MISSING), buttons if self._screen.is_unknown(count - 1) else None
            )
            count += 1
        await self._screen.forget_after(count)

    async def _show_controls(self, count: int, interaction: Interaction | None) -> int:
        """How many parts there are in all."""
        if interaction is not None and interaction.message is None:
            asked = card(interaction, named=not self._place.is_private)
            for text in asked.texts:
                markup = keyboard(asked.buttons) if text is asked.texts[-1] else None
                await self._screen.show(count, text, markup, may_repeat=True)
                count += 1
            message = self._screen.message(count - 1)
            if message is not None:
                await self._delivery.shown(interaction.id, message)
        return count
