"""The relay in Telegram: the real program and library, an emulated Telegram, a simulated FastGPT."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.simulator import Simulator
from tests.emulators.telegram import TelegramEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.world import fastgpt_settings, telegram_settings


@dataclass
class Scene:
    fastgpt: Simulator
    telegram: TelegramEmulator
    program: Program

    async def answered(self, count: int = 1) -> None:
        await self.program.logged("turn_finished", count)

    @property
    def chats(self) -> list[str]:
        return [request.json["chatId"] for request in self.fastgpt.received()]


@asynccontextmanager
async def scene(folder: Path, app: str = "demo", **settings: str) -> AsyncIterator[Scene]:
    async with Simulator(token_delay=0.002) as fastgpt, TelegramEmulator() as telegram:
        environment = fastgpt_settings(fastgpt, app) | telegram_settings(telegram) | settings
        async with Program(folder, environment) as program:
            yield Scene(fastgpt, telegram, program)


async def test_a_private_chat_gets_one_streamed_answer_and_goes_on_under_the_same_chat(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann = s.telegram.person("Ann")
        ann.say("Tell me about coffee")
        await s.answered()
        assert "This is the first message" in ann.private.visible().replace("*", "")
        assert ann.private.drafts
        ann.say("And more of it")
        await s.answered(2)
        assert "This is message 2 of our conversation" in ann.private.visible().replace("*", "")
        assert len(s.chats) == 2
        assert len(set(s.chats)) == 1
        assert s.telegram.refused == []
        assert s.telegram.silently_changed == []


async def test_a_group_is_answered_when_it_mentions_the_bot_and_left_alone_otherwise(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann, bob = s.telegram.person("Ann"), s.telegram.person("Bob")
        group = s.telegram.group("Team")
        bob.say("just chatting", group)
        ann.mention("What is this?", group)
        await s.answered()
        assert len(group.from_bot) == 1
        assert group.from_bot[0].edits
        assert [request.json["messages"][-1]["content"] for request in s.fastgpt.received()] == ["What is this?"]


async def test_what_people_say_to_each_other_is_not_answered_though_the_bot_hears_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann, bob = s.telegram.person("Ann"), s.telegram.person("Bob")
        group = s.telegram.group("Team", admin=True)
        ann.mention("What is this?", group)
        await s.answered()
        bob.say("Lunch?", group)
        bob.mention("And that?", group)
        await s.answered(2)
        assert [request.json["messages"][-1]["content"] for request in s.fastgpt.received()] == [
            "What is this?",
            "And that?",
        ]


async def test_every_topic_is_a_chat_of_its_own_and_is_answered_in_place(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann = s.telegram.person("Ann")
        team = s.telegram.group("Team", forum=True)
        news, other = ann.topic("News", team), ann.topic("Other", team)
        ann.mention("one", news)
        ann.mention("two", other)
        await s.answered(2)
        assert len(set(s.chats)) == 2
        assert "one" in news.from_bot[-1].text
        assert "two" in other.from_bot[-1].text


async def test_an_album_is_one_question_and_a_sticker_gets_a_polite_line(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann = s.telegram.person("Ann")
        ann.album(2, "what is this?")
        await s.answered()
        assert len(s.fastgpt.received()) == 1
        ann.sticker()
        await s.telegram.until(lambda: "can't read a sticker" in ann.private.text)


async def test_new_begins_another_chat_and_help_and_start_are_answered(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann = s.telegram.person("Ann")
        ann.command("/start")
        await s.telegram.until(lambda: "coffee" in ann.private.text.lower())
        ann.say("one")
        await s.answered()
        ann.command("/new")
        await s.telegram.until(lambda: "new conversation" in ann.private.text)
        ann.say("two")
        await s.answered(2)
        ann.command("/help")
        await s.telegram.until(lambda: "/cancel" in ann.private.text)
        assert len(set(s.chats)) == 2


async def test_a_poisonous_update_is_set_aside_and_the_next_one_handled(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann = s.telegram.person("Ann")
        s.telegram.inject({"message": {"message_id": "not a number", "chat": 7}})
        ann.say("still there?")
        await s.answered()
        assert s.telegram.unhandled == []


async def test_a_wrong_fastgpt_key_is_said_in_the_chat_and_its_cause_is_logged(tmp_path: Path) -> None:
    async with scene(tmp_path, FASTGPT_API_KEY="fastgpt-wrongwrongwrong") as s:
        ann = s.telegram.person("Ann")
        ann.say("hello")
        await s.answered()
        assert "refused the bridge's key" in ann.private.text
        failed = await s.program.logged("answer_failed")
        assert failed[0]["fault"] == "bad_key"
        assert "wrongwrongwrong" not in "\n".join(s.program.lines)
