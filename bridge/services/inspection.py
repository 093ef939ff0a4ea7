"""What is behind an answer: its sources, and for those who may see it how it came about."""

from __future__ import annotations

import logging
from dataclasses import replace

from bridge.domain import phrases
from bridge.domain.errors import AssistantError
from bridge.domain.events import Citation, NodeFinished
from bridge.domain.interactions import Person
from bridge.domain.turns import Turn
from bridge.ports import Assistant, Refusal, Store
from bridge.services.apps import Apps

logger = logging.getLogger(__name__)


class Inspection:
    def __init__(self, store: Store, assistant: Assistant, apps: Apps, details_for: tuple[str, ...]) -> None:
        self._store = store
        self._assistant = assistant
        self._apps = apps
        self._details_for = frozenset(details_for)

    async def citations(self, turn: Turn) -> tuple[Citation, ...]:
        """The sources with their passages, as far as FastGPT still gives them."""
        bare = [citation for citation in turn.citations if not citation.text]
        if not bare:
            return turn.citations
        app = self._apps.named(turn.app)
        try:
            texts = await self._assistant.quotes(app, turn.chat, turn.record, bare)
        except AssistantError as error:
            logger.info("no_quotes", extra={"turn": turn.id, "error": error.sentence})
            return turn.citations
        return tuple(replace(citation, text=citation.text or texts.get(citation.id, "")) for citation in turn.citations)

    async def nodes(self, turn: Turn, person: Person) -> tuple[NodeFinished, ...] | Refusal:
        if not self._details_for & {person.id, "*"}:
            return Refusal(phrases.NO_DETAILS)
        if turn.nodes:
            return turn.nodes
        try:
            return await self._assistant.nodes(self._apps.named(turn.app), turn.chat, turn.record)
        except AssistantError as error:
            return Refusal(phrases.fault(error.fault))

    async def sources(self, turn: Turn, index: int) -> str:
        """All sources as a list, or one with its passage."""
        citations = await self.citations(turn)
        if not citations:
            return phrases.NO_SOURCES
        chosen = citations[index : index + 1] if index >= 0 else citations
        first = max(index, 0) + 1
        return "\n\n".join(phrases.source(number, citation) for number, citation in enumerate(chosen, first))

    async def details(self, turn: Turn, person: Person) -> str | Refusal:
        nodes = await self.nodes(turn, person)
        return nodes if isinstance(nodes, Refusal) else phrases.details(nodes)
