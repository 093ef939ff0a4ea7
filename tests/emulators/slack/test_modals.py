from __future__ import annotations

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import Person, SlackEmulator
from tests.emulators.slack.clicking import BUTTONS, MODAL, Clicks, Json, opened, plain
from tests.emulators.slack.conftest import refusal


async def test_a_trigger_opens_one_modal_within_three_seconds(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await opened(slack, client, clicks, anna, MODAL)
    assert await refusal(client.views_open(trigger_id=clicks.trigger, view=MODAL)) == "exchanged_trigger_id"
    clicks.modal, clicks.trigger = None, ""
    await anna.click(slack.answers()[-1], "Pears")
    trigger = await slack.until(lambda: clicks.trigger)
    slack.advance(3.1)
    assert await refusal(client.views_open(trigger_id=trigger, view=MODAL)) == "expired_trigger_id"
    assert await refusal(client.views_open(trigger_id="1.2.abc", view=MODAL)) == "invalid_trigger_id"


async def test_a_submission_has_all_values_and_closes_the_modal(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await opened(slack, client, clicks, anna, MODAL)
    submitted = await anna.submit({"Name": "Anna", "Fruit": ["Red", "Blue"], "f2": 33})
    assert submitted.accepted
    assert anna.modal is None
    view = clicks.bodies[-1]["view"]
    values = view["state"]["values"]
    assert values["f0"]["v"] == {"type": "plain_text_input", "value": "Anna"}
    assert [chosen["value"] for chosen in values["f1"]["v1"]["selected_options"]] == ["red", "blue"]
    assert values["f2"]["v2"]["value"] == "33"
    assert (view["private_metadata"], view["callback_id"]) == ("secret", "form")


@pytest.mark.parametrize(
    ("fields", "block"),
    [({}, "f0"), ({"Name": "Annabella"}, "f0"), ({"Name": "A", "Age": "old"}, "f2"), ({"Name": "A", "Age": 151}, "f2")],
)
async def test_the_client_does_not_send_what_is_missing_or_wrong(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person, fields: Json, block: str
) -> None:
    await opened(slack, client, clicks, anna, MODAL)
    submitted = await anna.submit(fields)
    assert list(submitted.errors) == [block]
    assert submitted.delivery is None
    assert anna.modal is not None


async def test_errors_of_the_app_keep_the_modal_and_what_was_entered(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await opened(slack, client, clicks, anna, MODAL)
    clicks.reply = {"response_action": "errors", "errors": {"f0": "taken"}}
    submitted = await anna.submit({"Name": "Anna"})
    assert submitted.errors == {"f0": "taken"}
    clicks.reply = {}
    assert (await anna.submit()).accepted


async def test_errors_for_blocks_that_are_no_inputs_are_slacks_own_error(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await opened(slack, client, clicks, anna, MODAL)
    clicks.reply = {"response_action": "errors", "errors": {"nowhere": "wrong"}}
    submitted = await anna.submit({"Name": "Anna"})
    assert "invalid_errors" in submitted.failed
    assert anna.troubles == [submitted.failed]


async def test_a_submission_can_update_push_and_clear(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await opened(slack, client, clicks, anna, MODAL)
    clicks.reply = {"response_action": "push", "view": MODAL | {"title": plain("Second")}}
    await anna.submit({"Name": "Anna"})
    assert anna.modal is not None
    assert anna.modal.title == "Second"
    clicks.reply = {"response_action": "clear"}
    await anna.submit({"Name": "Bo"})
    assert anna.modal is None


async def test_a_submission_that_nobody_acknowledges_shows_trouble(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await opened(slack, client, clicks, anna, MODAL | {"callback_id": "unheard of"})
    slack.sockets.abort()
    submitted = await anna.submit({"Name": "Anna"})
    assert submitted.failed
    assert anna.modal is not None


async def test_closing_is_told_if_asked_for(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await opened(slack, client, clicks, anna, MODAL)
    (told,) = await anna.close_modal()
    assert await told.outcome()
    assert clicks.bodies[-1]["type"] == "view_closed"
    assert anna.modal is None


async def test_a_view_is_updated_unless_its_hash_is_old(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await opened(slack, client, clicks, anna, MODAL)
    view = anna.modal
    assert view is not None
    old = view.hash
    await client.views_update(view_id=view.id, view=MODAL | {"title": plain("New")}, hash=old)
    assert view.title == "New"
    assert await refusal(client.views_update(view_id=view.id, view=MODAL, hash=old)) == "hash_conflict"
    await anna.close_modal()
    assert await refusal(client.views_update(view_id=view.id, view=MODAL)) == "not_found"


async def test_a_view_is_pushed_only_from_a_view_and_three_deep(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await opened(slack, client, clicks, anna, MODAL | {"blocks": [BUTTONS]})
    clicks.modal = None
    from_message = (await anna.click(slack.answers()[-1], "Pears")).payload["trigger_id"]
    assert await refusal(client.views_push(trigger_id=from_message, view=MODAL)) == "invalid_trigger_id"
    for depth in (2, 3, 4):
        view = anna.modal
        assert view is not None
        trigger = (await anna.click(view, "Pears")).payload["trigger_id"]
        pushed = client.views_push(trigger_id=trigger, view=MODAL | {"blocks": [BUTTONS]})
        if depth <= 3:
            await pushed
    assert await refusal(pushed) == "push_limit_reached"
