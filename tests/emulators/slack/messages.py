"""Messages as people see them, and everything that happened to them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.emulators.slack import reading
from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.reading import Control

if TYPE_CHECKING:
    from tests.emulators.slack.streams import Stream


@dataclass(frozen=True, slots=True)
class State:
    """One thing that was on screen. `change` is posted, updated, streamed, stopped, expired or deleted."""

    at: float
    change: str
    text: str
    blocks: tuple[Json, ...]

    @property
    def body(self) -> str:
        return reading.body(self.text, self.blocks)

    @property
    def visible(self) -> str:
        return "" if self.change == "deleted" else reading.visible(self.text, self.blocks)


@dataclass(slots=True)
class Message:
    """`history` has every state in order, the last one being what is on screen now."""

    channel: str
    ts: str
    author: str
    by_app: bool
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    subtype: str | None = None
    files: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    only_for: str | None = None  # an ephemeral message has one reader
    edited: str | None = None
    deleted: bool = False
    stream: Stream | None = None
    options: Json = field(default_factory=dict)  # unfurl_links, parse, link_names, username, icons, as they were sent
    history: list[State] = field(default_factory=list)

    @property
    def root(self) -> str:
        """The ts of the thread this message is in or would open."""
        return self.thread_ts or self.ts

    @property
    def body(self) -> str:
        """The prose, without notes and controls: what the answer says."""
        return "" if self.deleted else reading.body(self.text, self.blocks)

    @property
    def notes(self) -> str:
        """The small print (context blocks)."""
        return "" if self.deleted else reading.notes(self.blocks)

    @property
    def visible(self) -> str:
        """Everything on screen, controls in square brackets."""
        return "" if self.deleted else reading.visible(self.text, self.blocks)

    @property
    def controls(self) -> tuple[Control, ...]:
        return () if self.deleted else reading.controls(self.blocks)

    @property
    def labels(self) -> tuple[str, ...]:
        """What is written on the controls, in order."""
        return tuple(control.label for control in self.controls)

    @property
    def pings(self) -> tuple[str, ...]:
        """Whom it has ever pinged, now or in an earlier state: channel, here, everyone, user and subteam ids."""
        texts = ((reading.parsed_texts(state.text, state.blocks)) for state in self.history)
        return reading.pings(itertools.chain.from_iterable(texts))

    @property
    def changes(self) -> tuple[str, ...]:
        """What happened to it, in order, as `State.change` has it."""
        return tuple(state.change for state in self.history)

    @property
    def streaming(self) -> bool:
        return self.stream is not None and self.stream.live

    def exported(self, *, metadata: bool = False) -> Json:
        """As the Web API and events show it."""
        shown: Json = {"type": "message", "user": self.author, "ts": self.ts, "text": self.text}
        if self.blocks:
            shown["blocks"] = [_stored(block) for block in deepcopy(self.blocks)]
        optional = {"thread_ts": self.thread_ts, "subtype": self.subtype, "files": self.files}
        shown |= {key: value for key, value in optional.items() if value}
        if self.edited:
            shown["edited"] = {"user": self.author, "ts": self.edited}
        if self.reactions:
            shown["reactions"] = [
                {"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()
            ]
        if metadata and self.metadata:
            shown["metadata"] = self.metadata
        return shown


def _stored(block: Json) -> Json:
    """Slack turns markdown into rich text when it stores it."""
    if block["type"] != "markdown":
        return block
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": block["text"]}]}
    return {"type": "rich_text", "block_id": block.get("block_id", ""), "elements": [section]}


class MessageStore:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._messages: dict[tuple[str, str], Message] = {}
        self._ids = itertools.count(1)

    def add(self, message: Message, change: str = "posted") -> Message:
        self._messages[message.channel, message.ts] = message
        self.note(message, change)
        return message

    def note(self, message: Message, change: str) -> None:
        """Record what is now on screen."""
        name_blocks(message.blocks, self._ids)
        message.history.append(State(self._now(), change, message.text, tuple(deepcopy(message.blocks))))

    def find(self, channel: str, ts: str) -> Message | None:
        message = self._messages.get((channel, ts))
        return None if message is None or message.deleted else message

    def public(self, channel: str, ts: str) -> Message:
        """A message that the Web API can address: neither deleted nor ephemeral."""
        message = self.find(channel, ts)
        if message is None or message.only_for:
            raise Refused("message_not_found")
        return message

    def all(self) -> list[Message]:
        """Every message ever, deleted and ephemeral ones included, in order of their ts."""
        return sorted(self._messages.values(), key=lambda message: message.ts)

    def listed(self, channel: str, thread: str | None = None, reader: str | None = None) -> list[Message]:
        """What is on screen for `reader` (None: for everybody) in a channel, or in a thread with its root."""
        return [
            message
            for message in self.all()
            if message.channel == channel
            and not message.deleted
            and message.only_for in (None, reader)
            and (thread is None or thread in (message.ts, message.thread_ts))
        ]

    def move(self, old: str, new: str) -> None:
        """Everything in channel `old` is now in `new`."""
        for message in [message for message in self._messages.values() if message.channel == old]:
            del self._messages[old, message.ts]
            message.channel = new
            self._messages[new, message.ts] = message

    def has_thread(self, channel: str, ts: str) -> bool:
        """Whether `ts` can be replied to: a public message that is not itself a reply."""
        message = self._messages.get((channel, ts))
        return message is not None and not message.only_for and message.thread_ts in (None, ts)


def name_blocks(blocks: Sequence[Json], ids: itertools.count[int]) -> None:
    """Give unnamed blocks and elements the ids that Slack makes up for them."""
    for block in blocks:
        block.setdefault("block_id", f"b{next(ids):04d}")
        for element in reading.elements(block):
            element.setdefault("action_id", f"a{next(ids):04d}")
