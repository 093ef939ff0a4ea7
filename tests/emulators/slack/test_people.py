from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import Message, Person, SlackEmulator
from tests.emulators.slack.conftest import listening, refusal

Json = dict[str, Any]
GENERAL = "C0GENERAL"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(text: str) -> Json:
    return {"text": plain(text), "value": text.lower()}


RED_OR_BLUE = [option("Red"), option("Blue")]
BUTTONS: Json = {
    "type": "actions",
    "block_id": "pick",
    "elements": [
        {"type": "button", "action_id": "a", "text": plain("Apples"), "value": "1"},
        {"type": "button", "action_id": "b", "text": plain("Pears"), "value": "2", "style": "primary"},
    ],
}
INLINE: list[Json] = [
    {
        "type": "input",
        "block_id": "colour",
        "label": plain("Colour"),
        "element": {"type": "static_select", "action_id": "c", "options": RED_OR_BLUE},
    },
    {
        "type": "input",
        "block_id": "name",
        "label": plain("Name"),
        "element": {"type": "plain_text_input", "action_id": "n", "initial_value": "Bo"},
    },
    BUTTONS,
]
FEEDBACK: Json = {
    "type": "context_actions",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "fb",
            "positive_button": {"text": plain("Good"), "value": "up"},
            "negative_button": {"text": plain("Bad"), "value": "down"},
        }
    ],
}
MODAL: Json = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("A form"),
    "submit": plain("Send"),
    "private_metadata": "secret",
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "f0",
            "label": plain("Name"),
            "element": {"type": "plain_text_input", "action_id": "v", "max_length": 5},
        },
        {
            "type": "input",
            "block_id": "f1",
            "label": plain("Fruit"),
            "optional": True,
            "element": {"type": "checkboxes", "action_id": "v1", "options": RED_OR_BLUE},
        },
        {
            "type": "input",
            "block_id": "f2",
            "label": plain("Age"),
            "optional": True,
            "element": {"type": "number_input", "action_id": "v2", "is_decimal_allowed": False, "max_value": "150"},
        },
    ],
}


class Clicks:
    """An app that opens `modal` on clicks, and answers its submission with `reply`."""

    def __init__(self, app: AsyncApp) -> None:
        self.bodies: list[Json] = []
        self.modal: Json | None = None
        self.reply: Json = {}
        self.trigger = ""

        @app.action({"type": "block_actions", "action_id": "a"})
        @app.action({"type": "block_actions", "action_id": "b"})
        @app.action({"type": "block_actions", "action_id": "fb"})
        async def clicked(ack: Any, body: Json, client: AsyncWebClient) -> None:
            await ack()
            self.bodies.append(body)
            self.trigger = body["trigger_id"]
            if self.modal is not None:
                await client.views_open(trigger_id=self.trigger, view=self.modal)

        @app.view("form")
        async def submitted(ack: Any, body: Json) -> None:
            self.bodies.append(body)
            await ack(**self.reply)

        @app.view_closed("form")
        async def closed(ack: Any, body: Json) -> None:
            self.bodies.append(body)
            await ack()

        @app.options("x")
        async def offered(ack: Any, payload: Json) -> None:
            await ack(options=[option(payload["value"] + "!")])

        @app.command("/fastgpt")
        async def commanded(ack: Any, body: Json) -> None:
            self.bodies.append(body)
            await ack(f"you said {body['text']}")

        @app.event("message")
        async def message() -> None: ...


@pytest.fixture
async def clicks(slack: SlackEmulator, app: AsyncApp) -> AsyncIterator[Clicks]:
    clicks = Clicks(app)
    slack.world.echo = False
    async with listening(slack, app):
        yield clicks


@pytest.fixture
def anna(slack: SlackEmulator) -> Person:
    return slack.person("U1", "anna")


async def posted(slack: SlackEmulator, client: AsyncWebClient, *blocks: Json) -> Message:
    await client.chat_postMessage(channel=GENERAL, text="a message", blocks=list(blocks))
    return slack.answers()[-1]


async def first(slack: SlackEmulator, clicks: Clicks) -> Json:
    """The first payload the app got."""
    await slack.until(lambda: clicks.bodies)
    return clicks.bodies[0]


async def opened(slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person, view: Json) -> None:
    clicks.modal = view
    await anna.click(await posted(slack, client, BUTTONS), "Pears")
    await slack.until(lambda: anna.modal)


