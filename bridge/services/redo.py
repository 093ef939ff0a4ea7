"""Answers given again: regenerated, retried, asked anew after an edit; and taken away with their question.

A question may change while it waits or is being answered. Then what runs is stopped at once, if it is not wanted any
more, and the rest is done in the line of the conversation, where nobody else is at work on the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from bridge.domain import phrases
from bridge.domain.controls import ActOnAnswer
from bridge.domain.events import Button
from bridge.domain.ids import MessageRef, new_turn_id
from bridge.domain.interactions import Purpose
from bridge.domain.notices import Notice, Removed
from bridge.domain.turns import Turn
from bridge.domain.updates import (
    AnswerAction,
    AnswerActionChosen,
    AnswerRejected,
    MessageDeleted,
    MessageEdited,
    Update,
)
from bridge.ports import Adapter, Assistant, Claim, Clock, Refusal, Store
from bridge.services.answers import Answers
from bridge.services.apps import Apps
from bridge.services.chats import Chats
from bridge.services.inspection import Inspection
from bridge.services.reasons import Reasons
from bridge.services.resumption import Resumption
from bridge.services.runs import Running
from bridge.services.sequence import is_latest, rounds
from bridge.services.turns import Turns

logger = logging.getLogger(__name__)

OnEdit = Literal["offer", "reask", "ignore"]
OnDelete = Literal["remove", "ignore"]


class Redo:
    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        adapters: Mapping[str, Adapter],
        apps: Apps,
        turns: Turns,
        chats: Chats,
        answers: Answers,
        resumption: Resumption,
        inspection: Inspection,
        running: Running,
        reasons: Reasons,
        clock: Clock,
        *,
        on_edit: OnEdit,
        on_delete: OnDelete,
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._adapters = adapters
        self._apps = apps
        self._turns = turns
        self._chats = chats
        self._answers = answers
        self._resumption = resumption
        self._inspection = inspection
        self._running = running
        self._reasons = reasons
        self._clock = clock
        self._on_edit = on_edit
        self._on_delete = on_delete

    async def chosen(self, update: AnswerActionChosen) -> list[Update]:
        turn = await self._store.turn(update.turn)
        if turn is None or turn.conversation != update.conversation:
            return await self._say(update, phrases.NOT_THERE)
        match update.action:
            case AnswerAction.SOURCES:
                return await self._show(update, await self._inspection.sources(turn, update.index))
            case AnswerAction.DETAILS:
                return await self._show(update, await self._inspection.details(turn, update.by))
            case AnswerAction.REGENERATE | AnswerAction.RETRY | AnswerAction.REASK:
                return await self._again_wanted(turn, update)

    async def _again_wanted(self, turn: Turn, update: AnswerActionChosen) -> list[Update]:
        asked_anew = update.action is AnswerAction.REASK
        if asked_anew and update.message is not None:
            await self._adapters[update.conversation.platform].settle(update.message, Removed())
        if not await is_latest(self._store, turn):
            return await self._say(update, phrases.ONLY_LATEST)
        return [_rejected(update, turn, turn.edited if asked_anew else None)]

    async def rejected(self, claim: Claim, update: AnswerRejected) -> list[Update]:
        """Take the old round out of FastGPT's history and answer again, in the messages that hold the old answer."""
        old = await self._store.turn(update.turn)
        if old is None:
            return []
        follow_ups = await self._resumption.resume_answered(claim, old.conversation)
        if await is_latest(self._store, old):
            await self._turns.clear_suggestions(old)
            if update.text is None:  # else it was the offer that was pressed, and it is gone
                await self._turns.withdraw_offer(old)
            await self._reasons.withdraw_all(old)
            await self._answers.withdraw(update, old, shows=True)
            await self._forget(await rounds(self._store, old))
        elif not await self._begun(old, update):
            return follow_ups  # pressed twice, or overtaken by another question: the press was told, or will see
        return follow_ups + await self._turns.run(claim, await self._again(old, update))

    async def edited(self, claim: Claim, update: MessageEdited) -> list[Update]:
        if self._on_edit == "ignore":
            return []
        turn = await self._store.turn_asked_by(update.message)
        changes = turn is not None and await self._changes(turn, update)
        if not update.in_line and (turn is None or changes):
            return await self._put_in_line(update, turn if self._on_edit == "reask" else None)
        if turn is None:
            return await self._kept(update)
        if not changes:
            return []
        if await self._is_unasked(turn):
            await self._store.save_turn(claim, replace(turn, question=replace(turn.question, text=update.text)))
            return []
        if self._on_edit == "reask":
            return [_rejected(update, turn, update.text)]
        button = Button(phrases.REASK, ActOnAnswer(turn.id, AnswerAction.REASK))
        notice = Notice(phrases.EDITED, buttons=((button,),), reply_to=update.message)
        await self._turns.withdraw_offer(turn)
        offer = await self._adapters[update.conversation.platform].say(update.conversation, notice)
        await self._store.save_turn(claim, replace(turn, edited=update.text, offer=offer))
        return []

    async def _kept(self, update: MessageEdited) -> list[Update]:
        """Perhaps its question is kept until somebody else has answered theirs: then it waits behind it."""
        asked = await self._store.open_interaction_of(update.conversation)
        if asked is None or asked.asked.id == update.by.id:
            return []
        return [replace(update, id=f"{update.id}/kept", kept=True)]

    async def _is_unasked(self, turn: Turn) -> bool:
        """It waits for a form that comes before FastGPT is asked at all."""
        asked = await self._store.interaction(turn.interaction) if turn.interaction is not None else None
        return asked is not None and asked.is_open and asked.purpose is not Purpose.RESUME

    async def _changes(self, turn: Turn, update: MessageEdited) -> bool:
        first = (await rounds(self._store, turn))[-1]
        said = update.text.strip() in ("", first.question.text.strip(), turn.edited.strip())
        return not said and await is_latest(self._store, turn)

    async def deleted(self, claim: Claim, update: MessageDeleted) -> list[Update]:
        """With its question the answer goes, from the screen and from FastGPT's history."""
        turn = await self._store.turn_asked_by(update.message)
        if self._on_delete == "ignore":
            await self._turns.withdraw_offer(turn)
            return []
        if not update.in_line:
            return await self._put_in_line(update, turn)
        if turn is None:
            return []
        follow_ups = await self._resumption.resume_answered(claim, turn.conversation)
        await self._take_away(update, await self._store.turn_asked_by(update.message) or turn)
        return follow_ups

    async def _put_in_line(self, update: MessageEdited | MessageDeleted, unwanted: Turn | None) -> list[Update]:
        """Behind the answer to it, which is stopped if it is `unwanted`. Elsewhere people write among themselves."""
        if unwanted is not None:
            await self._running.stop_anywhere(self._store, unwanted.conversation, unwanted.id)
        elif await self._store.conversation(update.conversation) is None:
            return []
        return [replace(update, id=f"{update.id}/in-line", in_line=True)]

    async def _take_away(self, update: MessageDeleted, turn: Turn) -> None:
        await self._answers.withdraw(update, turn, shows=False)
        given = await rounds(self._store, turn)
        await self._forget(given)
        await self._turns.moved_on_from(turn)
        for shown in dict.fromkeys([message for each in given for message in await self._shown(each)]):
            await self._adapters[turn.conversation.platform].settle(shown, Removed())

    async def _forget(self, given: Sequence[Turn]) -> None:
        """Take out of FastGPT's history what the same question has led to."""
        for app, chat, record in dict.fromkeys((turn.app, turn.chat, turn.record) for turn in given):
            await self._assistant.forget(self._apps.named(app), chat, record)

    async def _shown(self, turn: Turn) -> list[MessageRef]:
        """Every message of an answer, and of what it asked."""
        asked = await self._store.interaction(turn.interaction) if turn.interaction is not None else None
        of_question = (asked.message, asked.draft.prompt) if asked is not None else ()
        return [message for message in (*(part.message for part in turn.parts), *of_question) if message is not None]

    async def _begun(self, old: Turn, update: AnswerRejected) -> bool:
        """An earlier attempt of this very update has begun the new turn, which is the latest since."""
        latest = await self._store.latest_turn(old.conversation)
        return latest is not None and latest.update == update.id

    async def _again(self, old: Turn, update: AnswerRejected) -> Turn:
        """What somebody's words began, in the chat that the conversation has by now."""
        id = new_turn_id()
        question = (await rounds(self._store, old))[-1].question
        conversation = await self._store.conversation(old.conversation)
        assert conversation is not None, "a turn belongs to a known conversation"
        conversation = await self._chats.free(conversation, old)
        return Turn(
            id=id,
            conversation=old.conversation,
            app=old.app,
            chat=conversation.chat,
            update=update.id,
            asked=old.asked,
            record=id,
            question=question if update.text is None else replace(question, text=update.text),
            reply_to=old.reply_to,
            private=old.private,
            channel=old.channel,
            parts=tuple(replace(part, is_final=False) for part in old.parts),
            begun_at=self._clock.now(),
        )

    async def _show(self, update: AnswerActionChosen, shown: str | Refusal) -> list[Update]:
        return await self._say(update, shown.sentence if isinstance(shown, Refusal) else shown)

    async def _say(self, update: AnswerActionChosen, text: str) -> list[Update]:
        notice = Notice(text, to=update.by, reply=update.reply)
        await self._adapters[update.conversation.platform].say(update.conversation, notice)
        return []


def _rejected(update: Update, turn: Turn, text: str | None) -> AnswerRejected:
    return AnswerRejected(
        id=f"{update.id}/again", conversation=turn.conversation, by=update.by, at=update.at, turn=turn.id, text=text
    )
