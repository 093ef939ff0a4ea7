"""Telegram's Bot API, through python-telegram-bot: the one file of this adapter that can fail remotely.

Everything goes through `Bot.do_api_request` and comes back as plain JSON: the library knows Bot API 10.0 and Telegram
speaks 10.3, and a reply the library cannot parse must not turn a message that was sent into an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import telegram
from telegram.request import HTTPXRequest

from adapters.telegram.addressing import Me
from adapters.telegram.config import TelegramConfig
from adapters.telegram.entities import Rendered
from adapters.telegram.failures import ChatMoved, download_failed, foreign_errors_mapped, too_large
from adapters.telegram.payloads import ALLOWED_UPDATES
from adapters.telegram.places import Place, Spot
from bridge.domain.errors import PlatformError, PlatformFault

__all__ = ["ChatMoved", "TelegramApi", "WebhookInfo"]

_NO_PREVIEW = {"is_disabled": True}
_LARGEST_DOWNLOAD = 20 * 1024 * 1024  # bytes; Bot API, getFile
_READ_TIMEOUT = 15.0  # seconds

Markup = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """Bot API, WebhookInfo. `last_error_at` is in Unix seconds, 0 if there was none; `waiting` counts updates."""

    address: str
    waiting: int
    last_error_at: int
    last_error: str


class _Shared(httpx.AsyncBaseTransport):
    """A transport that outlives the clients built on it: httpx clients close theirs, and this one is not ours."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)


