"""conversations.replies, history, info, open, members."""

from __future__ import annotations

from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.messages import Message
from tests.emulators.slack.methods.chat import own
from tests.emulators.slack.methods.registry import method
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.workspace import KINDS, Channel
from tests.emulators.slack.world import World

_HISTORY = " ".join(f"{kind}:history" for kind in KINDS.values())
_READ = " ".join(f"{kind}:read" for kind in KINDS.values())


@method("conversations.replies", tier=3, scopes=_HISTORY, reads_json=False)
def replies(world: World, params: Params) -> Json:
    channel = _readable(world, params, "history")
    root = params.needed("ts")
    thread = world.messages.find(channel.id, root)
    if thread is None or thread.only_for:
        raise Refused("thread_not_found")
    return _page(world, params, world.messages.listed(channel.id, thread.root))


@method("conversations.history", tier=3, scopes=_HISTORY, reads_json=False)
def history(world: World, params: Params) -> Json:
    channel = _readable(world, params, "history")
    if world.workspace.bot_user not in channel.members:
        raise Refused("not_in_channel")
    top = [m for m in world.messages.listed(channel.id) if m.thread_ts in (None, m.ts) or m.broadcast]
    return _page(world, params, top[::-1])


@method("conversations.info", tier=3, scopes=_READ, reads_json=False)
def info(world: World, params: Params) -> Json:
    channel = _readable(world, params, "read")
    shown = channel.info(world.workspace.bot_user)
    if params.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


@method("conversations.members", tier=4, scopes=_READ, reads_json=False)
def members(world: World, params: Params) -> Json:
    channel = _readable(world, params, "read")
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


@method("conversations.open", tier=3, scopes="channels:manage groups:write im:write mpim:write")
def open_conversation(world: World, params: Params) -> Json:
    if params.text("channel"):
        channel = world.workspace.channel(params.text("channel"))
        if channel.kind not in ("im", "mpim"):
            raise Refused("method_not_supported_for_channel_type")
        return {"channel": {"id": channel.id}}
    users = [user for user in params.text("users").split(",") if user]
    if not users:
        raise Refused("users_list_not_supplied")
    if len(users) > 8:
        raise Refused("too_many_users")
    for user in users:
        world.workspace.user(user)
    if len(users) == 1:
        return {"channel": {"id": world.workspace.dm_with(users[0]).id}}
    group = world.workspace.add_channel("G" + "".join(sorted(users)), kind="mpim")
    group.members.update(users)
    return {"channel": {"id": group.id}}


def _readable(world: World, params: Params, verb: str) -> Channel:
    channel = world.workspace.channel(params.needed("channel"))
    scopes = world.workspace.tokens[world.workspace.bot_token].scopes
    if channel.scope(verb) not in scopes:
        raise Refused("missing_scope", needed=channel.scope(verb), provided=",".join(sorted(scopes)))
    return channel


def _page(world: World, params: Params, found: list[Message]) -> Json:
    limit = min(max(params.number("limit", 100), 1), 999)
    oldest, latest, inclusive = params.text("oldest"), params.text("latest"), params.flag("inclusive")
    kept = [m for m in found if _after(m.ts, oldest, inclusive) and _before(m.ts, latest, inclusive)]
    start = _start(params.text("cursor"))
    page = kept[start : start + limit]
    metadata = params.flag("include_all_metadata")
    more = start + limit < len(kept)
    cursor = f"next:{start + limit}" if more else ""
    shown = [_shown(world, message, metadata) for message in page]
    return {"messages": shown, "has_more": more, "response_metadata": {"next_cursor": cursor}}


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    name, _, number = cursor.partition(":")
    if name != "next" or not number.isdigit():
        raise Refused("invalid_cursor")
    return int(number)


def _after(ts: str, oldest: str, inclusive: bool) -> bool:
    return not oldest or float(ts) > float(oldest) or (inclusive and float(ts) == float(oldest))


def _before(ts: str, latest: str, inclusive: bool) -> bool:
    return not latest or float(ts) < float(latest) or (inclusive and float(ts) == float(latest))


def _shown(world: World, message: Message, metadata: bool) -> Json:
    shown = own(world, message) if message.by_app else message.exported()
    if not (metadata and message.metadata):
        shown.pop("metadata", None)
    answers = [m for m in world.messages.listed(message.channel, message.ts) if m.ts != message.ts]
    if answers:
        shown |= {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}
    return shown
