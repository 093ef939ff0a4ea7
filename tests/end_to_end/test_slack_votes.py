"""Votes in Slack: thumbs under an answer and emoji on it, and what FastGPT's operators get to read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator.faults import api_error, bad_gateway
from bridge.simulator.workflow import Chat, Select
from tests.emulators.slack import ApiError, Message, Person, Sent
from tests.end_to_end.running import on, tour
from tests.end_to_end.slack_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = "\n\n".join(f"Paragraph {number}. " + "It says what it says. " * 20 for number in range(40))
APP = tour(
    on("hello", Chat(text="Hello to you!")),
    on("long", Chat(text=LONG)),
    on("size", Select(id="s", description="Which size?", options=("Big", "Small")), Chat(text="Noted.")),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("votes"), APP) as made:
        yield made


async def answered(stage: Stage, word: str = "hello") -> tuple[Person, Sent, Message]:
    ann = stage.person("ann")
    sent = await ann.dm(word)
    answer = await stage.offered(sent, phrases.GOOD)
    await stage.finished(ann)
    return ann, sent, answer


async def votes(stage: Stage, person: Person, count: int) -> list[dict[str, Any]]:
    """The votes that FastGPT was told of, but for where they belong, which is checked here."""
    body = stage.asked(person)[0]

    def told() -> list[dict[str, Any]]:
        found = stage.calls(person, "updateUserFeedback")
        return found if len(found) >= count else []

    posted = await stage.until(told)
    place = {"appId": body["appId"], "chatId": body["chatId"], "dataId": body["responseChatItemId"]}
    assert all(vote.items() >= place.items() for vote in posted)
    return [{key: value for key, value in vote.items() if key not in place} for vote in posted]


async def test_a_good_vote_is_posted_and_shown(stage: Stage) -> None:
    ann, _, answer = await answered(stage)
    await ann.feedback(answer, good=True)
    assert await votes(stage, ann, 1) == [{"userGoodFeedback": "yes"}]
    await stage.until(lambda: f"✓ {phrases.GOOD}" in answer.labels)
    assert answer.body == "Hello to you!"
    await stage.whispered(ann, phrases.VOTE_THANKS)


async def test_a_bad_vote_asks_for_the_reason_which_is_what_operators_read(stage: Stage) -> None:
    ann, _, answer = await answered(stage)
    await stage.opened(ann, await ann.feedback(answer, good=False))
    assert ann.modal is not None
    assert ann.modal.title == phrases.REASON_TITLE
    assert (await ann.submit({"category": phrases.REASONS[0], phrases.REASON_TEXT: "It is Tuesday."})).accepted
    assert [vote["userBadFeedback"] for vote in await votes(stage, ann, 2)][-1] == "Wrong: It is Tuesday."
    await stage.whispered(ann, phrases.REASON_THANKS)
    assert stage.whispers(ann).count(phrases.VOTE_THANKS) == 1


async def test_a_reason_that_is_not_given_leaves_the_bad_vote(stage: Stage) -> None:
    ann, _, answer = await answered(stage)
    await stage.opened(ann, await ann.feedback(answer, good=False))
    await ann.close_modal()
    await votes(stage, ann, 1)
    await stage.until(lambda: f"✓ {phrases.BAD}" in answer.labels)
    assert "userBadFeedback" in (await votes(stage, ann, 1))[-1]


async def test_a_vote_can_be_switched_and_taken_back(stage: Stage) -> None:
    ann, _, answer = await answered(stage)
    await ann.feedback(answer, good=False)
    await stage.until(lambda: f"✓ {phrases.BAD}" in answer.labels)
    await ann.feedback(answer, good=True)
    await stage.until(lambda: f"✓ {phrases.GOOD}" in answer.labels)
    await ann.feedback(answer, good=True)
    await stage.until(lambda: phrases.GOOD in answer.labels)
    posted = await votes(stage, ann, 3)
    assert [sorted(vote) for vote in posted] == [["userBadFeedback"], ["userGoodFeedback"], []]
    await stage.whispered(ann, phrases.VOTE_TAKEN_BACK)


async def test_a_double_click_and_a_redelivery_change_nothing(stage: Stage) -> None:
    ann, _, answer = await answered(stage)
    click, second = await ann.feedback(answer, good=True), await ann.feedback(answer, good=True)
    await second.outcome()
    await stage.slack.repeat(click).outcome()
    await stage.until(lambda: f"✓ {phrases.GOOD}" in answer.labels)
    assert all(vote == {"userGoodFeedback": "yes"} for vote in await votes(stage, ann, 1))
    assert phrases.VOTE_TAKEN_BACK not in stage.whispers(ann)


async def test_in_a_channel_everybody_has_a_vote_and_the_thumbs_are_nobodys(stage: Stage) -> None:
    ann, bob = stage.person("ann"), stage.person("bob")
    sent = await ann.mention("hello", stage.channel())
    answer = await stage.offered(sent, phrases.GOOD)
    await stage.finished(ann)
    await ann.feedback(answer, good=True)
    await votes(stage, ann, 1)
    await stage.opened(bob, await bob.feedback(answer, good=False))
    assert (await bob.submit({"category": phrases.REASONS[3]})).accepted
    assert [*(await votes(stage, ann, 3))[-1].values()] == [phrases.REASONS[3]]
    await stage.whispered(bob, phrases.REASON_THANKS)
    assert {phrases.GOOD, phrases.BAD} <= set(answer.labels)


async def test_an_emoji_is_a_vote_and_taking_it_away_takes_it_back(stage: Stage) -> None:
    ann, _, answer = await answered(stage)
    await ann.react(answer, "+1")
    await votes(stage, ann, 1)
    await ann.unreact(answer, "+1")
    assert await votes(stage, ann, 2) == [{"userGoodFeedback": "yes"}, {}]
    assert stage.whispers(ann) == []


async def test_an_emoji_of_any_colour_on_any_part_of_a_long_answer_counts(stage: Stage) -> None:
    ann, sent, _ = await answered(stage, "long")
    parts = stage.answers(sent)
    assert len(parts) > 1
    await ann.react(parts[0], "thumbsdown::skin-tone-3")
    assert [sorted(vote) for vote in await votes(stage, ann, 1)] == [["userBadFeedback"]]


async def test_an_answer_that_was_posted_and_edited_is_voted_on_like_a_streamed_one(stage: Stage) -> None:
    ann = stage.person("ann")
    mine = {"channel": ann.dm_channel}
    stage.slack.fail(
        "chat.startStream", ApiError("channel_type_not_supported"), when=lambda sent: sent.items() >= mine.items()
    )
    sent = await ann.dm("hello")
    answer = await stage.offered(sent, phrases.GOOD)
    await stage.finished(ann)
    assert "streamed" not in [state.change for state in answer.history]
    await ann.feedback(answer, good=True)
    await stage.until(lambda: f"✓ {phrases.GOOD}" in answer.labels)
    await ann.react(answer, "-1")
    assert [sorted(vote) for vote in await votes(stage, ann, 2)] == [["userGoodFeedback"], ["userBadFeedback"]]


async def test_a_vote_on_a_continuation_reaches_the_record_that_asked(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("size", "Big")
    await ann.click(controls, "Big")
    answer = await stage.offered(sent, phrases.GOOD)
    await stage.finished(ann, 2)
    await ann.feedback(answer, good=True)
    assert await votes(stage, ann, 1) == [{"userGoodFeedback": "yes"}]


async def test_a_vote_that_fastgpt_could_not_take_is_posted_again(stage: Stage) -> None:
    ann, _, answer = await answered(stage)
    stage.fastgpt.plan(bad_gateway(), path="updateUserFeedback")
    await ann.feedback(answer, good=True)
    assert await votes(stage, ann, 2) == 2 * [{"userGoodFeedback": "yes"}]
    await stage.until(lambda: f"✓ {phrases.GOOD}" in answer.labels)
    assert answer.body == "Hello to you!"


async def test_a_vote_on_what_fastgpt_no_longer_has_is_said(stage: Stage) -> None:
    ann, _, answer = await answered(stage)
    stage.fastgpt.plan(api_error(500, "error", "Chat item not found"), path="updateUserFeedback")
    await ann.feedback(answer, good=True)
    await stage.whispered(ann, phrases.VOTE_GONE)
    assert answer.visible.startswith("Hello to you!")
