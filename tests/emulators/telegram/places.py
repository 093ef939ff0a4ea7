"""Where people and the bot meet: a private chat, a group, or one topic of either."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.emulators.telegram.records import Chat, ChatAction, Draft, Message, Topic
from tests.emulators.telegram.visible import visible_draft, visible_message
from tests.emulators.telegram.world import World


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, or one topic of it (`topic_id`); in a forum `None` is the General topic."""

    world: World = field(repr=False)
    chat: Chat
    topic_id: int | None = None

    @property
    def id(self) -> int:
        return self.chat.id

    @property
    def messages(self) -> list[Message]:
        """Everything on screen here now, oldest first; deleted messages are gone."""
        return [message for message in self.all_messages if message.deleted_at is None]

    @property
    def all_messages(self) -> list[Message]:
        """As `messages`, with the deleted ones."""
        mine = (message for message in self.chat.messages.values() if self._is_here(message))
        return sorted(mine, key=lambda message: message.id)

    @property
    def from_bot(self) -> list[Message]:
        return [message for message in self.messages if message.sender is self.world.bot]

    @property
    def last(self) -> Message | None:
        """The bot's newest message on screen."""
        return self.from_bot[-1] if self.from_bot else None

    @property
    def text(self) -> str:
        """The text of the bot's newest message, empty if there is none."""
        return self.last.text if self.last else ""

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.from_bot]

    @property
    def draft(self) -> Draft | None:
        """The streamed preview on screen, None if there is none or it has faded (30 s)."""
        return self.world.live_draft(self.chat, self.topic_id)

    @property
    def drafts(self) -> list[Draft]:
        """Every preview there has been here, oldest first."""
        return [draft for draft in self.chat.drafts if draft.thread == self.topic_id]

    @property
    def actions(self) -> list[ChatAction]:
        """Every chat action ("typing") shown here."""
        return [action for action in self.chat.actions if action.thread == self.topic_id]

    @property
    def typing(self) -> bool:
        """A chat action is on screen; it lasts 5 s or until the bot's next message."""
        recent = [action for action in self.actions if self.world.clock() - action.at < 5]
        said = self.from_bot[-1].date if self.from_bot else 0
        return bool(recent) and recent[-1].at > said

    @property
    def buttons(self) -> list[str]:
        """The labels of all buttons on screen."""
        return [label for message in self.messages for label in message.labels]

    @property
    def asked_to_reply(self) -> Message | None:
        """The bot's newest message that forces a reply."""
        return next((message for message in reversed(self.from_bot) if message.forces_reply), None)

    @property
    def topic(self) -> Topic | None:
        return self.chat.topics.get(self.topic_id) if self.topic_id else None

    def find(self, part: str) -> Message | None:
        """The newest message on screen whose text contains `part`."""
        return next((message for message in reversed(self.messages) if part in message.text), None)

    def visible(self) -> str:
        """All that is on screen, as text: who said it, what it looks like, and the draft."""
        lines = []
        for message in self.messages:
            name = "bot" if message.sender is self.world.bot else message.sender.first_name
            edited = " (edited)" if message.edited_at is not None and name != "bot" else ""
            lines.append(f"{name}{edited}: {visible_message(message)}")
        if self.draft is not None:
            lines.append(f"bot: {visible_draft(self.draft)}")
        return "\n".join(lines)

    def at(self, topic_id: int | None) -> Place:
        """Another topic of the same chat, for one that the bot or an implicit start has made."""
        return Place(self.world, self.chat, topic_id)

    def close_topic(self) -> None:
        self._own_topic().closed = True

    def reopen_topic(self) -> None:
        self._own_topic().closed = False

    def delete_topic(self) -> None:
        """The topic goes with all its messages; bots are not told."""
        self._own_topic().deleted = True
        for message in self.messages:
            message.deleted_at = self.world.clock()

    def _own_topic(self) -> Topic:
        assert self.topic is not None, "this place is no topic"
        return self.topic

    def _is_here(self, message: Message) -> bool:
        if self.chat.is_private or self.chat.is_forum:
            return (message.thread if message.in_topic else None) == self.topic_id
        return True
