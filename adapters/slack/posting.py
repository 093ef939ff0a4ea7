"""Posting a message once, although a connection may break just when it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from adapters.slack.addresses import Place
from adapters.slack.api import Marker, SlackApi
from adapters.slack.blocks import Content
from adapters.slack.calling import Before
from adapters.slack.errors import UNSHOWABLE, code_of
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.ports import Clock
from bridge.rendering.pacing import Priority

_SETTLING = 1.0
"""Seconds after which a message whose request went out is on screen, or will not be."""
CLOCKS_DIFFER = 2 * 3600.0
"""Seconds between Slack's clock and ours at most, should ours be set while we run: a lost message is looked for in what
was posted since then, and known by its marker alone."""


class Posting:
    """Posts into one conversation. `after` is the ts since which a lost message of ours can have been posted."""

    def __init__(self, api: SlackApi, clock: Clock, place: Place, bot: str, after: str) -> None:
        self._api = api
        self._clock = clock
        self.place = place
        self._bot = bot
        self._after = after

    async def post(
        self,
        content: Content,
        plain: Content,
        marker: Marker,
        *,
        priority: Priority = Priority.CONTROL,
        before: Before | None = None,
    ) -> str:
        """The ts. `plain` is what is sent if Slack refuses to show `content`. A lost post is looked for, not repeated.

        Raises PlatformError, FATE_UNKNOWN if it could neither be found nor ruled out.
        """
        return await self._surely(lambda: self._send(content, plain, marker, priority, before), marker)

    async def found(self, marker: Marker, *, unmarked: frozenset[str] | None = None) -> str | None:
        """The ts of the message that carries `marker`.

        `unmarked`: a stream carries its marker only once it is stopped, so an own message without any that is not one
        of these will do too: nobody else posts into a conversation while an answer is given.
        """
        messages = await self._api.own_messages(self.place.channel, self.place.root, self._after, self._bot)
        wanted = marker.metadata()
        for message in messages:
            metadata = message.get("metadata") or {}
            if {key: metadata.get(key) for key in wanted} == wanted:
                return str(message["ts"])
        if unmarked is None:
            return None
        strays = [message for message in messages if not message.get("metadata") and message["ts"] not in unmarked]
        return str(strays[0]["ts"]) if strays else None

    async def _surely(self, send: Callable[[], Awaitable[str]], marker: Marker) -> str:
        try:
            return await send()
        except PlatformError as error:
            if error.fault is not PlatformFault.FATE_UNKNOWN:
                raise
        await self._clock.sleep(_SETTLING)
        return await self.found(marker) or await send()

    async def _send(
        self, content: Content, plain: Content, marker: Marker, priority: Priority, before: Before | None
    ) -> str:
        async def send(shown: Content) -> str:
            return await self._api.post(
                self.place.channel, self.place.root, shown, marker, priority=priority, before=before
            )

        try:
            return await send(content)
        except PlatformError as error:
            if code_of(error) not in UNSHOWABLE:
                raise
        return await send(plain)
