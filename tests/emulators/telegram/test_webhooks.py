from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import BadRequest

from tests.emulators.telegram import TelegramEmulator


@dataclass
class Hook:
    """A bot's webhook that answers with these statuses, then with 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.texts.append((await request.json())["message"]["text"])
        return web.Response(status=status)


@pytest.fixture
async def hook(tg: TelegramEmulator) -> AsyncIterator[Hook]:
    tg.settings.local_server = True
    hook, app = Hook(), web.Application()
    app.router.add_post("/hook", hook.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


async def test_updates_are_posted_with_the_secret(tg: TelegramEmulator, bot: Bot, hook: Hook) -> None:
    await bot.set_webhook(hook.url, secret_token="s3cret")
    tg.person().say("hello")
    await tg.until(lambda: hook.texts == ["hello"] and not tg.unhandled)
    assert hook.secrets == ["s3cret"]


async def test_what_is_refused_is_posted_again_in_order(tg: TelegramEmulator, bot: Bot, hook: Hook) -> None:
    hook.statuses = [500, 503]
    await bot.set_webhook(hook.url)
    ada = tg.person()
    ada.say("one")
    ada.say("two")
    await tg.until(lambda: hook.texts == ["one", "two"])
    assert [status for _, status in tg.webhook.attempts] == [500, 503, 200, 200]


async def test_a_chat_that_waits_does_not_hold_up_another(tg: TelegramEmulator, bot: Bot, hook: Hook) -> None:
    hook.statuses = [500] * 4
    await bot.set_webhook(hook.url)
    tg.person("Ada").say("from Ada")
    await tg.until(lambda: tg.webhook.attempts)
    hook.statuses = []
    tg.person("Grace").say("from Grace")
    await tg.until(lambda: sorted(hook.texts) == ["from Ada", "from Grace"])


async def test_a_confirmed_update_can_be_posted_again(tg: TelegramEmulator, bot: Bot, hook: Hook) -> None:
    await bot.set_webhook(hook.url)
    message = tg.person().say("again")
    await tg.until(lambda: hook.texts == ["again"] and not tg.unhandled)
    tg.redeliver(message.update_id, times=2)
    await tg.until(lambda: hook.texts == ["again"] * 3)


@pytest.mark.parametrize(
    ("url", "secret", "reason"),
    [
        ("http://bridge.example.org/hook", "", "An HTTPS URL must be provided"),
        ("https://bridge.example.org:8080/hook", "", "only on ports 80, 88, 443 or 8443"),
        ("http://127.0.0.1:8080/hook", "", "An HTTPS URL must be provided"),
        ("https://bridge.example.org/hook", "not allowed!", "secret token contains unallowed characters"),
    ],
)
async def test_a_bad_webhook_is_refused(bot: Bot, url: str, secret: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        await bot.set_webhook(url, secret_token=secret or None)


async def test_what_is_known_of_a_webhook_can_be_asked(tg: TelegramEmulator, bot: Bot, hook: Hook) -> None:
    hook.statuses = [503] * 1000
    await bot.set_webhook(hook.url, allowed_updates=["message"], max_connections=7)
    tg.person().say("hello")
    await tg.until(lambda: tg.webhook.attempts)
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections, info.allowed_updates) == (hook.url, 7, ("message",))
    assert info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"


async def test_no_more_chats_are_served_at_once_than_there_are_connections(
    tg: TelegramEmulator, bot: Bot, hook: Hook
) -> None:
    hook.statuses = [500] * 1000
    await bot.set_webhook(hook.url, max_connections=1)
    first, second = tg.person("Ada").say("one"), tg.person("Grace").say("two")
    await tg.until(lambda: len(tg.webhook.attempts) > 2)
    assert {update for update, _ in tg.webhook.attempts} == {first.update_id} != {second.update_id}


async def test_pending_updates_go_only_when_that_is_asked(tg: TelegramEmulator, bot: Bot) -> None:
    tg.person().say("keep me")
    await bot.delete_webhook(drop_pending_updates=False)
    assert (await bot.get_webhook_info()).pending_update_count == 1
    await bot.delete_webhook(drop_pending_updates=True)
    assert tg.unhandled == []
