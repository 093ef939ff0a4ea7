"""Votes: every person's kept, one of them known to FastGPT, which holds one per record."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Literal

from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault, BridgeError
from bridge.domain.notices import Notice, Rebuttoned
from bridge.domain.turns import Turn
from bridge.domain.updates import FeedbackGiven, MessageReceived, Rating, VoteSource
from bridge.ports import Adapter, Assistant, CastVote, Store
from bridge.services.apps import Apps
from bridge.services.ledger import AnswerPolicy, buttons_under
from bridge.services.reasons import Reasons
from bridge.services.sequence import is_latest

logger = logging.getLogger(__name__)

SharedVotes = Literal["latest", "majority"]
_DOUBLE_CLICK = timedelta(seconds=2)
_REASON_LIMIT = 1000  # characters; FastGPT sets no limit, its operators read a list


class Feedback:
    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        adapters: Mapping[str, Adapter],
        apps: Apps,
        reasons: Reasons,
        policy: AnswerPolicy,
        shared: SharedVotes,
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._adapters = adapters
        self._apps = apps
        self._reasons = reasons
        self._policy = policy
        self._count = _COUNTS[shared]

    async def given(self, update: FeedbackGiven) -> None:
        turn = await self._turn(update)
        if turn is None:
            # A reaction to what is no answer is none of our business; a button was shown below one.
            if update.source is not VoteSource.REACTION:
                await self._say(update, phrases.VOTE_GONE)
            return
        if update.source is VoteSource.REASON and not update.reason and not self._has_dialogs(update):
            await self._reasons.ask_in_words(turn, update)
            return
        before = await self._store.votes(turn.id)
        if _withdraws_another(update, before):
            return
        rating = _meant(update, before)
        await self._store.cast_vote(turn.id, update.by, rating, update.reason[:_REASON_LIMIT], update.id)
        if not await self._post(turn, update):
            return
        await self._show(turn, update, rating, _shown(update, before))

    async def heard(self, message: MessageReceived) -> bool:
        """Whether the message was the reason that its author had been asked for: then it counts as that alone."""
        asked = await self._reasons.taken_from(message)
        turn = await self._store.turn(asked.turn) if asked is not None else None
        if asked is None or turn is None:
            return False
        update = FeedbackGiven(
            id=message.id,
            conversation=message.conversation,
            by=message.by,
            at=message.at,
            turn=turn.id,
            rating=Rating.BAD,
            source=VoteSource.REASON,
            reason=message.text,
        )
        await self._store.cast_vote(turn.id, message.by, Rating.BAD, message.text[:_REASON_LIMIT], message.id)
        if await self._post(turn, update):
            await self._reasons.thank_for_words(message, asked)
        return True

    async def given_up(self, update: FeedbackGiven) -> None:
        """FastGPT could not be told, and the person will be: the vote does not count, here neither.

        Else pressing it again, as they are asked to, would be a second press, which takes a vote back.
        """
        if (turn := await self._turn(update)) is not None:
            await self._take_back(turn, update)

    async def _take_back(self, turn: Turn, update: FeedbackGiven) -> None:
        mine = next((vote for vote in await self._store.votes(turn.id) if vote.person.id == update.by.id), None)
        if mine is not None and mine.update == update.id:
            await self._store.cast_vote(turn.id, update.by, Rating.NONE, "", update.id)

    async def _turn(self, update: FeedbackGiven) -> Turn | None:
        if update.turn is not None:
            turn = await self._store.turn(update.turn)
            return turn if turn is not None and turn.conversation == update.conversation else None
        return await self._store.turn_shown_in(update.message) if update.message is not None else None

    async def _post(self, turn: Turn, update: FeedbackGiven) -> bool:
        """Tell FastGPT what all votes come to. Raises AssistantError if it is worth another attempt."""
        rating, reason = self._count(await self._store.votes(turn.id))
        try:
            await self._assistant.rate(self._apps.named(turn.app), turn.chat, turn.record, rating, reason)
        except AssistantError as error:
            if not error.permanent:
                raise
            logger.warning("vote_refused", extra={"turn": turn.id, "error": error.sentence})
            await self._take_back(turn, update)
            gone = error.fault is AssistantFault.NOT_FOUND
            await self._say(update, phrases.VOTE_GONE if gone else phrases.VOTE_FAILED)
            return False
        logger.info("vote_posted", extra={"turn": turn.id, "rating": rating, "source": update.source})
        return True

    async def _show(self, turn: Turn, update: FeedbackGiven, rating: Rating, shown: Rating | None) -> None:
        """The buttons show the vote in a private conversation; in a shared one, everybody is told their own."""
        message = turn.parts[-1].message if turn.private and turn.parts else None
        if message is not None and rating is not shown:
            can_be_given_again = await is_latest(self._store, turn)
            buttons = buttons_under(turn, self._policy, rating, is_latest=can_be_given_again)
            await self._quietly(self._adapter(update).settle(message, Rebuttoned(buttons)))
        if not self._has_dialogs(update):
            if rating is not Rating.BAD:
                await self._reasons.withdraw(update)
            elif update.source is VoteSource.REASON:
                return await self._reasons.thank(update)
            elif update.source is VoteSource.BUTTON:
                return await self._reasons.ask(turn, update)
        if update.source is not VoteSource.REACTION:
            thanks = phrases.REASON_THANKS if update.source is VoteSource.REASON else phrases.VOTE_THANKS
            await self._say(update, phrases.VOTE_TAKEN_BACK if rating is Rating.NONE else thanks)

    async def _say(self, update: FeedbackGiven, sentence: str) -> None:
        notice = Notice(sentence, to=update.by, reply=update.reply)
        await self._quietly(self._adapter(update).say(update.conversation, notice))

    async def _quietly(self, showing: Awaitable[object]) -> None:
        """The vote counts whether or not it can be shown."""
        try:
            await showing
        except BridgeError as error:
            logger.info("vote_not_shown", extra={"error": error.sentence})

    def _has_dialogs(self, update: FeedbackGiven) -> bool:
        """Then the platform asks for the reason by itself."""
        return self._adapter(update).capabilities.native_forms

    def _adapter(self, update: FeedbackGiven) -> Adapter:
        return self._adapters[update.conversation.platform]


def _withdraws_another(update: FeedbackGiven, votes: Sequence[CastVote]) -> bool:
    """A thumb that was taken away after the person had switched to the other one takes nothing back."""
    mine = next((vote for vote in votes if vote.person.id == update.by.id), None)
    return update.takes_back is not None and (mine is None or mine.rating is not update.takes_back)


def _shown(update: FeedbackGiven, votes: Sequence[CastVote]) -> Rating | None:
    """What the person's buttons show already; None if an earlier attempt at this very vote may not have got so far."""
    mine = next((vote for vote in votes if vote.person.id == update.by.id), None)
    if mine is not None and mine.update == update.id:
        return None
    return Rating.NONE if mine is None else mine.rating


