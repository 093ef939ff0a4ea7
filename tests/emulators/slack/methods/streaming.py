"""chat.startStream, appendStream, stopStream."""

from __future__ import annotations

from typing import Any

from tests.emulators.slack import blocks as block_kit
from tests.emulators.slack.errors import Json, Refused, missing
from tests.emulators.slack.messages import Message
from tests.emulators.slack.methods.chat import own, show
from tests.emulators.slack.methods.content import metadata, options, thread
from tests.emulators.slack.methods.registry import method
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.streams import Stream, read_chunks
from tests.emulators.slack.workspace import Channel
from tests.emulators.slack.world import World

SESSION_STATUSES = ("active", "processing", "suspended", "closed")


@method("chat.startStream", tier=2, scopes="chat:write")
def start_stream(world: World, params: Params) -> Json:
    channel = world.workspace.writable(params.needed("channel"))
    root = thread(world, channel, params)
    if root is None:
        raise missing("thread_ts")
    if not channel.is_dm:
        _check_recipient(world, params)
    if params.text("task_display_mode") not in ("", "timeline", "plan", "dense"):
        raise Refused(
            "invalid_arguments", ["[ERROR] must be timeline, plan or dense [json-pointer:/task_display_mode]"]
        )
    stream = Stream(world.clock.now())
    _append(stream, params)
    message = Message(
        channel.id, world.clock.ts(), world.workspace.bot_user, by_app=True, thread_ts=root, stream=stream
    )
    message.options = options(params)
    _put_together(message)
    show(world, message)
    if world.workspace.agent_view:
        world.sessions.ensure(channel.id, root).become("processing")
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream", tier=4, scopes="chat:write")
def append_stream(world: World, params: Params) -> Json:
    message, stream = _live(world, params)
    if not params.text("markdown_text") and not params.parsed("chunks"):
        raise Refused("no_text")
    _append(stream, params)
    _put_together(message)
    world.messages.note(message, "streamed")
    return {"channel": message.channel, "ts": message.ts}


@method("chat.stopStream", tier=2, scopes="chat:write")
def stop_stream(world: World, params: Params) -> Json:
    message, stream = _live(world, params, stopping=True)
    blocks = params.parsed("blocks", "invalid_blocks_format")
    status = params.text("session_status") or "active"
    if status not in SESSION_STATUSES:
        raise Refused("invalid_arguments", ["[ERROR] unknown status [json-pointer:/session_status]"])
    final = block_kit.message_blocks(blocks, streamed=True) if blocks is not None else []
    data = metadata(params)
    before = message.exported()
    stream.add(params.text("markdown_text"), read_chunks(params.parsed("chunks", "invalid_chunks")))
    stream.state = "stopped"
    message.metadata = data or message.metadata
    _put_together(message, final)
    world.messages.note(message, "stopped")
    world.changed(message, before)
    if world.workspace.agent_view:
        world.sessions.ensure(message.channel, message.root).become(status)
    return {"channel": message.channel, "ts": message.ts, "message": own(world, message)}


def _check_recipient(world: World, params: Params) -> None:
    user, team = params.text("recipient_user_id"), params.text("recipient_team_id")
    if not team:
        raise Refused("missing_recipient_team_id")
    if not user:
        raise Refused("missing_recipient_user_id")
    recipient = world.workspace.user(user)
    if recipient.is_bot:
        raise Refused("user_not_found")
    if recipient.team != team:
        raise Refused("team_not_found")


def _append(stream: Stream, params: Params) -> None:
    markdown = params.text("markdown_text")
    chunks: Any = params.parsed("chunks", "invalid_chunks")
    if markdown and chunks:
        raise Refused("invalid_arguments", ["[ERROR] only one of markdown_text and chunks"])
    if params.values.get("blocks"):
        raise Refused("invalid_arguments", ["[ERROR] invalid additional property: blocks"])
    stream.add(markdown, read_chunks(chunks))


def _live(world: World, params: Params, *, stopping: bool = False) -> tuple[Message, Stream]:
    channel: Channel = world.workspace.channel(params.needed("channel"))
    message = world.messages.public(channel.id, params.needed("ts"))
    if not message.by_app:
        raise Refused("message_not_owned_by_app")
    if channel.archived:
        raise Refused("is_archived")
    world.expire_streams()
    stream = message.stream
    if stream is None or not stream.live:
        by_user = stream is not None and stream.state == "stopped_by_user" and not stopping
        raise Refused("stopped_by_user" if by_user else "message_not_in_streaming_state")
    return message, stream


def _put_together(message: Message, final: list[Json] | None = None) -> None:
    assert message.stream is not None
    message.blocks = message.stream.blocks(final or [])
    message.text = "".join(part["text"] for part in message.stream.parts if part["type"] == "markdown")
