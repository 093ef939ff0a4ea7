"""assistant.threads.* and agents.sessions.*."""

from __future__ import annotations

from typing import Any

from tests.emulators.slack.errors import Json, Refused, missing
from tests.emulators.slack.methods.registry import method
from tests.emulators.slack.methods.streaming import SESSION_STATUSES
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.sessions import Prompts
from tests.emulators.slack.workspace import Channel
from tests.emulators.slack.world import World

MOST_PROMPTS = 4
TITLE_LIMIT = 200  # characters


@method("assistant.threads.setStatus", per_minute=600, scopes="chat:write assistant:write")
def set_status(world: World, params: Params) -> Json:
    channel, root = _thread(world, params)
    if "status" not in params.values:
        raise missing("status")
    loading: Any = params.parsed("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > 10:
        raise Refused("invalid_arguments", ["[ERROR] no more than 10 items allowed [json-pointer:/loading_messages]"])
    text = params.text("status")
    world.sessions.set_status(channel.id, root, text, tuple(map(str, loading)))
    if world.workspace.agent_view:
        world.sessions.ensure(channel.id, root).become("processing" if text else "active")
    return {}


@method("assistant.threads.setTitle", tier=4, scopes="assistant:write")
def set_title(world: World, params: Params) -> Json:
    channel, root = _thread(world, params)
    world.sessions.ensure(channel.id, root).title = _title(params)
    return {}


@method("assistant.threads.setSuggestedPrompts", tier=4, scopes="assistant:write")
def set_suggested_prompts(world: World, params: Params) -> Json:
    channel = world.workspace.channel(params.needed("channel_id"))
    if not channel.is_dm:
        raise Refused("method_not_supported_for_channel_type")
    prompts: Any = params.parsed("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS or not all(map(_is_prompt, prompts)):
        raise Refused("invalid_arguments", ["[ERROR] 1 to 4 prompts with title and message [json-pointer:/prompts]"])
    if world.workspace.agent_view and params.text("thread_ts"):
        return {}  # accepted, and shown nowhere
    if not world.workspace.agent_view:
        _thread(world, params)
    world.sessions.prompts[channel.id] = Prompts(params.text("title"), tuple(prompts))
    return {}


@method("agents.sessions.setStatus", tier=4, scopes="chat:write")
def set_session_status(world: World, params: Params) -> Json:
    channel, root = _session(world, params)
    status = params.needed("status")
    if status not in SESSION_STATUSES:
        raise Refused(
            "invalid_arguments", [f"[ERROR] must be one of {', '.join(SESSION_STATUSES)} [json-pointer:/status]"]
        )
    title = _title(params) if params.text("title") else ""
    world.sessions.ensure(channel.id, root, title).become(status)
    if status == "processing" and "agent_session_stopped" not in world.workspace.events:
        return {"warning": "missing_agent_session_stopped_event_subscription"}
    return {}


@method("agents.sessions.rename", tier=4, scopes="chat:write")
def rename_session(world: World, params: Params) -> Json:
    channel, root = _session(world, params)
    world.sessions.ensure(channel.id, root).title = _title(params)
    return {}


def _session(world: World, params: Params) -> tuple[Channel, str]:
    if not world.workspace.agent_view:
        raise Refused("feature_not_enabled")
    return _thread(world, params)


def _thread(world: World, params: Params) -> tuple[Channel, str]:
    channel = world.workspace.channel(params.needed("channel_id"))
    root = params.needed("thread_ts")
    if not world.messages.has_thread(channel.id, root):
        raise Refused("invalid_thread_ts")
    return channel, root


def _title(params: Params) -> str:
    title = params.needed("title")
    if len(title) > TITLE_LIMIT:
        raise Refused(
            "invalid_arguments", [f"[ERROR] must be less than {TITLE_LIMIT + 1} characters [json-pointer:/title]"]
        )
    return title


def _is_prompt(prompt: Any) -> bool:
    return isinstance(prompt, dict) and all(
        isinstance(prompt.get(key), str) and prompt[key] for key in ("title", "message")
    )
