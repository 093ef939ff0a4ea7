"""From a claimed update to the use case that handles it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from bridge.domain import phrases
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.interactions import Interaction
from bridge.domain.notices import Notice
from bridge.domain.turns import Turn
from bridge.domain.updates import (
    AnswerAccepted,
    AnswerActionChosen,
    AnswerFinished,
    AnswerRejected,
    CommandGiven,
    ConversationMoved,
    FeedbackGiven,
    FormStepTaken,
    FormSubmitted,
    InteractionCancelled,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    OptionChosen,
    QuickReplyChosen,
    ReachabilityChanged,
    StopRequested,
    Unreadable,
    UnsupportedReceived,
    Update,
    is_from_a_person,
)
from bridge.ports import Adapter, Claim, Clock, PressAcknowledger, Store
from bridge.services.answers import Answers
from bridge.services.commands import Commands
from bridge.services.conversations import Conversations, merged
from bridge.services.feedback import Feedback
from bridge.services.guides import Guides
from bridge.services.leftovers import Leftovers
from bridge.services.overtaken import Overtaken
from bridge.services.redo import Redo
from bridge.services.rereading import Rereading
from bridge.services.resumption import Resumption
from bridge.services.tracing import log_facts

logger = logging.getLogger(__name__)


class Dispatch:
    """`answer_within`: what was written longer ago is not answered, unless an answer to it was begun in time."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        conversations: Conversations,
        answers: Answers,
        resumption: Resumption,
        feedback: Feedback,
        commands: Commands,
        guides: Guides,
        redo: Redo,
        overtaken: Overtaken,
        leftovers: Leftovers,
        rereading: Rereading,
        clock: Clock,
        answer_within: timedelta,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._conversations = conversations
        self._answers = answers
        self._resumption = resumption
        self._feedback = feedback
        self._commands = commands
        self._guides = guides
        self._redo = redo
        self._overtaken = overtaken
        self._leftovers = leftovers
        self._rereading = rereading
        self._clock = clock
        self._answer_within = answer_within

    async def handle(self, claim: Claim) -> list[Update]:
        """Handle what was claimed; what follows from it. A place that is gone is remembered, and left alone."""
        update = await self._placed(claim.updates[0])
        logger.debug("handling", extra={**log_facts(update), "kind": type(update).__name__, "attempts": claim.attempts})
        if not await self._is_worthwhile(update):
            logger.info("left_alone", extra=log_facts(update))
            return []
        try:
            follow_ups = await self._handled(claim, update)
            await self._let_go(update)
            return follow_ups
        except PlatformError as error:
            if error.fault is not PlatformFault.GONE:
                raise
            logger.warning("place_gone", extra={"update": update.id, "error": error.sentence})
            await self._store.set_reachable(update.conversation, False)
            return []

    async def _placed(self, update: Update) -> Update:
        """A press says where it was made as far as the platform tells: of an old message perhaps the group, and not the
        topic. What was pressed knows it."""
        pressed = await self._pressed(update)
        if pressed is None or not update.conversation.contains(pressed.conversation):
            return update
        return replace(update, conversation=pressed.conversation)

    async def _pressed(self, update: Update) -> Interaction | Turn | None:
        match update:
            case OptionChosen() | FormSubmitted() | FormStepTaken() | InteractionCancelled():
                return await self._store.interaction(update.interaction)
            case QuickReplyChosen(turn=turn) | AnswerActionChosen(turn=turn):
                return await self._store.turn(turn)
            case FeedbackGiven(turn=turn) if turn is not None:
                return await self._store.turn(turn)
            case _:
                return None

    async def _is_worthwhile(self, update: Update) -> bool:
        """A place that cannot be reached is left alone until somebody there does something again."""
        conversation = await self._store.conversation(update.conversation)
        if conversation is None or conversation.reachable:
            return True
        if is_from_a_person(update):
            await self._store.set_reachable(update.conversation, True)
        return not isinstance(update, AnswerFinished)

    async def _let_go(self, update: Update) -> None:
        adapter, reply = self._adapters[update.conversation.platform], getattr(update, "reply", None)
        if reply is not None and isinstance(adapter, PressAcknowledger):
            await adapter.acknowledge(reply)

    async def _handled(self, claim: Claim, update: Update) -> list[Update]:
        match update:
            case MessageReceived():
                messages = [message for message in claim.updates if isinstance(message, MessageReceived)]
                if await self._is_too_old(update):
                    return await self._leave_alone(update)
                if not update.kept and await self._feedback.heard(merged(messages)):
                    return []
                return await self._conversations.received(claim, messages)
            case CommandGiven():
                return await self._commands.given(claim, update)
            case AnswerAccepted():
                return await self._resumption.accepted(claim, update)
            case AnswerRejected():
                return await self._redo.rejected(claim, update)
            case QuickReplyChosen():
                return await self._guides.chosen(update)
            case AnswerActionChosen():
                return await self._redo.chosen(update)
            case MessageEdited():
                return await self._redo.edited(claim, update)
            case MessageDeleted():
                return await self._redo.deleted(claim, update)
            case _:
                await self._without_follow_up(update)
                return []

    async def _leave_alone(self, message: MessageReceived) -> list[Update]:
        """Who was told that it would be taken up is told that it is not."""
        logger.warning("too_old", extra={**log_facts(message), "written_at": message.at.isoformat()})
        if message.kept:
            notice = Notice(phrases.KEPT_TOO_LONG, to=message.by, reply_to=message.message)
            await self._adapters[message.conversation.platform].say(message.conversation, notice)
        return []

    async def _is_too_old(self, message: MessageReceived) -> bool:
        if self._clock.now() - message.at <= self._answer_within:
            return False
        latest = await self._store.latest_turn(message.conversation)
        return latest is None or latest.update != message.id

    async def _without_follow_up(
        self,
        update: UnsupportedReceived
        | StopRequested
        | OptionChosen
        | FormSubmitted
        | FormStepTaken
        | InteractionCancelled
        | FeedbackGiven
        | ConversationMoved
        | ReachabilityChanged
        | Unreadable
        | AnswerFinished,
    ) -> None:
        match update:
            case OptionChosen():
                await self._answers.option_chosen(update)
            case FormSubmitted():
                await self._answers.form_submitted(update)
            case FormStepTaken():
                await self._answers.step_taken(update)
            case InteractionCancelled():
                await self._answers.cancelled(update)
            case FeedbackGiven():
                await self._feedback.given(update)
            case StopRequested():
                await self._commands.stop(update)
            case AnswerFinished():
                await self._finished(update)
            case ConversationMoved(old=old, new=new):
                await self._store.move(old, new)
            case ReachabilityChanged(reachable=reachable):
                await self._store.set_reachable(update.conversation, reachable)
            case UnsupportedReceived(kind=kind, message=message):
                notice = Notice(phrases.unsupported(kind), reply_to=message)
                await self._adapters[update.conversation.platform].say(update.conversation, notice)
            case Unreadable():
                await self._rereading.again(update)
            case _:
                assert_never(update)

    async def _finished(self, update: AnswerFinished) -> None:
        turn = await self._store.turn(update.turn)
        if turn is not None:
            await self._overtaken.by(turn)
            await self._guides.finished(turn)
            await self._leftovers.removed(turn)

    async def bury(self, claim: Claim, error: BaseException) -> None:
        """A word to whoever wrote or pressed what is set aside. What the bridge told itself concerns nobody."""
        update = await self._placed(claim.updates[0])
        if isinstance(update, AnswerFinished | ConversationMoved | ReachabilityChanged | Unreadable | MessageDeleted):
            return
        if isinstance(update, AnswerAccepted):
            await self._resumption.given_up(update)
        if isinstance(error, PlatformError) and error.fault in (PlatformFault.GONE, PlatformFault.UNAUTHORISED):
            return
        if isinstance(update, FeedbackGiven):
            await self._feedback.given_up(update)
        await self._adapters[update.conversation.platform].say(update.conversation, _apology(update))


def _apology(update: Update) -> Notice:
    """What was written stands there for all to see; what was pressed concerns only who pressed it."""
    reply = getattr(update, "reply", None)
    match update:
        case FeedbackGiven():
            return Notice(phrases.VOTE_FAILED, to=update.by, reply=reply)
        case MessageReceived() | UnsupportedReceived() | MessageEdited():
            return Notice(phrases.BURIED, reply_to=update.message, once=f"{update.id}/set-aside")
        case CommandGiven():
            return Notice(phrases.BURIED, to=update.by if reply else None, reply=reply)
        case AnswerAccepted():
            return Notice(phrases.ANSWER_LOST)
        case AnswerRejected():
            return Notice(phrases.PRESS_FAILED)
        case _:
            return Notice(phrases.PRESS_FAILED, to=update.by, reply=reply)
