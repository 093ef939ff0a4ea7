"""Frames and whole answers, as events: what no capture shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.events import (
    AssistantEvent,
    NodeFinished,
    PluginFinished,
    ReasoningAdded,
    StatusChanged,
    TextAdded,
    Titled,
    ToolState,
    ToolUsed,
    WorkflowPaused,
)
from bridge.domain.interactions import Choice, Option
from bridge.fastgpt.decode import AnswerDecoder, answer_events
from bridge.fastgpt.sse import Frame
from tests.fastgpt.captures import captured


def delta(**fields: Any) -> str:
    return json.dumps({"choices": [{"delta": {"role": "assistant", **fields}, "index": 0, "finish_reason": None}]})


def decoded(*frames: tuple[str, object]) -> list[AssistantEvent]:
    decoder = AnswerDecoder()
    return [
        event
        for name, data in frames
        for event in decoder.decode(Frame(name, data if isinstance(data, str) else json.dumps(data)))
    ]


@pytest.mark.parametrize(
    ("fields", "events"),
    [
        ({"content": "hi"}, [TextAdded("hi")]),
        ({"content": ""}, []),
        ({"content": None}, []),
        ({}, []),
        ({"reasoning_content": "hm"}, [ReasoningAdded("hm")]),
        ({"reasoning_content": "hm", "content": "hi"}, [ReasoningAdded("hm"), TextAdded("hi")]),
        ({"content": [{"type": "text", "text": "a"}, {"text": {"content": "b"}}, {"image": 1}, 7]}, [TextAdded("ab")]),
        ({"content": 7}, []),
        ({"content": "a\x00b"}, [TextAdded("ab")]),
    ],
)
def test_a_chunk_is_read_whatever_its_content_is(fields: dict[str, Any], events: list[AssistantEvent]) -> None:
    assert decoded(("answer", delta(**fields))) == events


def test_an_emoji_sent_as_two_halves_arrives_whole() -> None:
    assert decoded(("answer", delta(content="ok \ud83c")), ("answer", delta(content="\udf0d!"))) == [
        TextAdded("ok "),
        TextAdded("🌍!"),
    ]


def test_half_an_emoji_never_reaches_anybody() -> None:
    events = decoded(("answer", delta(content="\udf0d a \ud83cb")), ("flowNodeStatus", {"name": "x\ud83c"}))
    assert events == [TextAdded("\ufffd a \ufffdb"), StatusChanged("x\ufffd")]


@pytest.mark.parametrize(
    ("event", "data", "events"),
    [
        ("flowNodeStatus", {"status": "running", "name": "Search"}, [StatusChanged("Search")]),
        ("flowNodeStatus", {"status": "running", "name": "workflow:template.plugin_start"}, []),
        ("toolCall", {"tool": {"id": "1", "toolName": "Weather"}}, [ToolUsed("1", "Weather", ToolState.RUNNING)]),
        (
            "toolCall",
            {"tool": {"id": "1", "toolName": "", "functionName": "w"}},
            [ToolUsed("1", "w", ToolState.RUNNING)],
        ),
        ("toolParams", {"tool": {"id": "1", "params": "{"}}, []),
        ("updateVariables", {"city": "Oslo"}, []),
        ("workflowDuration", {"durationSeconds": 1}, []),
        ("chatTitle", {"title": "Trip"}, [Titled("Trip")]),
        (
            "plan",
            {"plan": {"steps": [{"name": "Read", "status": "done"}, {"name": "Write", "status": "in_progress"}]}},
            [StatusChanged("Write")],
        ),
        ("planStatus", {"planStatus": {"status": "generating"}}, []),
        ("skillCall", {"skill": {}}, []),
        ("sandboxStatus", {"phase": "x"}, []),
        ("resumePhase", "catchup", []),
        ("flowNodeResponse", "undefined", []),
    ],
)
def test_every_event_is_decoded_or_knowingly_ignored(event: str, data: object, events: list[AssistantEvent]) -> None:
    decoder = AnswerDecoder()
    assert decoder.decode(Frame(event, data if isinstance(data, str) else json.dumps(data))) == events
    assert (decoder.unknown, decoder.garbage) == (0, 0)


def test_an_unknown_event_is_counted_and_nothing_more() -> None:
    decoder = AnswerDecoder()
    assert decoder.decode(Frame("stepCall", '{"a":1}')) == []
    assert decoder.unknown == 1


@pytest.mark.parametrize("data", ["{", "[" * 100_000, '{"choices":' + "[" * 100_000, "9" * 5000])
def test_garbage_is_counted_and_nothing_more(data: str) -> None:
    decoder = AnswerDecoder()
    assert decoder.decode(Frame("answer", data)) == []
    assert decoder.garbage == 1


@pytest.mark.parametrize("event", ["toolCall", "interactive", "flowResponses", "chatTitle", "plan", "flowNodeStatus"])
@pytest.mark.parametrize("data", ["7", '"x"', "[]", "[1]", '{"tool":7,"interactive":7,"plan":7,"title":[]}', "true"])
def test_the_right_event_with_the_wrong_data_says_nothing(event: str, data: str) -> None:
    assert [e for e in AnswerDecoder().decode(Frame(event, data)) if not isinstance(e, NodeFinished)] == []


def test_a_tool_keeps_its_name_until_its_response() -> None:
    call, response = {"id": "1", "toolName": "Weather"}, {"id": "1", "toolName": "", "response": "21"}
    assert decoded(("toolCall", {"tool": call}), ("toolResponse", {"tool": response}))[-1] == ToolUsed(
        "1", "Weather", ToolState.DONE
    )


def test_the_form_that_the_documentation_shows_for_v2_is_understood() -> None:
    wrapped = json.dumps({"event": "answer", "data": delta(content="hi")})
    decoder = AnswerDecoder()
    assert decoder.decode(Frame("", wrapped)) == [TextAdded("hi")]
    decoder.decode(Frame("", json.dumps({"event": "answer", "data": "[DONE]"})))
    assert decoder.complete


def test_text_that_looks_like_a_frame_stays_text() -> None:
    text = '{"event":"error","data":"{}"} [DONE]\n\ndata: x'
    assert decoded(("answer", delta(content=text))) == [TextAdded(text)]


def test_the_stop_chunk_completes_the_answer() -> None:
    decoder = AnswerDecoder()
    decoder.decode(Frame("answer", '{"choices":[{"delta":{"content":null},"finish_reason":"stop"}]}'))
    assert decoder.complete


def test_a_node_inside_another_is_told_once_although_it_is_sent_twice() -> None:
    child = {"id": "c", "moduleName": "Child", "moduleType": "chatNode"}
    parent = {"id": "p", "moduleName": "Loop", "moduleType": "loop", "loopDetail": [child]}
    assert [
        e.name
        for e in decoded(("flowNodeResponse", child), ("flowNodeResponse", parent))
        if isinstance(e, NodeFinished)
    ] == [
        "Child",
        "Loop",
    ]


def test_only_the_apps_own_plugin_output_is_the_result() -> None:
    inner = {"id": "1", "moduleType": "pluginOutput", "pluginOutput": {"a": 1}}
    nodes = [
        {"id": "2", "moduleType": "pluginModule", "pluginDetail": [inner]},
        {**inner, "id": "3", "pluginOutput": {"b": 2}},
    ]
    assert [e for e in decoded(("flowResponses", nodes)) if isinstance(e, PluginFinished)] == [PluginFinished({"b": 2})]


@pytest.mark.parametrize("data", ['{"message":"boom"}', "boom", '{"code":500,"statusText":"","message":"boom"}'])
def test_an_error_event_is_raised_in_any_shape(data: str) -> None:
    with pytest.raises(AssistantError, match="boom"):
        AnswerDecoder().decode(Frame("error", data))


@pytest.mark.parametrize("version", ["4.12.1", "4.14.3"])
@pytest.mark.parametrize(
    ("name", "text", "reasoning"),
    [
        ("01-simple-v1-json-detail", "Echo: hello there", ""),
        ("01-simple-v1-json-plain", "Echo: hello there", ""),
        ("01-simple-v2-json-detail", "Echo: hello there", ""),
        ("03-reason-v1-json-detail", "Echo: reason about it", "Let me think about it step by step. "),
        ("53-llm500-v1-json", "", ""),
    ],
)
def test_an_answer_given_at_once_is_the_same_answer(version: str, name: str, text: str, reasoning: str) -> None:
    events = list(answer_events(captured(name, version).json))
    assert "".join(e.text for e in events if isinstance(e, TextAdded)) == text
    assert "".join(e.text for e in events if isinstance(e, ReasoningAdded)) == reasoning
    if "llm500" in name:
        assert any(isinstance(e, NodeFinished) and "stub upstream exploded" in e.error for e in events)


@pytest.mark.parametrize("version", ["4.12.1", "4.14.3"])
def test_a_pause_given_at_once_follows_the_text_before_it(version: str) -> None:
    events = list(answer_events(captured("41-combo-1-json-detail", version).json))
    choice = Choice("How shall I go on? (text before)", (Option("Fill form", "Fill form"), Option("Stop", "Stop")))
    assert events[:2] == [TextAdded("Echo: start it"), WorkflowPaused("userSelect", choice, extends_record=True)]


def test_a_plugins_outputs_given_at_once_are_told() -> None:
    events = list(answer_events(captured("46-plugin-json").json))
    assert PluginFinished({"result": "abc"}) in events


def test_items_without_a_type_are_told_apart_by_what_they_have() -> None:
    content = [
        {"reasoning": {"content": "hm"}},
        {"tool": {"id": "1", "toolName": "W"}},
        {"text": {"content": "hi"}},
        {"plan": {}},
    ]
    answer = {"choices": [{"message": {"content": content}}]}
    assert list(answer_events(answer)) == [ReasoningAdded("hm"), ToolUsed("1", "W", ToolState.DONE), TextAdded("hi")]


def test_an_answer_without_content_is_an_empty_answer() -> None:
    assert list(answer_events({"choices": [{"message": {"role": "assistant"}}]})) == []


def test_the_error_of_a_whole_answer_is_a_failed_node() -> None:
    events = list(answer_events({"choices": [{"message": {"content": ""}}], "error": {"message": "no model"}}))
    assert [e.error for e in events if isinstance(e, NodeFinished)] == ["no model"]


@pytest.mark.parametrize("data", [[], 7, None, {}, {"choices": []}, {"choices": "x"}])
def test_json_that_is_no_answer_is_an_error(data: Any) -> None:
    with pytest.raises(AssistantError) as caught:
        list(answer_events(data))
    assert caught.value.fault in (AssistantFault.GARBAGE, AssistantFault.UNKNOWN)
