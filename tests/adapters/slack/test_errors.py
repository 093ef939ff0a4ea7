"""Every foreign exception is one of ours by the time it leaves the adapter."""

from __future__ import annotations

import inspect
from typing import Any

import aiohttp
import pytest
import slack_sdk.errors
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from yarl import URL

from adapters.slack.errors import FOREIGN, code_of, platform_error
from bridge.domain.errors import PlatformError, PlatformFault

SDK = [kind for _, kind in inspect.getmembers(slack_sdk.errors, inspect.isclass)]
NEVER_LEAVES = {"EofStream", "WebSocketError"}
"""aiohttp catches these itself, and socket frames are read by the SDK."""
AIOHTTP = [
    kind
    for name, kind in inspect.getmembers(aiohttp, inspect.isclass)
    if issubclass(kind, Exception) and not issubclass(kind, Warning) and name not in NEVER_LEAVES
]


def response(body: dict[str, Any] | str, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    answer = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="https://slack.com/api/x",
        req_args={},
        data=body,  # type: ignore[arg-type]
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("failed", answer)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("kind", [kind for kind in SDK if issubclass(kind, Exception)], ids=lambda kind: kind.__name__)
def test_no_error_of_the_sdk_is_unmapped(kind: type[Exception]) -> None:
    error = response({"ok": False, "error": "channel_not_found"}) if kind is SlackApiError else kind.__new__(kind)
    assert issubclass(kind, FOREIGN)
    assert isinstance(platform_error(error, "chat.postMessage", repeatable=False), PlatformError)


@pytest.mark.parametrize("kind", AIOHTTP, ids=lambda kind: kind.__name__)
def test_no_error_of_the_transport_is_unmapped(kind: type[Exception]) -> None:
    if not issubclass(kind, FOREIGN):
        # What is left are errors in the way the library is used, which are bugs and should look like bugs.
        assert issubclass(kind, RuntimeError | TypeError | ValueError), kind
        return
    assert isinstance(platform_error(kind.__new__(kind), "chat.postMessage", repeatable=False), PlatformError)


@pytest.mark.parametrize(
    ("error", "fault", "permanent"),
    [
        (response({"error": "ratelimited"}, 429, {"Retry-After": "7"}), PlatformFault.RATE_LIMITED, False),
        (response({"error": "channel_not_found"}), PlatformFault.GONE, True),
        (response({"error": "invalid_auth"}), PlatformFault.UNAUTHORISED, True),
        (response({"error": "missing_scope", "needed": "files:read"}), PlatformFault.UNAUTHORISED, True),
        (response({"error": "invalid_blocks"}), PlatformFault.REFUSED, True),
        (response({"error": "something_new"}), PlatformFault.REFUSED, True),
        (response({"error": "internal_error"}), PlatformFault.FATE_UNKNOWN, False),
        (response("<html>", 502), PlatformFault.FATE_UNKNOWN, False),
        (response({}, 200), PlatformFault.FATE_UNKNOWN, False),
        (TimeoutError(), PlatformFault.FATE_UNKNOWN, False),
        (aiohttp.ServerDisconnectedError(), PlatformFault.FATE_UNKNOWN, False),
        (ConnectionResetError(), PlatformFault.FATE_UNKNOWN, False),
        (aiohttp.ConnectionTimeoutError(), PlatformFault.UNREACHABLE, False),
        (aiohttp.InvalidURL(URL("x")), PlatformFault.UNREACHABLE, False),
    ],
)
def test_an_error_says_whether_to_try_again(error: Exception, fault: PlatformFault, permanent: bool) -> None:
    mapped = platform_error(error, "chat.postMessage", repeatable=False)
    assert (mapped.fault, mapped.permanent) == (fault, permanent)


def test_an_unknown_fate_is_a_mere_failure_where_repeating_is_safe() -> None:
    assert platform_error(TimeoutError(), "chat.update", repeatable=True).fault is PlatformFault.UNREACHABLE


def test_slack_says_how_long_to_wait_and_what_is_missing() -> None:
    limited = platform_error(response({}, 429, {"Retry-After": "7"}), "x", repeatable=False)
    assert limited.retry_after == 7.0
    missing = platform_error(response({"error": "missing_scope", "needed": "files:read"}), "x", repeatable=False)
    assert "files:read" in missing.sentence
    assert code_of(missing) == "missing_scope"


@pytest.mark.parametrize(
    ("method", "setting"), [("auth.test", "SLACK_BOT_TOKEN"), ("apps.connections.open", "SLACK_APP_TOKEN")]
)
def test_a_refused_token_names_its_setting(method: str, setting: str) -> None:
    refused = platform_error(response({"error": "invalid_auth"}), method, repeatable=True)
    assert refused.sentence == f"Slack refused {method}: invalid_auth; check {setting}."
