"""Which FastGPT apps there are, and what their configuration says about the start of a chat."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.ids import DEFAULT_APP, AppName, ConversationKey, new_chat_id
from bridge.domain.interactions import Json, Person
from bridge.domain.templates import filled
from bridge.domain.turns import App, Opening
from bridge.ports import Assistant, Clock

logger = logging.getLogger(__name__)

_FRESH = 300.0  # seconds; an operator who edits the app sees it here after that long


class Apps:
    """The apps by name, and which one answers where."""

    def __init__(self, apps: Mapping[AppName, App], variables: Mapping[str, str]) -> None:
        self._apps = dict(apps)
        self._variables = dict(variables)

    def named(self, name: AppName) -> App:
        """Raises AssistantError for an app that the operator has removed since the conversation began."""
        try:
            return self._apps[name]
        except KeyError:
            raise AssistantError(
                f"The app {name} is not configured any more.", fault=AssistantFault.BAD_APP, permanent=True
            ) from None

    def for_new(self, key: ConversationKey) -> AppName:
        """The app that answers a conversation that has none yet."""
        return DEFAULT_APP

    @property
    def filled_variables(self) -> frozenset[str]:
        """The global variables that nobody has to be asked for."""
        return frozenset(self._variables)

    def identity(self, person: Person, *, platform: str, channel: str, link: str | None) -> dict[str, Json]:
        """The operator's identity variables, filled in for one message."""
        known = {
            "id": person.id,
            "name": person.name,
            "locale": person.locale or "",
            "platform": platform,
            "channel": channel,
            "link": link or "",
        }
        return {key: filled(template, known) for key, template in self._variables.items()}


class Openings:
    """The apps' openings, asked for once in a while. A fresh chat id, since an old chat keeps an old configuration."""

    def __init__(self, assistant: Assistant, clock: Clock) -> None:
        self._assistant = assistant
        self._clock = clock
        self._known: dict[AppName, tuple[float, Opening]] = {}

    async def try_all(self, apps: Iterable[App]) -> None:
        """Ask for each once, and tell the operator by the log which of them can be asked anything."""
        for app in apps:
            try:
                await self.of(app)
            except AssistantError as error:
                level = logging.ERROR if error.permanent else logging.WARNING
                facts = {"app": app.name, "server": app.web_url, "fault": error.fault, "error": error.sentence}
                logger.log(level, "app_not_ready", extra=facts)
            else:
                logger.info("app_ready", extra={"app": app.name, "server": app.web_url})

    async def of(self, app: App) -> Opening:
        """Raises AssistantError if FastGPT cannot be asked and has not been before."""
        known = self._known.get(app.name)
        if known is not None and self._clock.monotonic() - known[0] < _FRESH:
            return known[1]
        try:
            opening = await self._assistant.opening(app, new_chat_id())
        except AssistantError:
            if known is None:
                raise
            return known[1]
        self._known[app.name] = (self._clock.monotonic(), opening)
        return opening
