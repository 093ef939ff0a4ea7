"""The relay in Telegram: the real program and library, an emulated Telegram, a simulated FastGPT."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bridge.simulator import demo_apps
from tests.end_to_end.telegram_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRONG_KEY = "fastgpt-wrongwrongwrong"
PLAIN = "[answers]\nquick_replies = false\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("relay"), *demo_apps(), config=PLAIN) as made:
        yield made


async def test_a_private_chat_gets_one_streamed_answer_and_goes_on_under_the_same_chat(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("Tell me about coffee")
    await stage.finished(ann)
    assert "This is the first message" in ann.private.visible().replace("*", "")
    assert ann.private.drafts
    ann.say("And more of it")
    await stage.finished(ann, 2)
    assert "This is message 2 of our conversation" in ann.private.visible().replace("*", "")
    assert len(stage.asked(ann)) == 2
    assert len(stage.chats(ann)) == 1
    assert stage.telegram.refused == []
    assert stage.telegram.silently_changed == []


async def test_a_group_is_answered_when_it_mentions_the_bot_and_left_alone_otherwise(stage: Stage) -> None:
    ann, bob = stage.telegram.person("Ann"), stage.telegram.person("Bob")
    group = stage.telegram.group("Team")
    bob.say("just chatting", group)
    ann.mention("What is this?", group)
    await stage.finished(ann)
    assert len(group.from_bot) == 1
    assert group.from_bot[0].edits
    assert (stage.told(ann), stage.told(bob)) == (["What is this?"], [])


async def test_what_people_say_to_each_other_is_not_answered_though_the_bot_hears_it(stage: Stage) -> None:
    ann, bob = stage.telegram.person("Ann"), stage.telegram.person("Bob")
    group = stage.telegram.group("Team", admin=True)
    ann.mention("What is this?", group)
    await stage.finished(ann)
    bob.say("Lunch?", group)
    bob.mention("And that?", group)
    await stage.finished(bob)
    assert (stage.told(ann), stage.told(bob)) == (["What is this?"], ["And that?"])


async def test_every_topic_is_a_chat_of_its_own_and_is_answered_in_place(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    team = stage.telegram.group("Team", forum=True)
    news, other = ann.topic("News", team), ann.topic("Other", team)
    ann.mention("one", news)
    ann.mention("two", other)
    await stage.finished(ann, 2)
    assert len(stage.chats(ann)) == 2
    assert "one" in news.from_bot[-1].text
    assert "two" in other.from_bot[-1].text


async def test_an_album_is_one_question_and_a_sticker_gets_a_polite_line(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.album(2, "what is this?")
    await stage.finished(ann)
    assert len(stage.asked(ann)) == 1
    ann.sticker()
    await stage.until(lambda: "can't read a sticker" in ann.private.text)


async def test_new_begins_another_chat_and_help_and_start_are_answered(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.command("/start")
    await stage.until(lambda: "coffee" in ann.private.text.lower())
    ann.say("one")
    await stage.finished(ann)
    ann.command("/new")
    await stage.until(lambda: "new conversation" in ann.private.text)
    ann.say("two")
    await stage.finished(ann, 2)
    ann.command("/help")
    await stage.until(lambda: "/cancel" in ann.private.text)
    assert len(stage.chats(ann)) == 2


async def test_a_poisonous_update_is_set_aside_and_the_next_one_handled(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    stage.telegram.inject({"message": {"message_id": "not a number", "chat": 7}})
    ann.say("still there?")
    await stage.finished(ann)
    assert stage.telegram.unhandled == []


async def test_a_wrong_fastgpt_key_is_said_in_the_chat_and_its_cause_is_logged(tmp_path: Path) -> None:
    async with staged(tmp_path, *demo_apps(), FASTGPT_API_KEY=WRONG_KEY) as stage:
        ann = stage.telegram.person("Ann")
        ann.say("hello")
        await stage.program.logged("turn_finished")
        assert "refused my key" in ann.private.text
        failed = await stage.program.logged("answer_failed")
        assert failed[0]["fault"] == "bad_key"
        assert "wrongwrongwrong" not in "\n".join(stage.program.lines)
