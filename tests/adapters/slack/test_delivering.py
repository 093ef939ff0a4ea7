"""Answers as people see them, through the real libraries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.config import SlackConfig
from bridge.clock import SystemClock
from bridge.domain.events import Ending, InteractionRequested, StatusChanged, TextAdded, TurnEnded
from bridge.domain.turns import PartState
from tests.adapters.slack.questions import Question, Script, done
from tests.builders import asking
from tests.emulators.slack import ApiError, Held, SlackEmulator


async def test_an_answer_is_streamed_as_it_is_written(slack: SlackEmulator, question: Question) -> None:
    async with question.being_answered() as script:
        script.give(TextAdded("Hello"))
        await slack.until(lambda: question.bodies == ["Hello"])
        script.give(TextAdded(" world"))
        await slack.until(lambda: question.bodies == ["Hello world"])
        script.give(TextAdded("!"), done("Hello world!", buttons=True))
    assert question.bodies == ["Hello world!"]
    assert question.methods == ["chat.startStream", "chat.appendStream", "chat.stopStream"]


async def test_a_finished_answer_is_recorded_and_carries_its_controls(slack: SlackEmulator, question: Question) -> None:
    await question.answer(TextAdded("Hel"), done("Hello", "Stopped.", buttons=True))
    (answer,) = slack.answers(question.sent.channel)
    assert (answer.body, answer.notes) == ("Hello", "Stopped.")
    assert answer.labels == ("Regenerate", "Good answer", "Bad answer")
    assert not answer.streaming
    (part,) = question.delivery.turn.parts
    assert (part.state, part.is_final) == (PartState.SENT, True)
    assert part.message is not None
    assert part.message.id == f"{answer.channel}/{answer.ts}"
    assert question.delivery.records[0].state is PartState.SENDING


async def test_the_session_shows_that_there_is_work_and_rests_afterwards(
    slack: SlackEmulator, question: Question
) -> None:
    async with question.being_answered() as script:
        where = question.sent.channel, question.sent.ts
        await slack.until(lambda: (found := slack.session(*where)) and found.status == "processing")
        script.give(StatusChanged("Searching"), done("Found."))
    session = slack.session(*where)
    assert session is not None
    assert session.status == "active"


async def test_the_question_is_asked_whatever_slack_says_about_its_status(
    slack: SlackEmulator, question: Question
) -> None:
    held = Held()
    slack.fail("agents.sessions.setStatus", held)
    async with question.being_answered() as script:
        await held.arrived.wait()
        await slack.until(lambda: script.is_read)
        held.release()
        script.give(done("Found."))


async def test_what_goes_on_before_the_first_words_is_said_below_the_thread(
    slack: SlackEmulator, question: Question
) -> None:
    async with question.being_answered() as script:
        where = question.sent.channel, question.sent.ts
        script.give(StatusChanged("Searching the handbook"))
        await slack.until(lambda: slack.status(*where) == "Searching the handbook")
        assert question.bodies == []
        script.give(done("Found."))
    assert slack.status(*where) == ""


async def test_the_session_rests_even_if_the_answer_breaks_down(slack: SlackEmulator, question: Question) -> None:
    script = Script()
    script.break_off()
    with pytest.raises(RuntimeError):
        await question.adapter.deliver(question.delivery, script.events())
    session = slack.session(question.sent.channel, question.sent.ts)
    assert session is not None
    assert session.status == "active"


async def test_a_final_text_that_differs_from_what_was_streamed_is_what_stays(question: Question) -> None:
    async with question.being_answered() as script:
        script.give(TextAdded("See [1](CITE)"))
        await question.slack.until(lambda: question.bodies)
        script.give(done("See [1]."))
    assert question.bodies == ["See [1]."]


async def test_a_long_answer_is_whole_and_in_order_with_controls_under_the_last_part(
    slack: SlackEmulator, question: Question
) -> None:
    paragraphs = [f"Paragraph {number}. " + "word " * 150 for number in range(40)]
    text = "\n\n".join(paragraph.strip() for paragraph in paragraphs)
    await question.answer(TextAdded(text[:20_000]), TextAdded(text[20_000:]), done(text, buttons=True))
    answers = slack.answers(question.sent.channel)
    assert "\n\n".join(answer.body for answer in answers) == text
    assert [bool(answer.controls) for answer in answers] == [False] * (len(answers) - 1) + [True]
    assert len(answers) == len(question.delivery.turn.parts) == 3


async def test_without_streams_an_answer_is_posted_and_edited(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.startStream", ApiError("unknown_method"), times=None)
    async with question.being_answered() as script:
        script.give(TextAdded("One **bo"))
        await slack.until(lambda: question.bodies == ["One"])
        script.give(TextAdded("ld** two"))
        await slack.until(lambda: question.bodies == ["One **bold** two"])
        script.give(done("One **bold** two three"))
    assert question.bodies == ["One **bold** two three"]
    assert len(slack.calls("chat.startStream")) == 1


async def test_a_workspace_without_streams_is_asked_only_once(
    slack: SlackEmulator, adapter: SlackAdapter, question: Question
) -> None:
    slack.fail("chat.startStream", ApiError("unknown_method"), times=None)
    other = Question(slack, adapter, await slack.person("U1").mention("and?"))
    for each in (question, other):
        async with each.being_answered() as script:
            script.give(TextAdded("Hi"))
            await asyncio.wait_for(each.shows("Hi"), 5)
            script.give(done("Hi"))
    assert len(slack.calls("chat.startStream")) == 1


async def test_slacks_own_stop_button_leaves_the_partial_text_marked(slack: SlackEmulator, question: Question) -> None:
    async with question.being_answered() as script:
        script.give(TextAdded("Hello"))
        await slack.until(lambda: question.bodies == ["Hello"])
        await slack.person("U1").stop_session(question.sent.channel, question.sent.ts)
        script.give(TextAdded(" wor"), TurnEnded(Ending.STOPPED, "Hello wor", "Stopped."))
    (answer,) = slack.answers(question.sent.channel)
    assert (answer.body, answer.notes, answer.streaming) == ("Hello wor", "Stopped.", False)


async def test_many_answers_at_once_stay_within_slacks_limits(slack: SlackEmulator, adapter: SlackAdapter) -> None:
    slack.enforce_rates = True
    questions = [Question(slack, adapter, await slack.person(f"U{number}").dm("what?")) for number in range(24)]
    text = "word " * 40

    async def answer(question: Question) -> None:
        async with question.being_answered() as script:
            for _ in range(40):
                script.give(TextAdded("word "))
                await asyncio.sleep(0.02)
            script.give(done(text.strip()))

    await asyncio.gather(*map(answer, questions))
    assert [question.bodies for question in questions] == [[text.strip()]] * 24
    assert not [call for call in slack.calls() if call.status == 429]


async def test_code_is_streamed_and_not_rewritten(slack: SlackEmulator, question: Question) -> None:
    async with question.being_answered() as script:
        script.give(TextAdded("```python\na = 1\n"))
        await slack.until(lambda: question.bodies)
        script.give(TextAdded("b = 2\n"))
        await slack.until(lambda: "b = 2" in question.bodies[0])
        script.give(done("```python\na = 1\nb = 2\n```"))
    assert question.methods == ["chat.startStream", "chat.appendStream", "chat.stopStream"]


async def test_messages_the_finished_answer_has_no_text_for_go_away(slack: SlackEmulator, question: Question) -> None:
    async with question.being_answered() as script:
        script.give(TextAdded("many words " * 1500))
        await slack.until(lambda: len(question.bodies) == 2)
        script.give(done("Few words."))
    assert question.bodies == ["Few words."]


async def test_an_answer_full_of_ampersands_can_be_edited(slack: SlackEmulator, question: Question) -> None:
    text = "&" * 5_000
    slack.fail("chat.startStream", ApiError("unknown_method"))
    async with question.being_answered() as script:
        script.give(TextAdded("&"))
        await slack.until(lambda: question.bodies == ["&"])
        script.give(done(text))
    assert question.bodies == [text]
    assert {call.error for call in slack.calls("chat.update")} <= {"", None}


async def test_links_in_answers_do_not_unfurl(slack: SlackEmulator, question: Question) -> None:
    await question.answer(done("See https://a.example"))
    (answer,) = slack.answers(question.sent.channel)
    assert (answer.options["unfurl_links"], answer.options["unfurl_media"]) == (False, False)


async def test_nothing_a_model_writes_pings_anybody(slack: SlackEmulator, question: Question) -> None:
    text = "Hi <!channel> and <@U1>, @here: `<!everyone>`"
    await question.answer(TextAdded("Hi <!chan"), TextAdded("nel> and <@U1>, @here: "), done(text, "<!here> @channel"))
    (answer,) = slack.answers(question.sent.channel)
    assert answer.pings == ()


async def test_controls_stand_below_the_text_and_are_reported(slack: SlackEmulator, question: Question) -> None:
    asked = asking(conversation=question.delivery.turn.conversation)
    await question.answer(
        TextAdded("Let me ask."), InteractionRequested(asked), TurnEnded(Ending.PAUSED, "Let me ask.")
    )
    text, controls = slack.answers(question.sent.channel)
    assert text.body == "Let me ask."
    assert controls.labels == ("Red", "Blue")
    assert question.delivery.shown_in[asked.id].id == f"{controls.channel}/{controls.ts}"
    session = slack.session(question.sent.channel, question.sent.ts)
    assert session is not None
    assert session.status == "suspended"


async def test_a_pause_without_text_shows_nothing_but_the_controls(slack: SlackEmulator, question: Question) -> None:
    asked = asking(conversation=question.delivery.turn.conversation)
    await question.answer(InteractionRequested(asked), TurnEnded(Ending.PAUSED, ""))
    assert question.bodies == ["Which one?"]
    assert question.delivery.records == []


async def test_a_failure_is_a_sentence_in_the_thread(question: Question) -> None:
    await question.answer(TurnEnded(Ending.FAILED, "", "The assistant cannot be reached at the moment."))
    assert question.bodies == ["The assistant cannot be reached at the moment."]


@pytest.fixture
async def plain_dm(slack: SlackEmulator, config: SlackConfig) -> AsyncIterator[Question]:
    slack.workspace.agent_view = False
    adapter = SlackAdapter(replace(config, agent_view=False), SystemClock())
    await adapter.connect()
    yield Question(slack, adapter, await slack.person("U1").dm("what?"))
    await adapter.close()


async def test_a_plain_dm_is_answered_in_the_channel_itself(slack: SlackEmulator, plain_dm: Question) -> None:
    await plain_dm.answer(TextAdded("Hel"), done("Hello"))
    answers = slack.answers(plain_dm.sent.channel)
    assert [(answer.body, answer.thread_ts) for answer in answers] == [("Hello", None)]