class TelegramApi:
    """Every method raises PlatformError, and nothing else."""

    def __init__(self, config: TelegramConfig, transport: httpx.AsyncBaseTransport | None) -> None:
        self._config = config
        self._transport = _Shared(transport) if transport is not None else httpx.AsyncHTTPTransport()
        self._bot = telegram.Bot(
            config.bot_token,
            base_url=config.method_base_url,
            base_file_url=config.file_base_url,
            request=self._request(),
            get_updates_request=self._request(),
        )

    def _request(self) -> HTTPXRequest:
        """With a transport given, the library's pool settings mean nothing; the transport has its own."""
        return HTTPXRequest(
            write_timeout=10.0,
            connect_timeout=10.0,
            pool_timeout=10.0,
            httpx_kwargs={"transport": _Shared(self._transport)},
        )

    async def close(self) -> None:
        await self._transport.aclose()

    async def _call(self, method: str, *, seconds: float = _READ_TIMEOUT, **fields: Any) -> Any:
        """In lower case ("All methods in the Bot API are case-insensitive"), because the library warns about every
        call by a name that it has a method for."""
        given = {name: value for name, value in fields.items() if value is not None}
        with foreign_errors_mapped(method):
            return await self._bot.do_api_request(method.lower(), api_kwargs=given, read_timeout=seconds)

    # --- the bot itself ---

    async def me(self) -> Me:
        """Unlike `Bot.initialize`, whose error would quote the token."""
        raw = await self._call("getMe")
        return Me(int(raw["id"]), str(raw.get("username", "")))

    async def set_commands(self, commands: Mapping[str, str], scope: str) -> None:
        listed = [{"command": name, "description": text} for name, text in commands.items()]
        await self._call("setMyCommands", commands=listed, scope={"type": scope})

    # --- receiving ---

    async def drop_webhook(self) -> None:
        """While a webhook is set getUpdates is refused. What is waiting stays."""
        await self._call("deleteWebhook", drop_pending_updates=False)

    async def set_webhook(self, address: str, secret: str) -> None:
        """What is waiting stays, and is posted."""
        await self._call(
            "setWebhook",
            url=address,
            secret_token=secret,
            allowed_updates=list(ALLOWED_UPDATES),
            drop_pending_updates=False,
        )

    async def webhook(self) -> WebhookInfo:
        raw = await self._call("getWebhookInfo")
        return WebhookInfo(
            address=str(raw.get("url", "")),
            waiting=int(raw.get("pending_update_count", 0)),
            last_error_at=int(raw.get("last_error_date", 0)),
            last_error=str(raw.get("last_error_message", "")),
        )

    async def updates(self, offset: int | None) -> list[dict[str, Any]]:
        """Long polling. Asking with an offset confirms every update before it."""
        raw = await self._call(
            "getUpdates",
            seconds=self._config.poll_seconds + _READ_TIMEOUT,
            offset=offset,
            timeout=self._config.poll_seconds,
            limit=100,
            allowed_updates=list(ALLOWED_UPDATES),
        )
        return [update for update in raw if isinstance(update, dict)]

    # --- messages ---

    async def send(
        self, place: Place, content: Rendered, *, markup: Markup | None = None, reply_to: int | None = None
    ) -> Spot:
        reply = None if reply_to is None else {"message_id": reply_to, "allow_sending_without_reply": True}
        raw = await self._call(
            "sendMessage",
            chat_id=place.chat,
            message_thread_id=place.topic,
            **_content(content),
            reply_markup=markup,
            reply_parameters=reply,
        )
        return Spot(place.chat, int(raw["message_id"]))

    async def edit(self, spot: Spot, content: Rendered, *, markup: Markup | None = None) -> None:
        """That nothing changed is no error."""
        with _unmodified_is_fine():
            await self._call(
                "editMessageText",
                chat_id=spot.chat,
                message_id=spot.message,
                **_content(content),
                reply_markup=markup,
            )

    async def rebutton(self, spot: Spot, markup: Markup | None) -> None:
        with _unmodified_is_fine():
            await self._call("editMessageReplyMarkup", chat_id=spot.chat, message_id=spot.message, reply_markup=markup)

    async def delete(self, spot: Spot) -> None:
        await self._call("deleteMessage", chat_id=spot.chat, message_id=spot.message)

    async def draft(self, place: Place, draft: int, content: Rendered) -> None:
        """A preview that lives 30 seconds; an empty one shows as "Thinking…". Private chats only."""
        await self._call(
            "sendMessageDraft",
            chat_id=place.chat,
            message_thread_id=place.topic,
            draft_id=draft,
            text=content.text,
            entities=[entity.payload() for entity in content.entities] or None,
            can_stop=True,
        )

    async def typing(self, place: Place) -> None:
        """Lasts five seconds."""
        await self._call("sendChatAction", chat_id=place.chat, message_thread_id=place.topic, action="typing")

    async def answer(self, callback: str, text: str = "", *, alert: bool = False) -> bool:
        """False if it is too late: a press can be answered for some 15 seconds, and once."""
        try:
            await self._call("answerCallbackQuery", callback_query_id=callback, text=text or None, show_alert=alert)
        except PlatformError as error:
            if error.fault in (PlatformFault.GONE, PlatformFault.REFUSED):
                return False
            raise
        return True

    # --- files ---

    async def download(self, file: str, limit: int) -> bytes:
        """At most `limit` bytes, and at most what getFile gives, which is 20 MB. Raises PlatformError; permanent if the
        file is larger or gone."""
        described = await self._call("getFile", file_id=file)
        largest = min(limit, _LARGEST_DOWNLOAD)
        if int(described.get("file_size") or 0) > largest:
            raise too_large(largest)
        with foreign_errors_mapped("the download"):
            async with self._opened(str(described.get("file_path", ""))) as response:
                return await _body(response, largest)

    @asynccontextmanager
    async def _opened(self, path: str) -> AsyncIterator[httpx.Response]:
        """The address holds the token, so it stays inside of here."""
        url = f"{self._config.file_base_url}{self._config.bot_token}/{path}"
        async with (
            httpx.AsyncClient(transport=_Shared(self._transport), timeout=30.0) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise download_failed(response.status_code)
            yield response


async def _body(response: httpx.Response, limit: int) -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > limit:
            raise too_large(limit)
    return bytes(content)


def _content(content: Rendered) -> dict[str, Any]:
    return {
        "text": content.text,
        "entities": [entity.payload() for entity in content.entities] or None,
        "link_preview_options": _NO_PREVIEW,
    }


class _unmodified_is_fine:
    """The screen shows what it should, which is all an edit is for."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, PlatformError) and "not modified" in error.sentence
