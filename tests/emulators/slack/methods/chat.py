"""chat.postMessage, update, delete, postEphemeral, getPermalink."""

from __future__ import annotations

from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.messages import Message
from tests.emulators.slack.methods.content import content, metadata, options, thread
from tests.emulators.slack.methods.registry import method
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.world import World

UPDATE_TEXT_LIMIT = 4_000  # characters


@method("chat.postMessage", per_minute=300, scopes="chat:write")
def post_message(world: World, params: Params) -> Json:
    channel_id = params.needed("channel")
    channel = world.workspace.writable(world.workspace.dm_id(channel_id))
    message = Message(
        channel.id,
        "",
        world.workspace.bot_user,
        by_app=True,
        text=(said := content(params)).text,
        blocks=said.blocks,
        thread_ts=thread(world, channel, params),
        broadcast=params.flag("reply_broadcast"),
        metadata=metadata(params),
        options=options(params),
    )
    message.ts = world.clock.ts()
    show(world, message)
    return {"channel": channel.id, "ts": message.ts, "message": own(world, message)}


@method("chat.update", tier=3, scopes="chat:write")
def update(world: World, params: Params) -> Json:
    channel = world.workspace.channel(params.needed("channel"))
    message = world.messages.public(channel.id, params.needed("ts"))
    if channel.archived:
        raise Refused("is_inactive")
    if not message.by_app:
        raise Refused("cant_update_message")
    world.expire_streams()
    if message.streaming:
        raise Refused("streaming_state_conflict")
    before = message.exported()
    said, data = content(params, text_limit=UPDATE_TEXT_LIMIT, cut=False), metadata(params)
    message.text, message.blocks = said.text, said.blocks
    message.metadata = data or message.metadata
    message.edited = None if params.values.get("blocks") else world.clock.ts()
    world.messages.note(message, "updated")
    world.changed(message, before)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": own(world, message)}


@method("chat.delete", tier=3, scopes="chat:write")
def delete(world: World, params: Params) -> Json:
    channel = world.workspace.channel(params.needed("channel"))
    message = world.messages.public(channel.id, params.needed("ts"))
    if not message.by_app:
        raise Refused("cant_delete_message")
    world.remove(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral", tier=4, scopes="chat:write")
def post_ephemeral(world: World, params: Params) -> Json:
    channel = world.workspace.writable(params.needed("channel"))
    reader = params.needed("user")
    if reader not in channel.members:
        raise Refused("user_not_in_channel")
    said = content(params, cut=False)
    message = Message(
        channel.id,
        "",
        world.workspace.bot_user,
        by_app=True,
        text=said.text,
        blocks=said.blocks,
        thread_ts=thread(world, channel, params),
        only_for=reader,
        options=options(params),
    )
    message.ts = world.clock.ts()
    world.messages.add(message)
    return {"message_ts": message.ts}


@method("chat.getPermalink", per_minute=300, reads_json=False)
def get_permalink(world: World, params: Params) -> Json:
    channel = world.workspace.channel(params.needed("channel"))
    message = world.messages.public(channel.id, params.needed("message_ts"))
    link = f"https://{world.workspace.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def show(world: World, message: Message) -> None:
    """Put a message of the app on screen, with what follows from that."""
    world.messages.add(message)
    world.sessions.replied(message.channel, message.thread_ts or "")
    if world.echo:
        channel = world.workspace.channels[message.channel]
        world.publish_message(world.posted(message, world.workspace.team), channel)


def own(world: World, message: Message) -> Json:
    workspace = world.workspace
    profile = {"id": workspace.bot, "app_id": workspace.app, "team_id": workspace.team}
    ids = {"bot_id": workspace.bot, "app_id": workspace.app, "team": workspace.team, "bot_profile": profile}
    return message.exported(metadata=True) | ids
