"""The adapter in front of the emulated Telegram, through the unmodified library and the real transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.config import TelegramConfig
from bridge.transport import open_transport
from tests.adapters.telegram.doubles import FastClock
from tests.doubles import RecordingGateway
from tests.emulators.telegram import Person, TelegramEmulator
from tests.emulators.telegram import Place as EmulatedPlace


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
async def tg(clock: FastClock) -> AsyncIterator[TelegramEmulator]:
    async with TelegramEmulator(clock=clock, repoll_penalty=False) as emulator:
        yield emulator
        assert emulator.silently_changed == []


@pytest.fixture
def ada(tg: TelegramEmulator) -> Person:
    """Somebody whom the bot may write to."""
    person = tg.person("Ada")
    person.say("Hello")
    return person


@pytest.fixture
def team(tg: TelegramEmulator) -> EmulatedPlace:
    return tg.group("Team")


@pytest.fixture
async def adapter(tg: TelegramEmulator, clock: FastClock) -> AsyncIterator[TelegramAdapter]:
    transport = open_transport(environment_proxies=False)
    config = TelegramConfig(tg.token, tg.base_url, poll_seconds=1)
    telegram = TelegramAdapter(config, clock, transport)
    await telegram.connect()
    yield telegram
    await telegram.close()
    await transport.aclose()


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
async def listening(adapter: TelegramAdapter, gateway: RecordingGateway) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(adapter.listen(gateway))
    yield task
    task.cancel()
    await asyncio.wait({task})
