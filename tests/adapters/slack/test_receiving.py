"""What people do in Slack, and what the bridge hears of it, through the real libraries."""

from __future__ import annotations

import asyncio
import math

from adapters.slack.adapter import SlackAdapter
from bridge.domain import phrases
from bridge.domain.turns import Opening
from bridge.domain.updates import (
    CommandGiven,
    FeedbackGiven,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Rating,
    StopRequested,
    VoteSource,
)
from tests.doubles import RecordingGateway
from tests.emulators.slack import SlackEmulator


def message(gateway: RecordingGateway) -> MessageReceived:
    assert len(gateway.updates) == 1
    update = gateway.updates[0]
    assert isinstance(update, MessageReceived)
    return update


async def test_a_mention_is_one_update_although_slack_sends_two_events(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    sent = await slack.person("U1", "anna").mention("1 < 2?")
    assert await sent.acked()
    heard = message(gateway)
    assert len(sent.deliveries) == 2
    assert (heard.text, heard.by.id, heard.addressed, heard.private) == ("1 < 2?", "U1", True, False)
    assert heard.conversation.address == f"{slack.workspace.team}/{sent.channel}/{sent.ts}"


async def test_a_redelivered_message_is_the_same_update(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    sent = await slack.person("U1").dm("hello")
    await sent.acked()
    await slack.repeat(sent.deliveries[0], new_event_id=True).outcome()
    assert message(gateway).private


async def test_what_was_not_committed_is_not_acknowledged_and_comes_again(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    gateway.outages = math.inf
    sent = await slack.person("U1").dm("hello")
    await slack.until(lambda: sent.deliveries[0].attempts)
    await asyncio.sleep(0.05)
    assert not sent.deliveries[0].acked
    gateway.outages = 0
    slack.advance(60)
    await slack.until(lambda: sent.deliveries[0].acked)
    assert message(gateway).text == "hello"


async def test_the_name_and_language_of_a_person_are_looked_up(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    await (await slack.person("U1", "anna", locale="de-DE").dm("hallo")).acked()
    by = message(gateway).by
    assert (by.name, by.locale) == ("anna", "de-DE")


async def test_a_reply_in_a_thread_is_heard_without_a_mention_but_not_addressed(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1")
    root = await anna.say("just talking")
    await (await anna.reply(root, "and more")).acked()
    heard = message(gateway)
    assert not heard.addressed
    assert heard.conversation.address.endswith(root.ts)


async def test_a_reply_to_somebody_else_is_not_heard(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1")
    root = await anna.say("just talking")
    await (await anna.reply(root, "<@U2> what do you think?")).acked()
    assert gateway.updates == []


async def test_editing_and_deleting_a_question_is_heard(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1")
    sent = await anna.dm("helo")
    await anna.edit(sent, "hello")
    await anna.delete(sent)
    await slack.settled()
    asked, edited, deleted = gateway.updates
    assert isinstance(asked, MessageReceived)
    assert isinstance(edited, MessageEdited)
    assert isinstance(deleted, MessageDeleted)
    assert edited.text == "hello"
    assert asked.message == edited.message == deleted.message


async def test_a_thumb_under_an_answer_is_a_vote_and_taking_it_back_says_which(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1")
    root = await anna.say("x")
    api, _ = listening._here()
    ts = str((await api.client.chat_postMessage(channel=root.channel, text="answer", thread_ts=root.ts))["ts"])
    answer = next(found for found in slack.answers(root.channel) if found.ts == ts)
    await anna.react(answer, "+1")
    await anna.unreact(answer, "+1")
    await slack.settled()
    votes = [update for update in gateway.updates if isinstance(update, FeedbackGiven)]
    assert [(vote.rating, vote.takes_back, vote.source) for vote in votes] == [
        (Rating.GOOD, None, VoteSource.REACTION),
        (Rating.NONE, Rating.GOOD, VoteSource.REACTION),
    ]
    assert votes[0].message is not None
    assert votes[0].message.id == f"{root.channel}/{ts}"


async def test_commands_are_words_after_the_mention_and_marked_words_in_a_dm(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1")
    for sent in (await anna.mention("new"), await anna.dm("!help"), await anna.dm("new")):
        await sent.acked()
    new, help_, message = gateway.updates
    assert isinstance(new, CommandGiven)
    assert isinstance(help_, CommandGiven)
    assert (new.name, help_.name) == ("new", "help")
    assert isinstance(message, MessageReceived)


async def test_a_question_behind_the_slash_command_is_to_be_asked(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    delivery = await slack.person("U1").command("/fastgpt", "what is new?")
    assert delivery.acked
    (given,) = gateway.updates
    assert isinstance(given, CommandGiven)
    assert (given.name, given.argument, given.private) == ("ask", "what is new?", True)


async def test_a_slash_command_that_is_meant_for_a_thread_says_so_to_its_giver_alone(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    channel = slack.channel("C0PLANS").id
    assert (await slack.person("U1").command("/fastgpt", "new", channel)).acked
    assert [told.body for told in slack.ephemerals("U1", channel)] == [
        phrases.begins_outside_of_threads("`@fastgpt new`")
    ]
    assert gateway.updates == []


async def test_slacks_own_stop_button_stops_the_thread(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    anna = slack.person("U1")
    sent = await anna.dm("long story")
    await sent.acked()
    api, _ = listening._here()
    await api.set_session(sent.channel, sent.ts, "processing")
    await anna.stop_session(sent.channel, sent.ts)
    await slack.settled()
    stop = gateway.updates[-1]
    assert isinstance(stop, StopRequested)
    assert stop.conversation == gateway.updates[0].conversation


async def test_a_new_conversation_offers_the_apps_own_questions(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    gateway.opens_with = Opening(questions=("How do I …?", "Where is …?", "c", "d", "e"))
    anna = slack.person("U1")
    await anna.open_home("messages")
    prompts = await slack.until(lambda: slack.prompts(anna.dm_channel))
    assert prompts is not None
    assert [prompt["message"] for prompt in prompts.prompts] == ["How do I …?", "Where is …?", "c", "d"]


async def test_a_file_is_fetched_with_the_bots_token(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    sent = await slack.person("U1").upload("notes.txt", b"hello", "text/plain", text="see this")
    await sent.acked()
    (attachment,) = message(gateway).attachments
    assert (attachment.name, attachment.media_type, attachment.size) == ("notes.txt", "text/plain", 5)
    assert await listening.download(attachment, 10) == b"hello"


async def test_everything_that_came_in_before_the_end_is_acknowledged(
    slack: SlackEmulator, adapter: SlackAdapter, gateway: RecordingGateway
) -> None:
    gateway.delays = [0.2]
    listening = asyncio.create_task(adapter.listen(gateway))
    await slack.connected()
    sent = await slack.person("U1").dm("hello")
    await slack.until(lambda: not gateway.delays)  # it is being committed
    listening.cancel()
    await asyncio.wait({listening})
    assert gateway.updates
    assert sent.deliveries[0].acked


async def test_a_broken_socket_is_replaced(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    await slack.sockets.disconnect("refresh_requested")
    await slack.until(lambda: slack.sockets.connections)
    sent = await slack.person("U1").dm("still there?")
    await slack.until(lambda: gateway.updates)
    assert await sent.acked()


async def test_what_one_conversation_says_is_stored_in_the_order_it_came(
    slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway
) -> None:
    gateway.delays = [0.1]  # the first commit is slow
    anna = slack.person("U1")
    root = await anna.dm("one")
    await anna.reply(root, "two")
    await slack.settled()
    assert [update.text for update in gateway.updates if isinstance(update, MessageReceived)] == ["one", "two"]
