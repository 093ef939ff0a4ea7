"""Ids, lanes and sentences: small promises that much else stands on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import commands, phrases
from bridge.domain.commands import Spelling
from bridge.domain.errors import AssistantFault
from bridge.domain.events import Citation, NodeFinished
from bridge.domain.ids import ConversationKey, InteractionId, MessageRef, TurnId, new_chat_id, new_turn_id
from bridge.domain.updates import (
    AnswerAccepted,
    AnswerFinished,
    AnswerRejected,
    ConversationMoved,
    FeedbackGiven,
    InteractionCancelled,
    Lane,
    MessageDeleted,
    MessageEdited,
    Rating,
    StopRequested,
    Update,
    VoteSource,
    lane_key,
    lane_of,
)
from tests.builders import ANN, HERE, command, message
from tests.fakes import START

NAMES = st.text(min_size=1).filter(lambda text: ":" not in text)


@given(NAMES, NAMES, st.text())
def test_an_address_of_any_shape_survives_being_written_down(platform: str, bot: str, rest: str) -> None:
    key, ref = ConversationKey(platform, bot, rest), MessageRef(platform, bot, rest)
    assert ConversationKey.parse(str(key)) == key
    assert MessageRef.parse(str(ref)) == ref


@pytest.mark.parametrize("text", ["", "slack", "slack:T1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        ConversationKey.parse(text)


def test_ids_are_as_fastgpt_makes_them_and_never_the_same() -> None:
    ids = {*(new_turn_id() for _ in range(500)), *(new_chat_id() for _ in range(500))}
    assert len(ids) == 1000
    assert all(len(id) == 24 and id.isascii() and id.isalnum() for id in ids)


_COMMON = {"id": "u1", "conversation": HERE, "by": ANN, "at": START}


@pytest.mark.parametrize(
    ("update", "lane"),
    [
        (message(), Lane.TURN),
        (command("new"), Lane.TURN),
        (command("cancel"), Lane.TURN),
        (command("help"), Lane.SIDE),
        (StopRequested(**_COMMON), Lane.SIDE),  # type: ignore[arg-type]
        (InteractionCancelled(**_COMMON, interaction=InteractionId("i")), Lane.SIDE),  # type: ignore[arg-type]
        (MessageDeleted(**_COMMON, message=MessageRef("fake", "bot", "1")), Lane.SIDE),  # type: ignore[arg-type]
        (MessageDeleted(**_COMMON, message=MessageRef("fake", "bot", "1"), in_line=True), Lane.TURN),  # type: ignore[arg-type]
        (MessageEdited(**_COMMON, message=MessageRef("fake", "bot", "1"), text="", in_line=True), Lane.TURN),  # type: ignore[arg-type]
        (FeedbackGiven(**_COMMON, turn=None, rating=Rating.GOOD, source=VoteSource.REACTION), Lane.VOTE),  # type: ignore[arg-type]
        (AnswerAccepted(**_COMMON, interaction=InteractionId("i")), Lane.TURN),  # type: ignore[arg-type]
        (AnswerRejected(**_COMMON, turn=TurnId("t")), Lane.TURN),  # type: ignore[arg-type]
        (ConversationMoved(**_COMMON, old=HERE, new=HERE), Lane.TURN),  # type: ignore[arg-type]
        (AnswerFinished(**_COMMON, turn=TurnId("t")), Lane.AFTER),  # type: ignore[arg-type]
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_what_may_run_fastgpt_waits_in_line(update: Update, lane: Lane) -> None:
    assert lane_of(update) is lane
    assert lane_key(update) == f"{HERE}#{lane}"


@pytest.mark.parametrize("fault", AssistantFault)
def test_every_fault_has_a_sentence_for_people(fault: AssistantFault) -> None:
    sentence = phrases.fault(fault)
    assert sentence.endswith(".")
    assert "_" not in sentence


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("short", "**out:** short"),
        ("two\nlines", "**out**\n\ntwo\nlines"),
        (3, "**out:** 3"),
        (True, "**out:** true"),
        (["a"], '**out**\n\n```json\n[\n  "a"\n]\n```'),
    ],
)
def test_a_plugins_output_is_shown_under_its_name(value: object, shown: str) -> None:
    assert phrases.output("out", value) == shown  # type: ignore[arg-type]


def test_a_source_names_links_scores_and_quotes() -> None:
    citation = Citation("1", "Guide.pdf", "https://a.b/guide", 0.834, "First line.\nSecond line.")
    shown = phrases.source(2, citation)
    assert shown == "**[2]** [Guide.pdf](https://a.b/guide) · 0.83\n> First line.\n> Second line."


def test_a_documents_name_or_address_cannot_smuggle_in_a_link() -> None:
    shown = phrases.source(1, Citation("1", "a](https://evil.test) [b", "https://a.b/x) [c](https://evil.test"))
    assert shown.count("](") == 1
    assert shown.endswith(")")


def test_the_way_an_answer_came_about_is_a_line_per_node() -> None:
    node = NodeFinished("1", "Chat", "chatNode", 1.5, "gpt", 10, 20, error="refused")
    assert phrases.details([node]).endswith("- Chat · 1.50 s · gpt · 10 → 20 tokens · ⚠ refused")


@pytest.mark.parametrize("private", [True, False])
def test_help_tells_every_command_as_it_is_written_there(private: bool) -> None:
    spelling = Spelling(private="!{}", shared="@bot {}", among_others="In a group, use {ask}.")
    told = phrases.help_for(spelling, private=private)
    names = commands.NAMES - {"start"}
    assert [name for name in sorted(names) if f"{spelling.of(name, private=private)} " not in told] == []
    assert "In a group, use /ask." in told


def test_where_nobody_else_writes_help_does_not_speak_of_others() -> None:
    told = phrases.help_for(Spelling(ask=""), private=True)
    assert told.startswith("Just write to me, and I answer.\n\n/new starts")
    assert "mention" not in told
