"""The answer before: Regenerate and quick replies go once another one has followed, for they are the latest's."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bridge.domain.errors import BridgeError
from bridge.domain.notices import Rebuttoned
from bridge.domain.turns import Turn
from bridge.domain.updates import Rating
from bridge.ports import Adapter, Store
from bridge.services.ledger import AnswerPolicy, buttons_under
from bridge.services.sequence import answer_before
from bridge.services.turns import Turns

logger = logging.getLogger(__name__)


class Overtaken:
    def __init__(self, store: Store, adapters: Mapping[str, Adapter], turns: Turns, policy: AnswerPolicy) -> None:
        self._store = store
        self._adapters = adapters
        self._turns = turns
        self._policy = policy

    async def by(self, latest: Turn) -> None:
        """One edit of the answer before `latest`, if it has such a button. That it stays is no reason to stop."""
        former = await answer_before(self._store, latest.id)
        await self._turns.clear_suggestions(former)  # which came while this question was on its way to be one
        if former is None or not former.parts:
            return
        message = former.parts[-1].message
        if message is None or message in [part.message for part in latest.parts]:
            return  # it was given again, in the same place
        chosen = await self._shown_vote(former)
        left = buttons_under(former, self._policy, chosen, is_latest=False)
        if left == buttons_under(former, self._policy, chosen):
            return
        try:
            await self._adapters[former.conversation.platform].settle(message, Rebuttoned(left), at_leisure=True)
        except BridgeError as error:
            logger.info("buttons_stay", extra={"turn": former.id, "error": error.sentence})

    async def _shown_vote(self, turn: Turn) -> Rating:
        """Among others nobody's vote is shown."""
        votes = await self._store.votes(turn.id) if turn.private else []
        return next((vote.rating for vote in votes if vote.person.id == turn.asked.id), Rating.NONE)
