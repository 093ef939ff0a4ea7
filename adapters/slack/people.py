"""Names and languages of people, which Slack's events leave out."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace

from adapters.slack.api import SlackApi
from bridge.domain.errors import PlatformError
from bridge.domain.interactions import Person
from bridge.ports import Clock

_REMEMBERED = 5_000  # people
_FRESH_FOR = 3600.0  # seconds
_ASKED_AGAIN = 60.0  # seconds after Slack had no time to say who it is
_PATIENCE = 0.8  # seconds: an event has to be acknowledged within 3


class People:
    """A cache over users.info. Without the scope users:read, or in a hurry, people stay nameless."""

    def __init__(self, api: SlackApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Person]] = OrderedDict()  # with the time until which that will do

    async def known_as(self, person: Person) -> Person:
        """Under the name they show to others; `person` has their handle, which will do where that is not known."""
        named = await self.named(replace(person, name=""))
        return named if named.name else person

    async def named(self, person: Person) -> Person:
        if not person.id:
            return person
        known = self._known.get(person.id)
        if known is None or self._clock.monotonic() > known[0]:
            found, lasts = await self._looked_up(person)
            known = (self._clock.monotonic() + lasts, found)
            self._remember(person.id, known)
        return replace(known[1], name=person.name or known[1].name)

    async def _looked_up(self, person: Person) -> tuple[Person, float]:
        """And the seconds for which that will do."""
        try:
            async with asyncio.timeout(_PATIENCE):
                user = await self._api.user(person.id)
        except TimeoutError:
            return person, _ASKED_AGAIN
        except PlatformError as error:
            return person, _FRESH_FOR if error.permanent else _ASKED_AGAIN
        profile = user.get("profile") or {}
        names = (profile.get("display_name"), user.get("real_name"), profile.get("real_name"), user.get("name"))
        name = next((str(name) for name in names if name), person.name)
        return Person(person.id, name, str(user["locale"]) if user.get("locale") else None), _FRESH_FOR

    def _remember(self, id: str, entry: tuple[float, Person]) -> None:
        self._known[id] = entry
        self._known.move_to_end(id)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
