"""What in the domain's shapes is secret."""

from __future__ import annotations

from dataclasses import replace

from bridge.domain.interactions import Ask, FieldType, Filled, Form
from bridge.domain.turns import Question


def secret_keys(ask: Ask) -> list[str]:
    """The keys of the password fields."""
    return [field.key for field in ask.fields if field.type is FieldType.PASSWORD] if isinstance(ask, Form) else []


def has_passwords(question: Question) -> bool:
    answer = question.answer
    return isinstance(answer, Filled) and any(answer.values.get(key) for key in answer.passwords)


def without_passwords(question: Question, secret: list[str]) -> Question:
    """The other values stay: they are needed to ask again."""
    answer = question.answer
    if isinstance(answer, Filled):
        hidden = {*secret, *answer.passwords}
        answer = replace(answer, values={key: value for key, value in answer.values.items() if key not in hidden})
    variables = {key: value for key, value in question.variables.items() if key not in secret}
    return replace(question, answer=answer, variables=variables)
