"""Answers given again: regenerated, retried, asked anew after an edit; and taken away with their question.

A question may change while it waits or is being answered. Then what runs is stopped at once, if it is not wanted any
more, and the rest is done in the line of the conversation, where nobody else is at work on the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from bridge.domain import phrases
from bridge.domain.controls import ActOnAnswer
from bridge.domain.events import Button
from bridge.domain.ids import new_turn_id
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
from bridge.services.apps import Apps
from bridge.services.inspection import Inspection
from bridge.services.reasons import Reasons
from bridge.services.runs import Running
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
        if not await self._is_latest(turn):
            return await self._say(update, phrases.ONLY_LATEST)
        return [_rejected(update, turn, turn.edited if asked_anew else None)]

    async def rejected(self, claim: Claim, update: AnswerRejected) -> list[Update]:
        """Take the old round out of FastGPT's history and answer again, in the messages that hold the old answer."""
        old = await self._store.turn(update.turn)
        if old is None:
            return []
        if not await self._is_latest(old) and not await self._begun(old, update):
            return []  # pressed twice, or overtaken by another question: the press was told, or will see
        await self._turns.clear_suggestions(old)
        await self._reasons.withdraw_all(old)
        await self._assistant.forget(self._apps.named(old.app), old.chat, old.record)
        return await self._turns.run(claim, self._again(old, update))

    async def edited(self, claim: Claim, update: MessageEdited) -> list[Update]:
        if self._on_edit == "ignore":
            return []
        turn = await self._store.turn_asked_by(update.message)
        changes = turn is not None and await self._changes(turn, update)
        if not update.in_line and (turn is None or changes):
            return await self._put_in_line(update, turn if self._on_edit == "reask" else None)
        if turn is None or not changes:
            return []
        if self._on_edit == "reask":
            return [_rejected(update, turn, update.text)]
        await self._store.save_turn(claim, replace(turn, edited=update.text))
        button = Button(phrases.REASK, ActOnAnswer(turn.id, AnswerAction.REASK))
        notice = Notice(phrases.EDITED, buttons=((button,),), reply_to=update.message)
        await self._adapters[update.conversation.platform].say(update.conversation, notice)
        return []

    async def _changes(self, turn: Turn, update: MessageEdited) -> bool:
        said = update.text.strip() in ("", turn.question.text.strip(), turn.edited.strip())
        return not said and await self._is_latest(turn)

    async def deleted(self, update: MessageDeleted) -> list[Update]:
        """With its question the answer goes, from the screen and from FastGPT's history."""
        if self._on_delete == "ignore":
            return []
        turn = await self._store.turn_asked_by(update.message)
        if not update.in_line:
            return await self._put_in_line(update, turn)
        if turn is not None:
            await self._take_away(turn)
        return []

    async def _put_in_line(self, update: MessageEdited | MessageDeleted, unwanted: Turn | None) -> list[Update]:
        """Behind the answer to it, which is stopped if it is `unwanted`. Elsewhere people write among themselves."""
        if unwanted is not None:
            await self._running.stop_anywhere(self._store, unwanted.conversation, unwanted.id)
        elif await self._store.conversation(update.conversation) is None:
            return []
        return [replace(update, id=f"{update.id}/in-line", in_line=True)]

    async def _take_away(self, turn: Turn) -> None:
        await self._assistant.forget(self._apps.named(turn.app), turn.chat, turn.record)
        await self._turns.clear_suggestions(turn)
        for part in turn.parts:
            if part.message is not None:
                await self._adapters[turn.conversation.platform].settle(part.message, Removed())

    async def _is_latest(self, turn: Turn) -> bool:
        latest = await self._store.latest_turn(turn.conversation)
        return latest is not None and latest.id == turn.id

    async def _begun(self, old: Turn, update: AnswerRejected) -> bool:
        """An earlier attempt of this very update has begun the new turn, which is the latest since."""
        latest = await self._store.latest_turn(old.conversation)
        return latest is not None and latest.update == update.id

    def _again(self, old: Turn, update: AnswerRejected) -> Turn:
        id = new_turn_id()
        question = old.question if update.text is None else replace(old.question, text=update.text)
        return Turn(
            id=id,
            conversation=old.conversation,
            app=old.app,
            chat=old.chat,
            update=update.id,
            asked=old.asked,
            record=id,
            question=question,
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
