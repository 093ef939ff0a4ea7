"""What the Bot API answers when it refuses a call."""

from __future__ import annotations

from typing import Any

_PREFIX = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    429: "Too Many Requests",
}


class Refused(Exception):
    """A call that is answered `ok: false`; `parameters` are the Bot API's ResponseParameters."""

    def __init__(self, code: int, reason: str, **parameters: Any) -> None:
        self.code = code
        self.description = _described(code, reason)
        self.parameters = parameters
        super().__init__(self.description)


def bad_request(reason: str, **parameters: Any) -> Refused:
    return Refused(400, reason, **parameters)


def too_many_requests(retry_after: int) -> Refused:
    return Refused(429, f"retry after {retry_after}", retry_after=retry_after)


def _described(code: int, reason: str) -> str:
    """The server lowers the first letter of a sentence, but leaves CONSTANT_NAMES and acronyms alone."""
    prefix = _PREFIX.get(code)
    if prefix is None or not reason:
        return prefix or reason
    if len(reason) > 1 and not (reason[1] == "_" or reason[1].isupper()):
        reason = reason[0].lower() + reason[1:]
    return f"{prefix}: {reason}"
