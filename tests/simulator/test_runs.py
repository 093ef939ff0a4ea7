"""Runs and connections: who waits for whom, what hanging up does, and where a chat has one run at a time."""

from __future__ import annotations

import asyncio
import time

import pytest

from bridge.simulator import App, Simulator
from bridge.simulator.runs import RunState
from bridge.simulator.workflow import Chat
from tests.simulator.rig import rig_apps
from tests.simulator.talk import Talk

_COUNT = " ".join(f"w{number}" for number in range(50))
_COUNTING = [App(name="demo", flow=(Chat(text=_COUNT),))]


async def _left_midway(sim: Simulator, version: int, **more: object) -> None:
    """A client that listens until the run stands still after four events, and hangs up."""
    gate = sim.hold(after_events=4)
    async with Talk(sim, version=version).listening("count", **more):
        await gate.reached()
    if sim.runs()[0].profile.runs_on and version == 2:
        gate.release()
    await asyncio.wait_for(sim.runs()[0].ended.wait(), 5)


async def test_a_run_stands_still_at_a_gate_until_it_is_released() -> None:
    async with Simulator() as sim:
        gate = sim.hold(after_events=2)
        asking = asyncio.create_task(Talk(sim).say("table"))
        await gate.reached()
        assert (len(sim.runs()[0].frames), asking.done()) == (2, False)
        gate.release()
        assert "Lighthouse" in (await asking).text


@pytest.mark.parametrize(("profile", "version"), [("4.12", 1), ("4.12", 2), ("4.14.3", 2), ("4.14", 1), ("4.16", 1)])
async def test_hanging_up_stops_the_run_and_keeps_what_was_said(profile: str, version: int) -> None:
    async with Simulator(profile, _COUNTING) as sim:
        await _left_midway(sim, version)
        assert (sim.runs()[0].state, sim.records("chat-1")[-1].text) == (RunState.STOPPED, "w0 w1 ")


@pytest.mark.parametrize("profile", ["4.14", "4.16"])
async def test_a_v2_run_outlives_its_connection(profile: str) -> None:
    async with Simulator(profile, _COUNTING) as sim:
        await _left_midway(sim, 2)
        assert (sim.runs()[0].state, sim.records("chat-1")[-1].text) == (RunState.DONE, _COUNT)


async def test_a_run_without_streaming_outlives_its_connection() -> None:
    async with Simulator("4.12", _COUNTING) as sim:
        gate = sim.hold(after_events=4)
        asking = asyncio.create_task(Talk(sim, version=1).say("count", stream=False))
        await gate.reached()
        asking.cancel()
        gate.release()
        await asyncio.wait_for(sim.runs()[0].ended.wait(), 5)
        assert sim.records("chat-1")[-1].text == _COUNT


async def test_the_stop_call_ends_the_stream_as_if_it_were_done() -> None:
    async with Simulator("4.14", _COUNTING) as sim:
        gate = sim.hold(after_events=4)
        asking = asyncio.create_task(Talk(sim).say("count"))
        await gate.reached()
        stopped = await Talk(sim).call("POST", "/api/v2/chat/stop")
        heard = await asking
        assert stopped.json["data"] == {"success": True}
        assert (heard.text, heard.events[-1], sim.records("chat-1")[-1].text) == (
            "w0 w1 ",
            ("answer", "[DONE]"),
            "w0 w1 ",
        )


@pytest.mark.parametrize(("version", "status"), [(2, 409), (1, 500)])
async def test_a_chat_that_is_generating_takes_no_second_run(version: int, status: int) -> None:
    async with Simulator("4.16", _COUNTING) as sim:
        gate = sim.hold(after_events=3)
        first = asyncio.create_task(Talk(sim).say("count"))
        await gate.reached()
        second = await Talk(sim, version=version).say("again", stream=False)
        gate.release()
        await first
        assert (second.status, second.json["statusText"]) == (status, "chatIsGenerating")


async def test_stopping_unlocks_a_chat_that_is_stuck() -> None:
    async with Simulator("4.16", _COUNTING) as sim:
        gate = sim.hold(after_events=3)
        first = asyncio.create_task(Talk(sim, version=1).say("count"))
        await gate.reached()
        await Talk(sim).call("POST", "/api/v2/chat/stop")
        assert (await Talk(sim).say("again")).text == _COUNT
        gate.release()
        await first


