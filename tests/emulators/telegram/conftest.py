"""The emulator and the unmodified client library, face to face."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from tests.emulators.telegram import TelegramEmulator

NO_CERTIFICATES = {"verify": False, "trust_env": False}  # loading them takes longer than a test


@pytest.fixture
async def tg() -> AsyncIterator[TelegramEmulator]:
    async with TelegramEmulator(repoll_penalty=False) as emulator:
        yield emulator


@pytest.fixture
async def bot(tg: TelegramEmulator) -> AsyncIterator[Bot]:
    async with library_bot(tg) as bot:
        yield bot


@pytest.fixture
async def http(tg: TelegramEmulator) -> AsyncIterator[httpx.AsyncClient]:
    """Raw HTTP on the bot's URL, for what the library would never send."""
    async with httpx.AsyncClient(base_url=f"{tg.base_url}{tg.token}/", timeout=5) as client:
        yield client


def library_bot(tg: TelegramEmulator) -> Bot:
    return Bot(
        tg.token,
        base_url=tg.base_url,
        base_file_url=tg.base_file_url,
        request=HTTPXRequest(read_timeout=2, httpx_kwargs=NO_CERTIFICATES),
        get_updates_request=HTTPXRequest(read_timeout=5, httpx_kwargs=NO_CERTIFICATES),
    )
