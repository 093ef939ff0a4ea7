"""People in front of their Telegram: they write, press, react, block, and the bot gets what it would really get."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.emulators.telegram import membership
from tests.emulators.telegram.entities import found, utf16
from tests.emulators.telegram.places import Place
from tests.emulators.telegram.pressing import press, stop_draft
from tests.emulators.telegram.records import Chat, Json, Message, Press, PressAnswer, User
from tests.emulators.telegram.sending import chain, described, store_file
from tests.emulators.telegram.topics import open_topic, topic_start
from tests.emulators.telegram.update_queue import MESSAGE_LIFE
from tests.emulators.telegram.world import World

GROUP_ANONYMOUS_BOT = User(1087968824, "Group", "GroupAnonymousBot", is_bot=True)
PASTE_LIMIT = 4096  # characters; clients cut a longer paste into several messages


@dataclass(slots=True, eq=False)
class Person:
    """Every `in_` is a Place and defaults to the private chat with the bot."""

    world: World = field(repr=False)
    user: User
    presses: list[Press] = field(default_factory=list)

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def private(self) -> Place:
        """The private chat with the bot; the bot knows it once something was said there."""
        chat = self.world.chats.get(self.id)
        if chat is None:
            chat = self.world.chats[self.id] = Chat(self.id, "private", person=self.user, opened=False)
        return Place(self.world, chat)

    @property
    def toasts(self) -> list[str]:
        """The short notes shown as answers to this person's presses."""
        return [answer.text for answer in self._answers if answer.text and not answer.alert]

    @property
    def alerts(self) -> list[str]:
        """The dialogs shown as answers to this person's presses."""
        return [answer.text for answer in self._answers if answer.text and answer.alert]

    # --- writing

    def say(
        self,
        text: str,
        in_: Place | None = None,
        *,
        reply_to: Message | None = None,
        quote: str = "",
        entities: list[Json] | None = None,
        anonymous: bool = False,
    ) -> Message:
        """`anonymous`: as an anonymous administrator. Entities are found in the text unless given."""
        own = entities or []
        return self._post(
            in_,
            text=text,
            entities=own + found(text, own),
            reply_to=reply_to,
            quote=quote,
            sender_chat=in_.chat if anonymous and in_ else None,
        )

    def command(self, command: str, in_: Place | None = None, *, addressed: bool = False) -> Message:
        """`command("/new")`, with arguments if you like; `addressed` makes it `/new@bot`."""
        name, space, rest = command.partition(" ")
        return self.say(f"{name}@{self._bot_name}{space}{rest}" if addressed else command, in_)

    def mention(self, text: str, in_: Place, *, by_name: bool = False) -> Message:
        """`@bot text`; `by_name` uses a text mention, as clients do for bots without a user name on screen."""
        if not by_name:
            return self.say(f"@{self._bot_name} {text}", in_)
        name = self.world.bot.first_name
        entity = {"type": "text_mention", "offset": 0, "length": utf16(name), "user": self.world.bot.json()}
        return self.say(f"{name} {text}", in_, entities=[entity])

    def reply(self, message: Message, text: str, *, quote: str = "") -> Message:
        """Where the message is."""
        return self.say(text, self._place_of(message), reply_to=message, quote=quote)

    def paste(self, text: str, in_: Place | None = None) -> list[Message]:
        """A text of any length, cut as clients do it."""
        return [self.say(text[at : at + PASTE_LIMIT], in_) for at in range(0, len(text), PASTE_LIMIT)]

    def photo(self, content: bytes = b"\xff\xd8\xff photo", caption: str = "", in_: Place | None = None) -> Message:
        file = store_file(self.world, content, "photo.jpg")
        return self._post(in_, media={"photo": described(file, "photo")}, **self._caption(caption))

    def document(
        self,
        content: bytes,
        name: str = "notes.txt",
        media_type: str = "text/plain",
        caption: str = "",
        in_: Place | None = None,
        *,
        size: int | None = None,
    ) -> Message:
        """`size` (bytes) declares the file larger than `content`, to try limits."""
        file = store_file(self.world, content, name, size)
        return self._post(
            in_, media={"document": described(file, "document", name, media_type)}, **self._caption(caption)
        )

    def voice(self, content: bytes = b"OggS voice", in_: Place | None = None) -> Message:
        file = store_file(self.world, content, "voice.oga")
        return self._post(in_, media={"voice": described(file, "voice", media_type="audio/ogg")})

    def sticker(self, in_: Place | None = None) -> Message:
        file = store_file(self.world, b"RIFF sticker", "sticker.webp")
        shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False, "emoji": "👋"}
        return self._post(in_, media={"sticker": {**described(file, "sticker"), **shape}})

    def poll(self, question: str = "Tea or coffee?", in_: Place | None = None) -> Message:
        options = [
            {"text": text, "voter_count": 0, "persistent_id": str(number)}
            for number, text in enumerate(("Tea", "Coffee"))
        ]
        poll = {
            "id": str(self.world.number()),
            "question": question,
            "options": options,
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": False,
            "members_only": False,
        }
        return self._post(in_, media={"poll": poll})

    def location(self, in_: Place | None = None) -> Message:
        return self._post(in_, media={"location": {"latitude": 48.137, "longitude": 11.575}})

    def contact(self, in_: Place | None = None) -> Message:
        return self._post(in_, media={"contact": {"phone_number": "+491701234567", "first_name": "Grace"}})

    def rich(self, blocks: list[Json], in_: Place | None = None) -> Message:
        """A rich message, which reads back as blocks only."""
        return self._post(in_, rich={"blocks": blocks})

    def album(
        self, count: int = 2, caption: str = "", in_: Place | None = None, *, kind: str = "photo"
    ) -> list[Message]:
        """`count` photos or documents at once: one update each, the caption on the first."""
        group = str(13_000_000_000 + self.world.number())
        out = []
        for number in range(count):
            name = f"item{number}.{'jpg' if kind == 'photo' else 'txt'}"
            file = store_file(self.world, f"{kind} {number}".encode(), name)
            media = {kind: described(file, kind, "" if kind == "photo" else name)}
            words = self._caption(caption if number == 0 else "")
            out.append(self._post(in_, media=media, media_group=group, **words))
        return out

    def edit(self, message: Message, text: str) -> Message:
        """Change one's own message; the bot gets `edited_message`."""
        assert message.sender is self.user, "people edit their own messages only"
        message.change(self.world.clock(), text=text, entities=found(text, []))
        if membership.reaches_bot(self.world, message):
            self.world.updates.add("edited_message", message.json(), message.chat.id)
        self.world.bell.ring()
        return message

    def delete(self, message: Message) -> None:
        """Bots are not told."""
        message.deleted_at = self.world.clock()
        self.world.bell.ring()

    # --- pressing and reacting

    def press(
        self,
        label: str = "",
        *,
        data: str = "",
        on: Message | None = None,
        in_: Place | None = None,
        stale: bool = False,
    ) -> Press:
        """Press a button by its label (or the only one that contains it) or its callback data.

        `stale` also finds buttons that were on the message earlier: a client that has not seen the edit yet.
        """
        messages = [on] if on is not None else list(reversed((in_ or self.private).messages))
        pressed = press(self.world, self.user, messages, label, data, stale=stale)
        self.presses.append(pressed)
        return pressed

    def stop(self, in_: Place | None = None) -> int:
        """Press the Stop of the preview on screen; returns the id of the update."""
        return stop_draft(self.world, in_ or self.private)

    def react(self, message: Message, *emoji: str) -> int:
        """Set one's reactions, or take them back with none; returns the id of the update, 0 if the bot gets none."""
        old = message.reactions.get(self.id, [])
        new = [{"type": "emoji", "emoji": sign} for sign in emoji]
        message.reactions[self.id] = new
        allowed = self.world.settings.private_reactions if message.chat.is_private else False
        if not (allowed or message.chat.bot == "administrator"):
            return 0
        body = {"chat": message.chat.json(), "message_id": message.id, "user": self.user.json()}
        body |= {"date": int(self.world.clock()), "old_reaction": old, "new_reaction": new}
        return self.world.updates.add("message_reaction", body, message.chat.id)

    # --- topics and membership

    def topic(self, name: str, in_: Place | None = None) -> Place:
        """Create a topic (in a forum, or in the private chat of a bot with threaded mode)."""
        return open_topic(self.world, in_ or self.private, name, self.user)

    def block(self) -> None:
        """Block the bot; it gets `my_chat_member` and is refused with 403 from now on."""
        self.private.chat.blocked = True
        membership.tell_private(self.world, self.private.chat, self.user, old="member", new="kicked")

    def unblock(self) -> None:
        self.private.chat.blocked = False
        membership.tell_private(self.world, self.private.chat, self.user, old="kicked", new="member")

    def kick_bot(self, place: Place) -> None:
        membership.change_standing(self.world, place.chat, self.user, "kicked")

    def add_bot(self, place: Place) -> None:
        membership.change_standing(self.world, place.chat, self.user, "member")

    def promote_bot(self, place: Place) -> None:
        membership.change_standing(self.world, place.chat, self.user, "administrator")

    def migrate(self, place: Place) -> Place:
        """Turn a basic group into a supergroup; returns the new place."""
        return Place(self.world, membership.migrate(self.world, place.chat, self.user))

    # --- inside

    @property
    def _bot_name(self) -> str:
        return self.world.settings.username

    @property
    def _answers(self) -> list[PressAnswer]:
        return [press.answer for press in self.presses if press.answer is not None]

    def _place_of(self, message: Message) -> Place:
        return Place(self.world, message.chat, message.thread if message.in_topic else None)

    def _caption(self, caption: str) -> dict[str, Any]:
        return {"text": caption, "entities": found(caption, [])}

    def _post(self, in_: Place | None, **fields: Any) -> Message:
        world, place = self.world, in_ or self.private
        chat, topic = place.chat, place.topic
        assert not chat.blocked, "who has blocked the bot cannot write to it"
        assert chat.migrated_to is None, "the group has become a supergroup; write to the place migrate() returned"
        assert topic is None or not topic.closed, "the topic is closed"
        chat.opened = True
        if chat.is_private and topic is None and world.settings.has_topics_enabled:
            topic = open_topic(world, place, fields.get("text", "")[:20] or "New chat", self.user, implicit=True).topic
        reply_to = fields.pop("reply_to", None)
        anonymous = fields.get("sender_chat") is not None
        message = Message(
            world.message_id(chat),
            chat,
            GROUP_ANONYMOUS_BOT if anonymous else self.user,
            world.clock(),
            thread=topic.id if topic else chain(chat, reply_to),
            in_topic=topic is not None,
            reply_to=reply_to or topic_start(chat, topic),
            **fields,
        )
        world.keep(message)
        if membership.reaches_bot(world, message):
            message.update_id = world.updates.add("message", message.json(), chat.id, MESSAGE_LIFE)
        return message
