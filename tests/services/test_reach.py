"""Where nobody can be reached nothing is said, until somebody there does something again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.events import Finished, TextAdded, WorkflowPaused
from bridge.domain.ids import ConversationKey
from bridge.domain.interactions import Choice, Option
from bridge.domain.turns import Opening
from bridge.domain.updates import AnswerFinished, ReachabilityChanged
from tests.builders import ANN, HERE, message
from tests.fakes import START
from tests.services.house import House, house

GONE = PlatformError("blocked by the person", fault=PlatformFault.GONE, permanent=True)
CHANNEL = replace(HERE, address=HERE.address.partition("/")[0])


async def is_reachable(h: House) -> bool:
    known = await h.store.conversation(HERE)
    assert known is not None
    return known.reachable


def blocked(conversation: ConversationKey = HERE) -> ReachabilityChanged:
    return ReachabilityChanged(id="blocked:1", conversation=conversation, by=ANN, at=START, reachable=False)


async def test_somebody_who_blocked_the_bot_and_writes_again_is_answered_again() -> None:
    async with house() as h:
        h.adapter.failures = [GONE]
        await h.hear(message("one"))
        assert not await is_reachable(h)
        await h.hear(message("two"))
        assert await is_reachable(h)
        assert h.adapter.texts == ["Hello!"]


async def test_no_quick_replies_are_made_for_a_place_that_is_gone() -> None:
    async with house() as h:
        h.assistant.opened = Opening(suggests=True)
        await h.hear(message("one"))
        turn = await h.store.latest_turn(HERE)
        assert turn is not None
        h.assistant.suggestions = ["More?"]
        await h.hear(blocked())
        await h.hear(AnswerFinished(id="late", conversation=HERE, by=ANN, at=START, turn=turn.id))
        assert h.adapter.texts == ["Hello!"]


async def test_a_question_that_expires_in_a_channel_the_bot_was_removed_from_says_nothing() -> None:
    async with house() as h:
        choice = Choice("Continue?", (Option("Yes", "yes!"),))
        h.assistant.scripts = [[WorkflowPaused("userSelect", choice, extends_record=True), Finished()]]
        await h.hear(message("start"))
        await h.hear(blocked(CHANNEL))
        h.clock.elapsed += timedelta(days=31).total_seconds()
        await h.bridge.upkeep.run()
        assert h.adapter.texts == ["[Continue?]"]


async def test_fastgpt_is_told_to_stop_when_nobody_is_there_to_read() -> None:
    async with house() as h:
        h.assistant.outlives = True
        h.adapter.gone_after = 1
        h.assistant.scripts = [[TextAdded("Hel"), TextAdded("lo!"), Finished()]]
        await h.hear(message("one"))
        assert len(h.assistant.stopped) == 1
