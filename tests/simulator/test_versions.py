"""What a client notices of FastGPT's versions."""

from __future__ import annotations

import pytest

from bridge.simulator import PROFILES, App, Simulator
from bridge.simulator.demo_texts import QUOTES
from bridge.simulator.workflow import Chat, Fail
from tests.simulator.talk import Talk


@pytest.mark.parametrize("profile", list(PROFILES))
async def test_every_profile_answers(profile: str) -> None:
    async with Simulator(profile) as sim:
        assert "Lighthouse" in (await Talk(sim, version=1).say("table")).text


def test_an_unknown_profile_is_told_which_there_are() -> None:
    with pytest.raises(ValueError, match=r"there are 4\.8\.12, 4\.9\.4"):
        Simulator("3.0")


async def test_there_is_no_v2_before_4_9() -> None:
    async with Simulator("4.8.12") as sim:
        heard = await Talk(sim, version=2).say("hello")
        assert (heard.status, heard.body.startswith("<!DOCTYPE html>")) == (404, True)


@pytest.mark.parametrize(
    ("profile", "end"), [("4.14", ["answer", "flowResponses"]), ("4.16", ["flowResponses", "answer"])]
)
async def test_v1_says_done_before_or_behind_the_details(profile: str, end: list[str]) -> None:
    async with Simulator(profile) as sim:
        assert (await Talk(sim, version=1).say("hello")).names[-2:] == end


async def test_a_new_chat_gets_a_title_from_4_15_on() -> None:
    async with Simulator("4.16") as sim:
        first, second = await Talk(sim).say("hello"), await Talk(sim).say("hello again")
        assert first.data("chatTitle")["title"] == "hello"
        assert "chatTitle" not in second.names


async def test_newer_values_have_no_type_but_old_v1_clients_still_get_it() -> None:
    async with Simulator("4.16") as sim:
        v1 = await Talk(sim, chat="a", version=1).say("think", stream=False)
        v2 = await Talk(sim, chat="b", version=2).say("think", stream=False)
        parts = [heard.json["choices"][0]["message"]["content"][0] for heard in (v1, v2)]
        assert [list(part) for part in parts] == [["type", "reasoning"], ["reasoning"]]


async def test_newer_payloads_carry_a_value_id() -> None:
    async with Simulator("4.16") as sim:
        assert all("responseValueId" in data for _, data in (await Talk(sim).say("hello")).events[:-1])


async def test_nested_nodes_report_with_their_parent_in_newer_versions() -> None:
    async with Simulator("4.16") as sim:
        heard = await Talk(sim).say("tasting")
        assert heard.pause["type"] == "toolChildrenInteractive"
        heard = await Talk(sim).say("Online")
        parents = [data.get("parentId") for name, data in heard.events if name == "flowNodeResponse"]
        assert parents[0] is not None


@pytest.mark.parametrize(("profile", "key"), [("4.9.4", "error"), ("4.12", "errorText")])
async def test_a_failed_node_says_so_in_its_version_s_words(profile: str, key: str) -> None:
    apps = [App(name="demo", flow=(Fail(error="boom"),))]
    async with Simulator(profile, apps) as sim:
        assert key in (await Talk(sim, version=1).say("go")).data("flowResponses")[-1]


async def test_citations_stay_only_if_asked_for() -> None:
    async with Simulator("4.14") as sim:
        stripped = await Talk(sim, chat="a").say("sources")
        kept = await Talk(sim, chat="b").say("sources", retainDatasetCite=True)
        assert (QUOTES[0].marker in kept.text, "CITE" in stripped.text, "[" in stripped.text) == (True, False, False)


async def test_old_versions_leave_every_citation_in() -> None:
    async with Simulator("4.9.4") as sim:
        assert QUOTES[0].marker in (await Talk(sim).say("sources")).text


async def test_undeclared_variables_pass_only_in_old_versions() -> None:
    apps = [App(name="demo", flow=(Chat(text=lambda scope: str(sorted(scope.variables))),))]
    said = []
    for profile in ("4.9.4", "4.12"):
        async with Simulator(profile, apps) as sim:
            said.append((await Talk(sim).say("go", variables={"stray": 1})).text)
    assert said == ["['stray']", "[]"]


async def test_a_variable_is_sent_once_and_kept_for_the_chat() -> None:
    async with Simulator() as sim:
        talk = Talk(sim, "variables")
        await talk.say("first", variables={"name": "Ann", "size": "large"})
        assert "Hello Ann! You asked: “second”. I will make it a large one." in (await talk.say("second")).text


async def test_the_body_chooses_the_app_from_4_15_on_and_the_key_before() -> None:
    said = []
    for profile in ("4.14", "4.16"):
        async with Simulator(profile) as sim:
            said.append((await Talk(sim).say("hi there", appId=sim.app_id("variables"))).text[:9])
    assert said == ["Hello! I ", "Hello fri"]


async def test_too_many_questions_a_minute_are_refused_as_json_even_in_a_stream() -> None:
    async with Simulator("4.14.3", rate_limit=1) as sim:
        first, second = await Talk(sim).say("hello"), await Talk(sim).say("hello")
        assert first.headers["X-RateLimit-Remaining"] == "0"
        assert (second.status, second.json["code"]) == (500, 429)


async def test_a_chat_without_an_id_is_saved_under_one_that_v1_tells() -> None:
    async with Simulator("4.14") as sim:
        heard = await Talk(sim, version=1).say("hello", chatId=None, stream=False)
        assert len(sim.records(heard.json["id"])) == 2


async def test_the_oldest_version_saves_no_chat_without_an_id() -> None:
    async with Simulator("4.8.12") as sim:
        await Talk(sim, version=1).say("hello", chatId=None)
        assert sim.chats() == []
