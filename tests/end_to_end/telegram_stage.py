"""A running bridge in an emulated Telegram, before a FastGPT whose app the test wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bridge.simulator import App, Simulator
from tests.emulators.telegram import Message, Person, Place, Press, TelegramEmulator
from tests.end_to_end.nursery import Nursery
from tests.end_to_end.running import RunningBridge
from tests.end_to_end.world import fastgpt_settings, telegram_settings


class Stage(RunningBridge):
    def __init__(
        self,
        fastgpt: Simulator,
        telegram: TelegramEmulator,
        folder: Path,
        settings: dict[str, str],
        *,
        module: str = "bridge",
        nursery: Nursery | None = None,
    ) -> None:
        super().__init__("telegram", telegram, fastgpt, folder, settings, module=module, nursery=nursery)
        self.telegram = telegram

    # --- what is on screen

    async def shown(self, words: str, place: Place, timeout: float = 10.0) -> Message:
        """The bot's newest message that contains `words`, once there is one."""

        def found() -> Message | None:
            return next((message for message in reversed(place.from_bot) if words in message.text), None)

        message = await self.until(found, timeout)
        assert message is not None
        return message

    async def offered(self, label: str, place: Place) -> None:
        """Such a button is on screen."""
        await self.until(lambda: any(label in text for text in place.buttons))

    async def gone(self, label: str, place: Place) -> None:
        await self.until(lambda: not any(label in text for text in place.buttons))

    async def at_rest(self, place: Place) -> None:
        """Whatever was asked here is answered, and every press let go."""
        await self.until(lambda: not self.telegram.unhandled and place.draft is None)

    async def asks(self, word: str, label: str) -> Person:
        """Ann asked in private, and FastGPT asked back with a button that is called `label`."""
        ann = self.telegram.person("Ann")
        ann.say(word)
        await self.offered(label, ann.private)
        await self.finished(ann)
        return ann

    async def pressed(self, person: Person, label: str, place: Place | None = None, **options: Any) -> Press:
        """A press that was let go, in words or without."""
        await self.offered(label, place or person.private) if not options else None
        press = person.press(label, in_=place, **options)
        await self.until(lambda: press.answer is not None)
        return press

    def forged(self, person: Person, data: str) -> Press:
        """A press whose data no button in this chat has: what a modified client sends."""
        world, chat = self.telegram.world, person.private.chat
        message = person.private.messages[-1]
        press = Press(f"forged{world.number()}", person.user, message, data, world.clock())
        world.presses[press.id] = press
        body = {"id": press.id, "from": person.user.json(), "message": message.json(), "chat_instance": "1"}
        press.update_id = world.updates.add("callback_query", body | {"data": data}, chat.id)
        person.presses.append(press)
        return press


@asynccontextmanager
async def staged(
    folder: Path,
    *apps: App,
    config: str = "",
    profile: str = "4.14",
    hurried: bool = False,
    nursery: Nursery | None = None,
    **settings: str,
) -> AsyncIterator[Stage]:
    """The first of `apps` is the one that answers. `config` is bridge.toml. From a `nursery` processes start faster.

    `hurried`: Telegram sets no limits and the program keeps to none, which takes a tenth of the time.
    """
    (folder / "bridge.toml").write_text(config, encoding="utf-8")
    async with (
        Simulator(profile, apps, token_delay=0.001) as fastgpt,
        TelegramEmulator(flood_control=not hurried) as telegram,
    ):
        environment = fastgpt_settings(fastgpt, apps[0].name) | telegram_settings(telegram) | settings
        module = "tests.end_to_end.hurried" if hurried else "bridge"
        stage = Stage(fastgpt, telegram, folder, environment, module=module, nursery=nursery)
        await stage.start()
        try:
            yield stage
        finally:
            await stage.end()
