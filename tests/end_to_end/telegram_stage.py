"""A running bridge in an emulated Telegram, before a FastGPT whose app the test wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bridge.simulator import App, Simulator
from bridge.simulator.journal import Received
from bridge.simulator.workflow import Case, Flow, Route
from tests.emulators.telegram import Message, Person, Place, Press, TelegramEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.world import fastgpt_settings, telegram_settings

Found = TypeVar("Found")

_TAIL = 15  # lines of the log that a failure shows


def tour(*cases: Case, **properties: Any) -> App:
    """An app that does what the first word says."""
    return App(name="tour", flow=(Route(cases=cases),), **properties)


def on(word: str, *flow: Any) -> Case:
    steps: Flow = flow
    return Case(words=(word,), flow=steps)


@dataclass
class Stage:
    """One process; every test brings its own people and groups, so many tests can share it."""

    fastgpt: Simulator
    telegram: TelegramEmulator
    folder: Path
    settings: dict[str, str]
    program: Program
    module: str

    async def restart(self) -> None:
        """kill -9, and again."""
        await self.program.kill()
        self.program = Program(self.folder, self.settings, module=self.module)
        await self.program.start()

    def database(self) -> bytes:
        """All that lies on the disk."""
        return b"".join(path.read_bytes() for path in self.folder.glob("bridge.db*"))

    # --- what FastGPT was asked

    def asked(self, person: Person) -> list[Received]:
        """The completions that FastGPT was asked for in this person's name."""
        uid = f"telegram:{person.id}"
        return [request for request in self.fastgpt.received() if request.json["customUid"] == uid]

    def told(self, person: Person) -> list[str]:
        """The words in them."""
        return [request.json["messages"][-1]["content"] for request in self.asked(person)]

    def is_from(self, person: Person) -> Callable[[Received], bool]:
        """For gates and faults that are meant for one person's questions."""
        return lambda request: request.json.get("customUid") == f"telegram:{person.id}"

    def calls(self, person: Person, path: str) -> list[dict[str, Any]]:
        """What else FastGPT was asked for about this person's chats."""
        chats = {request.json["chatId"] for request in self.asked(person)}
        bodies = [{**request.query, **(request.json or {})} for request in self.fastgpt.received(path)]
        return [body for body in bodies if body.get("chatId") in chats]

    # --- what is on screen

    async def until(self, found: Callable[[], Found], timeout: float = 10.0) -> Found:
        """Fails with all that is on screen and the end of the log."""
        try:
            return await self.telegram.until(found, timeout)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), "log:", *self.program.lines[-_TAIL:]])) from None

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
    folder: Path, *apps: App, config: str = "", profile: str = "4.14", hurried: bool = False, **settings: str
) -> AsyncIterator[Stage]:
    """The first of `apps` is the one that answers. `config` is bridge.toml.

    `hurried`: Telegram sets no limits and the program keeps to none, which takes a tenth of the time.
    """
    (folder / "bridge.toml").write_text(config, encoding="utf-8")
    async with (
        Simulator(profile, apps, token_delay=0.001) as fastgpt,
        TelegramEmulator(flood_control=not hurried) as telegram,
    ):
        environment = fastgpt_settings(fastgpt, apps[0].name) | telegram_settings(telegram) | settings
        module = "tests.end_to_end.hurried" if hurried else "bridge"
        program = Program(folder, environment, module=module)
        stage = Stage(fastgpt, telegram, folder, environment, program, module)
        await stage.program.start()
        try:
            yield stage
        finally:
            if stage.program.process.returncode is None:
                await stage.program.kill()
