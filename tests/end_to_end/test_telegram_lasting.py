"""What is asked in Telegram outlives the process, or says why it does not; and what depends on app and settings."""

from __future__ import annotations

import json
from pathlib import Path

from bridge.domain import phrases
from bridge.domain.errors import AssistantFault
from bridge.simulator import App, faults
from bridge.simulator.apps import plugin_input, variable
from bridge.simulator.workflow import Chat, Form, PluginOutput, Reply, Select, choices, form_field
from tests.end_to_end.nursery import Nursery
from tests.end_to_end.running import on, tour
from tests.end_to_end.telegram_stage import staged

CHOICE = Select(id="coffee", name="Coffee", description="Which coffee?", options=("Lighthouse", "Low Tide"))
FORM = Form(
    id="trip",
    name="Trip",
    description="Your trip.",
    fields=(
        form_field("input", "Name", required=True),
        form_field("select", "Bed", required=True, list=choices("Hard", "Soft")),
        form_field("switch", "Breakfast", value_type="boolean"),
        form_field("numberInput", "Days", value_type="number"),
    ),
)
PIN = Form(id="pin", name="Pin", description="", fields=(form_field("password", "Pin", required=True),))
APP = tour(
    on("choice", CHOICE, Reply(text=lambda scope: f"You took {scope.choice('coffee')}.")),
    on("trip", FORM, Reply(text="Have a good trip.")),
    on("pin", PIN, Reply(text="Unlocked.")),
    on("hello", Chat(text="Hello!")),
)
PLUGIN = App(
    name="plugin",
    kind="plugin",
    start_id="pluginInput",
    start_name="Inputs",
    plugin_inputs=(
        plugin_input("numberInput", "coffee", value_type="number", label="Coffee (g)", min=1, defaultValue=18),
        plugin_input("select", "strength", label="Strength", list=choices("Mild", "Strong")),
    ),
    flow=(
        PluginOutput(
            id="pluginOutput",
            name="Outputs",
            outputs=lambda scope: {
                "result": f"{scope.variables['coffee']} g, {scope.variables['strength']}",
                "ml": 300,
            },
        ),
    ),
)
BARISTA = App(
    name="barista",
    welcome="Hi!",
    variables=(
        variable("input", "name", "Your name", required=True, maxLength=10),
        variable("select", "size", "Cup size", list=choices("small", "large"), defaultValue="small"),
        variable("numberInput", "sugar", "Spoons of sugar", valueType="number", max=5),
        variable("custom", "campaign", "Set from outside", required=True),
    ),
    flow=(Chat(text=lambda scope: f"Hello {scope.variables['name']}: {scope.question}"),),
)


