"""What FastGPT is sent, in the types its workflows expect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.domain.ids import AppName, ChatId, TurnId
from bridge.domain.interactions import Answer, Cancelled, Chosen, Filled, Json, Option, Said
from bridge.domain.turns import App, Question, UploadedFile
from bridge.fastgpt.encode import answer_text, request_body

APP = App(AppName("a"), "https://f/api", "0" * 24, "fastgpt-key")


def body(question: Question) -> dict[str, Any]:
    return request_body(APP, ChatId("c"), TurnId("t"), question, person="ann", stream=True, cite=True)


def test_a_question_is_one_message_with_everything_every_version_needs() -> None:
    assert body(Question("hi", variables={"lang": "en"})) == {
        "appId": "0" * 24,
        "chatId": "c",
        "responseChatItemId": "t",
        "customUid": "ann",
        "stream": True,
        "detail": True,
        "retainDatasetCite": True,
        "variables": {"lang": "en"},
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_files_are_flat_parts_after_the_text() -> None:
    files = (
        UploadedFile("p.png", "https://h/p.png", "image/png"),
        UploadedFile("r.pdf", "https://h/r.pdf", key="chat/r"),
    )
    assert body(Question("look", files))["messages"][0]["content"] == [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "https://h/p.png"}},
        {"type": "file_url", "name": "r.pdf", "url": "https://h/r.pdf", "key": "chat/r"},
    ]


def test_a_file_without_a_word_has_no_empty_text_part() -> None:
    content = body(Question(files=(UploadedFile("P.JPG", "https://h/1"),)))["messages"][0]["content"]
    assert [part["type"] for part in content] == ["image_url"]


def test_a_plugin_gets_its_inputs_and_no_message() -> None:
    sent = body(Question(variables={"query": "x"}))
    assert (sent["messages"], sent["variables"]) == ([], {"query": "x"})


@pytest.mark.parametrize(
    ("kind", "answer", "text"),
    [
        ("userSelect", Chosen(0, Option("Yes", " Yes ")), " Yes "),
        ("agentAsk", Chosen(0, Option("S", "a small one")), '{"answers":["a small one"]}'),
        ("agentAsk", Filled({"answer2": "b", "answer1": "a"}), '{"answers":["a","b"]}'),
        ("agentAsk", Said("neither"), "neither"),
        ("agentPlanAskQuery", Chosen(0, Option("A", "a")), "a"),
        ("paymentPause", Said("go on"), "go on"),
        ("userInput", Filled({}), "{}"),
    ],
)
def test_an_answer_is_worded_as_its_question_wants_it(kind: str, answer: Answer, text: str) -> None:
    assert answer_text(kind, answer) == text


def test_a_form_is_sent_as_json_text_in_the_types_of_its_fields() -> None:
    values: dict[str, Json] = {
        "Name": 'Ann "é"\n',
        "Age": 41,
        "Tags": ["a"],
        "On": True,
        "When": "2026-01-31T08:00:00.000Z",
        "Files": [{"key": "chat/x"}],
        "Nothing": None,
        "Secret": "123",
    }
    sent = body(Question(answer=Filled(values, passwords=("Secret",)), kind="userInput"))["messages"]
    assert json.loads(sent[0]["content"]) == {**values, "Secret": {"value": "123", "secret": ""}}


def test_leaving_a_question_is_never_sent() -> None:
    with pytest.raises(ValueError):
        answer_text("userSelect", Cancelled())
