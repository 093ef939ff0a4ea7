"""Calls that keep to Telegram's limits, are repeated where that is safe, and never wait longer than is useful.

Limits (core.telegram.org/bots/faq): a message per second in a chat with short bursts, 20 per minute in a group, about
30 per second in all; edits count like messages, topics like their chat, deletions do not. Drafts and chat actions share
a budget of their own: 20 in 5 s and 40 in 30 s (core.telegram.org/api/bots/ai).
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from adapters.telegram.api import ChatMoved, Markup, TelegramApi
from adapters.telegram.entities import Rendered
from adapters.telegram.failures import rate_limited
from adapters.telegram.places import Place, Spot
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.ports import Clock
from bridge.rendering.pacing import Limit, Pacer, Priority, Rule, Window

# A form filled in is a burst, so a group has all of its minute at once; the 2 seconds more are for calls that arrive
# late. A long answer that grows would use up its minute: its edits have a slower rule of their own.
RULES: dict[str, Limit] = {
    "chat": Rule(rate=1.0, burst=4.0, reserve=1.0, spare=2.0),
    "group": Window(limit=20, seconds=62.0, reserve=2, spare=12),
    "edits": Rule(rate=8 / 60, burst=3.0),
    "delete": Rule(rate=1.0, burst=5.0),
    "bot": Rule(rate=27.0, burst=27.0, reserve=3.0),
    "draft": Rule(rate=35 / 30, burst=5.0),
}
_GRACE = 0.5  # seconds added to Telegram's retry_after, as being early makes a ban longer
_TRIES = 4
_NOT_SENT = (PlatformFault.UNREACHABLE,)
_MAYBE_SENT = (PlatformFault.UNREACHABLE, PlatformFault.FATE_UNKNOWN)

Answer = TypeVar("Answer")

Before: TypeAlias = Callable[[], Awaitable[None]]
"""Awaited when it is a message's turn, right before it goes out and before each further attempt."""


def _keys(chat: int) -> tuple[str, ...]:
    """A group has both limits, the one of every chat and its own."""
    own = (f"chat:{chat}",) if chat > 0 else (f"group:{chat}", f"chat:{chat}")
    return (*own, "bot")


def _deletion(chat: int) -> tuple[str, ...]:
    return (f"delete:{chat}", "bot")


