"""What could not be read and is tried again by an operator."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bridge.domain.errors import StillUnreadable
from bridge.domain.updates import Unreadable, Update
from bridge.services.rereading import Rereading
from tests.builders import ANN, HERE, message
from tests.doubles import RecordingGateway
from tests.fakes import START, FakeAdapter
from tests.services.house import house

BROKEN = Unreadable(id="bad", conversation=HERE, by=ANN, at=START, raw="{}", error="message.text: not a string")


class Upgraded(FakeAdapter):
    """Reads by now, as `means`, what it once could not."""

    means: Sequence[Update] = ()

    def read_again(self, update: Unreadable) -> Sequence[Update]:
        return self.means


async def test_what_can_be_read_after_an_upgrade_is_accepted_as_if_it_had_just_come_in() -> None:
    gateway, adapter, question = RecordingGateway(), Upgraded(), message("Hello?")
    adapter.means = [question]
    await Rereading({"fake": adapter}, gateway).again(BROKEN)
    assert gateway.updates == [question]


async def test_what_still_cannot_be_read_says_why_and_is_not_accepted() -> None:
    gateway, adapter = RecordingGateway(), Upgraded()
    adapter.means = [BROKEN]
    with pytest.raises(StillUnreadable, match=r"message\.text: not a string"):
        await Rereading({"fake": adapter}, gateway).again(BROKEN)
    assert gateway.updates == []


async def test_a_retry_in_vain_leaves_it_set_aside_with_the_reason_and_tells_nobody() -> None:
    async with house() as bridge:
        await bridge.hear(BROKEN)
        assert await bridge.store.revive("fake", "bad")
        await bridge.work()
        (entry,) = await bridge.store.inbox("dead", 10)
        assert (entry.id, "message.text: not a string" in entry.error) == ("bad", True)
        assert bridge.adapter.screen == []
