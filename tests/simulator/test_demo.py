"""The demo: what a person sees who types the words that the greeting names."""

from __future__ import annotations

import json

import pytest

from bridge.simulator import Simulator
from tests.simulator.talk import Talk


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Hello!", "I am the assistant of **Harbour Coffee**"),
        ("What can you do?", "**table**: our menu"),
        ("Show me the menu as a table", "| Lighthouse | Ethiopia |"),
        ("some code, please", "```python"),
        ("tell me the long story", "## 36. Siphon"),
        ("use a tool", "42 bags"),
        ("What do you recommend?", "**Low Tide**"),
        ("this is thin", "> this is thin"),
    ],
)
async def test_a_word_leads_to_its_answer(question: str, expected: str) -> None:
    async with Simulator() as sim:
        assert expected in (await Talk(sim).say(question)).text


async def test_every_word_the_greeting_names_leads_somewhere() -> None:
    async with Simulator() as sim:
        greeting = (await Talk(sim, chat="greeting").say("help")).text
        words = [line.split("**")[1] for line in greeting.splitlines() if line.startswith("- **")]
        answers = [await Talk(sim, chat=word).say(word, stream=False) for word in words if word != "slow"]
        assert len(words) == 12
        assert not any("You wrote:" in answer.body for answer in answers)


async def test_an_order_is_a_choice_then_a_form_then_a_confirmation() -> None:
    async with Simulator() as sim:
        assert (await Talk(sim).say("I would like to order")).pause["type"] == "userSelect"
        assert (await Talk(sim).say("Low Tide")).pause["type"] == "userInput"
        heard = await Talk(sim).say(json.dumps({"Name": "Ann", "Bags": 2, "Grind": "Filter", "Extras": ["Mug"]}))
        assert "2 × Low Tide, filter" in heard.text


async def test_nothing_today_ends_the_order_kindly() -> None:
    async with Simulator() as sim:
        await Talk(sim).say("order")
        assert "Another time" in (await Talk(sim).say("Nothing today")).text


async def test_a_tasting_asks_inside_a_tool_and_then_inside_a_loop() -> None:
    async with Simulator() as sim:
        talk = Talk(sim)
        pauses = [(await talk.say(text)).pause["type"] for text in ("tasting", "Online", '{"Guests":3}')]
        heard = await talk.say('{"Guests":4}')
        assert pauses == ["toolChildrenInteractive", "loopInteractive", "loopInteractive"]
        assert "- Friday: 3 guest(s)\n- Saturday: 4 guest(s)" in heard.text


async def test_the_form_has_a_field_of_every_kind() -> None:
    async with Simulator() as sim:
        fields = (await Talk(sim).say("show me the form")).pause["params"]["inputForm"]
        texts = ["input", "textarea", "numberInput", "select", "multipleSelect", "switch", "password"]
        assert [field["type"] for field in fields] == [*texts, "timePointSelect", "timeRangeSelect", "fileSelect"]


async def test_the_filled_form_comes_back_as_a_table_without_the_password() -> None:
    async with Simulator() as sim:
        await Talk(sim).say("form")
        heard = await Talk(sim).say(
            '{"Full name":"Ann | Bo","Club code":{"value":"hush","secret":""},"Newsletter":true}'
        )
        assert "| Full name | Ann \\| Bo |" in heard.text
        assert "hush" not in heard.text


async def test_advice_asks_back_and_goes_by_the_answers() -> None:
    async with Simulator() as sim:
        assert (await Talk(sim).say("advice")).pause["type"] == "agentAsk"
        answers = json.dumps({"answers": ["I brew filter coffee", "I like it bright and fruity"]})
        assert "**Lighthouse**" in (await Talk(sim).say(answers)).text


async def test_the_same_chat_goes_on_where_it_was() -> None:
    async with Simulator() as sim:
        await Talk(sim).say("my cat is called Bean")
        assert "the one before was: “my cat is called Bean”" in (await Talk(sim).say("and now")).text
        assert "**first** message" in (await Talk(sim, chat="another").say("and now")).text


async def test_an_error_is_an_empty_answer_whose_cause_is_in_the_details() -> None:
    async with Simulator() as sim:
        heard = await Talk(sim).say("error")
        assert (heard.text, heard.data("flowNodeResponse")["errorText"][:3]) == ("", "503")


async def test_a_search_leaves_its_passages() -> None:
    async with Simulator() as sim:
        heard = await Talk(sim, version=1).say("How should I store coffee?", retainDatasetCite=True)
        quotes = next(node["quoteList"] for node in heard.data("flowResponses") if "quoteList" in node)
        assert [quote["sourceName"] for quote in quotes] == ["Storing coffee.pdf", "Common questions"]
        assert all(f"[{quote['id']}](CITE)" in heard.text for quote in quotes)


async def test_the_plugin_takes_inputs_and_gives_outputs() -> None:
    async with Simulator() as sim:
        heard = await Talk(sim, "plugin").say("", messages=None, variables={"coffee": 30, "strength": "Mild"})
        outputs = [
            data["pluginOutput"] for name, data in heard.events if name == "flowNodeResponse" and "pluginOutput" in data
        ]
        assert outputs == [{"result": "Use 600 ml of water for 30 g of coffee.", "water_ml": 600}]


async def test_words_come_one_by_one_with_a_delay() -> None:
    async with Simulator(token_delay=0.001) as sim:
        assert (await Talk(sim).say("table")).names.count("answer") > 30
