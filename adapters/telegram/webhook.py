"""Telegram over HTTP: it posts every update to us, and we look whether it can.

A request is answered with 200 once its update is committed. With anything else Telegram repeats it, ever more seldom,
for a day, and keeps what the same chat sends behind it, so that order is kept (tdlib/telegram-bot-api, WebhookActor).
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Mapping

from adapters.telegram.api import TelegramApi, WebhookInfo
from adapters.telegram.config import TelegramConfig
from adapters.telegram.intake import Intake
from adapters.telegram.places import PLATFORM
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.ports import Clock, Gateway, HttpAnswer, HttpRequest

logger = logging.getLogger(__name__)

_SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - its name


def knows_secret(headers: Mapping[str, str], secret: str) -> bool:
    """In constant time. Nobody knows an empty secret. `headers` are named in lower case."""
    given = headers.get(_SECRET_HEADER, "").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(given, secret.encode()) and bool(secret)


class Posting:
    """Sets the webhook, looks after it, and takes what comes. Any number of processes may do so at once."""

    def __init__(
        self, api: TelegramApi, config: TelegramConfig, intake: Intake, gateway: Gateway, clock: Clock
    ) -> None:
        self._api = api
        self._config = config
        self._intake = intake
        self._gateway = gateway
        self._clock = clock
        self._last_error_at = 0

    async def run(self) -> None:
        """Until cancelled. Raises PlatformError; it is permanent once the token is not valid any more."""
        await self._set()
        self._last_error_at = (await self._api.webhook()).last_error_at
        self._gateway.heard(PLATFORM)
        while True:
            await self._clock.sleep(self._config.look_every)
            try:
                await self._look()
            except PlatformError as error:
                if error.permanent:
                    raise
                logger.warning("webhook_unknown", extra={"error": error.sentence})

    async def receive(self, request: HttpRequest) -> HttpAnswer:
        """Raises StoreUnavailable."""
        try:
            raw = json.loads(request.body)
        except (ValueError, RecursionError):
            return HttpAnswer(400)
        if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
            return HttpAnswer(400)
        self._gateway.heard(PLATFORM)
        await self._intake.take([raw])
        return HttpAnswer(200)

    async def _set(self) -> None:
        """Again is harmless, and the only way to be sure of the secret. An address that Telegram refuses may be good in
        a minute, when its name is known."""
        try:
            await self._api.set_webhook(self._config.webhook_address, self._config.webhook_secret)
        except PlatformError as error:
            if error.fault is not PlatformFault.REFUSED:
                raise
            raise PlatformError(error.sentence, fault=error.fault, permanent=False) from error
        logger.info("webhook_set", extra={"address": self._config.webhook_address})

    async def _look(self) -> None:
        info = await self._api.webhook()
        if info.address != self._config.webhook_address:
            logger.warning("webhook_lost", extra={"address": info.address})
            await self._set()
        elif info.last_error_at > self._last_error_at:
            self._last_error_at = info.last_error_at
            self._tell(info)
        elif not info.waiting:
            self._gateway.heard(PLATFORM)

    def _tell(self, info: WebhookInfo) -> None:
        logger.warning("webhook_unreached", extra={"error": info.last_error, "waiting": info.waiting})
        self._gateway.unreached(PLATFORM, f"Telegram could not deliver: {info.last_error} ({info.waiting} waiting)")
