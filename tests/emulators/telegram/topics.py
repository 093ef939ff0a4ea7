"""Topics as people open them."""

from __future__ import annotations

from tests.emulators.telegram import membership
from tests.emulators.telegram.places import Place
from tests.emulators.telegram.records import Chat, Message, Topic, User
from tests.emulators.telegram.world import World


def open_topic(world: World, place: Place, name: str, creator: User, *, implicit: bool = False) -> Place:
    """A new topic with its service message; `implicit` for one that a message outside of any topic has opened."""
    chat = place.chat
    assert chat.is_forum or (chat.is_private and world.settings.has_topics_enabled), "no topics here"
    chat.opened = True
    topic = Topic(world.message_id(chat), name, creator, implicit)
    chat.topics[topic.id] = topic
    created = {"name": name, "icon_color": 7322096, **({"is_name_implicit": True} if implicit else {})}
    start = Message(
        topic.id,
        chat,
        creator,
        world.clock(),
        media={"forum_topic_created": created},
        thread=topic.id,
        in_topic=True,
    )
    world.keep(start)
    membership.tell_service(world, start)
    return place.at(topic.id)


def topic_start(chat: Chat, topic: Topic | None) -> Message | None:
    """In forum topics every message that answers nothing else replies to the service message that opened the topic."""
    return chat.messages.get(topic.id) if topic is not None and not chat.is_private else None
