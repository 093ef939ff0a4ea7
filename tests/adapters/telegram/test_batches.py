"""Messages that belong together although they come apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapters.telegram.batches import Batches
from adapters.telegram.places import Place, Spot
from bridge.domain.interactions import Person
from bridge.domain.updates import MessageReceived

START = datetime(2026, 1, 1, tzinfo=UTC)


def said(number: int, text: str, seconds: float = 0, by: str = "5", addressed: bool = True) -> MessageReceived:
    return MessageReceived(
        id=f"message:-1/{number}",
        conversation=Place(-1).key("9"),
        by=Person(by),
        at=START + timedelta(seconds=seconds),
        message=Spot(-1, number).ref("9"),
        text=text,
        addressed=addressed,
    )


def batches(*messages: MessageReceived) -> list[str | None]:
    return [update.batch for update in Batches().marked(messages) if isinstance(update, MessageReceived)]


def test_short_messages_stand_alone() -> None:
    assert batches(said(1, "one"), said(2, "two")) == [None, None]


def test_what_follows_a_full_message_belongs_to_it() -> None:
    assert batches(said(1, "x" * 4096), said(2, "y" * 4096, 1), said(3, "rest", 2)) == ["paste:-1/1"] * 3


def test_the_rest_of_a_paste_is_meant_for_whom_its_beginning_was() -> None:
    marked = list(Batches().marked([said(1, "x" * 4096), said(2, "rest", 1, addressed=False)]))
    assert [update.addressed for update in marked if isinstance(update, MessageReceived)] == [True, True]


def test_the_rest_of_what_was_not_meant_for_the_bot_is_not_either() -> None:
    assert list(Batches().marked([said(1, "x" * 4096, addressed=False), said(2, "rest", 1, addressed=False)])) == []


def test_an_album_is_meant_for_whom_its_first_picture_is() -> None:
    first, second = said(1, "what is this?"), said(2, "", addressed=False)
    ours = [replace(first, batch="album:1"), replace(second, batch="album:1")]
    others = [replace(second, batch="album:2"), replace(second, batch="album:2", by=Person("6"))]
    assert [update.id for update in Batches().marked([*ours, *others])] == [first.id, second.id]


def test_a_later_message_is_a_new_question() -> None:
    assert batches(said(1, "x" * 4096), said(2, "later", 10)) == ["paste:-1/1", None]


def test_somebody_elses_message_is_not_part_of_it() -> None:
    assert batches(said(1, "x" * 4096), said(2, "me too", 1, by="6")) == ["paste:-1/1", None]


def test_the_end_of_a_paste_ends_it() -> None:
    assert batches(said(1, "x" * 4096), said(2, "rest", 1), said(3, "new", 2)) == ["paste:-1/1", "paste:-1/1", None]


def test_albums_keep_their_own_batch() -> None:
    photo = replace(said(1, "x"), batch="album:1")
    assert batches(photo, photo) == ["album:1", "album:1"]
