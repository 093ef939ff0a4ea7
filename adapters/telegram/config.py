"""What the operator says about the Telegram bot."""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_API = "https://api.telegram.org/bot"
WEBHOOK_PATH = "/telegram/updates"


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """`api_base_url` is the address up to and including `/bot`, as the token follows it directly.

    `webhook_url`: the address under which our own HTTP is reached from outside, with or without WEBHOOK_PATH; Telegram
    posts there, with `webhook_secret` (1 to 256 characters `A-Za-z0-9_-`; Bot API, setWebhook). Without it, we poll.
    `look_every`: seconds between two looks whether Telegram can deliver.
    `poll_seconds`: how long one long poll may last, at most 50 (telegram-bot-api's own limit).
    `patience`: seconds a final text waits inline while Telegram rate-limits the chat; beyond it the core retries later.
    """

    bot_token: str = field(repr=False)
    api_base_url: str = DEFAULT_API
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)
    look_every: float = 60.0
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

    @property
    def webhook_path(self) -> str | None:
        return WEBHOOK_PATH if self.webhook_url else None

    @property
    def webhook_address(self) -> str:
        return self.webhook_url.rstrip("/").removesuffix(WEBHOOK_PATH) + WEBHOOK_PATH
