"""What FastGPT, a proxy or the network does to an answer ends as one whole answer, or as words and a way on."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.domain import phrases
from bridge.domain.errors import AssistantFault
from bridge.simulator import Simulator, faults
from bridge.simulator.faults import Cut, Fault, Inject
from bridge.simulator.records import GenerateStatus
from bridge.simulator.workflow import Chat
from tests.emulators.telegram import TelegramEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.running import on, tour
from tests.end_to_end.telegram_stage import Stage, staged
from tests.end_to_end.world import fastgpt_settings, telegram_settings
from tests.postgres import running_postgres

ANSWER = "Once upon a time there was a lighthouse whose keeper answered every question, and then it was morning."
APP = tour(on("tell", Chat(text=ANSWER)))
HASTY = "[fastgpt]\npatience = 3\nwaiting_after = 1\n"


@pytest.fixture(params=["4.14", "4.16"])
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with staged(tmp_path, APP, profile=request.param, hurried=True) as made:
        yield made


async def test_a_fastgpt_that_refuses_connections_is_asked_once_it_is_back(tmp_path: Path) -> None:
    fastgpt = Simulator("4.14", [APP])
    async with fastgpt:
        settings = fastgpt_settings(fastgpt, APP.name)
    async with TelegramEmulator(flood_control=False) as telegram:
        ann = telegram.person("Ann")
        async with Program(tmp_path, settings | telegram_settings(telegram)) as program:
            ann.say("tell me")
            await program.logged("ask_failed")
            async with fastgpt:
                await program.logged("turn_finished")
                assert [message.text for message in ann.private.from_bot] == [ANSWER]


@pytest.mark.parametrize("fault", [faults.rate_limited(1), faults.bad_gateway()], ids=["429 as 500", "html 502"])
async def test_a_fastgpt_that_cannot_just_now_is_asked_again_and_nothing_of_it_is_shown(
    tmp_path: Path, fault: Fault
) -> None:
    async with staged(tmp_path, APP, hurried=True) as stage:
        ann = stage.telegram.person("Ann")
        stage.fastgpt.plan(fault)
        ann.say("tell me")
        await stage.program.logged("turn_finished")
        assert [message.text for message in ann.private.from_bot] == [ANSWER]
        frames = [text for draft in ann.private.drafts for _, text in draft.frames]
        assert not any("html" in text or "limit" in text for text in frames)


async def test_a_refused_key_is_told_to_everybody_and_fastgpt_asked_but_once(tmp_path: Path) -> None:
    async with staged(tmp_path, APP, hurried=True) as stage:
        ann, bob = stage.telegram.person("Ann"), stage.telegram.person("Bob")
        stage.fastgpt.plan(faults.api_error(403, "unAuthorization", "凭证错误"), times=9)
        ann.say("tell me")
        await stage.shown(phrases.fault(AssistantFault.BAD_KEY), ann.private)
        bob.say("tell me")
        await stage.shown(phrases.fault(AssistantFault.BAD_KEY), bob.private)
        await stage.offered(phrases.RETRY, bob.private)
        assert len(stage.fastgpt.received()) == 1
        assert len(await stage.program.logged("app_unavailable")) == 1


@pytest.mark.parametrize("fault", [Cut(after_events=6), Inject(b"", 6, "end")], ids=["cut", "end"])
async def test_an_answer_that_breaks_off_half_way_becomes_one_whole_answer(stage: Stage, fault: Fault) -> None:
    ann = stage.telegram.person("Ann")
    stage.fastgpt.plan(fault)
    ann.say("tell me")
    await stage.program.logged("turn_finished")
    assert [message.text for message in ann.private.from_bot] == [ANSWER]
    chat = stage.fastgpt.chats()[0].chat_id
    assert [record.obj for record in stage.fastgpt.records(chat)] == ["Human", "AI"]


async def test_half_an_answer_and_an_error_stays_with_the_reason_and_a_way_to_try_again(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    stage.fastgpt.plan(faults.error_event(6))
    ann.say("tell me")
    await stage.program.logged("turn_finished")
    message = ann.private.from_bot[-1]
    begin, _, note = message.text.partition("This answer is incomplete")
    assert begin.strip()
    assert ANSWER.startswith(begin.strip())
    assert note
    assert any(phrases.RETRY in text for text in ann.private.buttons)


@pytest.mark.parametrize("fault", [faults.garbage(3), faults.invalid_utf8(3)], ids=["garbage", "not utf-8"])
async def test_garbage_between_the_frames_costs_nothing_of_the_answer(tmp_path: Path, fault: Fault) -> None:
    async with staged(tmp_path, APP, hurried=True) as stage:
        ann = stage.telegram.person("Ann")
        stage.fastgpt.plan(fault)
        ann.say("tell me")
        await stage.program.logged("turn_finished")
        shown = "".join(sign for sign in ann.private.from_bot[-1].text if sign != "\N{REPLACEMENT CHARACTER}")
        assert shown == ANSWER


async def test_a_frame_of_fifty_megabytes_takes_little_memory_and_nothing_of_the_answer(tmp_path: Path) -> None:
    async with staged(tmp_path, APP, hurried=True) as stage:
        ann = stage.telegram.person("Ann")
        ann.say("tell me")
        await stage.program.logged("turn_finished")
        before = _peak_memory(stage)
        stage.fastgpt.plan(faults.huge_frame(50_000_000, 6))
        ann.say("tell me")
        await stage.program.logged("turn_finished", 2)
        assert _peak_memory(stage) - before < 20_000_000
        assert [message.text for message in ann.private.from_bot] == [ANSWER, ANSWER]


def _peak_memory(stage: Stage) -> int:
    """Bytes."""
    status = Path(f"/proc/{stage.program.process.pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


async def test_a_chat_that_a_dead_run_left_locked_is_unlocked_and_asked_once(tmp_path: Path) -> None:
    async with staged(tmp_path, APP, profile="4.16", hurried=True, config=HASTY) as stage:
        ann = stage.telegram.person("Ann")
        ann.say("tell me")
        await stage.program.logged("turn_finished")
        stage.fastgpt.chats()[0].status = GenerateStatus.GENERATING
        ann.say("tell me more")
        await stage.program.logged("turn_finished", 2)
        assert [message.text for message in ann.private.from_bot] == [ANSWER, ANSWER]
        assert len(stage.fastgpt.runs()) == 2


async def test_a_database_that_is_away_for_longer_than_a_lease_while_an_answer_runs_loses_and_repeats_nothing(
    tmp_path: Path,
) -> None:
    port = str(free_port())
    with running_postgres() as postgres:
        async with staged(
            tmp_path, APP, hurried=True, config="[worker]\nlease = 2\n", PORT=port, DATABASE_URL=postgres.url()
        ) as stage:
            ann = stage.telegram.person("Ann")
            hold = stage.fastgpt.hold(after_events=4)
            ann.say("tell me")
            await hold.reached()
            await asyncio.to_thread(postgres.stop)
            hold.release()
            ann.say("tell me more")
            await stage.until(lambda: ANSWER in ann.private.drafts[-1].frames[-1][1])
            status, facts = await health(port)
            assert (status, "PostgreSQL" in facts["database"]) == (503, True)
            await asyncio.sleep(2)  # the lease is over
            await asyncio.to_thread(postgres.start)
            await stage.program.logged("turn_finished", 2)
            assert [message.text for message in ann.private.from_bot] == [ANSWER, ANSWER]
            assert len(stage.fastgpt.runs()) == 2
            assert (await health(port))[0] == 200


async def test_a_full_disk_acknowledges_nothing_says_so_and_what_was_written_meanwhile_is_answered_once_it_is_not(
    tmp_path: Path,
) -> None:
    port = str(free_port())
    async with staged(tmp_path, APP, hurried=True, PORT=port) as stage:
        ann = stage.telegram.person("Ann")
        ann.say("tell me")
        await stage.program.logged("turn_finished")
        with no_file_grows(stage.program.process.pid):
            asked = ann.say("tell me more " + "and more " * 200)
            refused = await stage.program.logged("database_refuses_writes")
            assert [fact["level"] for fact in refused] == ["error"]
            assert asked.update_id in [update.id for update in stage.telegram.unhandled]
            status, facts = await health(port)
            assert (status, "bridge.db" in facts["database"]) == (503, True)
        await stage.program.logged("turn_finished", 2)
        assert [message.text for message in ann.private.from_bot] == [ANSWER, ANSWER]
        assert (await health(port))[0] == 200


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def health(port: str) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/health/ready") as response,
    ):
        return response.status, await response.json()


@contextmanager
def no_file_grows(pid: int) -> Iterator[None]:
    """A disk without space, for one process."""
    unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


async def test_sigterm_says_of_what_cannot_finish_that_it_goes_on_and_it_does(stage: Stage) -> None:
    (stage.folder / "bridge.toml").write_text("[worker]\ndrain = 2\n", encoding="utf-8")
    await stage.restart()
    ann = stage.telegram.person("Ann")
    hold = stage.fastgpt.hold(after_events=6)
    ann.say("tell me")
    await hold.reached()
    began = asyncio.get_running_loop().time()
    assert await stage.program.stop() == 0
    assert asyncio.get_running_loop().time() - began < 10
    assert phrases.CONTINUES in ann.private.drafts[-1].frames[-1][1]
    hold.release()
    await stage.start()
    await stage.program.logged("turn_finished")
    assert [message.text for message in ann.private.from_bot] == [ANSWER]
