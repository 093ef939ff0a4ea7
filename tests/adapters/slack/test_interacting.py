"""Choices, forms, votes and modals: from the click to the update, through the real libraries."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.asking import asked
from adapters.slack.form_modal import MOST_FIELDS
from bridge.domain.controls import ActOnAnswer, GiveReason, SendQuickReply, StopAnswer, Vote
from bridge.domain.events import Button, Citation, NodeFinished
from bridge.domain.ids import ConversationKey, MessageRef, TurnId
from bridge.domain.interactions import Ask, Choice, Field, FieldType, Form, Interaction, Option, Pause, TimeGranularity
from bridge.domain.notices import Notice, Rebuttoned, Removed, Replaced
from bridge.domain.phrases import NOT_OPENED, NOT_THERE, PRESS_AGAIN
from bridge.domain.updates import (
    AnswerAction,
    AnswerActionChosen,
    FeedbackGiven,
    FormStepTaken,
    FormSubmitted,
    InteractionCancelled,
    OptionChosen,
    QuickReplyChosen,
    Rating,
    StopRequested,
    Unreadable,
    VoteSource,
)
from bridge.ports import Refusal
from tests.builders import ANN, asking
from tests.doubles import RecordingGateway
from tests.emulators.slack import ApiError, Message, Person, SlackEmulator

T = TurnId("turn1")


class Room:
    """A thread with the bot in it, and what it shows there."""

    def __init__(self, slack: SlackEmulator, adapter: SlackAdapter, gateway: RecordingGateway, anna: Person) -> None:
        self.slack = slack
        self.adapter = adapter
        self.gateway = gateway
        self.anna = anna
        self.conversation = ConversationKey("slack", "", "")
        self.channel = ""

    async def enter(self) -> None:
        sent = await self.anna.say("a thread")
        self.channel = sent.channel
        self.conversation = self.adapter._here()[1].conversation(sent.channel, sent.ts)

    async def ask(self, ask: Ask) -> Message:
        posed = asking(ask, "abc123", conversation=self.conversation)
        self.gateway.interactions[posed.id] = posed
        return await self.show(posed)

    async def show(self, posed: Interaction) -> Message:
        [(content, _)] = asked(posed)
        root = self.conversation.address.split("/")[2]
        await self.adapter._here()[0].client.chat_postMessage(
            channel=self.channel, thread_ts=root, text=content.text, blocks=content.blocks
        )
        return self.slack.answers(self.channel)[-1]

    async def say(self, *rows: tuple[Button, ...], text: str = "Answer") -> Message:
        await self.adapter.say(self.conversation, Notice(text, rows))
        return self.slack.answers(self.channel)[-1]

    @property
    def last(self) -> Any:
        return self.gateway.updates[-1]

    async def modal(self, person: Person | None = None) -> Any:
        return await self.slack.until(lambda: (person or self.anna).modal)


@pytest.fixture
async def room(slack: SlackEmulator, listening: SlackAdapter, gateway: RecordingGateway) -> Room:
    room = Room(slack, listening, gateway, slack.person("U1", "anna"))
    await room.enter()
    return room


def options(count: int, label: Callable[[int], str] = lambda number: f"Option {number}") -> tuple[Option, ...]:
    return tuple(Option(label(number), f"v{number}") for number in range(count))


async def test_few_options_are_buttons(room: Room) -> None:
    message = await room.ask(Choice("Which?", options(3)))
    await (await room.anna.click(message, "Option 1")).outcome()
    assert isinstance(room.last, OptionChosen)
    assert (room.last.interaction, room.last.index, room.last.by.id) == ("abc123", 1, "U1")
    assert room.last.conversation == room.conversation
    assert room.last.message == MessageRef("slack", room.adapter.bot, f"{message.channel}/{message.ts}")


async def test_some_options_are_radio_buttons_sent_by_submit(room: Room) -> None:
    message = await room.ask(Choice("Which?", options(8)))
    await room.anna.choose(message, "Option 7")
    await (await room.anna.click(message, "Submit")).outcome()
    assert [update.index for update in room.gateway.updates if isinstance(update, OptionChosen)] == [7]


async def test_submit_without_a_choice_says_so_privately(room: Room) -> None:
    message = await room.ask(Choice("Which?", options(8)))
    await (await room.anna.click(message, "Submit")).outcome()
    (whispered,) = await room.slack.until(lambda: room.slack.ephemerals("U1"))
    assert whispered.body == "Choose…"
    assert room.gateway.updates == []


async def test_many_options_are_a_select(room: Room) -> None:
    message = await room.ask(Choice("Which?", options(60)))
    delivery = await room.anna.choose(message, "Option 42")
    assert delivery is not None
    await delivery.outcome()
    assert room.last.index == 42


async def test_very_many_options_are_searched_while_typing(room: Room) -> None:
    message = await room.ask(Choice("Which?", options(500)))
    assert await room.anna.suggestions(message, "on 49") == [f"Option {number}" for number in (49, *range(490, 500))]


async def test_long_options_are_written_out_above_their_controls(room: Room) -> None:
    message = await room.ask(Choice("Which?", options(4, lambda number: f"{number} is " + "a long story " * 10)))
    assert "3. 2 is a long story a long story" in message.body
    await room.anna.choose(message, "o:abc123:2")
    await (await room.anna.click(message, "Submit")).outcome()
    assert room.last.index == 2


async def test_a_pause_goes_on_by_a_button(room: Room) -> None:
    message = await room.ask(Pause("The points have run out."))
    await (await room.anna.click(message, "Continue")).outcome()
    assert isinstance(room.last, OptionChosen)
    assert room.last.index == 0


EVERYTHING = Form(
    "Please tell me more about your trip",
    (
        Field("name", "Name", FieldType.INPUT, required=True, max_length=20),
        Field("why", "Why", FieldType.TEXTAREA, description="In a few words"),
        Field("age", "Age", FieldType.NUMBER, minimum=1, maximum=99.5, default=7),
        Field("size", "Size", FieldType.SELECT, options=(Option("Small", "s"), Option("Large", "l")), required=True),
        Field("extras", "Extras", FieldType.MULTIPLE_SELECT, options=options(3), default=["v1"]),
        Field("cities", "Cities", FieldType.MULTIPLE_SELECT, options=options(12)),
        Field("ok", "Agreed", FieldType.SWITCH, required=True),
        Field("secret", "Secret", FieldType.PASSWORD),
        Field("docs", "Documents", FieldType.FILES, max_files=3, file_extensions=(".pdf", "txt")),
        Field("day", "Day", FieldType.TIME_POINT, granularity=TimeGranularity.DAY),
        Field("at", "At", FieldType.TIME_POINT, default="2026-01-02T03:04:00.000Z"),
        Field("stay", "Stay", FieldType.TIME_RANGE, granularity=TimeGranularity.DAY),
        Field("odd", "Odd", FieldType.TEXT_FALLBACK),
    ),
)


async def test_a_form_with_every_type_of_field_comes_back_as_it_was_filled_in(room: Room) -> None:
    message = await room.ask(EVERYTHING)
    await room.anna.click(message, "Fill in")
    await room.modal()
    file = room.anna.file("a.txt", b"x", "text/plain")
    submission = await room.anna.submit(
        {
            "Name": "Anna",
            "Why": "fun",
            "Age": "8.5",
            "Size": "Large",
            "Cities": ["Option 2", "Option 11"],
            "Agreed": ["Yes"],
            "Secret": "s3cret",
            "Documents": [file],
            "Day": "2026-11-21",
            "Stay (from)": "2026-11-21",
            "Stay (to)": "2026-11-23",
            "Odd": "42",
        }
    )
    assert submission.accepted, submission
    assert isinstance(room.last, FormSubmitted)
    assert dict(room.last.values) == {
        "name": "Anna",
        "why": "fun",
        "age": "8.5",
        "size": "l",
        "extras": ["v1"],
        "cities": ["v2", "v11"],
        "ok": True,
        "secret": "s3cret",
        "day": "2026-11-21",
        "at": "2026-01-02T03:04:00+00:00",
        "stay": ["2026-11-21", "2026-11-23"],
        "odd": "42",
    }
    assert [file.name for file in room.last.attachments["docs"]] == ["a.txt"]


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_stored(room: Room) -> None:
    later = Field("day", "Day", FieldType.TIME_POINT, granularity=TimeGranularity.DAY, not_before="2026-12-01")
    message = await room.ask(Form("Book", (Field("name", "Name", FieldType.INPUT), later)))
    await room.anna.click(message, "Fill in")
    await room.modal()
    submission = await room.anna.submit({"Name": "Anna", "Day": "2026-11-21"})
    assert submission.errors == {"field:1": "Not before 2026-12-01, please."}
    assert room.gateway.updates == []
    assert (await room.anna.submit({"Day": "2026-12-02"})).accepted


async def test_a_form_that_is_closed_says_why_instead_of_opening(room: Room) -> None:
    message = await room.ask(EVERYTHING)
    room.gateway.refusal = Refusal("This question is for Berta.")
    await room.anna.click(message, "Fill in")
    (whispered,) = await room.slack.until(lambda: room.slack.ephemerals("U1"))
    assert whispered.body == "This question is for Berta."
    assert room.anna.modal is None


async def test_a_form_answered_meanwhile_says_so_in_its_modal(room: Room) -> None:
    message = await room.ask(Form("Book", (Field("name", "Name", FieldType.INPUT),)))
    await room.anna.click(message, "Fill in")
    await room.modal()
    room.gateway.refusal = Refusal("Berta has already answered this.")
    await room.anna.submit({"Name": "Anna"})
    assert room.anna.modal is not None
    assert room.anna.modal.spec["blocks"][0]["text"]["text"] == "Berta has already answered this."
    assert room.gateway.updates == []


async def test_a_submission_that_could_not_be_stored_can_be_repeated(room: Room) -> None:
    message = await room.ask(Form("Book", (Field("name", "Name", FieldType.INPUT),)))
    await room.anna.click(message, "Fill in")
    await room.modal()
    room.gateway.outages = math.inf
    submitting = await _given_up(room)
    assert submitting
    room.gateway.outages = 0
    assert (await room.anna.submit({"Name": "Anna"})).accepted
    assert [type(update) for update in room.gateway.updates] == [FormSubmitted]


async def _given_up(room: Room) -> str:
    submitting = asyncio.create_task(room.anna.submit({"Name": "Anna"}))
    while not submitting.done():
        room.slack.advance(1)
        await asyncio.sleep(0.02)
    return submitting.result().failed


async def test_a_form_that_fits_no_modal_is_asked_field_by_field(room: Room) -> None:
    fields = tuple(Field(f"f{number}", f"F{number}", FieldType.INPUT) for number in range(95))
    message = await room.ask(Form("Long", fields))
    await (await room.anna.click(message, "Fill in")).outcome()
    assert isinstance(room.last, FormStepTaken)
    assert room.last.step == 0


async def test_a_form_can_be_cancelled(room: Room) -> None:
    message = await room.ask(EVERYTHING)
    await (await room.anna.click(message, "Cancel")).outcome()
    assert isinstance(room.last, InteractionCancelled)


async def test_options_of_a_field_are_searched_too(room: Room) -> None:
    many = Field("city", "City", FieldType.SELECT, options=options(300))
    message = await room.ask(Form("Book", (many,)))
    await room.anna.click(message, "Fill in")
    view = await room.modal()
    assert await room.anna.suggestions(view, "299") == ["Option 299"]


VOTES = (Button("Good answer", Vote(T, Rating.GOOD)), Button("Bad answer", Vote(T, Rating.BAD)))


async def test_a_thumb_down_is_a_vote_and_asks_for_the_reason_in_one_step(room: Room) -> None:
    message = await room.say(VOTES)
    await room.anna.feedback(message, good=False)
    await room.modal()
    assert isinstance(room.last, FeedbackGiven)
    assert (room.last.rating, room.last.source, room.last.turn) == (Rating.BAD, VoteSource.BUTTON, T)
    assert (await room.anna.submit({"category": "Out of date", "words": "It is 2026."})).accepted
    assert (room.last.source, room.last.reason) == (VoteSource.REASON, "Out of date: It is 2026.")
    assert room.last.conversation == room.conversation


async def test_a_thumb_up_is_a_vote_and_nothing_more(room: Room) -> None:
    message = await room.say(VOTES)
    await (await room.anna.feedback(message, good=True)).outcome()
    assert room.last.rating is Rating.GOOD
    assert room.anna.modal is None


@pytest.mark.parametrize(
    ("control", "kind"),
    [
        (SendQuickReply(T, 1), QuickReplyChosen),
        (StopAnswer(T), StopRequested),
        (ActOnAnswer(T, AnswerAction.REGENERATE), AnswerActionChosen),
        (GiveReason(T, 1), FeedbackGiven),
    ],
)
async def test_every_other_button_is_its_update(room: Room, control: Any, kind: type[Any]) -> None:
    message = await room.say((Button("Press", control),))
    await (await room.anna.click(message, "Press")).outcome()
    assert isinstance(room.last, kind)
    assert room.last.conversation == room.conversation


async def test_a_button_with_a_forged_value_is_set_aside(room: Room) -> None:
    api, _ = room.adapter._here()
    button = {"type": "button", "action_id": "x", "text": {"type": "plain_text", "text": "Go"}, "value": "o:a:b"}
    await api.client.chat_postMessage(
        channel=room.channel, text="x", blocks=[{"type": "actions", "elements": [button]}]
    )
    await (await room.anna.click(room.slack.answers(room.channel)[-1], "Go")).outcome()
    assert isinstance(room.last, Unreadable)
    assert "response_url" not in room.last.raw
    whisper = await room.slack.until(lambda: room.slack.ephemerals("U1"))
    assert whisper[0].body == NOT_THERE


async def test_a_form_that_is_closed_keeps_what_was_typed(room: Room) -> None:
    name, code = Field("n", "Name", FieldType.INPUT), Field("c", "Cups", FieldType.NUMBER)
    message = await room.ask(Form("Book", (name, code)))
    await room.anna.click(message, "Fill in")
    room.anna.enter(await room.modal(), {"Name": "Ann"})
    for closed in await room.anna.close_modal():
        await closed.outcome()
    assert list(room.gateway.kept.values()) == [{"n": "Ann", "c": None}]


async def test_a_click_that_is_too_old_for_a_modal_is_answered_with_a_fresh_button(room: Room) -> None:
    message = await room.ask(Form("Book", (Field("n", "Name", FieldType.INPUT),)))
    room.slack.fail("views.open", ApiError("expired_trigger_id"))
    await room.anna.click(message, "Fill in")
    whisper = (await room.slack.until(lambda: room.slack.ephemerals("U1")))[0]
    assert (whisper.body, whisper.labels) == (PRESS_AGAIN, ("Fill in",))
    await room.anna.click(whisper, "Fill in")
    await room.modal()


async def test_a_modal_that_slack_refuses_is_no_silence(room: Room) -> None:
    message = await room.ask(EVERYTHING)
    room.slack.fail("views.open", ApiError("view_too_large"))
    await (await room.anna.click(message, "Fill in")).outcome()
    (told,) = await room.slack.until(lambda: room.slack.ephemerals("U1"))
    assert (told.body, told.labels) == (NOT_OPENED, ("Fill in",))


async def test_the_longest_form_fits_its_modal(room: Room) -> None:
    ranges = tuple(Field(f"f{number}", "F", FieldType.TIME_RANGE) for number in range(MOST_FIELDS))
    unanswerable = Field("n", "N", FieldType.NUMBER, minimum=2, maximum=1)
    message = await room.ask(Form("d" * 9_000, (*ranges[1:], unanswerable)))
    await room.anna.click(message, "Fill in")
    assert len((await room.modal()).blocks) == 3 + 2 * (MOST_FIELDS - 1) + 1


async def test_a_thumb_down_that_takes_the_vote_back_asks_for_no_reason(room: Room) -> None:
    message = await room.say(VOTES)
    room.gateway.votes[T, "U1"] = Rating.BAD
    await (await room.anna.feedback(message, good=False)).outcome()
    assert isinstance(room.last, FeedbackGiven)
    assert room.anna.modal is None


async def test_whoever_presses_is_called_by_the_name_they_show(room: Room) -> None:
    message = await room.say((Button("Press", SendQuickReply(T, 1)),))
    click = await room.slack.person("U2", "Bea Karlsson").click(message, "Press")
    assert click.payload["user"]["name"] == "bea.karlsson"
    await click.outcome()
    assert room.last.by.name == "Bea Karlsson"


async def test_sources_are_read_in_a_modal(room: Room) -> None:
    room.gateway.sources = (Citation("q1", "Handbook <!channel>", "https://a.example/b", 0.87, "Holidays are paid."),)
    message = await room.say((Button("Sources", ActOnAnswer(T, AnswerAction.SOURCES)),))
    await room.anna.click(message, "Sources")
    view = await room.modal()
    texts = [block["text"]["text"] for block in view.blocks if block["type"] == "section"]
    assert texts == ["*[1]* <https://a.example/b|Handbook &lt;!channel&gt;>  ·  87%", "Holidays are paid."]


async def test_details_are_read_in_a_modal_by_those_who_may(room: Room) -> None:
    room.gateway.run = (NodeFinished("n", "Search", "datasetSearch", seconds=1.25, input_tokens=7, points=0.5),)
    message = await room.say((Button("Details", ActOnAnswer(T, AnswerAction.DETAILS)),))
    await room.anna.click(message, "Details")
    view = await room.modal()
    assert view.blocks[0]["text"]["text"] == "*Search*  ·  1.2 s  ·  7 → 0 tokens  ·  0.5 points"


async def test_details_say_to_others_why_not(room: Room) -> None:
    room.gateway.run = Refusal("You are not allowed to see how answers come about.")
    message = await room.say((Button("Details", ActOnAnswer(T, AnswerAction.DETAILS)),))
    await room.anna.click(message, "Details")
    view = await room.modal()
    assert view.blocks[0]["text"]["text"] == "You are not allowed to see how answers come about."


async def test_controls_are_replaced_by_what_was_decided(room: Room) -> None:
    message = await room.ask(Choice("Which?", options(3)))
    ref = MessageRef("slack", room.adapter.bot, f"{message.channel}/{message.ts}")
    for _ in range(2):
        await room.adapter.settle(ref, Replaced("Which?\n\n✅ **Option 1** — anna"))
    assert (message.body, message.labels) == ("Which?\n\n✅ **Option 1** — anna", ())


async def test_other_buttons_leave_the_text_as_it_is(room: Room) -> None:
    message = await room.say(VOTES, text="# Answer\n\nwith **bold** text")
    before = message.body
    ref = MessageRef("slack", room.adapter.bot, f"{message.channel}/{message.ts}")
    chosen = Button("Good answer", Vote(T, Rating.GOOD), chosen=True)
    await room.adapter.settle(ref, Rebuttoned(((chosen, VOTES[1]),)))
    assert (message.body, message.labels) == (before, ("✓ Good answer", "Bad answer"))


async def test_a_chosen_thumb_stays_in_its_place_and_takes_the_vote_back(room: Room) -> None:
    chosen = Button("Good answer", Vote(T, Rating.NONE), chosen=True)
    message = await room.say((chosen, VOTES[1]))
    assert [(control.kind, control.label) for control in message.controls] == [
        ("feedback", "✓ Good answer"),
        ("feedback", "Bad answer"),
    ]
    await (await room.anna.feedback(message, good=True)).outcome()
    assert room.last.rating is Rating.NONE


async def test_a_removed_message_goes_once_and_for_all(room: Room) -> None:
    message = await room.say(VOTES)
    ref = MessageRef("slack", room.adapter.bot, f"{message.channel}/{message.ts}")
    for _ in range(2):
        await room.adapter.settle(ref, Removed())
    await room.adapter.settle(ref, Replaced("too late"))
    await room.adapter.settle(ref, Rebuttoned())
    assert message.deleted


async def test_a_private_answer_to_a_click_is_seen_by_one_person(room: Room) -> None:
    message = await room.ask(Choice("Which?", options(3)))
    await (await room.anna.click(message, "Option 1")).outcome()
    told = await room.adapter.say(
        room.conversation, Notice("This question is for Berta.", to=room.last.by, reply=room.last.reply)
    )
    (whispered,) = room.slack.ephemerals("U1")
    assert told is None
    assert whispered.body == "This question is for Berta."
    assert whispered.thread_ts == room.conversation.address.split("/")[2]


async def test_a_long_private_answer_is_whole(room: Room) -> None:
    text = "\n\n".join(f"{number} " + "word " * 100 for number in range(40))
    await room.adapter.say(room.conversation, Notice(text, (VOTES,), to=ANN))
    whispered = room.slack.ephemerals("U1")
    assert sum(message.body.count("word") for message in whispered) == 4000
    assert [message.labels for message in whispered] == [(), ("Good answer", "Bad answer")]


async def test_a_private_answer_that_slack_does_not_like_is_said_more_plainly(room: Room) -> None:
    room.slack.fail("chat.postEphemeral", ApiError("invalid_blocks"))
    await room.adapter.say(room.conversation, Notice("**Only** you.", to=ANN))
    assert [message.body for message in room.slack.ephemerals("U1")] == ["**Only** you."]


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "message_not_found"])
async def test_controls_in_a_place_that_is_gone_are_as_good_as_settled(room: Room, code: str) -> None:
    message = await room.say(VOTES)
    ref = MessageRef("slack", room.adapter.bot, f"{message.channel}/{message.ts}")
    room.slack.fail("chat.update", ApiError(code), times=None)
    await room.adapter.settle(ref, Replaced("It is over."))
    assert message.body == "Answer"


async def test_a_long_notice_is_whole_with_its_buttons_below(room: Room) -> None:
    text = "\n\n".join(f"{number} " + "word " * 100 for number in range(40)).strip()
    message = await room.say(VOTES, text=text)
    answers = room.slack.answers(room.channel)
    assert len(answers) == 2
    assert message.labels == ("Good answer", "Bad answer")
    assert answers[0].labels == ()


async def test_what_a_process_said_before_it_was_killed_is_not_said_again(room: Room) -> None:
    for once in ("message:1/set-aside", "message:2/set-aside", "message:1/set-aside"):
        await room.adapter.say(room.conversation, Notice("I could not handle that.", once=once))
    assert len(room.slack.answers(room.channel)) == 2


async def test_where_what_was_said_cannot_be_read_it_is_said(room: Room) -> None:
    room.slack.fail("conversations.replies", ApiError("missing_scope"), times=9)
    await room.adapter.say(room.conversation, Notice("I could not handle that.", once="message:1/set-aside"))
    assert len(room.slack.answers(room.channel)) == 1


async def test_a_slash_command_is_answered_where_the_bot_is_not(room: Room) -> None:
    room.slack.channel("C0ELSEWHERE", "elsewhere", bot_is_member=False)
    await room.anna.command("/fastgpt", "help", "C0ELSEWHERE")
    given = room.last
    await room.adapter.say(given.conversation, Notice("**Just** write to me.", to=given.by, reply=given.reply))
    (whispered,) = room.slack.ephemerals("U1", "C0ELSEWHERE")
    assert whispered.body == "*Just* write to me."
