"""Answers as people see them, through the real libraries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.addresses import message_ref
from adapters.slack.config import SlackConfig
from bridge.clock import SystemClock
from bridge.domain.controls import ActOnAnswer, Vote
from bridge.domain.errors import LeaseLost, PlatformError, PlatformFault
from bridge.domain.events import Button, Ending, InteractionRequested, StatusChanged, TextAdded, TurnEnded, TurnEvent
from bridge.domain.ids import TurnId
from bridge.domain.interactions import Choice, Option
from bridge.domain.turns import PartState
from bridge.domain.updates import AnswerAction, Rating
from tests.adapters.slack.fakes import RecordingDelivery, Script, at_once, interaction, turn
from tests.emulators.slack import ApiError, Failed, Held, RateLimited, Reset, Sent, SlackEmulator

T = TurnId("turn1")
VOTES = (Button("Good answer", Vote(T, Rating.GOOD)), Button("Bad answer", Vote(T, Rating.BAD)))
MORE = (Button("Regenerate", ActOnAnswer(T, AnswerAction.REGENERATE)),)


def done(text: str, note: str = "", *, buttons: bool = False) -> TurnEnded:
    return TurnEnded(Ending.COMPLETE, text, note, (VOTES, MORE) if buttons else ())


class Question:
    """A mention in a channel, and what becomes of it."""

    def __init__(self, slack: SlackEmulator, adapter: SlackAdapter, sent: Sent) -> None:
        self.slack = slack
        self.adapter = adapter
        self.sent = sent
        _, me = adapter._here()
        asked_in = message_ref(me.user, sent.channel, sent.ts)
        self.delivery = RecordingDelivery(turn(me.conversation(sent.channel, sent.ts), asked_in=asked_in))

    async def answer(self, *events: TurnEvent) -> None:
        await self.adapter.deliver(self.delivery, at_once(*events))

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.slack.answers(self.sent.channel, self.sent.ts)]

    async def shows(self, *bodies: str) -> None:
        await self.slack.until(lambda: self.bodies == list(bodies))

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.slack.calls() if call.method.startswith("chat.")]


@pytest.fixture
async def question(slack: SlackEmulator, adapter: SlackAdapter) -> Question:
    return Question(slack, adapter, await slack.person("U1", "anna").mention("what?"))


async def test_an_answer_is_streamed_as_it_is_written(slack: SlackEmulator, question: Question) -> None:
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("Hello"))
    await slack.until(lambda: question.bodies == ["Hello"])
    script.give(TextAdded(" world"))
    await slack.until(lambda: question.bodies == ["Hello world"])
    script.give(TextAdded("!"), done("Hello world!", buttons=True))
    await delivering
    assert question.bodies == ["Hello world!"]
    assert question.methods == ["chat.startStream", "chat.appendStream", "chat.stopStream"]


async def test_a_finished_answer_is_recorded_and_carries_its_controls(slack: SlackEmulator, question: Question) -> None:
    await question.answer(TextAdded("Hel"), done("Hello", "Stopped.", buttons=True))
    (answer,) = slack.answers(question.sent.channel)
    assert (answer.body, answer.notes) == ("Hello", "Stopped.")
    assert answer.labels == ("Regenerate", "Good answer", "Bad answer")
    assert not answer.streaming
    (part,) = question.delivery.parts
    assert (part.state, part.is_final) == (PartState.SENT, True)
    assert part.message is not None
    assert part.message.id == f"{answer.channel}/{answer.ts}"
    assert question.delivery.records[0].state is PartState.SENDING


async def test_the_session_shows_that_there_is_work_and_rests_afterwards(
    slack: SlackEmulator, question: Question
) -> None:
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    where = question.sent.channel, question.sent.ts
    await slack.until(lambda: (found := slack.session(*where)) and found.status == "processing")
    script.give(StatusChanged("Searching"), done("Found."))
    await delivering
    session = slack.session(*where)
    assert session is not None
    assert session.status == "active"


async def test_the_question_is_asked_whatever_slack_says_about_its_status(
    slack: SlackEmulator, question: Question
) -> None:
    held = Held()
    slack.fail("agents.sessions.setStatus", held)
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    await held.arrived.wait()
    await slack.until(lambda: script.is_read)
    held.release()
    script.give(done("Found."))
    await delivering


async def test_what_goes_on_before_the_first_words_is_said_below_the_thread(
    slack: SlackEmulator, question: Question
) -> None:
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    where = question.sent.channel, question.sent.ts
    script.give(StatusChanged("Searching the handbook"))
    await slack.until(lambda: slack.status(*where) == "Searching the handbook")
    assert question.bodies == []
    script.give(done("Found."))
    await delivering
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
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("See [1](CITE)"))
    await question.slack.until(lambda: question.bodies)
    script.give(done("See [1]."))
    await delivering
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
    assert len(answers) == len(question.delivery.parts) == 3


async def test_without_streams_an_answer_is_posted_and_edited(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.startStream", ApiError("unknown_method"), times=None)
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("One **bo"))
    await slack.until(lambda: question.bodies == ["One"])
    script.give(TextAdded("ld** two"))
    await slack.until(lambda: question.bodies == ["One **bold** two"])
    script.give(done("One **bold** two three"))
    await delivering
    assert question.bodies == ["One **bold** two three"]
    assert len(slack.calls("chat.startStream")) == 1


async def test_a_workspace_without_streams_is_asked_only_once(
    slack: SlackEmulator, adapter: SlackAdapter, question: Question
) -> None:
    slack.fail("chat.startStream", ApiError("unknown_method"), times=None)
    other = Question(slack, adapter, await slack.person("U1").mention("and?"))
    for each in (question, other):
        script = Script()
        delivering = asyncio.create_task(adapter.deliver(each.delivery, script.events()))
        script.give(TextAdded("Hi"))
        await asyncio.wait_for(each.shows("Hi"), 5)
        script.give(done("Hi"))
        await delivering
    assert len(slack.calls("chat.startStream")) == 1


async def test_a_stream_that_slack_ended_is_finished_by_an_edit(slack: SlackEmulator, question: Question) -> None:
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("Hello"))
    await slack.until(lambda: question.bodies == ["Hello"])
    slack.advance(301)
    script.give(TextAdded(" world"))
    await slack.until(lambda: question.bodies == ["Hello world"])
    script.give(done("Hello world!", buttons=True))
    await delivering
    (answer,) = slack.answers(question.sent.channel)
    assert answer.body == "Hello world!"
    assert answer.labels == ("Regenerate", "Good answer", "Bad answer")


async def test_slacks_own_stop_button_leaves_the_partial_text_marked(slack: SlackEmulator, question: Question) -> None:
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("Hello"))
    await slack.until(lambda: question.bodies == ["Hello"])
    await slack.person("U1").stop_session(question.sent.channel, question.sent.ts)
    script.give(TextAdded(" wor"), TurnEnded(Ending.STOPPED, "Hello wor", "Stopped."))
    await delivering
    (answer,) = slack.answers(question.sent.channel)
    assert (answer.body, answer.notes, answer.streaming) == ("Hello wor", "Stopped.", False)


async def test_many_answers_at_once_stay_within_slacks_limits(slack: SlackEmulator, adapter: SlackAdapter) -> None:
    slack.enforce_rates = True
    questions = [Question(slack, adapter, await slack.person(f"U{number}").dm("what?")) for number in range(24)]
    text = "word " * 40

    async def answer(question: Question) -> None:
        script = Script()
        delivering = asyncio.create_task(adapter.deliver(question.delivery, script.events()))
        for _ in range(40):
            script.give(TextAdded("word "))
            await asyncio.sleep(0.02)
        script.give(done(text.strip()))
        await delivering

    await asyncio.gather(*map(answer, questions))
    assert [question.bodies for question in questions] == [[text.strip()]] * 24
    assert not [call for call in slack.calls() if call.status == 429]


async def test_a_stream_is_given_up_before_slack_does_it(slack: SlackEmulator, config: SlackConfig) -> None:
    adapter = SlackAdapter(replace(config, stream_for=0.05), SystemClock())
    await adapter.connect()
    question = Question(slack, adapter, await slack.person("U1").mention("what?"))
    script = Script()
    delivering = asyncio.create_task(adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("Hello"))
    await slack.until(lambda: question.bodies == ["Hello"])
    await asyncio.sleep(0.06)
    script.give(TextAdded(" world"))
    await slack.until(lambda: question.bodies == ["Hello world"])
    script.give(done("Hello world"))
    await delivering
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
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("Hello"))
    await slack.until(lambda: slack.calls("chat.startStream"))
    script.give(TextAdded(" world"), done("Hello world"))
    await delivering
    assert question.bodies == ["Hello world"]


async def test_an_append_of_unknown_fate_does_not_double_the_text(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.appendStream", Reset(processed=True))
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("One"))
    await slack.until(lambda: question.bodies == ["One"])
    script.give(TextAdded(" two"))
    await slack.until(lambda: slack.calls("chat.appendStream"))
    script.give(TextAdded(" three"), done("One two three"))
    await delivering
    assert question.bodies == ["One two three"]


async def test_text_that_may_have_arrived_is_not_left_standing(slack: SlackEmulator, question: Question) -> None:
    slack.fail("chat.appendStream", Reset(processed=True))
    slack.fail("chat.update", RateLimited(1))
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("One"))
    await slack.until(lambda: question.bodies == ["One"])
    script.give(TextAdded(" two"))
    await slack.until(lambda: slack.calls("chat.update"))
    script.give(done("One"))
    await delivering
    assert question.bodies == ["One"]


async def test_an_answer_somebody_deleted_halfway_is_given_again(slack: SlackEmulator, question: Question) -> None:
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("Hello"))
    await slack.until(lambda: question.bodies == ["Hello"])
    await slack.person("U1").delete(slack.answers(question.sent.channel)[0])
    script.give(TextAdded(" wor"), done("Hello world"))
    await delivering
    assert question.bodies == ["Hello world"]


async def test_code_is_streamed_and_not_rewritten(slack: SlackEmulator, question: Question) -> None:
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("```python\na = 1\n"))
    await slack.until(lambda: question.bodies)
    script.give(TextAdded("b = 2\n"))
    await slack.until(lambda: "b = 2" in question.bodies[0])
    script.give(done("```python\na = 1\nb = 2\n```"))
    await delivering
    assert question.methods == ["chat.startStream", "chat.appendStream", "chat.stopStream"]


async def test_messages_the_finished_answer_has_no_text_for_go_away(slack: SlackEmulator, question: Question) -> None:
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("many words " * 1500))
    await slack.until(lambda: len(question.bodies) == 2)
    script.give(done("Few words."))
    await delivering
    assert question.bodies == ["Few words."]


async def test_an_answer_full_of_ampersands_can_be_edited(slack: SlackEmulator, question: Question) -> None:
    text = "&" * 5_000
    slack.fail("chat.startStream", ApiError("unknown_method"))
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("&"))
    await slack.until(lambda: question.bodies == ["&"])
    script.give(done(text))
    await delivering
    assert question.bodies == [text]
    assert {call.error for call in slack.calls("chat.update")} <= {"", None}


async def test_links_in_answers_do_not_unfurl(slack: SlackEmulator, question: Question) -> None:
    await question.answer(done("See https://a.example"))
    (answer,) = slack.answers(question.sent.channel)
    assert (answer.options["unfurl_links"], answer.options["unfurl_media"]) == (False, False)


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
    await adapter.deliver(question.delivery.again(), at_once(TextAdded("Hello world"), done("Hello world!")))
    assert question.bodies == ["Hello world!"]


async def test_a_worker_that_died_while_sending_left_one_message(
    slack: SlackEmulator, adapter: SlackAdapter, question: Question
) -> None:
    await question.answer(done("Hello"))
    question.delivery.records = question.delivery.records[:1]  # it died before it could say that it had sent
    await adapter.deliver(question.delivery.again(), at_once(done("Hello")))
    assert question.bodies == ["Hello"]


async def test_a_delivery_that_is_done_changes_nothing_when_it_is_repeated(
    slack: SlackEmulator, adapter: SlackAdapter, question: Question
) -> None:
    await question.answer(done("Hello", buttons=True))
    before = question.methods
    again = question.delivery.again()
    again.turn = replace(again.turn, text="Hello")
    await adapter.deliver(again, at_once(done("Hello", buttons=True)))
    assert question.methods == before


async def test_a_lost_lease_sends_nothing(slack: SlackEmulator, question: Question) -> None:
    question.delivery.lost_after = 0
    with pytest.raises(LeaseLost):
        await question.answer(done("Hello"))
    assert question.bodies == []


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
    script = Script()
    delivering = asyncio.create_task(question.adapter.deliver(question.delivery, script.events()))
    script.give(TextAdded("See"))
    await slack.until(lambda: question.bodies == ["See"])
    slack.fail("chat.update", Failed(503, "service_unavailable"), times=2)
    script.give(done("Look"))
    await delivering
    assert question.bodies == ["Look"]


async def test_nothing_a_model_writes_pings_anybody(slack: SlackEmulator, question: Question) -> None:
    text = "Hi <!channel> and <@U1>, @here: `<!everyone>`"
    await question.answer(TextAdded("Hi <!chan"), TextAdded("nel> and <@U1>, @here: "), done(text, "<!here> @channel"))
    (answer,) = slack.answers(question.sent.channel)
    assert answer.pings == ()


async def test_controls_stand_below_the_text_and_are_reported(slack: SlackEmulator, question: Question) -> None:
    choice = Choice("Which one?", (Option("Red", "r"), Option("Blue", "b")))
    asked = interaction(choice, question.delivery.turn.conversation)
    await question.answer(
        TextAdded("Let me ask."), InteractionRequested(asked), TurnEnded(Ending.PAUSED, "Let me ask.")
    )
    text, controls = slack.answers(question.sent.channel)
    assert text.body == "Let me ask."
    assert controls.labels == ("Red", "Blue")
    assert question.delivery.controls[asked.id].id == f"{controls.channel}/{controls.ts}"
    session = slack.session(question.sent.channel, question.sent.ts)
    assert session is not None
    assert session.status == "suspended"


async def test_a_pause_without_text_shows_nothing_but_the_controls(slack: SlackEmulator, question: Question) -> None:
    asked = interaction(Choice("Which one?", (Option("Red", "r"),)), question.delivery.turn.conversation)
    await question.answer(InteractionRequested(asked), TurnEnded(Ending.PAUSED, ""))
    assert question.bodies == ["Which one?"]
    assert question.delivery.parts == ()


async def test_controls_that_are_on_screen_are_not_shown_twice(
    slack: SlackEmulator, adapter: SlackAdapter, question: Question
) -> None:
    asked = interaction(Choice("Which one?", (Option("Red", "r"),)), question.delivery.turn.conversation)
    events = (InteractionRequested(asked), TurnEnded(Ending.PAUSED, "Let me ask."))
    await question.answer(*events)
    await adapter.deliver(question.delivery.again(), at_once(*events))
    assert question.bodies == ["Let me ask.", "Which one?"]


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
