"""What FastGPT stored, and what its apps say about themselves."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.domain.events import Citation
from bridge.domain.interactions import FieldType
from bridge.domain.turns import ChatStatus, Opening
from bridge.fastgpt.nodes import best_score, finished_nodes
from bridge.fastgpt.opening import opening_of, welcome_parts
from bridge.fastgpt.records import page, status_of
from tests.fastgpt.captures import captured

BOTH = pytest.mark.parametrize("version", ["4.12.1", "4.14.3"])


@BOTH
def test_records_are_both_halves_in_order(version: str) -> None:
    records = page(captured("70-records", version).json["data"])
    assert [(r.from_person, r.text, r.paused) for r in records] == [
        (True, "hello api", None),
        (False, "Echo: hello api", None),
    ]
    assert all(r.id for r in records)


@BOTH
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("23-select-records-paused", "userSelect"),
        ("23-select-records-resumed", None),
        ("33-form-records-paused", "userInput"),
        ("33-form-records-resumed", None),
        ("42-nested-records-paused", "userSelect"),
        ("42-nested-records-done", None),
        ("45-loop-records", None),
        ("70-records-unknownchat", None),
    ],
)
def test_an_open_question_is_found_in_the_records(version: str, name: str, kind: str | None) -> None:
    records = page(captured(name, version).json["data"])
    paused = records[-1].paused if records else None
    assert (paused.kind if paused else None) == kind


@BOTH
def test_what_followed_an_answer_is_told_from_what_came_before(version: str) -> None:
    answer = page(captured("40-combo-records-detail", version).json["data"])[-1]
    before, between, after = answer.rounds
    assert (before, between) == ("Echo: start it", "")
    assert "Form got: name=Ada" in after
    assert answer.text == f"{before}\n\n{after}"


@pytest.mark.parametrize("data", [None, 7, {}, {"list": [7, {"obj": "System"}, {}]}, []])
def test_records_that_are_none_are_none(data: Any) -> None:
    assert page(data) == []


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"list": [{"chatId": "c", "chatGenerateStatus": 0}]}, ChatStatus.GENERATING),
        ({"list": [{"chatId": "c", "chatGenerateStatus": 1}]}, ChatStatus.DONE),
        ({"list": [{"chatId": "c", "chatGenerateStatus": 2}]}, ChatStatus.FAILED),
        ({"list": [{"chatId": "other", "chatGenerateStatus": 0}, {"chatId": "c"}]}, ChatStatus.DONE),
        ({"list": []}, ChatStatus.DONE),
    ],
)
def test_a_chats_status_is_its_own(data: Any, status: ChatStatus) -> None:
    assert status_of(data, "c") is status


@BOTH
def test_an_apps_opening_is_read(version: str) -> None:
    opening = opening_of(captured("71-init", version).json["data"])
    assert (opening.app_title, opening.welcome) == ("rig-simple", "Welcome to **simple**!")
    assert opening.questions == ("What can you do?", "Tell me a joke")
    assert (opening.suggests, opening.accepts_files, opening.auto_execute) == (True, True, None)


@BOTH
def test_an_apps_variables_are_fields(version: str) -> None:
    name, language = opening_of(captured("71-init-vars", version).json["data"]).variables
    assert (name.key, name.label, name.type, name.required) == ("name", "Your name", FieldType.INPUT, True)
    assert [option.value for option in language.options] == ["en", "zh"]


@pytest.mark.parametrize(
    ("config", "suggests"),
    [(True, True), (False, False), ({"open": True}, True), ({"open": False}, False), (None, False), ("x", False)],
)
def test_the_question_guide_is_a_flag_or_an_object(config: Any, suggests: bool) -> None:
    assert opening_of({"app": {"chatConfig": {"questionGuide": config}}}).suggests is suggests


def test_variables_set_from_outside_are_not_asked_for() -> None:
    types = ["custom", "internal", "textarea", "file", "llmSelect"]
    variables = [{"key": kind, "label": kind, "type": kind} for kind in types]
    fields = opening_of({"app": {"chatConfig": {"variables": variables}}}).variables
    assert [field.type for field in fields] == [FieldType.TEXTAREA, FieldType.FILES, FieldType.TEXT_FALLBACK]


@pytest.mark.parametrize(
    ("input", "type"),
    [
        ({"renderTypeList": ["reference", "textarea"]}, FieldType.TEXTAREA),
        ({"renderTypeList": ["input", "switch"], "selectedTypeIndex": 1}, FieldType.SWITCH),
        ({"renderTypeList": ["reference"], "selectedTypeIndex": 0, "valueType": "number"}, FieldType.NUMBER),
        ({"renderTypeList": ["JSONEditor"]}, FieldType.TEXT_FALLBACK),
        ({"renderTypeList": ["select"], "list": [{"label": "A", "value": "a"}]}, FieldType.SELECT),
        ({"renderTypeList": ["select"], "list": []}, FieldType.TEXT_FALLBACK),
        ({"renderTypeList": "x"}, FieldType.TEXT_FALLBACK),
    ],
)
def test_a_plugin_input_is_asked_for_as_a_person_can_give_it(input: dict[str, Any], type: FieldType) -> None:
    (field,) = opening_of({"app": {"pluginInputs": [{"key": "k", **input}]}}).plugin_inputs
    assert field.type is type


DAYS = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"]


@pytest.mark.parametrize(
    ("type", "default", "expected"),
    [
        ("numberInput", "3", 3),
        ("numberInput", "", None),
        ("numberInput", "many", None),
        ("switch", "true", True),
        ("switch", False, False),
        ("select", "a", "a"),
        ("select", "gone", None),
        ("multipleSelect", ["a", "gone", {}], ["a"]),
        ("multipleSelect", '["a"]', ["a"]),
        ("input", "x", "x"),
        ("password", {"value": "", "secret": "enc"}, None),
        ("timeRangeSelect", DAYS, DAYS),
    ],
)
def test_a_default_has_the_type_fastgpt_expects_or_is_none(type: str, default: Any, expected: Any) -> None:
    item = {"key": "k", "type": type, "defaultValue": default, "list": [{"label": "A", "value": "a"}]}
    (field,) = opening_of({"app": {"chatConfig": {"variables": [item]}}}).variables
    assert field.default == expected


@pytest.mark.parametrize("data", [None, {}, {"app": 7}, {"app": {"chatConfig": 7, "pluginInputs": 7}}])
def test_a_missing_configuration_is_an_empty_opening(data: Any) -> None:
    assert opening_of(data) == Opening()


@pytest.mark.parametrize(
    ("markdown", "text", "questions"),
    [
        ("Hi\n[One]\n- [Two]\n\n1. [Three]", "Hi", ("One", "Two", "Three")),
        ("Try [One]", "Try One", ("One",)),
        ("See [docs](https://d)\n[One]()", "See [docs](https://d)", ("One",)),
        ("Hi\\n[One]\\nBye", "Hi\nBye", ("One",)),
        ("[a] in the middle", "[a] in the middle", ()),
        ("[One]\n[One]", "", ("One",)),
        ("![image]", "![image]", ()),
        ("", "", ()),
    ],
)
def test_questions_in_a_welcome_text_become_buttons(markdown: str, text: str, questions: tuple[str, ...]) -> None:
    assert welcome_parts(markdown) == (text, questions)


@BOTH
def test_run_details_are_read(version: str) -> None:
    start, chat = finished_nodes(captured("74-resdata", version).json["data"])
    assert (start.kind, chat.name, chat.model) == ("workflowStart", "AI 对话", "stub-llm")
    assert (chat.input_tokens, chat.output_tokens, chat.error) == (11, 7, "")


def test_nested_nodes_are_told_after_the_one_around_them() -> None:
    leaf = {"id": "3", "moduleName": "Leaf", "moduleType": "chatNode", "errorText": "no <b>model</b>"}
    middle = {"id": "2", "moduleName": "common:x.y", "moduleType": "tools", "toolDetail": [leaf]}
    outer = {"id": "1", "moduleName": "Outer", "moduleType": "loop", "childrenResponses": [middle], "loopDetail": None}
    nodes = finished_nodes([outer, 7, None])
    assert [(node.name, node.error) for node in nodes] == [("Outer", ""), ("tools", ""), ("Leaf", "no model")]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ({"message": "no"}, "no"),
        ("no", "no"),
        ({"error": {"message": "no"}}, "no"),
        ({"message": "chat:AI_input_is_empty"}, "The AI node got an empty question."),
        ({"code": 1}, "unknown error"),
        ({}, ""),
        (None, ""),
        (" ", ""),
    ],
)
def test_a_nodes_error_is_a_sentence_in_any_shape(error: Any, text: str) -> None:
    assert finished_nodes([{"id": "1", "error": error}])[0].error == text


def test_citations_are_the_quotes_of_any_node() -> None:
    quote = {
        "id": "q1",
        "q": "What",
        "a": "That",
        "sourceName": "Doc",
        "sourceId": "https://d",
        "collectionId": "c",
        "datasetId": "d",
    }
    score = [{"type": "embedding", "value": 0.5}, {"type": "reRank", "value": 0.9}, {"type": "rrf", "value": 1}]
    (node,) = finished_nodes(
        [{"id": "1", "moduleType": "datasetSearchNode", "quoteList": [{**quote, "score": score}, {"q": "no id"}]}]
    )
    assert node.citations == (Citation("q1", "Doc", "https://d", 0.9, "What\nThat", "c", "d"),)


@pytest.mark.parametrize(
    ("score", "best"),
    [
        (0.5, 0.5),
        ([], None),
        ([{"type": "rrf", "value": 0.03}], 0.03),
        (None, None),
        ("x", None),
        (True, None),
        (7, None),
    ],
)
def test_a_score_is_a_number_or_a_list(score: Any, best: float | None) -> None:
    assert best_score(score) == best


def test_a_source_that_is_no_web_page_is_not_linked() -> None:
    (node,) = finished_nodes([{"id": "1", "quoteList": [{"id": "q", "sourceId": "javascript:alert(1)"}]}])
    assert node.citations[0].url is None
