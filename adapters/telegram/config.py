"""What the operator says about the Telegram bot."""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_API = "https://api.telegram.org/bot"


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """`api_base_url` is the address up to and including `/bot`, as the token follows it directly.

    `poll_seconds`: how long one long poll may last, at most 50 (telegram-bot-api's own limit).
    `patience`: seconds a final text waits inline while Telegram rate-limits the chat; beyond it the core retries later.
    """

    bot_token: str = field(repr=False)
    api_base_url: str = DEFAULT_API
    poll_seconds: int = 30
    patience: float = 20.0

    @property
    def file_base_url(self) -> str:
        """Downloads live beside the methods: `…/bot` becomes `…/file/bot` (Bot API, getFile)."""
        base = self.api_base_url.rstrip("/")
        if base.endswith("/bot"):
            return base[: -len("bot")] + "file/bot"
        return base + "/file/bot"

    @property
    def method_base_url(self) -> str:
        return self.api_base_url.rstrip("/")
