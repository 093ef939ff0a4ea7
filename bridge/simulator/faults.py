"""Faults on request: what a server, a proxy or a network can do to an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bridge.simulator.ids import dumps
from bridge.simulator.journal import Received
from bridge.simulator.runs import Hold
from bridge.simulator.workflow import Fail, Flow, Text


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer at once, without doing anything."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Silent:
    """Accept the request and say nothing, not even headers."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection after so many bytes, or events, of the body. The run is told nothing but that."""

    after_bytes: int | None = None
    after_events: int | None = None


@dataclass(frozen=True, slots=True)
class Inject:
    """Put raw bytes into the stream after so many events; then go on, end the body properly, or cut the connection."""

    data: bytes
    after_events: int = 0
    then: Literal["go on", "end", "cut"] = "go on"


@dataclass(frozen=True, slots=True)
class Drip:
    """Deliver the body in pieces of `size` bytes, with `delay` seconds between them."""

    size: int = 1
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Endless:
    """After so many events, repeat `frame` every `delay` seconds for as long as anybody listens."""

    frame: bytes = (
        b'event: answer\ndata: {"choices":[{"delta":{"content":"more "},"index":0,"finish_reason":null}]}\n\n'
    )
    after_events: int = 0
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Instead:
    """Run another flow than the app's own."""

    flow: Flow


Fault: TypeAlias = Refuse | Silent | Cut | Inject | Drip | Endless | Instead


def rate_limited(seconds: int = 34, *, status: int = 500) -> Refuse:
    """HTTP 500 that is a 429: the real code is in the body, and the waiting time in the sentence."""
    message = (
        f"Rate limit exceeded. Maximum 2 requests per 60 seconds for this team. Please try again in {seconds} seconds."
    )
    body = {"code": 429, "statusText": "error", "message": message, "data": None}
    return Refuse(status, dumps(body).encode())


def api_error(code: int, status_text: str, message: str, *, status: int = 500) -> Refuse:
    body = {"code": code, "statusText": status_text, "message": message, "data": None}
    return Refuse(status, dumps(body).encode())


def bad_gateway(status: int = 502) -> Refuse:
    """What a proxy says in front of a FastGPT that is away."""
    page = f"<html><head><title>{status} Bad Gateway</title></head><body><h1>{status} Bad Gateway</h1></body></html>"
    return Refuse(status, page.encode(), "text/html")


def error_event(after_events: int, message: str = "Connection to the model was lost") -> Inject:
    """An error after text: no stop frame and no [DONE] come behind it."""
    return Inject(f"event: error\ndata: {dumps({'message': message})}\n\n".encode(), after_events, "end")


def garbage(after_events: int = 0) -> Inject:
    frames = b"data: {not json\n\n:just a comment\n\nevent: answer\ndata: [1,2\n\ndata\n\nid: 7\n\n"
    return Inject(frames, after_events)


def invalid_utf8(after_events: int = 0) -> Inject:
    return Inject(b'event: answer\ndata: {"choices":[{"delta":{"content":"\xff\xfe\xc3"}}]}\n\n', after_events)


def huge_frame(size: int, after_events: int = 0) -> Inject:
    """One frame of `size` bytes, one line of it."""
    return Inject(b"event: answer\ndata: " + b"x" * size + b"\n\n", after_events)


def failed_node(error: str = "500 the model is away", text: Text = "") -> Instead:
    """HTTP 200, an empty answer, and the cause in the run's details alone."""
    return Instead((Fail(error=error, text=text, name="AI Chat"),))


def empty_answer() -> Instead:
    """Nothing said, nothing failed."""
    return Instead(())


@dataclass(slots=True)
class Planned:
    """A fault, or a gate, for the next `left` requests whose path contains `path` and that `when` agrees to."""

    what: Fault | Hold
    path: str = "chat/completions"
    left: int = 1
    when: Callable[[Received], bool] = lambda _: True

    def takes(self, received: Received) -> bool:
        return self.left > 0 and self.path in received.path and self.when(received)


@dataclass(slots=True)
class Plans:
    planned: list[Planned] = field(default_factory=list)

    def add(self, planned: Planned) -> None:
        self.planned.append(planned)

    def take(self, received: Received) -> tuple[Fault | None, list[Hold]]:
        """The first fault that fits, and every gate that does; each is used up by it."""
        fault: Fault | None = None
        holds: list[Hold] = []
        for plan in [plan for plan in self.planned if plan.takes(received)]:
            if isinstance(plan.what, Hold):
                holds.append(plan.what)
            elif fault is None:
                fault = plan.what
            else:
                continue
            plan.left -= 1
        self.planned = [plan for plan in self.planned if plan.left > 0]
        return fault, holds
