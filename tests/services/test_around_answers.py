"""Votes, quick replies, welcome, stop, regenerate, edits: what surrounds an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.config import File
from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault, PlatformError, PlatformFault
from bridge.domain.events import Citation, Ending, Finished, NodeFinished, TextAdded
from bridge.domain.ids import MessageRef, TurnId
from bridge.domain.interactions import Person
from bridge.domain.notices import Notice
from bridge.domain.turns import Opening
from bridge.domain.updates import (
    AnswerAction,
    AnswerActionChosen,
    FeedbackGiven,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    QuickReplyChosen,
    Rating,
    StopRequested,
    Update,
    VoteSource,
)
from tests.builders import ANN, BOB, HERE, command, message
from tests.fakes import START
from tests.services.house import House, house

_presses = iter(range(1, 10_000))


async def answered(h: House, **changes: Any) -> TurnId:
    await h.hear(message("question", **changes))
    return h.assistant.asked[-1].turn


def vote(turn: TurnId, rating: Rating, by: Person = ANN, **changes: Any) -> FeedbackGiven:
    made = FeedbackGiven(
        id=f"vote:{next(_presses)}",
        conversation=HERE,
        by=by,
        at=START,
        turn=turn,
        rating=rating,
        source=VoteSource.BUTTON,
        reply="r",
    )
    return replace(made, **changes)


def reason(turn: TurnId, words: str, card: MessageRef) -> FeedbackGiven:
    return vote(turn, Rating.BAD, source=VoteSource.REASON, reason=words, message=card)


def act(turn: TurnId, action: AnswerAction, index: int = -1) -> AnswerActionChosen:
    number = next(_presses)
    return AnswerActionChosen(
        id=f"act:{number}", conversation=HERE, by=ANN, at=START, turn=turn, action=action, index=index, reply="r"
    )


async def test_a_vote_reaches_the_record_of_the_answer() -> None:
    async with house() as h:
        turn = await answered(h)
        await h.hear(vote(turn, Rating.GOOD))
        assert h.assistant.rated == [(turn, Rating.GOOD, "")]
        assert h.adapter.private[-1].text == phrases.VOTE_THANKS


async def test_a_second_press_takes_the_vote_back_but_the_same_press_twice_does_not() -> None:
    async with house() as h:
        turn = await answered(h)
        first = vote(turn, Rating.GOOD)
        await h.bridge.gateway.accept([first])
        claim = await h.store.claim("w1", timedelta(seconds=60))
        assert claim is not None
        await h.store.cast_vote(turn, ANN, Rating.GOOD, "", first.id)
        await h.bridge.worker.work(claim)
        h.clock.elapsed += 10
        await h.hear(vote(turn, Rating.GOOD, at=h.clock.now()))
        assert [rating for _, rating, _ in h.assistant.rated] == [Rating.GOOD, Rating.NONE]


async def test_a_double_click_is_one_vote() -> None:
    async with house(native_forms=False) as h:
        turn = await answered(h)
        await h.hear(vote(turn, Rating.BAD), vote(turn, Rating.BAD))
        assert h.assistant.rated[-1] == (turn, Rating.BAD, "")
        assert h.adapter.texts.count(phrases.REASON_TITLE) == 1


async def test_where_there_is_no_dialog_a_bad_vote_asks_why_and_thanks_for_the_reason_in_its_place() -> None:
    async with house(native_forms=False) as h:
        turn = await answered(h)
        await h.hear(vote(turn, Rating.BAD))
        card = h.adapter.screen[-1]
        assert card.buttons == (*phrases.REASONS, phrases.OTHER_REASON)
        await h.hear(reason(turn, "Too long", card.ref))
        assert h.assistant.rated[-1] == (turn, Rating.BAD, "Too long")
        thanked = h.adapter.screen[-1]
        assert (thanked.ref, thanked.text) == (card.ref, phrases.reason_given("Too long"))
        assert not thanked.buttons


async def test_a_reason_of_ones_own_is_the_next_message_and_no_question() -> None:
    async with house(native_forms=False) as h:
        turn = await answered(h)
        await h.hear(vote(turn, Rating.BAD))
        await h.hear(reason(turn, "", h.adapter.screen[-1].ref))
        assert h.adapter.screen[-1].text == phrases.REASON_ASKED
        await h.hear(message("It was about tea"))
        assert h.assistant.rated[-1] == (turn, Rating.BAD, "It was about tea")
        assert h.questions == ["question"]
        await h.hear(message("And coffee?"))
        assert h.questions == ["question", "And coffee?"]


async def test_only_who_was_asked_for_words_gives_the_reason() -> None:
    async with house(native_forms=False) as h:
        turn = await answered(h, private=False)
        await h.hear(vote(turn, Rating.BAD))
        await h.hear(reason(turn, "", h.adapter.screen[-1].ref))
        await h.hear(message("What is tea?", by=BOB, private=False))
        assert h.questions == ["question", "What is tea?"]


async def test_words_long_after_they_were_asked_for_are_a_question() -> None:
    async with house(native_forms=False) as h:
        turn = await answered(h)
        await h.hear(vote(turn, Rating.BAD))
        await h.hear(reason(turn, "", h.adapter.screen[-1].ref))
        h.clock.elapsed += 3600
        await h.hear(message("Something new"))
        assert h.questions == ["question", "Something new"]


async def test_who_changes_the_vote_is_not_asked_why_any_more() -> None:
    async with house(native_forms=False) as h:
        turn = await answered(h)
        await h.hear(vote(turn, Rating.BAD))
        await h.hear(vote(turn, Rating.GOOD))
        assert phrases.REASON_TITLE not in h.adapter.texts
        await h.hear(message("Next"))
        assert h.questions == ["question", "Next"]


async def test_a_reason_is_what_fastgpts_operators_read() -> None:
    async with house() as h:
        turn = await answered(h)
        await h.hear(vote(turn, Rating.BAD), vote(turn, Rating.BAD, source=VoteSource.REASON, reason="Too long"))
        assert h.assistant.rated[-1] == (turn, Rating.BAD, "Too long")


async def test_everybodys_vote_is_kept_and_the_latest_goes_upstream() -> None:
    async with house() as h:
        turn = await answered(h)
        await h.hear(vote(turn, Rating.GOOD))
        h.clock.elapsed += 1
        await h.hear(vote(turn, Rating.BAD, by=BOB, reason="wrong", source=VoteSource.REASON))
        assert len(await h.store.votes(turn)) == 2
        assert h.assistant.rated[-1] == (turn, Rating.BAD, "wrong")


async def test_a_reaction_on_an_answer_is_a_vote_and_on_anything_else_nothing() -> None:
    async with house() as h:
        turn = await answered(h)
        shown = h.adapter.screen[0].ref
        other = replace(shown, id="another")
        reaction = replace(vote(turn, Rating.GOOD), turn=None, source=VoteSource.REACTION, message=shown, reply=None)
        await h.hear(reaction, replace(reaction, id="r2", message=other))
        assert h.assistant.rated == [(turn, Rating.GOOD, "")]


async def test_taking_a_thumb_away_after_switching_to_the_other_keeps_the_other() -> None:
    async with house() as h:
        turn = await answered(h)
        await h.hear(vote(turn, Rating.BAD, source=VoteSource.REACTION))
        await h.hear(vote(turn, Rating.GOOD, source=VoteSource.REACTION))
        await h.hear(vote(turn, Rating.NONE, source=VoteSource.REACTION, takes_back=Rating.BAD))
        assert [rating for _, rating, _ in h.assistant.rated] == [Rating.BAD, Rating.GOOD]


async def test_a_vote_that_fastgpt_does_not_know_is_said_not_retried() -> None:
    async with house() as h:
        turn = await answered(h)
        gone = AssistantError("Chat item not found", fault=AssistantFault.NOT_FOUND, permanent=True)
        h.assistant.refusals["rate"] = [gone]
        await h.hear(vote(turn, Rating.GOOD))
        assert h.adapter.private[-1].text == phrases.VOTE_GONE


async def failing(h: House, error: AssistantError, *updates: Update) -> None:
    """FastGPT refuses every vote, for as long as it is tried."""
    h.assistant.refusals["rate"] = [error] * 20
    await h.bridge.gateway.accept(updates)
    while (await h.store.depth())["new"]:
        await h.work()
        h.clock.elapsed += 1
    h.assistant.refusals.clear()


AWAY = AssistantError("away", fault=AssistantFault.UNREACHABLE, permanent=False)
REFUSED = AssistantError("no", fault=AssistantFault.BAD_KEY, permanent=True)


@pytest.mark.parametrize("error", [AWAY, REFUSED], ids=["away", "refused"])
async def test_a_vote_that_never_reached_fastgpt_is_said_and_counts_when_it_is_pressed_again(
    error: AssistantError,
) -> None:
    # It was remembered as given, so that pressing it again, as the person was asked to, took it back.
    async with house() as h:
        turn = await answered(h)
        await failing(h, error, vote(turn, Rating.GOOD))
        assert (h.adapter.private[-1].text, h.adapter.private[-1].to) == (phrases.VOTE_FAILED, ANN)
        assert phrases.VOTE_FAILED not in h.adapter.texts
        assert "✓" not in "".join(h.adapter.screen[0].buttons)
        await h.hear(vote(turn, Rating.GOOD, at=START + timedelta(hours=1)))
        assert h.assistant.rated == [(turn, Rating.GOOD, "")]
        assert h.adapter.private[-1].text == phrases.VOTE_THANKS


async def test_a_vote_that_waits_for_fastgpt_keeps_no_stop_waiting() -> None:
    async with house() as h:
        turn = await answered(h)
        h.assistant.refusals["rate"] = [AWAY]
        await h.hear(vote(turn, Rating.GOOD), StopRequested(id="stop", conversation=HERE, by=ANN, at=START))
        assert h.assistant.rated == []
        assert h.adapter.texts[-1] == phrases.NOTHING_RUNS


async def test_quick_replies_follow_a_complete_answer_and_are_sent_as_the_person_who_tapped() -> None:
    async with house() as h:
        h.assistant.opened = Opening(suggests=True)
        h.assistant.suggestions = ["And why?", "And how?"]
        turn = await answered(h)
        assert h.adapter.screen[-1].buttons == ("And why?", "And how?")
        tap = QuickReplyChosen(id="tap", conversation=HERE, by=BOB, at=START, turn=turn, index=1, reply="r")
        await h.hear(tap)
        assert h.questions == ["question", "And how?"]
        assert "**Bob** asked: And how?" in h.adapter.texts
        assert h.assistant.asked[1].person == "fake:U2"


async def test_quick_replies_go_when_the_conversation_moves_on() -> None:
    async with house() as h:
        h.assistant.opened = Opening(suggests=True)
        h.assistant.suggestions = ["And why?"]
        await answered(h)
        shown = h.adapter.screen[-1].ref
        h.assistant.suggestions = []
        await h.hear(message("something else"))
        assert shown in h.adapter.removed


async def test_quick_replies_become_what_was_asked_and_one_tap_counts() -> None:
    async with house() as h:
        h.assistant.opened = Opening(suggests=True)
        h.assistant.suggestions = ["And why?", "And how?"]
        turn = await answered(h)
        h.assistant.suggestions = []
        shown = h.adapter.screen[-1]
        taps = [
            QuickReplyChosen(id=f"t{n}", conversation=HERE, by=ANN, at=START, turn=turn, index=n, message=shown.ref)
            for n in (0, 1)
        ]
        await h.hear(*taps)
        assert (shown.text, len(shown.buttons)) == ("**Ann** asked: And why?", 0)
        assert h.questions == ["question", "And why?"]


async def test_a_quick_reply_to_an_earlier_answer_is_refused() -> None:
    async with house() as h:
        h.assistant.opened = Opening(suggests=True)
        h.assistant.suggestions = ["And why?"]
        turn = await answered(h)
        await h.hear(message("something else"))
        await h.hear(QuickReplyChosen(id="t", conversation=HERE, by=ANN, at=START, turn=turn, index=0, reply="r"))
        assert h.adapter.private[-1].text == phrases.TAPPED_LATE
        assert h.questions == ["question", "something else"]


async def test_the_questions_of_a_greeting_are_no_buttons_any_more_but_can_still_be_read() -> None:
    async with house() as h:
        h.assistant.opened = Opening(welcome="Welcome!", questions=("What can you do?",))
        await h.hear(command("start"))
        greeting = h.adapter.screen[0]
        await h.hear(message("something else"))
        assert (greeting.text, len(greeting.buttons)) == ("Welcome!\n\n- What can you do?", 0)


async def test_a_guide_that_fails_leaves_the_answer_untouched() -> None:
    async with house() as h:
        h.assistant.opened = Opening(suggests=True)
        h.assistant.refusals["suggest"] = [AssistantError("x", fault=AssistantFault.UNKNOWN, permanent=True)]
        await answered(h)
        assert h.adapter.texts == ["Hello!"]


async def test_empty_links_in_an_answer_are_quick_replies() -> None:
    async with house() as h:
        h.assistant.scripts = [[TextAdded("Shall I?\n\n```quick-replies\nYes\nNo\n```"), Finished()]]
        await answered(h)
        assert h.adapter.texts == ["Shall I?", phrases.SUGGESTIONS]
        assert h.adapter.screen[-1].buttons == ("Yes", "No")


async def test_start_shows_the_apps_welcome_with_its_questions_as_buttons() -> None:
    async with house() as h:
        h.assistant.opened = Opening(welcome="Welcome!", questions=("What can you do?",))
        await h.hear(command("start"))
        assert (h.adapter.screen[0].text, h.adapter.screen[0].buttons) == ("Welcome!", ("What can you do?",))


async def test_an_app_that_begins_by_itself_does() -> None:
    async with house() as h:
        h.assistant.opened = Opening(auto_execute="Introduce yourself")
        await h.hear(command("start"))
        assert h.questions == ["Introduce yourself"]


async def test_stop_keeps_the_partial_text_marked_as_stopped_and_stops_fastgpt() -> None:
    async with house() as h:
        gate = asyncio.Event()
        h.assistant.scripts = [[TextAdded("The first half"), gate, Finished()]]
        await h.bridge.gateway.accept([message("long question")])
        claim = await h.store.claim("w1", timedelta(seconds=60))
        assert claim is not None
        running = asyncio.create_task(h.bridge.worker.work(claim))
        await h.adapter.heard.wait()
        await h.hear(StopRequested(id="stop", conversation=HERE, by=ANN, at=START))
        await running
        assert h.adapter.texts == [f"The first half\n{phrases.STOPPED}"]
        assert h.adapter.delivered[0].ending is Ending.STOPPED
        assert h.assistant.stopped == [h.assistant.asked[0].chat]
        assert h.assistant.closed_streams == 1


async def test_stop_works_while_fastgpt_has_not_said_a_word() -> None:
    async with house() as h:
        h.assistant.scripts = [[asyncio.Event()]]
        await h.bridge.gateway.accept([message("long question")])
        claim = await h.store.claim("w1", timedelta(seconds=60))
        assert claim is not None
        running = asyncio.create_task(h.bridge.worker.work(claim))
        await settled(lambda: h.assistant.asked)
        await h.hear(StopRequested(id="stop", conversation=HERE, by=ANN, at=START))
        await running
        assert (h.adapter.texts, h.assistant.closed_streams) == ([phrases.STOPPED], 1)


async def test_stop_on_a_message_that_nobody_remembers_takes_it_away_once_the_answer_is_there() -> None:
    async with house() as h:
        turn = await answered(h)
        orphan = await h.adapter.say(HERE, Notice(phrases.THINKING))
        stop = StopRequested(id="stop", conversation=HERE, by=ANN, at=START, turn=turn, message=orphan)
        await h.hear(stop, replace(stop, id="again", message=h.adapter.screen[0].ref))
        assert h.adapter.texts == ["Hello!"]


async def test_stop_with_nothing_running_says_so() -> None:
    async with house() as h:
        await h.hear(StopRequested(id="stop", conversation=HERE, by=ANN, at=START))
        assert h.adapter.texts == [phrases.NOTHING_RUNS]


async def test_regenerate_deletes_the_old_round_and_answers_again_in_place() -> None:
    async with house() as h:
        h.assistant.scripts = [[TextAdded("First."), Finished()], [TextAdded("Second."), Finished()]]
        turn = await answered(h)
        again = act(turn, AnswerAction.REGENERATE)
        await h.hear(again, again)
        assert h.assistant.forgotten == [turn]
        assert h.questions == ["question", "question"]
        assert h.adapter.texts == ["Second."]


async def test_only_the_latest_answer_can_be_given_again() -> None:
    async with house() as h:
        turn = await answered(h)
        await answered(h)
        await h.hear(act(turn, AnswerAction.REGENERATE))
        assert h.adapter.private[-1].text == phrases.ONLY_LATEST
        assert h.assistant.forgotten == []


async def test_citations_become_numbers_and_a_list_of_sources() -> None:
    async with house() as h:
        id = "66f0a1b2c3d4e5f60718293a"
        found = NodeFinished("n", "Search", "datasetSearchNode", citations=(Citation(id, "Manual", score=0.9),))
        h.assistant.scripts = [
            [TextAdded("It is so [66f0a1b2c3d4e5"), TextAdded("f60718293a](CITE)."), found, Finished()]
        ]
        turn = await answered(h)
        assert h.adapter.texts == ["It is so [1]."]
        await h.hear(act(turn, AnswerAction.SOURCES))
        assert h.adapter.private[-1].text == f"**[1]** Manual · 0.90\n> text of {id}"


async def test_a_source_whose_passage_cannot_be_had_is_named_all_the_same() -> None:
    async with house() as h:
        found = NodeFinished("n", "Search", "datasetSearchNode", citations=(Citation("1", "Manual", score=0.9),))
        h.assistant.scripts = [[TextAdded("So."), found, Finished()]]
        turn = await answered(h)
        h.assistant.refusals["quotes"] = [AssistantError("x", fault=AssistantFault.UNKNOWN, permanent=True)]
        await h.hear(act(turn, AnswerAction.SOURCES))
        assert h.adapter.private[-1].text == "**[1]** Manual · 0.90"
        assert h.adapter.texts == ["So."]


async def test_run_details_are_for_those_whom_the_operator_allows() -> None:
    async with house(file=File.model_validate({"answers": {"details_for": ["U9"]}})) as h:
        turn = await answered(h)
        await h.hear(act(turn, AnswerAction.DETAILS))
        assert h.adapter.private[-1].text == phrases.NO_DETAILS


async def test_editing_the_last_question_offers_to_answer_it_again() -> None:
    async with house() as h:
        asked = message("How are you")
        await h.hear(asked)
        edit = MessageEdited(id="e", conversation=HERE, by=ANN, at=START, message=asked.message, text="Who are you?")
        await h.hear(edit)
        assert h.adapter.screen[-1].buttons == (phrases.REASK,)
        await h.hear(act(h.assistant.asked[0].turn, AnswerAction.REASK))
        assert h.questions == ["How are you", "Who are you?"]


@pytest.mark.parametrize("what", ["moved on", "deleted", "edited again", "new"])
async def test_the_offer_to_answer_a_changed_question_goes_when_it_is_of_no_use(what: str) -> None:
    async with house(file=File.model_validate({"answers": {"on_delete": "ignore"}})) as h:
        asked = message("How are you")
        await h.hear(asked)
        await h.hear(edit(asked, "Who are you?"))
        (offer,) = [shown.ref for shown in h.adapter.screen if shown.text == phrases.EDITED]
        gone = MessageDeleted(id="d", conversation=HERE, by=ANN, at=START, message=asked.message)
        again = replace(edit(asked, "What are you?"), id="edited twice")
        then: dict[str, Any] = {"moved on": message("x"), "edited again": again, "new": command("new"), "deleted": gone}
        await h.hear(then[what])
        assert offer in h.adapter.removed


async def test_deleting_the_question_removes_its_answer_if_the_operator_wants_that() -> None:
    async with house(file=File.model_validate({"answers": {"on_delete": "remove"}})) as h:
        asked = message("oops")
        await h.hear(asked)
        await h.hear(MessageDeleted(id="d", conversation=HERE, by=ANN, at=START, message=asked.message))
        assert (h.adapter.texts, h.assistant.forgotten) == ([], [h.assistant.asked[0].turn])


@asynccontextmanager
async def answering(h: House, asked: MessageReceived) -> AsyncIterator[None]:
    """The question is being answered, and stands still after its first half, as long as the block lasts."""
    gate = asyncio.Event()
    h.assistant.scripts = [[TextAdded("The first half"), gate, TextAdded("."), Finished()], *h.assistant.scripts]
    await h.bridge.gateway.accept([asked])
    claim = await h.store.claim("w1", timedelta(seconds=60))
    assert claim is not None
    running = asyncio.create_task(h.bridge.worker.work(claim))
    await h.adapter.heard.wait()
    yield
    gate.set()
    await running


def edit(asked: MessageReceived, text: str) -> MessageEdited:
    return MessageEdited(id="e", conversation=HERE, by=ANN, at=START, message=asked.message, text=text)


async def test_a_question_edited_while_it_is_answered_is_offered_again_with_its_new_words() -> None:
    # What the edit had stored was overwritten by the answer that ran, and an empty question was asked.
    async with house() as h:
        asked = message("How are you")
        async with answering(h, asked):
            await h.hear(edit(asked, "Who are you?"))
        await h.work()
        assert (h.adapter.texts[0], h.adapter.screen[-1].buttons) == ("The first half.", (phrases.REASK,))
        await h.hear(act(h.assistant.asked[0].turn, AnswerAction.REASK))
        assert h.questions == ["How are you", "Who are you?"]


async def test_a_question_edited_while_it_is_answered_is_stopped_and_asked_anew_where_the_operator_wants_that() -> None:
    async with house(file=File.model_validate({"answers": {"on_edit": "reask"}})) as h:
        asked = message("How are you")
        async with answering(h, asked):
            await h.hear(edit(asked, "Who are you?"))
            await settled(lambda: h.assistant.stopped)
        await h.work()
        assert h.questions == ["How are you", "Who are you?"]
        assert h.adapter.texts == ["Hello!"]


async def test_a_question_edited_while_it_waits_behind_another_is_offered_again_once_it_is_answered() -> None:
    async with house() as h:
        second = message("Who are")
        async with answering(h, message("How are you")):
            await h.hear(second, edit(second, "Who are you?"))
        await h.work()
        assert h.adapter.texts == ["The first half.", "Hello!", phrases.EDITED]


async def test_what_is_edited_where_the_bot_takes_no_part_is_nobodys_business() -> None:
    async with house() as h:
        await h.hear(edit(message("among ourselves"), "between us"))
        assert await h.store.depth() == {"new": 0, "done": 1, "dead": 0}


async def test_a_question_deleted_while_it_is_answered_takes_the_answer_with_it() -> None:
    # Its messages were removed and the answer, which ran on, was given again below.
    async with house(file=File.model_validate({"answers": {"on_delete": "remove"}})) as h:
        asked = message("oops")
        async with answering(h, asked):
            await h.hear(MessageDeleted(id="d", conversation=HERE, by=ANN, at=START, message=asked.message))
            await settled(lambda: h.assistant.stopped)
        await h.work()
        assert (h.adapter.texts, h.assistant.forgotten) == ([], [h.assistant.asked[0].turn])


async def settled(is_so: Callable[[], object]) -> None:
    for _ in range(1_000):
        if is_so():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


@pytest.mark.parametrize(("private", "new"), [(True, "!new starts"), (False, "bot, new starts")])
async def test_help_names_commands_as_they_are_written_where_it_is_read(private: bool, new: str) -> None:
    async with house() as h:
        await h.hear(command("help", private=private))
        (text,) = h.adapter.texts
        assert new in text
        assert ("Say bot, ask:." in text, "/" in text) == (True, False)


async def test_an_unknown_command_is_answered_in_words() -> None:
    async with house() as h:
        await h.hear(command("dance"))
        assert h.adapter.texts == [phrases.unknown_command("dance", "!help")]


async def test_a_question_behind_a_command_that_nobody_sees_is_shown_and_asked() -> None:
    async with house() as h:
        await h.hear(command("ask", argument="Where?", reply="r"))
        assert (h.adapter.texts[0], h.questions) == (phrases.asked_by("Ann", "Where?"), ["Where?"])


async def test_where_a_question_cannot_be_shown_its_author_alone_is_told() -> None:
    async with house() as h:
        h.adapter.mute = [PlatformError("not a member", fault=PlatformFault.GONE, permanent=True)]
        await h.hear(command("ask", argument="Where?", reply="r"))
        assert ([notice.text for notice in h.adapter.private], h.questions) == ([phrases.CANNOT_WRITE_HERE], [])


async def test_ask_without_a_question_is_asked_for_one() -> None:
    async with house() as h:
        await h.hear(command("ask"))
        assert (h.adapter.texts, h.questions) == ([phrases.ask_what("ask:")], [])
