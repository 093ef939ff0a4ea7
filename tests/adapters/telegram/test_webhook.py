"""Receiving by webhook: what Telegram posts is answered once it is committed, and nobody else is listened to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.config import TelegramConfig
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.updates import MessageReceived, Unreadable
from bridge.ports import HttpAnswer, HttpRequest, Webhook
from bridge.transport import open_transport
from bridge.web.server import WebServer
from tests.adapters.telegram.doubles import FastClock
from tests.doubles import RecordingGateway
from tests.emulators.telegram import TelegramEmulator, faults
from tests.loopback import free_port

SECRET = "Right-secret_1"
HEADER = "x-telegram-bot-api-secret-token"


async def _healthy() -> tuple[bool, dict[str, Any]]:
    return True, {}


@pytest.fixture
def config(tg: TelegramEmulator) -> TelegramConfig:
    tg.settings.local_server = True
    url = f"http://127.0.0.1:{free_port()}"
    return TelegramConfig(tg.token, tg.base_url, webhook_url=url, webhook_secret=SECRET, look_every=2.0)


@asynccontextmanager
async def connected(config: TelegramConfig, clock: FastClock) -> AsyncIterator[TelegramAdapter]:
    transport = open_transport(environment_proxies=False)
    adapter = TelegramAdapter(config, clock, transport)
    await adapter.connect()
    try:
        yield adapter
    finally:
        await adapter.close()
        await transport.aclose()


@pytest.fixture
async def adapter(config: TelegramConfig, clock: FastClock) -> AsyncIterator[TelegramAdapter]:
    """Connected and served, not listening."""
    async with connected(config, clock) as adapter:
        server = WebServer(int(config.webhook_url.rpartition(":")[2]), _healthy, [adapter], "127.0.0.1")
        await server.start()
        yield adapter
        await server.close()


def posted(body: str, secret: str = SECRET) -> HttpRequest:
    return HttpRequest({HEADER: secret}, body.encode())


def texts(gateway: RecordingGateway) -> list[str]:
    return [update.text for update in gateway.updates if isinstance(update, MessageReceived)]


async def test_it_is_a_webhook_that_any_number_of_processes_may_serve(adapter: TelegramAdapter) -> None:
    assert isinstance(adapter, Webhook)
    assert not adapter.capabilities.single_listener


def test_without_an_address_it_polls(tg: TelegramEmulator, clock: FastClock) -> None:
    adapter = TelegramAdapter(TelegramConfig(tg.token, tg.base_url), clock)
    assert adapter.webhook_path is None
    assert adapter.capabilities.single_listener
    assert not adapter.admits({HEADER: ""})


@pytest.mark.parametrize(
    "url", ["https://x.test", "https://x.test/", "https://x.test/telegram/updates", "https://x.test/telegram/updates/"]
)
def test_the_path_is_put_behind_the_address_unless_it_is_there(url: str) -> None:
    assert TelegramConfig("1:a", webhook_url=url).webhook_address == "https://x.test/telegram/updates"


def test_a_path_of_the_operators_stays_in_front() -> None:
    config = TelegramConfig("1:a", webhook_url="https://x.test/bridge/")
    assert config.webhook_address == "https://x.test/bridge/telegram/updates"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: SECRET.lower()},
        {HEADER: SECRET.upper()},
        {HEADER: SECRET[:-1]},
        {HEADER: SECRET + "1"},
        {HEADER: " " + SECRET},
        {HEADER: "ä\udcff"},
        {"x-telegram-bot-api-secret": SECRET},
        {"authorization": f"Bearer {SECRET}"},
    ],
)
def test_who_does_not_know_the_secret_is_not_admitted(
    config: TelegramConfig, clock: FastClock, headers: dict[str, str]
) -> None:
    adapter = TelegramAdapter(config, clock)
    assert adapter.admits({HEADER: SECRET})
    assert not adapter.admits(headers)


@pytest.mark.usefixtures("listening")
async def test_what_was_written_before_and_after_the_webhook_is_set_comes_once(
    tg: TelegramEmulator, gateway: RecordingGateway
) -> None:
    ada = tg.person("Ada")
    ada.say("before")
    await tg.until(lambda: texts(gateway) == ["before"])
    again = ada.say("after")
    await tg.until(lambda: texts(gateway) == ["before", "after"] and not tg.unhandled)
    tg.redeliver(again.update_id, 4)
    await tg.until(lambda: len(tg.webhook.attempts) == 6)
    assert texts(gateway) == ["before", "after"]
    assert {status for _, status in tg.webhook.attempts} == {200}


@pytest.mark.usefixtures("listening")
async def test_what_is_not_committed_is_not_acknowledged_and_comes_again(
    tg: TelegramEmulator, gateway: RecordingGateway
) -> None:
    gateway.outages = 2
    tg.person("Ada").say("Keep me")
    await tg.until(lambda: gateway.updates and not tg.unhandled)
    assert [status for _, status in tg.webhook.attempts] == [503, 503, 200]
    assert texts(gateway) == ["Keep me"]


async def test_while_nobody_listens_telegram_is_told_to_come_again(adapter: TelegramAdapter) -> None:
    assert await adapter.receive(posted('{"update_id": 1}')) == HttpAnswer(503)


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize(
    "body", ["", "{", "[1]", "7", "{}", '{"update_id": "1"}', "\ud800", pytest.param("[" * 100_000, id="deep")]
)
async def test_what_is_no_update_leads_nowhere(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, body: str
) -> None:
    await tg.until(lambda: tg.world.webhook)
    request = HttpRequest({HEADER: SECRET}, body.encode("utf-8", "surrogatepass"))
    assert (await adapter.receive(request)).status == 400
    assert gateway.updates == []


@pytest.mark.usefixtures("listening")
async def test_an_update_nobody_can_read_is_stored_and_stops_nothing(
    tg: TelegramEmulator, gateway: RecordingGateway
) -> None:
    tg.inject({"message": {"message_id": "what?", "chat": 7}})
    tg.person("Ada").say("Next")
    await tg.until(lambda: len(gateway.updates) == 2 and not tg.unhandled)
    assert {type(update) for update in gateway.updates} == {Unreadable, MessageReceived}


@pytest.mark.usefixtures("listening")
async def test_a_press_that_nobody_answers_stops_spinning(tg: TelegramEmulator, adapter: TelegramAdapter) -> None:
    await tg.until(lambda: tg.world.webhook)
    ada = tg.person("Ada")
    ada.say("hello")
    message = ada.private.messages[-1]
    body = {"id": "77", "from": ada.user.json(), "message": message.json(), "chat_instance": "1", "data": "not ours"}
    tg.inject({"callback_query": body})
    await tg.until(lambda: tg.calls_of("answerCallbackQuery"))
    assert tg.calls_of("answerCallbackQuery")[0].params["callback_query_id"] == "77"


@pytest.mark.usefixtures("listening")
async def test_a_webhook_that_somebody_took_away_is_set_again(tg: TelegramEmulator, config: TelegramConfig) -> None:
    await tg.until(lambda: tg.world.webhook)
    tg.world.webhook = {}
    await tg.until(lambda: tg.world.webhook.get("url") == config.webhook_address)
    assert len(tg.calls_of("setWebhook")) == 2


@pytest.mark.usefixtures("listening")
async def test_what_telegram_could_not_deliver_is_told_once_and_is_over_when_it_could(
    tg: TelegramEmulator, gateway: RecordingGateway
) -> None:
    await tg.until(lambda: len(gateway.heard_from) == 1)
    tg.world.webhook |= {"last_error_date": 1, "last_error_message": "Connection timed out"}
    await tg.until(lambda: gateway.problems)
    await tg.until(lambda: len(gateway.heard_from) > 1)
    assert gateway.problems == ["Telegram could not deliver: Connection timed out (0 waiting)"]


async def test_an_address_that_telegram_refuses_is_said_and_may_be_good_later(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway
) -> None:
    tg.settings.local_server = False
    with pytest.raises(PlatformError) as refused:
        await adapter.listen(gateway)
    assert not refused.value.permanent
    assert "https url must be provided" in refused.value.sentence


async def test_a_revoked_token_ends_it(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway
) -> None:
    tg.fail("getWebhookInfo", faults.server_error(502), after=1)
    listening = asyncio.create_task(adapter.listen(gateway))
    await tg.until(lambda: len(tg.calls_of("getWebhookInfo")) >= 3)
    tg.token = "110201543:revoked"
    with pytest.raises(PlatformError) as refused:
        await listening
    assert (refused.value.permanent, refused.value.fault) == (True, PlatformFault.UNAUTHORISED)


async def test_polling_takes_the_webhook_away_and_loses_nothing(
    config: TelegramConfig, clock: FastClock, tg: TelegramEmulator, gateway: RecordingGateway
) -> None:
    async with connected(config, clock) as before:
        task = asyncio.create_task(before.listen(gateway))
        await tg.until(lambda: tg.world.webhook)
        task.cancel()
        await asyncio.wait({task})
    tg.person("Ada").say("meanwhile")
    async with connected(replace(config, webhook_url="", poll_seconds=1), clock) as after:
        task = asyncio.create_task(after.listen(gateway))
        await tg.until(lambda: texts(gateway) == ["meanwhile"])
        task.cancel()
        await asyncio.wait({task})
    assert tg.world.webhook == {}
