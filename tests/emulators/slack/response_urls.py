"""The URLs that interactions and commands carry: five uses within half an hour."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

USES = 5
LASTS = 1800.0  # seconds


@dataclass(slots=True)
class ResponseUrl:
    secret: str
    channel: str
    user: str
    message_ts: str | None  # the message with the control; None for a command
    thread_ts: str | None
    until: float
    left: int = USES


class ResponseUrls:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._urls: dict[str, ResponseUrl] = {}

    def issue(self, channel: str, user: str, message_ts: str | None, thread_ts: str | None) -> ResponseUrl:
        url = ResponseUrl(secrets.token_urlsafe(12), channel, user, message_ts, thread_ts, self._now() + LASTS)
        self._urls[url.secret] = url
        return url

    def find(self, secret: str) -> tuple[ResponseUrl | None, str]:
        """The URL if it still works, else the error that Slack gives."""
        url = self._urls.get(secret)
        if url is None:
            return None, "no_such_url"
        if self._now() > url.until:
            return None, "expired_url"
        return (url, "") if url.left > 0 else (None, "used_url")
