"""A button means the same weeks later, in 64 bytes, and nothing else can be passed off as one."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.controls import (
    TOKEN_LIMIT,
    ActOnAnswer,
    CancelInteraction,
    Control,
    GiveReason,
    MoveForm,
    OpenForm,
    PickOption,
    SendQuickReply,
    StopAnswer,
    Vote,
    decode,
    encode,
)
from bridge.domain.ids import InteractionId, TurnId, new_interaction_id, new_turn_id
from bridge.domain.updates import AnswerAction, FormMove, Rating

ALPHABET = string.ascii_letters + string.digits
TURNS = st.text(ALPHABET, min_size=24, max_size=24).map(TurnId)
INTERACTIONS = st.text(ALPHABET, min_size=16, max_size=16).map(InteractionId)
PLACES = st.integers(0, 99_999)
FROM_NONE = st.integers(-1, 99_999)
CONTROLS: st.SearchStrategy[Control] = st.one_of(
    st.builds(PickOption, INTERACTIONS, PLACES),
    st.builds(OpenForm, INTERACTIONS),
    st.builds(MoveForm, INTERACTIONS, PLACES, st.sampled_from(FormMove), PLACES),
    st.builds(CancelInteraction, INTERACTIONS),
    st.builds(Vote, TURNS, st.sampled_from(Rating)),
    st.builds(GiveReason, TURNS, FROM_NONE),
    st.builds(SendQuickReply, TURNS, PLACES),
    st.builds(StopAnswer, TURNS),
    st.builds(ActOnAnswer, TURNS, st.sampled_from(AnswerAction), FROM_NONE),
)


@given(CONTROLS)
def test_every_control_comes_back_as_it_was_from_64_bytes(control: Control) -> None:
    token = encode(control)
    assert len(token.encode()) <= TOKEN_LIMIT
    assert decode(token) == control


@given(st.text(max_size=70))
def test_any_other_text_is_no_control(text: str) -> None:
    control = decode(text)
    assert control is None or encode(control) == text


@pytest.mark.parametrize(
    "token",
    [
        "",
        ":",
        "o",
        "o:abc",
        "o:abc:1:2",
        "o:abc:x",
        "o:abc:-1",
        "o:abc:+1",
        "o:abc: 1",
        "o:abc:1_0",
        "o:abc:01",
        "o:abc:١",
        "m:abc:0:z:0",
        "m:abc:-1:p:0",
        "m:abc:0:g:-5",
        "v:abc:superb",
        "r:abc:-2",
        "q:abc:-1",
        "a:abc:delete:0",
        "Z:abc:1",
        "f:" + "a" * 63,
        "f:\ud800",
        "f:é",
    ],
)
def test_a_forged_or_garbled_token_is_no_control(token: str) -> None:
    assert decode(token) is None


def test_the_ids_the_bridge_makes_fit() -> None:
    for control in (Vote(new_turn_id(), Rating.NONE), MoveForm(new_interaction_id(), 9999, FormMove.SUBMIT, 9999)):
        assert decode(encode(control)) == control
