"""The relay in Slack: the real program and libraries, an emulated Slack, a simulated FastGPT."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.simulator import Simulator
from tests.emulators.slack import SlackEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.world import fastgpt_settings, slack_settings


@dataclass
class Scene:
    fastgpt: Simulator
    slack: SlackEmulator
    program: Program

    async def answered(self, count: int = 1) -> None:
        await self.program.logged("turn_finished", count)

    @property
    def chats(self) -> list[str]:
        return [request.json["chatId"] for request in self.fastgpt.received()]


@asynccontextmanager
async def scene(folder: Path, app: str = "demo", **settings: str) -> AsyncIterator[Scene]:
    async with Simulator(token_delay=0.002) as fastgpt, SlackEmulator() as slack:
        environment = fastgpt_settings(fastgpt, app) | slack_settings(slack) | settings
        async with Program(folder, environment) as program:
            await slack.connected()
            yield Scene(fastgpt, slack, program)


async def test_a_mention_gets_one_streamed_answer_in_its_thread(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann = s.slack.person("U1", "ann")
        sent = await ann.mention("Tell me about coffee")
        await s.answered()
        answers = s.slack.answers(sent.channel, sent.thread)
        assert len(answers) == 1
        assert "This is the **first** message" in answers[0].body
        assert len(answers[0].history) > 1
        assert len(s.chats) == 1


async def test_a_reply_in_the_thread_needs_no_mention_and_continues_the_chat(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann = s.slack.person("U1", "ann")
        sent = await ann.mention("one")
        await s.answered()
        await ann.reply(sent, "two")
        await s.answered(2)
        assert len(set(s.chats)) == 1
        assert "This is message **2**" in s.slack.answers(sent.channel, sent.thread)[-1].body


async def test_every_message_in_a_dm_is_a_thread_and_a_chat_of_its_own(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann = s.slack.person("U1", "ann")
        first, second = await ann.dm("one"), await ann.dm("two")
        await s.answered(2)
        assert len(set(s.chats)) == 2
        for sent in (first, second):
            assert len(s.slack.answers(sent.channel, sent.thread)) == 1


async def test_a_wrong_fastgpt_key_is_said_in_the_thread(tmp_path: Path) -> None:
    async with scene(tmp_path, FASTGPT_API_KEY="fastgpt-wrongwrongwrong") as s:
        ann = s.slack.person("U1", "ann")
        sent = await ann.mention("hello")
        await s.answered()
        assert "refused the bridge's key" in s.slack.rendered(sent.channel, sent.thread)