async def test_a_choice_can_be_answered_after_kill_9(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann = await stage.asks("choice", "Low Tide")
        await stage.restart()
        await stage.pressed(ann, "Low Tide")
        await stage.shown("You took Low Tide.", ann.private)
        assert stage.told(ann) == ["choice", "Low Tide"]


async def test_a_press_on_a_message_that_telegram_has_no_more_of_than_its_number_counts_in_its_topic(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann, team = stage.telegram.person("Ann"), stage.telegram.group("Team", forum=True)
        news = ann.topic("News", team)
        ann.mention("choice", news)
        await stage.offered("Low Tide", news)
        await stage.program.logged("turn_finished")
        question = next(message for message in news.from_bot if message.keyboard)
        ann.delete(question)
        press = ann.press("Low Tide", on=question)
        await stage.shown("You took Low Tide.", news)
        await stage.until(lambda: press.answer is not None)
        assert stage.told(ann) == ["choice", "Low Tide"]


async def test_a_form_goes_on_at_its_fourth_field_after_kill_9(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery, hurried=True) as stage:
        ann = stage.telegram.person("Ann")
        ann.say("trip")
        await stage.shown("1/4", ann.private)
        ann.say("Ann")
        await stage.pressed(ann, "Soft")
        await stage.pressed(ann, "Yes")
        await stage.shown("4/4", ann.private)
        await stage.restart()
        ann.say("3")
        await stage.pressed(ann, "Submit")
        await stage.shown("Have a good trip.", ann.private)
        assert json.loads(stage.told(ann)[-1]) == {"Name": "Ann", "Bed": "Soft", "Breakfast": True, "Days": 3}


async def test_an_answer_given_while_the_program_was_away_is_not_lost(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann = await stage.asks("choice", "Low Tide")
        await stage.program.kill()
        ann.press("Low Tide")
        ann.say("hello")
        await stage.start()
        await stage.shown("Hello!", ann.private)
        assert stage.told(ann) == ["choice", "Low Tide", "hello"]


async def test_an_answer_can_be_voted_on_after_kill_9_and_the_reason_typed_after_another(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery, hurried=True) as stage:
        ann = stage.telegram.person("Ann")
        ann.say("hello")
        await stage.shown("Hello!", ann.private)
        await stage.program.logged("turn_finished")
        await stage.restart()
        await stage.pressed(ann, "👎")
        await stage.pressed(ann, phrases.OTHER_REASON)
        await stage.shown(phrases.REASON_ASKED, ann.private)
        await stage.restart()
        ann.say("You did not say my name")
        await stage.shown(phrases.VOTE_THANKS, ann.private)
        (asked,) = stage.asked(ann)
        told = stage.calls(ann, "updateUserFeedback")
        assert [vote["dataId"] for vote in told] == [asked["responseChatItemId"]] * 2
        assert told[-1]["userBadFeedback"] == "You did not say my name"


async def test_what_expired_says_so_and_the_next_question_is_a_question(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery, config="[interactions]\nexpire_after_days = 0.000001\n") as stage:
        ann = await stage.asks("choice", "Low Tide")
        await stage.restart()
        await stage.shown(phrases.EXPIRED, ann.private)
        assert ann.private.buttons == []
        await stage.pressed(ann, "Low Tide", stale=True)
        assert ann.toasts == [phrases.EXPIRED]
        ann.say("hello")
        await stage.shown("Hello!", ann.private)
        assert stage.told(ann) == ["choice", "hello"]


async def test_an_answer_that_fastgpt_was_away_for_too_long_to_take_can_be_given_again(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery, config="[fastgpt]\npatience = 0\n", hurried=True) as stage:
        ann = await stage.asks("choice", "Low Tide")
        stage.fastgpt.plan(faults.bad_gateway())
        await stage.pressed(ann, "Low Tide")
        await stage.shown(phrases.fault(AssistantFault.UNREACHABLE), ann.private)
        await stage.offered("Low Tide", ann.private)
        ann.say("What now?")
        await stage.shown(phrases.ANSWER_FIRST, ann.private)
        await stage.pressed(ann, "Low Tide")
        await stage.shown("You took Low Tide.", ann.private)
        assert stage.told(ann) == ["choice", "Low Tide", "Low Tide"]


async def test_without_a_key_to_seal_it_with_a_password_is_refused_with_the_reason(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery, hurried=True) as stage:
        ann = stage.telegram.person("Ann")
        ann.say("pin")
        await stage.shown(phrases.FORM_NOT_KEPT, ann.private)
        typed = ann.say("hunter2hunter2")
        await stage.until(lambda: typed.deleted_at is not None)
        await stage.pressed(ann, "Cancel")
        await stage.shown(phrases.CANCELLED, ann.private)
        assert stage.told(ann) == ["pin"]
        assert b"hunter2" not in stage.database()


async def test_anyone_may_answer_where_the_operator_says_so(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery, config='[interactions]\nanswered_by = "anyone"\n') as stage:
        ann, bob, group = stage.telegram.person("Ann"), stage.telegram.person("Bob"), stage.telegram.group("Team")
        ann.mention("choice", group)
        await stage.pressed(bob, "Low Tide", group)
        await stage.shown("You took Low Tide.", group)
        await stage.until(lambda: "✅ **Low Tide** — Bob" in group.visible())
        await stage.pressed(ann, "Lighthouse", group, stale=True)
        assert ann.toasts == ["Bob has already answered this."]


async def test_a_plugin_app_asks_for_its_inputs_and_shows_its_outputs(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, PLUGIN, nursery=nursery, hurried=True) as stage:
        ann = stage.telegram.person("Ann")
        ann.say("brew something")
        await stage.shown(phrases.PLUGIN_FORM, ann.private)
        ann.say("20")
        await stage.pressed(ann, "Strong")
        await stage.pressed(ann, "Submit")
        await stage.shown("20 g, Strong", ann.private)
        (body,) = stage.asked(ann)
        assert body["variables"] == {"coffee": 20, "strength": "Strong"}
        assert ann.private.visible().endswith(
            "bot: **result:** 20 g, Strong\n\n**ml:** 300\n[ 👍 ] [ 👎 ]\n[ Regenerate ]"
        )


async def test_required_variables_are_asked_for_once_before_the_first_question(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, BARISTA, nursery=nursery, hurried=True) as stage:
        ann = stage.telegram.person("Ann")
        ann.command("/start")
        await stage.shown("Hi!", ann.private)
        ann.say("A coffee, please")
        await stage.shown(phrases.VARIABLES_FIRST, ann.private)
        await stage.shown("1/2 · Your name", ann.private)
        ann.say("Ann")
        await stage.shown("2/2 · Spoons of sugar", ann.private)
        await stage.pressed(ann, "Skip")
        await stage.pressed(ann, "Submit")
        await stage.shown("Hello Ann: A coffee, please", ann.private)
        ann.say("Another one")
        await stage.shown("Another one", ann.private)
        first, second = stage.asked(ann)
        assert first["variables"]["name"] == "Ann"
        assert "campaign" not in first["variables"]
        assert first["chatId"] == second["chatId"]
