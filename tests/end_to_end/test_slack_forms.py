"""Forms in Slack: a modal with every kind of field, what FastGPT gets of it, and what else can become of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator.faults import api_error
from bridge.simulator.workflow import Chat, Form, choices, form_field
from tests.emulators.slack import ApiError, Message, Person, Sent
from tests.end_to_end.running import on, tour
from tests.end_to_end.slack_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVERY_FIELD = (
    form_field("input", "Name", required=True, maxLength=40),
    form_field("textarea", "About"),
    form_field("numberInput", "Cups", value_type="number", min=0, max=20),
    form_field("numberInput", "Weight", value_type="number", defaultValue=1.5),
    form_field("select", "Roast", required=True, list=choices("Light", "Dark")),
    form_field("multipleSelect", "Brewers", value_type="arrayString", list=choices("Filter", "Press", "Moka")),
    form_field("switch", "Newsletter", value_type="boolean", defaultValue=False),
    form_field("password", "Code", minLength=4),
    form_field("timePointSelect", "Delivery", timeGranularity="day"),
    form_field("timeRangeSelect", "Home", value_type="arrayString", timeGranularity="hour"),
    form_field("fileSelect", "Photo", value_type="arrayString", canSelectImg=True, canLocalUpload=True, maxFiles=2),
    form_field("JSONEditor", "Extra"),
)
ORDER = (
    form_field("input", "Name", required=True),
    form_field("timeRangeSelect", "Home", value_type="arrayString", timeGranularity="hour"),
)
DONE = Chat(text="All noted.")
APP = tour(
    on("every", Form(description="One field of **every kind**.", fields=EVERY_FIELD), DONE),
    on("order", Form(description="Your order", fields=ORDER), DONE),
    on("bags", Form(description="How many?", fields=(form_field("numberInput", "Bags", min=1, max=9),)), DONE),
    on("files", Form(description="", fields=(form_field("fileSelect", "Plan", canSelectFile=True, maxFiles=1),)), DONE),
    on("secret", Form(description="", fields=(form_field("password", "Code", required=True),)), DONE),
    on("endless", Form(description="", fields=tuple(form_field("input", f"Field {n}") for n in range(91))), DONE),
    on("hello", Chat(text="Hello!")),
    files={"canSelectFile": True, "canSelectImg": True, "maxFiles": 5},
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("forms"), APP, BRIDGE_SECRET_KEY="a key of the operator's own") as made:
        yield made


async def form(stage: Stage, word: str) -> tuple[Person, Sent, Message]:
    """Ann asked, FastGPT answered with a form, and its modal is open."""
    ann, sent, card = await stage.asks(word, phrases.FILL_IN)
    await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
    return ann, sent, card


def values(stage: Stage, person: Person) -> Any:
    return json.loads(stage.told(person)[-1])


async def test_every_kind_of_field_reaches_fastgpt_in_its_json_type(stage: Stage) -> None:
    ann, _sent, _card = await form(stage, "every")
    begins = int(datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp())
    entered = {
        "Name": " Ann ",
        "About": "One\nTwo",
        "Cups": "3",
        "Roast": "Dark",
        "Brewers": ["Moka", "Filter"],
        "Newsletter": ["Yes"],
        "Code": "12345",
        "Delivery": "2026-03-01",
        "field:9:from": begins,
        "field:9:to": begins + 7200,
        "Photo": [ann.file("me.png", b"\x89PNG", "image/png")],
        "Extra": '{"a": 1}',
    }
    assert (await ann.submit(entered)).accepted
    await stage.finished(ann, 2)
    sent_values = values(stage, ann)
    (photo,) = sent_values.pop("Photo")
    assert sent_values == {
        "Name": "Ann",
        "About": "One\nTwo",
        "Cups": 3,
        "Weight": 1.5,
        "Roast": "Dark",
        "Brewers": ["Moka", "Filter"],
        "Newsletter": True,
        "Code": {"value": "12345", "secret": ""},
        "Delivery": "2026-03-01T00:00:00.000Z",
        "Home": ["2026-03-01T08:00:00.000Z", "2026-03-01T10:00:00.000Z"],
        "Extra": '{"a": 1}',
    }
    assert photo.startswith(stage.fastgpt.base_url)
    assert [file.content for file in stage.fastgpt.state.files.values()] == [b"\x89PNG"]


async def test_what_was_submitted_stays_readable_but_for_the_password(stage: Stage) -> None:
    ann, sent, card = await form(stage, "every")
    assert (await ann.submit({"Name": "Ann", "Roast": "Light", "Code": "s3cr3t"})).accepted
    await stage.shows(sent, "All noted.")
    await stage.until(lambda: phrases.FORM_DONE in card.body)
    assert "**Name**: Ann" in card.body
    assert "**Code**: ••••" in card.body
    assert "s3cr3t" not in "".join(state.visible for message in stage.answers(sent) for state in message.history)
    assert card.labels == ()


async def test_fields_left_alone_are_sent_as_fastgpts_own_page_sends_them(stage: Stage) -> None:
    ann, _, _ = await form(stage, "every")
    assert (await ann.submit({"Name": "Ann", "Roast": "Light"})).accepted
    await stage.finished(ann, 2)
    assert values(stage, ann) == {
        "Name": "Ann",
        "About": "",
        "Cups": None,
        "Weight": 1.5,
        "Roast": "Light",
        "Brewers": [],
        "Newsletter": False,
        "Code": {"value": "", "secret": ""},
        "Delivery": None,
        "Home": [],
        "Photo": [],
        "Extra": "",
    }


async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(stage: Stage) -> None:
    ann, sent, _ = await form(stage, "order")
    begins = int(datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp())
    wrong = await ann.submit({"Name": "Ann", "field:1:from": begins, "field:1:to": begins - 3600})
    assert wrong.errors == {"field:1:to": phrases.ENDS_BEFORE}
    assert (await ann.submit({"field:1:to": begins + 3600})).accepted
    await stage.shows(sent, "All noted.")
    assert values(stage, ann)["Name"] == "Ann"


async def test_a_modal_that_was_closed_opens_again_with_what_was_typed(stage: Stage) -> None:
    ann, _sent, card = await form(stage, "every")
    assert ann.modal is not None
    ann.enter(ann.modal, {"Name": "Ann", "Cups": "7", "Code": "s3cr3t"})
    for notice in await ann.close_modal():
        await notice.outcome()
    await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
    assert ann.modal is not None
    texts = {block.get("label", {}).get("text"): block.get("element", {}) for block in ann.modal.blocks}
    assert texts["Name"]["initial_value"] == "Ann"
    assert texts["Cups"]["initial_value"] == "7"
    assert "initial_value" not in texts["Code"]


async def test_cancel_on_the_card_leaves_the_form_and_the_next_message_is_a_question(stage: Stage) -> None:
    ann, sent, card = await stage.asks("order", phrases.FILL_IN)
    await ann.click(card, phrases.CANCEL)
    await stage.until(lambda: card.visible == f"Your order\n\n✖ {phrases.CANCELLED}")
    assert stage.screen(sent).count(phrases.CANCELLED) == 1
    await ann.reply(sent, "hello")
    await stage.shows(sent, "Hello!")


async def test_pressing_submit_twice_submits_once(stage: Stage) -> None:
    ann, sent, _ = await form(stage, "order")
    submission = await ann.submit({"Name": "Ann"})
    assert submission.delivery is not None
    await stage.slack.repeat(submission.delivery).outcome()
    await stage.shows(sent, "All noted.")
    assert stage.told(ann) == ["order", '{"Name":"Ann","Home":[]}']
    assert stage.whispers(ann) == []


async def test_a_form_answered_in_another_modal_says_so_in_this_one(stage: Stage) -> None:
    ann, _sent, card = await form(stage, "order")
    first = ann.modal
    assert (await ann.submit({"Name": "Ann"})).accepted
    await stage.until(lambda: phrases.FORM_DONE in card.body)
    assert first is not None
    stage.slack.world.views._stacks[ann.id] = [first]
    await ann.submit({"Name": "Bob"})
    assert ann.modal is not None
    assert phrases.ALREADY_ANSWERED_BY_YOU in json.dumps(ann.modal.blocks, ensure_ascii=False)
    await stage.finished(ann, 2)
    assert stage.told(ann) == ["order", '{"Name":"Ann","Home":[]}']


async def test_a_stranger_cannot_open_the_form(stage: Stage) -> None:
    ann, bob = stage.person("ann"), stage.person("bob")
    sent = await ann.mention("order", stage.channel())
    card = await stage.offered(sent, phrases.FILL_IN)
    await bob.click(card, phrases.FILL_IN)
    await stage.whispered(bob, phrases.NOT_YOURS.format(name="ann"))
    assert bob.modal is None


async def test_words_on_an_open_form_are_kept_from_the_workflow(stage: Stage) -> None:
    ann, sent, _ = await stage.asks("order", phrases.FILL_IN)
    await ann.reply(sent, "what for?")
    await stage.shows(sent, phrases.ANSWER_FIRST)
    assert stage.told(ann) == ["order"]


async def test_the_only_field_of_a_form_can_be_typed_in_the_thread(stage: Stage) -> None:
    ann, sent, _ = await stage.asks("bags", phrases.FILL_IN)
    await ann.reply(sent, "12")
    await stage.shows(sent, phrases.too_large("9"))
    await ann.reply(sent, "4")
    await stage.shows(sent, "All noted.")
    assert stage.told(ann) == ["bags", '{"Bags":4}']


async def test_the_only_file_of_a_form_can_be_sent_to_the_thread(stage: Stage) -> None:
    ann, sent, _ = await stage.asks("files", phrases.FILL_IN)
    await ann.reply(sent, "here it comes")
    await stage.shows(sent, phrases.send_files(1))
    await ann.upload("plan.pdf", b"%PDF", "application/pdf", thread=sent.thread)
    await stage.shows(sent, "All noted.")
    assert values(stage, ann)["Plan"][0].startswith(stage.fastgpt.base_url)


async def test_a_password_is_not_taken_from_the_thread_where_it_would_stay(stage: Stage) -> None:
    ann, sent, _ = await stage.asks("secret", phrases.FILL_IN)
    await ann.reply(sent, "open sesame")
    await stage.shows(sent, phrases.ANSWER_FIRST)
    assert stage.told(ann) == ["secret"]


async def test_a_click_that_came_too_late_for_a_modal_is_answered_with_a_button(stage: Stage) -> None:
    ann, sent, card = await stage.asks("order", phrases.FILL_IN)
    stage.slack.fail("views.open", ApiError("expired_trigger_id"))
    await ann.click(card, phrases.FILL_IN)
    again = await stage.whispered(ann, phrases.FILL_IN)
    await stage.opened(ann, await ann.click(again, phrases.FILL_IN))
    assert (await ann.submit({"Name": "Ann"})).accepted
    await stage.shows(sent, "All noted.")


async def test_a_file_that_is_not_taken_sends_the_form_back_with_what_was_typed_and_the_other_file(
    stage: Stage,
) -> None:
    ann, sent, card = await form(stage, "every")
    kept, refused = ann.file("me.png", b"\x89PNG", "image/png"), ann.file("you.png", b"\x89PNG", "image/png")
    stage.fastgpt.plan(
        api_error(510, "error", "InvalidUploadFileType"),
        path="presign",
        times=9,
        when=lambda request: request.json["filename"] == "you.png",
    )
    assert (await ann.submit({"Name": "Ann", "Roast": "Dark", "Photo": [kept, refused]})).accepted
    await stage.whispered(ann, phrases.file_failed("you.png", phrases.FILE_NOT_TAKEN))
    await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
    assert ann.modal is not None
    assert phrases.FILES_KEPT.format(names="me.png") in json.dumps(ann.modal.blocks, ensure_ascii=False)
    assert (await ann.submit()).accepted
    await stage.shows(sent, "All noted.")
    assert (values(stage, ann)["Name"], len(values(stage, ann)["Photo"])) == ("Ann", 1)


async def test_a_form_too_long_for_a_modal_goes_field_by_field(stage: Stage) -> None:
    ann, sent, _ = await stage.asks("endless", phrases.CANCEL)
    await stage.shows(sent, f"**{phrases.form_progress(0, 91)} · Field 0**")
    await ann.reply(sent, "first")
    await stage.shows(sent, f"**{phrases.form_progress(1, 91)} · Field 1**")
    await stage.shows(sent, "**Field 0**: first")
    assert stage.told(ann) == ["endless"]
