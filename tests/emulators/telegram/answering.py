"""Answers to pressed buttons, and reactions by the bot."""

from __future__ import annotations

from telegram.constants import ReactionEmoji

from tests.emulators.telegram.links import objection
from tests.emulators.telegram.records import Json, PressAnswer
from tests.emulators.telegram.refusals import bad_request
from tests.emulators.telegram.world import World

ANSWERABLE = 15.0  # seconds after the press
STANDARD_REACTIONS = frozenset(emoji.value.replace("\ufe0f", "") for emoji in ReactionEmoji)


def answer_callback_query(world: World, params: Json) -> bool:
    press = world.presses.get(params["callback_query_id"])
    if press is None or world.clock() - press.at > ANSWERABLE:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text, url = params.get("text", ""), params.get("url", "")
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    if url and objection(url):
        raise bad_request("URL_INVALID")
    press.answers.append(PressAnswer(world.clock(), text, bool(params.get("show_alert")), url))
    world.bell.ring()
    return True


def set_message_reaction(world: World, params: Json) -> bool:
    chat = world.chat(params["chat_id"])
    message = world.message(chat, params["message_id"], "message to react not found")
    reaction = params.get("reaction", [])
    if len(reaction) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    for item in reaction:
        if item["type"] != "emoji" or item["emoji"].replace("\ufe0f", "") not in STANDARD_REACTIONS:
            raise bad_request("REACTION_INVALID")
    message.reactions[world.bot.id] = reaction
    world.bell.ring()
    return True
