"""Credentials, files and sockets."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest
from aiohttp import web

from adapters.slack.adapter import SlackAdapter
from adapters.slack.config import SlackConfig
from bridge.clock import SystemClock
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.updates import Attachment
from bridge.ports import Adapter, FileSource
from tests.doubles import RecordingGateway
from tests.emulators.slack import SlackEmulator


def test_tokens_do_not_show() -> None:
    config = SlackConfig(bot_token="xoxb-1", app_token="xapp-1", signing_secret="s3cret")
    assert not {"xoxb-1", "xapp-1", "s3cret"} & set(repr(config).replace("'", " ").split())


async def test_it_is_an_adapter_that_can_fetch_files(adapter: SlackAdapter, slack: SlackEmulator) -> None:
    port: Adapter = adapter
    assert isinstance(adapter, FileSource)
    assert port.bot == slack.workspace.bot_user


@pytest.mark.parametrize("wrong", ["bot_token", "app_token"])
async def test_a_wrong_token_is_said_at_once(config: SlackConfig, wrong: str) -> None:
    tokens = {"bot_token": config.bot_token, "app_token": config.app_token, wrong: "xoxb-wrong"}
    adapter = SlackAdapter(replace(config, **tokens), SystemClock())  # type: ignore[arg-type]
    with pytest.raises(PlatformError) as refused:
        await adapter.connect()
    await adapter.close()
    assert (refused.value.permanent, refused.value.fault) == (True, PlatformFault.UNAUTHORISED)
    assert "xoxb-wrong" not in refused.value.sentence


async def test_missing_scopes_are_named_with_what_they_cost(
    slack: SlackEmulator, config: SlackConfig, caplog: pytest.LogCaptureFixture
) -> None:
    slack.grant_only("chat:write", "app_mentions:read", "im:history", "channels:history")
    adapter = SlackAdapter(config, SystemClock())
    with caplog.at_level(logging.WARNING):
        await adapter.connect()
    await adapter.close()
    (fact,) = [vars(record) for record in caplog.records if record.getMessage() == "scopes_missing"]
    assert "files:read (files people send)" in fact["losses"]
    assert "chat:write" not in fact["losses"]


async def test_a_file_that_is_too_large_is_not_read_to_its_end(slack: SlackEmulator, adapter: SlackAdapter) -> None:
    file = slack.person("U1").file("big.bin", b"x" * 1000, "application/octet-stream")
    with pytest.raises(PlatformError) as refused:
        await adapter.download(Attachment(f"{file['id']} {file['url_private']}", "big.bin"), 999)
    assert refused.value.permanent


async def test_a_file_without_an_address_is_looked_up(slack: SlackEmulator, adapter: SlackAdapter) -> None:
    sent = await slack.person("U1").upload("a.txt", b"hello", "text/plain")
    assert await adapter.download(Attachment(sent.message.files[0]["id"], "a.txt"), 100) == b"hello"


async def test_the_login_page_is_not_taken_for_the_file(slack: SlackEmulator, adapter: SlackAdapter) -> None:
    file = slack.person("U1").file("a.txt", b"hello", "text/plain")
    slack.grant_only("chat:write")
    with pytest.raises(PlatformError) as refused:
        await adapter.download(Attachment(f"{file['id']} {file['url_private']}", "a.txt"), 100_000)
    assert "files:read" in refused.value.sentence


async def test_the_token_is_not_sent_to_strangers(adapter: SlackAdapter) -> None:
    seen: list[str | None] = []

    async def greedy(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.Response(text="x")

    app = web.Application()
    app.router.add_get("/{path:.*}", greedy)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    with pytest.raises(PlatformError):
        await adapter.download(Attachment(f"F1 http://{host}:{port}/files.slack.com/a.txt", "a.txt"), 100)
    await runner.cleanup()
    assert seen == []


async def test_a_socket_that_fell_silent_is_replaced(
    slack: SlackEmulator, config: SlackConfig, gateway: RecordingGateway
) -> None:
    adapter = SlackAdapter(replace(config, ping_interval=0.05, watch_every=0.1), SystemClock())
    await adapter.connect()
    listening = asyncio.create_task(adapter.listen(gateway))
    await slack.connected()
    first = slack.sockets.connections[0]
    first.frozen = True
    await slack.until(lambda: any(connection is not first for connection in slack.sockets.connections))
    await slack.until(lambda: gateway.heard_from)
    sent = await slack.person("U1").dm("still there?")
    slack.advance(60)
    await slack.until(lambda: gateway.updates)
    listening.cancel()
    await asyncio.wait({listening})
    await adapter.close()
    assert sent.deliveries


async def test_a_socket_that_broke_without_a_word_is_replaced_at_the_next_look(
    slack: SlackEmulator, config: SlackConfig, gateway: RecordingGateway
) -> None:
    """The SDK looks after it once per ping interval only."""
    adapter = SlackAdapter(replace(config, ping_interval=30.0, watch_every=0.1), SystemClock())
    await adapter.connect()
    listening = asyncio.create_task(adapter.listen(gateway))
    await slack.connected()
    first = slack.sockets.connections[0]
    slack.sockets.abort()
    await slack.until(lambda: any(connection is not first for connection in slack.sockets.connections))
    listening.cancel()
    await asyncio.wait({listening})
    await adapter.close()


async def test_a_revoked_app_token_ends_listening_with_its_reason(
    slack: SlackEmulator, adapter: SlackAdapter, gateway: RecordingGateway
) -> None:
    slack.workspace.tokens[slack.app_token].error = "token_revoked"
    with pytest.raises(PlatformError) as refused:
        await adapter.listen(gateway)
    assert refused.value.permanent
