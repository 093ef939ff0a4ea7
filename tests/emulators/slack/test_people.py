from __future__ import annotations

import json

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import Person, SlackEmulator
from tests.emulators.slack.clicking import (
    BUTTONS,
    FEEDBACK,
    GENERAL,
    INLINE,
    RED_OR_BLUE,
    Clicks,
    Json,
    first,
    plain,
    posted,
)


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


async def test_what_only_others_see_cannot_be_pressed(
    slack: SlackEmulator, client: AsyncWebClient, anna: Person
) -> None:
    await client.chat_postEphemeral(channel=GENERAL, user="U1", text="-", blocks=[BUTTONS])
    (message,) = slack.ephemerals("U1")
    with pytest.raises(AssertionError, match="somebody else"):
        await slack.person("U2").click(message, "Pears")
    told = await anna.click(message, "Pears")
    assert told.payload["container"]["is_ephemeral"]
    assert "message" not in told.payload


async def test_a_button_may_be_hidden_from_some(slack: SlackEmulator, client: AsyncWebClient, anna: Person) -> None:
    button = {"type": "button", "action_id": "a", "text": plain("Mine"), "visible_to_user_ids": ["U1"]}
    message = await posted(slack, client, {"type": "actions", "elements": [button]})
    await anna.click(message, "Mine")
    with pytest.raises(AssertionError, match="hidden"):
        await slack.person("U2").click(message, "Mine")


async def test_a_response_url_deletes_the_original(slack: SlackEmulator, client: AsyncWebClient, anna: Person) -> None:
    message = await posted(slack, client, BUTTONS)
    url = (await anna.click(message, "Pears")).payload["response_url"]
    await _respond(url, {"delete_original": True})
    assert message.deleted
