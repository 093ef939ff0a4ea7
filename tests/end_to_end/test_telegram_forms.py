"""Forms in Telegram, field by field: what a person sees and types, and the JSON that FastGPT then gets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator.workflow import Chat, Form, Reply, choices, form_field
from tests.emulators.telegram import Person
from tests.end_to_end.running import on, tour
from tests.end_to_end.telegram_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "a secret of the tests, as long as it takes"

TRIP = Form(
    id="trip",
    name="Trip",
    description="Your *trip*.",
    fields=(
        form_field("input", "Name", required=True, maxLength=10),
        form_field("numberInput", "Days", value_type="number", min=1, max=30, defaultValue=7),
        form_field("textarea", "Note"),
    ),
)
EVERY_FIELD = Form(
    id="every",
    name="Every",
    description="One of each.",
    fields=(
        form_field("input", "Full name", required=True),
        form_field("textarea", "About you"),
        form_field("numberInput", "Cups", value_type="number", min=0, max=20),
        form_field("select", "Roast", required=True, list=choices("Light", "Dark")),
        form_field("multipleSelect", "Brewers", value_type="arrayString", list=choices("Filter", "Press", "Moka")),
        form_field("switch", "Newsletter", value_type="boolean"),
        form_field("password", "Code", minLength=4),
        form_field("timePointSelect", "Delivery", timeGranularity="minute"),
        form_field("timeRangeSelect", "At home", value_type="arrayString", timeGranularity="day"),
        form_field("fileSelect", "Photo", value_type="arrayString", canSelectImg=True, maxFiles=2),
        form_field("hologram", "Rare kind"),
    ),
)
PIN = Form(id="pin", name="Pin", description="", fields=(form_field("password", "Pin", required=True),))
APP = tour(
    on("trip", TRIP, Reply(text="Have a good trip.")),
    on("every", EVERY_FIELD, Reply(text="Got it.")),
    on("pin", PIN, Reply(text="Unlocked.")),
    on("hello", Chat(text="Hello!")),
    files={"canSelectFile": True, "canSelectImg": True, "maxFiles": 5},
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("forms"), APP, hurried=True, BRIDGE_SECRET_KEY=SECRET) as made:
        yield made


async def test_a_form_with_every_kind_of_field_arrives_as_exactly_this_json(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("every")

    async def asked(number: int) -> None:
        await stage.shown(f"{number}/11", ann.private, 20)

    for number, words in enumerate(("Ann Lee", "Two\nlines", "3,5"), start=1):
        await asked(number)
        ann.say(words)
    await asked(4)
    ann.press("Dark")
    await asked(5)
    ann.press("Filter")
    await stage.offered("☑ Filter", ann.private)
    ann.press("Moka")
    await stage.offered("☑ Moka", ann.private)
    ann.press("Done")
    await asked(6)
    ann.press("Yes")
    await asked(7)
    ann.say("1234")
    for number, words in enumerate(("2026-03-01 08:30", "2026-03-01 to 2026-03-02"), start=8):
        await asked(number)
        ann.say(words)
    await asked(10)
    ann.photo(b"\xff\xd8\xff one")
    await stage.offered("Done", ann.private)
    ann.press("Done")
    await asked(11)
    ann.say("as it comes")
    await stage.pressed(ann, "Submit")
    await stage.shown("Got it.", ann.private)
    sent = json.loads(stage.told(ann)[-1])
    (photo,) = sent.pop("Photo")
    assert photo.startswith(stage.fastgpt.base_url)
    assert sent == {
        "Full name": "Ann Lee",
        "About you": "Two\nlines",
        "Cups": 3.5,
        "Roast": "Dark",
        "Brewers": ["Filter", "Moka"],
        "Newsletter": True,
        "Code": {"value": "1234", "secret": ""},
        "Delivery": "2026-03-01T08:30:00.000Z",
        "At home": ["2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z"],
        "Rare kind": "as it comes",
    }
    assert "1234" not in ann.private.visible()
    assert ann.private.buttons == ["👍", "👎"]


async def at_the_second_field(stage: Stage) -> Person:
    """Ann goes on a trip, and has said her name."""
    ann = stage.telegram.person("Ann")
    ann.say("trip")
    await stage.shown("1/3", ann.private)
    ann.say("Ann")
    await stage.shown("2/3", ann.private)
    return ann


async def at_the_summary(stage: Stage) -> Person:
    """She has skipped what she may."""
    ann = await at_the_second_field(stage)
    await stage.pressed(ann, "Skip")
    await stage.shown("3/3", ann.private)
    await stage.pressed(ann, "Skip")
    return ann


async def test_each_field_is_asked_for_with_its_progress_and_what_holds_for_it(stage: Stage) -> None:
    ann = await at_the_second_field(stage)
    asked = await stage.shown("2/3", ann.private)
    assert asked.text == "2/3 · Days\n1 – 30\nIf you skip it: 7"
    assert asked.labels == ["◀ Back", "Skip", "Cancel"]
    await stage.until(lambda: "**Name**: Ann" in ann.private.visible())
    assert ann.private.visible().splitlines()[:5] == [
        "Ann: trip",
        "bot: Your _trip_.",
        "",
        "📝 3 questions",
        "bot: **Name**: Ann",
    ]


async def test_a_skipped_field_takes_its_default_and_the_summary_becomes_what_was_submitted(stage: Stage) -> None:
    ann = await at_the_summary(stage)
    summary = await stage.shown(phrases.SUMMARY, ann.private)
    assert summary.text.splitlines()[2:] == ["Name: Ann", "Days: 7", "Note: —"]
    await stage.pressed(ann, "Submit")
    await stage.shown("Have a good trip.", ann.private)
    assert json.loads(stage.told(ann)[-1]) == {"Name": "Ann", "Days": 7, "Note": ""}
    assert summary.text.endswith(phrases.FORM_DONE)
    assert "Submit" not in ann.private.buttons


async def test_a_wrong_value_is_told_below_and_the_newest_question_alone_stays(stage: Stage) -> None:
    ann = await at_the_second_field(stage)
    ann.say("a week")
    await stage.shown(phrases.NO_NUMBER, ann.private)
    ann.say("31")
    await stage.shown("at most 30", ann.private)
    await stage.until(lambda: sum("2/3" in text for text in ann.private.texts) == 1)
    await stage.until(lambda: ann.private.buttons == ["◀ Back", "Skip", "Cancel"])


async def test_back_keeps_what_was_typed_and_edit_returns_to_the_summary(stage: Stage) -> None:
    ann = await at_the_second_field(stage)
    await stage.pressed(ann, "Back")
    await stage.shown("Now: Ann", ann.private)
    await stage.pressed(ann, "Keep")
    await stage.pressed(ann, "Skip")
    await stage.pressed(ann, "Skip")
    await stage.shown(phrases.SUMMARY, ann.private)
    await stage.pressed(ann, "Edit: Name")
    await stage.shown("1/3", ann.private)
    ann.say("Bob")
    await stage.shown("Name: Bob\nDays: 7", ann.private)


async def test_a_form_that_is_cancelled_at_once_is_one_message_and_nothing_reaches_fastgpt(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("trip")
    question = await stage.shown("1/3", ann.private)
    await stage.pressed(ann, "Cancel")
    await stage.until(lambda: question.deleted_at is not None)
    assert ann.private.visible().splitlines()[1:] == ["bot: Your _trip_.", "", f"✖ {phrases.CANCELLED}"]
    ann.say("hello")
    await stage.shown("Hello!", ann.private)
    assert stage.told(ann) == ["trip", "hello"]


async def test_words_at_the_summary_are_no_question_and_yes_submits(stage: Stage) -> None:
    ann = await at_the_summary(stage)
    await stage.shown(phrases.SUMMARY, ann.private)
    ann.say("What is the weather like?")
    await stage.shown(phrases.SUMMARY_WORDS, ann.private)
    assert sum(phrases.SUMMARY in text for text in ann.private.texts) == 1
    ann.say("yes")
    await stage.shown("Have a good trip.", ann.private)
    assert len(stage.told(ann)) == 2
    assert "Submit" not in ann.private.buttons


async def test_a_double_submit_is_one_answer(stage: Stage) -> None:
    ann = await at_the_summary(stage)
    await stage.offered("Submit", ann.private)
    first, second = ann.press("Submit"), ann.press("Submit")
    await stage.shown("Have a good trip.", ann.private)
    await stage.until(lambda: first.answer is not None and second.answer is not None)
    assert len(stage.told(ann)) == 2


async def test_in_a_group_each_typed_field_opens_the_reply_field_of_the_one_who_asked(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    group = stage.telegram.group("Team")
    ann.mention("trip", group)
    question = await stage.shown("1/3", group)
    assert question.markup is not None
    assert question.markup["force_reply"] is True
    ann.reply(question, "Ann")
    await stage.shown("2/3", group)
    await stage.until(lambda: "Name: Ann" in group.visible().replace("*", ""))


# --- passwords ---


async def test_a_password_is_never_visible_nor_in_the_database_in_clear(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("pin")
    await stage.shown("1/1", ann.private)
    typed = ann.say("hunter2hunter2")
    await stage.offered("Submit", ann.private)
    assert typed.deleted_at is not None
    assert b"hunter2" not in stage.database()
    await stage.pressed(ann, "Submit")
    await stage.shown("Unlocked.", ann.private)
    assert json.loads(stage.told(ann)[-1]) == {"Pin": {"value": "hunter2hunter2", "secret": ""}}
    assert "hunter2" not in ann.private.visible()
    assert "hunter2" not in "\n".join(stage.program.lines)


async def test_in_a_group_a_password_is_not_asked_for_and_the_way_out_is_said(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    group = stage.telegram.group("Team")
    ann.mention("pin", group)
    question = await stage.shown(phrases.FORM_IN_PRIVATE, group)
    ann.reply(question, "hunter2hunter2")
    await stage.until(lambda: len([text for text in group.texts if phrases.FORM_IN_PRIVATE in text]) == 2)
    await stage.pressed(ann, "Cancel", group)
    await stage.shown(f"✖ Cancelled by Ann. {phrases.GO_ON}", group)
    assert stage.told(ann) == ["pin"]


async def test_telegram_refused_nothing_and_dropped_nothing(stage: Stage) -> None:
    """Over all that the tests above have shown, but for a password that no bot can delete in a group."""
    refused = [call for call in stage.telegram.refused if call.method != "deleteMessage"]
    assert [(call.method, call.description) for call in refused] == []
    assert stage.telegram.silently_changed == []
