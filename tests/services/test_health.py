"""Health tells what is true now, and nothing it was not meant to tell."""

from __future__ import annotations

import asyncio

import pytest

from bridge.domain.errors import AssistantError, AssistantFault, StoreRefused, StoreUnavailable
from bridge.domain.ids import AppName, ChatId
from bridge.domain.interactions import Person
from bridge.domain.turns import Opening
from bridge.services.apps import Apps, Openings
from bridge.services.commits import committed
from bridge.services.health import Health
from bridge.store.memory import MemoryStore
from tests.builders import APP, message
from tests.fakes import FakeAssistant, FakeClock, unreachable


class LostStore(MemoryStore):
    async def depth(self) -> dict[str, int]:
        raise StoreUnavailable("the database is away")


async def told(*facts: str) -> tuple[bool, dict[str, object]]:
    """What the report says of one platform after these facts."""
    clock = FakeClock()
    health = Health(clock)
    for fact in facts:
        match fact:
            case "troubled":
                health.troubled("slack", "away")
            case _:
                getattr(health, fact)("slack")
    ready, report = await health.report(MemoryStore(clock))
    return ready, report["platforms"]["slack"]


@pytest.mark.parametrize(
    ("facts", "ready", "state"),
    [
        (("connecting",), False, "connecting"),
        (("connecting", "connected"), True, "connected"),
        (("connecting", "connected", "heard"), True, "listening"),
        (("connecting", "standing_by"), True, "standing by"),
        (("heard", "troubled"), False, "troubled"),
        (("troubled", "connecting", "connected"), False, "troubled"),
        (("troubled", "connecting", "connected", "heard"), True, "listening"),
    ],
)
async def test_a_platform_is_ready_once_it_is_connected_and_after_trouble_once_it_was_heard(
    facts: tuple[str, ...], ready: bool, state: str
) -> None:
    is_ready, platform = await told(*facts)
    assert (is_ready, platform["state"]) == (ready, state)


@pytest.mark.parametrize("over", ["heard", "standing_by"])
async def test_a_problem_that_is_over_is_not_told_any_more(over: str) -> None:
    assert (await told("troubled"))[1]["problem"] == "away"
    assert "problem" not in (await told("troubled", over))[1]


async def test_when_something_was_heard_last_is_told_in_seconds() -> None:
    clock = FakeClock()
    health = Health(clock)
    health.heard("slack")
    clock.elapsed += 12.34
    _, report = await health.report(MemoryStore(clock))
    assert report["platforms"]["slack"]["heard_seconds_ago"] == 12.3


async def test_what_is_in_the_inbox_is_told_and_a_database_that_is_away_is_not_ready() -> None:
    clock = FakeClock()
    store = MemoryStore(clock)
    await store.put([message(), message()])
    assert (await Health(clock).report(store))[1]["inbox"] == {"new": 2, "done": 0, "dead": 0}
    ready, report = await Health(clock).report(LostStore(clock))
    assert (ready, report["inbox"]) == (False, "the database is away")


async def test_what_runs_how_long_the_oldest_update_waits_and_the_version_are_told() -> None:
    clock = FakeClock()
    store, health = MemoryStore(clock), Health(clock, turns=lambda: 3, version="1.2.3")
    assert (await health.report(store))[1]["longest_wait_seconds"] is None
    await store.put([message()])
    await clock.sleep(12.34)
    await store.put([message()])
    _, report = await health.report(store)
    told = {name: report[name] for name in ("longest_wait_seconds", "running_turns", "version")}
    assert told == {"longest_wait_seconds": 12.3, "running_turns": 3, "version": "1.2.3"}


class SilentStore(MemoryStore):
    async def depth(self) -> dict[str, int]:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


class ReadOnlyStore(MemoryStore):
    trouble = "the disk is full"


async def test_a_database_that_says_nothing_is_not_ready_and_not_waited_for() -> None:
    clock = FakeClock()
    ready, report = await Health(clock, patience=0.01).report(SilentStore(clock))
    assert (ready, report["database"]) == (False, "the database did not answer within 0.01 seconds")


async def test_a_database_that_can_be_read_but_takes_nothing_is_not_ready() -> None:
    clock = FakeClock()
    ready, report = await Health(clock).report(ReadOnlyStore(clock))
    assert (ready, report["database"]) == (False, "the disk is full")


# --- the small ones beside it ---


async def test_what_has_happened_is_committed_however_long_the_database_is_away() -> None:
    clock, outages = FakeClock(), [StoreUnavailable("away")] * 30

    async def commit() -> str:
        if outages:
            raise outages.pop()
        return "done"

    assert await committed(clock, commit) == "done"
    assert 30 < clock.elapsed < 90


async def test_what_will_never_be_committed_is_not_waited_for() -> None:
    clock = FakeClock()

    async def commit() -> None:
        raise StoreRefused("the database is damaged")

    with pytest.raises(StoreRefused):
        await committed(clock, commit)
    assert clock.elapsed == 0


async def test_an_app_that_was_removed_is_named_in_the_refusal() -> None:
    with pytest.raises(AssistantError, match="The app sales is not configured") as refused:
        Apps({APP.name: APP}, {}).named(AppName("sales"))
    assert (refused.value.fault, refused.value.permanent) == (AssistantFault.BAD_APP, True)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{name} ({id}) on {platform}", "{link} (U1) on slack"),
        ("{locale}|{channel}|{link}", "||https://l"),
        ("{unknown} {Name}", "{unknown} {Name}"),
    ],
)
def test_identity_variables_are_filled_in_once_whatever_a_person_is_called(template: str, filled: str) -> None:
    apps = Apps({APP.name: APP}, {"who": template})
    person = Person("U1", "{link}")
    assert apps.identity(person, platform="slack", channel="", link="https://l") == {"who": filled}
    assert apps.filled_variables == {"who"}


class CountingAssistant(FakeAssistant):
    async def opening(self, app: object, chat: ChatId) -> Opening:
        self.forgotten.append(chat)
        return await super().opening(app, chat)  # type: ignore[arg-type]


async def test_an_opening_is_asked_for_once_in_five_minutes_in_a_chat_of_its_own() -> None:
    clock, assistant = FakeClock(), CountingAssistant(opened=Opening(welcome="Hi"))
    openings = Openings(assistant, clock)
    for _ in range(10):
        assert (await openings.of(APP)).welcome == "Hi"
        clock.elapsed += 60
    assert len(set(assistant.forgotten)) == len(assistant.forgotten) == 2


async def test_an_opening_that_cannot_be_asked_for_is_what_it_was_or_an_error() -> None:
    clock, assistant = FakeClock(), FakeAssistant(opened=Opening(welcome="Hi"))
    openings = Openings(assistant, clock)
    assistant.refusals = {"opening": [unreachable()]}
    with pytest.raises(AssistantError):
        await openings.of(APP)
    await openings.of(APP)
    clock.elapsed += 1000
    assistant.refusals = {"opening": [unreachable()]}
    assert (await openings.of(APP)).welcome == "Hi"


async def test_a_platform_that_cannot_deliver_is_told_and_makes_nobody_unready() -> None:
    """Who is unready is not sent anything at all, and would stay so."""
    clock = FakeClock()
    health = Health(clock)
    health.heard("telegram")
    health.unreached("telegram", "Telegram could not deliver")
    ready, report = await health.report(MemoryStore(clock))
    assert ready
    assert report["platforms"]["telegram"]["problem"] == "Telegram could not deliver"
    health.heard("telegram")
    assert "problem" not in (await health.report(MemoryStore(clock)))[1]["platforms"]["telegram"]
