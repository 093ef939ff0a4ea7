"""Every way a workflow can ask, as the one question a person has to answer."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.domain.interactions import Choice, FieldType, Form, Option, Pause
from bridge.fastgpt.interactive import is_answered, paused, unwrapped
from tests.fastgpt.captures import captured
from tests.fastgpt.test_captures import heard


def wrapped(inner: dict[str, Any], *kinds: str) -> dict[str, Any]:
    for kind in kinds:
        inner = {"type": kind, "params": {"childrenResponse": inner}}
    return inner


SELECT = {
    "type": "userSelect",
    "params": {"description": "Go on?", "userSelectOptions": [{"key": "o1", "value": "Yes "}]},
}


def test_a_choice_sends_its_value_exactly_and_shows_it_trimmed() -> None:
    assert paused(SELECT).ask == Choice("Go on?", (Option("Yes", "Yes "),))


@pytest.mark.parametrize(
    "kinds",
    [
        ("childrenInteractive",),
        ("loopInteractive",),
        ("loopRunInteractive",),
        ("toolChildrenInteractive",),
        ("childrenInteractive", "toolChildrenInteractive", "loopInteractive") * 6,
    ],
)
def test_the_deepest_question_is_the_one_that_is_asked(kinds: tuple[str, ...]) -> None:
    asked = paused(wrapped(SELECT, *kinds))
    assert (asked.kind, asked.ask) == ("userSelect", paused(SELECT).ask)


@pytest.mark.parametrize(
    ("version", "capture"), [(v, n) for v in ("4.12.1", "4.14.3") for n in ("42-nested-1", "43-agent-1", "45-loop-1")]
)
def test_a_captured_nested_pause_is_a_plain_choice(version: str, capture: str) -> None:
    event = next(e for e in heard([captured(capture, version).body]).events if type(e).__name__ == "WorkflowPaused")
    assert getattr(event, "kind", "") == "userSelect"


def test_a_wrapper_that_holds_itself_ends() -> None:
    knot: dict[str, Any] = {"type": "childrenInteractive", "params": {}}
    knot["params"]["childrenResponse"] = knot
    assert unwrapped(knot) is knot
    assert isinstance(paused(knot).ask, Pause)


def test_a_thousand_wrappers_end() -> None:
    assert isinstance(paused(wrapped(SELECT, *["childrenInteractive"] * 1000)).ask, Pause)


def test_all_field_types_of_the_editor_are_known() -> None:
    event = next(e for e in heard([captured("36-formall-pause").body]).events if type(e).__name__ == "WorkflowPaused")
    form = event.ask  # type: ignore[union-attr]
    assert isinstance(form, Form)
    assert {field.key: field.type for field in form.fields} == {
        "Text": FieldType.INPUT,
        "Secret": FieldType.PASSWORD,
        "Num": FieldType.NUMBER,
        "One": FieldType.SELECT,
        "Many": FieldType.MULTIPLE_SELECT,
        "Flag": FieldType.SWITCH,
        "When": FieldType.TIME_POINT,
        "Range": FieldType.TIME_RANGE,
        "Files": FieldType.FILES,
        "Model": FieldType.TEXT_FALLBACK,
    }


def test_the_limits_of_a_field_are_kept() -> None:
    event = next(e for e in heard([captured("36-formall-pause").body]).events if type(e).__name__ == "WorkflowPaused")
    fields = {field.key: field for field in event.ask.fields}  # type: ignore[union-attr]
    assert (fields["Text"].required, fields["Text"].max_length) == (True, 50)
    assert (fields["Num"].minimum, fields["Num"].maximum) == (0, 10)
    assert fields["Many"].options == (Option("X", "X"), Option("Y", "Y"))


ASK = {
    "question": "Size?",
    "options": [{"summary": "S", "value": "a small one"}, {"summary": "L", "value": "a large one"}],
}


def test_one_question_of_an_agent_is_a_choice_that_takes_any_words() -> None:
    asked = paused({"type": "agentAsk", "askId": "1", "params": {"description": "A detail", "questions": [ASK]}})
    assert asked.ask == Choice(
        "A detail\n\nSize?", (Option("S", "a small one"), Option("L", "a large one")), free_text=True
    )
    assert not asked.extends_record


def test_several_questions_of_an_agent_are_a_form_of_selects() -> None:
    asked = paused({"type": "agentAsk", "params": {"questions": [ASK, {"question": "Why?"}]}, "responseMode": "submit"})
    assert isinstance(asked.ask, Form)
    assert [(f.key, f.label, f.type) for f in asked.ask.fields] == [
        ("answer1", "Size?", FieldType.SELECT),
        ("answer2", "Why?", FieldType.INPUT),
    ]
    assert asked.extends_record


QUERY_OPTIONS = ["A", {"value": "b", "label": "B"}]
CONFIRM = Choice("Good plan?", (Option("Confirm", "CONFIRM"),), free_text=True)
UNREADABLE = Pause("The workflow is waiting for a word from you.")


@pytest.mark.parametrize(
    ("interactive", "ask"),
    [
        ({"type": "agentPlanAskQuery", "params": {"content": "Which year?"}}, Pause("Which year?")),
        (
            {
                "type": "agentPlanAskQuery",
                "params": {"content": "Which?", "reason": "Two fit", "options": QUERY_OPTIONS},
            },
            Choice("Which?\n\nTwo fit", (Option("A", "A"), Option("B", "b")), free_text=True),
        ),
        ({"type": "agentPlanCheck", "params": {"description": "Good plan?"}}, CONFIRM),
        ({"type": "agentPlanAskUserSelect", "params": SELECT["params"]}, Choice("Go on?", (Option("Yes", "Yes "),))),
        (
            {"type": "paymentPause", "params": {"description": "chat:balance_not_enough_pause"}},
            Pause("The balance is used up. It can go on once it has been topped up."),
        ),
        ({"type": "holoDeck", "params": {"question": {"content": "Ready?"}}}, Pause("Ready?")),
        ({"type": "holoDeck", "params": 7}, UNREADABLE),
        ({}, UNREADABLE),
        ({"type": "userSelect", "params": {"userSelectOptions": [7, None]}}, UNREADABLE),
    ],
)
def test_other_ways_of_asking_are_readable(interactive: dict[str, Any], ask: object) -> None:
    assert paused(interactive).ask == ask


def test_repeated_options_stay_apart_by_position() -> None:
    options = [{"key": "reference_0", "value": "same"}, {"key": "reference_1", "value": "same"}]
    asked = paused({"type": "userSelect", "params": {"userSelectOptions": options}})
    assert isinstance(asked.ask, Choice)
    assert len(asked.ask.options) == 2


def test_an_answered_question_is_told_from_an_open_one() -> None:
    answered = {"type": "userSelect", "params": {**SELECT["params"], "userSelectedVal": ""}}  # type: ignore[dict-item]
    assert is_answered(wrapped(answered, "childrenInteractive"))
    assert not is_answered(SELECT)
    assert is_answered({"type": "userInput", "params": {"inputForm": [], "submitted": True}})