async def test_a_click_tells_everything_that_slack_tells(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    message = await posted(slack, client, BUTTONS)
    assert await (await anna.click(message, "Pears")).outcome()
    body = await first(slack, clicks)
    assert body["user"]["id"] == "U1"
    assert body["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": GENERAL,
        "is_ephemeral": False,
    }
    (action,) = body["actions"]
    assert (action["action_id"], action["block_id"], action["value"], action["type"]) == ("b", "pick", "2", "button")
    assert body["message"]["blocks"][0]["block_id"] == "pick"
    assert body["response_url"].startswith("http://127.0.0.1:")


async def test_a_click_brings_what_was_typed_into_the_message(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    message = await posted(slack, client, *INLINE)
    anna.enter(message, {"Colour": "Blue"})
    await (await anna.click(message, action_id="a")).outcome()
    values = (await first(slack, clicks))["state"]["values"]
    assert values["colour"]["c"]["selected_option"]["value"] == "blue"
    assert values["name"]["n"]["value"] == "Bo"


async def test_what_is_not_there_cannot_be_pressed(slack: SlackEmulator, client: AsyncWebClient, anna: Person) -> None:
    message = await posted(slack, client, BUTTONS)
    with pytest.raises(AssertionError, match="no such button"):
        await anna.click(message, "Plums")
    await client.chat_delete(channel=GENERAL, ts=message.ts)
    with pytest.raises(AssertionError, match="gone"):
        await anna.click(message, "Pears")


async def test_a_thumb_has_the_value_of_its_side(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    message = await posted(slack, client, FEEDBACK)
    assert message.labels == ("Good", "Bad")
    await (await anna.feedback(message, good=False)).outcome()
    action = (await first(slack, clicks))["actions"][0]
    assert (action["type"], action["value"]) == ("feedback_buttons", "down")


async def test_a_choice_in_an_input_block_tells_nobody(
    slack: SlackEmulator, client: AsyncWebClient, anna: Person
) -> None:
    message = await posted(slack, client, *INLINE)
    assert await anna.choose(message, "Red", element="Colour") is None


async def test_a_choice_beside_a_section_is_told_at_once(
    slack: SlackEmulator, client: AsyncWebClient, anna: Person
) -> None:
    menu = {"type": "static_select", "action_id": "m", "options": RED_OR_BLUE}
    message = await posted(slack, client, {"type": "section", "text": plain("Pick"), "accessory": menu})
    told = await anna.choose(message, "Red")
    assert told is not None
    assert told.payload["actions"][0]["selected_option"]["value"] == "red"


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


async def test_a_home_is_published_and_its_buttons_work(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    await client.views_publish(user_id="U1", view={"type": "home", "blocks": [BUTTONS]})
    assert anna.home is not None
    await (await anna.click(anna.home, "Apples")).outcome()
    body = await first(slack, clicks)
    assert body["container"]["type"] == "view"


async def test_a_command_is_answered_to_the_person_alone(slack: SlackEmulator, clicks: Clicks, anna: Person) -> None:
    await anna.command("/fastgpt", "help")
    assert [message.body for message in slack.ephemerals("U1")] == ["you said help"]


async def test_an_external_select_offers_what_the_app_offers(
    slack: SlackEmulator, client: AsyncWebClient, clicks: Clicks, anna: Person
) -> None:
    select = {"type": "external_select", "action_id": "x"}
    message = await posted(slack, client, {"type": "section", "text": plain("Pick"), "accessory": select})
    assert await anna.suggestions(message, "plum") == ["plum!"]


async def _respond(url: str, body: Json) -> tuple[int, Json]:
    async with aiohttp.ClientSession() as http:
        answer = await http.post(url, data=json.dumps(body), headers={"Content-Type": "application/json"})
        return answer.status, await answer.json()


async def test_a_response_url_works_five_times(slack: SlackEmulator, client: AsyncWebClient, anna: Person) -> None:
    message = await posted(slack, client, BUTTONS)
    url = (await anna.click(message, "Pears")).payload["response_url"]
    for number in range(5):
        assert (await _respond(url, {"text": str(number), "replace_original": True}))[0] == 200
    assert (message.body, message.controls) == ("4", ())
    assert await _respond(url, {"text": "6"}) == (404, {"ok": False, "error": "used_url"})


async def test_a_response_url_expires_after_half_an_hour(
    slack: SlackEmulator, client: AsyncWebClient, anna: Person
) -> None:
    url = (await anna.click(await posted(slack, client, BUTTONS), "Pears")).payload["response_url"]
    slack.advance(1801)
    assert await _respond(url, {"text": "late"}) == (404, {"ok": False, "error": "expired_url"})


async def test_a_response_url_answers_privately_and_takes_no_markdown(
    slack: SlackEmulator, client: AsyncWebClient, anna: Person
) -> None:
    url = (await anna.click(await posted(slack, client, BUTTONS), "Pears")).payload["response_url"]
    await _respond(url, {"text": "psst"})
    assert [message.body for message in slack.ephemerals("U1")] == ["psst"]
    assert (await _respond(url, {"markdown_text": "**x**"}))[1]["error"] == "no_text"


async def test_a_reaction_tells_whose_message_it_is_on(
    slack: SlackEmulator, client: AsyncWebClient, anna: Person
) -> None:
    message = await posted(slack, client, BUTTONS)
    told = await anna.react(message, "+1")
    assert told is not None
    assert told.payload["event"]["item_user"] == slack.workspace.bot_user
    assert message.reactions == {"+1": ["U1"]}
    await anna.unreact(message, "+1")
    assert message.reactions == {}


async def test_a_guest_cannot_write_to_an_agent(slack: SlackEmulator) -> None:
    with pytest.raises(AssertionError, match="guests"):
        await slack.person("U7", guest=True).dm("hi")


async def test_a_person_of_another_team_is_told_as_such(slack: SlackEmulator) -> None:
    stranger = slack.person("U8", team="T0OTHER")
    slack.workspace.channels[GENERAL].shared = True
    (delivery, _) = (await stranger.mention("hi")).deliveries
    assert delivery.payload["is_ext_shared_channel"]
    assert delivery.payload["context_team_id"] == delivery.payload["event"]["team"] == "T0OTHER"