async def test_before_4_15_two_runs_in_one_chat_both_happen() -> None:
    async with Simulator("4.14", _COUNTING) as sim:
        gate = sim.hold(after_events=3)
        first = asyncio.create_task(Talk(sim).say("one"))
        await gate.reached()
        await Talk(sim).say("two")
        gate.release()
        await first
        assert [record.text for record in sim.records("chat-1") if record.obj == "Human"] == ["two", "one"]


async def test_a_used_data_id_is_refused_from_4_15_on() -> None:
    async with Simulator("4.16") as sim:
        await Talk(sim).say("hello", responseChatItemId="round-1")
        again = await Talk(sim).say("hello", responseChatItemId="round-1")
        assert again.events == [("error", {"message": "Chat dataId already exists: round-1"})]


async def test_a_used_data_id_is_taken_silently_before() -> None:
    async with Simulator("4.12") as sim:
        for _ in range(2):
            await Talk(sim).say("hello", responseChatItemId="round-1")
        assert [record["dataId"] for record in await Talk(sim).records() if record["obj"] == "AI"] == ["round-1"] * 2


async def test_a_round_is_in_the_records_from_its_start_from_4_15_on() -> None:
    async with Simulator("4.16", _COUNTING) as sim:
        gate = sim.hold(after_events=3)
        asking = asyncio.create_task(Talk(sim).say("count", responseChatItemId="round-1"))
        await gate.reached()
        records = await Talk(sim).records()
        status = await Talk(sim).call("POST", "/api/core/chat/history/getHistoryStatus", {"chatIds": ["chat-1"]})
        gate.release()
        await asking
        assert [(record["obj"], record["dataId"], bool(record["value"])) for record in records] == [
            ("Human", "round-1", True),
            ("AI", "round-1", False),
        ]
        assert status.json["data"][0]["chatGenerateStatus"] == 0


async def test_the_second_of_two_answers_to_one_pause_fails_on_saving() -> None:
    async with Simulator("4.14.3", rig_apps()) as sim:
        talk = Talk(sim, "select", version=1)
        await talk.say("go")
        gate = sim.hold(after_events=1)
        slower = asyncio.create_task(talk.say("Confirm"))
        await gate.reached()
        await talk.say("Confirm")
        gate.release()
        heard = await slower
        assert heard.text == "\nYou confirmed."
        assert heard.events[-1][1]["message"].startswith("No matching document found")


async def test_an_empty_answer_event_shows_that_the_server_is_alive() -> None:
    async with Simulator("4.12", heartbeat=0.01) as sim:
        gate = sim.hold(after_events=3)
        async with Talk(sim).listening("table") as response:
            lines = response.aiter_lines()
            beats = 0
            while beats < 2:
                beats += '"content":""' in await anext(lines)
            gate.release()


async def test_before_4_11_nothing_shows_that_the_server_is_alive() -> None:
    async with Simulator("4.9.4", heartbeat=0.001) as sim:
        gate = sim.hold(after_events=3)
        asking = asyncio.create_task(Talk(sim).say("table"))
        await gate.reached()
        for _ in range(5):  # each takes longer than a beat would
            await Talk(sim).call("GET", "/api/core/chat/init")
        gate.release()
        assert '"content":""' not in (await asking).body


async def test_the_event_and_data_lines_are_two_writes() -> None:
    async with Simulator() as sim, Talk(sim).listening("hello") as response:
        pieces = [piece async for piece in response.aiter_raw()]
        assert pieces[0] == b"event: flowNodeResponse\n"


async def test_it_closes_at_once_with_runs_and_streams_open() -> None:
    sim = Simulator("4.14", _COUNTING, token_delay=30)
    async with sim, Talk(sim).listening("count"):
        await sim.arrived()
        began = time.monotonic()
        await sim.__aexit__(None, None, None)
        took = time.monotonic() - began
    assert took < 2
    assert not sim.state.tasks


async def test_one_can_wait_for_the_nth_request() -> None:
    async with Simulator() as sim:
        waiting = asyncio.create_task(sim.arrived(2))
        await Talk(sim).say("hello")
        assert not waiting.done()
        await Talk(sim).say("again", customUid="ann")
        received = (await waiting)[1]
        assert (received.app, received.json["customUid"], "authorization" in received.headers) == ("demo", "ann", False)


async def test_a_mistake_in_an_app_is_raised_on_leaving() -> None:
    apps = [App(name="demo", flow=(Chat(text=lambda scope: str(scope.variables["missing"])),))]
    with pytest.raises(KeyError):
        async with Simulator("4.14", apps) as sim:
            await Talk(sim).say("go")
