"""What real servers sent decodes to what FastGPT's own page made of it, however it is cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.errors import AssistantError
from bridge.domain.events import (
    AssistantEvent,
    NodeFinished,
    ReasoningAdded,
    StatusChanged,
    TextAdded,
    ToolUsed,
    WorkflowPaused,
)
from bridge.fastgpt.decode import AnswerDecoder
from bridge.fastgpt.interactive import paused
from bridge.fastgpt.sse import SseParser
from tests.fastgpt.captures import CAPTURES, Capture, captured

STREAMS = [capture for capture in CAPTURES if capture.oracle is not None and "-plain" not in capture.name]


@dataclass
class Heard:
    events: list[AssistantEvent] = field(default_factory=list)
    error: str = ""
    complete: bool = False
    strange: int = 0

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextAdded))


def heard(chunks: Iterable[bytes]) -> Heard:
    parser, decoder, result = SseParser(), AnswerDecoder(), Heard()
    try:
        for chunk in chunks:
            for frame in parser.feed(chunk):
                result.events += decoder.decode(frame)
    except AssistantError as error:
        result.error = error.sentence
    result.complete = decoder.complete
    result.strange = decoder.unknown + decoder.garbage + parser.skipped
    return result


@pytest.mark.parametrize("capture", STREAMS, ids=str)
def test_a_captured_stream_is_understood_as_fastgpts_own_page_understood_it(capture: Capture) -> None:
    ours, oracle = heard([capture.body]), capture.oracle or {}
    theirs, rejected = oracle["events"], oracle.get("rejected")
    assert ours.text == (rejected or oracle)["responseText"]
    assert bool(ours.error) == bool(rejected)
    assert ours.strange == 0
    assert [e.text for e in ours.events if isinstance(e, ReasoningAdded)] == [
        e["reasoningText"] for e in theirs if e.get("reasoningText")
    ]
    assert [e.name for e in ours.events if isinstance(e, StatusChanged)] == [
        e["name"] for e in theirs if e["event"] == "flowNodeStatus"
    ]
    assert [e for e in ours.events if isinstance(e, WorkflowPaused)] == [
        paused(e["interactive"]) for e in theirs if e["event"] == "interactive"
    ]
    assert [(e.id, e.state.value) for e in ours.events if isinstance(e, ToolUsed)] == [
        (e["tool"]["id"], "running" if e["event"] == "toolCall" else "done")
        for e in theirs
        if e["event"] in ("toolCall", "toolResponse")
    ]


@pytest.mark.parametrize("capture", STREAMS, ids=str)
def test_how_a_captured_stream_is_cut_changes_nothing(capture: Capture) -> None:
    whole = heard([capture.body])
    assert heard(capture.reads()) == whole
    assert heard(capture.body[at : at + 1] for at in range(len(capture.body))) == whole


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_random_cut_changes_what_a_stream_says(data: st.DataObject) -> None:
    capture = data.draw(st.sampled_from(STREAMS))
    body = capture.body
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=20)))
    edges = [0, *cuts, len(body)]
    assert heard(body[a:b] for a, b in pairwise(edges)) == heard([body])


@pytest.mark.parametrize("version", ["4.12.1", "4.14.3"])
def test_a_stream_without_detail_gives_its_text_all_the_same(version: str) -> None:
    answer = heard([captured("01-simple-v1-stream-plain", version).body])
    assert (answer.text, answer.complete) == ("Echo: hello there", True)


@pytest.mark.parametrize("capture", [c for c in STREAMS if "disconnect" in c.name], ids=str)
def test_a_stream_that_was_cut_is_not_complete(capture: Capture) -> None:
    answer = heard([capture.body])
    assert (bool(answer.text), answer.complete) == (True, False)


@pytest.mark.parametrize("version", ["4.12.1", "4.14.3"])
@pytest.mark.parametrize("endpoint", ["v1", "v2"])
def test_a_model_that_failed_inside_a_complete_answer_is_told(version: str, endpoint: str) -> None:
    answer = heard([captured(f"53-llm500-{endpoint}-stream", version).body])
    failed = [event.error for event in answer.events if isinstance(event, NodeFinished) and event.error]
    assert (answer.text, answer.complete) == ("", True)
    assert "stub upstream exploded" in failed[0]


def test_an_error_after_text_keeps_the_text() -> None:
    answer = heard([captured("63-concurrent-resume-2").body])
    assert answer.text == "\nYou confirmed."
    assert "No matching document found" in answer.error
