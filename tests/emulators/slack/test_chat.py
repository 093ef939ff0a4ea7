from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import SlackEmulator
from tests.emulators.slack.conftest import refusal

GENERAL = "C0GENERAL"
DIVIDER = {"type": "divider"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C404", "text": "hi"}, "channel_not_found"),
        ({"channel": GENERAL}, "no_text"),
        ({"channel": GENERAL, "text": " "}, "no_text"),
        ({"channel": GENERAL, "text": "a", "markdown_text": "b"}, "markdown_text_conflict"),
        ({"channel": GENERAL, "blocks": [DIVIDER], "markdown_text": "b"}, "markdown_text_conflict"),
        ({"channel": GENERAL, "markdown_text": "b" * 12_001}, "msg_too_long"),
        ({"channel": GENERAL, "text": "a", "blocks": "nonsense"}, "invalid_blocks_format"),
        ({"channel": GENERAL, "text": "a", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"channel": GENERAL, "text": "a", "thread_ts": "1700000000.000001"}, "thread_not_found"),
        ({"channel": GENERAL, "text": "a", "metadata": {"event_type": "x"}}, "invalid_metadata_schema"),
    ],
)
async def test_a_message_that_slack_would_not_post_is_refused(
    client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    assert await refusal(client.api_call("chat.postMessage", json=arguments)) == error


async def test_details_of_bad_blocks_are_located(slack: SlackEmulator, client: AsyncWebClient) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "a" * 3001}}]
    answer = await _answer(client, blocks)
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


async def _answer(client: AsyncWebClient, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=GENERAL, text="a", blocks=blocks)
    data: dict[str, Any] = refused.value.response.data
    return data


@pytest.mark.parametrize(
    ("setting", "error"),
    [("archived", "is_archived"), ("not a member", "not_in_channel"), ("private", "channel_not_found")],
)
async def test_a_channel_the_app_cannot_write_to_is_refused(
    slack: SlackEmulator, client: AsyncWebClient, setting: str, error: str
) -> None:
    kind = "group" if setting == "private" else "channel"
    channel = slack.channel("C1", kind=kind, bot_is_member=setting == "archived")
    channel.archived = setting == "archived"
    assert await refusal(client.chat_postMessage(channel="C1", text="hi")) == error


async def test_a_reply_has_no_thread_of_its_own(slack: SlackEmulator, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel=GENERAL, text="root")
    reply = await client.chat_postMessage(channel=GENERAL, text="reply", thread_ts=root["ts"])
    post = client.chat_postMessage(channel=GENERAL, text="x", thread_ts=reply["ts"])
    assert await refusal(post) == "cannot_reply_to_message"


async def test_an_update_replaces_text_and_takes_blocks_away(slack: SlackEmulator, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=GENERAL, text="a", blocks=[{"type": "markdown", "text": "**a**"}])
    await client.chat_update(channel=GENERAL, ts=posted["ts"], text="b")
    (message,) = slack.answers()
    assert (message.body, message.changes) == ("b", ("posted", "updated"))
    assert [state.body for state in message.history] == ["**a**", "b"]


async def test_an_update_takes_less_text_than_a_post(slack: SlackEmulator, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=GENERAL, text="a" * 4001)
    assert await refusal(client.chat_update(channel=GENERAL, ts=posted["ts"], text="a" * 4001)) == "msg_too_long"


async def test_text_beyond_40000_characters_is_cut(slack: SlackEmulator, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=GENERAL, text="a" * 40_001)
    assert len(slack.answers()[0].text) == 40_000


async def test_only_own_messages_can_be_changed(slack: SlackEmulator, client: AsyncWebClient) -> None:
    sent = await slack.person("U1").say("mine")
    assert await refusal(client.chat_update(channel=GENERAL, ts=sent.ts, text="b")) == "cant_update_message"
    assert await refusal(client.chat_delete(channel=GENERAL, ts=sent.ts)) == "cant_delete_message"


async def test_a_deleted_message_is_gone_but_remembered(slack: SlackEmulator, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=GENERAL, text="a")
    await client.chat_delete(channel=GENERAL, ts=posted["ts"])
    assert slack.messages() == []
    assert slack.all_messages()[0].changes == ("posted", "deleted")
    assert await refusal(client.chat_update(channel=GENERAL, ts=posted["ts"], text="b")) == "message_not_found"


async def test_an_ephemeral_message_has_one_reader_and_cannot_be_updated(
    slack: SlackEmulator, client: AsyncWebClient
) -> None:
    slack.person("U1")
    slack.person("U2")
    posted = await client.chat_postEphemeral(channel=GENERAL, user="U1", text="psst")
    assert [message.body for message in slack.ephemerals("U1")] == ["psst"]
    assert slack.ephemerals("U2") == slack.messages() == []
    update = client.chat_update(channel=GENERAL, ts=posted["message_ts"], text="b")
    assert await refusal(update) == "message_not_found"


async def test_an_ephemeral_message_needs_a_reader_who_is_there(client: AsyncWebClient) -> None:
    post = client.chat_postEphemeral(channel=GENERAL, user="U9", text="psst")
    assert await refusal(post) == "user_not_in_channel"


