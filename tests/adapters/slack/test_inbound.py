"""Payloads as updates, by table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.slack.inbound import Me, answer_to_slash, updates_of_event, updates_of_slash
from adapters.slack.mrkdwn import plain
from adapters.slack.spelling import spelling
from bridge.domain.updates import (
    CommandGiven,
    FeedbackGiven,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Rating,
    StopRequested,
    Unreadable,
    UnsupportedReceived,
    Update,
)

ME = Me(team="T1", user="UBOT", name="fastgpt", url="https://acme.slack.com/")
PLAIN_DM = Me(team="T1", user="UBOT", agent_view=False)
TS = "1700000000.000100"
ROOT = "1699999999.000001"
MINE = {"user": "U1", "ts": ROOT, "thread_ts": ROOT}


def event(me: Me = ME, **fields: Any) -> list[Update]:
    message = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "ts": TS, **fields}
    return updates_of_event({"type": "event_callback", "event": message}, me)


def only(updates: list[Update]) -> Any:
    assert len(updates) == 1
    return updates[0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<@UBOT> hello", "hello"),
        ("<@UBOT|fastgpt>: hello", "hello"),
        ("hello <@UBOT>", "hello"),
        ("what can <@UBOT> do?", "what can @fastgpt do?"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        ("&eacute;", "&eacute;"),
        ("see <https://a.example/?x=1&amp;y=2>", "see https://a.example/?x=1&y=2"),
        ("see <https://a.example|this page>", "see this page (https://a.example)"),
        ("see <http://a.example|a.example>", "see http://a.example"),
        ("write <mailto:a@b.example|a@b.example>", "write a@b.example"),
        ("ask <@U2|berta> in <#C2|general>, <!here>", "ask @berta in #general, @here"),
        ("<!subteam^S1|@team> <!date^1^{date}|Monday>", "@team Monday"),
    ],
)
def test_slacks_escapes_are_undone(written: str, meant: str) -> None:
    assert plain(written, without="UBOT", name="fastgpt") == meant


@pytest.mark.parametrize(
    ("me", "fields", "address"),
    [
        (ME, {"text": "<@UBOT> x"}, f"T1/C1/{TS}"),
        (ME, {"text": "x", "thread_ts": ROOT}, f"T1/C1/{ROOT}"),
        (ME, {"text": "x", "channel": "D1", "channel_type": "im"}, f"T1/D1/{TS}"),
        (ME, {"text": "x", "channel": "D1", "channel_type": "im", "thread_ts": ROOT}, f"T1/D1/{ROOT}"),
        (PLAIN_DM, {"text": "x", "channel": "D1", "channel_type": "im"}, "T1/D1"),
        (PLAIN_DM, {"text": "x", "channel": "D1", "channel_type": "im", "thread_ts": ROOT}, f"T1/D1/{ROOT}"),
        (ME, {"text": "<@UBOT> x", "channel": "G1", "channel_type": "mpim"}, f"T1/G1/{TS}"),
    ],
)
def test_a_message_belongs_to_its_thread_or_begins_one(me: Me, fields: dict[str, Any], address: str) -> None:
    assert only(event(me, **fields)).conversation.address == address


@pytest.mark.parametrize("mark", [{"bot_id": "B2"}, {"bot_profile": {"id": "B2"}}, {"subtype": "bot_message"}])
@pytest.mark.parametrize(
    "words",
    [
        {"text": "<@UBOT> and you?", "user": "U2"},
        {"text": "and you?", "user": "U2", "thread_ts": ROOT},
        {"text": "hi", "user": "U2", "channel": "D1", "channel_type": "im"},
    ],
    ids=["a mention", "a thread", "a direct message"],
)
def test_another_bot_is_not_answered_though_it_has_a_users_id(words: dict[str, Any], mark: dict[str, Any]) -> None:
    assert event(**words, **mark) == []
    assert event(**words) != []


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "talking among ourselves"},
        {"text": "<@U2> you?", "thread_ts": ROOT},
        {"text": "x", "channel_type": "mpim", "channel": "G1"},
        {"text": "<@UBOT> x", "bot_id": "B2"},
        {"text": "<@UBOT> x", "subtype": "bot_message"},
        {"text": "<@UBOT> x", "user": "UBOT"},
        {"text": "hi", "user": "USLACKBOT", "channel": "D1", "channel_type": "im"},
        {"text": "<@UBOT> has joined", "subtype": "channel_join"},
        {"text": "x", "subtype": "assistant_app_thread", "channel": "D1", "channel_type": "im"},
    ],
)
def test_what_is_not_for_the_bot_is_ignored(fields: dict[str, Any]) -> None:
    assert event(**fields) == []


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast", "me_message"])
def test_every_way_of_writing_is_a_message(subtype: str | None) -> None:
    assert isinstance(only(event(text="<@UBOT> x", subtype=subtype, thread_ts=ROOT)), MessageReceived)


def test_the_two_events_of_a_mention_and_its_retries_have_one_id() -> None:
    mention = updates_of_event(
        {"event": {"type": "app_mention", "channel": "C1", "user": "U1", "text": "<@UBOT> x", "ts": TS}}, ME
    )
    assert only(mention) == only(event(text="<@UBOT> x"))
    assert only(mention).id == f"message:T1:C1:{TS}"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"text": "<@UBOT> new"}, "new"),
        ({"text": "<@UBOT>  HELP "}, "help"),
        ({"text": "<@UBOT> /cancel"}, "cancel"),
        ({"text": "<@UBOT>"}, "start"),
        ({"text": "!new", "channel_type": "im", "channel": "D1"}, "new"),
        ({"text": " /help", "channel_type": "im", "channel": "D1"}, "help"),
        ({"text": "/cancle", "channel_type": "im", "channel": "D1"}, "cancle"),
        ({"text": "/ask", "channel_type": "im", "channel": "D1"}, "ask"),
    ],
)
def test_a_message_that_is_a_command_is_one(fields: dict[str, Any], name: str) -> None:
    given = only(event(**fields))
    assert isinstance(given, CommandGiven)
    assert given.name == name


@pytest.mark.parametrize("name", ["new", "stop", "cancel", "help"])
@pytest.mark.parametrize("private", [True, False])
def test_a_command_written_as_people_are_told_to_is_one(name: str, private: bool) -> None:
    written = spelling("fastgpt").of(name, private=private).strip("`").replace("@fastgpt", "<@UBOT>")
    place: dict[str, Any] = {"channel_type": "im", "channel": "D1"} if private else {"thread_ts": ROOT}
    given = only(event(text=written, **place))
    assert isinstance(given, StopRequested) if name == "stop" else given.name == name


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "<@UBOT> new shoes"},
        {"text": "is this new? <@UBOT>"},
        {"text": "help", "channel_type": "im", "channel": "D1"},
        {"text": "!new", "thread_ts": ROOT},
        {"text": "!unknown", "channel_type": "im", "channel": "D1"},
        {"text": "/usr/bin/python", "channel_type": "im", "channel": "D1"},
    ],
)
def test_other_words_are_for_the_assistant(fields: dict[str, Any]) -> None:
    assert isinstance(only(event(**fields)), MessageReceived)


def test_what_stands_behind_ask_is_the_question() -> None:
    assert only(event(text="/ask Why?", channel_type="im", channel="D1")).text == "Why?"


def test_stop_is_not_a_message() -> None:
    assert isinstance(only(event(text="<@UBOT> stop", thread_ts=ROOT)), StopRequested)


def test_a_permalink_is_made_without_asking() -> None:
    assert only(event(text="<@UBOT> x")).link == "https://acme.slack.com/archives/C1/p1700000000000100"
    assert only(event(text="x", thread_ts=ROOT)).link.endswith(f"?thread_ts={ROOT}&cid=C1")


def test_a_shared_message_is_quoted() -> None:
    shared = [{"is_share": True, "text": "old &amp; wise"}, {"title": "an unfurled page", "text": "not a quote"}]
    assert only(event(text="<@UBOT> really?", attachments=shared)).quoted == "old & wise"


def test_a_voice_clip_is_audio_whatever_it_is_called() -> None:
    clip = {"id": "F1", "name": "audio_message.mp4", "mimetype": "video/mp4", "subtype": "slack_audio", "size": 9}
    (attachment,) = only(event(text="", files=[clip], channel="D1", channel_type="im")).attachments
    assert (attachment.name, attachment.media_type) == ("audio_message.m4a", "audio/mp4")


@pytest.mark.parametrize("mode", ["external", "tombstone", "hidden_by_limit"])
def test_a_file_that_cannot_be_fetched_is_said_to_be_unsupported(mode: str) -> None:
    update = only(event(text="<@UBOT>", files=[{"id": "F1", "mode": mode}], channel="D1", channel_type="im"))
    assert isinstance(update, CommandGiven | UnsupportedReceived)


def test_an_empty_message_in_a_dm_is_not_met_with_silence() -> None:
    assert isinstance(only(event(text="", channel="D1", channel_type="im")), UnsupportedReceived)


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[Update]:
    common = {"user": "U1", "ts": ROOT, "thread_ts": ROOT}
    return event(subtype="message_changed", hidden=True, previous_message=common | before, message=common | after)


def test_a_changed_text_is_an_edit() -> None:
    edited = only(changed({"text": "a"}, {"text": "b &amp; c", "edited": {"user": "U1", "ts": TS}}))
    assert isinstance(edited, MessageEdited)
    assert (edited.text, edited.message.id) == ("b & c", f"C1/{ROOT}")


def test_an_edited_question_is_what_stands_behind_the_command() -> None:
    edited = only(changed({"text": "<@UBOT> /ask a"}, {"text": "<@UBOT> /ask b", "edited": {"user": "U1", "ts": TS}}))
    assert edited.text == "b"


@pytest.mark.parametrize(
    "after",
    [
        {"text": "a"},  # a link was unfurled
        {"text": "a", "edited": {"ts": TS}},
        {"text": "b", "edited": {"ts": TS}, "bot_id": "B1"},
    ],
)
def test_other_changes_are_no_edits(after: dict[str, Any]) -> None:
    assert changed({"text": "a"}, after) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"subtype": "message_deleted", "deleted_ts": ROOT, "previous_message": MINE},
        {
            "subtype": "message_changed",
            "message": {"subtype": "tombstone", "user": "USLACKBOT", "ts": ROOT},
            "previous_message": MINE,
        },
    ],
)
def test_a_deleted_message_is_gone_even_if_its_thread_stays(fields: dict[str, Any]) -> None:
    deleted = only(event(**fields))
    assert isinstance(deleted, MessageDeleted)
    assert deleted.message.id == f"C1/{ROOT}"


def reaction(name: str, kind: str = "reaction_added", **more: Any) -> list[Update]:
    item = {"type": "message", "channel": "C1", "ts": TS}
    fields = {"type": kind, "user": "U1", "reaction": name, "item": item, "item_user": "UBOT", "event_ts": TS, **more}
    return updates_of_event({"event": fields}, ME)


@pytest.mark.parametrize(
    ("name", "rating"),
    [("+1", Rating.GOOD), ("thumbsup", Rating.GOOD), ("+1::skin-tone-3", Rating.GOOD), ("-1", Rating.BAD)],
)
def test_a_thumb_is_a_vote(name: str, rating: Rating) -> None:
    vote = only(reaction(name))
    assert isinstance(vote, FeedbackGiven)
    assert (vote.rating, vote.turn, vote.conversation.address) == (rating, None, "T1/C1")


def test_a_thumb_taken_away_withdraws_that_vote_only() -> None:
    vote = only(reaction("-1", "reaction_removed"))
    assert (vote.rating, vote.takes_back) == (Rating.NONE, Rating.BAD)


def test_other_reactions_and_those_on_others_messages_are_none() -> None:
    assert reaction("tada") == reaction("+1", item_user="U2") == reaction("+1", user="UBOT") == []


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "message", "channel": "C1", "channel_type": "im", "user": "U1", "text": "x", "ts": "not a time"},
        {"type": "message", "subtype": "message_changed", "channel": "C1", "ts": TS},
        {"type": "reaction_added", "user": "U1"},
        {"no": "type"},
        "a string",
    ],
)
def test_what_cannot_be_read_is_set_aside_without_its_secrets(broken: Any) -> None:
    body = {"type": "event_callback", "token": "verification", "event": broken, "event_time": 5}
    update = only(updates_of_event(body, ME))
    assert isinstance(update, Unreadable)
    assert "verification" not in update.raw
    assert only(updates_of_event(body, ME)) == update


def test_events_of_no_interest_are_ignored() -> None:
    assert updates_of_event({"event": {"type": "channel_rename", "channel": {}}}, ME) == []


def slash(text: str, channel: str = "C1") -> dict[str, Any]:
    return {"command": "/fastgpt", "text": text, "user_id": "U1", "channel_id": channel, "trigger_id": "1.2.x"}


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("", "help", ""),
        ("Help", "help", ""),
        ("help me", "ask", "help me"),
        ("new shoes", "ask", "new shoes"),
        ("ask where it is", "ask", "where it is"),
        ("is a &lt; b for <@U2|berta>?", "ask", "is a < b for @berta?"),
    ],
)
def test_behind_the_slash_command_stands_a_question_or_help(text: str, name: str, argument: str) -> None:
    given = only(updates_of_slash(slash(text), ME, datetime(2026, 1, 1, tzinfo=UTC)))
    assert isinstance(given, CommandGiven)
    assert (given.name, given.argument, given.reply) == (name, argument, "C1//U1")


@pytest.mark.parametrize("text", ["new", "Stop", "cancel"])
def test_what_is_for_one_conversation_changes_none_where_each_thread_is_one(text: str) -> None:
    for channel, written in (("C1", f"`@fastgpt {text.lower()}`"), ("D1", f"`!{text.lower()}`")):
        assert updates_of_slash(slash(text, channel), ME, datetime(2026, 1, 1, tzinfo=UTC)) == []
        assert written in answer_to_slash(slash(text, channel), ME)


def test_where_the_direct_message_is_one_conversation_the_slash_command_is_about_it() -> None:
    given = only(updates_of_slash(slash("new", "D1"), PLAIN_DM, datetime(2026, 1, 1, tzinfo=UTC)))
    assert (given.name, given.conversation.address) == ("new", "T1/D1")
    assert answer_to_slash(slash("new", "D1"), PLAIN_DM) == ""
