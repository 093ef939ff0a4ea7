"""Raw updates and what they mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.telegram.addressing import Me
from adapters.telegram.inbound import ANONYMOUS_ADMIN, read
from adapters.telegram.presses import opened_handle
from bridge.domain import controls
from bridge.domain.ids import InteractionId, TurnId
from bridge.domain.phrases import REASONS
from bridge.domain.updates import (
    AnswerAction,
    AnswerActionChosen,
    CommandGiven,
    FeedbackGiven,
    FormMove,
    FormStepTaken,
    InteractionCancelled,
    MessageEdited,
    MessageReceived,
    OptionChosen,
    QuickReplyChosen,
    Rating,
    ReachabilityChanged,
    StopRequested,
    Unreadable,
    UnsupportedReceived,
    Update,
    VoteSource,
)

ME = Me(999, "Fast_bot")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ADA = {"id": 5, "is_bot": False, "first_name": "Ada", "last_name": "L.", "language_code": "de"}
BOT = {"id": 999, "is_bot": True, "first_name": "Fast", "username": "Fast_bot"}
OTHER_BOT = {"id": 998, "is_bot": True, "first_name": "Other", "username": "other_bot"}
PRIVATE = {"id": 5, "type": "private", "first_name": "Ada"}
GROUP = {"id": -1001234, "type": "supergroup", "title": "Team"}
TURN, INTERACTION = TurnId("turn0000000000000000001"), InteractionId("interaction00001")


def message(chat: dict[str, Any] = PRIVATE, **fields: Any) -> dict[str, Any]:
    return {"message_id": 7, "date": 1_700_000_000, "chat": chat, "from": ADA, **fields}


def meaning(kind: str = "message", /, **body: Any) -> Update | None:
    return read({"update_id": 1, kind: body}, ME, NOW)


def received(chat: dict[str, Any] = PRIVATE, **fields: Any) -> MessageReceived:
    update = meaning(**message(chat, **fields))
    assert isinstance(update, MessageReceived), update
    return update


def entity(text: str, part: str, type: str, **fields: Any) -> dict[str, Any]:
    before = text[: text.index(part)]
    size = len(part.encode("utf-16-le")) // 2
    return {"type": type, "offset": len(before.encode("utf-16-le")) // 2, "length": size, **fields}


# --- who is meant


@pytest.mark.parametrize(
    ("text", "mentioned", "left"),
    [
        ("@Fast_bot what is this?", "@Fast_bot", "what is this?"),
        ("@fast_BOT, what?", "@fast_BOT", "what?"),
        ("Hey 👋🏽 @Fast_bot what?", "@Fast_bot", "Hey 👋🏽  what?"),
        ("请问 @Fast_bot：你好", "@Fast_bot", "请问 ：你好"),
    ],
)
def test_a_mention_addresses_the_bot_and_is_taken_out(text: str, mentioned: str, left: str) -> None:
    update = received(GROUP, text=text, entities=[entity(text, mentioned, "mention")])
    assert (update.text, update.addressed, update.channel) == (left, True, "Team")


def test_a_mention_by_name_counts() -> None:
    text = "Fast, hello"
    update = received(GROUP, text=text, entities=[entity(text, "Fast", "text_mention", user=BOT)])
    assert (update.text, update.addressed) == ("hello", True)


@pytest.mark.parametrize("name", ["@Fast_bot2", "@other_bot"])
def test_a_mention_of_somebody_else_does_not(name: str) -> None:
    update = received(GROUP, text=f"{name} hi", entities=[entity(f"{name} hi", name, "mention")])
    assert (update.text, update.addressed) == (f"{name} hi", False)


def test_a_reply_to_the_bot_addresses_it_and_quotes_nothing() -> None:
    update = received(GROUP, text="and?", reply_to_message=message(GROUP, text="An answer", **{"from": BOT}))
    assert (update.addressed, update.quoted) == (True, "")


def test_a_picked_passage_is_quoted_even_of_the_bot() -> None:
    replied = message(GROUP, text="An answer", **{"from": BOT})
    assert received(GROUP, text="why?", reply_to_message=replied, quote={"text": "answer"}).quoted == "answer"


def test_what_somebody_else_said_is_quoted() -> None:
    assert received(PRIVATE, text="explain", reply_to_message=message(text="E = mc²")).quoted == "E = mc²"


def test_the_first_message_of_a_topic_is_no_reply_to_the_bot() -> None:
    opened = message(GROUP, forum_topic_created={"name": "News"}, **{"from": BOT})
    update = received(GROUP, text="hi", message_thread_id=3, is_topic_message=True, reply_to_message=opened)
    assert (update.addressed, update.quoted, update.conversation.address) == (False, "", "-1001234/3")


def test_a_reply_chain_is_no_topic() -> None:
    assert received(GROUP, text="hi", message_thread_id=3).conversation.address == "-1001234"


def test_a_bare_mention_of_a_message_asks_about_it() -> None:
    update = received(
        GROUP,
        text="@Fast_bot",
        entities=[entity("@Fast_bot", "@Fast_bot", "mention")],
        reply_to_message=message(GROUP, text="Is this true?"),
    )
    assert (update.text, update.quoted) == ("Is this true?", "")


@pytest.mark.parametrize(
    "fields",
    [
        {"from": OTHER_BOT, "text": "spam"},
        {"text": "via me", "via_bot": BOT},
        {"text": "post", "is_automatic_forward": True},
        {"new_chat_members": [BOT]},
        {"pinned_message": message(GROUP, text="x")},
        {"text": "post", "from": None},
    ],
)
def test_what_is_nobodys_question_is_ignored(fields: dict[str, Any]) -> None:
    assert meaning(**message(GROUP, **fields)) is None


@pytest.mark.parametrize("kind", ["message", "edited_message"])
@pytest.mark.parametrize(
    "words",
    [
        {"text": "@Fast_bot and you?", "entities": [entity("@Fast_bot and you?", "@Fast_bot", "mention")]},
        {"text": "and you?", "reply_to_message": message(GROUP, text="answer", **{"from": BOT})},
        {"text": "/ask@Fast_bot x", "entities": [entity("/ask@Fast_bot x", "/ask@Fast_bot", "bot_command")]},
    ],
    ids=["a mention", "a reply", "a command"],
)
def test_another_bot_is_not_answered_however_it_addresses_this_one(kind: str, words: dict[str, Any]) -> None:
    said = message(GROUP, edit_date=2, **{"from": OTHER_BOT}, **words)
    assert meaning(kind, **said) is None
    assert meaning(kind, **said | {"from": ADA}) is not None


def test_channel_posts_are_ignored() -> None:
    assert meaning("channel_post", **message({"id": -100, "type": "channel", "title": "News"}, text="x")) is None


def test_an_anonymous_admin_is_the_group() -> None:
    hidden = {"id": ANONYMOUS_ADMIN, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    update = received(GROUP, text="hi", sender_chat=GROUP, **{"from": hidden})
    assert (update.by.id, update.by.name) == ("-1001234", "Team")


# --- commands


def command(text: str, chat: dict[str, Any] = PRIVATE, **fields: Any) -> Update | None:
    name = text.split()[0]
    return meaning(**message(chat, text=text, entities=[entity(text, name, "bot_command")], **fields))


def test_a_path_is_for_the_assistant_even_if_telegram_marks_its_beginning() -> None:
    text = "/etc.conf is what?"
    update = meaning(**message(PRIVATE, text=text, entities=[entity(text, "/etc", "bot_command")]))
    assert isinstance(update, MessageReceived)
    assert update.text == text


def test_commands_have_a_name_and_an_argument() -> None:
    update = command("/start app_sales")
    assert isinstance(update, CommandGiven)
    assert (update.name, update.argument, update.private) == ("start", "app_sales", True)


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("/new", True),
        ("/new@fast_bot", True),
        ("/new@other_bot", False),
        ("/weather", False),
        ("/weather@Fast_bot", True),
    ],
)
def test_in_a_group_only_commands_for_the_bot_count(text: str, is_ours: bool) -> None:
    assert isinstance(command(text, GROUP), CommandGiven) is is_ours


def test_stop_does_not_wait_in_line_as_a_command() -> None:
    assert isinstance(command("/stop@Fast_bot", GROUP), StopRequested)


def test_ask_is_a_question() -> None:
    update = command("/ask why is it blue?", GROUP)
    assert isinstance(update, MessageReceived)
    assert (update.text, update.addressed) == ("why is it blue?", True)


def test_ask_without_a_question_asks_about_the_message_it_replies_to() -> None:
    update = command("/ask", GROUP, reply_to_message=message(GROUP, text="Is it blue?"))
    assert isinstance(update, MessageReceived)
    assert (update.text, update.quoted) == ("Is it blue?", "")


def test_ask_alone_is_a_command_the_core_can_explain() -> None:
    assert isinstance(command("/ask", GROUP), CommandGiven)


# --- content


FILE = {"file_id": "F", "file_unique_id": "U", "file_size": 10}


@pytest.mark.parametrize(
    ("fields", "name", "media_type"),
    [
        ({"photo": [{**FILE, "file_id": "small"}, FILE]}, "photo_7.jpg", "image/jpeg"),
        ({"document": {**FILE, "file_name": "a.pdf", "mime_type": "application/pdf"}}, "a.pdf", "application/pdf"),
        ({"voice": {**FILE, "mime_type": "audio/ogg"}}, "voice_7.ogg", "audio/ogg"),
        ({"audio": FILE}, "audio_7.mp3", "audio/mpeg"),
        ({"video": FILE}, "video_7.mp4", "video/mp4"),
        ({"video_note": FILE}, "video_7.mp4", "video/mp4"),
        ({"animation": FILE, "document": FILE}, "animation_7.mp4", "video/mp4"),
    ],
)
def test_files_come_along(fields: dict[str, Any], name: str, media_type: str) -> None:
    update = received(PRIVATE, caption="Look", **fields)
    assert [(file.id, file.name, file.media_type, file.size) for file in update.attachments] == [
        ("F", name, media_type, 10)
    ]
    assert update.text == "Look"


@pytest.mark.parametrize("kind", ["sticker", "poll", "location", "contact", "dice", "venue", "story"])
def test_what_cannot_be_read_is_named(kind: str) -> None:
    update = meaning(**message(**{kind: {"some": "thing"}}))
    assert isinstance(update, UnsupportedReceived)
    assert kind in update.kind


def test_a_sticker_among_others_in_a_group_is_none_of_our_business() -> None:
    assert meaning(**message(GROUP, sticker={"some": "thing"})) is None


def test_a_rich_message_is_read_by_its_words() -> None:
    blocks = [
        {"type": "heading", "text": "Plan"},
        {"type": "paragraph", "text": ["Do ", {"type": "bold", "text": "this"}, " first"]},
        {"type": "list", "items": [{"label": "1.", "blocks": [{"type": "paragraph", "text": "one"}]}]},
        {"type": "table", "cells": [[{"text": "a"}, {"text": "b"}]]},
    ]
    assert received(PRIVATE, rich_message={"blocks": blocks}).text == "Plan\nDo this first\n1. one\na | b"


def test_a_message_in_a_supergroup_has_a_link() -> None:
    assert received(GROUP, text="hi").link == "https://t.me/c/1234/7"
    assert received({**GROUP, "username": "team"}, text="hi").link == "https://t.me/team/7"
    assert received(PRIVATE, text="hi").link is None


def test_an_edit_has_an_id_of_its_own() -> None:
    update = meaning("edited_message", **message(text="What?", edit_date=1_700_000_009))
    assert isinstance(update, MessageEdited)
    assert (update.id, update.text) == ("edit:5/7/1700000009", "What?")


# --- buttons


@pytest.mark.parametrize(
    ("control", "kind", "fields"),
    [
        (controls.PickOption(INTERACTION, 2), OptionChosen, {"interaction": INTERACTION, "index": 2}),
        (controls.OpenForm(INTERACTION), FormStepTaken, {"step": 0, "move": FormMove.START}),
        (controls.MoveForm(INTERACTION, 3, FormMove.TOGGLE, 4), FormStepTaken, {"step": 3, "index": 4}),
        (controls.CancelInteraction(INTERACTION), InteractionCancelled, {"interaction": INTERACTION}),
        (controls.Vote(TURN, Rating.GOOD), FeedbackGiven, {"turn": TURN, "source": VoteSource.BUTTON}),
        (controls.GiveReason(TURN, 1), FeedbackGiven, {"reason": REASONS[1], "source": VoteSource.REASON}),
        (controls.GiveReason(TURN), FeedbackGiven, {"reason": "", "rating": Rating.BAD}),
        (controls.SendQuickReply(TURN, 1), QuickReplyChosen, {"turn": TURN, "index": 1}),
        (controls.StopAnswer(TURN), StopRequested, {"turn": TURN}),
        (controls.ActOnAnswer(TURN, AnswerAction.SOURCES), AnswerActionChosen, {"action": AnswerAction.SOURCES}),
    ],
)
def test_a_press_means_what_the_button_stood_for(
    control: controls.Control, kind: type[Update], fields: dict[str, Any]
) -> None:
    query = {"id": "42", "from": ADA, "message": message(GROUP, **{"from": BOT}), "data": controls.encode(control)}
    update = meaning("callback_query", **query)
    assert type(update) is kind
    assert update.id == "callback:42"
    assert {name: getattr(update, name) for name in fields} == fields
    assert opened_handle(getattr(update, "reply", "")) == ("42", NOW)


def test_a_press_on_a_message_that_is_gone_still_counts() -> None:
    data = controls.encode(controls.PickOption(INTERACTION, 0))
    gone = {"chat": GROUP, "message_id": 7, "date": 0}
    assert isinstance(meaning("callback_query", id="1", message=gone, data=data, **{"from": ADA}), OptionChosen)


@pytest.mark.parametrize("data", ["", "o:only", "z:1:2", "o:" + "x" * 80 + ":1"])
def test_forged_data_leads_nowhere(data: str) -> None:
    assert meaning("callback_query", id="1", message=message(), data=data, **{"from": ADA}) is None


# --- the rest


@pytest.mark.parametrize(
    ("old", "new", "rating"),
    [
        ([], ["👍"], Rating.GOOD),
        (["👍"], ["👎"], Rating.BAD),
        (["👍"], [], Rating.NONE),
        ([], ["🤔"], None),
        ([], ["❤"], Rating.GOOD),
    ],
)
def test_reactions_are_votes(old: list[str], new: list[str], rating: Rating | None) -> None:
    def items(emojis: list[str]) -> list[dict[str, str]]:
        return [{"type": "emoji", "emoji": emoji} for emoji in emojis]

    body = {"chat": GROUP, "message_id": 7, "date": 1, "user": ADA}
    update = meaning("message_reaction", **body, old_reaction=items(old), new_reaction=items(new))
    assert (update.rating if isinstance(update, FeedbackGiven) else None) == rating


@pytest.mark.parametrize(
    ("status", "reachable"), [("member", True), ("administrator", True), ("kicked", False), ("left", False)]
)
def test_being_blocked_or_removed_is_noticed(status: str, reachable: bool) -> None:
    user = {"status": status, "user": BOT}
    update = meaning("my_chat_member", chat=GROUP, date=1, new_chat_member=user, **{"from": ADA})
    assert isinstance(update, ReachabilityChanged)
    assert update.reachable is reachable


def test_the_stop_of_a_draft_is_a_stop() -> None:
    update = meaning("stopped_message_generation", chat=PRIVATE, draft_id="77", message_thread_id=4)
    assert isinstance(update, StopRequested)
    assert (update.id, update.conversation.address, update.by.id) == ("stopped:5/77", "5/4", "5")


@pytest.mark.parametrize(
    "raw",
    [
        {"update_id": 3, "message": {}},
        {"update_id": 3, "message": message(date="yesterday")},
        {"update_id": 3, "message": message(date=10**18, text="x")},
        {"update_id": 3, "callback_query": {"id": "1"}},
    ],
)
def test_what_has_another_shape_is_unreadable_and_keeps_its_number(raw: dict[str, Any]) -> None:
    update = read(raw, ME, NOW)
    assert isinstance(update, Unreadable)
    assert update.id == "update:3"


def test_an_update_of_a_kind_not_invented_yet_is_ignored() -> None:
    assert meaning("telepathy", thought="hm") is None
