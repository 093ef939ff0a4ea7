"""Whether the bridge has reacted to what was typed: for those who wait for an answer before they say the next thing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto

from bridge.domain.updates import (
    AnswerAction,
    AnswerActionChosen,
    FormSubmitted,
    MessageReceived,
    OptionChosen,
    QuickReplyChosen,
    StopRequested,
    Update,
)


class Expected(Enum):
    NOTHING = auto()
    REACTION = auto()
    """A sentence or a change of controls, then nothing for a moment: the first may have been about something else."""
    ANSWER = auto()
    """A turn runs; or a sentence says why none does, and then none begins for a moment."""


def expected_after(update: Update) -> Expected:
    """What the bridge owes to whoever typed this."""
    match update:
        case MessageReceived() | OptionChosen() | FormSubmitted() | QuickReplyChosen():
            return Expected.ANSWER
        case AnswerActionChosen(action=AnswerAction.REGENERATE | AnswerAction.RETRY | AnswerAction.REASK):
            return Expected.ANSWER
        case StopRequested(turn=turn) if turn is not None:
            return Expected.NOTHING
        case _:
            return Expected.REACTION


class Activity:
    """`patience` (seconds) is how long to wait for the first sign, `pause` for what may follow a sentence."""

    def __init__(self, *, patience: float, pause: float) -> None:
        self._patience = patience
        self._pause = pause
        self._expected = Expected.NOTHING
        self._running = 0
        self._answered = False
        self._reacted = False
        self._changed = asyncio.Event()

    def expect(self, expected: Expected) -> None:
        self._expected, self._answered, self._reacted = expected, False, False

    def reacted(self, *, spoken: bool) -> None:
        """A sentence was `spoken` to what was typed; anything else does not stand for an answer."""
        if spoken or self._expected is Expected.REACTION:
            self._reacted = True
        self._changed.set()

    @contextmanager
    def answering(self) -> Iterator[None]:
        self._running += 1
        self._changed.set()
        try:
            yield
        finally:
            self._running -= 1
            self._answered = True
            self._changed.set()

    async def quiet(self) -> bool:
        """Wait until everything that was expected has come; False if it did not."""
        while self._expected is not Expected.NOTHING:
            self._changed.clear()
            if self._running:
                await self._changed.wait()
            elif self._answered and self._expected is Expected.ANSWER:
                self._expected = Expected.NOTHING
            elif not await self._something_within(self._pause if self._reacted else self._patience):
                heard, self._expected = self._reacted, Expected.NOTHING
                return heard
        return True

    async def _something_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True
