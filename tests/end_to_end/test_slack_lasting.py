"""What outlasts the process, what an operator can set, and what is kept secret, in Slack. A process for each test."""

from __future__ import annotations

from pathlib import Path

from bridge.domain import phrases
from bridge.domain.errors import AssistantFault
from bridge.simulator import App
from bridge.simulator.apps import plugin_input, variable
from bridge.simulator.faults import bad_gateway
from bridge.simulator.workflow import Chat, Form, PluginOutput, Select, choices, form_field
from tests.end_to_end.nursery import Nursery
from tests.end_to_end.running import on, tour
from tests.end_to_end.slack_stage import staged

DRINK = Select(id="drink", description="What would you like?", options=("Tea", "Coffee"))
ORDER = Form(description="Your order", fields=(form_field("input", "Name", required=True), form_field("input", "Note")))
SECRET = Form(description="The club", fields=(form_field("password", "Code", required=True),))
SOME_SECRET = Form(description="The club", fields=(form_field("input", "Name"), form_field("password", "Code")))
DONE = Chat(text="All noted.")
APP = tour(
    on("drink", DRINK, DONE),
    on("order", ORDER, DONE),
    on("secret", SECRET, DONE),
    on("club", SOME_SECRET, DONE),
    on("hello", Chat(text="Hello!")),
)
KEY = "a key of the operator's own"
ANYONE = '[interactions]\nanswered_by = "anyone"\n'


# --- kill -9 ---


