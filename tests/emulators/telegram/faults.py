"""What can go wrong on the way, on request: `tg.fail("sendMessage", faults.server_error(502))`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.emulators.telegram.records import Json
from tests.emulators.telegram.refusals import Refused


@dataclass(frozen=True, slots=True)
class Fault:
    """One way for a call to end badly.

    `takes_effect`: the call is carried out first (the message is sent), only its answer goes wrong.
    `delay` is in real seconds. `ending`: a proper answer, an answer of these bytes, a reset, or none ever.
    """

    ending: Literal["answered", "bytes", "reset", "silence"]
    takes_effect: bool = False
    delay: float = 0.0
    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""


def refused(code: int, reason: str, **parameters: Any) -> Fault:
    """A proper Bot API error, e.g. `refused(400, "message to edit not found")`."""
    error = Refused(code, reason, **parameters)
    body: Json = {"ok": False, "error_code": code, "description": error.description}
    if parameters:
        body["parameters"] = parameters
    return Fault("bytes", status=code, body=json.dumps(body).encode())


def too_many_requests(retry_after: int) -> Fault:
    """One 429; `tg.flood_ban` keeps refusing until the time is over."""
    return refused(429, f"retry after {retry_after}", retry_after=retry_after)


def server_error(status: int = 500) -> Fault:
    body = {"ok": False, "error_code": status, "description": "Internal Server Error"}
    return Fault("bytes", status=status, body=json.dumps(body).encode())


def html(status: int = 502) -> Fault:
    """What a proxy in front of the API answers."""
    page = f"<html><head><title>{status} Bad Gateway</title></head><body><h1>{status} Bad Gateway</h1></body></html>"
    return Fault("bytes", status=status, content_type="text/html", body=page.encode())


def garbage() -> Fault:
    """HTTP 200 and something that is not JSON."""
    return Fault("bytes", body=b'{"ok":tru')


def reset(*, takes_effect: bool = False) -> Fault:
    """The connection is torn down instead of an answer."""
    return Fault("reset", takes_effect=takes_effect)


def never_answered(*, takes_effect: bool = True) -> Fault:
    """The connection stays open and silent: with `takes_effect`, the send whose fate nobody knows."""
    return Fault("silence", takes_effect=takes_effect)


def slow(seconds: float) -> Fault:
    """Carried out and answered properly, `seconds` (real) later."""
    return Fault("answered", takes_effect=True, delay=seconds)


@dataclass(slots=True)
class _Planned:
    method: str
    fault: Fault
    left: int
    skip: int
    when: Callable[[Json], bool]


class FaultPlan:
    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def add(self, method: str, fault: Fault, times: int, after: int, when: Callable[[Json], bool]) -> None:
        self._planned.append(_Planned(method.lower(), fault, times, after, when))

    def clear(self) -> None:
        self._planned.clear()

    def next_for(self, method: str, params: Json) -> Fault | None:
        """The fault for this call, used up by asking; "*" stands for every method."""
        for planned in self._planned:
            if planned.method not in ("*", method.lower()) or planned.left <= 0 or not planned.when(params):
                continue
            if planned.skip > 0:
                planned.skip -= 1
                continue
            planned.left -= 1
            return planned.fault
        return None
