"""Kill -9 while an answer is on its way to the screen: what is there is finished in place, nothing is said twice."""

from __future__ import annotations

import pytest

from bridge.domain.phrases import GOOD, MAYBE_TWICE, STOP
from bridge.simulator.workflow import Scope
from tests.end_to_end.crash.stages import LONG, PARAGRAPHS, Theatre, answer_to

ONE = answer_to(Scope("one"))
STAGES = ("telegram", "telegram group", "slack")


@pytest.mark.parametrize(("profile", "runs"), [("4.12", 2), ("4.16", 1)])
@pytest.mark.parametrize("stage", STAGES)
async def test_half_an_answer_on_screen_becomes_the_whole_one_in_the_same_message(
    play: Theatre, stage: str, profile: str, runs: int
) -> None:
    async with play(stage, profile=profile, token_delay=0.02) as p:
        hold = p.fastgpt.hold(after_events=12)
        async with p.program() as program:
            await p.stage.ask("one")
            await hold.reached()
            await p.stage.until(lambda: p.stage.glimpsed("You said"))
            await program.kill()
        hold.release()
        async with p.program():
            await p.stage.until(lambda: ONE in p.stage.said)
        assert (p.stage.said, p.asked("one")) == ([ONE], runs)
        assert p.history == ["one", ONE]


@pytest.mark.parametrize(("profile", "runs"), [("4.12", 2), ("4.16", 1)])
@pytest.mark.parametrize("stage", STAGES)
async def test_an_answer_that_was_not_written_down_yet_is_looked_up_or_given_again_never_both(
    play: Theatre, stage: str, profile: str, runs: int
) -> None:
    async with play(stage, profile=profile) as p:
        await p.dies("answer_not_written", asked="one")
        async with p.program():
            await p.stage.until(lambda: ONE in p.stage.said)
        assert (p.stage.said, p.asked("one")) == ([ONE], runs)
        assert p.history == ["one", ONE]


@pytest.mark.parametrize("stage", ["telegram", "slack"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_of_a_long_answer_only_the_parts_that_are_missing_are_sent(
    play: Theatre, stage: str, database: str
) -> None:
    async with play(stage, database) as p:
        await p.dies("second_part_shown", asked="long")
        before = p.stage.said
        async with p.program():
            await p.stage.until(lambda: f"Paragraph {PARAGRAPHS - 1} " in "".join(p.stage.said))
        assert len(p.stage.said) > 2
        assert p.stage.said[:2] == before[:2]
        assert "\n\n".join(p.stage.said).split() == LONG.split()
        assert p.asked("long") == 1


async def test_slack_finds_the_message_it_was_not_told_about_and_sends_no_other(play: Theatre) -> None:
    async with play("slack") as p:
        await p.dies("sent_unrecorded", asked="one")
        async with p.program():
            await p.stage.until(lambda: ONE in p.stage.said)
        assert p.stage.said == [ONE]


async def test_a_telegram_group_gets_the_answer_by_an_edit_though_a_placeholder_went_unrecorded(play: Theatre) -> None:
    async with play("telegram group") as p:
        await p.dies("sent_unrecorded", asked="one")
        async with p.program():
            await p.stage.until(lambda: ONE in p.stage.said)
        assert p.stage.said == [ONE]


async def test_the_placeholder_that_went_unrecorded_goes_when_its_stop_is_pressed(play: Theatre) -> None:
    async with play("telegram group") as p:
        await p.dies("sent_unrecorded", asked="one")
        async with p.program():
            await p.stage.until(lambda: p.stage.can_press(GOOD))
            await p.stage.press(STOP)
            await p.stage.until(lambda: not p.stage.can_press(STOP))
        assert p.stage.said == [ONE]


async def test_a_private_telegram_answer_that_may_have_arrived_says_so_when_it_is_sent_again(play: Theatre) -> None:
    async with play("telegram") as p:
        await p.dies("sent_unrecorded", asked="one")
        async with p.program():
            await p.stage.until(lambda: len(p.stage.said) == 2)
        assert p.stage.said == [ONE, f"{ONE}\n\n{MAYBE_TWICE}"]
        assert p.asked("one") == 1