async def test_a_choice_is_answered_after_kill_9(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann, sent, controls = await stage.asks("drink", "Tea")
        await stage.restart()
        await ann.click(controls, "Tea")
        await stage.shows(sent, "All noted.")
        assert stage.told(ann) == ["drink", "Tea"]
        assert controls.labels == ()


async def test_a_form_that_was_open_during_kill_9_is_submitted_after_it(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann, sent, card = await stage.asks("order", phrases.FILL_IN)
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        await stage.restart()
        assert (await ann.submit({"Name": "Ann"})).accepted
        await stage.shows(sent, "All noted.")
        assert stage.told(ann) == ["order", '{"Name":"Ann","Note":""}']


async def test_what_was_typed_into_a_closed_form_is_there_after_kill_9(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann, _, card = await stage.asks("order", phrases.FILL_IN)
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        assert ann.modal is not None
        ann.enter(ann.modal, {"Note": "no sugar"})
        for closed in await ann.close_modal():
            await closed.outcome()
        await stage.restart()
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        assert "no sugar" in [block.get("element", {}).get("initial_value") for block in ann.modal.blocks]


async def test_an_answer_is_voted_on_after_kill_9(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann = stage.person("ann")
        sent = await ann.dm("hello")
        answer = await stage.offered(sent, phrases.GOOD)
        await stage.finished(ann)
        await stage.restart()
        await ann.feedback(answer, good=True)
        await stage.until(lambda: f"✓ {phrases.GOOD}" in answer.labels)
        (vote,) = stage.calls(ann, "updateUserFeedback")
        assert vote["dataId"] == stage.asked(ann)[0]["responseChatItemId"]


# --- settings ---


async def test_a_question_nobody_answered_in_time_says_so_and_the_next_one_is_new(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery, config="[interactions]\nexpire_after_days = 0.000001\n") as stage:
        ann, sent, controls = await stage.asks("drink", "Tea")
        await stage.restart()
        await stage.until(lambda: controls.visible == f"What would you like?\n\n⌛ {phrases.EXPIRED}")
        await ann.reply(sent, "hello")
        await stage.shows(sent, "Hello!")
        assert len({body["chatId"] for body in stage.asked(ann)}) == 2


async def test_of_two_people_who_answer_one_wins_and_the_other_is_told_who(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery, config=ANYONE) as stage:
        ann, bob = stage.person("ann"), stage.person("bob")
        sent = await ann.mention("drink", stage.channel())
        controls = await stage.offered(sent, "Tea")
        await (await bob.click(controls, "Coffee")).outcome()
        await ann.click(controls, "Tea")
        await stage.whispered(ann, phrases.ALREADY_ANSWERED.format(name="bob"))
        await stage.shows(sent, "All noted.")
        await stage.until(lambda: controls.body.endswith("✅ **Coffee** — bob"))
        assert (stage.told(ann), stage.told(bob)) == (["drink"], ["Coffee"])


async def test_of_two_people_who_submit_a_form_one_wins_and_the_other_is_told_who(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery, config=ANYONE) as stage:
        ann, bob = stage.person("ann"), stage.person("bob")
        sent = await ann.mention("order", stage.channel())
        card = await stage.offered(sent, phrases.FILL_IN)
        for person in (ann, bob):
            await stage.opened(person, await person.click(card, phrases.FILL_IN))
        assert (await bob.submit({"Name": "Bob"})).accepted
        await stage.shows(sent, "All noted.")
        await ann.submit({"Name": "Ann"})
        assert ann.modal is not None
        assert ann.modal.blocks[0]["text"]["text"] == phrases.ALREADY_ANSWERED.format(name="bob")
        assert (stage.told(ann), stage.told(bob)) == (["order"], ['{"Name":"Bob","Note":""}'])


# --- secrets ---


async def test_a_password_lies_nowhere_in_the_clear(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery, BRIDGE_SECRET_KEY=KEY, LOG_LEVEL="debug") as stage:
        ann, sent, card = await stage.asks("secret", phrases.FILL_IN)
        stage.fastgpt.plan(bad_gateway())
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        assert (await ann.submit({"Code": "op3n-sesame"})).accepted
        await stage.fastgpt.arrived(2)
        assert b"op3n-sesame" not in stage.database()
        await stage.shows(sent, "All noted.")
        assert stage.told(ann)[-1] == '{"Code":{"value":"op3n-sesame","secret":""}}'
        assert b"op3n-sesame" not in stage.database()
        assert "op3n-sesame" not in "\n".join(stage.program.lines)
        assert "op3n-sesame" not in str([state.visible for message in stage.answers(sent) for state in message.history])


async def test_without_a_key_a_form_with_a_password_is_refused_with_the_reason(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann, sent, card = await stage.asks("secret", phrases.FILL_IN)
        await ann.click(card, phrases.FILL_IN)
        await stage.whispered(ann, phrases.FORM_NOT_KEPT)
        assert ann.modal is None
        await ann.click(card, phrases.CANCEL)
        await stage.shows(sent, phrases.CANCELLED)


async def test_without_a_key_a_password_that_is_not_needed_is_left_out(tmp_path: Path, nursery: Nursery) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann, sent, card = await stage.asks("club", phrases.FILL_IN)
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        assert ann.modal is not None
        assert phrases.left_out(["Code"]) in ann.modal.blocks[0]["text"]["text"]
        assert (await ann.submit({"Name": "Ann"})).accepted
        await stage.shows(sent, "All noted.")
        assert stage.told(ann)[-1] == '{"Name":"Ann","Code":{"value":"","secret":""}}'


# --- before FastGPT can be asked, and when it is away ---


async def test_a_plugin_app_takes_its_inputs_as_a_form_and_shows_its_outputs(tmp_path: Path, nursery: Nursery) -> None:
    brewing = App(
        name="brewing",
        kind="plugin",
        start_id="pluginInput",
        plugin_inputs=(
            plugin_input("numberInput", "coffee", value_type="number", label="Coffee (g)", min=1, max=99),
            plugin_input("select", "strength", label="Strength", list=choices("Mild", "Strong")),
        ),
        flow=(PluginOutput(outputs=lambda scope: {"water": scope.variables["coffee"] * 16, "note": "a\nb"}),),
    )
    async with staged(tmp_path, brewing, nursery=nursery) as stage:
        ann = stage.person("ann")
        sent = await ann.dm("how much water?")
        card = await stage.offered(sent, phrases.FILL_IN)
        assert card.body == phrases.PLUGIN_FORM
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        assert (await ann.submit({"Coffee (g)": 20, "Strength": "Mild"})).accepted
        (body,) = await stage.finished(ann)
        assert (body["messages"], body["variables"]) == ([], {"coffee": 20, "strength": "Mild"})
        answer = stage.answers(sent)[-1].body
        assert "**water:** 320" in answer
        assert "**note**\n\na\nb" in answer


async def test_a_required_variable_is_asked_for_once_and_sent_with_the_question(
    tmp_path: Path, nursery: Nursery
) -> None:
    barista = App(
        name="barista",
        variables=(
            variable("input", "name", "Your name", required=True),
            variable("select", "size", "Cup size", list=choices("small", "large"), defaultValue="small"),
            variable("custom", "campaign", "Set from outside"),
        ),
        flow=(Chat(text=lambda scope: f"Hello {scope.variables['name']}! {scope.question}"),),
    )
    async with staged(tmp_path, barista, nursery=nursery) as stage:
        ann = stage.person("ann")
        sent = await ann.dm("a coffee")
        card = await stage.offered(sent, phrases.FILL_IN)
        assert (card.body, stage.asked(ann)) == (phrases.VARIABLES_FIRST, [])
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        assert (await ann.submit({"Your name": "Ann"})).accepted
        await stage.shows(sent, "Hello Ann! a coffee")
        assert stage.asked(ann)[0]["variables"] == {"name": "Ann"}
        await ann.reply(sent, "and another")
        await stage.shows(sent, "Hello Ann! and another")


async def test_a_form_submitted_while_fastgpt_is_down_is_kept_and_goes_through(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery) as stage:
        ann, sent, card = await stage.asks("order", phrases.FILL_IN)
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        stage.fastgpt.plan(bad_gateway())
        assert (await ann.submit({"Name": "Ann"})).accepted
        await stage.until(lambda: stage.slack.status(sent.channel, sent.thread) == phrases.NOT_ANSWERING)
        await stage.shows(sent, "All noted.")
        assert phrases.FORM_DONE in card.body
        assert stage.told(ann) == ["order", *2 * ['{"Name":"Ann","Note":""}']]
        assert stage.slack.status(sent.channel, sent.thread) == ""


async def test_a_form_that_fastgpt_was_away_for_too_long_to_take_can_be_submitted_again(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery, config="[fastgpt]\npatience = 0\n") as stage:
        ann, sent, card = await stage.asks("order", phrases.FILL_IN)
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        stage.fastgpt.plan(bad_gateway())
        assert (await ann.submit({"Name": "Ann"})).accepted
        await stage.shows(sent, "cannot be reached")
        again = await stage.offered(sent, phrases.FILL_IN)
        assert again.ts != card.ts
        await stage.opened(ann, await ann.click(again, phrases.FILL_IN))
        assert (await ann.submit()).accepted
        await stage.shows(sent, "All noted.")
        assert stage.told(ann) == ["order", *2 * ['{"Name":"Ann","Note":""}']]


async def test_a_question_that_fastgpt_was_away_for_is_asked_again_by_a_button_and_answered_in_place(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with staged(tmp_path, APP, nursery=nursery, config="[fastgpt]\npatience = 0\n") as stage:
        ann = stage.person("ann")
        stage.fastgpt.plan(bad_gateway())
        sent = await ann.dm("hello")
        failed = await stage.offered(sent, phrases.RETRY)
        assert failed.visible == f"{phrases.fault(AssistantFault.UNREACHABLE)}\n[{phrases.RETRY}]"
        await ann.click(failed, phrases.RETRY)
        await stage.until(lambda: failed.body == "Hello!")
        assert len(stage.answers(sent)) == 1