async def test_a_permalink_leads_into_the_thread(slack: SlackEmulator, client: AsyncWebClient) -> None:
    sent = await slack.person("U1").say("root")
    reply = await client.chat_postMessage(channel=GENERAL, text="reply", thread_ts=sent.ts)
    link = await client.chat_getPermalink(channel=GENERAL, message_ts=reply["ts"])
    assert link["permalink"].endswith(f"?thread_ts={sent.ts}&cid={GENERAL}")


@pytest.mark.parametrize(
    ("text", "pings"),
    [
        ("<!channel> and <!here|here>", ("channel", "here")),
        ("<@U1> <!subteam^S1|team>", ("U1", "S1")),
        ("@channel", ("channel",)),
        ("&lt;!channel&gt; <\u200b@U1> @\u200bhere mail@here.org", ()),
    ],
)
@pytest.mark.parametrize("carrier", ["text", "markdown_text", "section"])
async def test_whoever_a_message_would_notify_is_known(
    slack: SlackEmulator, client: AsyncWebClient, carrier: str, text: str, pings: tuple[str, ...]
) -> None:
    if carrier == "section":
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
        await client.chat_postMessage(channel=GENERAL, text="-", blocks=blocks)
    else:
        said: dict[str, Any] = {carrier: text}
        await client.chat_postMessage(channel=GENERAL, **said)
    assert slack.answers()[0].pings == pings


async def test_plain_text_pings_nobody_and_a_ping_is_not_forgotten_by_an_edit(
    slack: SlackEmulator, client: AsyncWebClient
) -> None:
    header = [{"type": "header", "text": {"type": "plain_text", "text": "<!channel>"}}]
    await client.chat_postMessage(channel=GENERAL, text="-", blocks=header)
    posted = await client.chat_postMessage(channel=GENERAL, text="<!here>")
    await client.chat_update(channel=GENERAL, ts=posted["ts"], text="harmless")
    assert [message.pings for message in slack.answers()] == [(), ("here",)]


async def test_metadata_comes_back_only_if_asked_for(slack: SlackEmulator, client: AsyncWebClient) -> None:
    sent = await slack.person("U1").say("root")
    marker = {"event_type": "answer", "event_payload": {"turn": "t1"}}
    await client.chat_postMessage(channel=GENERAL, text="a", thread_ts=sent.ts, metadata=marker)
    with_it = await client.conversations_replies(channel=GENERAL, ts=sent.ts, include_all_metadata=True)
    without = await client.conversations_replies(channel=GENERAL, ts=sent.ts)
    assert with_it["messages"][1]["metadata"] == marker
    assert "metadata" not in without["messages"][1]


async def test_replies_come_in_pages(slack: SlackEmulator, client: AsyncWebClient) -> None:
    sent = await slack.person("U1").say("root")
    for number in range(3):
        await client.chat_postMessage(channel=GENERAL, text=str(number), thread_ts=sent.ts)
    pages = []
    async for page in await client.conversations_replies(channel=GENERAL, ts=sent.ts, limit=2):
        pages.append([message["text"] for message in page["messages"]])
    assert pages == [["root", "0"], ["1", "2"]]


async def test_history_shows_the_newest_first_and_no_replies(slack: SlackEmulator, client: AsyncWebClient) -> None:
    anna = slack.person("U1")
    first = await anna.say("first")
    await anna.reply(first, "reply")
    await anna.say("second")
    page = await client.conversations_history(channel=GENERAL)
    assert [message["text"] for message in page["messages"]] == ["second", "first"]


async def test_a_direct_message_channel_can_be_opened_and_written_to(
    slack: SlackEmulator, client: AsyncWebClient
) -> None:
    anna = slack.person("U1")
    opened = await client.conversations_open(users="U1")
    await client.chat_postMessage(channel=opened["channel"]["id"], text="hello")
    assert slack.rendered(anna.dm_channel) == "hello"


async def test_reactions_are_added_once_and_removed(slack: SlackEmulator, client: AsyncWebClient) -> None:
    sent = await slack.person("U1").say("hi")
    where = {"channel": GENERAL, "timestamp": sent.ts}
    await client.reactions_add(name="eyes", **where)
    assert sent.message.reactions == {"eyes": [slack.workspace.bot_user]}
    assert await refusal(client.reactions_add(name="eyes", **where)) == "already_reacted"
    await client.reactions_remove(name="eyes", **where)
    assert await refusal(client.reactions_remove(name="eyes", **where)) == "no_reaction"


async def test_an_emoji_has_a_name_of_small_letters(slack: SlackEmulator, client: AsyncWebClient) -> None:
    sent = await slack.person("U1").say("hi")
    call = client.reactions_add(channel=GENERAL, timestamp=sent.ts, name="Thumbs Up")
    assert await refusal(call) == "invalid_name"


async def test_reading_a_thread_takes_the_scope_of_that_kind_of_channel(
    slack: SlackEmulator, client: AsyncWebClient
) -> None:
    sent = await slack.person("U1").dm("hi")
    slack.grant_only("channels:history")
    call = client.conversations_replies(channel=sent.channel, ts=sent.ts)
    assert await refusal(call) == "missing_scope"
