"""What can go wrong at Telegram, mapped once from python-telegram-bot and httpx.

The texts are those of tdlib/telegram-bot-api (Client.cpp) and TDLib. `BadRequest` and `TimedOut` are kinds of
`NetworkError` in the library, so the order of the questions below matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    PassportDecryptionError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bridge.domain import phrases
from bridge.domain.errors import PlatformError, PlatformFault

_GONE = (
    "chat not found",
    "message to edit not found",
    "message can't be edited",
    "message to delete not found",
    "message can't be deleted",
    "message_id_invalid",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
    "peer_id_invalid",
    "user not found",
    "group chat was deactivated",
    "have no rights to send",
    "not enough rights to send",
    "chat_write_forbidden",
    "query is too old",
    "file is temporarily unavailable",
)

# Before any byte of the request was written.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class ChatMoved(PlatformError):
    """The group became a supergroup with another id; the same call to `chat` will do."""

    def __init__(self, chat: int) -> None:
        super().__init__("Telegram moved the group to a new chat id.", fault=PlatformFault.GONE, permanent=True)
        self.chat = chat


@contextmanager
def foreign_errors_mapped(what: str) -> Iterator[None]:
    """Raises PlatformError for whatever the library or httpx raised."""
    try:
        yield
    except (TelegramError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise mapped(error, what) from (None if _shows_token(error) else error)


_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{20,}")


def _shows_token(error: BaseException | None) -> bool:
    """Every address of the Bot API holds the token, and HTTP libraries like to quote addresses."""
    while error is not None:
        if _TOKEN.search(str(error)):
            return True
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False


def mapped(error: Exception, what: str = "the call") -> PlatformError:
    """The one translation; an error nobody thought of may have happened after the request arrived."""
    match error:
        case ChatMigrated():
            return ChatMoved(error.new_chat_id)
        case RetryAfter():
            return rate_limited(_seconds(error.retry_after))
        case Forbidden():
            return _failure(f"Telegram forbids {what}: {_closed(error.message)}", PlatformFault.GONE, permanent=True)
        case BadRequest():
            return _bad_request(error, what)
        case EndPointNotFound() | InvalidToken():
            return _not_found(error, what)
        case Conflict():
            return _failure(
                "Somebody else receives this bot's updates: a second process, or a webhook.",
                PlatformFault.UNREACHABLE,
            )
        case TimedOut() | NetworkError():
            return _network(error, what)
        case PassportDecryptionError():
            return _failure("Telegram Passport data could not be read.", PlatformFault.REFUSED, permanent=True)
        case httpx.InvalidURL():
            return _failure(
                "TELEGRAM_API_BASE_URL is not an address that can be called.", PlatformFault.REFUSED, permanent=True
            )
        case _ if isinstance(error, _NEVER_SENT):
            return _failure(f"Telegram could not be reached for {what}.", PlatformFault.UNREACHABLE)
        case _:
            return _failure(f"No usable answer from Telegram to {what}.", PlatformFault.FATE_UNKNOWN)


def refused(sentence: str) -> PlatformError:
    return _failure(sentence, PlatformFault.REFUSED, permanent=True)


def download_failed(status: int) -> PlatformError:
    """The file server has no words, only the HTTP status: an outage will pass, and what is gone will not come back."""
    sentence = f"Telegram answered a download with HTTP {status}."  # for operators; a file that is gone, for its sender
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return _failure(sentence, PlatformFault.UNREACHABLE)
    if status in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND, httpx.codes.GONE):
        return _failure("the file is gone from Telegram.", PlatformFault.GONE, permanent=True)
    return _failure(sentence, PlatformFault.REFUSED, permanent=True)


def too_large(limit: int) -> PlatformError:
    return refused(phrases.file_too_large(limit))


def rate_limited(seconds: float) -> PlatformError:
    return PlatformError(
        f"Telegram asks to wait {seconds:.0f} s.",
        fault=PlatformFault.RATE_LIMITED,
        permanent=False,
        retry_after=seconds,
    )


def _failure(sentence: str, fault: PlatformFault, *, permanent: bool = False) -> PlatformError:
    return PlatformError(sentence, fault=fault, permanent=permanent)


def _closed(text: str) -> str:
    """Telegram's words as the end of a sentence."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _seconds(value: int | timedelta) -> float:
    """The library is on its way from seconds to timedelta; an environment variable of its own decides."""
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def _bad_request(error: BadRequest, what: str) -> PlatformError:
    text = error.message.lower()
    fault = PlatformFault.GONE if any(sign in text for sign in _GONE) else PlatformFault.REFUSED
    return _failure(f"Telegram refused {what}: {_closed(error.message)}", fault, permanent=True)


def _not_found(error: TelegramError, what: str) -> PlatformError:
    """404 is either a malformed token or a method that this server does not have; 401 is a token that is not valid."""
    cause = error.__cause__
    text = cause.message if isinstance(cause, TelegramError) else error.message
    if "unauthorized" in text.lower() or what in ("getMe", "getUpdates"):
        return _failure(
            "Telegram does not know this bot; check TELEGRAM_BOT_TOKEN, and TELEGRAM_API_BASE_URL if it is set.",
            PlatformFault.UNAUTHORISED,
            permanent=True,
        )
    return _failure(f"This Telegram server does not offer {what}.", PlatformFault.REFUSED, permanent=True)


def _network(error: NetworkError, what: str) -> PlatformError:
    """An error the Bot API server words itself means that it did not do it; a broken connection means nothing."""
    cause = error.__cause__
    if isinstance(cause, _NEVER_SENT):
        return _failure(f"Telegram could not be reached for {what}.", PlatformFault.UNREACHABLE)
    if cause is None and not isinstance(error, TimedOut):
        return _failure(f"Telegram failed at {what}: {_closed(error.message)}", PlatformFault.UNREACHABLE)
    return _failure(f"No answer from Telegram to {what}.", PlatformFault.FATE_UNKNOWN)
