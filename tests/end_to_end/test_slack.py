"""The relay in Slack: the real program and libraries, an emulated Slack, a simulated FastGPT."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bridge.simulator import demo_apps
from tests.end_to_end.slack_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRONG_KEY = "fastgpt-wrongwrongwrong"
PLAIN = "[answers]\nquick_replies = false\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("relay"), *demo_apps(), config=PLAIN) as made:
        yield made


async def test_a_mention_gets_one_streamed_answer_in_its_thread(stage: Stage) -> None:
    ann = stage.person("ann")
    sent = await ann.mention("Tell me about coffee", stage.channel())
    await stage.finished(ann)
    answers = stage.answers(sent)
    assert len(answers) == 1
    assert "This is the **first** message" in answers[0].body
    assert len(answers[0].history) > 1
    assert len(stage.asked(ann)) == 1


async def test_a_reply_in_the_thread_needs_no_mention_and_continues_the_chat(stage: Stage) -> None:
    ann = stage.person("ann")
    sent = await ann.mention("one", stage.channel())
    await stage.finished(ann)
    await ann.reply(sent, "two")
    await stage.finished(ann, 2)
    assert len(stage.chats(ann)) == 1
    assert "This is message **2**" in stage.answers(sent)[-1].body


async def test_every_message_in_a_dm_is_a_thread_and_a_chat_of_its_own(stage: Stage) -> None:
    ann = stage.person("ann")
    first, second = await ann.dm("one"), await ann.dm("two")
    await stage.finished(ann, 2)
    assert len(stage.chats(ann)) == 2
    for sent in (first, second):
        assert len(stage.answers(sent)) == 1


async def test_a_wrong_fastgpt_key_is_said_in_the_thread(tmp_path: Path) -> None:
    async with staged(tmp_path, *demo_apps(), FASTGPT_API_KEY=WRONG_KEY) as stage:
        ann = stage.person("ann")
        sent = await ann.mention("hello")
        await stage.program.logged("turn_finished")
        assert "refused my key" in stage.screen(sent)
