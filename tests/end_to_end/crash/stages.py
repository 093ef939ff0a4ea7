"""The same small play on every platform and database: a person, what they see, and a program that may die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp

from bridge.domain.phrases import BAD, GOOD, THINKING
from bridge.simulator import Simulator
from bridge.simulator.apps import App, variable
from bridge.simulator.runs import Hold
from bridge.simulator.workflow import Case, Chat, Form, Reply, Route, Scope, Select, form_field
from tests.emulators.slack import Message, SlackEmulator
from tests.emulators.telegram import Person, TelegramEmulator
from tests.end_to_end.nursery import Nursery
from tests.end_to_end.process import Program
from tests.end_to_end.world import (
    fastgpt_settings,
    slack_over_http,
    slack_settings,
    telegram_over_http,
    telegram_settings,
)
from tests.postgres import Postgres

PARAGRAPHS = 95  # three messages in Slack, seven in Telegram
LONG = "\n\n".join(f"Paragraph {number} of this long answer, {'and on it goes ' * 16}." for number in range(PARAGRAPHS))
SETTINGS = """
[worker]
lease = 2
drain = {drain}
[answers]
quick_replies = false
"""
"""`bridge.toml`: on PostgreSQL the lease of a process that died has to run out first."""


def answer_to(scope: Scope) -> str:
    return f"You said “{scope.question}”. Here is one half of the answer, and here is the other."


APP = App(
    name="demo",
    flow=(
        Route(
            name="Which",
            cases=(
                Case(words=("long",), flow=(Chat(name="Writer", text=LONG),)),
                Case(
                    words=("choose",),
                    flow=(
                        Select(id="colour", name="Colour", description="Which colour?", options=("Red", "Blue")),
                        Reply(text=lambda scope: f"You took {scope.choice('colour')}."),
                    ),
                ),
                Case(
                    words=("form",),
                    flow=(
                        Form(
                            id="form",
                            name="Form",
                            description="Two things.",
                            fields=(form_field("input", "Name", required=True), form_field("input", "Town")),
                        ),
                        Reply(text=lambda scope: f"{scope.form('form')['Name']} of {scope.form('form')['Town']}."),
                    ),
                ),
            ),
            otherwise=(Chat(name="Chat", text=answer_to),),
        ),
    ),
)


CURIOUS = App(
    name="demo",
    variables=(variable("input", "name", "Your name", required=True),),
    flow=(Chat(name="Chat", text=lambda scope: f"{scope.variables['name']} said “{scope.question}”."),),
)
"""It has to be told who asks, first."""

_ON_BUTTONS = {GOOD: "👍", BAD: "👎"}
"""How Telegram's keyboards say it."""


class Stage(Protocol):
    """One person in one conversation with the bot."""

    @property
    def settings(self) -> dict[str, str]: ...

    async def ready(self) -> None:
        """The platform has the program's ear (again)."""

    async def ask(self, text: str) -> None: ...

    async def press(self, label: str) -> None:
        """The newest button that is called so."""

    @property
    def said(self) -> list[str]:
        """What the bot's messages on screen say, oldest first.

        Not the placeholder of a Telegram group, of which a kill between its sending and its record leaves one behind:
        Telegram tells nobody what was sent. It says nothing.
        """

    def glimpsed(self, text: str) -> bool:
        """Is it on screen in what is not finished yet?"""

    def can_press(self, label: str) -> bool: ...

    def is_asked(self, field: str) -> bool:
        """Does the bot's newest message ask for this field?"""

    def was_told(self, sentence: str) -> bool:
        """Was it said to this person alone?"""

    async def until(self, seen: Callable[[], object]) -> None: ...


@dataclass
class TelegramStage:
    telegram: TelegramEmulator
    in_group: bool = False

    def __post_init__(self) -> None:
        self.person = self.telegram.person("Ann")
        self.place = self.telegram.group("Team") if self.in_group else self.person.private

    @property
    def settings(self) -> dict[str, str]:
        return telegram_settings(self.telegram)

    async def ready(self) -> None:
        """It waits for whoever polls."""

    async def ask(self, text: str) -> None:
        if self.in_group:
            self.person.mention(text, self.place)
        else:
            self.person.say(text)

    async def press(self, label: str) -> None:
        self.person.press(_ON_BUTTONS.get(label, label), in_=self.place)

    def glimpsed(self, text: str) -> bool:
        return text in self.place.visible()

    def can_press(self, label: str) -> bool:
        return _ON_BUTTONS.get(label, label) in self.place.buttons

    def is_asked(self, field: str) -> bool:
        return field in self.place.text

    def was_told(self, sentence: str) -> bool:
        return sentence in [*self.person.toasts, *self.person.alerts, *self.said]

    @property
    def said(self) -> list[str]:
        return [message.text for message in self.place.from_bot if message.text != THINKING]

    async def until(self, seen: Callable[[], object]) -> None:
        await self.telegram.until(seen, timeout=20.0)


