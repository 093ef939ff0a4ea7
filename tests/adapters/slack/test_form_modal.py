"""What a modal shows of what was typed before."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.slack.form_modal import form_view
from bridge.domain.forms import unfinished
from bridge.domain.interactions import Draft, Field, FieldType, Form, Json
from tests.builders import asking

CUPS = Field("c", "Cups", FieldType.NUMBER, default=2, minimum=1, maximum=10)
BOUNDS = {"min_value": "1", "max_value": "10"}


def number_shown(typed: Json, field: Field = CUPS) -> dict[str, Any]:
    """The element of a number after the modal was closed with `typed` in it."""
    form = Form("Order", (field,))
    values = unfinished(form, {field.key: typed})
    view = form_view(asking(form, draft=Draft(values=values)), form)
    element = view["blocks"][-1]["element"]
    return {key: element[key] for key in ("initial_value", "min_value", "max_value") if key in element}


@pytest.mark.parametrize("typed", ["99", "-3"])
def test_a_wrong_number_stands_there_again_and_its_bounds_are_left_to_the_check(typed: str) -> None:
    assert number_shown(typed) == {"initial_value": typed}


def test_a_right_number_stands_there_with_its_bounds() -> None:
    assert number_shown("7") == {"initial_value": "7", **BOUNDS}


@pytest.mark.parametrize("typed", ["many", "nan", None])
def test_what_slack_would_not_take_as_a_number_becomes_the_default(typed: Json) -> None:
    assert number_shown(typed) == {"initial_value": "2", **BOUNDS}
