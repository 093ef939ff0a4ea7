"""What the stages of all platforms share: a running bridge, the FastGPT behind it, and apps to write for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bridge.simulator import App, Simulator
from bridge.simulator.journal import Received
from bridge.simulator.workflow import Case, Chat, Flow, Quote, Route, Scope, Search
from tests.end_to_end.nursery import Nursery
from tests.end_to_end.process import Program

Found = TypeVar("Found")

_TAIL = 15  # lines of the log that a failure shows


# --- apps


def tour(*cases: Case, **properties: Any) -> App:
    """An app that does what the first word says."""
    return App(name="tour", flow=(Route(cases=cases),), **properties)


def on(word: str, *flow: Any) -> Case:
    steps: Flow = flow
    return Case(words=(word,), flow=steps)


class Variations:
    """Another text every time, the last one again and again."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)

    def __call__(self, scope: Scope) -> str:
        return self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]


def story(title: str, chapters: int) -> str:
    return "\n\n".join(f"{title} {number}. " + "Once upon a time. " * 60 for number in range(1, chapters + 1))


FRIDGE = Quote("Not in the refrigerator.", "Questions", source="https://example.com/questions", score=0.8)


def cited(beans: Quote) -> tuple[Search, Chat]:
    """An answer with three citations of two sources: this one, and a link."""
    text = f"Keep them dark.{beans.marker} Not cold.{FRIDGE.marker} Really.{beans.marker}"
    return Search(name="Handbook", quotes=(beans, FRIDGE)), Chat(text=text)


# --- the bridge


class Someone(Protocol):
    """A person of any emulated platform."""

    @property
    def id(self) -> object: ...


class Emulated(Protocol):
    """A platform that can be looked at until something is there."""

    async def until(self, found: Callable[[], Found], timeout: float) -> Found: ...


class RunningBridge:
    """One process; every test brings its own people and places, so many tests can share it.

    `module` is what is run; from a `nursery` it starts faster.
    """

    def __init__(
        self,
        name: str,
        platform: Emulated,
        fastgpt: Simulator,
        folder: Path,
        settings: dict[str, str],
        *,
        module: str = "bridge",
        nursery: Nursery | None = None,
    ) -> None:
        self._name = name
        self._platform = platform
        self._settings = settings
        self._module = module
        self._nursery = nursery
        self.fastgpt = fastgpt
        self.folder = folder
        self.program = self._life({})

    def _life(self, settings: dict[str, str]) -> Program:
        return Program(self.folder, self._settings | settings, module=self._module, nursery=self._nursery)

    async def start(self, **settings: str) -> None:
        """A new life of the program, with these settings besides its own."""
        self.program = self._life(settings)
        await self.program.start()

    async def restart(self, **settings: str) -> None:
        """kill -9, and again."""
        await self.program.kill()
        await self.start(**settings)

    async def end(self) -> None:
        if self.program.process.returncode is None:
            await self.program.kill()

    def database(self) -> bytes:
        """All that lies on the disk."""
        return b"".join(path.read_bytes() for path in self.folder.glob("bridge.db*"))

    # --- what FastGPT was asked

    def is_from(self, person: Someone) -> Callable[[Received], bool]:
        """For gates and faults that are meant for one person's questions."""
        return lambda request: request.json.get("customUid") == f"{self._name}:{person.id}"

    def asked(self, person: Someone) -> list[dict[str, Any]]:
        """The completions that FastGPT was asked for in this person's name."""
        is_theirs = self.is_from(person)
        return [request.json for request in self.fastgpt.received() if is_theirs(request)]

    def told(self, person: Someone) -> list[str]:
        """The words in them."""
        return [body["messages"][-1]["content"] for body in self.asked(person)]

    def chats(self, person: Someone) -> set[str]:
        """FastGPT's ids of this person's conversations."""
        return {body["chatId"] for body in self.asked(person)}

    def calls(self, person: Someone, path: str) -> list[dict[str, Any]]:
        """What else FastGPT was asked for about this person's chats."""
        bodies = [{**request.query, **(request.json or {})} for request in self.fastgpt.received(path)]
        return [body for body in bodies if body.get("chatId") in self.chats(person)]

    # --- waiting

    async def until(self, found: Callable[[], Found], timeout: float = 10.0) -> Found:
        """Fails with all that is on screen and the end of the log."""
        try:
            return await self._platform.until(found, timeout)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), "log:", *self.program.lines[-_TAIL:]])) from None

    async def finished(self, person: Someone, count: int = 1) -> list[dict[str, Any]]:
        """What FastGPT was asked, once `count` of this person's turns have ended."""

        def ended() -> list[dict[str, Any]]:
            over = {fact["turn"] for fact in self.program.facts if fact.get("event") == "turn_finished"}
            bodies = self.asked(person)
            done = [body for body in bodies if body["responseChatItemId"] in over]
            return bodies if len(done) >= count else []

        return await self.until(ended)
