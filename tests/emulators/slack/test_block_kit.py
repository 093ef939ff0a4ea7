from __future__ import annotations

from typing import Any

import pytest

from tests.emulators.slack import blocks as block_kit
from tests.emulators.slack.errors import Refused

Json = dict[str, Any]


def plain(text: str = "a") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "a") -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain(), **more}


def option(text: str = "a", value: str = "a") -> Json:
    return {"text": plain(text), "value": value}


def options(count: int) -> list[Json]:
    return [option(str(number), str(number)) for number in range(count)]


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def field(**element: Any) -> Json:
    return {"type": "input", "label": plain(), "element": element}


def section(**more: Any) -> Json:
    return {"type": "section", **({"text": mrkdwn()} | more)}


def table(rows: int, columns: int, text: str = "a") -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain(), "blocks": list(blocks), "submit": plain("Send"), **more}


HALF = {"text": plain("Good"), "value": "up"}
FEEDBACK = {"type": "feedback_buttons", "positive_button": HALF, "negative_button": HALF}
TEXT = {"type": "plain_text_input"}


@pytest.mark.parametrize(
    "block",
    [
        section(text=mrkdwn("a" * 3000)),
        section(fields=[mrkdwn("a" * 2000)] * 10, text=mrkdwn()) | {"text": mrkdwn()},
        {"type": "header", "text": plain("a" * 150)},
        {"type": "markdown", "text": "a" * 12_000},
        {"type": "context", "elements": [mrkdwn()] * 10},
        actions(*[button(action_id=str(number), value="v" * 2000) for number in range(25)]),
        actions({"type": "static_select", "options": options(100)}),
        actions({"type": "radio_buttons", "options": options(10), "initial_option": options(1)[0]}),
        {"type": "context_actions", "elements": [FEEDBACK, {"type": "icon_button", "icon": "trash", "text": plain()}]},
        field(**TEXT, max_length=3000),
        field(type="multi_static_select", options=options(3), max_selected_items=2),
        section(accessory={"type": "overflow", "options": options(5)}),
        table(100, 20),
        {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a"},
        {"type": "divider", "block_id": "b" * 255},
    ],
)
def test_what_the_documentation_allows_is_taken(block: Json) -> None:
    if block.get("fields"):
        block = block | {"fields": [mrkdwn("a" * 1000)] * 10}
    assert block_kit.message_blocks([block]) == [block]


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"type": "sektion"}, "unsupported type: sektion"),
        ({"text": "a"}, "missing required field: type"),
        (section(text=mrkdwn("a" * 3001)), "must be less than 3001 characters"),
        (section(text=mrkdwn("")), "must be more than 0 characters"),
        (section(colour="red"), "invalid additional property: colour"),
        (section(text="a"), "missing required field: type"),
        ({"type": "section"}, "missing required field: text"),
        (section(fields=[mrkdwn()] * 11), "no more than 10 items allowed"),
        ({"type": "header", "text": plain("a" * 151)}, "must be less than 151 characters"),
        ({"type": "header", "text": mrkdwn()}, "unsupported type: mrkdwn"),
        ({"type": "markdown", "text": ""}, "must be more than 0 characters"),
        ({"type": "markdown", "text": "a" * 12_001}, "must be less than 12001 characters"),
        ({"type": "context", "elements": [mrkdwn()] * 11}, "no more than 10 items allowed"),
        (actions(), "must provide an array of items"),
        (actions(*[button(action_id=str(number)) for number in range(26)]), "no more than 25 items allowed"),
        (actions(button(text=plain("a" * 76))), "must be less than 76 characters"),
        (actions(button(value="a" * 2001)), "must be less than 2001 characters"),
        (actions(button(style="loud")), "must be one of primary, danger"),
        (actions(button(url="nowhere")), "must be a valid URL"),
        (actions(TEXT), "unsupported type: plain_text_input"),
        (actions({"type": "radio_buttons", "options": options(11)}), "no more than 10 items allowed"),
        (actions({"type": "overflow", "options": options(6)}), "no more than 5 items allowed"),
        (actions({"type": "static_select", "options": options(101)}), "no more than 100 items allowed"),
        (actions({"type": "static_select", "options": [option("a" * 76)]}), "must be less than 76 characters"),
        (actions({"type": "static_select", "options": [option("a", "v" * 151)]}), "must be less than 151 characters"),
        (actions({"type": "static_select"}), "must have either options or option_groups"),
        (
            actions({"type": "static_select", "options": options(2), "initial_option": option("z")}),
            "initial option must be one of the options",
        ),
        (actions(button(confirm={"title": plain()})), "missing required field: text"),
        ({"type": "context_actions", "elements": [button()]}, "unsupported type: button"),
        ({"type": "context_actions", "elements": [FEEDBACK] * 6}, "no more than 5 items allowed"),
        (field(type="email_text_input"), "unsupported type: email_text_input"),
        (field(type="number_input", is_decimal_allowed=False), "unsupported type: number_input"),
        (field(type="file_input"), "unsupported type: file_input"),
        (field(**TEXT, min_length=5, max_length=2), "min_length must not be greater than max_length"),
        (table(101, 1), "no more than 100 items allowed"),
        (table(1, 21), "no more than 20 items allowed"),
        (table(1, 1, ""), "must be more than 0 characters"),
        (table(100, 20, "a" * 6), "tables must have at most 10000 characters"),
        ({"type": "alert", "text": plain()}, "unsupported type: alert"),
    ],
)
def test_what_the_documentation_does_not_allow_is_refused(block: Json, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        block_kit.message_blocks([block])
    assert refused.value.error == "invalid_blocks"
    assert sentence in refused.value.messages[0]


@pytest.mark.parametrize(
    ("blocks", "error"),
    [
        ([{"type": "divider"}] * 51, "invalid_blocks"),
        ([{"type": "divider", "block_id": "b"}] * 2, "invalid_blocks"),
        ([actions(button(action_id="a")), actions(button(action_id="a"))], "invalid_blocks"),
        ([{"type": "markdown", "text": "a" * 6001}] * 2, "msg_blocks_too_long"),
        ([section(text=mrkdwn("a" * 3000))] * 5, "msg_blocks_too_long"),
        ([{"type": "markdown", "text": "# a\n\nb\n\n" * 26}], "invalid_blocks"),
        ({"type": "divider"}, "invalid_blocks_format"),
    ],
)
def test_limits_that_span_blocks_hold(blocks: Any, error: str) -> None:
    with pytest.raises(Refused) as refused:
        block_kit.message_blocks(blocks)
    assert refused.value.error == error


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        (modal(title=plain("a" * 25)), "must be less than 25 characters"),
        (modal(submit=plain("a" * 25)), "must be less than 25 characters"),
        (modal(private_metadata="a" * 3001), "must be less than 3001 characters"),
        (modal(*[{"type": "divider"}] * 101), "no more than 100 items allowed"),
        (modal({"type": "markdown", "text": "a"}), "unsupported type: markdown"),
        (modal({"type": "context_actions", "elements": [FEEDBACK]}), "unsupported type: context_actions"),
        ({key: value for key, value in modal(field(**TEXT)).items() if key != "submit"}, "`submit` is required"),
        (modal(field(type="number_input")), "missing required field: is_decimal_allowed"),
        (modal(field(type="number_input", is_decimal_allowed=True, min_value=1)), "a number written as a string"),
        (modal(field(type="number_input", is_decimal_allowed=False, min_value="1.5")), "decimals are not allowed"),
        (modal(field(**TEXT, max_length=3001)), "must be an integer from 1 to 3000"),
        (modal(field(**TEXT, placeholder=plain("a" * 151))), "must be less than 151 characters"),
        (modal(field(type="datepicker", initial_date="1.2.2026")), "a date as YYYY-MM-DD"),
        (modal(colour="red"), "invalid additional property: colour"),
        ({"type": "home", "blocks": []}, "view type must be one of modal"),
    ],
)
def test_a_modal_that_slack_would_not_open_is_refused(view: Json, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        block_kit.view(view, ("modal",))
    assert refused.value.error == "invalid_arguments"
    assert sentence in refused.value.messages[0]


def test_a_modal_takes_every_input() -> None:
    numbers = {"is_decimal_allowed": True, "min_value": "0", "max_value": "9.5"}
    kinds = ["plain_text_input", "email_text_input", "url_text_input", "file_input", "datepicker", "datetimepicker"]
    fields = [field(type=kind, action_id=kind) for kind in kinds] + [field(type="number_input", **numbers)]
    assert block_kit.view(modal(*fields), ("modal",))


def test_a_view_of_more_than_250_kilobytes_is_too_large() -> None:
    options_ = [option("ü" * 75, "ü" * 150)] * 100
    fields = [field(type="static_select", options=options_, action_id=str(number)) for number in range(10)]
    with pytest.raises(Refused, match="view_too_large"):
        block_kit.view(modal(*fields), ("modal",))
