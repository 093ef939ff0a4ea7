"""Text with placeholders."""

from __future__ import annotations

import pytest

from bridge.domain.templates import filled, has_only_placeholders


def test_a_name_that_looks_like_a_placeholder_is_only_a_name() -> None:
    assert filled("{name} in {channel}", {"name": "{channel}", "channel": "C1"}) == "{channel} in C1"


def test_what_is_not_known_of_a_person_is_empty() -> None:
    assert filled("<{locale}>", {}) == "<>"


@pytest.mark.parametrize("template", ["{nmae}", "{Name}", "{ name }", "{name} {user_id}"])
def test_a_misspelt_placeholder_is_found(template: str) -> None:
    assert not has_only_placeholders(template)


@pytest.mark.parametrize("template", ["", "{name}", "{{name}}", '{"a": 1}', "{1}", "{", "{id}{link}"])
def test_other_braces_are_text(template: str) -> None:
    assert has_only_placeholders(template)
