"""The emulator with the real SDK on the other end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import Person, SlackEmulator
from tests.emulators.slack.clicking import Clicks


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with SlackEmulator() as emulator:
        yield emulator


@pytest.fixture
async def client(slack: SlackEmulator) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(token=slack.bot_token, base_url=slack.base_url, session=session, retry_handlers=[])


@pytest.fixture
def app(client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client)


@pytest.fixture
async def clicks(slack: SlackEmulator, app: AsyncApp) -> AsyncIterator[Clicks]:
    """The small app, connected."""
    clicks = Clicks(app)
    slack.world.echo = False
    async with listening(slack, app):
        yield clicks


@pytest.fixture
def anna(slack: SlackEmulator) -> Person:
    return slack.person("U1", "anna")


async def refusal(call: Awaitable[object]) -> str:
    """The error Slack answers this call with; fails if it does not."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


@asynccontextmanager
async def listening(slack: SlackEmulator, app: AsyncApp, sockets: int = 1) -> AsyncIterator[None]:
    """The app is connected for as long as the block lasts."""
    handlers = [AsyncSocketModeHandler(app, slack.app_token, ping_interval=1) for _ in range(sockets)]
    for handler in handlers:
        await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.connected(sockets)
    try:
        yield
    finally:
        for handler in handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]
