"""What an app suggests to say, in Slack: its opening questions, and follow-ups below an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator.faults import bad_gateway
from bridge.simulator.journal import Received
from bridge.simulator.workflow import Chat
from tests.emulators.slack import Message, Person, Sent
from tests.end_to_end.running import on, tour
from tests.end_to_end.slack_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUIDE = "createQuestionGuide"
FENCE = "Shall I?\n\n```quick-replies\nYes, hello\nNo\n```"
APP = tour(
    on("hello", Chat(text=lambda scope: f"You said: {scope.question}")),
    on("fence", Chat(text=FENCE)),
    on("link", Chat(text="Try [hello again]() or [the handbook](https://example.com/handbook).")),
    title="The tour",
    welcome="Welcome to **the tour**.\n[hello there]\n[Show me a fence]",
    question_guide=True,
    suggestions=("And hello to you?", "Show me a fence."),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("guides"), APP) as made:
        yield made


async def suggested(stage: Stage) -> tuple[Person, Sent, Message]:
    """Ann's answer, and the message with what she could ask next."""
    ann = stage.person("ann")
    sent = await ann.dm("hello")
    below = await stage.offered(sent, APP.suggestions[0])
    return ann, sent, below


async def test_suggestions_stand_below_the_answer_as_buttons(stage: Stage) -> None:
    ann, _, below = await suggested(stage)
    assert below.visible == "You could ask:\n[And hello to you?]\n[Show me a fence.]"
    body = stage.asked(ann)[0]
    assert stage.calls(ann, GUIDE) == [{"appId": body["appId"], "chatId": body["chatId"]}]


async def test_a_tap_asks_as_the_one_who_tapped_for_all_to_see(stage: Stage) -> None:
    ann, bob = stage.person("ann"), stage.person("Bob Marley")
    sent = await ann.mention("hello", stage.channel())
    below = await stage.offered(sent, APP.suggestions[0])
    await bob.click(below, "And hello to you?")
    await stage.shows(sent, "You said: And hello to you?")
    assert below.visible == "**Bob Marley** asked: And hello to you?"
    assert [message.body for message in stage.answers(sent)][:3] == [
        "You said: hello",
        "**Bob Marley** asked: And hello to you?",
        "You said: And hello to you?",
    ]
    assert (stage.told(ann), stage.told(bob)) == (["hello"], ["And hello to you?"])


async def test_a_double_tap_and_a_redelivered_one_ask_once(stage: Stage) -> None:
    ann, sent, below = await suggested(stage)
    first, second = await ann.click(below, "And hello to you?"), await ann.click(below, "Show me a fence.")
    await second.outcome()
    await stage.slack.repeat(first).outcome()
    await stage.shows(sent, "You said: And hello to you?")
    await stage.offered(sent, APP.suggestions[0])
    assert stage.told(ann) == ["hello", "And hello to you?"]


async def test_suggestions_go_when_the_conversation_moves_on(stage: Stage) -> None:
    ann, sent, below = await suggested(stage)
    await ann.reply(sent, "hello once more")
    await stage.shows(sent, "You said: hello once more")
    await stage.until(lambda: below.deleted)
    assert stage.screen(sent).count("You could ask:") <= 1


async def test_a_guide_that_takes_its_time_delays_nobody(stage: Stage) -> None:
    ann = stage.person("ann")
    slow = stage.fastgpt.hold(path=GUIDE)
    sent = await ann.dm("hello")
    await slow.reached()
    await stage.offered(sent, phrases.GOOD)
    session = stage.slack.session(sent.channel, sent.thread)
    await stage.until(lambda: session is not None and session.status == "active")
    await ann.reply(sent, "hello once more")
    await stage.shows(sent, "You said: hello once more")
    slow.release()
    await stage.offered(sent, APP.suggestions[0])
    assert stage.screen(sent).count("You could ask:") == 1


async def test_a_guide_that_fails_leaves_the_answer_untouched(stage: Stage) -> None:
    ann = stage.person("ann")

    def is_anns(guide: Received) -> bool:
        return guide.json["chatId"] in [asked["chatId"] for asked in stage.asked(ann)]

    stage.fastgpt.plan(bad_gateway(500), path=GUIDE, when=is_anns)
    sent = await ann.dm("hello")
    await stage.program.logged("no_suggestions")
    assert [message.body for message in stage.answers(sent)] == ["You said: hello"]
    assert stage.whispers(ann) == []


@pytest.mark.parametrize(
    ("word", "body", "label"),
    [
        ("fence", "Shall I?", "Yes, hello"),
        ("link", "Try hello again or [the handbook](https://example.com/handbook).", "hello again"),
    ],
)
async def test_replies_that_an_answer_brings_along_are_buttons(stage: Stage, word: str, body: str, label: str) -> None:
    ann = stage.person("ann")
    sent = await ann.dm(word)
    below = await stage.offered(sent, label)
    assert stage.answers(sent)[0].body == body
    await ann.click(below, label)
    await stage.shows(sent, f"You said: {label}")


async def test_a_new_conversation_offers_the_apps_own_questions_in_slacks_own_place(stage: Stage) -> None:
    ann = stage.person("ann")
    await ann.open_home("messages")
    prompts = await stage.until(lambda: stage.slack.prompts(ann.dm_channel))
    assert prompts is not None
    assert prompts.title == "The tour"
    assert [prompt["message"] for prompt in prompts.prompts] == ["hello there", "Show me a fence"]


async def test_a_mention_and_nothing_else_is_welcomed_with_questions_to_tap(stage: Stage) -> None:
    ann = stage.person("ann")
    sent = await ann.mention("", stage.channel())
    welcome = await stage.offered(sent, "hello there")
    assert welcome.visible == "Welcome to **the tour**.\n[hello there]\n[Show me a fence]"
    await ann.click(welcome, "hello there")
    await stage.shows(sent, "You said: hello there")
    await stage.until(lambda: welcome.visible == "Welcome to **the tour**.\n\n- hello there\n- Show me a fence")
    assert "**ann** asked: hello there" in stage.screen(sent)


async def test_an_app_that_begins_by_itself_does(tmp_path_factory: pytest.TempPathFactory) -> None:
    app = tour(on("hello", Chat(text="And hello to you.")), opening_prompt="hello bridge", welcome="Welcome.")
    async with staged(tmp_path_factory.mktemp("begins"), app) as stage:
        ann = stage.person("ann")
        sent = await ann.mention("", stage.channel())
        await stage.shows(sent, "And hello to you.")
        assert stage.answers(sent)[0].body == "Welcome."
        assert stage.told(ann) == ["hello bridge"]
