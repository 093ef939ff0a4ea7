"""Streamed previews and chat actions (Bot API "sendMessageDraft", "sendChatAction")."""

from __future__ import annotations

from tests.emulators.telegram.entities import TEXT_LIMIT, formatted, within
from tests.emulators.telegram.parse_modes import parsed_text
from tests.emulators.telegram.records import Chat, ChatAction, Draft, Json
from tests.emulators.telegram.refusals import bad_request
from tests.emulators.telegram.rich import checked_rich
from tests.emulators.telegram.world import World

_ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}


def send_message_draft(world: World, params: Json) -> bool:
    chat = _private(world, params)
    text, entities = params.get("text", ""), params.get("entities", [])
    if params.get("parse_mode"):
        text, entities = parsed_text(text, params["parse_mode"], world.changed)
    result = formatted(text, entities, world.changed)
    within(result.text, TEXT_LIMIT)
    draft = _draft(world, chat, params)
    draft.entities, draft.rich = result.entities, None
    return _shown(world, draft, result.text)


def send_rich_message_draft(world: World, params: Json) -> bool:
    chat = _private(world, params)
    rich = checked_rich(params["rich_message"], draft=True)
    draft = _draft(world, chat, params)
    draft.entities, draft.rich = [], rich
    return _shown(world, draft, str(rich.get("markdown") or rich.get("html") or ""))


def send_chat_action(world: World, params: Json) -> bool:
    chat = world.chat(params["chat_id"])
    topic = world.thread(chat, params.get("message_thread_id"))
    if params["action"] not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.flood.draft(chat.id)
    chat.actions.append(ChatAction(world.clock(), params["action"], topic.id if topic else None))
    world.bell.ring()
    return True


def _private(world: World, params: Json) -> Chat:
    chat = world.chat(params["chat_id"])
    if not chat.is_private:
        raise bad_request("TEXTDRAFT_PEER_INVALID")
    if not params["draft_id"]:
        raise bad_request("DRAFT_ID_INVALID")
    return chat


def _draft(world: World, chat: Chat, params: Json) -> Draft:
    """The same id goes on with the preview, another one replaces it."""
    topic = world.thread(chat, params.get("message_thread_id"))
    world.flood.draft(chat.id)
    thread = topic.id if topic else None
    draft = world.live_draft(chat, thread)
    if draft is None or draft.id != params["draft_id"]:
        if draft is not None:
            draft.removed_at = world.clock()
        draft = Draft(params["draft_id"], chat, thread)
        chat.drafts.append(draft)
    draft.can_stop, draft.keep_on_stop = params.get("can_stop", False), params.get("keep_on_stop", False)
    return draft


def _shown(world: World, draft: Draft, text: str) -> bool:
    draft.frames.append((world.clock(), text))
    world.bell.ring()
    return True
