"""A small app with buttons and a modal, for the tests that press them."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import Message, Person, SlackEmulator

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
