"""The sign that something is happening, as long as there is no text."""

from __future__ import annotations

import logging
from collections.abc import Coroutine

from adapters.slack.addresses import Place
from adapters.slack.api import SlackApi
from bridge.domain.errors import PlatformError
from bridge.rendering.pacing import Priority

log = logging.getLogger(__name__)

_LONGEST = 100  # characters

ACTIVE, PROCESSING, SUSPENDED = "active", "processing", "suspended"
"""What an agent's session can be. `suspended` waits for a person (docs.slack.dev, agents.sessions.setStatus)."""


class StatusLine:
    """Below one thread. It is decoration: what cannot be shown is left out.

    In the agent view the session says that there is work, and offers Slack's own Stop button. Elsewhere, and where
    there is something particular to say, the assistant's status says what is going on.
    """

    def __init__(self, api: SlackApi, place: Place, *, agent_view: bool) -> None:
        self._api = api
        self._place = place
        self._agent_view = agent_view
        self._refused = not place.root
        self._says: str | None = None

    async def begin(self) -> None:
        if self._refused:
            return
        self._says = ""
        if self._agent_view:
            session = self._api.set_session(self._place.channel, self._place.root, PROCESSING, Priority.PROGRESS)
            await self._try(session)

    async def say(self, words: str) -> None:
        """Empty words change nothing: the line goes by itself when a message comes."""
        words = words.strip()[:_LONGEST]
        if self._refused or not words or words == self._says:
            return
        if await self._try(self._api.set_status(self._place.channel, self._place.root, words)):
            self._says = words

    async def end(self, status: str = ACTIVE) -> None:
        """Nothing is going on any more."""
        if self._says is None:
            return
        if self._agent_view:
            await self._try(self._api.set_session(self._place.channel, self._place.root, status))
        elif self._says:
            await self._try(self._api.set_status(self._place.channel, self._place.root, ""))

    async def _try(self, call: Coroutine[None, None, None]) -> bool:
        try:
            await call
            return True
        except PlatformError as error:
            self._refused = self._refused or error.permanent
            log.debug("status_refused", extra={"reason": error.sentence})
            return False
