"""Messages become answers: once, in order, under one chat."""

from __future__ import annotations

import asyncio

import pytest

from bridge.config import File
from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault, PlatformError, PlatformFault
from bridge.domain.events import Ending, Finished, NodeFinished, TextAdded, Titled, Waiting
from bridge.domain.turns import TurnState
from bridge.domain.updates import Attachment
from bridge.services.ledger import LONGEST
from tests.builders import APP, BOB, HERE, command, message
from tests.fakes import cut_off, unreachable
from tests.services.house import house


async def test_a_message_is_asked_once_under_its_turns_id_and_answered() -> None:
    async with house() as h:
        await h.hear(message("What is FastGPT?"))
        turn = await h.store.latest_turn(HERE)
        assert turn is not None
        assert [(asked.turn, asked.question.text) for asked in h.assistant.asked] == [(turn.id, "What is FastGPT?")]
        assert h.adapter.texts == ["Hello!"]
        assert turn.state is TurnState.DELIVERED


async def test_the_same_update_delivered_five_times_is_one_question() -> None:
    async with house() as h:
        update = message("once")
        for _ in range(5):
            await h.hear(update)
        assert h.questions == ["once"]


async def test_a_second_message_continues_the_same_chat() -> None:
    async with house() as h:
        await h.hear(message("one"), message("two"))
        assert len({asked.chat for asked in h.assistant.asked}) == 1


async def test_new_begins_another_chat() -> None:
    async with house() as h:
        await h.hear(message("one"), command("new"), message("two"))
        assert len({asked.chat for asked in h.assistant.asked}) == 2


async def test_the_person_is_named_in_fastgpts_logs() -> None:
    async with house() as h:
        await h.hear(message("who am I?", by=BOB))
        assert h.assistant.asked[0].person == "fake:U2"


async def test_identity_variables_are_sent_along() -> None:
    async with house(file=File(variables={"user": "{name} on {platform}"})) as h:
        await h.hear(message("hi"))
        assert h.assistant.asked[0].question.variables == {"user": "Ann on fake"}


async def test_what_is_not_said_to_the_bot_is_heard_only_where_it_takes_part() -> None:
    async with house() as h:
        await h.hear(message("chatter", addressed=False))
        await h.hear(message("to you"), message("and more", addressed=False))
        assert h.questions == ["to you", "and more"]


async def test_an_album_is_one_question() -> None:
    async with house() as h:
        await h.hear(message("part one", batch="b"), message("part two", batch="b"), message("another"))
        assert h.questions == ["part one\npart two", "another"]


async def test_a_wrong_key_is_told_in_words_a_person_understands_and_the_conversation_lives() -> None:
    async with house() as h:
        refused = AssistantError("key refused", fault=AssistantFault.BAD_KEY, permanent=True)
        h.assistant.scripts = [[refused], [TextAdded("Better."), Finished()]]
        await h.hear(message("one"))
        h.clock.elapsed += 10
        await h.hear(message("two"))
        assert h.adapter.texts == [phrases.fault(AssistantFault.BAD_KEY), "Better."]


async def test_an_unreachable_fastgpt_is_tried_again_before_it_is_told() -> None:
    async with house() as h:
        h.assistant.scripts = [[unreachable()], [unreachable()], [TextAdded("There you are."), Finished()]]
        await h.hear(message("hello?"))
        assert h.adapter.texts == ["There you are."]
        assert len(h.assistant.asked) == 3


async def test_an_unreachable_fastgpt_is_given_up_with_a_sentence_and_a_way_to_try_again() -> None:
    async with house() as h:
        h.assistant.scripts = [[unreachable()]]
        await h.hear(message("hello?"))
        assert h.adapter.texts == [phrases.fault(AssistantFault.UNREACHABLE)]
        assert h.adapter.screen[0].buttons == (phrases.RETRY,)
        assert h.clock.elapsed >= 60


async def test_a_chat_in_which_another_run_goes_on_is_waited_for_and_not_stopped() -> None:
    async with house() as h:
        busy = AssistantError("chatIsGenerating", fault=AssistantFault.CHAT_BUSY, permanent=False)
        h.assistant.scripts = [[busy], [busy], [TextAdded("Now."), Finished()]]
        await h.hear(message("hello?"))
        assert (h.adapter.texts, h.assistant.stopped) == (["Now."], [])
        assert Waiting(phrases.BUSY) in h.adapter.events


