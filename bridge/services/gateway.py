"""What adapters may ask of the bridge: above all, to take an update for good."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bridge.domain import phrases
from bridge.domain.errors import AssistantError
from bridge.domain.events import Citation, NodeFinished
from bridge.domain.forms import unfinished
from bridge.domain.ids import ConversationKey, InteractionId, TurnId, new_chat_id
from bridge.domain.interactions import FieldType, Form, Interaction, Json, Person
from bridge.domain.steps import current
from bridge.domain.turns import Opening
from bridge.domain.updates import MessageReceived, Rating, Unreadable, Update
from bridge.ports import RecentConversation, Refusal, Store
from bridge.services.apps import Apps, Openings
from bridge.services.entitlement import Entitlement, already_answered
from bridge.services.health import Health
from bridge.services.inspection import Inspection
from bridge.services.tracing import log_facts

logger = logging.getLogger(__name__)

_RECENT = timedelta(days=6)
"""Less than handled updates are remembered for, so that nothing that is found again is taken for new."""
_MOST_RECENT = 200


class BridgeGateway:
    """Implements `bridge.ports.Gateway`; `health` is told what adapters say of their connections."""

    def __init__(
        self,
        store: Store,
        apps: Apps,
        openings: Openings,
        entitlement: Entitlement,
        inspection: Inspection,
        health: Health,
    ) -> None:
        self._store = store
        self._apps = apps
        self._openings = openings
        self._entitlement = entitlement
        self._inspection = inspection
        self._health = health

    async def accept(self, updates: Sequence[Update], *, delay: float = 0.0) -> Sequence[ConversationKey]:
        """What is not said to the bot is heard only where the bot already takes part, if only since a moment ago.

        Elsewhere it is ignored without a trace, for the bot may be a bystander in busy channels. A message that was
        written after the mention and arrives before it is therefore not kept: the adapter is told that a conversation
        begins, and reads what was said in it since. A conversation is known only after what began it is committed, so
        that whoever is told of the same again, after a crash in between, is told that it begins.
        """
        begun: dict[ConversationKey, None] = {}
        accepted: list[Update] = []
        for update in updates:
            key = update.conversation
            if isinstance(update, MessageReceived) and key not in begun and not await self._takes_part(key):
                if not update.addressed:
                    logger.debug("not_for_us", extra=log_facts(update))
                    continue
                begun[key] = None
            accepted.append(await self._guarded(update))
        if accepted and await self._store.put(accepted, delay=delay):  # else it is a redelivery
            _tell_of(accepted)
        for key in begun:
            await self._store.ensure(key, self._apps.for_new(key), new_chat_id())
        return tuple(begun)

    async def form(self, interaction: InteractionId, person: Person) -> Interaction | Refusal:
        asked = await self._store.interaction(interaction)
        if refusal := self._entitlement.refusal(asked, person):
            return refusal
        assert asked is not None, "what is not there is refused"
        return self._keepable(asked) if asked.is_open else already_answered(asked, person)

    async def keep(self, interaction: InteractionId, person: Person, values: Mapping[str, Json]) -> None:
        asked = await self._store.interaction(interaction)
        if asked is None or not isinstance(asked.ask, Form) or self._entitlement.refusal(asked, person):
            return
        draft = replace(asked.draft, values=unfinished(asked.ask, values))
        await self._store.save_draft(asked.id, asked.draft.step, draft)

    async def vote(self, turn: TurnId, person: Person) -> Rating:
        votes = await self._store.votes(turn)
        return next((vote.rating for vote in votes if vote.person.id == person.id), Rating.NONE)

    async def opening(self, conversation: ConversationKey) -> Opening:
        known = await self._store.conversation(conversation)
        name = known.app if known is not None else self._apps.for_new(conversation)
        try:
            return await self._openings.of(self._apps.named(name))
        except AssistantError:
            return Opening()

    async def citations(self, turn: TurnId) -> tuple[Citation, ...]:
        stored = await self._store.turn(turn)
        return () if stored is None else await self._inspection.citations(stored)

    async def nodes(self, turn: TurnId, person: Person) -> tuple[NodeFinished, ...] | Refusal:
        stored = await self._store.turn(turn)
        return () if stored is None else await self._inspection.nodes(stored, person)

    async def recent(self, platform: str, bot: str) -> Sequence[RecentConversation]:
        return await self._store.recent(platform, bot, _RECENT, _MOST_RECENT)

    def heard(self, platform: str) -> None:
        self._health.heard(platform)

    def unreached(self, platform: str, problem: str) -> None:
        self._health.unreached(platform, problem)

    def _keepable(self, asked: Interaction) -> Interaction | Refusal:
        """A form as far as its values can be stored: passwords need a key to be sealed with."""
        if not isinstance(asked.ask, Form) or self._store.can_keep_secrets:
            return asked
        passwords = [field for field in asked.ask.fields if field.type is FieldType.PASSWORD]
        if any(field.required for field in passwords):
            return Refusal(phrases.FORM_NOT_KEPT)
        if not passwords:
            return asked
        left_out = phrases.left_out([field.label for field in passwords])
        others = tuple(field for field in asked.ask.fields if field not in passwords)
        return replace(asked, ask=Form(f"{asked.ask.description}\n\n{left_out}".strip(), others))

    async def _takes_part(self, key: ConversationKey) -> bool:
        return await self._store.conversation(key) is not None

    async def _guarded(self, update: Update) -> Update:
        """A message that answers the question for a password is stored as the secret it is, or without its words where
        they could not be sealed: it will be refused there."""
        if not isinstance(update, MessageReceived):
            return update
        asked = await self._store.open_interaction_of(update.conversation)
        if asked is None or not isinstance(asked.ask, Form):
            return update
        field = current(asked.ask, asked.draft)
        if field is None or field.type is not FieldType.PASSWORD:
            return update
        if self._store.can_keep_secrets:
            return replace(update, secret=True)
        is_theirs = self._entitlement.refusal(asked, update.by) is None
        return replace(update, text="", quoted="") if is_theirs else update


def _tell_of(updates: Sequence[Update]) -> None:
    """A question that nobody seems to have answered is found by these lines; what was asked stands in none."""
    for update in updates:
        match update:
            case Unreadable():
                logger.error("update_unreadable", extra={**log_facts(update), "error": update.error})
            case MessageReceived():
                logger.info("question_accepted", extra=log_facts(update))
            case _:
                logger.debug("update_accepted", extra={**log_facts(update), "kind": type(update).__name__})