@dataclass
class SlackStage:
    slack: SlackEmulator
    thread: str | None = None
    channel: str = "C0GENERAL"

    def __post_init__(self) -> None:
        self.person = self.slack.person("U1", "ann")

    @property
    def settings(self) -> dict[str, str]:
        return slack_settings(self.slack)

    async def ready(self) -> None:
        await self.slack.connected()
        self.slack.hurry()

    async def ask(self, text: str) -> None:
        sent = await self.person.mention(text, thread=self.thread)
        self.thread = sent.thread

    async def press(self, label: str) -> None:
        pressable = next(message for message in reversed(self.shown) if label in message.labels)
        await self.person.click(pressable, label)

    def glimpsed(self, text: str) -> bool:
        return text in self.slack.rendered(self.channel, self.thread)

    def can_press(self, label: str) -> bool:
        return any(label in message.labels for message in self.shown)

    def is_asked(self, field: str) -> bool:
        return field in self.said[-1]

    def was_told(self, sentence: str) -> bool:
        return any(sentence in message.visible for message in self.slack.ephemerals(self.person.id))

    @property
    def shown(self) -> list[Message]:
        return self.slack.answers(self.channel, self.thread)

    @property
    def said(self) -> list[str]:
        return [message.body for message in self.shown]

    async def until(self, seen: Callable[[], object]) -> None:
        await self.slack.until(seen, timeout=20.0)


class TelegramByWebhook(TelegramStage):
    def __post_init__(self) -> None:
        super().__post_init__()
        self._settings = telegram_over_http(self.telegram)

    @property
    def settings(self) -> dict[str, str]:
        return self._settings


class SlackOverHttp(SlackStage):
    def __post_init__(self) -> None:
        super().__post_init__()
        self._settings = slack_over_http(self.slack)

    @property
    def settings(self) -> dict[str, str]:
        return self._settings

    async def ready(self) -> None:
        for _ in range(1000):
            if await self._is_served():
                return self.slack.hurry()
            await asyncio.sleep(0.02)
        raise AssertionError("the address could not be verified")

    async def _is_served(self) -> bool:
        try:
            return await self.slack.webhooks.verify()
        except aiohttp.ClientConnectionError:
            return False


@dataclass
class Play:
    fastgpt: Simulator
    stage: Stage
    folder: Path
    database: str | None
    nursery: Nursery

    @asynccontextmanager
    async def program(self, dying_at: str | None = None) -> AsyncIterator[Program]:
        """One life of the program, with the platform listened to."""
        settings = fastgpt_settings(self.fastgpt) | self.stage.settings
        if self.database is not None:
            settings["DATABASE_URL"] = self.database
        if dying_at is not None:
            settings["CRASH_AT"] = dying_at
        module = "bridge" if dying_at is None else "tests.end_to_end.crash.launcher"
        async with Program(self.folder, settings, module=module, nursery=self.nursery) as program:
            await self.stage.ready()
            yield program

    async def dies(self, point: str, *, asked: str) -> None:
        """One life of the program, in which it is asked this and dies of it."""
        async with self.program(dying_at=point) as program:
            await self.stage.ask(asked)
            await program.killed()

    async def presses(self, label: str) -> None:
        """Once it can be pressed."""
        await self.stage.until(lambda: self.stage.can_press(label))
        await self.stage.press(label)

    async def fills_in(self, field: str, value: str) -> None:
        """Once it is asked for."""
        await self.stage.until(lambda: self.stage.is_asked(field))
        await self.stage.ask(value)

    async def shows(self, words: str) -> None:
        await self.stage.until(lambda: any(words in text for text in self.stage.said))

    def asked(self, text: str) -> int:
        """How many runs of FastGPT this question led to."""
        requests = [request.json["messages"][-1]["content"] for request in self.fastgpt.received()]
        return requests.count(text)

    def hold(self, question: str, after_events: int) -> Hold:
        """FastGPT stands still in its answer to this question."""
        return self.fastgpt.hold(after_events, when=lambda received: question in str(received.json))

    def another(self, number: int) -> Person:
        """One more person in Telegram."""
        assert isinstance(self.stage, TelegramStage)
        return self.stage.telegram.person(f"Person {number}")

    @property
    def history(self) -> list[str]:
        """FastGPT's own record of the one conversation there is."""
        (chat,) = {chat.chat_id for chat in self.fastgpt.chats()}
        return [record.text for record in self.fastgpt.records(chat)]


@asynccontextmanager
async def play(
    nursery: Nursery,
    postgres: Postgres,
    folder: Path,
    stage: str,
    database: str = "sqlite",
    *,
    profile: str = "4.14",
    token_delay: float = 0.0,
    drain: float = 25,
    app: App = APP,
) -> AsyncIterator[Play]:
    """`stage` is one of those named below; `database` sqlite or postgresql; `profile` FastGPT's version."""
    (folder / "bridge.toml").write_text(SETTINGS.format(drain=drain))
    url = await postgres.emptied() if database == "postgresql" else None
    async with (
        Simulator(profile, [app], token_delay=token_delay) as fastgpt,
        SlackEmulator() as slack,
        TelegramEmulator() as telegram,
    ):
        stages: dict[str, Callable[[], Stage]] = {
            "slack": lambda: SlackStage(slack),
            "slack over http": lambda: SlackOverHttp(slack),
            "telegram": lambda: TelegramStage(telegram),
            "telegram by webhook": lambda: TelegramByWebhook(telegram),
            "telegram group": lambda: TelegramStage(telegram, in_group=True),
        }
        yield Play(fastgpt, stages[stage](), folder, url, nursery)


class Theatre(Protocol):
    """`play`, where the test has its processes, its database and its folder."""

    def __call__(
        self,
        stage: str,
        database: str = "sqlite",
        *,
        profile: str = "4.14",
        token_delay: float = 0.0,
        drain: float = 25,
        app: App = APP,
    ) -> AbstractAsyncContextManager[Play]: ...
