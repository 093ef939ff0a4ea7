"""Answers to what a workflow asks: who may give them, which one counts, and what their controls show then."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from bridge.domain import phrases
from bridge.domain.controls import CancelInteraction
from bridge.domain.endings import endings
from bridge.domain.errors import BridgeError, PlatformError, PlatformFault
from bridge.domain.events import Button
from bridge.domain.forms import alike, match_option
from bridge.domain.ids import MessageRef
from bridge.domain.interactions import (
    Answer,
    Ask,
    Cancelled,
    Choice,
    Chosen,
    FieldType,
    Filled,
    Form,
    Interaction,
    Pause,
    Said,
)
from bridge.domain.notices import Notice, Outcome, Removed
from bridge.domain.steps import summary
from bridge.domain.turns import Turn
from bridge.domain.updates import (
    CommandGiven,
    FormStepTaken,
    FormSubmitted,
    InteractionCancelled,
    MessageReceived,
    OptionChosen,
    Update,
)
from bridge.ports import Adapter, Claim, Refusal, Store
from bridge.services.chats import Chats
from bridge.services.entitlement import Entitlement, already_answered
from bridge.services.forms import Forms
from bridge.services.resumption import Resumption, accepted_by
from bridge.services.submissions import Submissions

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Given:
    """An answer and where it came from. `reply`: how to speak to the person alone."""

    update: Update
    answer: Answer
    reply: str | None = None


class Answers:
    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        chats: Chats,
        resumption: Resumption,
        forms: Forms,
        submissions: Submissions,
        entitlement: Entitlement,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._chats = chats
        self._resumption = resumption
        self._forms = forms
        self._submissions = submissions
        self._entitlement = entitlement

    # --- controls: beside the line ---

    async def option_chosen(self, update: OptionChosen) -> None:
        interaction = await self._store.interaction(update.interaction)
        if interaction is None:
            return await self._refuse(update, Refusal(phrases.NOT_THERE), update.reply)
        answer: Answer
        match interaction.ask:
            case Choice(options=options) if 0 <= update.index < len(options):
                answer = Chosen(update.index, options[update.index])
            case Pause():
                answer = Said(phrases.CONTINUE_ANSWER)
            case _:
                return await self._refuse(update, Refusal(phrases.NOT_THERE), update.reply)
        await self._take(interaction, _Given(update, answer, update.reply))

    async def form_submitted(self, update: FormSubmitted) -> None:
        interaction = await self._store.interaction(update.interaction)
        if interaction is None or not isinstance(interaction.ask, Form):
            return await self._refuse(update, Refusal(phrases.NOT_THERE), update.reply)
        if refusal := self._refusal(interaction, update):
            return await self._refuse(update, refusal, update.reply)
        filled = await self._submissions.submitted(interaction, interaction.ask, update)
        if isinstance(filled, Refusal):
            return await self._refuse(update, filled, update.reply)
        await self._take(interaction, _Given(update, filled, update.reply))

    async def step_taken(self, update: FormStepTaken) -> None:
        interaction = await self._store.interaction(update.interaction)
        if interaction is None or not isinstance(interaction.ask, Form):
            return await self._refuse(update, Refusal(phrases.NOT_THERE), update.reply)
        if refusal := self._refusal(interaction, update):
            return await self._refuse(update, refusal, update.reply)
        answer = await self._forms.step_taken(interaction, update) if interaction.is_open else interaction.answer
        if answer is not None:
            await self._take(interaction, _Given(update, answer, update.reply))

    async def cancelled(self, update: InteractionCancelled) -> None:
        interaction = await self._store.interaction(update.interaction)
        if interaction is None:
            return await self._refuse(update, Refusal(phrases.NOT_THERE), update.reply)
        await self._take(interaction, _Given(update, Cancelled(), update.reply))

    # --- words: in the line ---

    async def heard(self, claim: Claim, interaction: Interaction, message: MessageReceived) -> list[Update]:
        """Text while something is open: the answer, a field of a form, or a reason for a reminder; never a turn.

        What somebody else writes than the one who is asked is kept until that is over.
        """
        if self._entitlement.is_for_another(interaction, message.by):
            return [await self._kept(interaction, message)]
        answer: Answer | None
        match interaction.ask:
            case Form() as form if self._adapter(interaction).capabilities.goes_by_field(form):
                answer = await self._forms.heard(interaction, message)
                if answer is None:
                    return []
            case Form(fields=(field,)) as form if field.type is not FieldType.PASSWORD:
                filled = await self._submissions.typed(interaction, form, field, message)
                if isinstance(filled, Refusal):
                    await self._remind(interaction, message, filled.sentence)
                    return []
                answer = filled
            case ask:
                answer = _meant(ask, message.text)
        if answer is None:
            await self._remind(interaction, message, _what_is_missing(interaction.ask, message.text))
            return []
        return await self._answer_now(claim, interaction, _Given(message, answer))

    async def _kept(self, interaction: Interaction, message: MessageReceived) -> MessageReceived:
        """The same message, to wait in the store. The workflow may ask again meanwhile: its author is told once."""
        if not message.kept:
            new = self._adapter(interaction).capabilities.spelling.of("new", private=message.private)
            sentence = phrases.kept(interaction.asked.name, new)
            await self._say(message, Notice(sentence, to=message.by, reply_to=message.message))
        logger.info("message_kept", extra={"update": message.id, "interaction": interaction.id})
        return replace(message, id=f"{message.id}/kept", kept=True, batch=None, secret=False)

    async def taken_up(self, message: MessageReceived) -> None:
        """Whose question, out of several that were kept, is answered next: where the answer does not show that."""
        adapter = self._adapters[message.conversation.platform]
        if not message.kept or message.private or adapter.capabilities.shows_what_is_answered:
            return
        files = [attachment.name for attachment in message.attachments]
        text = phrases.kept_question(message.by.name, message.text, files)
        await self._say(message, Notice(text, once=f"{message.id}/taken-up"))

    async def cancel_open(self, claim: Claim, update: CommandGiven) -> list[Update]:
        interaction = await self._store.open_interaction_of(update.conversation)
        if interaction is None and claim.attempts > 1:  # an earlier attempt may have got so far
            interaction = await self._store.interaction_decided_by(update.conversation, update.id)
        if interaction is None:
            await self._say(update, Notice(phrases.NOTHING_TO_CANCEL, to=update.by, reply=update.reply))
            return []
        if not await self._take(interaction, _Given(update, Cancelled(), update.reply)):
            return []
        follow_ups = await self._go_on(claim, interaction)
        await self._say(update, Notice(phrases.CANCELLED))
        return follow_ups

    async def abandon(self, update: CommandGiven) -> None:
        """The conversation goes elsewhere: nothing is open in it any more, and FastGPT need not know."""
        interaction = await self._store.open_interaction_of(update.conversation)
        if interaction is not None and await self._store.cancel_interaction(interaction.id, update.id, update.by):
            await self._settle(interaction, _Given(update, Cancelled()))

    async def withdraw(self, update: Update, turn: Turn, *, shows: bool) -> None:
        """The question that led to it is asked anew, or gone: what `turn` asks is open no more, at FastGPT neither.

        `shows`: its controls say so; else they are the caller's to remove.
        """
        interaction = await self._store.open_interaction_of(turn.conversation)
        conversation = await self._store.conversation(turn.conversation)
        if interaction is None or interaction.turn != turn.id or conversation is None:
            return
        await self._chats.released(conversation, interaction, turn)
        if await self._store.cancel_interaction(interaction.id, update.id, update.by) and shows:
            await self._settle(interaction, _Given(update, Cancelled()))

    # --- how ---

    async def _answer_now(self, claim: Claim, interaction: Interaction, given: _Given) -> list[Update]:
        """The line is ours: the workflow goes on in this very claim, before whatever was written in the meantime."""
        await self._take(interaction, given)
        return await self._go_on(claim, interaction)

    async def _go_on(self, claim: Claim, interaction: Interaction) -> list[Update]:
        answered = await self._store.interaction(interaction.id)
        return [] if answered is None else await self._resumption.resume(claim, answered)

    async def _take(self, interaction: Interaction, given: _Given) -> bool:
        """One conditional update decides. Its follow-up resumes the workflow if nothing else does before.

        False if somebody else was faster, or it is not for this person, who is told so.
        """
        update = given.update
        refusal = self._refusal(interaction, update)
        if refusal is not None and not await self._has_decided(interaction, update):
            await self._refuse(update, refusal, given.reply)
            return False
        follow_up = accepted_by(interaction, update)
        if await self._store.answer_interaction(interaction.id, update.id, update.by, given.answer, follow_up):
            await self._settle(interaction, given)
            return True
        closed = await self._store.interaction(interaction.id)
        await self._refuse(update, already_answered(closed, update.by), given.reply)
        return False

    async def _has_decided(self, interaction: Interaction, update: Update) -> bool:
        """An earlier attempt of this very update has closed it, and perhaps could not show that any more."""
        if interaction.is_open:
            return False
        decided = await self._store.interaction_decided_by(interaction.conversation, update.id)
        return decided is not None and decided.id == interaction.id

    async def _settle(self, interaction: Interaction, given: _Given) -> None:
        """Controls show what was decided and by whom. A press is answered by that alone, all else also below it."""
        asked = await self._store.turn(interaction.turn)
        shared = asked is not None and not asked.private
        by_press = isinstance(given.update, InteractionCancelled)

        def text(description: str) -> str:
            name = given.update.by.name
            return _outcome(interaction.ask, description, given.answer, name, shared=shared, goes_on=by_press)

        was_cancelled = isinstance(given.answer, Cancelled)
        by_field = self._adapter(interaction).capabilities.goes_by_field(interaction.ask)
        changes = endings(interaction, text, by_field=by_field, answered=not was_cancelled)
        shown = [
            await self._show(interaction, message, outcome, at_leisure=number > 0)
            for number, (message, outcome) in enumerate(changes)
        ]
        if was_cancelled and by_press and not any(shown[:1]):
            await self._say(given.update, Notice(phrases.CANCELLED))

    async def _show(
        self, interaction: Interaction, message: MessageRef, outcome: Outcome, *, at_leisure: bool = False
    ) -> bool:
        """Whether it is shown. That controls cannot be changed must not stop the workflow."""
        try:
            await self._adapter(interaction).settle(message, outcome, at_leisure=at_leisure)
        except BridgeError as error:
            must_wait = isinstance(error, PlatformError) and error.fault is PlatformFault.RATE_LIMITED
            if must_wait and not at_leisure:
                return await self._show(interaction, message, outcome, at_leisure=True)
            logger.warning("controls_stay", extra={"interaction": interaction.id, "error": error.sentence})
            return False
        return True

    async def _remind(self, interaction: Interaction, message: MessageReceived, sentence: str) -> None:
        """One reminder at a time: it is kept with the question, and goes with it or with the next one."""
        cancel = ((Button(phrases.CANCEL, CancelInteraction(interaction.id)),),)
        draft = interaction.draft
        if draft.prompt is not None:
            await self._show(interaction, draft.prompt, Removed())
        notice = Notice(sentence, buttons=cancel, reply_to=message.message)
        reminder = await self._adapter(interaction).say(message.conversation, notice)
        await self._store.save_draft(interaction.id, draft.step, replace(draft, prompt=reminder))

    def _refusal(self, interaction: Interaction, update: Update) -> Refusal | None:
        return self._entitlement.refusal(interaction, update.by, update.conversation)

    async def _refuse(self, update: Update, refusal: Refusal, reply: str | None) -> None:
        logger.info("answer_refused", extra={"update": update.id, "by": update.by.id, "reason": refusal.sentence})
        await self._say(update, Notice(refusal.sentence, to=update.by, reply=reply))

    async def _say(self, update: Update, notice: Notice) -> None:
        await self._adapters[update.conversation.platform].say(update.conversation, notice)

    def _adapter(self, interaction: Interaction) -> Adapter:
        return self._adapters[interaction.conversation.platform]


def _meant(ask: Ask, text: str) -> Answer | None:
    """What a person means by typing instead of pressing; None if that is not clear."""
    match ask:
        case Pause():
            return Said(text)
        case Choice(options=options, free_text=free_text):
            index = match_option(tuple(option.label for option in options), text)
            if index is not None:
                return Chosen(index, options[index])
            if alike(tuple(option.label for option in options), text):
                return None
            return Said(text) if free_text and text.strip() else None
        case _:
            return None


def _what_is_missing(ask: Ask, text: str) -> str:
    several = alike(tuple(option.label for option in ask.options), text) if isinstance(ask, Choice) else []
    return phrases.several_options([index + 1 for index in several]) if several else phrases.ANSWER_FIRST


def _outcome(ask: Ask, description: str, answer: Answer, name: str, *, shared: bool, goes_on: bool) -> str:
    match answer:
        case Cancelled():
            return phrases.cancelled_by(description, name, shared=shared, goes_on=goes_on)
        case Chosen(option=option):
            return phrases.chosen(description, option.label, name, shared=shared)
        case Filled(values):
            assert isinstance(ask, Form)
            done = phrases.form_done(name, shared=shared)
            # Once FastGPT has them, the values are forgotten here.
            return "\n\n".join(piece for piece in (description, summary(ask, values) if values else "", done) if piece)
        case Said(text):
            label = text if isinstance(ask, Choice) else phrases.CONTINUE
            return phrases.chosen(description, label, name, shared=shared)
        case _:
            assert_never(answer)
