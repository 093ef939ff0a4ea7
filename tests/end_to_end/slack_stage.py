"""A running bridge in an emulated Slack, before a FastGPT whose app the test wrote."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from bridge.simulator import App, Simulator
from bridge.simulator.workflow import Case, Flow, Route
from tests.emulators.slack import Delivery, Message, Person, Sent, SlackEmulator
from tests.end_to_end.nursery import Nursery
from tests.end_to_end.process import Program
from tests.end_to_end.world import fastgpt_settings, slack_settings

Found = TypeVar("Found")

_TAIL = 15  # lines of the log that a failure shows
_numbers = itertools.count(1)


def tour(*cases: Case, **properties: Any) -> App:
    """An app that does what the first word says."""
    return App(name="tour", flow=(Route(cases=cases),), **properties)


def on(word: str, *flow: Any) -> Case:
    steps: Flow = flow
    return Case(words=(word,), flow=steps)


class Stage:
    """One process; every test brings its own people and channels, so many tests can share it."""

    def __init__(
        self,
        fastgpt: Simulator,
        slack: SlackEmulator,
        folder: Path,
        settings: dict[str, str],
        nursery: Nursery | None = None,
    ) -> None:
        self.fastgpt = fastgpt
        self.slack = slack
        self.folder = folder
        self._settings = settings
        self._nursery = nursery
        self.program = Program(folder, settings, nursery=nursery)

    async def start(self, **settings: str) -> None:
        self.program = Program(self.folder, self._settings | settings, nursery=self._nursery)
        sockets = len(self.slack.sockets.connections)
        await self.program.start()
        await self.until(lambda: len(self.slack.sockets.connections) > sockets, timeout=30.0)

    async def restart(self, **settings: str) -> None:
        """kill -9, and again."""
        await self.program.kill()
        await self.until(lambda: not self.slack.sockets.connections)
        await self.start(**settings)

    # --- who and where

    def person(self, name: str) -> Person:
        """Somebody new."""
        return self.slack.person(f"U{next(_numbers):05d}", name)

    def channel(self) -> str:
        """A channel of its own, with the bot in it."""
        return self.slack.channel(f"C{next(_numbers):05d}").id

    # --- what FastGPT was asked

    def asked(self, person: Person) -> list[dict[str, Any]]:
        """The completions that FastGPT was asked for in this person's name."""
        uid = f"slack:{person.id}"
        return [request.json for request in self.fastgpt.received() if request.json["customUid"] == uid]

    def told(self, person: Person) -> list[str]:
        """The words in them."""
        return [body["messages"][-1]["content"] for body in self.asked(person)]

    def calls(self, path: str, chat: str) -> list[dict[str, Any]]:
        """What else FastGPT was asked for about a chat."""
        requests = self.fastgpt.received(path)
        bodies = [{**request.query, **(request.json or {})} for request in requests]
        return [body for body in bodies if body.get("chatId") == chat]

    # --- what is on screen

    def screen(self, sent: Sent) -> str:
        return self.slack.rendered(sent.channel, sent.thread)

    def answers(self, sent: Sent) -> list[Message]:
        return self.slack.answers(sent.channel, sent.thread)

    def whispers(self, person: Person) -> list[str]:
        """What only this person was shown."""
        return [message.visible for message in self.slack.ephemerals(person.id)]

    # --- waiting

    async def until(self, found: Callable[[], Found], timeout: float = 10.0) -> Found:
        """Fails with the screen and the end of the log."""
        try:
            return await self.slack.until(found, timeout)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), "log:", *self.program.lines[-_TAIL:]])) from None

    async def offered(self, sent: Sent, label: str, count: int = 1) -> Message:
        """The latest message of the thread that has such a control, once there are `count` of them."""

        def found() -> list[Message]:
            labelled = [message for message in self.answers(sent) if label in message.labels]
            return labelled if len(labelled) >= count else []

        return (await self.until(found))[-1]

    async def asks(self, word: str, label: str) -> tuple[Person, Sent, Message]:
        """Ann asked in private, and FastGPT asked back with a control that is called `label`."""
        ann = self.person("ann")
        sent = await ann.dm(word)
        controls = await self.offered(sent, label)
        await self.finished(ann)
        return ann, sent, controls

    async def shows(self, sent: Sent, words: str) -> None:
        await self.until(lambda: words in self.screen(sent))

    async def whispered(self, person: Person, words: str) -> Message:
        return (
            await self.until(
                lambda: [message for message in self.slack.ephemerals(person.id) if words in message.visible]
            )
        )[-1]

    async def finished(self, person: Person, count: int = 1) -> list[dict[str, Any]]:
        """What FastGPT was asked, once `count` of this person's turns have ended."""

        def ended() -> list[dict[str, Any]]:
            over = {fact["turn"] for fact in self.program.facts if fact.get("event") == "turn_finished"}
            bodies = self.asked(person)
            done = [body for body in bodies if body["responseChatItemId"] in over]
            return bodies if len(done) >= count else []

        return await self.until(ended)

    async def opened(self, person: Person, delivery: Delivery) -> None:
        """The modal that a click opens is there."""
        await delivery.outcome()
        await self.until(lambda: person.modal is not None)

    def press_with(self, delivery: Delivery, value: str) -> Delivery:
        """The same click as another one, its value replaced: what a client sends that does not play by the rules."""
        payload = delivery.payload
        action = payload["actions"][0] | {"value": value, "action_ts": self.slack.clock.ts()}
        return self.slack.world.outbox.send("interactive", payload | {"actions": [action]})


@asynccontextmanager
async def staged(
    folder: Path,
    *apps: App,
    config: str = "",
    profile: str = "4.14",
    nursery: Nursery | None = None,
    **settings: str,
) -> AsyncIterator[Stage]:
    """The first of `apps` is the one that answers. `config` is bridge.toml. From a `nursery` processes start faster."""
    (folder / "bridge.toml").write_text(config, encoding="utf-8")
    async with Simulator(profile, apps, token_delay=0.001) as fastgpt, SlackEmulator() as slack:
        environment = fastgpt_settings(fastgpt, apps[0].name) | slack_settings(slack) | settings
        stage = Stage(fastgpt, slack, folder, environment, nursery)
        await stage.start()
        try:
            yield stage
        finally:
            if stage.program.process.returncode is None:
                await stage.program.kill()
