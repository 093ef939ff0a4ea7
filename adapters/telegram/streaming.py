"""Showing an answer while it is being written.

Private chats have drafts: animated, without notification, on a budget of their own. Groups have none, so a placeholder
is edited, at most every 3.1 seconds. Only text that is appended fades in, so what is shown should grow, not change.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from adapters.telegram.entities import Rendered, italic
from adapters.telegram.failures import ChatMoved
from adapters.telegram.keyboards import keyboard
from adapters.telegram.parts import preview, with_note
from adapters.telegram.places import Place
from adapters.telegram.screen import Screen
from adapters.telegram.sender import Sender
from bridge.domain import phrases
from bridge.domain.controls import StopAnswer
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.events import Button
from bridge.domain.ids import TurnId
from bridge.ports import Clock
from bridge.rendering.pacing import Priority
from bridge.rendering.progress import Progress

HEARTBEAT = 20.0  # seconds; a draft fades after 30
_EAGERNESS = 3  # how much sooner the first words may follow the first sign of life
_PATIENCE = 5.0  # seconds a placeholder may wait for its turn before the answer is better off without one


class Canvas(Protocol):
    """Where an unfinished answer is shown. `interval` is in seconds."""

    interval: float

    async def paint(self, text: list[Rendered], status: str) -> bool:
        """False if the limits did not allow it just now. Raises PlatformError."""

    async def prepare(self, index: int, final: Rendered) -> None:
        """Part `index` is about to be shown for good, and no message of it is on screen. A failure is no loss."""


def draft_id(turn: TurnId, part: int) -> int:
    """The same for every attempt at a part of a turn; never 0. 31 bits, as clients keep it in an int32."""
    return (zlib.crc32(f"{turn}/{part}".encode()) & 0x7FFFFFFF) or 1


class Drafts:
    """Parts that are full are sent for good, and the draft goes on below them."""

    interval = 0.8

    def __init__(self, screen: Screen, sender: Sender, place: Place, turn: TurnId, on_refused: Callable[[], None]):
        self._screen = screen
        self._sender = sender
        self._place = place
        self._turn = turn
        self._on_refused = on_refused
        self._on_screen: tuple[int, Rendered] | None = None
        self._part = 0

    async def paint(self, text: list[Rendered], status: str) -> bool:
        for index, part in enumerate(text[:-1]):
            if not self._screen.has(index):
                await self._screen.show(index, part, is_final=False)
        self._part = max(len(text) - 1, 0)
        if self._screen.has(self._part):
            return True
        return await self._draft(_with_status(text[-1] if text else Rendered(""), status))

    async def prepare(self, index: int, final: Rendered) -> None:
        """Clients turn the draft into the message if the two begin alike, else it lingers beside it."""
        if self._on_screen is not None and self._part == index and self._on_screen != (index, final):
            with suppress(PlatformError):
                await self._draft(final)

    async def _draft(self, content: Rendered) -> bool:
        if self._on_screen == (self._part, content) and content.text:
            return True
        try:
            if not await self._sender.draft(self._place, draft_id(self._turn, self._part), content):
                return False
        except PlatformError as error:
            if error.fault is not PlatformFault.REFUSED:
                raise
            if content.entities:
                return await self._draft(Rendered(content.text))
            self._on_refused()
            return False
        self._on_screen = (self._part, content)
        return True


class Edits:
    """A placeholder with a Stop button, edited. Where several answers share a group, all but the ends stay quiet."""

    interval = 3.1

    def __init__(self, screen: Screen, sender: Sender, place: Place, turn: TurnId, is_crowded: Callable[[], bool]):
        self._screen = screen
        self._sender = sender
        self._place = place
        self._stop = keyboard(((Button(phrases.STOP, StopAnswer(turn)),),))
        self._is_crowded = is_crowded

    async def paint(self, text: list[Rendered], status: str) -> bool:
        shown = [*text[:-1], _with_status(text[-1], status)] if text else [italic(status or phrases.THINKING)]
        for index, part in enumerate(shown):
            markup = self._stop if index == len(shown) - 1 else None
            if not self._screen.has(index):
                await self._begin(index, status)
                return not text
            if self._is_crowded():
                await self._sender.typing(self._place)
            elif not await self._screen.hint(index, part, markup):
                return False
        return True

    async def _begin(self, index: int, status: str) -> None:
        """Without a word of the answer: should it arrive twice, nothing was said twice."""
        if self._sender.ready_in(self._place.chat, Priority.FIRST) <= _PATIENCE:
            await self._screen.placeholder(italic(status or phrases.THINKING), self._stop, index)

    async def prepare(self, index: int, final: Rendered) -> None:
        """An answer that is edited in can be repeated; one that is sent cannot."""
        if not self._screen.is_unknown(index):
            with suppress(PlatformError):
                await self._begin(index, "")


def _with_status(text: Rendered, status: str) -> Rendered:
    """Below the text, where new text will push it away; only if there is room."""
    if not status:
        return text
    with_it = with_note([text], italic(status)) if text.text else [italic(status)]
    return with_it[0] if len(with_it) == 1 else text


class Painter:
    """Keeps a canvas fresh. Whatever goes wrong with progress is dropped, but a chat that is gone ends the stream."""

    def __init__(self, canvas: Canvas, progress: Progress, clock: Clock) -> None:
        self.canvas = canvas
        self._progress = progress
        self._clock = clock
        self._changed = asyncio.Event()
        self._calling = asyncio.Lock()
        self._began = clock.monotonic()
        self._painted = ""
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There is something new. Raises what ended the painting: LeaseLost, or that the chat is gone."""
        self._changed.set()
        if self._task is not None and self._task.done():
            self._task.result()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block lasts. A call in flight is let land: a draft that came after the answer would haunt it."""
        task = self._task = asyncio.create_task(self._run())
        try:
            yield
            async with self._calling:
                pass
        finally:
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    async def _run(self) -> None:
        while True:
            text = preview(self._progress.text)
            async with self._calling:
                await self._paint(text)
            await self._clock.sleep(self.canvas.interval / (1 if text else _EAGERNESS))
            await self._next()

    async def _next(self) -> None:
        """Something changed, or the draft would fade."""
        waiting = {
            asyncio.create_task(self._changed.wait()),
            asyncio.create_task(self._clock.sleep(HEARTBEAT - self.canvas.interval)),
        }
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _paint(self, text: list[Rendered]) -> None:
        """What could not be shown now is tried again after the interval, newer."""
        self._changed.clear()
        try:
            is_shown = await self.canvas.paint(text, self._status())
        except ChatMoved:
            is_shown = False  # whatever is sent next follows
        except PlatformError as error:
            if error.fault in (PlatformFault.GONE, PlatformFault.UNAUTHORISED):
                raise
            is_shown = error.fault is PlatformFault.REFUSED
        if not is_shown:
            self._changed.set()

    def _status(self) -> str:
        """What is going on. If nothing else changed for a while, the seconds do, which keeps the draft alive."""
        now = f"{len(self._progress.text)} {self._progress.status}"
        if now != self._painted:
            self._painted, self._began = now, self._clock.monotonic()
            return self._progress.status
        waited = self._clock.monotonic() - self._began
        if waited < HEARTBEAT - 1:
            return self._progress.status
        return f"{self._progress.status or phrases.THINKING} {waited:.0f} s"
