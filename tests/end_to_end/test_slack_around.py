"""What else can be done with an answer in Slack: look behind it, have it given again, stop it, change its question."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator.faults import bad_gateway
from bridge.simulator.workflow import Chat, Quote
from tests.emulators.slack import Message, Person, Sent
from tests.end_to_end.running import Variations, cited, on, story, tour
from tests.end_to_end.slack_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEANS = Quote("Whole beans keep for six weeks.", "Storing coffee.pdf", score=0.91)
APP = tour(
    on("hello", Chat(text=lambda scope: f"You said: {scope.question}")),
    on("shrink", Chat(text=Variations(story("Long", 24), "Short."))),
    on("grow", Chat(text=Variations("Short.", story("Long", 24)))),
    on("sources", *cited(BEANS)),
    on("story", Chat(text=story("Chapter", 2))),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("around"), APP, config='[answers]\ndetails_for = ["U-BOSS"]\n') as made:
        yield made


async def answered(stage: Stage, words: str = "hello") -> tuple[Person, Sent, Message]:
    ann = stage.person("ann")
    sent = await ann.dm(words)
    answer = await stage.offered(sent, phrases.GOOD)
    await stage.finished(ann)
    return ann, sent, answer


def shown_in_modal(person: Person) -> str:
    assert person.modal is not None
    return json.dumps(person.modal.blocks, ensure_ascii=False)


# --- behind an answer ---


async def test_citations_are_numbers_and_their_passages_are_read_in_a_modal(stage: Stage) -> None:
    ann, sent, answer = await answered(stage, "sources")
    assert answer.body == "Keep them dark.[1] Not cold.[2] Really.[1]"
    assert not any("CITE" in state.visible for message in stage.answers(sent) for state in message.history)
    await stage.opened(ann, await ann.click(answer, phrases.SOURCES))
    modal = shown_in_modal(ann)
    assert "*[1]* Storing coffee.pdf  ·  91%" in modal
    assert "Whole beans keep for six weeks." in modal
    assert "<https://example.com/questions|Questions>" in modal


async def test_sources_without_their_passages_are_still_named(stage: Stage) -> None:
    ann, _, answer = await answered(stage, "sources")
    stage.fastgpt.plan(bad_gateway(500), path="getQuote", times=5)
    await stage.opened(ann, await ann.click(answer, phrases.SOURCES))
    assert "Storing coffee.pdf" in shown_in_modal(ann)
    assert answer.body.startswith("Keep them dark.[1]")


async def test_details_are_for_those_whom_the_operator_allows(stage: Stage) -> None:
    ann, boss = stage.person("ann"), stage.slack.person("U-BOSS", "boss")
    sent = await ann.mention("sources", stage.channel())
    answer = await stage.offered(sent, phrases.DETAILS)
    await stage.opened(boss, await boss.click(answer, phrases.DETAILS))
    assert "Handbook" in shown_in_modal(boss)
    await stage.opened(ann, await ann.click(answer, phrases.DETAILS))
    assert phrases.NO_DETAILS in shown_in_modal(ann)


async def test_details_are_not_offered_in_private_to_those_who_may_not_see_them(stage: Stage) -> None:
    _, _, answer = await answered(stage)
    assert answer.labels == (phrases.REGENERATE, phrases.GOOD, phrases.BAD)


# --- again ---


@pytest.mark.parametrize("profile", ["4.12", "4.14", "4.16"])
async def test_regenerate_answers_in_place_and_leaves_one_round_in_fastgpt(
    tmp_path_factory: pytest.TempPathFactory, profile: str
) -> None:
    app = tour(on("again", Chat(text=Variations("The first try.", "The second try."))))
    async with staged(tmp_path_factory.mktemp("again"), app, profile=profile) as stage:
        ann, sent, answer = await answered(stage, "again")
        await ann.click(answer, phrases.REGENERATE)
        first, second = await stage.finished(ann, 2)
        assert [message.body for message in stage.answers(sent)] == ["The second try."]
        assert answer.labels == (phrases.REGENERATE, phrases.GOOD, phrases.BAD)
        assert second == first | {"responseChatItemId": second["responseChatItemId"]}
        assert [record.obj for record in stage.fastgpt.records(first["chatId"])] == ["Human", "AI"]
        await ann.feedback(answer, good=True)
        (vote,) = await stage.until(lambda: stage.calls(ann, "updateUserFeedback"))
        assert vote["dataId"] == second["responseChatItemId"]


async def test_messages_that_a_shorter_answer_has_no_text_for_disappear(stage: Stage) -> None:
    ann, sent, answer = await answered(stage, "shrink")
    assert len(stage.answers(sent)) > 2
    await ann.click(answer, phrases.REGENERATE)
    await stage.until(lambda: [message.body for message in stage.answers(sent)] == ["Short."])
    assert stage.answers(sent)[0].labels == (phrases.REGENERATE, phrases.GOOD, phrases.BAD)


async def test_a_longer_answer_takes_more_messages(stage: Stage) -> None:
    ann, sent, answer = await answered(stage, "grow")
    await ann.click(answer, phrases.REGENERATE)
    await stage.finished(ann, 2)
    parts = stage.answers(sent)
    assert parts[0].ts == answer.ts
    assert "".join("".join(part.body for part in parts).split()) == "".join(story("Long", 24).split())
    assert [bool(part.labels) for part in parts] == [False] * (len(parts) - 1) + [True]


async def test_a_doubled_regenerate_is_one(stage: Stage) -> None:
    ann, sent, answer = await answered(stage)
    click, second = await ann.click(answer, phrases.REGENERATE), await ann.click(answer, phrases.REGENERATE)
    await second.outcome()
    await stage.slack.repeat(click).outcome()
    await stage.finished(ann, 2)
    await ann.reply(sent, "hello for the last time")
    await stage.shows(sent, "You said: hello for the last time")
    assert stage.told(ann) == ["hello", "hello", "hello for the last time"]


async def test_an_answer_that_is_not_the_latest_stays_and_says_why(stage: Stage) -> None:
    ann, sent, answer = await answered(stage)
    await ann.reply(sent, "hello once more")
    await stage.finished(ann, 2)
    await ann.click(answer, phrases.REGENERATE)
    await stage.whispered(ann, phrases.ONLY_LATEST)
    assert len(stage.told(ann)) == 2


# --- stop ---


async def test_slacks_own_stop_button_keeps_what_there_is_and_stops_fastgpt(stage: Stage) -> None:
    ann = stage.person("ann")
    hold = stage.fastgpt.hold(after_events=6, when=stage.is_from(ann))
    sent = await ann.dm("story")
    await hold.reached()
    await stage.shows(sent, "Chapter 1.")
    await ann.stop_session(sent.channel, sent.thread)
    answer = await stage.offered(sent, phrases.REGENERATE)
    assert answer.body.startswith("Chapter 1.")
    assert (answer.notes, answer.labels) == (phrases.STOPPED, (phrases.REGENERATE,))
    await stage.until(lambda: stage.calls(ann, "chat/stop"))
    session = stage.slack.session(sent.channel, sent.thread)
    await stage.until(lambda: session is not None and session.status == "active")


async def test_a_typed_stop_does_the_same_in_a_channel(stage: Stage) -> None:
    ann = stage.person("ann")
    hold = stage.fastgpt.hold(after_events=6, when=stage.is_from(ann))
    sent = await ann.mention("story", stage.channel())
    await hold.reached()
    await ann.reply(sent, "stop", mention=True)
    answer = await stage.offered(sent, phrases.REGENERATE)
    assert answer.notes == phrases.STOPPED


async def test_stop_with_nothing_to_stop_says_so(stage: Stage) -> None:
    ann, sent, _ = await answered(stage)
    await ann.reply(sent, "/stop")
    await stage.until(lambda: phrases.NOTHING_RUNS in stage.screen(sent) + "".join(stage.whispers(ann)))


# --- a question that changes ---


async def test_an_edited_question_is_offered_again_and_answered_in_place(stage: Stage) -> None:
    ann, sent, answer = await answered(stage)
    await ann.edit(sent, "hello from me")
    offer = await stage.offered(sent, phrases.REASK)
    assert offer.body == phrases.EDITED
    await ann.click(offer, phrases.REASK)
    await stage.until(lambda: answer.body == "You said: hello from me")
    await stage.until(lambda: offer.deleted)
    assert stage.told(ann) == ["hello", "hello from me"]
    assert len(stage.fastgpt.records(stage.asked(ann)[0]["chatId"])) == 2


async def test_an_unfurled_link_is_no_edit(stage: Stage) -> None:
    ann, sent, _ = await answered(stage)
    unfurled = await ann.unfurl(sent)
    assert unfurled is not None
    await unfurled.outcome()
    await ann.reply(sent, "hello once more")
    await stage.shows(sent, "You said: hello once more")
    assert phrases.EDITED not in stage.screen(sent)


async def test_edited_and_deleted_questions_as_the_operator_wants_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    config = '[answers]\non_edit = "reask"\non_delete = "remove"\n'
    async with staged(tmp_path_factory.mktemp("changes"), APP, config=config) as stage:
        ann, sent, answer = await answered(stage)
        await ann.edit(sent, "hello from me")
        await stage.until(lambda: answer.body == "You said: hello from me")
        follow_up = await ann.reply(sent, "hello again")
        await stage.finished(ann, 3)
        await ann.delete(follow_up)
        await stage.until(lambda: "hello again" not in stage.screen(sent))
        chat = stage.asked(ann)[0]["chatId"]
        await stage.until(lambda: len(stage.fastgpt.records(chat)) == 2)
        assert answer.body == "You said: hello from me"


async def test_a_question_that_is_deleted_while_it_is_answered_takes_its_answer_along(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    config = '[answers]\non_delete = "remove"\n'
    async with staged(tmp_path_factory.mktemp("deleted"), APP, config=config, profile="4.16") as stage:
        ann, hold = stage.person("ann"), stage.fastgpt.hold(after_events=8)
        sent = await ann.dm("story")
        await hold.reached()
        await stage.shows(sent, "Chapter 1.")
        await ann.delete(sent)
        await stage.until(lambda: stage.answers(sent) == [])
        hold.release()
        await stage.until(lambda: stage.fastgpt.records(stage.asked(ann)[0]["chatId"]) == [])
        assert (stage.answers(sent), len(stage.fastgpt.runs())) == ([], 1)


# --- in another order than it was written in


async def test_a_reply_that_overtakes_the_mention_it_hangs_on_is_answered_after_it(stage: Stage) -> None:
    ann, channel = stage.person("ann"), stage.channel()
    late = stage.slack.hold_back("hello, who begins")
    root = await ann.mention("hello, who begins", channel)
    assert await (await ann.reply(root, "hello, who follows")).acked()
    late.set()
    await stage.finished(ann, 2)
    assert stage.told(ann) == ["hello, who begins", "hello, who follows"]


async def test_what_people_say_to_each_other_in_a_thread_stays_unheard(stage: Stage) -> None:
    ann, channel = stage.person("ann"), stage.channel()
    root = await ann.say("hello, everybody", channel)
    await (await ann.reply(root, "hello, anybody")).acked()
    mention = await ann.mention("hello, bot", channel, thread=root.ts)
    await stage.finished(ann)
    assert await mention.acked()
    assert stage.told(ann) == ["hello, bot"]
