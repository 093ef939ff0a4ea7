"""Several processes on one PostgreSQL, and one that leaves: killed, asleep for too long, or asked to go."""

from __future__ import annotations

import asyncio
import signal

from bridge.domain import phrases
from bridge.simulator.workflow import Scope
from tests.end_to_end.crash.stages import Theatre, answer_to

ONE, TWO = answer_to(Scope("one")), answer_to(Scope("two"))


async def test_a_process_that_slept_longer_than_its_lease_says_nothing_twice(play: Theatre) -> None:
    async with play("slack", "postgresql", profile="4.16") as p:
        hold = p.fastgpt.hold(after_events=8)
        async with p.program() as asleep:
            await p.stage.ask("one")
            await hold.reached()
            asleep.send(signal.SIGSTOP)
            async with p.program():
                hold.release()
                await p.stage.until(lambda: p.stage.said == [ONE])
                asleep.send(signal.SIGCONT)
                await asleep.logged("lease_lost")
                await p.stage.ask("two")
                await p.stage.until(lambda: TWO in p.stage.said)
        assert (p.stage.said, p.asked("one"), p.asked("two")) == ([ONE, TWO], 1, 1)


async def test_sigterm_with_fifty_answers_running_loses_and_repeats_none(play: Theatre) -> None:
    async with play("telegram", profile="4.16", drain=2) as p:
        people = {f"question {number:02}": p.another(number) for number in range(50)}
        holds = [p.hold(question, after_events=8) for question in people]
        async with p.program() as leaving:
            for question, person in people.items():
                person.say(question)
            await asyncio.gather(*(hold.reached() for hold in holds))
            assert await leaving.stop() == 0
        for hold in holds:
            hold.release()
        async with p.program():
            answers = {question: [answer_to(Scope(question))] for question in people}
            await p.stage.until(lambda: {each: person.private.texts for each, person in people.items()} == answers)
        assert [p.asked(question) for question in people] == [1] * 50


async def test_an_update_that_kills_the_program_three_times_is_set_aside_and_the_conversation_goes_on(
    play: Theatre,
) -> None:
    async with play("telegram") as p:
        await p.stage.ask("poison")
        await p.stage.ask("one")
        for _ in range(3):
            async with p.program(dying_at="poisoned") as program:
                await program.killed()
        async with p.program(dying_at="poisoned"):
            await p.stage.until(lambda: p.stage.said == [phrases.BURIED, ONE])
        assert (p.asked("poison"), p.asked("one")) == (0, 1)
