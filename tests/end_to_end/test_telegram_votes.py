"""Votes in Telegram: thumbs, reactions and reasons, and what FastGPT's operators then read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator import faults
from bridge.simulator.journal import Received
from bridge.simulator.workflow import Chat, Reply, Select
from tests.emulators.telegram import Message, Person
from tests.end_to_end.running import on, tour
from tests.end_to_end.telegram_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

VOTES = "updateUserFeedback"
APP = tour(
    on("hello", Chat(text=lambda scope: f"Hello! You said: {scope.question}")),
    on("choice", Select(name="C", description="Which?", options=("Red", "Blue")), Reply(text="Noted.")),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("votes"), APP, hurried=True) as made:
        yield made


async def answered(stage: Stage) -> tuple[Person, Message]:
    """Ann's answer in private."""
    ann = stage.telegram.person("Ann")
    ann.say("hello")
    return ann, await stage.shown("Hello!", ann.private)


def votes(stage: Stage, person: Person) -> list[dict[str, Any]]:
    """What FastGPT was told, without what is the same in all of it."""
    (record,) = {body["responseChatItemId"] for body in stage.asked(person)[:1]}
    told = stage.calls(person, VOTES)
    assert {body["dataId"] for body in told} <= {record}
    return [{key: body[key] for key in body if key.startswith("user")} for body in told]


def about(stage: Stage, person: Person) -> Callable[[Received], bool]:
    """For gates and faults that concern the chat of this person's only question."""
    chat = stage.asked(person)[0]["chatId"]
    return lambda request: bool(request.json.get("chatId") == chat)


async def test_a_thumb_up_reaches_the_record_and_is_ticked(stage: Stage) -> None:
    ann, answer = await answered(stage)
    assert answer.labels[:2] == ["👍", "👎"]
    await stage.pressed(ann, "👍")
    await stage.offered("✓ 👍", ann.private)
    assert votes(stage, ann) == [{"userGoodFeedback": "yes"}]
    assert ann.toasts == [phrases.VOTE_THANKS]


async def test_a_thumb_down_asks_why_and_a_tapped_reason_is_what_operators_read(stage: Stage) -> None:
    ann, answer = await answered(stage)
    await stage.pressed(ann, "👎")
    card = await stage.shown(phrases.REASON_TITLE, ann.private)
    assert card.labels == [*phrases.REASONS, phrases.OTHER_REASON]
    await stage.pressed(ann, "Not helpful")
    assert votes(stage, ann)[-1] == {"userBadFeedback": "Not helpful"}
    await stage.until(lambda: card.text == "Thanks, I've passed that on: Not helpful")
    assert (card.labels, answer.labels[:2]) == ([], ["👍", "✓ 👎"])


async def test_a_reason_in_ones_own_words_is_no_question(stage: Stage) -> None:
    ann, _ = await answered(stage)
    await stage.pressed(ann, "👎")
    await stage.pressed(ann, phrases.OTHER_REASON)
    await stage.shown(phrases.REASON_ASKED, ann.private)
    ann.say("hello is not what I said")
    await stage.shown(phrases.VOTE_THANKS, ann.private)
    assert votes(stage, ann)[-1] == {"userBadFeedback": "hello is not what I said"}
    assert stage.told(ann) == ["hello"]
    assert "Wrong" not in ann.private.buttons


async def test_a_vote_can_be_switched_and_taken_back_and_nobody_is_asked_why_any_more(stage: Stage) -> None:
    ann, answer = await answered(stage)
    await stage.pressed(ann, "👎")
    await stage.offered("Wrong", ann.private)
    await stage.pressed(ann, "👍")
    await stage.gone("Wrong", ann.private)
    await stage.pressed(ann, "✓ 👍")
    await stage.until(lambda: answer.labels[:2] == ["👍", "👎"])
    assert votes(stage, ann)[1:] == [{"userGoodFeedback": "yes"}, {}]
    assert ann.toasts == [phrases.VOTE_THANKS, phrases.VOTE_TAKEN_BACK]


async def test_a_doubled_and_redelivered_thumb_is_one_vote(stage: Stage) -> None:
    ann, _ = await answered(stage)
    first, second = ann.press("👍"), ann.press("👍")
    stage.telegram.redeliver(first.update_id)
    await stage.until(lambda: first.answer is not None and second.answer is not None)
    await stage.offered("✓ 👍", ann.private)
    assert {"userGoodFeedback": "yes"} in votes(stage, ann)
    assert {} not in votes(stage, ann)


async def test_a_reaction_is_the_same_vote(stage: Stage) -> None:
    ann, answer = await answered(stage)
    ann.react(answer, "🔥")
    await stage.offered("✓ 👍", ann.private)
    ann.react(answer, "👎")
    await stage.offered("✓ 👎", ann.private)
    ann.react(answer)
    await stage.until(lambda: answer.labels[:2] == ["👍", "👎"])
    assert votes(stage, ann) == [{"userGoodFeedback": "yes"}, {"userBadFeedback": "bad"}, {}]


async def test_in_a_group_everybody_votes_and_the_buttons_stay_neutral(stage: Stage) -> None:
    ann, bob, group = stage.telegram.person("Ann"), stage.telegram.person("Bob"), stage.telegram.group("Team")
    ann.mention("hello", group)
    answer = await stage.shown("Hello!", group)
    await stage.pressed(ann, "👍", group)
    await stage.pressed(bob, "👎", group)
    await stage.pressed(bob, "Too long", group)
    assert votes(stage, ann)[-1] == {"userBadFeedback": "Too long"}
    assert answer.labels[:2] == ["👍", "👎"]


async def test_a_vote_on_what_followed_a_choice_goes_to_the_record_that_asked(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("choice")
    await stage.pressed(ann, "Red")
    await stage.shown("Noted.", ann.private)
    await stage.pressed(ann, "👍")
    (vote,) = stage.calls(ann, VOTES)
    assert vote["dataId"] == stage.asked(ann)[0]["responseChatItemId"]


async def test_a_vote_that_fastgpt_refuses_is_said_and_the_answer_untouched(stage: Stage) -> None:
    ann, answer = await answered(stage)
    before = answer.text
    refusal = faults.api_error(500, "error", "Chat item not found")
    stage.fastgpt.plan(refusal, path=VOTES, when=about(stage, ann))
    await stage.pressed(ann, "👍")
    assert ann.toasts + ann.alerts == [phrases.VOTE_GONE]
    assert (answer.text, answer.labels[:2]) == (before, ["👍", "👎"])


async def test_a_vote_is_tried_again_while_fastgpt_is_away(stage: Stage) -> None:
    ann, answer = await answered(stage)
    stage.fastgpt.plan(faults.bad_gateway(), path=VOTES, when=about(stage, ann))
    await stage.pressed(ann, "👍")
    await stage.offered("✓ 👍", ann.private)
    assert len(votes(stage, ann)) == 2
    assert answer.text.startswith("Hello!")


async def test_telegram_refused_nothing_and_dropped_nothing(stage: Stage) -> None:
    """Over all that the tests above have shown."""
    assert [(call.method, call.description) for call in stage.telegram.refused] == []
    assert stage.telegram.silently_changed == []
