"""Stopped for longer than Slack repeats what it has to say: what was written meanwhile is answered once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.simulator import Simulator
from tests.emulators.slack import SlackEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.world import fastgpt_settings, slack_over_http, slack_settings


async def given_up(slack: SlackEmulator) -> None:
    """Slack has repeated everything that is not acknowledged for as long as it does."""

    def is_over() -> bool:
        slack.advance(60)
        return all(delivery.settled.is_set() for delivery in slack.deliveries)

    await slack.until(is_over)
    assert slack.unacknowledged


def told(fastgpt: Simulator) -> list[str]:
    return [request.json["messages"][-1]["content"] for request in fastgpt.received()]


@pytest.mark.parametrize("by", [slack_settings, slack_over_http], ids=["by socket", "over http"])
async def test_what_was_written_in_slack_during_a_long_stop_is_answered_once(
    tmp_path: Path, by: Callable[[SlackEmulator], dict[str, str]]
) -> None:
    async with Simulator() as fastgpt, SlackEmulator() as slack:
        settings = fastgpt_settings(fastgpt) | by(slack)
        ann = slack.person("U1", "ann")
        async with Program(tmp_path, settings) as program:
            await program.logged("connected")
            root = await ann.mention("before")
            await program.logged("turn_finished")
            await program.stop()
        await ann.reply(root, "in the thread")
        fresh = await ann.mention("anew")
        await given_up(slack)
        for turns in (2, 0):  # and a second start finds nothing new
            async with Program(tmp_path, settings) as program:
                await program.logged("caught_up")
                await program.logged("turn_finished", turns)
                await program.stop()
        assert sorted(told(fastgpt)) == ["anew", "before", "in the thread"]
        shown = slack.rendered(root.channel, root.thread)
        assert [shown.count(f"> {words}\n") for words in ("before", "in the thread")] == [1, 1]
        assert slack.rendered(fresh.channel, fresh.thread).count("> anew\n") == 1


async def test_what_was_written_more_than_a_day_ago_is_left_alone(tmp_path: Path) -> None:
    async with Simulator() as fastgpt, SlackEmulator() as slack:
        settings = fastgpt_settings(fastgpt) | slack_settings(slack)
        slack.advance(-25 * 3600)
        await slack.person("U1", "ann").dm("yesterday")
        async with Program(tmp_path, settings) as program:
            await program.logged("too_old")
            await program.stop()
        assert told(fastgpt) == []
