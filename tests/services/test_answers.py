"""What a workflow asks is answered once, by whom it concerns, and nothing else slips into it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.config import File
from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault, PlatformError, PlatformFault
from bridge.domain.events import Finished, TextAdded, WorkflowPaused
from bridge.domain.ids import ConversationKey, InteractionId
from bridge.domain.interactions import Choice, Chosen, Field, FieldType, Filled, Form, Option, Pause, Person, Said
from bridge.domain.turns import Opening, Record
from bridge.domain.updates import FormSubmitted, InteractionCancelled, OptionChosen
from tests.builders import ANN, BOB, HERE, command, message, turn
from tests.fakes import START, cut_off
from tests.services.house import House, house

CHOICE = Choice("Continue?", (Option("Confirm", "confirm!"), Option("Cancel it", "cancel!")))
NO_KEY = AssistantError("refused", fault=AssistantFault.BAD_KEY, permanent=True)
FORM = Form("Your data", (Field("Age", "Age", FieldType.NUMBER, required=True, maximum=120),))


def asks(ask: Choice | Form | Pause, kind: str = "userSelect") -> list[object]:
    return [TextAdded("Before."), WorkflowPaused(kind, ask, extends_record=True), Finished()]


def press(id: InteractionId, index: int, by: Person = ANN, number: str = "1") -> OptionChosen:
    return OptionChosen(
        id=f"press:{number}", conversation=HERE, by=by, at=START, interaction=id, index=index, reply=f"r{number}"
    )


async def paused(h: House, ask: Choice | Form | Pause = CHOICE, kind: str = "userSelect") -> InteractionId:
    h.assistant.scripts = [asks(ask, kind), [TextAdded("After."), Finished()]]  # type: ignore[list-item]
    await h.hear(message("start"))
    return (await h.open_interaction()).id


async def test_a_choice_is_resumed_with_the_chosen_option_and_votes_go_to_the_record_that_asked() -> None:
    async with house() as h:
        id = await paused(h)
        await h.hear(press(id, 1))
        question = h.assistant.asked[1].question
        assert (question.answer, question.kind) == (Chosen(1, CHOICE.options[1]), "userSelect")
        turn = await h.store.latest_turn(HERE)
        assert turn is not None
        assert turn.record == h.assistant.asked[0].turn


async def test_controls_are_replaced_by_what_was_chosen() -> None:
    async with house() as h:
        await h.hear(press(await paused(h), 0))
        assert "✅ **Confirm**" in h.adapter.texts[0]


async def test_a_press_that_names_the_group_but_not_the_topic_counts_where_the_question_stands() -> None:
    async with house() as h:
        id = await paused(h)
        group = replace(HERE, address=HERE.address.partition("/")[0])
        await h.hear(replace(press(id, 0), conversation=group))
        assert h.questions == ["start", ""]
        await h.hear(replace(press(id, 0, number="2"), conversation=replace(HERE, address="C")))
        assert h.adapter.private[-1].text == phrases.NOT_THERE


async def test_a_second_click_on_the_same_choice_runs_nothing() -> None:
    async with house() as h:
        id = await paused(h)
        await h.hear(press(id, 0), press(id, 1, number="2"))
        assert len(h.assistant.asked) == 2
        assert [notice.text for notice in h.adapter.private] == [phrases.ALREADY_ANSWERED_BY_YOU]


async def test_who_was_faster_is_told_to_others_by_name() -> None:
    async with house(file=File.model_validate({"interactions": {"answered_by": "anyone"}})) as h:
        id = await paused(h)
        await h.hear(press(id, 0), press(id, 1, number="2", by=BOB))
        assert [notice.text for notice in h.adapter.private] == [phrases.ALREADY_ANSWERED.format(name="Ann")]


async def test_the_same_click_delivered_twice_is_refused_to_nobody() -> None:
    async with house() as h:
        id = await paused(h)
        await h.hear(press(id, 0))
        await h.hear(press(id, 0))
        assert (len(h.assistant.asked), h.adapter.private) == (2, [])


async def test_a_strangers_click_is_refused_privately() -> None:
    async with house() as h:
        await h.hear(press(await paused(h), 0, by=BOB))
        assert [notice.text for notice in h.adapter.private] == [phrases.NOT_YOURS.format(name="Ann")]
        assert len(h.assistant.asked) == 1


async def test_anyone_may_answer_if_the_operator_says_so() -> None:
    async with house(file=File.model_validate({"interactions": {"answered_by": "anyone"}})) as h:
        await h.hear(press(await paused(h), 0, by=BOB))
        assert len(h.assistant.asked) == 2


async def test_a_token_of_another_conversation_leads_nowhere() -> None:
    async with house() as h:
        id = await paused(h)
        await h.hear(replace(press(id, 0), conversation=ConversationKey("fake", "bot", "C9")))
        assert [notice.text for notice in h.adapter.private] == [phrases.NOT_THERE]


@pytest.mark.parametrize("text", ["1", "confirm", " CONFIRM ", "1."])
async def test_typing_the_number_or_label_of_an_option_chooses_it(text: str) -> None:
    async with house() as h:
        await paused(h)
        await h.hear(message(text))
        assert h.assistant.asked[1].question.answer == Chosen(0, CHOICE.options[0])


async def test_free_text_on_an_open_choice_never_reaches_fastgpt() -> None:
    async with house() as h:
        await paused(h)
        await h.hear(message("and what about the weather?"))
        assert len(h.assistant.asked) == 1
        assert h.adapter.screen[-1].text == phrases.ANSWER_FIRST
        assert h.adapter.screen[-1].buttons == (phrases.CANCEL,)


async def test_a_choice_that_the_limits_do_not_let_settle_now_settles_at_leisure() -> None:
    async with house() as h:
        shown_in = (await h.interaction(await paused(h))).message
        assert shown_in is not None
        h.adapter.stuck = [PlatformError("busy", fault=PlatformFault.RATE_LIMITED, permanent=False, retry_after=40)]
        await h.hear(message("1"))
        assert h.adapter.at_leisure == [shown_in]
        assert "✅ **Confirm**" in h.adapter.message(shown_in).text


async def test_a_label_that_several_options_have_is_asked_about_by_number() -> None:
    twins = Choice("Which?", (Option("Blue", "b1"), Option("Red", "r"), Option("Blue", "b2")))
    async with house() as h:
        await paused(h, twins)
        await h.hear(message("blue"))
        assert h.adapter.screen[-1].text == phrases.several_options([1, 3])
        await h.hear(message("3"))
        assert h.assistant.asked[1].question.answer == Chosen(2, twins.options[2])


async def test_there_is_one_reminder_and_it_goes_with_the_answer() -> None:
    async with house() as h:
        await paused(h)
        await h.hear(message("what?"))
        await h.hear(message("what then?"))
        assert h.adapter.texts.count(phrases.ANSWER_FIRST) == 1
        await h.hear(message("Confirm"))
        assert phrases.ANSWER_FIRST not in h.adapter.texts


async def test_a_message_written_after_the_click_waits_until_the_workflow_has_gone_on() -> None:
    async with house() as h:
        id = await paused(h)
        await h.bridge.gateway.accept([press(id, 0)])
        claim = await h.store.claim("w1", timedelta(seconds=60))
        assert claim is not None
        await h.bridge.gateway.accept([message("next question")])
        await h.bridge.worker.work(claim)
        await h.work()
        assert [asked.question.text for asked in h.assistant.asked] == ["start", "", "next question"]


async def test_an_agents_question_takes_any_words() -> None:
    async with house() as h:
        await paused(h, Choice("Which city?", (Option("Oslo", "Oslo"),), free_text=True), "agentAsk")
        await h.hear(message("Bergen, please"))
        assert h.assistant.asked[1].question.answer == Said("Bergen, please")


async def test_a_pause_goes_on_with_any_message() -> None:
    async with house() as h:
        await paused(h, Pause("Points ran out"), "paymentPause")
        await h.hear(message("go on"))
        assert h.assistant.asked[1].question.answer == Said("go on")


async def test_a_submitted_form_is_sent_in_json_types() -> None:
    async with house() as h:
        id = await paused(h, FORM, "userInput")
        await h.hear(submitted(id, {"Age": "41"}))
        assert h.assistant.asked[1].question.answer == Filled({"Age": 41})


async def test_a_form_that_breaks_its_rules_is_refused_with_the_fields_own_message() -> None:
    async with house() as h:
        id = await paused(h, FORM, "userInput")
        await h.hear(submitted(id, {"Age": "410"}))
        assert len(h.assistant.asked) == 1
        assert "Age" in h.adapter.private[0].text
        assert (await h.open_interaction()).id == id


def submitted(id: InteractionId, values: dict[str, str]) -> FormSubmitted:
    return FormSubmitted(
        id="s1", conversation=HERE, by=ANN, at=START, interaction=id, values=values, attachments={}, reply="r"
    )


async def test_the_only_field_of_a_form_can_be_answered_in_words() -> None:
    async with house() as h:
        await paused(h, FORM, "userInput")
        await h.hear(message("400"), message("40"))
        assert h.assistant.asked[1].question.answer == Filled({"Age": 40})


async def test_an_answer_that_could_not_be_given_leaves_the_question_open_and_is_looked_up_before_the_next() -> None:
    async with house() as h:
        first = await paused(h)
        h.assistant.scripts[1:] = [[NO_KEY], [TextAdded("After."), Finished()]]
        await h.hear(press(first, 1))
        again = await h.open_interaction()
        assert (again.ask, again.id == first) == (CHOICE, False)
        await h.hear(message("What is the weather like?"))
        assert len(h.assistant.asked) == 2
        await h.hear(press(again.id, 1, number="2"))
        assert h.assistant.asked[2].question.answer == Chosen(1, CHOICE.options[1])
        assert h.assistant.looked_up == [h.assistant.asked[0].chat]


@pytest.mark.parametrize("was_taken", [True, False])
async def test_an_agents_answer_that_seemed_lost_is_looked_up_under_its_own_id_before_it_is_given_again(
    was_taken: bool,
) -> None:
    # It has a record of its own, under which nobody looked: FastGPT got the answer twice, once as a new question.
    async with house() as h:
        h.assistant.outlives = True
        h.assistant.scripts = [[WorkflowPaused("agentAsk", CHOICE, extends_record=False), Finished()], [cut_off()]]
        await h.hear(message("start"))
        await h.hear(press((await h.open_interaction()).id, 1))
        given, lost = len(h.assistant.asked), h.assistant.asked[-1].turn
        h.assistant.history = [Record(lost, from_person=False, text="After.")] if was_taken else []
        h.assistant.scripts += [[cut_off()]] * (given - 2) + [[TextAdded("After."), Finished()]]
        await h.hear(press((await h.open_interaction()).id, 1, number="2"))
        turn = await h.store.latest_turn(HERE)
        assert turn is not None
        assert (turn.text, len(h.assistant.asked) - given) == ("After.", 0 if was_taken else 1)
        assert turn.record == (lost if was_taken else h.assistant.asked[-1].turn)


async def test_a_form_that_could_not_be_submitted_keeps_what_was_filled_in() -> None:
    async with house(native_forms=False) as h:
        await paused(h, FORM, "userInput")
        h.assistant.scripts[1:] = [[NO_KEY], [TextAdded("After."), Finished()]]
        await h.hear(message("41"))
        await h.hear(message("yes"))
        again = await h.open_interaction()
        assert (again.draft.step, again.draft.values) == (1, {"Age": 41})
        assert "**Age**: 41" in h.adapter.screen[-1].text
        await h.hear(message("yes"))
        assert h.assistant.asked[2].question.answer == Filled({"Age": 41})


async def test_cancel_takes_the_paused_round_out_of_the_chat() -> None:
    async with house() as h:
        id = await paused(h)
        cancel = InteractionCancelled(id="x", conversation=HERE, by=ANN, at=START, interaction=id, reply="r")
        await h.hear(cancel)
        await h.hear(message("something else"))
        assert h.assistant.forgotten == [h.assistant.asked[0].turn]
        assert [asked.question.text for asked in h.assistant.asked] == ["start", "something else"]
        assert h.adapter.texts[0] == f"Continue?\n\n✖ {phrases.CANCELLED}"


async def test_a_cancel_that_cannot_be_shown_at_the_question_is_said() -> None:
    async with house() as h:
        id = await paused(h)
        h.adapter.stuck = [PlatformError("no", fault=PlatformFault.REFUSED, permanent=True)]
        await h.hear(InteractionCancelled(id="x", conversation=HERE, by=ANN, at=START, interaction=id, reply="r"))
        assert h.adapter.texts == ["[Continue?]", "Before.", phrases.CANCELLED]


async def test_a_round_that_cannot_be_taken_out_is_left_for_a_new_chat() -> None:
    async with house() as h:
        await paused(h)
        h.assistant.history = [Record("kept", False, "", paused=WorkflowPaused("userSelect", CHOICE, True))]
        await h.hear(command("cancel"), message("something else"))
        assert h.assistant.asked[0].chat != h.assistant.asked[1].chat


async def test_the_command_cancels_once() -> None:
    async with house() as h:
        await paused(h)
        await h.hear(command("cancel"))
        assert h.assistant.forgotten == [h.assistant.asked[0].turn]
        assert h.adapter.texts.count(phrases.CANCELLED) == 1


async def test_cancel_with_nothing_open_says_so() -> None:
    async with house() as h:
        await h.hear(command("cancel"))
        assert h.adapter.texts == [phrases.NOTHING_TO_CANCEL]


async def test_new_closes_what_was_open() -> None:
    async with house() as h:
        id = await paused(h)
        await h.hear(command("new"))
        await h.hear(press(id, 0))
        assert [notice.text for notice in h.adapter.private] == [phrases.MOVED_ON]
        assert len(h.assistant.asked) == 1


async def test_new_takes_the_controls_of_what_was_open_with_it() -> None:
    async with house() as h:
        await paused(h)
        await h.hear(command("new"))
        assert h.adapter.texts[0] == "Continue?\n\n✖ Cancelled"


async def test_an_expired_control_says_so() -> None:
    async with house() as h:
        id = await paused(h)
        h.clock.elapsed += timedelta(days=31).total_seconds()
        await h.bridge.upkeep.run()
        await h.hear(press(id, 0))
        assert phrases.EXPIRED in h.adapter.texts[0]
        assert [notice.text for notice in h.adapter.private] == [phrases.EXPIRED]


async def test_a_question_asked_after_an_expired_one_is_not_taken_for_its_answer() -> None:
    async with house() as h:
        await paused(h)
        h.clock.elapsed += timedelta(days=31).total_seconds()
        await h.bridge.upkeep.run()
        await h.hear(command("start"), message("something new", at=h.clock.now()), message("more", at=h.clock.now()))
        chats = [asked.chat for asked in h.assistant.asked]
        assert chats[0] != chats[1] == chats[2]


async def test_who_asks_while_what_expired_is_still_being_shown_is_not_taken_for_its_answer() -> None:
    # The chats were left one by one, after the controls of each had been changed: a minute, if there were many.
    async with house() as h:
        await paused(h)
        h.clock.elapsed += timedelta(days=31).total_seconds()
        await h.store.expire_interactions()
        await h.hear(message("something new", at=h.clock.now()))
        assert h.assistant.asked[0].chat != h.assistant.asked[1].chat


async def test_required_variables_are_asked_before_the_first_turn_and_sent_with_it() -> None:
    async with house() as h:
        h.assistant.opened = Opening(variables=(Field("city", "City", FieldType.INPUT, required=True),))
        await h.hear(message("How is the weather?"))
        assert h.assistant.asked == []
        await h.hear(submitted((await h.open_interaction()).id, {"city": "Oslo"}))
        question = h.assistant.asked[0].question
        assert (question.text, question.variables) == ("How is the weather?", {"city": "Oslo"})
        await h.hear(message("And tomorrow?"))
        assert h.questions == ["How is the weather?", "And tomorrow?"]


async def test_a_plugin_app_asks_for_its_inputs_and_runs_with_them() -> None:
    async with house() as h:
        h.assistant.opened = Opening(plugin_inputs=(Field("q", "Query", FieldType.INPUT, required=True),))
        await h.hear(message("run"))
        await h.hear(submitted((await h.open_interaction()).id, {"q": "x"}))
        question = h.assistant.asked[0].question
        assert (question.text, question.variables) == ("", {"q": "x"})


async def test_variables_are_asked_for_after_a_greeting_too_and_again_if_they_were_cancelled() -> None:
    async with house() as h:
        h.assistant.opened = Opening(variables=(Field("city", "City", FieldType.INPUT, required=True),))
        await h.hear(command("start"))
        await h.hear(message("one"))
        first = await h.open_interaction()
        await h.hear(command("cancel"))
        await h.hear(message("two"))
        assert h.assistant.asked == []
        assert (await h.open_interaction()).id != first.id


async def test_a_form_that_a_crash_kept_from_being_asked_is_asked_after_it() -> None:
    async with house() as h:
        h.assistant.opened = Opening(variables=(Field("city", "City", FieldType.INPUT, required=True),))
        question = message("weather?")
        await h.bridge.gateway.accept([question])
        claim = await h.store.claim("w1", timedelta(seconds=60))
        assert claim is not None
        conversation = await h.store.conversation(HERE)
        assert conversation is not None
        begun = turn("t", chat=conversation.chat, update=question.id, private=True)
        await h.store.begin_turn(claim, begun)
        await h.bridge.worker.work(claim)
        assert h.assistant.asked == []
        assert (await h.open_interaction()).turn == "t"
