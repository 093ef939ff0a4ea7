"""Health over a real port, for whoever watches from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bridge.services.health import Health
from bridge.store.memory import MemoryStore
from bridge.web.server import WebServer
from tests.fakes import FakeClock


@asynccontextmanager
async def served(health: Health) -> AsyncIterator[WebServer]:
    store = MemoryStore(FakeClock())
    server = WebServer(0, lambda: health.report(store), host="127.0.0.1")
    await server.start()
    try:
        yield server
    finally:
        await server.close()


async def got(server: WebServer, path: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{server.port}{path}") as response,
    ):
        return response.status, await response.json(content_type=None) if response.status != 404 else None


async def test_a_process_that_runs_says_so_even_in_trouble() -> None:
    health = Health(FakeClock())
    health.troubled("slack", "away")
    async with served(health) as server:
        assert await got(server, "/health/live") == (200, {"live": True})


async def test_a_bridge_that_can_work_is_ready() -> None:
    health = Health(FakeClock(), version="1.2.3")
    health.heard("slack")
    async with served(health) as server:
        status, facts = await got(server, "/health/ready")
    assert status == 200
    assert facts == {
        "ready": True,
        "version": "1.2.3",
        "platforms": {"slack": {"state": "listening", "heard_seconds_ago": 0.0}},
        "apps": {},
        "running_turns": 0,
        "inbox": {"new": 0, "done": 0, "dead": 0},
        "longest_wait_seconds": None,
    }


async def test_a_bridge_in_trouble_is_not_ready_and_says_why() -> None:
    health = Health(FakeClock())
    health.troubled("slack", "The token is wrong.")
    async with served(health) as server:
        status, facts = await got(server, "/health/ready")
    assert status == 503
    assert facts["platforms"]["slack"]["problem"] == "The token is wrong."


async def test_nothing_else_is_served() -> None:
    async with served(Health(FakeClock())) as server:
        assert (await got(server, "/"))[0] == 404


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_behind() -> None:
    async with served(Health(FakeClock())) as server:
        second = WebServer(server.port, server._report, host="127.0.0.1")
        with pytest.raises(OSError, match="address already in use"):
            await second.start()
        await second.close()
        assert (await got(server, "/health/live"))[0] == 200


async def test_a_server_that_was_closed_answers_no_more() -> None:
    async with served(Health(FakeClock())) as server:
        port = server.port
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as session:
            await session.get(f"http://127.0.0.1:{port}/health/live")
