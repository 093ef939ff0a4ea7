"""Recorded exchanges, and what of them is the same in every run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.simulator import Simulator

_FIXTURES = Path(__file__).parents[1] / "fixtures" / "simulator"
_UNKNOWN_APP = "6b00c535f84a907230cb0000"
_OBJECT_ID = re.compile(r"\b[0-9a-f]{24}\b")
_RANDOM_KEYS = frozenset({"_id", "dataId", "usageId", "secret", "toolCallId", "tool_call_id"})
_TIMES = frozenset({"time", "updateTime"})


@dataclass(frozen=True, slots=True)
class Exchange:
    name: str
    method: str
    path: str
    authorization: str | None
    type: str | None
    body: str
    status: int
    headers: dict[str, str]
    response: str

    @property
    def app(self) -> str:
        """The app whose key was used, "" for none."""
        found = re.fullmatch(r"Bearer <(\w+)>", self.authorization or "")
        return found[1] if found else ""


def exchanges(version: str) -> list[Exchange]:
    lines = (_FIXTURES / f"fastgpt-{version}.jsonl").read_text().splitlines()
    return [Exchange(**json.loads(line)) for line in lines]


def addressed(text: str, exchange: Exchange, sim: Simulator) -> str:
    """A recorded path or body with the simulator's own app id in it."""
    if exchange.app in ("", "account"):
        return text
    return _OBJECT_ID.sub(lambda found: found[0] if found[0] == _UNKNOWN_APP else sim.app_id(exchange.app), text)


def headers_of(exchange: Exchange, sim: Simulator) -> dict[str, str]:
    if exchange.authorization is None:
        return {}
    key = {"": exchange.authorization.removeprefix("Bearer").strip(), "account": sim.account_key}
    return {
        "Authorization": f"Bearer {key.get(exchange.app) or (sim.key(exchange.app) if exchange.app else '')}".strip()
    }


def shape(text: str, own_ids: frozenset[str]) -> list[tuple[str, str]]:
    """Event names and payloads, in order and key order; ids, times and the way a text was cut up are levelled."""
    if not text.startswith(("event:", "data:")):
        return [("", _levelled_text(text, own_ids))]
    frames = [_frame(block, own_ids) for block in text.split("\n\n") if block.strip()]
    merged: list[tuple[str, str]] = []
    for event, kind, data in frames:
        label = f"{event} {kind}".strip()
        if merged and kind and merged[-1][0] == label:
            merged[-1] = (label, merged[-1][1] + data)
        else:
            merged.append((label, data))
    return merged


def _frame(block: str, own_ids: frozenset[str]) -> tuple[str, str, str]:
    """Event, which kind of text it adds ("" for none), payload."""
    lines = block.split("\n")
    event = next((line.removeprefix("event: ") for line in lines if line.startswith("event: ")), "")
    data = next(line.removeprefix("data: ") for line in lines if line.startswith("data: "))
    if data == "[DONE]":
        return event, "", data
    payload = json.loads(data)
    if "choices" in payload and payload["choices"][0]["finish_reason"] is None and event != "fastAnswer":
        delta = payload["choices"][0]["delta"]
        kind = "content" if "content" in delta else "reasoning_content"
        return event, kind, delta[kind]
    return event, "", _levelled_text(data, own_ids)


def _levelled_text(text: str, own_ids: frozenset[str]) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return json.dumps(_levelled(value, own_ids), ensure_ascii=False, indent=1)


def _levelled(value: Any, own_ids: frozenset[str], key: str = "") -> Any:
    if key == "memoryEdges":
        return sorted(f"{edge['sourceHandle']}->{edge['targetHandle']}" for edge in value)
    if key == "nodeOutputs":
        value = [entry for entry in value if entry["key"] != "loopArray"]
    if key == "skipNodeQueue":
        return []
    if key in ("durationSeconds", "runningTime"):
        return 0
    if key in _TIMES:
        return "<time>"
    if isinstance(value, str) and key in (_RANDOM_KEYS | {"id"}) and value not in own_ids:
        return f"<{key}>" if value else ""
    match value:
        case dict():
            dropped = {"index"} if "function" in value else {"usageId"} if value.get("usageId", "") is None else set()
            kept = {name: entry for name, entry in value.items() if name not in dropped}
            return {name: _levelled(entry, own_ids, name) for name, entry in kept.items()}
        case list():
            return [_levelled(entry, own_ids) for entry in value]
        case str():
            return _OBJECT_ID.sub("<object id>", value)
        case _:
            return value
