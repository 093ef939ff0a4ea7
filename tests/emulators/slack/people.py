"""People in the workspace: what they can do with keyboard and mouse, and what Slack tells the app about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.emulators.slack import composing, events
from tests.emulators.slack.errors import Json
from tests.emulators.slack.files import File
from tests.emulators.slack.hands import Hands
from tests.emulators.slack.messages import Message
from tests.emulators.slack.outbox import Delivery
from tests.emulators.slack.workspace import Channel

GENERAL = "C0GENERAL"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a person posted, and what the app was told: for a mention in a channel that is two events."""

    message: Message
    deliveries: tuple[Delivery, ...]

    @property
    def ts(self) -> str:
        return self.message.ts

    @property
    def channel(self) -> str:
        return self.message.channel

    @property
    def thread(self) -> str:
        """The root of the thread an answer belongs in."""
        return self.message.root

    async def acked(self) -> bool:
        """Wait until every event is acknowledged, or given up."""
        return all([await delivery.outcome() for delivery in self.deliveries])


class Person(Hands):
    """One human. Controls and modals are in `Hands`; here is what they write, share, and do to messages."""

    @property
    def dm_channel(self) -> str:
        """The id of their direct message channel with the app."""
        return self._workspace.dm_with(self.id).id

    async def mention(self, text: str, channel: str = GENERAL, *, thread: str | None = None) -> Sent:
        """Write to the app in a channel: `@app text`."""
        return await self.say(f"<@{self._workspace.bot_user}> {text}".rstrip(), channel, thread=thread)

    async def dm(self, text: str, *, thread: str | None = None, app_context: Json | None = None) -> Sent:
        """Write in the direct message channel with the app. Guests cannot use an app that is an agent."""
        if self.user.is_guest and self._workspace.agent_view:
            raise AssertionError("guests cannot write to an app with the Agents feature")
        return await self.say(text, self.dm_channel, thread=thread, app_context=app_context)

    async def reply(self, to: Sent | Message, text: str, *, mention: bool = False) -> Sent:
        """Answer in the thread of a message, without a mention unless asked for."""
        message = to.message if isinstance(to, Sent) else to
        write = self.mention if mention else self.say
        return await write(text, message.channel, thread=message.root)

    async def say(
        self,
        text: str,
        channel: str = GENERAL,
        *,
        thread: str | None = None,
        files: Sequence[Json] = (),
        broadcast: bool = False,
        app_context: Json | None = None,
    ) -> Sent:
        """Post any message. The app is told as far as it is in the channel, subscribed, or mentioned."""
        place = self._enter(channel)
        subtype = "file_share" if files else "thread_broadcast" if broadcast and thread else None
        message = Message(
            channel,
            self._world.clock.ts(),
            self.id,
            by_app=False,
            text=composing.as_text(text),
            thread_ts=thread,
            broadcast=broadcast,
            subtype=subtype,
            files=list(files),
        )
        if text:
            message.blocks = [composing.as_block(text, f"r{message.ts}")]
        self._world.messages.add(message)
        posted = self._world.posted(message, self.user.team)
        if app_context:
            posted["app_context"] = app_context
        return Sent(message, self._tell(posted, place))

    async def upload(
        self,
        name: str,
        content: bytes,
        mimetype: str,
        channel: str | None = None,
        *,
        text: str = "",
        thread: str | None = None,
        subtype: str = "",
        mention: bool = False,
    ) -> Sent:
        """Share one file, in the direct message channel unless said otherwise. `slack_audio` is a subtype of files."""
        file = self.file(name, content, mimetype, subtype=subtype)
        words = f"<@{self._workspace.bot_user}> {text}".rstrip() if mention else text
        return await self.say(words, channel or self.dm_channel, thread=thread, files=[file])

    def file(self, name: str, content: bytes, mimetype: str, *, subtype: str = "") -> Json:
        """A file of theirs, not shared yet; several can go into one `say(files=…)`."""
        file = File(self._world.id("F"), name, mimetype, content, self.id, subtype=subtype)
        return self._world.files.add(file).exported(self._world.base, self._workspace.team)

    async def edit(self, sent: Sent | Message, text: str) -> Delivery | None:
        message = sent.message if isinstance(sent, Sent) else sent
        assert message.author == self.id, "people can only edit their own messages"
        before = message.exported()
        message.text, message.edited = composing.as_text(text), self._world.clock.ts()
        message.blocks = [composing.as_block(text, f"r{message.edited}")]
        self._world.messages.note(message, "updated")
        place = self._workspace.channels[message.channel]
        event = events.changed(self._workspace, message.exported(), before, place, self._world.clock.ts())
        return self._world.publish_message(event, place, self._guest_team)

    async def unfurl(self, sent: Sent | Message) -> Delivery | None:
        """Slack finds a link in the message and shows a preview: a change, but not of the words."""
        message = sent.message if isinstance(sent, Sent) else sent
        before = message.exported()
        after = before | {"attachments": [{"id": 1, "title": "A preview", "from_url": "https://example.org"}]}
        place = self._workspace.channels[message.channel]
        event = events.changed(self._workspace, after, before, place, self._world.clock.ts())
        return self._world.publish_message(event, place, self._guest_team)

    async def delete(self, sent: Sent | Message) -> None:
        message = sent.message if isinstance(sent, Sent) else sent
        self._world.remove(message)

    async def react(self, message: Message, name: str) -> Delivery | None:
        users = message.reactions.setdefault(name, [])
        assert self.id not in users, f"{self.id} reacted with :{name}: before"
        users.append(self.id)
        return self._reacted("reaction_added", message, name)

    async def unreact(self, message: Message, name: str) -> Delivery | None:
        message.reactions[name].remove(self.id)
        if not message.reactions[name]:
            del message.reactions[name]
        return self._reacted("reaction_removed", message, name)

    async def open_home(self, tab: str = "home") -> Delivery | None:
        """Open the app's page; `tab` is home or messages."""
        event: Json = {"type": "app_home_opened", "user": self.id, "channel": self.dm_channel, "tab": tab}
        event["event_ts"] = self._world.clock.ts()
        home = self._world.views.home(self.id)
        if tab == "home" and home is not None:
            event["view"] = events.shown_view(self._workspace, home)
        return self._world.publish(event, "app_home_opened")

    async def stop_session(self, channel: str, thread: str) -> Delivery | None:
        """Press the Stop button that Slack shows while the session is processing."""
        session = self._world.sessions.find(channel, thread)
        assert session is not None, "there is no session"
        assert session.status == "processing", "there is no Stop button now"
        assert "agent_session_stopped" in self._workspace.events, "no Stop button: the event is not subscribed to"
        halted = [message for message in self._world.messages.listed(channel, thread) if message.streaming]
        for message in halted:
            assert message.stream is not None
            message.stream.state = "stopped_by_user"
            self._world.messages.note(message, "stopped")
        event: Json = {"type": "agent_session_stopped", "channel": channel, "thread_ts": thread, "user": self.id}
        event |= {"streaming_message_ts": [message.ts for message in halted], "event_ts": self._world.clock.ts()}
        return self._world.publish(event, "agent_session_stopped", user_team=self._guest_team)

    async def rename_session(self, channel: str, thread: str, title: str) -> Delivery | None:
        session = self._world.sessions.ensure(channel, thread)
        event = {"type": "agent_session_title_changed", "channel": channel, "thread_ts": thread, "user": self.id}
        event |= {"title": title, "previous_title": session.title, "event_ts": self._world.clock.ts()}
        session.title = title
        return self._world.publish(event, "agent_session_title_changed")

    async def invite_app(self, channel: str) -> Delivery | None:
        """Add the app to a channel."""
        place = self._enter(channel)
        place.members.add(self._workspace.bot_user)
        return self._world.publish(self._membership("member_joined_channel", place), "member_joined_channel")

    async def remove_app(self, channel: str) -> Delivery | None:
        """Take the app out of a channel; it can no longer post there."""
        place = self._workspace.channels[channel]
        place.members.discard(self._workspace.bot_user)
        return self._world.publish(self._membership("member_left_channel", place), "member_left_channel")

    async def archive(self, channel: str) -> None:
        self._workspace.channels[channel].archived = True

    # --- what follows from it

    @property
    def _guest_team(self) -> str:
        return self.user.team if self.user.team != self._workspace.team else ""

    def _enter(self, channel: str) -> Channel:
        place = self._workspace.channels.get(channel) or self._workspace.add_channel(channel)
        place.members.add(self.id)
        return place

    def _tell(self, posted: Json, place: Channel) -> tuple[Delivery, ...]:
        told = [self._world.publish_message(posted, place, self._guest_team)]
        mentioned = f"<@{self._workspace.bot_user}>" in posted["text"]
        if mentioned and not place.is_dm and self._workspace.bot_user in place.members:
            told.append(self._world.publish(events.mention(posted), "app_mention", user_team=self._guest_team))
        return tuple(delivery for delivery in told if delivery is not None)

    def _reacted(self, kind: str, message: Message, name: str) -> Delivery | None:
        place = self._workspace.channels[message.channel]
        if self._workspace.bot_user not in place.members:
            return None
        event = events.reaction(kind, self.id, name, message, self._world.clock.ts())
        return self._world.publish(event, kind, user_team=self._guest_team)

    def _membership(self, kind: str, place: Channel) -> Json:
        ids = {"user": self._workspace.bot_user, "channel": place.id, "team": self._workspace.team, "inviter": self.id}
        return {"type": kind, **ids, "channel_type": place.kind[0].upper(), "event_ts": self._world.clock.ts()}
