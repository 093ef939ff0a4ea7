"""A paused workflow's question, out of whatever FastGPT wrapped it in.

A sub-app, a loop or a tool that pauses wraps the question in its own, through `params.childrenResponse`. The deepest
one is what a person answers, in that one's own format; the server routes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.domain.events import WorkflowPaused
from bridge.domain.interactions import Ask, Choice, Field, FieldType, Form, Option, Pause
from bridge.fastgpt.fields import form_fields
from bridge.fastgpt.wire import AskedQuestion, Interactive, InteractiveParams, SelectOption, content_of, read
from bridge.fastgpt.wording import shown

DEEPEST = 100
"""Wrappers to look through. FastGPT itself nests workflows 20 deep at most (`WORKFLOW_MAX_RUN_DEPTH`)."""

AGENT_ASK = "agentAsk"
_CONFIRM_PLAN = "CONFIRM"  # `ConfirmPlanAgentText` in FastGPT's source
_NEW_ROUND = frozenset({"agentPlanAskQuery", AGENT_ASK})
_READABLE = "The workflow is waiting for a word from you."


def paused(interactive: Mapping[str, Any]) -> WorkflowPaused:
    """What is asked. A type not known yet becomes a `Pause` with whatever readable text it has."""
    deepest = unwrapped(interactive)
    item = read(Interactive, deepest) or Interactive()
    extends = item.type not in _NEW_ROUND or (item.type == AGENT_ASK and item.response_mode == "submit")
    return WorkflowPaused(kind=item.type or "unknown", ask=_ask(item, deepest), extends_record=extends)


def is_answered(interactive: Mapping[str, Any]) -> bool:
    deepest = unwrapped(interactive)
    item = read(Interactive, deepest) or Interactive()
    return item.params.selected is not None or item.params.submitted


def unwrapped(interactive: Mapping[str, Any]) -> Mapping[str, Any]:
    """The deepest question; a wrapper that holds itself, or is deeper than `DEEPEST`, is taken as it is."""
    seen: set[int] = set()
    current = interactive
    while len(seen) < DEEPEST and id(current) not in seen:
        seen.add(id(current))
        params = current.get("params")
        inner = params.get("childrenResponse") if isinstance(params, Mapping) else None
        if not isinstance(inner, Mapping):
            return current
        current = inner
    return current


def _ask(item: Interactive, raw: Mapping[str, Any]) -> Ask:
    params = item.params
    description = shown(params.description or item.description or params.content)
    if params.form:
        return Form(description, form_fields(params.form))
    if params.select_options:
        return Choice(description, tuple(_selectable(option) for option in params.select_options))
    if item.type == AGENT_ASK and params.questions:
        return _questions(description, params.questions)
    if item.type == "agentPlanCheck":
        return Choice(description or _READABLE, (Option("Confirm", _CONFIRM_PLAN),), free_text=True)
    options = _options(params.options)
    if options:
        return Choice(_with_reason(shown(params.content) or description, params), options, free_text=True)
    return Pause(_with_reason(description, params) or _readable(raw) or _READABLE)


def _with_reason(text: str, params: InteractiveParams) -> str:
    return "\n\n".join(piece for piece in (text, shown(params.reason)) if piece)


def _selectable(option: SelectOption) -> Option:
    """FastGPT compares the answer with `value` exactly, so it is sent untouched."""
    return Option(label=option.value.strip() or option.key, value=option.value, description=option.description)


def _options(raw: list[Any]) -> tuple[Option, ...]:
    found = []
    for item in raw:
        if isinstance(item, str) and item.strip():
            found.append(Option(item.strip(), item))
        option = read(SelectOption, item)
        if option is not None and (option.value or option.summary or option.label):
            label = option.summary or option.label or option.value
            found.append(Option(label.strip(), option.value or label, option.description))
    return tuple(found)


def _questions(description: str, questions: list[AskedQuestion]) -> Ask:
    if len(questions) == 1:
        text = "\n\n".join(piece for piece in (description, questions[0].question) if piece)
        options = _options(questions[0].options)
        return Choice(text, options, free_text=True) if options else Pause(text or _READABLE)
    return Form(description, tuple(_question_field(index, question) for index, question in enumerate(questions)))


def question_key(index: int) -> str:
    """The key of the field that stands for question `index` (from 0) of an agent."""
    return f"answer{index + 1}"


def _question_field(index: int, question: AskedQuestion) -> Field:
    options = _options(question.options)
    return Field(
        key=question_key(index),
        label=question.question or f"Question {index + 1}",
        type=FieldType.SELECT if options else FieldType.INPUT,
        required=True,
        options=options,
    )


def _readable(raw: Mapping[str, Any]) -> str:
    """Any text in an unknown question that is meant for people."""
    params = raw.get("params")
    for place in (params if isinstance(params, Mapping) else {}, raw):
        for name in ("description", "content", "question", "title", "text", "message"):
            text = content_of(place.get(name)).strip()
            if text:
                return shown(text)
    return ""