def _meant(update: FeedbackGiven, votes: Sequence[CastVote]) -> Rating:
    """A second press on the same thumb takes the vote back; a double click, or a press delivered twice, does not."""
    if update.source is not VoteSource.BUTTON:
        return update.rating
    mine = next((vote for vote in votes if vote.person.id == update.by.id), None)
    if mine is None or mine.rating is not update.rating or mine.update == update.id:
        return update.rating
    return update.rating if update.at - mine.at < _DOUBLE_CLICK else Rating.NONE


def latest(votes: Sequence[CastVote]) -> tuple[Rating, str]:
    """The newest vote is FastGPT's; with everybody's reasons, if it is a bad one."""
    if not votes:
        return Rating.NONE, ""
    newest = max(votes, key=lambda vote: vote.at)
    return newest.rating, _reasons(votes) if newest.rating is Rating.BAD else ""


def majority(votes: Sequence[CastVote]) -> tuple[Rating, str]:
    """What most voted is FastGPT's; a draw counts as bad, since a bad one asks for somebody to look."""
    good = sum(vote.rating is Rating.GOOD for vote in votes)
    bad = sum(vote.rating is Rating.BAD for vote in votes)
    if not good and not bad:
        return Rating.NONE, ""
    return (Rating.GOOD, "") if good > bad else (Rating.BAD, _reasons(votes))


def _reasons(votes: Sequence[CastVote]) -> str:
    bad = [vote for vote in votes if vote.rating is Rating.BAD]
    if len(bad) == 1:
        return bad[0].reason
    return "\n".join(f"{vote.person.name or vote.person.id}: {vote.reason or '👎'}" for vote in bad)


_COUNTS: dict[SharedVotes, Callable[[Sequence[CastVote]], tuple[Rating, str]]] = {
    "latest": latest,
    "majority": majority,
}
