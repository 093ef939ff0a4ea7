"""What people wrote while nobody listened, and what overtook the beginning of its conversation.

Slack repeats an event that nobody acknowledged for about six minutes (docs.slack.dev, "The Events API"). What came in a
longer silence is read from the history of the places where people wrote lately, and goes the way of an event: its id is
the same, so what was heard before is not heard again. A place nobody had written in for days is not looked at.

Nor does Slack promise an order: the reply in a thread may arrive before the mention above it, when nothing says that it
is for the bot. So where a conversation begins, what stands below the mention by then is read from the thread: one call
for each, and no trace of what is written in threads that are none of the bot's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_bolt.response import BoltResponse

from adapters.slack.addresses import PLATFORM, Place
from adapters.slack.api import SlackApi
from adapters.slack.inbound import Me, moment
from adapters.slack.mrkdwn import mentions
from bridge.domain.errors import PlatformError, StoreUnavailable
from bridge.ports import Clock, Gateway, RecentConversation
from bridge.ports.payloads import what_is_wrong

log = logging.getLogger(__name__)

_MOST_PLACES = 60
_LONGEST = 300.0  # seconds
_PAUSES = (5.0, 30.0, 120.0)  # seconds before the database is tried again
_AT_LEAST = timedelta(days=1)
"""How far back is read even where something newer was heard: what an earlier attempt missed lies before that."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A thread, or (without a root) what stands in the channel itself, from `after` on."""

    place: Place
    after: datetime


class CatchUp:
    """`answer` takes what is found, as it takes what Slack sends."""

    def __init__(
        self,
        api: SlackApi,
        me: Me,
        gateway: Gateway,
        answer: Callable[[Mapping[str, Any]], Awaitable[BoltResponse]],
        clock: Clock,
    ) -> None:
        self._api = api
        self._me = me
        self._gateway = gateway
        self._answer = answer
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._reads: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Beside whatever else goes on; once at a time."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tried(self._caught_up))

    def look_below(self, place: Place, mentioned_at: datetime) -> None:
        """Soon, beside whatever else goes on. In a DM nothing has to wait for a mention."""
        if place.is_direct or not place.root:
            return
        if len(self._reads) >= _MOST_PLACES:
            extra = {"channel": place.channel, "reason": "too many places"}
            log.warning("catch_up_failed", extra=extra)
            return

        async def read() -> None:
            await self._read(Stretch(place, mentioned_at))

        task = asyncio.create_task(self._tried(read))
        self._reads.add(task)
        task.add_done_callback(self._reads.discard)

    async def end(self) -> None:
        tasks = self._reads | ({self._task} if self._task is not None else set())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _tried(self, work: Callable[[], Awaitable[None]]) -> None:
        """What fails is logged: it is no reason not to listen."""
        for pause in _PAUSES:
            try:
                async with asyncio.timeout(_LONGEST):
                    await work()
                return
            except StoreUnavailable as error:
                log.warning("catch_up_waits", extra={"reason": error.sentence})
                await self._clock.sleep(pause)
            except TimeoutError:
                log.warning("catch_up_failed", extra={"reason": "it took too long"})
                return

    async def _caught_up(self) -> None:
        known = await self._gateway.recent(PLATFORM, self._me.user)
        stretches = to_read(known, self._clock.now())
        places = {stretch.place for stretch in stretches}
        messages = 0
        for number, stretch in enumerate(stretches):  # grows while it is read
            if number == _MOST_PLACES:
                log.warning("catch_up_failed", extra={"reason": "too many places"})
                break
            events = await self._read(stretch)
            messages += len(events)
            stretches += [thread for thread in self._begun(stretch.place, events) if thread.place not in places]
        fields = {"places": min(len(stretches), _MOST_PLACES), "messages": messages}
        log.info("caught_up", extra={"platform": PLATFORM, **fields})

    async def _read(self, stretch: Stretch) -> list[dict[str, Any]]:
        """What stands there, once it is accepted. Raises StoreUnavailable."""
        place, after = stretch.place, f"{stretch.after.timestamp():.6f}"
        try:
            found = await self._api.messages_since(place.channel, place.root, after, kind="history")
            events = [event_of(message, place.channel) for message in found if str(message["ts"]) > after]
        except (PlatformError, LookupError, TypeError) as error:
            reason = error.sentence if isinstance(error, PlatformError) else what_is_wrong(error)
            extra = {"channel": place.channel, "reason": reason}
            log.warning("catch_up_failed", extra=extra)
            return []
        for event in events:
            await self._answer({"type": "event_callback", "event": event})
        return events

    def _begun(self, place: Place, events: Iterable[Mapping[str, Any]]) -> list[Stretch]:
        """The threads that began by speaking to the bot, and went on."""
        return [
            Stretch(Place(place.team, place.channel, str(event["ts"])), moment(str(event["ts"])))
            for event in events
            if event.get("reply_count") and (place.is_direct or mentions(str(event.get("text")), self._me.user))
        ]


def to_read(known: Iterable[RecentConversation], now: datetime) -> list[Stretch]:
    """The threads, and the channels that new threads may have begun in, in the order of `known`.

    Nothing before the first known message: what was said before the bot was spoken to is not for it.
    """
    stretches: dict[Place, RecentConversation] = {}
    for conversation in known:
        place = Place.of(conversation.key)
        for each in (place, Place(place.team, place.channel)):
            heard = stretches.get(each, conversation)
            stretches[each] = RecentConversation(
                conversation.key,
                min(heard.first_at, conversation.first_at),
                max(heard.last_at, conversation.last_at),
            )
    return [
        Stretch(place, max(heard.first_at, min(heard.last_at, now - _AT_LEAST))) for place, heard in stretches.items()
    ]


def event_of(message: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """The event that told of it, as near as it matters: when a root was written it hung on nothing."""
    event = {**message, "type": "message", "channel": channel}
    if event.get("thread_ts") == event["ts"]:
        del event["thread_ts"]
    return event
