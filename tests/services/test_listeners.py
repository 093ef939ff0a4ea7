"""Every platform is listened to: by one process where only one may, and again whenever it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bridge.domain.errors import PlatformError, PlatformFault, StoreUnavailable
from bridge.ports import Capabilities, Gateway
from bridge.services.health import Health
from bridge.services.listeners import Leadership, Listeners, refusals
from bridge.store.memory import MemoryStore
from tests.fakes import FakeAdapter, FakeClock
from tests.services.house import House

LEASE = 6.0  # seconds


def away(retry_after: float | None = None) -> PlatformError:
    return PlatformError("away", fault=PlatformFault.UNREACHABLE, permanent=False, retry_after=retry_after)


REFUSED = PlatformError("The token is wrong.", fault=PlatformFault.UNAUTHORISED, permanent=True)


class Radio(FakeAdapter):
    """A platform whose connecting and listening fail as they are told, and which notes when it listened."""

    def __init__(self, clock: FakeClock, platform: str = "fake", *, single: bool = False) -> None:
        super().__init__(platform)
        self.capabilities = Capabilities(native_forms=True, single_listener=single)
        self.breaks: list[Exception | float | None] = []
        self.refuses: list[Exception] = []
        self.began: list[float] = []
        self.listening = 0
        self._clock = clock

    async def connect(self) -> None:
        if self.refuses:
            raise self.refuses.pop(0)

    async def listen(self, gateway: Gateway) -> None:
        self.began.append(self._clock.elapsed)
        self.listening += 1
        try:
            if not self.breaks:
                await asyncio.Event().wait()
            step = self.breaks.pop(0)
            if isinstance(step, float):
                await self._clock.sleep(step)
                raise away()
            if step is not None:
                raise step
        finally:
            self.listening -= 1


class FlakyStore(MemoryStore):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.away = False
        self.hangs = False

    async def lead(self, name: str, worker: str, lease: timedelta) -> bool:
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise StoreUnavailable("the database is away")
        return await super().lead(name, worker, lease)


class Rig:
    def __init__(self) -> None:
        house = House()
        self.clock = house.clock
        self.gateway = house.bridge.gateway
        self.store = FlakyStore(self.clock)
        self.health = Health(self.clock)

    def process(self, name: str) -> Listeners:
        leadership = Leadership(self.store, name, self.clock, LEASE)
        return Listeners(self.gateway, leadership, self.health, self.clock)

    async def state(self, platform: str = "fake") -> str:
        _, facts = await self.health.report(self.store)
        return str(facts["platforms"][platform]["state"])


@asynccontextmanager
async def listening(rig: Rig, adapter: FakeAdapter, process: str = "p1") -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(rig.process(process).listen(adapter))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(20_000):
        if is_so():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


# --- again and again ---


@pytest.mark.parametrize(
    "trouble", [away(), StoreUnavailable("away"), ValueError("bug"), None], ids=["away", "store", "bug", "it returned"]
)
async def test_a_listener_that_ends_is_begun_again_after_longer_and_longer_pauses(trouble: Exception | None) -> None:
    rig = Rig()
    radio = Radio(rig.clock)
    radio.breaks = [trouble] * 8
    async with listening(rig, radio):
        await until(lambda: len(radio.began) == 9)
    pauses = [after - before for before, after in zip(radio.began, radio.began[1:], strict=False)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    "trouble", [StoreUnavailable("away"), ValueError("bug"), None], ids=["away", "bug", "it ended"]
)
async def test_what_is_done_from_time_to_time_survives_what_nobody_expected(trouble: Exception | None) -> None:
    rig = Rig()
    began: list[float] = []

    async def work() -> None:
        began.append(rig.clock.elapsed)
        if trouble is not None:
            raise trouble

    task = asyncio.create_task(rig.process("p1").keep_up(work))
    await until(lambda: len(began) == 4)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert began == ([0, 2, 4, 6] if trouble is None else [0, 1, 3, 7])


async def test_after_an_hour_without_trouble_it_is_begun_again_at_once() -> None:
    rig = Rig()
    radio = Radio(rig.clock)
    radio.breaks = [away(), away(), away(), 3600.0]
    async with listening(rig, radio):
        await until(lambda: len(radio.began) == 5)
    assert radio.began[-1] - radio.began[-2] == 3601


async def test_a_pause_that_the_platform_asks_for_is_kept() -> None:
    rig = Rig()
    radio = Radio(rig.clock)
    radio.breaks = [away(retry_after=45)]
    async with listening(rig, radio):
        await until(lambda: len(radio.began) == 2)
    assert radio.began == [0, 45]


async def test_a_platform_that_cannot_be_reached_at_first_is_listened_to_later() -> None:
    rig = Rig()
    radio = Radio(rig.clock)
    radio.refuses = [away(), away()]
    async with listening(rig, radio):
        await until(lambda: radio.listening == 1)
    assert radio.began == [3]


async def test_a_platform_that_refuses_for_good_is_left_alone_and_reported() -> None:
    rig = Rig()
    radio = Radio(rig.clock)
    radio.refuses = [REFUSED]
    async with listening(rig, radio) as task:
        await task
    assert radio.began == []
    ready, facts = await rig.health.report(rig.store)
    assert not ready
    assert facts["platforms"]["fake"] == {"state": "troubled", "problem": "The token is wrong."}


async def test_one_platform_in_trouble_does_not_disturb_another() -> None:
    rig = Rig()
    broken, sound = Radio(rig.clock, "broken"), Radio(rig.clock, "sound")
    broken.refuses = [REFUSED]
    async with listening(rig, broken) as task, listening(rig, sound):
        await task
        await until(lambda: sound.listening == 1)
        assert (await rig.state("broken"), await rig.state("sound")) == ("troubled", "connected")


async def test_of_a_bug_the_public_report_names_no_more_than_its_kind() -> None:
    rig = Rig()
    radio = Radio(rig.clock)
    radio.breaks = [ValueError("https://api.telegram.org/bot123:secret")]
    async with listening(rig, radio):
        await until(lambda: len(radio.began) == 2)
        _, facts = await rig.health.report(rig.store)
    assert facts["platforms"]["fake"]["problem"] == "ValueError, see the log"


async def test_listening_ends_when_the_process_does() -> None:
    rig = Rig()
    radio = Radio(rig.clock)
    async with listening(rig, radio) as task:
        await until(lambda: radio.listening == 1)
    assert task.cancelled()
    assert radio.listening == 0


async def test_only_refusals_for_good_are_counted_at_the_start() -> None:
    clock = FakeClock()
    sound, away_now, refused = Radio(clock), Radio(clock), Radio(clock)
    away_now.refuses, refused.refuses = [away()], [REFUSED]
    assert await refusals([sound, away_now, refused]) == [REFUSED]


# --- one of many ---


async def test_where_one_may_listen_one_does_and_the_other_stands_by() -> None:
    rig = Rig()
    one, two = Radio(rig.clock, single=True), Radio(rig.clock, single=True)
    async with listening(rig, one, "p1"):
        await until(lambda: one.listening == 1)
        async with listening(rig, two, "p2"):
            await rig.clock.sleep(100)
            assert (one.listening, two.listening) == (1, 0)
            assert await rig.state() == "standing by"


async def test_who_ends_resigns_so_that_the_next_one_need_not_wait_for_the_lease() -> None:
    rig = Rig()
    one, two = Radio(rig.clock, single=True), Radio(rig.clock, single=True)
    async with listening(rig, one, "p1") as first, listening(rig, two, "p2"):
        await until(lambda: one.listening == 1)
        first.cancel()
        await until(lambda: two.listening == 1)
        assert one.listening == 0
    assert two.began[0] <= LEASE / 3


async def test_a_leader_that_died_is_replaced_once_its_lease_is_over() -> None:
    rig = Rig()
    radio = Radio(rig.clock, single=True)
    await rig.store.lead("listen:fake:bot", "dead", timedelta(seconds=LEASE))
    async with listening(rig, radio):
        await until(lambda: radio.listening == 1)
    assert LEASE <= radio.began[0] <= LEASE * 1.5


async def test_who_finds_another_leading_stops_listening_at_once() -> None:
    rig = Rig()
    radio = Radio(rig.clock, single=True)
    async with listening(rig, radio):
        await until(lambda: radio.listening == 1)
        await rig.store.resign("listen:fake:bot", "p1")
        await rig.store.lead("listen:fake:bot", "p2", timedelta(hours=1))
        before = rig.clock.elapsed
        await until(lambda: radio.listening == 0)
        assert rig.clock.elapsed - before <= LEASE / 3
        await rig.clock.sleep(100)
        assert radio.listening == 0


@pytest.mark.parametrize("trouble", ["away", "hangs"])
async def test_who_cannot_ask_stops_listening_before_its_lease_is_over(trouble: str) -> None:
    rig = Rig()
    radio = Radio(rig.clock, single=True)
    async with listening(rig, radio):
        await until(lambda: radio.listening == 1)
        await rig.clock.sleep(20)
        setattr(rig.store, trouble, True)
        asked = rig.clock.elapsed
        await until(lambda: radio.listening == 0)
        assert rig.clock.elapsed - asked < LEASE


async def test_a_moment_without_a_database_changes_no_leader() -> None:
    rig = Rig()
    radio = Radio(rig.clock, single=True)
    async with listening(rig, radio):
        await until(lambda: radio.listening == 1)
        await rig.clock.sleep(LEASE + 0.5)
        rig.store.away = True
        await rig.clock.sleep(LEASE / 3)
        rig.store.away = False
        await rig.clock.sleep(100)
    assert len(radio.began) == 1


async def test_a_database_that_is_away_from_the_start_is_no_standing_by() -> None:
    rig = Rig()
    rig.store.away = True
    radio = Radio(rig.clock, single=True)
    async with listening(rig, radio):
        await rig.clock.sleep(10)
        assert await rig.state() == "connected"
        rig.store.away = False
        await until(lambda: radio.listening == 1)


async def test_a_leader_whose_listening_breaks_resigns_and_begins_again() -> None:
    rig = Rig()
    radio = Radio(rig.clock, single=True)
    radio.breaks = [away()]
    async with listening(rig, radio):
        await until(lambda: len(radio.began) == 2)
    assert radio.began == [0, 1]