class Sender:
    """`patience`: seconds a call may wait for its turn; beyond it RATE_LIMITED is raised, with the rest to wait."""

    def __init__(self, api: TelegramApi, clock: Clock, patience: float) -> None:
        self._api = api
        self._clock = clock
        self._patience = patience
        self._pacer = Pacer(clock, RULES)
        self._moved: dict[int, int] = {}

    async def send(
        self,
        place: Place,
        content: Rendered,
        *,
        markup: Markup | None = None,
        reply_to: int | None = None,
        priority: Priority = Priority.CONTROL,
        before: Before | None = None,
    ) -> Spot:
        """Refused content is sent as plain text. Raises PlatformError; FATE_UNKNOWN if it may be on screen."""

        async def attempt(chat: int, text: Rendered) -> Spot:
            if before is not None:
                await before()
            return await self._api.send(place.moved(chat), text, markup=markup, reply_to=reply_to)

        return await self._plainly(place.chat, content, attempt, priority, _NOT_SENT)

    async def edit(
        self, spot: Spot, content: Rendered, *, markup: Markup | None = None, priority: Priority = Priority.CONTROL
    ) -> None:
        """An edit can be repeated, so an unknown fate is no reason to stop."""

        async def attempt(chat: int, text: Rendered) -> None:
            await self._api.edit(Spot(chat, spot.message), text, markup=markup)

        await self._plainly(spot.chat, content, attempt, priority, _MAYBE_SENT)

    async def rebutton(self, spot: Spot, markup: Markup | None, *, priority: Priority = Priority.CONTROL) -> None:
        await self._paced(
            spot.chat,
            lambda chat: self._api.rebutton(Spot(chat, spot.message), markup),
            priority,
            _MAYBE_SENT,
        )

    async def delete(self, spot: Spot) -> None:
        await self._paced(
            spot.chat,
            lambda chat: self._api.delete(Spot(chat, spot.message)),
            Priority.CONTROL,
            _MAYBE_SENT,
            keys_of=_deletion,
        )

    async def draft(self, place: Place, draft: int, content: Rendered) -> bool:
        """False if there is no budget for it now: the next one will show more. Raises PlatformError."""
        key = f"draft:{place.chat}"
        if not self._pacer.try_acquire(key, "bot"):
            return False
        await self._noting_limits(key, lambda: self._api.draft(place, draft, content))
        return True

    async def typing(self, place: Place) -> bool:
        key = f"draft:{place.chat}"
        if not self._pacer.try_acquire(key, "bot"):
            return False
        await self._noting_limits(key, lambda: self._api.typing(place))
        return True

    async def try_edit(self, spot: Spot, content: Rendered, markup: Markup | None) -> bool:
        """Progress: now or not at all."""
        keys = _keys(spot.chat)
        steady = (f"edits:{spot.chat}",) if spot.chat < 0 else ()
        if not self._pacer.try_acquire(*keys, *steady):
            return False
        await self._noting_limits(keys[0], lambda: self._api.edit(spot, content, markup=markup))
        return True

    def ready_in(self, chat: int, priority: Priority) -> float:
        """Seconds until a message to this chat may go out."""
        return self._pacer.ready_in(*_keys(chat), priority=priority)

    async def _plainly(
        self,
        chat: int,
        content: Rendered,
        attempt: Callable[[int, Rendered], Awaitable[Answer]],
        priority: Priority,
        repeatable: tuple[PlatformFault, ...],
    ) -> Answer:
        """First as it should look; if Telegram dislikes the entities, as the words alone."""
        try:
            return await self._paced(chat, lambda to: attempt(to, content), priority, repeatable)
        except PlatformError as error:
            if error.fault is not PlatformFault.REFUSED or not content.entities:
                raise
        return await self._paced(chat, lambda to: attempt(to, Rendered(content.text)), priority, repeatable)

    async def _paced(
        self,
        chat: int,
        attempt: Callable[[int], Awaitable[Answer]],
        priority: Priority,
        repeatable: tuple[PlatformFault, ...],
        *,
        keys_of: Callable[[int], tuple[str, ...]] = _keys,
    ) -> Answer:
        """What nobody waits for has all the patience there is."""
        patience = math.inf if priority is Priority.COSMETIC else self._patience
        deadline = self._clock.monotonic() + patience
        for tried in range(1, _TRIES + 1):
            chat = self._moved.get(chat, chat)
            keys = keys_of(chat)
            await self._turn(keys, priority, deadline)
            try:
                return await self._noting_limits(keys[0], lambda to=chat: attempt(to))  # type: ignore[misc]
            except ChatMoved as moved:
                self._moved[chat] = moved.chat
            except PlatformError as error:
                again = error.fault is PlatformFault.RATE_LIMITED or error.fault in repeatable
                if not again or tried == _TRIES:
                    raise
                if error.fault is not PlatformFault.RATE_LIMITED:
                    await self._clock.sleep(0.5 * 2 ** (tried - 1))
        raise rate_limited(self._patience)

    async def _turn(self, keys: tuple[str, ...], priority: Priority, deadline: float) -> None:
        wait = self._pacer.ready_in(*keys, priority=priority)
        if self._clock.monotonic() + wait > deadline:
            raise rate_limited(wait)
        await self._pacer.acquire(*keys, priority=priority)

    async def _noting_limits(self, key: str, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """A 429 holds up this chat alone."""
        try:
            return await attempt()
        except PlatformError as error:
            if error.fault is PlatformFault.RATE_LIMITED:
                wait = (error.retry_after or 1.0) + _GRACE
                self._pacer.block(key, wait)
                if not key.startswith(("draft:", "delete:")):  # asking for anything makes a ban longer
                    self._pacer.block(f"delete:{key.partition(':')[2]}", wait)
            raise
