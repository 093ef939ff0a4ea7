"""Doubles with state: they record what happened instead of expecting it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bridge.domain.commands import Spelling
from bridge.domain.errors import AssistantError, AssistantFault, BridgeError, PlatformError, PlatformFault
from bridge.domain.events import (
    AssistantEvent,
    Citation,
    Finished,
    InteractionRequested,
    NodeFinished,
    TextAdded,
    TurnEnded,
    TurnEvent,
)
from bridge.domain.ids import ChatId, ConversationKey, MessageRef, TurnId
from bridge.domain.notices import Notice, Outcome, Removed, Replaced
from bridge.domain.turns import App, ChatStatus, Opening, Part, PartState, Question, Record, UploadedFile
from bridge.domain.updates import Attachment, Rating
from bridge.ports import Capabilities, Delivery, Gateway

START = datetime(2026, 1, 1, tzinfo=UTC)
_IDLE = 50  # rounds of the loop, after somebody woke, in which the others may do what follows and fall asleep again


class FakeClock:
    """Time that passes as soon as everybody waits for it: the sleeper who is due first moves the clock and wakes."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._due: list[float] = []
        self._woken = 0

    def monotonic(self) -> float:
        return self.elapsed

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    async def sleep(self, seconds: float) -> None:
        due = self.elapsed + max(seconds, 0.0)
        self._due.append(due)
        idle, woken = 0, self._woken
        try:
            while idle < _IDLE or min(self._due) < due:
                await asyncio.sleep(0)
                idle, woken = (idle + 1, woken) if woken == self._woken else (0, self._woken)
            self.elapsed = max(self.elapsed, due)
            self._woken += 1
        finally:
            self._due.remove(due)


Script = Sequence[AssistantEvent | BridgeError | asyncio.Event]
"""What FastGPT says to one question, an error it ends with, or a gate to wait at."""


@dataclass(slots=True)
class Asked:
    chat: ChatId
    turn: TurnId
    question: Question
    person: str


