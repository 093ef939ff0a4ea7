"""Everything FastGPT can ask, asked in Slack: nested questions, agents, pauses, what nobody knows yet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator.workflow import Agent, Ask, Chat, Form, Loop, Reply, Scope, Select, ToolCall, form_field
from tests.end_to_end.running import on, tour
from tests.end_to_end.slack_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")


def days(scope: Scope) -> str:
    guests = [str(day["guests"]) for day in scope.outputs["days", "loopArray"]]
    return f"Planned with {' and '.join(guests)} guests."


PLACE = Select(id="place", description="Where?", options=("Harbour", "Online"))
GUESTS = Form(
    id="guests", description="How many guests?", fields=(form_field("numberInput", "Guests", value_type="number"),)
)
TASTING = (
    Agent(
        calls=(ToolCall(name="Calendar", function="plan", flow=(PLACE,)),),
        text=lambda scope: f"{scope.choice('place')} it is.",
    ),
    Loop(
        id="days",
        items=("Friday", "Saturday"),
        flow=(GUESTS,),
        collect=lambda scope: {"guests": scope.form("guests")["Guests"]},
    ),
    Reply(text=days),
)
BREWING = {
    "description": "So that the advice fits.",
    "questions": [
        {"question": "How do you brew?", "options": [{"summary": "Filter", "value": "I brew filter"}], "answer": ""},
        {"question": "How strong?", "options": [{"summary": "Mild", "value": "I like it mild"}], "answer": ""},
    ],
}
SIZE = {"questions": [{"question": "Which size?", "options": [{"summary": "Big", "value": "A big one"}]}]}
PLAN = {"content": "Which week?", "options": ["This week", "Next week"]}
ECHO = Chat(text=lambda scope: f"Understood: {scope.question}")

APP = tour(
    on("tasting", *TASTING),
    on("advice", Ask(id="advice", kind="agentAsk", params=BREWING), Chat(text="Take Lighthouse.")),
    on("size", Ask(id="size", kind="agentAsk", params=SIZE), Chat(text="Noted.")),
    on("plan", Ask(id="plan", kind="agentPlanAskQuery", params=PLAN), ECHO),
    on("payment", Ask(kind="paymentPause", params={"description": "chat:balance_not_enough_pause"}), Chat(text="On.")),
    on("mystery", Ask(kind="hologram", params={"description": "Nobody knows this kind."}), Chat(text="Behind us.")),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("questions"), APP) as made:
        yield made


async def test_a_question_inside_a_tool_and_a_form_for_each_round_of_a_loop(stage: Stage) -> None:
    ann, sent, place = await stage.asks("tasting", "Harbour")
    await ann.click(place, "Harbour")
    for number, guests in enumerate((3, 4), start=1):
        await stage.finished(ann, 1 + number)
        card = await stage.offered(sent, phrases.FILL_IN)
        await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
        assert (await ann.submit({"Guests": guests})).accepted
    await stage.shows(sent, "Planned with 3 and 4 guests.")
    assert stage.told(ann) == ["tasting", "Harbour", '{"Guests":3}', '{"Guests":4}']
    assert len({body["chatId"] for body in stage.asked(ann)}) == 1


async def test_an_agents_questions_are_a_form_and_its_answers_a_list(stage: Stage) -> None:
    ann, sent, card = await stage.asks("advice", phrases.FILL_IN)
    await stage.opened(ann, await ann.click(card, phrases.FILL_IN))
    assert (await ann.submit({"How do you brew?": "Filter", "How strong?": "Mild"})).accepted
    await stage.shows(sent, "Take Lighthouse.")
    assert stage.told(ann)[-1] == '{"answers":["I brew filter","I like it mild"]}'


async def test_an_agents_single_question_is_buttons_and_takes_any_words(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("size", "Big")
    assert "Which size?" in controls.body
    await ann.reply(sent, "as it comes")
    await stage.shows(sent, "Noted.")
    assert stage.told(ann)[-1] == "as it comes"


async def test_a_planning_agents_question_shows_its_options(stage: Stage) -> None:
    ann, _sent, controls = await stage.asks("plan", "Next week")
    assert controls.body == "Which week?"
    await ann.click(controls, "Next week")
    await stage.finished(ann, 2)
    assert stage.told(ann)[-1] == "Next week"


@pytest.mark.parametrize(("word", "then"), [("payment", "On."), ("mystery", "Behind us.")])
async def test_whatever_else_pauses_goes_on_by_a_button(stage: Stage, word: str, then: str) -> None:
    ann, sent, controls = await stage.asks(word, phrases.CONTINUE)
    assert "chat:" not in controls.body
    await ann.click(controls, phrases.CONTINUE)
    await stage.shows(sent, then)
    await stage.until(lambda: controls.labels == ())
