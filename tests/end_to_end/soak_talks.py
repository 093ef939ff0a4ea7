"""Conversations of a soak: what is asked in them, what it is answered, and what their screens show of it."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, field
from typing import Protocol

from bridge.domain.phrases import MAYBE_TWICE, THINKING
from bridge.simulator.apps import App
from bridge.simulator.workflow import Chat, Scope
from tests.emulators.slack import SlackEmulator
from tests.emulators.slack.people import Sent
from tests.emulators.telegram import TelegramEmulator

_LINE = re.compile(r"q\d+-\d+ line \d+\.")
_QUESTION = re.compile(r"(q\d+-\d+) in (\d+) lines")
_LONGEST = 3600.0  # seconds; who waits has a time limit of its own


@dataclass(slots=True)
class Question:
    """`hits` counts what happened while it was open that allows FastGPT to be asked once more."""

    tag: str
    length: int
    hits: int = 0

    @property
    def text(self) -> str:
        return f"{self.tag} in {self.length} lines"

    @property
    def lines(self) -> list[str]:
        return [f"{self.tag} line {number}." for number in range(self.length)]


def lines_of(text: str) -> list[str]:
    """The lines of answers in it, in order, wherever they broke."""
    return _LINE.findall(" ".join(text.split()))


def _answer(scope: Scope) -> str:
    found = _QUESTION.search(scope.question)
    assert found is not None, f"nobody asked {scope.question!r}"
    return "\n\n".join(Question(found[1], int(found[2])).lines)


APP = App(name="demo", flow=(Chat(name="Chat", text=_answer),))


class Talk(Protocol):
    name: str
    questions: list[Question]
    keeps_order: bool
    """Are its questions sure to arrive in the order they were asked in?"""

    def next_question(self, lines: int) -> Question: ...

    async def ask(self, question: Question) -> None: ...

    def redeliver(self, question: Question) -> None:
        """The platform hands it over once more."""

    def unanswered(self) -> list[Question]:
        """Those whose last line is not on screen yet."""

    async def until_answered(self) -> None: ...

    def shown_lines(self) -> tuple[list[str], int]:
        """All answers on screen, from top to bottom, without the copies that say that they may be one; how many."""

    def placeholders(self) -> int:
        """How many messages say nothing yet."""

    def screen(self) -> str:
        """How every message of the bot begins, and how it ends."""


@dataclass
class _Asked:
    number: int
    questions: list[Question] = field(default_factory=list, init=False)
    keeps_order: bool = field(default=True, init=False)

    def next_question(self, lines: int) -> Question:
        return Question(f"q{self.number}-{len(self.questions)}", lines)

    @property
    def _texts(self) -> list[str]:
        """What the bot's messages say, from top to bottom."""
        raise NotImplementedError

    def unanswered(self) -> list[Question]:
        seen = set(lines_of("\n".join(self._texts)))
        return [question for question in self.questions if question.lines[-1] not in seen]

    def shown_lines(self) -> tuple[list[str], int]:
        marked = [text for text in self._texts if MAYBE_TWICE in text]
        certain = {line for text in self._texts if text not in marked for line in lines_of(text)}
        copies = [text for text in marked if certain.issuperset(lines_of(text))]
        shown = [line for text in self._texts if text not in copies for line in lines_of(text)]
        return shown, len(copies)

    def screen(self) -> str:
        return "\n".join(f"  {text[:60]!r} … {text[-60:]!r}" for text in self._texts)

    def placeholders(self) -> int:
        return sum(THINKING in text for text in self._texts)


@dataclass
class TelegramTalk(_Asked):
    telegram: TelegramEmulator
    in_group: bool

    def __post_init__(self) -> None:
        self.name = f"{'group' if self.in_group else 'private chat'} {self.number}"
        self._person = self.telegram.person(f"Ann{self.number}")
        self._place = self.telegram.group(f"Team{self.number}") if self.in_group else self._person.private
        self._updates: dict[str, int] = {}

    async def ask(self, question: Question) -> None:
        self.questions.append(question)
        post = self._person.mention if self.in_group else self._person.say
        self._updates[question.tag] = post(question.text, self._place).update_id

    def redeliver(self, question: Question) -> None:
        self.telegram.redeliver(self._updates[question.tag])

    async def until_answered(self) -> None:
        await self.telegram.until(lambda: not self.unanswered(), _LONGEST)

    @property
    def _texts(self) -> list[str]:
        return self._place.texts


@dataclass
class SlackTalk(_Asked):
    """Who hurries does not wait until a question is taken, and Slack keeps no order between its events."""

    slack: SlackEmulator
    late: random.Random
    hurries: bool

    def __post_init__(self) -> None:
        self.name = f"{'hurried ' if self.hurries else ''}thread {self.number}"
        self.keeps_order = not self.hurries
        self._on_their_way: list[asyncio.Task[None]] = []
        self._person = self.slack.person(f"U{self.number}", f"ann{self.number}")
        self._sent: dict[str, Sent] = {}

    async def ask(self, question: Question) -> None:
        """Returns once it is taken, unless they hurry."""
        self.questions.append(question)
        if self.hurries:
            released = self.slack.hold_back(question.text)
            asyncio.get_running_loop().call_later(self.late.uniform(0.0, 3.0), released.set)
        if self._sent:
            sent = await self._person.reply(self._root, question.text)
        else:
            sent = await self._person.mention(question.text)
        self._sent[question.tag] = sent
        if self.hurries:
            self._on_their_way.append(asyncio.create_task(self._taken(sent)))
        else:
            await self._taken(sent)

    async def _taken(self, sent: Sent) -> None:
        """Slack gives up after an hour; that is not tried here, so who gave up begins again."""
        for delivery in sent.deliveries:
            while not await delivery.outcome():
                delivery = self.slack.repeat(delivery)

    @property
    def _root(self) -> Sent:
        return next(iter(self._sent.values()))

    def redeliver(self, question: Question) -> None:
        for delivery in self._sent[question.tag].deliveries:
            self.slack.repeat(delivery, new_event_id=True)

    async def until_answered(self) -> None:
        await asyncio.gather(*self._on_their_way)
        await self.slack.until(lambda: not self.unanswered(), _LONGEST)

    @property
    def _texts(self) -> list[str]:
        if not self._sent:
            return []
        return [message.body for message in self.slack.answers(self._root.channel, self._root.thread)]
