"""How much one person may ask, so that nobody's flood is everybody's: only theirs is left out, and they are
told once wherever they wrote.

Counted are the questions that FastGPT is asked: messages, and quick replies that were tapped. What answers a question
of the workflow, what stops something, and commands are not.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from bridge.domain import phrases
from bridge.domain.notices import Notice
from bridge.domain.updates import MessageReceived
from bridge.ports import Adapter, Clock, Store

logger = logging.getLogger(__name__)

_MINUTE = timedelta(minutes=1)


class People:
    """`most` questions a minute and person, by the time of writing; 0 is any number."""

    def __init__(self, store: Store, adapters: Mapping[str, Adapter], clock: Clock, most: int) -> None:
        self._store = store
        self._adapters = adapters
        self._clock = clock
        self._most = most

    async def may_ask(self, message: MessageReceived) -> bool:
        """Counts the question. The first in its place that is too many is answered with when its author may go on."""
        if not self._most:
            return True
        place = message.conversation
        excess = await self._store.admit(place, message.by, message.id, message.at, self._most, _MINUTE)
        if excess is None:
            return True
        logger.warning("too_many_questions", extra={"update": message.id, "by": message.by.id, "told": excess.tells})
        if excess.tells:
            left = (excess.until - self._clock.now()).total_seconds()
            sentence = phrases.too_many_questions(self._most, left)
            notice = Notice(sentence, to=message.by, reply_to=message.message)
            await self._adapters[place.platform].say(place, notice)
        return False
