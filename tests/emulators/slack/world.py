"""Everything the emulated Slack knows, in one place that the Web API, the sockets and the people share."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field

from tests.emulators.slack import events
from tests.emulators.slack.clock import Clock
from tests.emulators.slack.errors import Json
from tests.emulators.slack.faults import FaultScript
from tests.emulators.slack.files import FileStore
from tests.emulators.slack.messages import Message, MessageStore
from tests.emulators.slack.outbox import Delivery, Outbox
from tests.emulators.slack.response_urls import ResponseUrls
from tests.emulators.slack.sessions import Sessions
from tests.emulators.slack.sockets import Sockets
from tests.emulators.slack.views import ViewStore
from tests.emulators.slack.workspace import Channel, Workspace


@dataclass(slots=True)
class Call:
    """One Web API call as it arrived. `status` is 0 while, or if, it was never answered."""

    method: str
    params: Json
    at: float
    status: int = 0
    answer: Json = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return bool(self.answer.get("ok"))

    @property
    def error(self) -> str:
        return str(self.answer.get("error", ""))


class World:
    def __init__(self) -> None:
        self.clock = Clock()
        self.workspace = Workspace()
        self.messages = MessageStore(self.clock.now)
        self.sessions = Sessions(self.clock.now)
        self.views = ViewStore(self.clock.now)
        self.files = FileStore()
        self.response_urls = ResponseUrls(self.clock.now)
        self.faults = FaultScript()
        self.calls: list[Call] = []
        self.sockets = Sockets(self.clock)
        self.outbox = Outbox(self.clock, self.sockets)
        self.base = ""  # http://127.0.0.1:port
        self.echo = True  # the app also gets events about its own messages, as it does from Slack
        self._ids = itertools.count(1)

    def id(self, prefix: str) -> str:
        """A fresh id in Slack's style."""
        return f"{prefix}{next(self._ids):04d}{secrets.token_hex(3).upper()}"

    def publish(self, event: Json, subscription: str, *, event_id: str = "", user_team: str = "") -> Delivery | None:
        """Send an event to the app, if it subscribed to it."""
        if subscription not in self.workspace.events:
            return None
        channel = self.workspace.channels.get(str(event.get("channel", "")))
        payload = events.callback(
            self.workspace,
            event,
            event_id or self.id("Ev"),
            self.clock.now(),
            shared=channel is not None and channel.shared,
            user_team=user_team,
        )
        return self.outbox.send("events_api", payload)

    def publish_message(self, event: Json, channel: Channel, user_team: str = "") -> Delivery | None:
        """A message event of any subtype; the app only hears of channels it is in."""
        if self.workspace.bot_user not in channel.members:
            return None
        return self.publish(event, events.SUBSCRIPTION[channel.kind], user_team=user_team)

    def _is_another_bot(self, message: Message) -> bool:
        return not message.by_app and self.workspace.users[message.author].is_bot

    def posted(self, message: Message, team: str) -> Json:
        """The event about a new message; `team` is its author's."""
        is_reply = message.thread_ts not in (None, message.ts)
        parent = self.messages.find(message.channel, message.root) if is_reply else None
        posted = events.message(self.workspace, message, self.workspace.channels[message.channel], team, parent)
        return posted | (events.bot(message.author) if self._is_another_bot(message) else {})

    def changed(self, message: Message, before: Json) -> None:
        """Tell the app that one of its own messages changed."""
        if self.echo and message.only_for is None:
            channel = self.workspace.channels[message.channel]
            event = events.changed(self.workspace, message.exported(), before, channel, self.clock.ts())
            self.publish_message(event, channel)

    def remove(self, message: Message) -> None:
        """Take a message off the screen for good."""
        before = message.exported()
        message.deleted = True
        if message.stream is not None and message.stream.live:
            message.stream.state = "stopped"
        self.messages.note(message, "deleted")
        if (self.echo or not message.by_app) and message.only_for is None:
            channel = self.workspace.channels[message.channel]
            self.publish_message(events.deleted(before, channel, self.clock.ts()), channel)

    def expire_streams(self) -> None:
        """End what has streamed for too long."""
        for message in self.messages.all():
            if message.stream is not None and message.stream.expire(self.clock.now()):
                self.messages.note(message, "expired")