async def test_who_waits_for_an_answer_hears_of_it_after_15_seconds_and_from_then_on() -> None:
    async with house() as h:
        silence = asyncio.Event()
        h.assistant.scripts = [[silence, TextAdded("At last."), Finished()]]
        asking = asyncio.create_task(h.hear(message("hello?")))
        await h.clock.sleep(300)
        silence.set()
        await asking
        said = [event.sentence for event in h.adapter.events if isinstance(event, Waiting)]
        assert said[:3] == [phrases.still_working(seconds) for seconds in (15, 25, 35)]
        assert len(said) >= 28
        assert h.adapter.texts == ["At last."]


async def test_a_pause_that_fastgpt_asks_for_is_kept_but_not_for_longer_than_anybody_waits() -> None:
    async with house() as h:
        limited = [
            AssistantError("slow down", fault=AssistantFault.RATE_LIMITED, permanent=False, retry_after=seconds)
            for seconds in (30, 3600)
        ]
        h.assistant.scripts = [[limited[0]], [TextAdded("Now."), Finished()], [limited[1]]]
        await h.hear(message("hello?"))
        assert h.clock.elapsed == 30
        await h.hear(message("hello again?"))
        assert h.clock.elapsed < 60
        assert h.adapter.texts == ["Now.", phrases.fault(AssistantFault.RATE_LIMITED)]


async def test_an_answer_without_end_is_ended_marked_and_stopped() -> None:
    async with house() as h:
        h.assistant.scripts = [[TextAdded("and so on " * 1_000)] * 1_000]
        await h.hear(message("tell me everything"))
        (end,) = h.adapter.delivered
        assert end.ending is Ending.INCOMPLETE
        assert LONGEST <= len(end.text) + 1 < LONGEST * 1.1
        assert end.note == phrases.BROKE_OFF_FOR.format(reason=phrases.fault(AssistantFault.TOO_LONG))
        assert h.assistant.stopped == [h.assistant.asked[0].chat]
        assert h.assistant.closed_streams == 1


async def test_an_answer_that_took_too_long_is_stopped_at_fastgpt_too() -> None:
    async with house() as h:
        h.assistant.scripts = [[TextAdded("Half"), asyncio.Event()]]
        await h.hear(message("hello?"))
        assert h.assistant.stopped == [h.assistant.asked[0].chat]


async def test_half_an_answer_and_an_error_stays_marked_as_incomplete() -> None:
    async with house() as h:
        overloaded = AssistantError("points", fault=AssistantFault.NO_POINTS, permanent=True)
        h.assistant.scripts = [[TextAdded("Half of it"), overloaded]]
        await h.hear(message("all of it"))
        assert h.adapter.delivered[0].ending is Ending.INCOMPLETE
        assert h.adapter.texts[0].startswith("Half of it\n")


async def test_an_answer_cut_half_way_is_asked_again_and_its_part_taken_out_of_the_history() -> None:
    async with house() as h:
        h.assistant.scripts = [[TextAdded("Half"), cut_off()], [TextAdded("The whole answer."), Finished()]]
        h.assistant.left_in_records = "Half"
        await h.hear(message("all of it"))
        assert h.adapter.texts == ["The whole answer."]
        assert h.assistant.forgotten == [h.assistant.asked[0].turn]
        assert h.assistant.asked[1].turn != h.assistant.asked[0].turn


async def test_what_a_cut_answer_leaves_late_is_waited_for_and_taken_out() -> None:
    async with house() as h:
        h.assistant.scripts = [[TextAdded("Half"), cut_off()], [TextAdded("The whole answer."), Finished()]]
        h.assistant.left_in_records, h.assistant.stored_after_looks = "Half", 2
        await h.hear(message("all of it"))
        assert h.assistant.forgotten == [h.assistant.asked[0].turn]
        assert h.adapter.texts == ["The whole answer."]


async def test_what_a_run_that_was_given_up_leaves_after_the_new_answer_is_taken_out_too() -> None:
    async with house() as h:
        h.assistant.scripts = [[TextAdded("Half"), cut_off()], [TextAdded("The whole answer."), Finished()]]
        h.assistant.left_in_records, h.assistant.stored_after_looks = "Half", 5
        await h.hear(message("all of it"))
        assert h.assistant.forgotten == [h.assistant.asked[0].turn]
        assert h.adapter.texts == ["The whole answer."]


async def test_a_question_that_never_got_to_fastgpt_is_asked_again_under_its_id_and_nothing_looked_up() -> None:
    async with house() as h:
        h.assistant.scripts = [[unreachable()], [TextAdded("There you are."), Finished()]]
        await h.hear(message("hello?"))
        assert h.assistant.asked[0].turn == h.assistant.asked[1].turn
        assert h.assistant.looked_up == []


