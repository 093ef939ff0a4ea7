"""Whatever can go wrong with an answer can be asked for, once, for the request one means."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from bridge.simulator import Simulator, faults
from bridge.simulator.faults import Cut, Drip, Endless, Silent
from tests.simulator.talk import Talk

_TABLE_EVENTS = 3  # start node, classifier, status: what v2 says before the text of the table


async def _broken(sim: Simulator, version: int = 2) -> bytes:
    """What arrives of an answer whose connection breaks."""
    received = b""
    with pytest.raises(httpx.RemoteProtocolError):
        async with Talk(sim, version=version).listening("table") as response:
            async for data in response.aiter_raw():
                received += data
    return received


async def test_a_cut_after_events_delivers_exactly_those() -> None:
    async with Simulator() as sim:
        sim.plan(Cut(after_events=5))
        assert (await _broken(sim)).count(b"\n\n") == 5


async def test_a_cut_after_bytes_delivers_exactly_those() -> None:
    async with Simulator() as sim:
        sim.plan(Cut(after_bytes=100))
        assert len(await _broken(sim)) == 100


async def test_a_json_answer_can_be_cut_too() -> None:
    async with Simulator() as sim:
        sim.plan(Cut(after_bytes=20))
        with pytest.raises(httpx.RemoteProtocolError):
            await Talk(sim).say("table", stream=False)


async def test_a_silent_server_sends_not_even_headers() -> None:
    async with Simulator() as sim:
        sim.plan(Silent())
        asking = asyncio.create_task(Talk(sim).say("hello"))
        await sim.arrived()
        assert not asking.done()
        asking.cancel()


async def test_an_error_after_text_is_the_last_thing_said() -> None:
    async with Simulator() as sim:
        sim.plan(faults.error_event(_TABLE_EVENTS + 2, "The model is gone"))
        heard = await Talk(sim).say("table")
        assert (heard.text, heard.events[-1]) == ("Here is ", ("error", {"message": "The model is gone"}))


@pytest.mark.parametrize(
    "fault", [faults.garbage(4), faults.invalid_utf8(4), faults.huge_frame(100_000, 4)], ids=["garbage", "utf8", "huge"]
)
async def test_an_answer_goes_on_after_bytes_nobody_can_read(fault: faults.Inject) -> None:
    async with Simulator() as sim:
        sim.plan(fault)
        async with Talk(sim).listening("table") as response:
            body = await response.aread()
        assert fault.data in body
        assert body.endswith(b"data: [DONE]\n\n")


async def test_a_slow_drip_changes_nothing_but_the_pieces() -> None:
    async with Simulator() as sim:
        plain = await Talk(sim, chat="a").say("table")
        sim.plan(Drip(size=7))
        dripped = await Talk(sim, chat="b").say("table")
        assert (dripped.names, dripped.text) == (plain.names, plain.text)


async def test_an_endless_stream_does_not_keep_the_server_from_closing() -> None:
    async with Simulator() as sim:
        sim.plan(Endless(after_events=1, delay=0.001))
        async with Talk(sim).listening("table") as response:
            pieces = response.aiter_raw()
            received = b"".join([await anext(pieces) for _ in range(20)])
            began = time.monotonic()
            await sim.__aexit__(None, None, None)
    assert received.count(b"more ") > 3
    assert time.monotonic() - began < 2


async def test_a_failed_node_is_an_empty_answer_with_the_cause_in_the_details() -> None:
    async with Simulator() as sim:
        sim.plan(faults.failed_node("503 no capacity"))
        heard = await Talk(sim).say("table")
        assert (heard.status, heard.text, heard.names[-1]) == (200, "", "answer")
        assert heard.data("flowNodeResponse")["errorText"] == "503 no capacity"


async def test_an_empty_answer_names_no_cause() -> None:
    async with Simulator() as sim:
        sim.plan(faults.empty_answer())
        heard = await Talk(sim).say("table")
        assert heard.names == ["flowNodeResponse", "workflowDuration", "answer", "answer"]


async def test_a_rate_limit_is_disguised_as_a_500() -> None:
    async with Simulator() as sim:
        sim.plan(faults.rate_limited(34))
        heard = await Talk(sim).say("hello")
        assert (heard.status, heard.json["code"]) == (500, 429)


async def test_a_proxy_answers_with_a_page() -> None:
    async with Simulator() as sim:
        sim.plan(faults.bad_gateway())
        heard = await Talk(sim).say("hello")
        assert (heard.status, heard.headers["Content-Type"]) == (502, "text/html")


async def test_a_fault_strikes_as_often_as_planned() -> None:
    async with Simulator() as sim:
        sim.plan(faults.bad_gateway(), times=2)
        assert [(await Talk(sim).say("hello")).status for _ in range(3)] == [502, 502, 200]


async def test_a_fault_strikes_the_request_it_is_meant_for() -> None:
    async with Simulator() as sim:
        sim.plan(faults.bad_gateway(), when=lambda received: received.json["chatId"] == "b")
        sim.plan(faults.api_error(500, "error", "later"), path="getHistories")
        assert (await Talk(sim, chat="a").say("hello")).status == 200
        assert (await Talk(sim, chat="b").say("hello")).status == 502
        histories = await Talk(sim).call("POST", "/api/core/chat/history/getHistories")
        assert histories.json["message"] == "later"
