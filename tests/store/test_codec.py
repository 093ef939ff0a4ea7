"""What is stored comes back, also from rows that another version wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.interactions import Answer, Ask, Filled, Json, Person, Said
from bridge.domain.turns import Question, Turn
from bridge.domain.updates import MessageReceived, Update
from bridge.store.codec import (
    Undecodable,
    decode,
    decode_answer,
    decode_ask,
    decode_update,
    encode,
    encode_answer,
    encode_ask,
    from_micros,
    storable,
    to_micros,
)
from bridge.store.sql_rows import to_question
from bridge.store.vault import Unsealable, Vault, is_sealed
from tests.builders import message

INSTANTS = st.datetimes(timezones=st.just(UTC))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def _of(union: Any) -> st.SearchStrategy[Any]:
    return st.one_of(*(st.from_type(kind) for kind in get_args(union)))


def _containers(kind: Any) -> Any:
    """Where the domain says JSON (`list[Any]`, `Mapping[str, Json]`), hypothesis would make any object."""
    inner = get_args(kind)[-1]
    content = JSON if inner is Any or inner == Json else st.from_type(inner)
    return st.lists(content, max_size=3) if get_origin(kind) is list else st.dictionaries(st.text(), content)


for container in (list, dict, Mapping):
    st.register_type_strategy(container, _containers)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_every_update_comes_back_as_it_was(data: st.DataObject) -> None:
    update = replace(data.draw(_of(Update)), at=data.draw(INSTANTS))
    assert decode_update(type(update).__name__, encode(update)) == update


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_every_question_and_every_answer_comes_back_as_it_was(data: st.DataObject) -> None:
    ask, answer = data.draw(_of(Ask)), data.draw(_of(Answer))
    assert repr(decode_ask(encode_ask(ask))) == repr(ask)  # not ==, for the sake of NaN
    assert decode_answer(encode_answer(answer)) == answer


@given(st.dictionaries(st.text(), JSON))
@settings(max_examples=60, deadline=None)
def test_values_keep_their_json_types(values: dict[str, Any]) -> None:
    kept = decode_answer(encode_answer(Filled(values)))
    assert isinstance(kept, Filled)
    assert json.dumps(kept.values) == json.dumps(values)


@given(INSTANTS)
def test_an_instant_keeps_its_microseconds(instant: Any) -> None:
    assert from_micros(to_micros(instant)) == instant
    assert from_micros(to_micros(instant) + 1) == instant + timedelta(microseconds=1) or instant.year == 9999


def test_a_row_of_an_older_version_gets_the_defaults() -> None:
    document = json.loads(encode(message("hello")))
    for added in ("secret", "pressed", "quoted", "link", "channel", "batch"):
        del document[added]
    assert decode_update("MessageReceived", json.dumps(document)).text == "hello"  # type: ignore[union-attr]


def test_a_row_of_a_newer_version_is_read_as_far_as_it_is_understood() -> None:
    document = json.loads(encode(Person("U1", "Ann"))) | {"shoe_size": 42}
    assert decode(Person, json.dumps(document)) == Person("U1", "Ann")


@pytest.mark.parametrize(
    ("kind", "text"),
    [("MessageReceived", "{}"), ("MessageReceived", "not json"), ("MessageReceived", ""), ("Telepathy", "{}")],
)
def test_what_cannot_be_read_says_so(kind: str, text: str) -> None:
    with pytest.raises(Undecodable):
        decode_update(kind, text)


def test_a_failure_to_read_does_not_quote_what_it_read() -> None:
    with pytest.raises(Undecodable) as failure:
        decode(Turn, '{"id": {"hunter2": "hunter2"}}')
    assert "hunter2" not in str(failure.value)


def test_half_a_character_is_replaced_and_the_rest_kept() -> None:
    kept = decode_update("MessageReceived", encode(message("a\ud800b")))
    assert isinstance(kept, MessageReceived)
    assert kept.text == "a?b"
    assert storable("a\x00b\udfffc") == "a\ufffdb?c"
    assert decode_answer(encode_answer(Said("\udc00"))) == Said("?")


def test_what_is_sealed_can_be_opened_with_the_same_key_only() -> None:
    sealed = Vault("one").seal("hunter2 😀")
    assert is_sealed(sealed)
    assert "hunter2" not in sealed
    assert Vault("one").open(sealed) == "hunter2 😀"
    for other in (Vault("two"), Vault(None)):
        with pytest.raises(Unsealable, match="BRIDGE_SECRET_KEY"):
            other.open(sealed)


def test_what_was_never_sealed_is_opened_without_a_key() -> None:
    assert Vault(None).open("plain") == "plain"


@pytest.mark.parametrize("text", ["5", "null", "[1]", '{"a": 1}', '[["Choice"], {}]', '["Nobody", {}]', "x"])
def test_what_is_no_tagged_document_is_undecodable_and_nothing_else(text: str) -> None:
    with pytest.raises(Undecodable):
        decode_ask(text)


def test_a_question_whose_answer_is_of_a_kind_not_known_here_leaves_its_turn_readable() -> None:
    text = json.dumps({"question": {"text": "hi"}, "answer": ["Nobody", {}]})
    assert to_question(Vault(None), text) == Question()