async def test_an_answer_that_fastgpt_finished_alone_is_taken_from_its_records() -> None:
    async with house() as h:
        h.assistant.outlives = True
        h.assistant.scripts = [[TextAdded("Half"), cut_off()]]
        h.assistant.left_in_records = "Half and the other half"
        await h.hear(message("all of it"))
        assert h.adapter.texts == ["Half and the other half"]
        assert len(h.assistant.asked) == 1


async def test_a_question_that_fastgpt_has_seen_before_is_looked_up_not_asked_again() -> None:
    async with house() as h:
        h.assistant.outlives = True
        seen = AssistantError("dataId exists", fault=AssistantFault.DUPLICATE_TURN, permanent=True)
        h.assistant.scripts = [[seen]]
        h.assistant.left_in_records = "What it said then"
        await h.hear(message("again?"))
        assert h.adapter.texts == ["What it said then"]
        assert len(h.assistant.asked) == 1


async def test_a_failed_node_behind_an_empty_answer_is_told() -> None:
    async with house() as h:
        failed = NodeFinished("n1", "AI chat", "chatNode", error="401 from the model")
        h.assistant.scripts = [[failed, Finished()]]
        await h.hear(message("anything"))
        assert h.adapter.texts == [phrases.fault(AssistantFault.NODE_FAILED)]


async def test_an_answer_whose_model_died_half_way_does_not_pass_as_complete_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with house() as h:
        failed = NodeFinished("n1", "AI chat", "chatNode", error="upstream closed")
        h.assistant.scripts = [[TextAdded("Half"), failed, Finished()]]
        await h.hear(message("anything"))
        assert h.adapter.delivered[0].ending is Ending.INCOMPLETE
    told = [vars(record) for record in caplog.records if record.getMessage() == "node_failed"]
    assert [(facts["node"], facts["error"]) for facts in told] == [("AI chat", "upstream closed")]


async def test_an_empty_answer_without_an_error_is_never_silence() -> None:
    async with house(file=File.model_validate({"answers": {"empty": "Nothing found."}})) as h:
        h.assistant.scripts = [[Titled("a title"), Finished()]]
        await h.hear(message("anything"))
        assert h.adapter.texts == ["Nothing found."]


async def test_an_answer_that_could_not_be_shown_is_shown_later_without_asking_again() -> None:
    async with house() as h:
        h.adapter.failures = [PlatformError("later", fault=PlatformFault.UNREACHABLE, permanent=False)]
        await h.bridge.gateway.accept([message("hello")])
        await h.work()
        assert h.adapter.texts == []
        h.clock.elapsed += 10
        await h.work()
        assert h.adapter.texts == ["Hello!"]
        assert len(h.assistant.asked) == 1


async def test_a_place_that_is_gone_gets_no_more_words_and_the_update_is_done() -> None:
    async with house() as h:
        h.adapter.failures = [PlatformError("blocked", fault=PlatformFault.GONE, permanent=True)]
        await h.hear(message("hello"))
        conversation = await h.store.conversation(HERE)
        assert conversation is not None
        assert not conversation.reachable
        assert await h.store.inbox("dead", 10) == []


async def test_files_are_handed_to_fastgpt_if_the_app_takes_them() -> None:
    async with house() as h:
        h.assistant.opened = type(h.assistant.opened)(accepts_files=True)
        await h.hear(message("read this", attachments=(Attachment("f1", "a.pdf", "application/pdf", 3),)))
        assert h.assistant.uploaded == [("a.pdf", b"content of a.pdf")]
        assert h.assistant.asked[0].question.files[0].url == "https://files.test/a.pdf"


async def test_files_an_app_does_not_take_are_left_out_with_a_word() -> None:
    async with house() as h:
        await h.hear(message("read this", attachments=(Attachment("f1", "a.pdf"),)))
        assert h.adapter.texts[0] == phrases.files_refused(["a.pdf"])
        assert h.questions == ["read this"]


async def test_an_app_that_was_removed_is_told_and_not_retried_for_ever() -> None:
    async with house() as h:
        await h.store.bind(HERE, type(APP.name)("gone"), (await h.store.ensure(HERE, APP.name, "c")).chat)  # type: ignore[arg-type]
        await h.hear(message("hello"))
        assert h.adapter.texts == [phrases.fault(AssistantFault.BAD_APP)]
