"""Server-sent events as FastGPT writes them: the `event:` line and the `data:` line are two writes."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.simulator.ids import dumps
from bridge.simulator.workflow import Json

_VISIBLE_WITHOUT_DETAIL = frozenset({"answer", "fastAnswer"})


@dataclass(frozen=True, slots=True)
class Frame:
    """`data` is JSON, but for the literal `[DONE]`."""

    event: str
    data: Json

    def shown(self, *, version: int, detail: bool) -> bool:
        if self.event == "error":
            return True
        if self.event == "flowNodeResponse":
            return detail and version == 2
        if self.event == "flowResponses":
            return detail and version == 1
        return detail or self.event in _VISIBLE_WITHOUT_DETAIL

    def writes(self, *, detail: bool) -> tuple[bytes, ...]:
        """One entry per write to the socket. An error is named even without detail."""
        text = self.data if isinstance(self.data, str) else dumps(self.data)
        data = f"data: {text}\n\n".encode()
        return (f"event: {self.event}\n".encode(), data) if detail or self.event == "error" else (data,)


def chunk(*, finish: str | None = None, **delta: str | None) -> Json:
    """An OpenAI-shaped chunk; FastGPT leaves its ids empty."""
    return {
        "id": "",
        "object": "",
        "created": 0,
        "model": "",
        "choices": [{"delta": {"role": "assistant", **delta}, "index": 0, "finish_reason": finish}],
    }


STOP = Frame("answer", chunk(content=None, finish="stop"))
DONE = Frame("answer", "[DONE]")
BEAT = Frame("answer", chunk(content=""))