@dataclass(slots=True)
class FakeAssistant:
    """Answers question after question with the scripts it was given; the last one again and again."""

    scripts: list[Script] = field(default_factory=lambda: [[TextAdded("Hello!"), Finished()]])
    opened: Opening = field(default_factory=Opening)
    left_in_records: str | None = None
    """What the records hold of an answer that was lost on its way."""
    stored_after_looks: int = 0
    """How often the records are looked at before they hold it."""
    history: list[Record] = field(default_factory=list)
    outlives: bool = False
    states: list[ChatStatus] = field(default_factory=list)
    suggestions: list[str] = field(default_factory=list)
    refusals: dict[str, list[BridgeError]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    stopped: list[ChatId] = field(default_factory=list)
    rated: list[tuple[str, Rating, str]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    looked_up: list[ChatId] = field(default_factory=list)
    uploaded: list[tuple[str, bytes]] = field(default_factory=list)
    closed_streams: int = 0

    async def ask(
        self, app: App, chat: ChatId, turn: TurnId, question: Question, *, person: str
    ) -> AsyncGenerator[AssistantEvent]:
        script = self.scripts[min(len(self.asked), len(self.scripts) - 1)]
        self._refuse("ask")
        self.asked.append(Asked(chat, turn, question, person))
        try:
            for step in script:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, BridgeError):
                    if self.left_in_records is not None:
                        self.history.append(Record(turn, from_person=False, text=self.left_in_records))
                    raise step
                else:
                    yield step
        finally:
            self.closed_streams += 1

    def _refuse(self, method: str) -> None:
        if queue := self.refusals.get(method):
            raise queue.pop(0)

    async def stop(self, app: App, chat: ChatId) -> bool:
        self.stopped.append(chat)
        return True

    async def records(self, app: App, chat: ChatId, limit: int = 10) -> list[Record]:
        self._refuse("records")
        if self.stored_after_looks > 0:
            self.stored_after_looks -= 1
            return []
        self.looked_up.append(chat)
        return [record for record in self.history if record.id not in self.forgotten][-limit:]

    async def status(self, app: App, chat: ChatId) -> ChatStatus:
        return self.states.pop(0) if self.states else ChatStatus.DONE

    async def outlives_connection(self, app: App) -> bool:
        return self.outlives

    async def opening(self, app: App, chat: ChatId) -> Opening:
        self._refuse("opening")
        return self.opened

    async def suggest(self, app: App, chat: ChatId) -> list[str]:
        self._refuse("suggest")
        return self.suggestions

    async def rate(self, app: App, chat: ChatId, record: str, rating: Rating, reason: str) -> None:
        self._refuse("rate")
        self.rated.append((record, rating, reason))

    async def nodes(self, app: App, chat: ChatId, record: str) -> tuple[NodeFinished, ...]:
        return ()

    async def quotes(self, app: App, chat: ChatId, record: str, citations: Sequence[Citation]) -> dict[str, str]:
        self._refuse("quotes")
        return {citation.id: f"text of {citation.id}" for citation in citations}

    async def forget(self, app: App, chat: ChatId, record: str) -> None:
        self._refuse("forget")
        self.forgotten.append(record)

    async def upload(self, app: App, chat: ChatId, name: str, media_type: str, content: bytes) -> UploadedFile:
        self._refuse("upload")
        self.uploaded.append((name, content))
        return UploadedFile(name, f"https://files.test/{name}", media_type)

    async def close(self) -> None:
        pass


@dataclass(slots=True)
class Message:
    """One message on the fake platform, as a person sees it."""

    ref: MessageRef
    text: str
    buttons: tuple[str, ...] = ()
    notice: Notice | None = None


class FakeAdapter:
    """A platform in memory: `screen` is what people see, in order; `failures` are raised by the next deliveries,
    `stuck` when messages are to be changed, `mute` when something is to be said.

    `gone_after`: the place is gone once so many turn events were shown.
    """

    def __init__(self, platform: str = "fake", *, native_forms: bool = True) -> None:
        self.platform = platform
        self.bot = "bot"
        self.capabilities = Capabilities(
            native_forms=native_forms,
            single_listener=False,
            spelling=Spelling(private="!{}", shared="bot, {}", ask="ask:", among_others="Say bot, {ask}."),
        )
        self.screen: list[Message] = []
        self.private: list[Notice] = []
        self.erased: list[MessageRef] = []
        self.downloaded: list[str] = []
        self.removed: list[MessageRef] = []
        self.delivered: list[TurnEnded] = []
        self.events: list[TurnEvent] = []
        self.failures: list[PlatformError] = []
        self.stuck: list[PlatformError] = []
        self.mute: list[PlatformError] = []
        self.at_leisure: list[MessageRef] = []
        self.gone_after: int | None = None
        self.heard = asyncio.Event()

    async def connect(self) -> None:
        pass

    async def listen(self, gateway: Gateway) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        pass

    async def deliver(self, delivery: Delivery, events: AsyncIterator[TurnEvent]) -> None:
        async for event in events:
            self.events.append(event)
            self.heard.set()
            if len(self.events) == self.gone_after:
                raise PlatformError("blocked", fault=PlatformFault.GONE, permanent=True)
            match event:
                case InteractionRequested(interaction) if interaction.message is None:
                    message = self._post(f"[{interaction.ask.description}]")
                    await delivery.shown(interaction.id, message.ref)
                case TurnEnded():
                    if self.failures:
                        raise self.failures.pop(0)
                    await self._show(delivery, event)
                    return
                case _:
                    pass

    async def _show(self, delivery: Delivery, end: TurnEnded) -> None:
        self.delivered.append(end)
        text = "\n".join(piece for piece in (end.text, end.note) if piece)
        if not text:
            return
        known = delivery.turn.parts[0].message if delivery.turn.parts else None
        labels = tuple(button.label for row in end.buttons for button in row)
        if known is not None:
            self.message(known).text = text
            self.message(known).buttons = labels
        else:
            await delivery.record(Part(0, PartState.SENDING))
            known = self._post(text, labels).ref
        await delivery.record(Part(0, PartState.SENT, known, is_final=True))

    async def say(self, conversation: ConversationKey, notice: Notice) -> MessageRef | None:
        if self.mute:
            raise self.mute.pop(0)
        if notice.to is not None and notice.reply is not None:
            self.private.append(notice)
            return None
        labels = tuple(button.label for row in notice.buttons for button in row)
        message = self._post(notice.text, labels)
        message.notice = notice
        return message.ref

    async def settle(self, message: MessageRef, outcome: Outcome, *, at_leisure: bool = False) -> None:
        self.at_leisure += [message] * at_leisure
        if self.stuck:
            raise self.stuck.pop(0)
        match outcome:
            case Removed():
                self.removed.append(message)
                self.screen = [shown for shown in self.screen if shown.ref != message]
            case Replaced(text, buttons):
                self.message(message).text = text
                self.message(message).buttons = tuple(button.label for row in buttons for button in row)
            case _:
                labels = tuple(("✓" if b.chosen else "") + b.label for row in outcome.buttons for b in row)
                self.message(message).buttons = labels

    async def erase(self, message: MessageRef) -> None:
        self.erased.append(message)

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        self.downloaded.append(attachment.name)
        return f"content of {attachment.name}".encode()

    def message(self, ref: MessageRef) -> Message:
        return next(message for message in self.screen if message.ref == ref)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.screen]

    def _post(self, text: str, buttons: tuple[str, ...] = ()) -> Message:
        message = Message(
            MessageRef(self.platform, self.bot, f"m{len(self.screen) + len(self.removed)}"), text, buttons
        )
        self.screen.append(message)
        return message


def unreachable() -> AssistantError:
    """There is no connection."""
    return AssistantError("away", fault=AssistantFault.UNREACHABLE, permanent=False, unseen=True)


def cut_off() -> AssistantError:
    """There was one."""
    return AssistantError("cut off", fault=AssistantFault.UNREACHABLE, permanent=False)
