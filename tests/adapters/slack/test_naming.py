"""Names of people, which Slack's events leave out."""

from __future__ import annotations

from adapters.slack.adapter import SlackAdapter
from adapters.slack.people import People
from bridge.domain.interactions import Person
from tests.emulators.slack import ApiError, Failed, SlackEmulator
from tests.fakes import FakeClock


async def named(people: People) -> str:
    return (await people.named(Person("U1"))).name


async def test_who_somebody_is_is_asked_again_soon_after_slack_could_not_tell(
    slack: SlackEmulator, adapter: SlackAdapter
) -> None:
    slack.person("U1", "anna")
    clock = FakeClock()
    people = People(adapter._here()[0], clock)
    slack.fail("users.info", Failed(), times=None)
    assert await named(people) == ""
    slack.heal()
    assert await named(people) == ""
    clock.elapsed += 61
    assert await named(people) == "anna"


async def test_who_may_not_know_names_does_not_ask_for_them_all_the_time(
    slack: SlackEmulator, adapter: SlackAdapter
) -> None:
    clock = FakeClock()
    people = People(adapter._here()[0], clock)
    slack.fail("users.info", ApiError("missing_scope"), times=None)
    for _ in range(3):
        assert await named(people) == ""
        clock.elapsed += 61
    assert len(slack.calls("users.info")) == 1
