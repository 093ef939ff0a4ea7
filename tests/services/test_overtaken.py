"""What goes from an answer when another one follows, or when it is given again."""

from __future__ import annotations

from datetime import timedelta

from bridge.domain import phrases
from bridge.domain.events import Finished, TextAdded
from bridge.domain.ids import TurnId
from bridge.domain.turns import Opening
from bridge.domain.updates import (
    AnswerAction,
    AnswerActionChosen,
    Attachment,
    FeedbackGiven,
    MessageReceived,
    Rating,
    VoteSource,
)
from bridge.ports import Claim
from tests.builders import ANN, HERE, command, message
from tests.fakes import START, unreachable
from tests.services.house import House, house

VOTES = (phrases.GOOD, phrases.BAD)
BELOW = (*VOTES, phrases.REGENERATE)


async def asked(h: House, text: str) -> TurnId:
    await h.hear(message(text))
    return h.assistant.asked[-1].turn


def voted(turn: TurnId, rating: Rating) -> FeedbackGiven:
    id, button = f"vote:{turn}", VoteSource.BUTTON
    return FeedbackGiven(id=id, conversation=HERE, by=ANN, at=START, turn=turn, rating=rating, source=button, reply="r")


def again(turn: TurnId) -> AnswerActionChosen:
    id, action = f"again:{turn}", AnswerAction.REGENERATE
    return AnswerActionChosen(id=id, conversation=HERE, by=ANN, at=START, turn=turn, action=action, reply="r")


def buttons(h: House) -> list[tuple[str, ...]]:
    """Of every message that has some."""
    return [shown.buttons for shown in h.adapter.screen if shown.buttons]


async def test_regenerate_goes_from_an_answer_that_another_one_has_followed_and_its_vote_stays() -> None:
    async with house() as h:
        first = await asked(h, "one")
        await h.hear(voted(first, Rating.GOOD))
        await asked(h, "two")
        assert buttons(h) == [(f"✓{phrases.GOOD}", phrases.BAD), BELOW]


async def test_nobody_waits_for_the_buttons_that_go_from_an_old_answer() -> None:
    async with house() as h:
        await asked(h, "one")
        old = h.adapter.screen[-1].ref
        await asked(h, "two")
        assert h.adapter.at_leisure == [old]


async def test_a_vote_on_an_older_answer_does_not_bring_regenerate_back() -> None:
    async with house() as h:
        first = await asked(h, "one")
        await asked(h, "two")
        await h.hear(voted(first, Rating.GOOD))
        assert buttons(h) == [(f"✓{phrases.GOOD}", phrases.BAD), BELOW]


async def test_try_again_goes_from_a_failed_answer_that_another_one_has_followed() -> None:
    async with house() as h:
        h.assistant.scripts = [[TextAdded("Half"), unreachable()], [TextAdded("Whole."), Finished()]]
        await asked(h, "one")
        await h.hear(message("two"))
        assert phrases.RETRY not in sum(buttons(h), ())


async def test_an_answer_that_is_given_again_keeps_the_buttons_of_the_new_one() -> None:
    async with house() as h:
        await h.hear(again(await asked(h, "one")))
        assert (len(h.assistant.asked), buttons(h)) == (2, [BELOW])


async def test_a_greeting_in_between_is_no_answer() -> None:
    async with house() as h:
        await asked(h, "one")
        await h.hear(command("new"))
        await asked(h, "two")
        assert buttons(h) == [VOTES, BELOW]


async def test_the_card_that_asks_what_was_wrong_goes_when_the_answer_is_given_again() -> None:
    async with house(native_forms=False) as h:
        first = await asked(h, "one")
        await h.hear(voted(first, Rating.BAD))
        assert phrases.REASON_TITLE in h.adapter.texts
        await h.hear(again(first))
        assert phrases.REASON_TITLE not in h.adapter.texts


async def test_quick_replies_that_come_while_the_next_question_is_being_read_go_with_its_answer() -> None:
    # They were shown while its file was fetched, and stayed above its answer with buttons that led nowhere.
    async with house() as h:
        h.assistant.opened, h.assistant.suggestions = Opening(suggests=True, accepts_files=True), ["And tea?"]
        await h.bridge.gateway.accept([message("one"), message("two", attachments=(Attachment("f", "a.txt"),))])
        await h.bridge.worker.work(await claimed(h))
        claims = [await claimed(h), await claimed(h)]
        follow_up, second = sorted(claims, key=lambda claim: isinstance(claim.updates[0], MessageReceived))
        h.adapter.download = lambda *_: meanwhile(h, follow_up)  # type: ignore[method-assign]
        await h.bridge.worker.work(second)
        assert phrases.SUGGESTIONS in h.adapter.texts
        h.assistant.suggestions = []
        await h.work()
        assert phrases.SUGGESTIONS not in h.adapter.texts


async def claimed(h: House) -> Claim:
    claim = await h.store.claim("w1", timedelta(seconds=60))
    assert claim is not None
    return claim


async def meanwhile(h: House, claim: Claim) -> bytes:
    await h.bridge.worker.work(claim)
    return b"what is in the file"
