"""However an answer comes in, what it says in the end is on screen in the end."""

from __future__ import annotations

import asyncio
import random

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.markdown import shown
from bridge.domain.events import TextAdded
from tests.adapters.slack.questions import Question, done
from tests.emulators.slack import ApiError, RateLimited, Reset, SlackEmulator

BLOCKS = (
    "# A title",
    "Some **bold**, *soft* and `coded` words, with [a link](https://a.example/?b=c&d=e) and a price of $5.",
    "```python\nfor word in words:\n    print(f'<!here> {word}')\n```",
    "| a | b |\n|---|---|\n| 1 | <@U123> |\n| 2 | $x^2$ |",
    "- one\n- two\n  - three",
    "So $e = mc^2$ holds, as in\n\n$$\na = b\n$$",
    "> quoted\n> lines",
)
FAULTS = (
    ("chat.appendStream", Reset(processed=True)),
    ("chat.appendStream", ApiError("message_not_in_streaming_state")),
    ("chat.startStream", Reset(processed=True)),
    ("chat.startStream", ApiError("missing_recipient_team_id")),
    ("chat.stopStream", Reset(processed=True)),
    ("chat.stopStream", RateLimited(1)),
    ("chat.update", Reset(processed=True)),
    ("chat.postMessage", Reset(processed=True)),
)


def words(text: str) -> list[str]:
    return shown(text).split()


@pytest.mark.parametrize("seed", range(10))
async def test_the_screen_ends_up_with_the_answer_whatever_goes_wrong(
    slack: SlackEmulator, adapter: SlackAdapter, seed: int
) -> None:
    chance = random.Random(seed)
    question = Question(slack, adapter, await slack.person("U1").mention("what?"))
    text = "\n\n".join(chance.choice(BLOCKS) for _ in range(chance.choice((3, 20))))
    if seed % 2:
        slack.fail(*chance.choice(FAULTS))
    async with question.being_answered() as script:
        start = 0
        while start < len(text):
            end = start + chance.randint(1, 120)
            script.give(TextAdded(text[start:end]))
            start = end
            await asyncio.sleep(chance.choice((0, 0.01, 0.03)))
        script.give(done(text, buttons=True))
    answers = slack.answers(question.sent.channel)
    assert words("\n\n".join(question.bodies)) == words(text), slack.report()
    assert [bool(answer.controls) for answer in answers] == [False] * (len(answers) - 1) + [True]
    assert not any(answer.streaming or answer.pings for answer in answers)


async def test_code_over_several_messages_is_code_in_each(slack: SlackEmulator, adapter: SlackAdapter) -> None:
    lines = [f"value_{number} = compute({number})" for number in range(900)]
    text = "Here:\n\n```python\n" + "\n".join(lines) + "\n```\n\nThat is all."
    question = Question(slack, adapter, await slack.person("U1").mention("what?"))
    async with question.being_answered() as script:
        for start in range(0, len(text), 3_000):
            script.give(TextAdded(text[start : start + 3_000]))
            await asyncio.sleep(0.03)
        script.give(done(text))
    bodies = question.bodies
    assert len(bodies) > 1
    assert all(body.count("```") % 2 == 0 for body in bodies)
    assert [line for body in bodies for line in body.splitlines() if line.startswith("value_")] == lines
