"""Which FastGPT chat a conversation is in.

Where FastGPT waits for an answer that will not come, it is left for a new one: the next question would be taken for it.
"""

from __future__ import annotations

import logging

from bridge.domain.errors import AssistantError
from bridge.domain.ids import new_chat_id
from bridge.domain.interactions import Interaction, InteractionState, Purpose
from bridge.domain.turns import Conversation, Turn
from bridge.ports import Assistant, Store
from bridge.services.apps import Apps
from bridge.services.sequence import answer_before

logger = logging.getLogger(__name__)


class Chats:
    def __init__(self, store: Store, assistant: Assistant, apps: Apps) -> None:
        self._store = store
        self._assistant = assistant
        self._apps = apps

    async def left(self, conversation: Conversation) -> Conversation:
        """The conversation, in a new chat. FastGPT goes on loading the records of a deleted one."""
        return await self._store.bind(conversation.key, conversation.app, new_chat_id())

    async def released(self, conversation: Conversation, interaction: Interaction, asked: Turn) -> None:
        """A question is given up. FastGPT cannot cancel: the paused round is taken out, or the chat is left."""
        if interaction.purpose is not Purpose.RESUME or await self._is_stuck(conversation, asked):
            await self.left(conversation)

    async def free(self, conversation: Conversation, latest: Turn | None) -> Conversation:
        """The conversation in a chat in which nothing waits; `latest` is its latest turn.

        That a question has expired is found out when it matters: no crash, and nobody who is quicker than the upkeep,
        slips in between.
        """
        asked = await answer_before(self._store, latest.id) if latest is not None and latest.is_greeting else latest
        if asked is None or asked.interaction is None or asked.chat != conversation.chat:
            return conversation
        interaction = await self._store.interaction(asked.interaction)
        has_expired = interaction is not None and interaction.state is InteractionState.EXPIRED
        return await self.left(conversation) if has_expired else conversation

    async def _is_stuck(self, conversation: Conversation, asked: Turn) -> bool:
        """Whether FastGPT still waits for an answer after the paused round was taken out."""
        app = self._apps.named(conversation.app)
        try:
            await self._assistant.forget(app, asked.chat, asked.record)
            records = await self._assistant.records(app, asked.chat)
        except AssistantError as error:
            logger.warning("pause_not_forgotten", extra={"turn": asked.id, "error": error.sentence})
            return True
        return bool(records) and records[-1].paused is not None
