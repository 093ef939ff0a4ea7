from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import SlackEmulator

SECRET = "signing-secret"
Json = dict[str, Any]


class Site:
    """A bolt app behind HTTP; `slow` lets it miss the deadline."""

    def __init__(self, slack: SlackEmulator, client: AsyncWebClient) -> None:
        self.heard: list[tuple[str, str | None]] = []
        app = AsyncApp(client=client, signing_secret=SECRET)

        @app.middleware
        async def note(body: Json, req: Any, next: Any) -> None:
            retry = (req.headers.get("x-slack-retry-num") or [None])[0]
            self.heard.append((body.get("type") or body["command"], retry))
            await next()

        @app.event("message")
        async def message() -> None: ...

        @app.command("/fastgpt")
        async def command(ack: Any) -> None:
            await ack("at your service")

        self.app = app.web_app("/slack/events")


@pytest.fixture
async def site(slack: SlackEmulator, client: AsyncWebClient) -> AsyncIterator[Site]:
    site = Site(slack, client)
    runner = web.AppRunner(site.app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    slack.deliver_to(f"http://127.0.0.1:{port}/slack/events", SECRET)
    yield site
    await runner.cleanup()


async def test_the_address_is_verified_by_a_challenge(slack: SlackEmulator, site: Site) -> None:
    assert await slack.webhooks.verify()


async def test_an_event_is_signed_and_acknowledged(slack: SlackEmulator, site: Site) -> None:
    assert await (await slack.person("U1").dm("hi")).acked()
    assert site.heard == [("event_callback", None)]


async def test_a_command_is_answered_in_the_response(slack: SlackEmulator, site: Site) -> None:
    await slack.person("U1").command("/fastgpt", "help")
    assert [message.body for message in slack.ephemerals("U1")] == ["at your service"]


async def test_an_interaction_comes_as_a_form(slack: SlackEmulator, site: Site) -> None:
    delivery = await slack.person("U1").shortcut("nobody listens to this")
    assert not await delivery.outcome()
    assert site.heard == [("shortcut", None)]


async def test_a_wrong_secret_is_never_acknowledged(slack: SlackEmulator, site: Site) -> None:
    slack.deliver_to(slack.webhooks.url, "another secret")
    (delivery,) = (await slack.person("U1").dm("hi")).deliveries
    await slack.until(lambda: len(delivery.attempts) == 2)
    assert not delivery.acked
    assert site.heard == []
