"""Everything FastGPT asks, answered in Telegram: what a person sees and presses, and what FastGPT then gets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator import faults
from bridge.simulator.workflow import Agent, Ask, Chat, Form, Loop, Reply, Select, ToolCall, form_field
from tests.end_to_end.running import on, tour
from tests.end_to_end.telegram_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHOICE = Select(
    id="coffee", name="Coffee", description="**Which coffee** would you like?", options=("Lighthouse", "low tide ", "3")
)
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
    on("tasting", *TASTING),
    on("shelf", SHELF, Reply(text=lambda scope: f"You took {scope.choice('shelf')}.")),
    on("advice", Ask(id="advice", kind="agentAsk", params=BREWING), Chat(text="Take Lighthouse.")),
    on("plan", Ask(id="plan", kind="agentPlanAskQuery", params=PLAN), Chat(text=lambda scope: f"So: {scope.question}")),
    on("payment", Ask(kind="paymentPause", params={"description": "chat:balance_not_enough_pause"}), Chat(text="On.")),
    on("mystery", Ask(kind="hologram", params={"description": "Nobody knows this kind."}), Chat(text="Behind us.")),
    on("hello", Chat(text="Hello!")),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("interactions"), APP, hurried=True) as made:
        yield made


# --- choices ---


async def test_a_pressed_option_is_sent_exactly_and_the_question_shows_what_was_chosen(stage: Stage) -> None:
    ann = await stage.asks("choice", "low tide")
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
    ann = await stage.asks("choice", "Lighthouse")
    ann.say(typed)
    await stage.shown("You took", ann.private)
    assert stage.told(ann) == ["choice", sent]
    assert "Lighthouse" not in ann.private.buttons


async def test_other_words_on_an_open_choice_are_met_with_one_reminder_that_goes_with_the_answer(stage: Stage) -> None:
    ann = await stage.asks("choice", "Lighthouse")
    ann.say("What is the weather like?")
    await stage.shown(phrases.ANSWER_FIRST, ann.private)
    ann.say("Lighthouse")
    await stage.shown("You took 'Lighthouse'.", ann.private)
    assert stage.told(ann) == ["choice", "Lighthouse"]
    assert ann.private.find(phrases.ANSWER_FIRST) is None


async def test_a_cancelled_choice_leaves_the_chat_free_for_the_next_question(stage: Stage) -> None:
    ann = await stage.asks("choice", "Lighthouse")
    ann.say("never mind")
    await stage.pressed(ann, "Cancel")
    await stage.shown(phrases.CANCELLED, ann.private)
    ann.say("hello")
    await stage.shown("Hello!", ann.private)
    assert stage.told(ann) == ["choice", "hello"]
    assert ann.private.find("Which coffee").text.endswith(f"✖ {phrases.CANCELLED}")  # type: ignore[union-attr]
    assert ann.private.visible().count("Cancelled") == 1
    await stage.gone("Cancel", ann.private)
    assert "Lighthouse" not in ann.private.buttons


async def test_a_double_click_is_one_answer(stage: Stage) -> None:
    ann = await stage.asks("choice", "Lighthouse")
    first, second = ann.press("Lighthouse"), ann.press("Lighthouse")
    stage.telegram.redeliver(first.update_id)
    await stage.shown("You took 'Lighthouse'.", ann.private)
    await stage.until(lambda: second.answer is not None)
    assert stage.told(ann) == ["choice", "Lighthouse"]
    assert len(ann.private.from_bot) == 3


async def test_a_late_press_is_told_that_it_was_answered_already(stage: Stage) -> None:
    ann = await stage.asks("choice", "Lighthouse")
    await stage.pressed(ann, "low tide")
    await stage.shown("You took", ann.private)
    await stage.pressed(ann, "Lighthouse", stale=True)
    assert ann.toasts == [phrases.ALREADY_ANSWERED_BY_YOU]
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


async def test_who_asks_while_another_one_is_asked_is_told_to_wait_and_answered_after_that(stage: Stage) -> None:
    ann, bob = stage.telegram.person("Ann"), stage.telegram.person("Bob")
    group = stage.telegram.group("Team")
    ann.mention("choice", group)
    await stage.offered("Lighthouse", group)
    bob.mention("hello", group)
    await stage.shown(phrases.kept("Ann", "/new"), group)
    assert (stage.told(ann), stage.told(bob)) == (["choice"], [])
    await stage.pressed(ann, "Lighthouse", group)
    await stage.until(lambda: stage.told(bob) == ["hello"])


async def test_of_repeated_dynamic_options_the_pressed_one_is_sent_and_a_name_for_two_is_no_answer(
    stage: Stage,
) -> None:
    ann = await stage.asks("shelf", "Jug")
    ann.say("mug")
    await stage.shown("Several options are called that.", ann.private)
    ann.say("2")
    await stage.shown("You took Mug.", ann.private)
    assert stage.told(ann) == ["shelf", "Mug"]


@pytest.mark.parametrize(
    "data", ["o:ThisIsNoQuestion:0", "o:x:-1", "m:no:1:s:0", "rubbish", "q:no:0", "a:no:sources:0"]
)
async def test_forged_data_leads_nowhere_and_is_said_so(stage: Stage, data: str) -> None:
    ann = await stage.asks("choice", "Lighthouse")
    press = stage.forged(ann, data)
    await stage.until(lambda: press.answer is not None)
    assert phrases.NOT_THERE in ann.toasts + ann.alerts
    assert stage.told(ann) == ["choice"]


async def test_a_token_from_another_chat_answers_nothing(stage: Stage) -> None:
    ann, bob = await stage.asks("choice", "Lighthouse"), stage.telegram.person("Bob")
    bob.say("hello")
    await stage.shown("Hello!", bob.private)
    stolen = ann.private.from_bot[-1].buttons[0]["callback_data"]
    press = stage.forged(bob, stolen)
    await stage.until(lambda: press.answer is not None)
    assert phrases.NOT_THERE in bob.toasts + bob.alerts
    assert stage.told(ann) == ["choice"]
    assert "Lighthouse" in ann.private.buttons


# --- whatever else asks ---


async def test_a_question_inside_a_tool_and_a_form_for_each_round_of_a_loop(stage: Stage) -> None:
    ann = await stage.asks("tasting", "Harbour")
    await stage.pressed(ann, "Harbour")
    for guests in ("3", "4"):
        await stage.offered("Cancel", ann.private)
        ann.say(guests)
        await stage.pressed(ann, "Submit")
        await stage.gone("Submit", ann.private)
    await stage.shown("Planned with 3 and 4 guests.", ann.private)
    assert stage.told(ann) == ["tasting", "Harbour", '{"Guests":3}', '{"Guests":4}']
    assert len(stage.chats(ann)) == 1


async def test_an_agents_questions_are_a_form_and_its_answers_a_list(stage: Stage) -> None:
    ann = await stage.asks("advice", "Filter")
    await stage.pressed(ann, "Filter")
    await stage.pressed(ann, "Mild")
    await stage.pressed(ann, "Submit")
    await stage.shown("Take Lighthouse.", ann.private)
    assert stage.told(ann)[-1] == '{"answers":["I brew filter","I like it mild"]}'


@pytest.mark.parametrize(("answer", "sent"), [("Next", "next week"), ("In May", "In May")])
async def test_a_planning_agent_takes_an_option_or_any_words(stage: Stage, answer: str, sent: str) -> None:
    ann = await stage.asks("plan", "This week")
    ann.say(answer)
    await stage.shown("So: ", ann.private)
    assert stage.told(ann) == ["plan", sent]


@pytest.mark.parametrize(("word", "then"), [("payment", "On."), ("mystery", "Behind us.")])
async def test_whatever_else_pauses_is_readable_and_goes_on_by_a_button(stage: Stage, word: str, then: str) -> None:
    ann = await stage.asks(word, "Continue")
    assert "chat:" not in ann.private.text
    await stage.pressed(ann, "Continue")
    await stage.shown(then, ann.private)
    assert len(stage.told(ann)) == 2


# --- trouble ---


async def test_a_submit_while_fastgpt_is_down_is_kept_retried_and_told(stage: Stage) -> None:
    ann = await stage.asks("choice", "Lighthouse")
    stage.fastgpt.plan(faults.bad_gateway(), times=2, when=stage.is_from(ann))
    await stage.pressed(ann, "Lighthouse")
    await stage.until(lambda: ann.private.draft is not None and phrases.NOT_ANSWERING in ann.private.draft.text)
    await stage.shown("You took 'Lighthouse'.", ann.private)
    assert "✅ **Lighthouse**" in ann.private.visible()


async def test_telegram_refused_nothing_and_dropped_nothing(stage: Stage) -> None:
    """Over all that the tests above have shown."""
    assert [(call.method, call.description) for call in stage.telegram.refused] == []
    assert stage.telegram.silently_changed == []
