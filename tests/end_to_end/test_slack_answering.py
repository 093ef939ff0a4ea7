"""Who may answer a question in Slack, what else may be written meanwhile, and what a click is that comes twice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator.workflow import Reply, Select
from tests.end_to_end.running import on, tour
from tests.end_to_end.slack_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

DRINK = Select(id="drink", description="**What** would you like?", options=("Tea", "Coffee", "Nothing"))
TAKEN = Reply(text=lambda scope: f"You took {scope.choice('drink')}.")
APP = tour(on("drink", DRINK, TAKEN))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("answering"), APP) as made:
        yield made


async def test_a_double_click_runs_the_workflow_once(stage: Stage) -> None:
    ann, _sent, controls = await stage.asks("drink", "Tea")
    for click in [await ann.click(controls, "Tea"), await ann.click(controls, "Coffee")]:
        await click.outcome()
    await stage.finished(ann, 2)
    await stage.whispered(ann, "already answered")
    assert stage.told(ann) == ["drink", "Tea"]


async def test_a_click_that_slack_delivers_twice_is_one_answer_and_no_complaint(stage: Stage) -> None:
    ann, _sent, controls = await stage.asks("drink", "Tea")
    click = await ann.click(controls, "Tea")
    await stage.slack.repeat(click).outcome()
    await stage.finished(ann, 2)
    assert stage.told(ann) == ["drink", "Tea"]
    assert stage.whispers(ann) == []


async def test_a_strangers_click_in_a_channel_is_refused_to_them_alone(stage: Stage) -> None:
    ann, bob = stage.person("ann"), stage.person("bob")
    sent = await ann.mention("drink", stage.channel())
    controls = await stage.offered(sent, "Tea")
    await bob.click(controls, "Tea")
    refusal = await stage.whispered(bob, phrases.NOT_YOURS.format(name="ann"))
    assert refusal.thread_ts == sent.thread
    assert stage.told(bob) == []
    assert "Tea" in controls.labels


async def test_who_asks_while_another_one_is_asked_is_told_so_alone_and_answered_after_that(stage: Stage) -> None:
    ann, bob = stage.person("ann"), stage.person("bob")
    sent = await ann.mention("drink", stage.channel())
    controls = await stage.offered(sent, "Tea")
    await bob.reply(sent, "drink for me")
    await stage.whispered(bob, phrases.kept("ann", "`@fastgpt new`"))
    assert stage.told(bob) == []
    await ann.click(controls, "Tea")
    await stage.until(lambda: stage.told(bob) == ["drink for me"])
    assert phrases.asked_by("bob", "drink for me") in stage.screen(sent)


async def test_in_a_channel_the_answer_says_whose_it_is(stage: Stage) -> None:
    ann = stage.person("ann")
    sent = await ann.mention("drink", stage.channel())
    controls = await stage.offered(sent, "Tea")
    await ann.click(controls, "Tea")
    await stage.until(lambda: controls.body.endswith("✅ **Tea** — ann"))


async def test_other_words_are_kept_from_the_workflow_and_the_reminder_goes_with_the_question(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("drink", "Tea")
    await ann.reply(sent, "what do you have?")
    first = await stage.offered(sent, phrases.CANCEL)
    await ann.reply(sent, "well?")
    await stage.until(lambda: stage.answers(sent)[-1].ts > first.ts)
    assert stage.screen(sent).count(phrases.ANSWER_FIRST) == 1
    await ann.click(controls, "Tea")
    await stage.finished(ann, 2)
    assert stage.told(ann) == ["drink", "Tea"]
    await stage.until(lambda: phrases.ANSWER_FIRST not in stage.screen(sent))


async def test_cancel_leaves_the_question_and_the_next_message_is_a_question_of_its_own(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("drink", "Tea")
    await ann.reply(sent, "!cancel")
    await stage.shows(sent, phrases.CANCELLED)
    await stage.until(lambda: controls.visible == "**What** would you like?\n\n✖ Cancelled")
    await ann.reply(sent, "another drink")
    await stage.offered(sent, "Tea")
    assert stage.told(ann) == ["drink", "another drink"]


async def test_a_new_conversation_closes_the_question_of_the_old_one(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("drink", "Tea")
    await ann.reply(sent, "/new")
    await stage.shows(sent, phrases.NEW)
    await stage.until(lambda: controls.labels == ())
    await ann.reply(sent, "another drink")
    await stage.offered(sent, "Tea")
    assert len({body["chatId"] for body in stage.asked(ann)}) == 2


@pytest.mark.parametrize("value", ["", "o:nonsense", "o:0000000000000000:0", "x" * 300])
async def test_a_forged_value_is_refused_and_runs_nothing(stage: Stage, value: str) -> None:
    ann, _sent, controls = await stage.asks("drink", "Tea")
    bob = stage.person("bob")
    await stage.slack.settled()
    click = await bob.click(controls, "Tea")
    await click.outcome()
    forged = stage.press_with(click, value)
    assert await forged.outcome()
    assert "Tea" in controls.labels
    assert (stage.told(ann), stage.told(bob)) == (["drink"], [])


async def test_a_button_of_another_conversation_leads_nowhere(stage: Stage) -> None:
    ann, _, controls = await stage.asks("drink", "Tea")
    eve, _, hers = await stage.asks("drink", "Tea")
    click = await eve.click(hers, "Tea")
    await stage.finished(eve, 2)
    value = next(control.value for control in controls.controls if control.label == "Coffee")
    stage.press_with(click, value)
    await stage.whispered(eve, phrases.NOT_THERE)
    assert stage.told(ann) == ["drink"]


async def test_a_question_behind_the_slash_command_stands_in_the_channel_and_is_answered_below(stage: Stage) -> None:
    ann, channel = stage.person("ann"), stage.channel()
    await ann.command("/fastgpt", "drink", channel)
    (shown,) = await stage.until(lambda: [m for m in stage.slack.messages(channel) if "drink" in m.body])
    assert (shown.body, shown.thread_ts) == (phrases.asked_by("ann", "drink"), None)
    (controls,) = await stage.until(lambda: [m for m in stage.slack.messages(channel) if "Tea" in m.labels])
    assert controls.thread_ts == shown.ts
    await ann.click(controls, "Tea")
    await stage.until(lambda: stage.told(ann) == ["drink", "Tea"])


async def test_a_question_behind_the_slash_command_in_a_direct_message_is_one_too(stage: Stage) -> None:
    ann = stage.person("ann")
    await ann.command("/fastgpt", "drink")
    (controls,) = await stage.until(lambda: [m for m in stage.slack.messages(ann.dm_channel) if "Tea" in m.labels])
    (shown,) = [m for m in stage.slack.messages(ann.dm_channel) if m.body == phrases.asked_by("ann", "drink")]
    assert controls.thread_ts == shown.ts
