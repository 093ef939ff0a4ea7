"""The payloads Slack sends: events, interactions, commands. Pure.

Source: docs.slack.dev, Events API and interactivity payload references.
"""

from __future__ import annotations

from typing import Any

from tests.emulators.slack import entries
from tests.emulators.slack.errors import Json
from tests.emulators.slack.messages import Message
from tests.emulators.slack.views import View
from tests.emulators.slack.workspace import Channel, User, Workspace

SUBSCRIPTION = {"channel": "message.channels", "group": "message.groups", "im": "message.im", "mpim": "message.mpim"}


def callback(
    workspace: Workspace, event: Json, event_id: str, now: float, *, shared: bool, user_team: str = ""
) -> Json:
    """`user_team` is the home of the person who caused it, where that is another workspace (Slack Connect)."""
    authorization = {
        "enterprise_id": None,
        "team_id": workspace.team,
        "user_id": workspace.bot_user,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": "emulated-verification-token",
        "team_id": workspace.team,
        "context_team_id": user_team or workspace.team,
        "context_enterprise_id": None,
        "api_app_id": workspace.app,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [authorization],
        "is_ext_shared_channel": shared,
        "event_context": "4-emulated",
    }


def message(workspace: Workspace, message: Message, channel: Channel, team: str, parent: Message | None) -> Json:
    """`parent` is the root of the thread, for a reply."""
    event = message.exported() | {
        "team": team,
        "channel": channel.id,
        "channel_type": channel.kind,
        "event_ts": message.ts,
    }
    if message.by_app:
        event |= {"bot_id": workspace.bot, "app_id": workspace.app, "bot_profile": {"id": workspace.bot}}
    else:
        event["client_msg_id"] = f"client-{message.ts}"
    if parent is not None:
        event["parent_user_id"] = parent.author
    return event


def bot(user: str) -> Json:
    """What marks a message as written by another app."""
    id, app = f"B{user}", f"A{user}"
    return {"bot_id": id, "app_id": app, "bot_profile": {"id": id, "app_id": app, "name": user.lower()}}


def mention(posted: Json) -> Json:
    return {key: value for key, value in posted.items() if key not in ("channel_type", "subtype")} | {
        "type": "app_mention"
    }


def changed(workspace: Workspace, now: Json, before: Json, channel: Channel, event_ts: str) -> Json:
    nested = {"team": workspace.team}
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": now | nested,
        "previous_message": before | nested,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": event_ts,
        "event_ts": event_ts,
    }


def deleted(before: Json, channel: Channel, event_ts: str) -> Json:
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": before["ts"],
        "previous_message": before,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": event_ts,
        "event_ts": event_ts,
    }


def reaction(kind: str, user: str, name: str, message: Message, event_ts: str) -> Json:
    return {
        "type": kind,
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.author,
        "event_ts": event_ts,
    }


def _interaction(workspace: Workspace, kind: str, user: User) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team},
        "api_app_id": workspace.app,
        "token": "emulated-verification-token",
        "team": {"id": workspace.team, "domain": workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_actions(
    workspace: Workspace,
    user: User,
    channel: Channel,
    message: Message,
    *,
    actions: list[Json],
    state: Json,
    trigger_id: str,
    response_url: str,
) -> Json:
    ephemeral = message.only_for is not None
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = _interaction(workspace, "block_actions", user) | {
        "container": container,
        "trigger_id": trigger_id,
        "channel": {"id": channel.id, "name": "directmessage" if channel.is_dm else channel.name},
        "state": {"values": state},
        "response_url": response_url,
        "actions": actions,
    }
    if not ephemeral:
        payload["message"] = message.exported() | {
            "bot_id": workspace.bot,
            "app_id": workspace.app,
            "team": workspace.team,
        }
    return payload


def view_actions(workspace: Workspace, user: User, view: View, actions: list[Json], trigger_id: str) -> Json:
    return _interaction(workspace, "block_actions", user) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": shown_view(workspace, view),
        "actions": actions,
    }


def view_submission(workspace: Workspace, user: User, view: View, trigger_id: str) -> Json:
    return _interaction(workspace, "view_submission", user) | {
        "trigger_id": trigger_id,
        "view": shown_view(workspace, view),
        "response_urls": [],
    }


def view_closed(workspace: Workspace, user: User, view: View, is_cleared: bool) -> Json:
    return _interaction(workspace, "view_closed", user) | {
        "view": shown_view(workspace, view),
        "is_cleared": is_cleared,
    }


def suggestion(workspace: Workspace, user: User, action: Json, query: str, more: Json) -> Json:
    ids = {"action_id": action["action_id"], "block_id": action["block_id"], "value": query}
    return _interaction(workspace, "block_suggestion", user) | ids | more


def shortcut(workspace: Workspace, user: User, callback_id: str, trigger_id: str, action_ts: str) -> Json:
    return _interaction(workspace, "shortcut", user) | {
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": action_ts,
    }


def message_shortcut(
    workspace: Workspace, user: User, callback_id: str, message: Message, channel: Channel, more: Json
) -> Json:
    return _interaction(workspace, "message_action", user) | {
        "callback_id": callback_id,
        "message": message.exported(),
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel.name},
        **more,
    }


def command(workspace: Workspace, user: User, channel: Channel, name: str, text: str, more: Json) -> Json:
    return {
        "token": "emulated-verification-token",
        "team_id": workspace.team,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_dm else channel.name,
        "user_id": user.id,
        "user_name": user.handle,
        "command": name,
        "text": text,
        "api_app_id": workspace.app,
        "is_enterprise_install": "false",
        **more,
    }


def shown_view(workspace: Workspace, view: View) -> Json:
    """A view as responses and payloads have it, what the person entered included."""
    defaults: dict[str, Any] = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        "title": None,
    }
    return {
        **defaults,
        **view.spec,
        "id": view.id,
        "team_id": workspace.team,
        "state": {"values": entries.state(view.blocks, view.values)},
        "hash": view.hash,
        "previous_view_id": view.previous,
        "root_view_id": view.root,
        "app_id": workspace.app,
        "app_installed_team_id": workspace.team,
        "bot_id": workspace.bot,
    }
