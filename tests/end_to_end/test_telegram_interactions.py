"""Everything FastGPT asks, answered in Telegram: what a person sees and presses, and what FastGPT then gets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator import faults
from bridge.simulator.workflow import Agent, Ask, Chat, Form, Loop, Reply, Select, ToolCall, choices, form_field
from tests.emulators.telegram import Person
from tests.end_to_end.telegram_stage import Stage, on, staged, tour

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = {"BRIDGE_SECRET_KEY": "a secret of the tests, as long as it takes"}

CHOICE = Select(
    id="coffee", name="Coffee", description="**Which coffee** would you like?", options=("Lighthouse", "low tide ", "3")
)
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
TASTING = (
    Agent(
        name="Planner",
        calls=(
            ToolCall(
                name="Calendar",
                function="plan",
                flow=(Select(id="place", name="Where", description="Where?", options=("Harbour", "Online")),),
            ),
        ),
        text=lambda scope: f"{scope.choice('place')} it is.",
    ),
    Loop(
        id="days",
        name="Days",
        items=("Friday", "Saturday"),
        flow=(
            Form(
                id="guests",
                name="Guests",
                description="How many guests?",
                fields=(form_field("numberInput", "Guests", value_type="number", required=True),),
            ),
        ),
        collect=lambda scope: scope.form("guests").get("Guests"),
    ),
    Reply(text=lambda scope: "Planned with {} and {} guests.".format(*scope.outputs["days", "loopArray"])),
)
BREWING = {
    "description": "So that the advice fits.",
    "questions": [
        {"question": "How do you brew?", "options": [{"summary": "Filter", "value": "I brew filter"}], "answer": ""},
        {"question": "How strong?", "options": [{"summary": "Mild", "value": "I like it mild"}], "answer": ""},
    ],
}
PLAN = {"content": "Which week?", "options": ["This week", {"label": "Next", "value": "next week"}]}
SHELF = Select(id="shelf", name="Shelf", description="Which one?", options=("Mug", "Mug", "Jug"), dynamic=True)

APP = tour(
    on("choice", Reply(text="Gladly!"), CHOICE, Reply(text=lambda scope: f"You took {scope.choice('coffee')!r}.")),
    on("trip", TRIP, Reply(text="Have a good trip.")),
    on("every", EVERY_FIELD, Reply(text="Got it.")),
    on("pin", PIN, Reply(text="Unlocked.")),
    on("tasting", *TASTING),
    on("shelf", SHELF, Reply(text=lambda scope: f"You took {scope.choice('shelf')}.")),
    on("advice", Ask(id="advice", kind="agentAsk", params=BREWING), Chat(text="Take Lighthouse.")),
    on("plan", Ask(id="plan", kind="agentPlanAskQuery", params=PLAN), Chat(text=lambda scope: f"So: {scope.question}")),
    on("payment", Ask(kind="paymentPause", params={"description": "chat:balance_not_enough_pause"}), Chat(text="On.")),
    on("mystery", Ask(kind="hologram", params={"description": "Nobody knows this kind."}), Chat(text="Behind us.")),
    on("hello", Chat(text="Hello!")),
    files={"canSelectFile": True, "canSelectImg": True, "maxFiles": 5},
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("interactions"), APP, hurried=True, **SECRET) as made:
        yield made


async def begun(stage: Stage, word: str, offered: str) -> Person:
    """Ann said the word in private, and a button called `offered` is there."""
    ann = stage.telegram.person("Ann")
    ann.say(word)
    await stage.offered(offered, ann.private)
    return ann


# --- choices ---


async def test_a_pressed_option_is_sent_exactly_and_the_question_shows_what_was_chosen(stage: Stage) -> None:
    ann = await begun(stage, "choice", "low tide")
    press = await stage.pressed(ann, "low tide")
    await stage.shown("You took 'low tide '.", ann.private)
    assert stage.told(ann) == ["choice", "low tide "]
    assert press.answer is not None
    assert ann.private.visible().splitlines()[:5] == [
        "Ann: choice",
        "bot: Gladly!",
        "bot: **Which coffee** would you like?",
        "",
        "✅ **low tide**",
    ]


@pytest.mark.parametrize(
    ("typed", "sent"), [("1", "Lighthouse"), (" LOW  tide", "low tide "), ("3", "3"), ("2.", "low tide ")]
)
async def test_an_option_can_be_typed_as_its_number_or_its_label(stage: Stage, typed: str, sent: str) -> None:
    ann = await begun(stage, "choice", "Lighthouse")
    ann.say(typed)
    await stage.shown("You took", ann.private)
    assert stage.told(ann) == ["choice", sent]
    assert "Lighthouse" not in ann.private.buttons


async def test_other_words_on_an_open_choice_are_met_with_one_reminder_that_goes_with_the_answer(stage: Stage) -> None:
    ann = await begun(stage, "choice", "Lighthouse")
    ann.say("What is the weather like?")
    await stage.shown(phrases.ANSWER_FIRST, ann.private)
    ann.say("Lighthouse")
    await stage.shown("You took 'Lighthouse'.", ann.private)
    assert stage.told(ann) == ["choice", "Lighthouse"]
    assert ann.private.find(phrases.ANSWER_FIRST) is None


async def test_a_cancelled_choice_leaves_the_chat_free_for_the_next_question(stage: Stage) -> None:
    ann = await begun(stage, "choice", "Lighthouse")
    ann.say("never mind")
    await stage.pressed(ann, "Cancel")
    await stage.shown(phrases.CANCELLED, ann.private)
    ann.say("hello")
    await stage.shown("Hello!", ann.private)
    assert stage.told(ann) == ["choice", "hello"]
    assert ann.private.find("Which coffee").text.endswith("✖ Cancelled")  # type: ignore[union-attr]
    await stage.gone("Cancel", ann.private)
    assert "Lighthouse" not in ann.private.buttons


async def test_a_double_click_is_one_answer(stage: Stage) -> None:
    ann = await begun(stage, "choice", "Lighthouse")
    first, second = ann.press("Lighthouse"), ann.press("Lighthouse")
    stage.telegram.redeliver(first.update_id)
    await stage.shown("You took 'Lighthouse'.", ann.private)
    await stage.until(lambda: second.answer is not None)
    assert stage.told(ann) == ["choice", "Lighthouse"]
    assert len(ann.private.from_bot) == 3


async def test_a_late_press_of_somebody_else_is_told_who_was_faster(stage: Stage) -> None:
    ann = await begun(stage, "choice", "Lighthouse")
    await stage.pressed(ann, "low tide")
    await stage.shown("You took", ann.private)
    await stage.pressed(ann, "Lighthouse", stale=True)
    assert ann.toasts == ["Ann has already answered this."]
    assert len(stage.told(ann)) == 2


async def test_a_strangers_click_in_a_group_is_refused_privately_and_the_question_stays_open(stage: Stage) -> None:
    ann, bob = stage.telegram.person("Ann"), stage.telegram.person("Bob")
    group = stage.telegram.group("Team")
    ann.mention("choice", group)
    await stage.offered("Lighthouse", group)
    await stage.pressed(bob, "Lighthouse", group)
    assert bob.toasts + bob.alerts == ["This question is for Ann."]
    await stage.pressed(ann, "3", group)
    await stage.shown("You took '3'.", group)
    assert (stage.told(ann), stage.told(bob)) == (["choice", "3"], [])
    await stage.until(lambda: "✅ **3** — Ann" in group.visible())


async def test_a_stranger_who_answers_in_words_is_told_to_wait(stage: Stage) -> None:
    ann, bob = stage.telegram.person("Ann"), stage.telegram.person("Bob")
    group = stage.telegram.group("Team")
    ann.mention("choice", group)
    await stage.offered("Lighthouse", group)
    bob.mention("Lighthouse", group)
    await stage.shown("This question is for Ann.", group)
    assert (stage.told(ann), stage.told(bob)) == (["choice"], [])


async def test_of_repeated_dynamic_options_the_pressed_one_is_sent_and_a_name_for_two_is_no_answer(
    stage: Stage,
) -> None:
    ann = await begun(stage, "shelf", "Jug")
    ann.say("mug")
    await stage.shown(phrases.ANSWER_FIRST, ann.private)
    ann.say("2")
    await stage.shown("You took Mug.", ann.private)
    assert stage.told(ann) == ["shelf", "Mug"]


@pytest.mark.parametrize(
    "data", ["o:ThisIsNoQuestion:0", "o:x:-1", "m:no:1:s:0", "rubbish", "q:no:0", "a:no:sources:0"]
)
async def test_forged_data_leads_nowhere_and_is_said_so(stage: Stage, data: str) -> None:
    ann = await begun(stage, "choice", "Lighthouse")
    press = stage.forged(ann, data)
    await stage.until(lambda: press.answer is not None)
    assert phrases.NOT_THERE in ann.toasts + ann.alerts
    assert stage.told(ann) == ["choice"]


async def test_a_token_from_another_chat_answers_nothing(stage: Stage) -> None:
    ann, bob = await begun(stage, "choice", "Lighthouse"), stage.telegram.person("Bob")
    bob.say("hello")
    await stage.shown("Hello!", bob.private)
    stolen = ann.private.from_bot[-1].buttons[0]["callback_data"]
    press = stage.forged(bob, stolen)
    await stage.until(lambda: press.answer is not None)
    assert phrases.NOT_THERE in bob.toasts + bob.alerts
    assert stage.told(ann) == ["choice"]
    assert "Lighthouse" in ann.private.buttons


# --- forms ---


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


async def test_each_field_is_asked_for_with_its_progress_and_what_holds_for_it(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("trip")
    await stage.shown("1/3", ann.private)
    ann.say("Ann")
    asked = await stage.shown("2/3", ann.private)
    assert asked.text == "2/3 · Days\n1 – 30\nIf you skip it: 7"
    assert asked.labels == ["◀ Back", "Skip", "Cancel"]
    assert ann.private.visible().splitlines()[:5] == [
        "Ann: trip",
        "bot: Your _trip_.",
        "",
        "📝 3 questions",
        "bot: **Name**: Ann",
    ]


async def test_a_skipped_field_takes_its_default_and_the_summary_becomes_what_was_submitted(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("trip")
    await stage.shown("1/3", ann.private)
    ann.say("Ann")
    await stage.shown("2/3", ann.private)
    await stage.pressed(ann, "Skip")
    await stage.shown("3/3", ann.private)
    await stage.pressed(ann, "Skip")
    summary = await stage.shown(phrases.SUMMARY, ann.private)
    assert summary.text.splitlines()[2:] == ["Name: Ann", "Days: 7", "Note: —"]
    await stage.pressed(ann, "Submit")
    await stage.shown("Have a good trip.", ann.private)
    assert json.loads(stage.told(ann)[-1]) == {"Name": "Ann", "Days": 7, "Note": ""}
    assert summary.text.endswith(phrases.FORM_DONE)
    assert "Submit" not in ann.private.buttons


async def test_a_wrong_value_is_told_below_and_the_newest_question_alone_has_buttons(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("trip")
    await stage.shown("1/3", ann.private)
    ann.say("Ann")
    await stage.shown("2/3", ann.private)
    ann.say("a week")
    again = await stage.shown(phrases.NO_NUMBER, ann.private)
    await stage.until(lambda: ann.private.buttons == ["◀ Back", "Skip", "Cancel"])
    ann.say("31")
    await stage.shown("at most 30", ann.private)
    await stage.until(lambda: again.labels == [])
    assert ann.private.buttons == ["◀ Back", "Skip", "Cancel"]


async def test_back_keeps_what_was_typed_and_edit_returns_to_the_summary(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("trip")
    await stage.shown("1/3", ann.private)
    ann.say("Ann")
    await stage.shown("2/3", ann.private)
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


async def test_a_cancelled_form_says_so_at_its_question_and_nothing_reaches_fastgpt(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("trip")
    question = await stage.shown("1/3", ann.private)
    await stage.pressed(ann, "Cancel")
    await stage.shown(phrases.CANCELLED, ann.private)
    assert question.text == "✖ Cancelled"
    ann.say("hello")
    await stage.shown("Hello!", ann.private)
    assert stage.told(ann) == ["trip", "hello"]


async def test_words_at_the_summary_are_no_question_and_yes_submits(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("trip")
    await stage.shown("1/3", ann.private)
    ann.say("Ann")
    await stage.pressed(ann, "Skip")
    await stage.pressed(ann, "Skip")
    await stage.shown(phrases.SUMMARY, ann.private)
    ann.say("What is the weather like?")
    await stage.until(lambda: [text for text in ann.private.texts if phrases.SUMMARY in text][1:])
    ann.say("yes")
    await stage.shown("Have a good trip.", ann.private)
    assert len(stage.told(ann)) == 2
    assert "Submit" not in ann.private.buttons


async def test_a_double_submit_is_one_answer(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.say("trip")
    await stage.shown("1/3", ann.private)
    ann.say("Ann")
    await stage.pressed(ann, "Skip")
    await stage.pressed(ann, "Skip")
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
    assert "Name: Ann" in group.visible().replace("*", "")


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
    await stage.shown(phrases.CANCELLED, group)
    assert stage.told(ann) == ["pin"]


# --- whatever else asks ---


async def test_a_question_inside_a_tool_and_a_form_for_each_round_of_a_loop(stage: Stage) -> None:
    ann = await begun(stage, "tasting", "Harbour")
    await stage.pressed(ann, "Harbour")
    for guests in ("3", "4"):
        await stage.offered("Cancel", ann.private)
        ann.say(guests)
        await stage.pressed(ann, "Submit")
        await stage.gone("Submit", ann.private)
    await stage.shown("Planned with 3 and 4 guests.", ann.private)
    assert stage.told(ann) == ["tasting", "Harbour", '{"Guests":3}', '{"Guests":4}']
    assert len({request.json["chatId"] for request in stage.asked(ann)}) == 1


async def test_an_agents_questions_are_a_form_and_its_answers_a_list(stage: Stage) -> None:
    ann = await begun(stage, "advice", "Filter")
    await stage.pressed(ann, "Filter")
    await stage.pressed(ann, "Mild")
    await stage.pressed(ann, "Submit")
    await stage.shown("Take Lighthouse.", ann.private)
    assert stage.told(ann)[-1] == '{"answers":["I brew filter","I like it mild"]}'


@pytest.mark.parametrize(("answer", "sent"), [("Next", "next week"), ("In May", "In May")])
async def test_a_planning_agent_takes_an_option_or_any_words(stage: Stage, answer: str, sent: str) -> None:
    ann = await begun(stage, "plan", "This week")
    ann.say(answer)
    await stage.shown("So: ", ann.private)
    assert stage.told(ann) == ["plan", sent]


@pytest.mark.parametrize(("word", "then"), [("payment", "On."), ("mystery", "Behind us.")])
async def test_whatever_else_pauses_is_readable_and_goes_on_by_a_button(stage: Stage, word: str, then: str) -> None:
    ann = await begun(stage, word, "Continue")
    assert "chat:" not in ann.private.text
    await stage.pressed(ann, "Continue")
    await stage.shown(then, ann.private)
    assert len(stage.told(ann)) == 2


# --- trouble ---


async def test_a_submit_while_fastgpt_is_down_is_kept_retried_and_told(stage: Stage) -> None:
    ann = await begun(stage, "choice", "Lighthouse")
    stage.fastgpt.plan(faults.bad_gateway(), times=2, when=stage.is_from(ann))
    await stage.pressed(ann, "Lighthouse")
    await stage.until(lambda: ann.private.draft is not None and phrases.NOT_ANSWERING in ann.private.draft.text)
    await stage.shown("You took 'Lighthouse'.", ann.private)
    assert "✅ **Lighthouse**" in ann.private.visible()


async def test_telegram_refused_nothing_and_dropped_nothing(stage: Stage) -> None:
    """Over all that the tests above have shown, but for a password that no bot can delete in a group."""
    refused = [call for call in stage.telegram.refused if call.method != "deleteMessage"]
    assert [(call.method, call.description) for call in refused] == []
    assert stage.telegram.silently_changed == []
