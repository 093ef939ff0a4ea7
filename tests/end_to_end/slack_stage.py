"""A running bridge in an emulated Slack, before a FastGPT whose app the test wrote."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridge.simulator import App, Simulator
from tests.emulators.slack import Delivery, Message, Person, Sent, SlackEmulator
from tests.end_to_end.nursery import Nursery
from tests.end_to_end.running import RunningBridge
from tests.end_to_end.world import fastgpt_settings, slack_settings

_numbers = itertools.count(1)


class Stage(RunningBridge):
    def __init__(
        self,
        fastgpt: Simulator,
        slack: SlackEmulator,
        folder: Path,
        settings: dict[str, str],
        nursery: Nursery | None = None,
    ) -> None:
        super().__init__("slack", slack, fastgpt, folder, settings, nursery=nursery)
        self.slack = slack

    async def start(self, **settings: str) -> None:
        """Returns once it is connected."""
        await self.until(lambda: not self.slack.sockets.connections)
        await super().start(**settings)
        await self.until(lambda: self.slack.sockets.connections, timeout=30.0)

    # --- who and where

    def person(self, name: str) -> Person:
        """Somebody new."""
        return self.slack.person(f"U{next(_numbers):05d}", name)

    def channel(self) -> str:
        """A channel of its own, with the bot in it."""
        return self.slack.channel(f"C{next(_numbers):05d}").id

    # --- what is on screen

    def screen(self, sent: Sent) -> str:
        return self.slack.rendered(sent.channel, sent.thread)

    def answers(self, sent: Sent) -> list[Message]:
        return self.slack.answers(sent.channel, sent.thread)

    def whispers(self, person: Person) -> list[str]:
        """What only this person was shown."""
        return [message.visible for message in self.slack.ephemerals(person.id)]

    # --- waiting

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
        try:
            await stage.start()
            yield stage
        finally:
            await stage.end()
