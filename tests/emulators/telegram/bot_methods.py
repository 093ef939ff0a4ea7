"""What the bot is, what it offers, and where it gets its updates from."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tests.emulators.telegram.records import Json, Topic
from tests.emulators.telegram.refusals import bad_request
from tests.emulators.telegram.world import World

DOWNLOAD_LIMIT = 20 * 1024 * 1024  # bytes
_COMMAND = re.compile(r"^[a-z0-9_]{1,32}$")


def get_me(world: World, _: Json) -> Json:
    settings = world.settings
    return {
        **world.bot.json(),
        "username": settings.username,
        "can_join_groups": True,
        "can_read_all_group_messages": settings.can_read_all_group_messages,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": settings.has_topics_enabled,
        "allows_users_to_create_topics": settings.has_topics_enabled,
        "can_manage_bots": False,
        "supports_guest_queries": False,
    }


def set_my_commands(world: World, params: Json) -> bool:
    if len(params["commands"]) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in params["commands"]:
        if not _COMMAND.match(command["command"].removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(params)] = params["commands"]
    world.bell.ring()
    return True


def delete_my_commands(world: World, params: Json) -> bool:
    world.commands.pop(_scope(params), None)
    return True


def get_my_commands(world: World, params: Json) -> list[Json]:
    return world.commands.get(_scope(params), [])


def set_my_description(world: World, params: Json) -> bool:
    return _describe(world, "description", 512, params)


def set_my_short_description(world: World, params: Json) -> bool:
    return _describe(world, "short_description", 120, params)


def get_my_description(world: World, params: Json) -> Json:
    return {"description": world.profile.get(("description", params.get("language_code", "")), "")}


def get_my_short_description(world: World, params: Json) -> Json:
    return {"short_description": world.profile.get(("short_description", params.get("language_code", "")), "")}


def set_chat_menu_button(world: World, params: Json) -> bool:
    world.menu_buttons[params.get("chat_id", 0)] = params.get("menu_button", {"type": "default"})
    return True


def get_chat(world: World, params: Json) -> Json:
    chat = world.chat(params["chat_id"])
    reactions = {"gifts_from_channels": False, "premium_subscription": False}
    gifts = {"unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, **reactions}
    return {**chat.json(), "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


def get_file(world: World, params: Json) -> Json:
    file = world.files.get(params["file_id"])
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": file.size, "file_path": file.path}


def create_forum_topic(world: World, params: Json) -> Json:
    chat = world.chat(params["chat_id"])
    if chat.is_private and not world.settings.has_topics_enabled:
        raise bad_request("the chat is not a forum")
    if not chat.is_private and not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not chat.is_private and chat.bot != "administrator":
        raise bad_request("not enough rights to create a topic")
    _check_topic_name(params["name"])
    topic = Topic(world.message_id(chat), params["name"], world.bot)
    chat.topics[topic.id] = topic
    world.bell.ring()
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": params.get("icon_color", 7322096)}


def edit_forum_topic(world: World, params: Json) -> bool:
    chat = world.chat(params["chat_id"])
    topic = chat.topics.get(params["message_thread_id"])
    if topic is None or topic.deleted:
        raise bad_request("message thread not found")
    if not chat.is_private and chat.bot != "administrator" and topic.creator is not world.bot:
        raise bad_request("not enough rights to edit the topic")
    if "name" in params:
        _check_topic_name(params["name"])
        if params["name"] == topic.name:
            raise bad_request("TOPIC_NOT_MODIFIED")
        topic.name, topic.implicit = params["name"], False
    world.bell.ring()
    return True


def set_webhook(world: World, params: Json) -> bool:
    url = params["url"]
    if not url:
        return delete_webhook(world, params)
    parts = urlsplit(url)
    if not world.settings.local_server and parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not world.settings.local_server and (parts.port or 443) not in (443, 80, 88, 8443):
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if not 1 <= params.get("max_connections", 40) <= 100:
        raise bad_request("bad webhook: max_connections must be between 1 and 100")
    secret = params.get("secret_token", "")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    _drop_pending(world, params)
    world.updates.allow(params.get("allowed_updates"))
    world.webhook = {"url": url, "secret_token": secret, "max_connections": params.get("max_connections", 40)}
    world.updates.webhook_active = True
    world.updates.interrupt()
    world.bell.ring()
    return True


def delete_webhook(world: World, params: Json) -> bool:
    _drop_pending(world, params)
    world.webhook = {}
    world.updates.webhook_active = False
    world.bell.ring()
    return True


def get_webhook_info(world: World, _: Json) -> Json:
    info: Json = {
        "url": world.webhook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.pending),
    }
    if not world.webhook:
        return info
    info |= {"max_connections": world.webhook["max_connections"], "allowed_updates": sorted(world.updates.allowed)}
    return info | {
        name: world.webhook[name] for name in ("last_error_date", "last_error_message") if name in world.webhook
    }


def _drop_pending(world: World, params: Json) -> None:
    if params.get("drop_pending_updates"):
        for update in world.updates.pending:
            world.updates.confirm(update)


def _scope(params: Json) -> tuple[str, str]:
    scope = params.get("scope", {"type": "default"})
    name = ":".join(str(scope[key]) for key in ("type", "chat_id", "user_id") if key in scope)
    return name, params.get("language_code", "")


def _describe(world: World, what: str, limit: int, params: Json) -> bool:
    text = params.get(what, "")
    if len(text) > limit:
        raise bad_request("BOT_DESCRIPTION_TOO_LONG" if what == "description" else "BOT_SHORT_DESCRIPTION_TOO_LONG")
    world.profile[what, params.get("language_code", "")] = text
    world.bell.ring()
    return True


def _check_topic_name(name: str) -> None:
    if not 1 <= len(name) <= 128:
        raise bad_request("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
