"""What somebody wrote: an answer to an open question, or a new turn of the conversation."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.domain import phrases
from bridge.domain.errors import AssistantError
from bridge.domain.ids import new_chat_id, new_interaction_id, new_turn_id
from bridge.domain.interactions import Field, Form, Interaction, Purpose
from bridge.domain.turns import Conversation, Opening, Question, Turn
from bridge.domain.updates import MessageReceived, Update
from bridge.ports import Claim, Clock, Store
from bridge.services.answers import Answers
from bridge.services.apps import Apps, Openings
from bridge.services.chats import Chats
from bridge.services.files import Files
from bridge.services.people import People
from bridge.services.resumption import Resumption
from bridge.services.turns import Turns

logger = logging.getLogger(__name__)


class Conversations:
    def __init__(
        self,
        store: Store,
        apps: Apps,
        openings: Openings,
        chats: Chats,
        turns: Turns,
        answers: Answers,
        resumption: Resumption,
        files: Files,
        people: People,
        clock: Clock,
        expire_after: timedelta,
    ) -> None:
        self._store = store
        self._apps = apps
        self._openings = openings
        self._chats = chats
        self._turns = turns
        self._answers = answers
        self._resumption = resumption
        self._files = files
        self._people = people
        self._clock = clock
        self._expire_after = expire_after

    async def received(self, claim: Claim, messages: Sequence[MessageReceived]) -> list[Update]:
        """One question, perhaps of several messages.

        What was answered before is resumed first, so that nothing written since slips into the paused workflow.
        """
        message = merged(messages)
        follow_ups = await self._resumption.resume_answered(claim, message.conversation)
        if claim.attempts > 1 and await self._store.interaction_decided_by(message.conversation, message.id):
            return follow_ups  # an earlier attempt took it as an answer: it is no question any more
        asked = await self._store.open_interaction_of(message.conversation)
        if asked is not None and not await self._led_to(message, asked):
            return follow_ups + await self._answers.heard(claim, asked, message)
        return follow_ups + await self._ask(claim, message)

    async def _led_to(self, message: MessageReceived, asked: Interaction) -> bool:
        """Whether the message is what the workflow asks something about: an earlier attempt at it got that far."""
        turn = await self._store.turn(asked.turn)
        return turn is not None and turn.update == message.id

    async def _ask(self, claim: Claim, message: MessageReceived) -> list[Update]:
        key = message.conversation
        conversation = await self._store.ensure(key, self._apps.for_new(key), new_chat_id())
        latest = await self._store.latest_turn(key)
        conversation = await self._chats.free(conversation, latest)
        opening = await self._opening(conversation)
        if latest is not None and latest.update == message.id:
            # An earlier attempt began it, and has handed its files over.
            turn, is_first = latest, conversation.turns == 1
        elif not await self._people.may_ask(message):
            return []
        else:
            await self._turns.moved_on_from(latest)
            await self._answers.taken_up(message)
            turn, is_first = await self._turn(conversation, message, opening), conversation.turns == 0
            if not (turn.question.text or turn.question.files or opening.plugin_inputs):
                return []  # nothing but files that could not be handed over, as their sender was told
        form = self._form_before(opening, is_first=is_first)
        asks = None if form is None else self._asked_first(turn, *form)
        return await self._turns.run(claim, turn, asks)

    async def _opening(self, conversation: Conversation) -> Opening:
        """Without an opening the question is asked all the same: if FastGPT is away, the turn itself will say so."""
        try:
            return await self._openings.of(self._apps.named(conversation.app))
        except AssistantError as error:
            logger.warning("opening_unknown", extra={"app": conversation.app, "error": error.sentence})
            return Opening()

    async def _turn(self, conversation: Conversation, message: MessageReceived, opening: Opening) -> Turn:
        id = new_turn_id()
        files = await self._files.handed_over(conversation, message, opening)
        identity = self._apps.identity(
            message.by, platform=message.conversation.platform, channel=message.channel, link=message.link
        )
        return Turn(
            id=id,
            conversation=message.conversation,
            app=conversation.app,
            chat=conversation.chat,
            update=message.id,
            asked=message.by,
            record=id,
            question=Question(text=_with_quote(message), files=files, variables=identity),
            reply_to=message.message,
            private=message.private,
            channel=message.channel,
            begun_at=self._now(),
        )

    def _form_before(self, opening: Opening, *, is_first: bool) -> tuple[Form, Purpose] | None:
        """What has to be known before FastGPT can be asked: a plugin's inputs each time, variables once per chat."""
        if opening.plugin_inputs:
            return Form(phrases.PLUGIN_FORM, opening.plugin_inputs), Purpose.PLUGIN
        missing = tuple(field for field in opening.variables if self._is_missing(field))
        if not is_first or not any(field.required for field in missing):
            return None
        return Form(phrases.VARIABLES_FIRST, missing), Purpose.VARIABLES

    def _is_missing(self, field: Field) -> bool:
        return field.key not in self._apps.filled_variables and field.default in (None, "", [])

    def _asked_first(self, turn: Turn, form: Form, purpose: Purpose) -> Interaction:
        now = self._now()
        return Interaction(
            id=new_interaction_id(),
            turn=turn.id,
            conversation=turn.conversation,
            kind=purpose.value,
            ask=form,
            asked=turn.asked,
            purpose=purpose,
            extends_record=False,
            created_at=now,
            expires_at=now + self._expire_after,
        )

    def _now(self) -> datetime:
        return self._clock.now()


def merged(messages: Sequence[MessageReceived]) -> MessageReceived:
    """An album, or a paste that the client split, as one question; the first message is the one that is answered."""
    first = messages[0]
    if len(messages) == 1:
        return first
    return replace(
        first,
        text="\n".join(message.text for message in messages if message.text),
        attachments=tuple(attachment for message in messages for attachment in message.attachments),
        quoted=next((message.quoted for message in messages if message.quoted), ""),
    )


def _with_quote(message: MessageReceived) -> str:
    if not message.quoted:
        return message.text
    quote = "\n".join(f"> {line}" for line in message.quoted.splitlines())
    return f"{quote}\n\n{message.text}".strip()
