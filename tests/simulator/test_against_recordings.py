"""The simulator answers what recorded FastGPT servers answered: events in order, JSON in key order, status, headers."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from bridge.simulator import Simulator
from bridge.simulator.faults import Instead
from bridge.simulator.workflow import Fail
from tests.simulator.replay import Exchange, addressed, exchanges, headers_of, shape
from tests.simulator.rig import rig_apps

_PROFILES = {"4.12.1": "4.12", "4.14.3": "4.14.3"}
_RECORDED = {(version, exchange.name): exchange for version in _PROFILES for exchange in exchanges(version)}

_FILLED = {
    "Name": "Ada Lovelace",
    "Age": 36,
    "Color": "Green",
    "Toppings": ["Cheese"],
    "Subscribe": True,
    "Comment": 'hi "there"\nline2',
}
_BEFORE = {
    "23-select-records-resumed": ["start please", "Confirm"],
    "25-select-resume-invalid-key-v1-stream-detail": ["start please"],
    "25-select-resume-invalid-empty-v1-stream-detail": ["start please"],
    "33-form-records-resumed": ["start please", json.dumps(_FILLED)],
    "34-form-resume-text-v1-stream-detail": ["start please"],
    "34-form-resume-array-v1-stream-detail": ["start please"],
    "34-form-resume-number-v1-stream-detail": ["start please"],
    "35-formkey-resume-bykey": ["start"],
    "35-formkey-resume-bylabel": ["start"],
}
"""Messages that were sent before an exchange, without being recorded."""

_FAILURES = {
    "53-llm500": ("500 stub upstream exploded", ""),
    "66-droplate": ("Premature close", "Echo: droplate please lorem ipsum lo"),
}


async def _replayed(version: str) -> dict[str, httpx.Response]:
    """Every exchange in its recorded order, for later ones build on earlier ones."""
    answers = {}
    async with (
        Simulator(_PROFILES[version], rig_apps()) as sim,
        httpx.AsyncClient(base_url=sim.base_url, verify=False) as client,
    ):
        for exchange in exchanges(version):
            await _prepare(exchange, sim, client)
            headers = headers_of(exchange, sim) | {"Content-Type": exchange.type or "application/json"}
            body = addressed(exchange.body, exchange, sim).encode() or None
            path = addressed(exchange.path, exchange, sim)
            answers[exchange.name] = await client.request(exchange.method, path, headers=headers, content=body)
    return answers


async def _prepare(exchange: Exchange, sim: Simulator, client: httpx.AsyncClient) -> None:
    for text in _BEFORE.get(exchange.name, []):
        chat_id = json.loads(exchange.body)["chatId"]
        body = {"chatId": chat_id, "stream": False, "messages": [{"role": "user", "content": text}]}
        await client.post("/api/v1/chat/completions", json=body, headers=headers_of(exchange, sim))
    for prefix, (error, said) in _FAILURES.items():
        if exchange.name.startswith(prefix) and "records" not in exchange.name:
            sim.plan(Instead((Fail(id="chat", name="AI 对话", error=error, text=said),)))


@pytest.fixture(scope="module")
def replayed() -> dict[tuple[str, str], httpx.Response]:
    answers = {version: asyncio.run(_replayed(version)) for version in _PROFILES}
    return {(version, name): answer for version, by_name in answers.items() for name, answer in by_name.items()}


@pytest.mark.parametrize(("version", "name"), list(_RECORDED))
def test_it_says_what_the_recorded_server_said(
    version: str, name: str, replayed: dict[tuple[str, str], httpx.Response]
) -> None:
    recorded, answer = _RECORDED[version, name], replayed[version, name]
    own_ids = frozenset({"my-own-data-id-1", *([_chat_id(recorded)] if _chat_id(recorded) else [])})
    assert shape(answer.text, own_ids) == shape(recorded.response, own_ids)


@pytest.mark.parametrize(("version", "name"), list(_RECORDED))
def test_it_sends_the_status_and_headers_of_the_recorded_server(
    version: str, name: str, replayed: dict[tuple[str, str], httpx.Response]
) -> None:
    recorded, answer = _RECORDED[version, name], replayed[version, name]
    wanted = {name.lower(): value for name, value in recorded.headers.items()}
    sent = {name: value if wanted.get(name) else "" for name, value in answer.headers.items() if name not in _TRANSPORT}
    assert (answer.status_code, sent) == (recorded.status, wanted)


_TRANSPORT = {"date", "keep-alive", "etag", "connection", "content-length", "vary", "transfer-encoding"}


def _chat_id(exchange: Exchange) -> str:
    try:
        return str(json.loads(exchange.body).get("chatId", ""))
    except ValueError:
        return ""
