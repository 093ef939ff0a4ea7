"""reactions.add, reactions.remove."""

from __future__ import annotations

import re

from tests.emulators.slack import events
from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.messages import Message
from tests.emulators.slack.methods.registry import method
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.world import World

_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


@method("reactions.add", tier=3, scopes="reactions:write")
def add(world: World, params: Params) -> Json:
    message, name = _target(world, params)
    if world.workspace.channels[message.channel].archived:
        raise Refused("is_archived")
    if not _NAME.fullmatch(name):
        raise Refused("invalid_name")
    me = world.workspace.bot_user
    if me in message.reactions.get(name, []):
        raise Refused("already_reacted")
    message.reactions.setdefault(name, []).append(me)
    _tell(world, "reaction_added", name, message)
    return {}


@method("reactions.remove", tier=2, scopes="reactions:write")
def remove(world: World, params: Params) -> Json:
    message, name = _target(world, params)
    users = message.reactions.get(name, [])
    if world.workspace.bot_user not in users:
        raise Refused("no_reaction")
    users.remove(world.workspace.bot_user)
    if not users:
        del message.reactions[name]
    _tell(world, "reaction_removed", name, message)
    return {}


def _target(world: World, params: Params) -> tuple[Message, str]:
    if not params.text("channel") or not params.text("timestamp"):
        raise Refused("no_item_specified")
    channel = world.workspace.channel(params.needed("channel"))
    name = params.needed("name")
    if not re.fullmatch(r"\d+\.\d+", params.text("timestamp")):
        raise Refused("bad_timestamp")
    return world.messages.public(channel.id, params.text("timestamp")), name


def _tell(world: World, kind: str, name: str, message: Message) -> None:
    if world.echo:
        event = events.reaction(kind, world.workspace.bot_user, name, message, world.clock.ts())
        world.publish(event, kind)
