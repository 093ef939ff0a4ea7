"""Every foreign error has one meaning."""

from __future__ import annotations

import inspect
from datetime import timedelta

import httpx
import pytest
import telegram.error
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

from adapters.telegram.failures import ChatMoved, foreign_errors_mapped, mapped
from bridge.domain.errors import PlatformError, PlatformFault

TELEGRAM = [
    (TelegramError("Invalid server response"), PlatformFault.FATE_UNKNOWN, False),
    (Forbidden("bot was blocked by the user"), PlatformFault.GONE, True),
    (InvalidToken("Unauthorized"), PlatformFault.UNAUTHORISED, True),
    (EndPointNotFound("Endpoint 'sendMessageDraft' not found in Bot API"), PlatformFault.REFUSED, True),
    (NetworkError("Bad Gateway"), PlatformFault.UNREACHABLE, False),
    (BadRequest("Message text is empty"), PlatformFault.REFUSED, True),
    (BadRequest("Entity URL '/x' is invalid: URL host is empty"), PlatformFault.REFUSED, True),
    (BadRequest("Chat not found"), PlatformFault.GONE, True),
    (BadRequest("Message to edit not found"), PlatformFault.GONE, True),
    (BadRequest("Message thread not found"), PlatformFault.GONE, True),
    (BadRequest("TOPIC_CLOSED"), PlatformFault.GONE, True),
    (TimedOut(), PlatformFault.FATE_UNKNOWN, False),
    (ChatMigrated(-100), PlatformFault.GONE, True),
    (RetryAfter(7), PlatformFault.RATE_LIMITED, False),
    (Conflict("terminated by other getUpdates request"), PlatformFault.UNREACHABLE, False),
    (PassportDecryptionError("x"), PlatformFault.REFUSED, True),
]
NEVER_SENT = [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x"), httpx.ProxyError("x")]
PERHAPS_SENT = [httpx.ReadTimeout("x"), httpx.WriteTimeout("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x")]


@pytest.mark.parametrize(("error", "fault", "permanent"), TELEGRAM, ids=lambda value: str(value)[:40])
def test_each_error_of_the_library(error: TelegramError, fault: PlatformFault, permanent: bool) -> None:
    result = mapped(error)
    assert (result.fault, result.permanent) == (fault, permanent)


def test_no_error_class_of_the_library_is_forgotten() -> None:
    known = {type(error) for error, _, _ in TELEGRAM}
    classes = inspect.getmembers(telegram.error, inspect.isclass)
    assert {kind for _, kind in classes if issubclass(kind, TelegramError)} == known


@pytest.mark.parametrize("error", NEVER_SENT, ids=repr)
def test_what_never_left_may_be_sent_again(error: httpx.HTTPError) -> None:
    assert caught(error).fault is PlatformFault.UNREACHABLE


@pytest.mark.parametrize("error", PERHAPS_SENT, ids=repr)
def test_what_may_have_arrived_is_of_unknown_fate(error: httpx.HTTPError) -> None:
    assert caught(error).fault is PlatformFault.FATE_UNKNOWN


def caught(error: httpx.HTTPError) -> PlatformError:
    """As the library wraps it, and as a download raises it: both must mean the same."""
    try:
        try:
            raise NetworkError("wrapped") from error
        except NetworkError as wrapped:
            result = mapped(wrapped)
    finally:
        bare = mapped(error)
    assert bare.fault is result.fault
    return result


def test_no_error_class_of_httpx_escapes() -> None:
    def kinds(kind: type[Exception]) -> list[type[Exception]]:
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in kinds(child))]

    for kind in [*kinds(httpx.HTTPError), *kinds(httpx.StreamError), httpx.InvalidURL]:
        error: Exception = Exception.__new__(kind, "x")
        with pytest.raises(PlatformError), foreign_errors_mapped("a call"):
            raise error


@pytest.mark.parametrize("value", [7, timedelta(seconds=7)])
def test_how_long_to_wait_is_seconds_whatever_the_library_makes_of_it(value: int | timedelta) -> None:
    assert mapped(RetryAfter(value)).retry_after == 7.0


def test_a_group_that_moved_says_where_to() -> None:
    moved = mapped(ChatMigrated(-1007))
    assert isinstance(moved, ChatMoved)
    assert moved.chat == -1007


def test_an_unknown_method_of_getme_means_a_wrong_token() -> None:
    error = EndPointNotFound("Endpoint 'getMe' not found")
    assert mapped(error, "getMe").fault is PlatformFault.UNAUTHORISED


def test_an_error_that_quotes_the_address_is_not_kept_as_the_cause() -> None:
    secret = httpx.ReadError("no body for http://x/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw7/sendMessage")
    with pytest.raises(PlatformError) as caught, foreign_errors_mapped("a call"):
        raise secret
    assert caught.value.__cause__ is None
