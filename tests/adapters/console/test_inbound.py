from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.console.board import Board
from adapters.console.inbound import Local, Screen, Typed, meaning
from adapters.console.keys import keys_of
from bridge.domain.controls import ActOnAnswer, Control, GiveReason, MoveForm, SendQuickReply, Vote
from bridge.domain.events import Button
from bridge.domain.ids import ConversationKey, MessageRef, TurnId
from bridge.domain.interactions import Person
from bridge.domain.updates import (
    AnswerAction,
    AnswerActionChosen,
    CommandGiven,
    FeedbackGiven,
    FormMove,
    InteractionCancelled,
    MessageReceived,
    OptionChosen,
    QuickReplyChosen,
    Rating,
    StopRequested,
    VoteSource,
)
from tests.adapters.console.shapes import CHOICE, PAUSE

KEY = ConversationKey("console", "terminal", "s")
TURN = TurnId("T" * 24)
SHOWN = MessageRef("console", "terminal", "s-1")


def typed(text: str, **changes: Any) -> Typed:
    fields: dict[str, Any] = {
        "text": text,
        "id": "s-9",
        "conversation": KEY,
        "by": Person("you"),
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "message": MessageRef("console", "terminal", "s-10"),
    }
    return Typed(**{**fields, **changes})


def screen(*controls: Control, running: TurnId | None = None) -> Screen:
    board = Board(running=running)
    board.put(SHOWN, keys_of([[Button("label", control) for control in controls]]))
    return board.screen


EMPTY = screen()


def test_words_are_a_private_message() -> None:
    meant = meaning(typed("  Hello\nthere "), EMPTY)
    assert isinstance(meant, MessageReceived)
    assert (meant.text, meant.private, meant.addressed, meant.id) == ("Hello\nthere", True, True, "s-9")


def test_an_empty_line_means_nothing() -> None:
    assert meaning(typed("  \n"), EMPTY) is None


@pytest.mark.parametrize("text", ["/etc/passwd has what?", "/ hello", "a /new b", "https://x.y/new"])
def test_a_slash_within_words_is_no_command(text: str) -> None:
    assert isinstance(meaning(typed(text), EMPTY), MessageReceived)


@pytest.mark.parametrize(("text", "name"), [("/new", "new"), ("/NEW", "new"), ("/cancel", "cancel"), ("/hm x", "hm")])
def test_a_slash_and_a_word_is_a_command(text: str, name: str) -> None:
    meant = meaning(typed(text), EMPTY)
    assert isinstance(meant, CommandGiven)
    assert meant.name == name


def test_what_stands_behind_ask_is_the_question() -> None:
    meant = meaning(typed("/ask Why?"), EMPTY)
    assert isinstance(meant, MessageReceived)
    assert meant.text == "Why?"


@pytest.mark.parametrize("text", ["/quit", "/exit", "/bye"])
def test_one_can_leave_by_a_word(text: str) -> None:
    assert meaning(typed(text), EMPTY) is Local.LEAVE


def test_a_vote_is_a_key_press() -> None:
    meant = meaning(typed("/good"), screen(Vote(TURN, Rating.GOOD)))
    assert isinstance(meant, FeedbackGiven)
    assert (meant.turn, meant.rating, meant.source, meant.message) == (TURN, Rating.GOOD, VoteSource.BUTTON, SHOWN)


def test_a_bad_vote_can_say_why_at_once() -> None:
    meant = meaning(typed("/bad far too long"), screen(Vote(TURN, Rating.BAD)))
    assert isinstance(meant, FeedbackGiven)
    assert (meant.rating, meant.source, meant.reason) == (Rating.BAD, VoteSource.REASON, "far too long")


def test_a_ready_made_reason_is_a_key_press() -> None:
    meant = meaning(typed("/reason 2"), screen(GiveReason(TURN, 1)))
    assert isinstance(meant, FeedbackGiven)
    assert (meant.source, meant.reason) == (VoteSource.REASON, "Not helpful")


def test_a_suggested_question_is_sent_by_its_number() -> None:
    meant = meaning(typed("?2"), screen(SendQuickReply(TURN, 0), SendQuickReply(TURN, 1)))
    assert isinstance(meant, QuickReplyChosen)
    assert meant.index == 1


@pytest.mark.parametrize(
    ("text", "action", "index"),
    [
        ("/again", AnswerAction.REGENERATE, -1),
        ("/retry", AnswerAction.RETRY, -1),
        ("/sources", AnswerAction.SOURCES, -1),
        ("/sources 3", AnswerAction.SOURCES, 2),
        ("/details", AnswerAction.DETAILS, -1),
    ],
)
def test_what_stands_below_an_answer_has_a_key(text: str, action: AnswerAction, index: int) -> None:
    meant = meaning(typed(text), screen(ActOnAnswer(TURN, action, index)))
    assert isinstance(meant, AnswerActionChosen)
    assert (meant.turn, meant.action, meant.index) == (TURN, action, index)


@pytest.mark.parametrize("text", ["/good", "/bad because", "/again", "/sources 2", "?1", "/fill"])
def test_a_key_that_is_not_on_screen_leads_nowhere(text: str) -> None:
    assert meaning(typed(text), EMPTY) is Local.NOT_HERE


def test_stop_names_what_runs() -> None:
    meant = meaning(typed("/stop"), screen(running=TURN))
    assert isinstance(meant, StopRequested)
    assert meant.turn == TURN


@pytest.mark.parametrize(("text", "index"), [("2", 1), ("blue", 1), ("RED", 0), ("1.", 0)])
def test_an_option_is_chosen_by_number_or_label(text: str, index: int) -> None:
    board = Board()
    board.ask(CHOICE, SHOWN)
    meant = meaning(typed(text), board.screen)
    assert isinstance(meant, OptionChosen)
    assert (meant.interaction, meant.index) == (CHOICE.id, index)


def test_other_words_at_a_choice_are_left_to_the_bridge() -> None:
    board = Board()
    board.ask(CHOICE, SHOWN)
    assert isinstance(meaning(typed("green"), board.screen), MessageReceived)


def test_cancel_leaves_the_open_question() -> None:
    board = Board()
    board.ask(CHOICE, SHOWN)
    meant = meaning(typed("/cancel"), board.screen)
    assert isinstance(meant, InteractionCancelled)
    assert meant.interaction == CHOICE.id


def test_a_pause_goes_on_by_its_only_number() -> None:
    board = Board()
    board.ask(PAUSE, SHOWN)
    meant = meaning(typed("1"), board.screen)
    assert isinstance(meant, OptionChosen)
    assert (meant.interaction, meant.index) == (PAUSE.id, 0)


def test_a_secret_is_never_taken_for_a_command() -> None:
    meant = meaning(typed("/new", secret=True), EMPTY)
    assert isinstance(meant, MessageReceived)
    assert meant.secret


def test_a_step_of_a_form_has_no_key() -> None:
    assert keys_of([[Button("Back", MoveForm(CHOICE.id, 1, FormMove.BACK))]]) == ()


def test_a_new_answer_takes_the_keys_of_the_one_before_away() -> None:
    board = Board()
    board.put(SHOWN, keys_of([[Button("Good", Vote(TURN, Rating.GOOD))]]))
    board.begin(TurnId("next"))
    assert meaning(typed("/good"), board.screen) is Local.NOT_HERE
    assert not board.change(SHOWN, keys_of([[Button("Good", Vote(TURN, Rating.GOOD))]]))
