"""Everything that can go wrong on the way to Slack, told once in the bridge's words.

Source of the error names: docs.slack.dev, reference of each method, "Errors".
"""

from __future__ import annotations

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError, SlackClientNotConnectedError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bridge.domain.errors import PlatformError, PlatformFault

FOREIGN = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
"""What a call through slack_sdk can raise."""

STREAM_IS_OVER = frozenset({"message_not_in_streaming_state", "stopped_by_user"})
STREAM_IS_OPEN = frozenset({"streaming_state_conflict"})
STREAMS_ARE_UNKNOWN = frozenset(
    {"unknown_method", "method_deprecated", "feature_not_enabled", "not_allowed_token_type", "access_denied"}
)
"""This workspace has no streams (GovSlack, Enterprise settings): do not ask again for a while."""
MESSAGE_IS_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "cant_delete_message"})
"""Somebody deleted it, or the workspace forbids edits by now; the conversation itself is still there."""
TRIGGER_IS_OVER = frozenset({"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"})
"""The click is older than 3 seconds, or has opened something already."""
UNSHOWABLE = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_blocks_too_many",
        "msg_too_long",
        "no_text",
        "block_mismatch",
        "messaging_processing_failed",
        "metadata_too_large",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_must_be_sent_from_app",
    }
)
"""Slack does not like how it is said; said more plainly it may pass."""

_UNAUTHORISED = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "no_permission",
        "missing_scope",
        "not_allowed_token_type",
        "org_login_required",
        "ekm_access_denied",
        "team_access_not_granted",
        "access_denied",
        "app_not_installed",
    }
)
_SETTINGS = {"auth.test": "SLACK_BOT_TOKEN", "apps.connections.open": "SLACK_APP_TOKEN"}
"""Whose token is to blame if Slack refuses it where it is checked."""
_GONE = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "is_inactive",
        "message_not_found",
        "thread_not_found",
        "user_not_found",
        "user_not_in_channel",
        "users_not_found",
        "cant_update_message",
        "cant_delete_message",
        "edit_window_closed",
        "message_not_owned_by_app",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
        "file_not_found",
        "file_deleted",
    }
)
_TROUBLE = frozenset(
    {
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "accesslimited",
        "team_added_to_org",
        "team_not_found_try_again",
    }
)
_RATE_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_NOTHING_WAS_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class SlackRefusal(PlatformError):
    """Slack said no, by the name `code`."""

    def __init__(
        self, sentence: str, *, code: str, fault: PlatformFault, permanent: bool, retry_after: float | None = None
    ) -> None:
        super().__init__(sentence, fault=fault, permanent=permanent, retry_after=retry_after)
        self.code = code


def code_of(error: PlatformError) -> str:
    """Slack's name for the refusal; empty if it was not Slack that refused."""
    return error.code if isinstance(error, SlackRefusal) else ""


def platform_error(error: BaseException, method: str, *, repeatable: bool) -> PlatformError:
    """`repeatable`: doing it twice is the same as doing it once, so an unknown fate is no more than a failure."""
    if isinstance(error, SlackApiError):
        return _refused(error, method, repeatable=repeatable)
    kind = type(error).__name__
    if isinstance(error, SlackClientNotConnectedError):
        return _unreachable(f"Slack is not connected ({method}).")
    if isinstance(error, SlackClientError):
        return PlatformError(
            f"The Slack library refused to send {method}: {kind}.", fault=PlatformFault.REFUSED, permanent=True
        )
    if isinstance(error, _NOTHING_WAS_SENT):
        return _unreachable(f"Slack cannot be reached ({method}): {kind}.")
    return _lost(f"Slack did not answer {method}: {kind}.", repeatable=repeatable)


def _refused(error: SlackApiError, method: str, *, repeatable: bool) -> PlatformError:
    response = error.response
    code, status, headers = "", 0, {}
    if isinstance(response, AsyncSlackResponse):
        status, headers = response.status_code, response.headers
        if isinstance(response.data, dict):
            code = str(response.data.get("error") or "")
    elif isinstance(response, dict):
        code = str(response.get("error") or "")
    else:
        status = getattr(response, "status", 0)
    if status == 429 or code in _RATE_LIMITED:
        return SlackRefusal(
            f"Slack limits the rate of {method}.",
            code=code or "ratelimited",
            fault=PlatformFault.RATE_LIMITED,
            permanent=False,
            retry_after=_retry_after(headers.get("Retry-After")),
        )
    if not code or code in _TROUBLE or status >= 500:
        hint = "; check SLACK_API_BASE_URL" if status == 404 else ""
        return _lost(f"Slack answered {method} with {code or f'HTTP {status}'}{hint}.", repeatable=repeatable)
    return _said_no(code, method, response)


def _said_no(code: str, method: str, response: object) -> SlackRefusal:
    detail = ""
    if isinstance(response, AsyncSlackResponse) and isinstance(response.data, dict):
        needed = response.data.get("needed")
        messages = (response.data.get("response_metadata") or {}).get("messages") or []
        detail = f" (needs the scope {needed})" if needed else f" ({'; '.join(map(str, messages))[:300]})"
        detail = detail if detail != " ()" else ""
    if code in _UNAUTHORISED:
        fault = PlatformFault.UNAUTHORISED
        detail += f"; check {_SETTINGS[method]}" if method in _SETTINGS else ""
    elif code in _GONE:
        fault = PlatformFault.GONE
    else:
        fault = PlatformFault.REFUSED
    return SlackRefusal(f"Slack refused {method}: {code}{detail}.", code=code, fault=fault, permanent=True)


def _retry_after(header: object) -> float:
    try:
        return max(float(str(header)), 0.1)
    except ValueError:
        return 1.0


def _unreachable(sentence: str) -> PlatformError:
    return PlatformError(sentence, fault=PlatformFault.UNREACHABLE, permanent=False)


def _lost(sentence: str, *, repeatable: bool) -> PlatformError:
    if repeatable:
        return _unreachable(sentence)
    return PlatformError(sentence, fault=PlatformFault.FATE_UNKNOWN, permanent=False)
