"""The adapter with the real libraries against the emulated Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.config import SlackConfig
from bridge.clock import SystemClock
from tests.adapters.slack.questions import Question
from tests.doubles import RecordingGateway
from tests.emulators.slack import SlackEmulator


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with SlackEmulator() as emulator:
        yield emulator


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
def config(slack: SlackEmulator) -> SlackConfig:
    return SlackConfig(
        bot_token=slack.bot_token,
        app_token=slack.app_token,
        api_base_url=slack.base_url,
        flush_every=0.02,
        edit_every=0.02,
        timeout=2.0,
        ping_interval=1.0,
    )


@pytest.fixture
async def adapter(config: SlackConfig) -> AsyncIterator[SlackAdapter]:
    """Connected, not listening."""
    adapter = SlackAdapter(config, SystemClock())
    await adapter.connect()
    yield adapter
    await adapter.close()


@pytest.fixture
async def listening(
    adapter: SlackAdapter, gateway: RecordingGateway, slack: SlackEmulator
) -> AsyncIterator[SlackAdapter]:
    """Connected, and receiving into `gateway`."""
    task = asyncio.create_task(adapter.listen(gateway))
    await slack.connected()
    yield adapter
    task.cancel()
    await asyncio.wait({task})


@pytest.fixture
async def question(slack: SlackEmulator, adapter: SlackAdapter) -> Question:
    return Question(slack, adapter, await slack.person("U1", "anna").mention("what?"))
