"""What is on screen in the end after a fault, a limit, a lost lease or another worker came in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.config import SlackConfig
from bridge.clock import SystemClock
from bridge.domain.errors import LeaseLost, PlatformError, PlatformFault
from bridge.domain.events import Ending, InteractionRequested, TextAdded, TurnEnded
from tests.adapters.slack.questions import Question, Script, done
from tests.builders import asking
from tests.doubles import RecordingDelivery, stream
from tests.emulators.slack import ApiError, Failed, RateLimited, Reset, SlackEmulator


async def test_a_stream_that_slack_ended_is_finished_by_an_edit(slack: SlackEmulator, question: Question) -> None:
    async with question.being_answered() as script:
        script.give(TextAdded("Hello"))
        await slack.until(lambda: question.bodies == ["Hello"])
        slack.advance(301)
        script.give(TextAdded(" world"))
        await slack.until(lambda: question.bodies == ["Hello world"])
        script.give(done("Hello world!", buttons=True))
    (answer,) = slack.answers(question.sent.channel)
    assert answer.body == "Hello world!"
    assert answer.labels == ("Regenerate", "Good answer", "Bad answer")


async def test_a_stream_is_given_up_before_slack_does_it(slack: SlackEmulator, config: SlackConfig) -> None:
    adapter = SlackAdapter(replace(config, stream_for=0.05), SystemClock())
    await adapter.connect()
    question = Question(slack, adapter, await slack.person("U1").mention("what?"))
    async with question.being_answered() as script:
        script.give(TextAdded("Hello"))
        await slack.until(lambda: question.bodies == ["Hello"])
        await asyncio.sleep(0.06)
        script.give(TextAdded(" world"))
        await slack.until(lambda: question.bodies == ["Hello world"])
        script.give(done("Hello world"))
    await adapter.close()
    assert question.methods == ["chat.startStream", "chat.stopStream", "chat.update"]


@pytest.mark.parametrize("fault", [Reset(processed=True), Reset()])
async def test_a_post_whose_connection_broke_stands_there_once(
    slack: SlackEmulator, question: Question, fault: Reset
) -> None:
    slack.fail("chat.postMessage", fault)
    await question.answer(done("Hello"))
    assert question.bodies == ["Hello"]


async def test_a_stream_whose_opening_was_not_answered_is_found_again(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.startStream", Reset(processed=True))
    async with question.being_answered() as script:
        script.give(TextAdded("Hello"))
        await slack.until(lambda: slack.calls("chat.startStream"))
        script.give(TextAdded(" world"), done("Hello world"))
    assert question.bodies == ["Hello world"]


async def test_an_append_of_unknown_fate_does_not_double_the_text(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.appendStream", Reset(processed=True))
    async with question.being_answered() as script:
        script.give(TextAdded("One"))
        await slack.until(lambda: question.bodies == ["One"])
        script.give(TextAdded(" two"))
        await slack.until(lambda: slack.calls("chat.appendStream"))
        script.give(TextAdded(" three"), done("One two three"))
    assert question.bodies == ["One two three"]


async def test_text_that_may_have_arrived_is_not_left_standing(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.appendStream", Reset(processed=True))
    slack.fail("chat.update", RateLimited(1))
    async with question.being_answered() as script:
        script.give(TextAdded("One"))
        await slack.until(lambda: question.bodies == ["One"])
        script.give(TextAdded(" two"))
        await slack.until(lambda: slack.calls("chat.update"))
        script.give(done("One"))
    assert question.bodies == ["One"]


async def test_an_answer_somebody_deleted_halfway_is_given_again(slack: SlackEmulator, question: Question) -> None:
    async with question.being_answered() as script:
        script.give(TextAdded("Hello"))
        await slack.until(lambda: question.bodies == ["Hello"])
        await slack.person("U1").delete(slack.answers(question.sent.channel)[0])
        script.give(TextAdded(" wor"), done("Hello world"))
    assert question.bodies == ["Hello world"]


async def test_the_final_text_waits_for_a_rate_limit(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.postMessage", RateLimited(1))
    await question.answer(done("Hello"))
    assert question.bodies == ["Hello"]


async def test_what_slack_refuses_to_show_is_shown_plainly(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.postMessage", ApiError("invalid_blocks"))
    await question.answer(done("| a | b |\n|---|---|\n| 1 | 2 |"))
    assert question.bodies == ["| a | b |\n|---|---|\n| 1 | 2 |"]


async def test_another_worker_goes_on_in_the_same_message(
    slack: SlackEmulator, adapter: SlackAdapter, question: Question
) -> None:
    script = Script()
    dying = asyncio.create_task(adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("Hello"))
    await slack.until(lambda: question.bodies == ["Hello"])
    dying.cancel()
    await asyncio.wait({dying})
    await adapter.deliver(question.delivery.again(), stream(TextAdded("Hello world"), done("Hello world!")))
    assert question.bodies == ["Hello world!"]


async def test_a_worker_that_died_while_sending_left_one_message(
    slack: SlackEmulator, adapter: SlackAdapter, question: Question
) -> None:
    await question.answer(done("Hello"))
    question.delivery.records = question.delivery.records[:1]  # it died before it could say that it had sent
    await adapter.deliver(question.delivery.again(), stream(done("Hello")))
    assert question.bodies == ["Hello"]


async def test_a_delivery_that_is_done_changes_nothing_when_it_is_repeated(
    slack: SlackEmulator, adapter: SlackAdapter, question: Question
) -> None:
    await question.answer(done("Hello", buttons=True))
    before = question.methods
    again = RecordingDelivery(replace(question.delivery.turn, text="Hello"))
    await adapter.deliver(again, stream(done("Hello", buttons=True)))
    assert question.methods == before


async def test_a_lost_lease_sends_nothing(slack: SlackEmulator, question: Question) -> None:
    question.delivery.lost_after = 0
    with pytest.raises(LeaseLost):
        await question.answer(done("Hello"))
    assert question.bodies == []


async def test_a_long_ban_is_left_to_a_later_attempt(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.startStream", RateLimited(3600))
    slack.fail("chat.postMessage", RateLimited(3600))
    with pytest.raises(PlatformError) as banned:
        await question.answer(done("Hello"))
    assert (banned.value.fault, banned.value.permanent) == (PlatformFault.RATE_LIMITED, False)
    assert 3500 < (banned.value.retry_after or 0) <= 3600


async def test_a_lease_that_is_lost_while_waiting_for_a_rate_limit_sends_nothing(
    slack: SlackEmulator, question: Question
) -> None:
    slack.fail("chat.postMessage", RateLimited(1))
    question.delivery.lost_after = 1
    with pytest.raises(LeaseLost):
        await question.answer(done("Hello"))
    assert question.bodies == []


async def test_a_channel_that_is_gone_is_a_permanent_error(slack: SlackEmulator, question: Question) -> None:
    await slack.person("U1").archive(question.sent.channel)
    with pytest.raises(PlatformError) as refused:
        await question.answer(TextAdded("Hel"), done("Hello"))
    assert (refused.value.fault, refused.value.permanent) == (PlatformFault.GONE, True)


async def test_slack_being_down_for_a_moment_is_waited_out(slack: SlackEmulator, question: Question) -> None:
    async with question.being_answered() as script:
        script.give(TextAdded("See"))
        await slack.until(lambda: question.bodies == ["See"])
        slack.fail("chat.update", Failed(503, "service_unavailable"), times=2)
        script.give(done("Look"))
    assert question.bodies == ["Look"]


async def test_controls_that_are_on_screen_are_not_shown_twice(
    slack: SlackEmulator, adapter: SlackAdapter, question: Question
) -> None:
    asked = asking(conversation=question.delivery.turn.conversation)
    events = (InteractionRequested(asked), TurnEnded(Ending.PAUSED, "Let me ask."))
    await question.answer(*events)
    await adapter.deliver(question.delivery.again(), stream(*events))
    assert question.bodies == ["Let me ask.", "Which one?"]
