"""Kill -9 around what a workflow asks: asked once, answered once, gone on with once."""

from __future__ import annotations

import pytest

from bridge.domain import phrases
from tests.end_to_end.crash.stages import CURIOUS, Theatre

BOTH = pytest.mark.parametrize("stage", ["telegram", "slack"])
EVERYWHERE = pytest.mark.parametrize(
    ("stage", "database"), [("telegram", "sqlite"), ("slack", "sqlite"), ("telegram", "postgresql")]
)


@BOTH
@pytest.mark.parametrize("point", ["question_stored", "question_shown"])
async def test_a_question_is_shown_once_and_can_be_answered(play: Theatre, stage: str, point: str) -> None:
    async with play(stage, profile="4.16") as p:
        await p.dies(point, asked="choose")
        async with p.program():
            await p.presses("Red")
            await p.shows("You took Red.")
        assert sum("Which colour?" in text for text in p.stage.said) == 1
        assert phrases.ANSWER_FIRST not in "".join(p.stage.said)
        assert p.asked("choose") == 1


@EVERYWHERE
async def test_a_stored_choice_resumes_the_workflow_once(play: Theatre, stage: str, database: str) -> None:
    async with play(stage, database) as p:
        async with p.program(dying_at="choice_stored") as program:
            await p.stage.ask("choose")
            await p.presses("Red")
            await program.killed()
        async with p.program():
            await p.shows("You took Red.")
            await p.stage.until(lambda: not p.stage.can_press("Blue"))
        assert len(p.fastgpt.received()) == 2


@pytest.mark.parametrize("stage", ["telegram", "slack"])
async def test_a_choice_given_in_words_is_no_question_after_the_restart(play: Theatre, stage: str) -> None:
    async with play(stage) as p:
        async with p.program(dying_at="choice_stored") as program:
            await p.stage.ask("choose")
            await p.stage.until(lambda: p.stage.can_press("Red"))
            await p.stage.ask("red")
            await program.killed()
        async with p.program():
            await p.shows("You took Red.")
            await p.stage.ask("one")
            await p.shows("You said")
        assert len(p.fastgpt.received()) == 3


async def test_a_second_click_while_the_program_is_down_is_refused_as_already_answered(play: Theatre) -> None:
    async with play("telegram") as p:
        async with p.program(dying_at="choice_stored") as program:
            await p.stage.ask("choose")
            await p.presses("Red")
            await program.killed()
        await p.stage.press("Blue")
        async with p.program():
            await p.stage.until(lambda: p.stage.was_told(phrases.ALREADY_ANSWERED_BY_YOU))
            await p.shows("You took Red.")
        assert len(p.fastgpt.received()) == 2


async def test_a_form_goes_on_at_the_same_field_with_what_was_typed(play: Theatre) -> None:
    async with play("telegram") as p:
        async with p.program(dying_at="field_stored") as program:
            await p.stage.ask("form")
            await p.fills_in("Name", "Ann")
            await program.killed()
        async with p.program():
            await p.fills_in("Town", "Bergen")
            await p.presses("Submit")
            await p.shows("Ann of Bergen.")


@pytest.mark.parametrize("point", ["question_stored", "question_shown"])
async def test_what_has_to_be_known_first_is_asked_for_once_and_the_question_is_not_forgotten(
    play: Theatre, point: str
) -> None:
    async with play("telegram", app=CURIOUS) as p:
        await p.dies(point, asked="one")
        async with p.program():
            await p.stage.until(lambda: p.stage.is_asked("Your name"))
            assert sum(phrases.VARIABLES_FIRST in text for text in p.stage.said) == 1
            await p.stage.ask("Ann")
            await p.presses("Submit")
            await p.stage.until(lambda: p.stage.said[-1] == "Ann said “one”.")
        assert p.asked("one") == 1


@BOTH
@pytest.mark.parametrize("point", ["vote_stored", "vote_posted"])
async def test_a_vote_reaches_fastgpt_once_it_counts(play: Theatre, stage: str, point: str) -> None:
    async with play(stage) as p:
        async with p.program(dying_at=point) as program:
            await p.stage.ask("one")
            await p.presses(phrases.GOOD)
            await program.killed()
        async with p.program():
            await p.fastgpt.arrived(2 if point == "vote_posted" else 1, "updateUserFeedback")
            await p.stage.ask("two")
            await p.stage.until(lambda: len(p.stage.said) == 2)
        votes = p.fastgpt.received("updateUserFeedback")
        assert {vote.json.get("userGoodFeedback") for vote in votes} == {"yes"}
        assert len(votes) == (2 if point == "vote_posted" else 1)
