"""Interactive nodes, with all their cruelty."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.simulator import App, Simulator
from bridge.simulator.workflow import (
    Ask,
    Chat,
    Flow,
    Form,
    Loop,
    Reply,
    Scope,
    Select,
    form_field,
)
from tests.simulator.rig import rig_apps
from tests.simulator.talk import Talk


def _app(*flow: Any) -> list[App]:
    return [App(name="demo", flow=tuple(flow))]


def _answer(scope: Scope) -> str:
    return f"answered: {scope.outputs.get(('ask', 'answer'))}"


def _ask(kind: str, **params: Any) -> Flow:
    return (Ask(id="ask", kind=kind, params=params), Chat(text=_answer))


@pytest.mark.parametrize("text", ["option1", "confirm", "Confirm ", "1", "", "something else"])
async def test_anything_but_the_exact_value_ends_a_choice_without_a_word(text: str) -> None:
    async with Simulator("4.14", rig_apps()) as sim:
        talk = Talk(sim, "select")
        await talk.say("go")
        heard = await talk.say(text)
        assert (heard.text, "interactive" in heard.names, heard.events[-1][1]) == ("", False, "[DONE]")
        assert (await talk.say("Confirm")).pause["type"] == "userSelect"  # a new round, no answer


async def test_an_answer_goes_into_the_record_that_asked() -> None:
    async with Simulator("4.14", rig_apps()) as sim:
        talk = Talk(sim, "select")
        await talk.say("go", responseChatItemId="asked")
        await talk.say("Confirm", responseChatItemId="never-used")
        records = await talk.records()
        assert [(record["obj"], record["dataId"]) for record in records[1:]] == [("AI", "asked")]
        assert sim.runs()[1].data_id == "asked"


async def test_a_pause_is_found_again_by_whoever_asks_for_the_records() -> None:
    async with Simulator("4.14", rig_apps()) as sim:
        talk = Talk(sim, "select")
        pause = (await talk.say("go")).pause
        assert (await talk.records())[-1]["value"][-1]["interactive"] == pause


async def test_a_deleted_pause_is_no_longer_open() -> None:
    async with Simulator("4.14", rig_apps()) as sim:
        talk = Talk(sim, "select")
        await talk.say("go", responseChatItemId="asked")
        await talk.call("DELETE", "/api/core/chat/record/delete", contentId="asked")
        assert (await talk.say("Confirm")).pause["type"] == "userSelect"


async def test_a_pause_without_a_chat_cannot_be_answered() -> None:
    async with Simulator("4.14", rig_apps()) as sim:
        talk = Talk(sim, "select")
        await talk.say("go", chatId="NO_RECORD_HISTORIES")
        heard = await talk.say("Confirm", chatId="NO_RECORD_HISTORIES")
        assert (heard.pause["type"], sim.records("NO_RECORD_HISTORIES")) == ("userSelect", [])


async def test_without_detail_nobody_learns_of_a_pause() -> None:
    async with Simulator("4.14", rig_apps()) as sim:
        heard = await Talk(sim, "select").say("go", detail=False)
        assert (heard.names, heard.text) == (["", ""], "")


async def test_options_by_reference_may_repeat_and_skip_no_branch() -> None:
    options = Select(id="pick", description="Which?", options=("Mug", "Mug"), dynamic=True)
    async with Simulator("4.16", _app(options, Reply(text=lambda scope: scope.choice("pick")))) as sim:
        asked = (await Talk(sim).say("go")).pause["params"]["userSelectOptions"]
        heard = await Talk(sim).say("anything")
        assert asked == [{"key": "reference_0", "value": "Mug"}, {"key": "reference_1", "value": "Mug"}]
        assert heard.text == "\nanything"


@pytest.mark.parametrize("kind", ["agentAsk", "agentPlanAskQuery"])
async def test_the_answer_to_an_agent_is_a_round_of_its_own(kind: str) -> None:
    async with Simulator("4.16", _app(*_ask(kind, description="Which?", content="Which?"))) as sim:
        await Talk(sim).say("go", responseChatItemId="one")
        heard = await Talk(sim).say("the blue one", responseChatItemId="two")
        assert heard.text == "answered: the blue one"
        assert [record["dataId"] for record in await Talk(sim).records()] == ["one", "one", "two", "two"]


async def test_any_message_ends_a_payment_pause_which_leaves_the_record() -> None:
    async with Simulator("4.14", _app(*_ask("paymentPause", description="chat:balance_not_enough_pause"))) as sim:
        assert (await Talk(sim).say("go")).pause["type"] == "paymentPause"
        assert (await Talk(sim).say("go on")).text == "answered: go on"
        assert [list(value) for value in (await Talk(sim).records())[-1]["value"]] == [["type", "text"]]


async def test_a_kind_of_pause_from_the_future_is_a_pause() -> None:
    async with Simulator("4.14", _app(*_ask("hologram", shape="cube"))) as sim:
        assert (await Talk(sim).say("go")).pause["type"] == "hologram"
        assert (await Talk(sim).say("yes")).text == "answered: yes"


async def test_a_loop_run_counts_its_iterations() -> None:
    select = Select(id="ok", description="Fine?", options=("Yes", "No"))
    loop = Loop(kind="loopRun", items=("x", "y"), flow=(select,), collect=lambda scope: scope.choice("ok"))
    async with Simulator("4.16", _app(loop)) as sim:
        await Talk(sim).say("go")
        second = (await Talk(sim).say("Yes")).pause
        assert (second["type"], second["params"]["iteration"], second["params"]["loopHistory"]) == (
            "loopRunInteractive",
            1,
            ["Yes"],
        )


async def test_a_form_takes_passwords_in_both_shapes_and_hides_them() -> None:
    form = Form(id="form", description="Code?", fields=(form_field("password", "Code"),))
    reply = Reply(text=lambda scope: repr(scope.form("form").get("Code")))
    async with Simulator("4.14", _app(form, reply)) as sim:
        said = []
        for content in ('{"Code":{"value":"s3cret","secret":""}}', '{"Code":"123"}'):
            await Talk(sim).say("go")
            said.append((await Talk(sim).say(content)).text)
        stored = (await Talk(sim).records())[-1]["value"][0]["interactive"]["params"]["inputForm"][0]["value"]
        assert said == ["\n's3cret'", "\n123"]
        assert stored["value"] == ""


async def test_the_literal_null_makes_an_old_form_node_fail() -> None:
    async with Simulator("4.12", rig_apps()) as sim:
        talk = Talk(sim, "form", version=1)
        await talk.say("go")
        assert (await talk.say("null")).data("flowResponses")[-1]["errorText"].startswith("Cannot convert")


async def test_a_history_in_the_request_hides_an_open_pause() -> None:
    async with Simulator("4.14", rig_apps()) as sim:
        talk = Talk(sim, "select")
        await talk.say("go")
        messages = [{"role": "assistant", "content": "hm"}, {"role": "user", "content": "Confirm"}]
        assert (await talk.say("", messages=messages)).pause["type"] == "userSelect"
