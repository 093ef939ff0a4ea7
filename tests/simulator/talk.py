"""Talking to a simulator, the way a client would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from bridge.simulator import Simulator


@dataclass(frozen=True, slots=True)
class Heard:
    status: int
    headers: httpx.Headers
    body: str

    @property
    def events(self) -> list[tuple[str, Any]]:
        blocks = [block for block in self.body.split("\n\n") if block.strip()]
        return [_event(block) for block in blocks]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    @property
    def text(self) -> str:
        chunks = [data for name, data in self.events if name in ("answer", "fastAnswer", "") and data != "[DONE]"]
        return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if "choices" in chunk)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def data(self, name: str) -> Any:
        """The payload of the last such event."""
        return [data for event, data in self.events if event == name][-1]

    @property
    def pause(self) -> Any:
        return self.data("interactive")["interactive"]


def _event(block: str) -> tuple[str, Any]:
    lines = dict(line.split(": ", 1) for line in block.split("\n"))
    data = lines["data"]
    return lines.get("event", ""), data if data == "[DONE]" else json.loads(data)


class Talk:
    """One chat with one app. Keyword arguments of `say` go into the body; `None` takes a key out of it."""

    def __init__(self, sim: Simulator, app: str = "demo", chat: str = "chat-1", version: int = 2) -> None:
        self.sim, self.app, self.chat, self.version = sim, app, chat, version

    def body(self, text: str, **more: Any) -> dict[str, Any]:
        messages = [{"role": "user", "content": text}]
        body = {"chatId": self.chat, "appId": self.sim.app_id(self.app), "stream": True, "detail": True}
        return {key: value for key, value in {**body, "messages": messages, **more}.items() if value is not None}

    def _client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.sim.key(self.app)}"}
        return httpx.AsyncClient(base_url=self.sim.base_url, headers=headers, timeout=10, verify=False)

    async def say(self, text: str, **more: Any) -> Heard:
        path = f"/api/v{self.version}/chat/completions"
        async with self._client() as client:
            response = await client.post(path, json=self.body(text, **more))
        return Heard(response.status_code, response.headers, response.text)

    @asynccontextmanager
    async def listening(self, text: str, **more: Any) -> AsyncIterator[httpx.Response]:
        """A stream that breaks off when the context ends."""
        path = f"/api/v{self.version}/chat/completions"
        async with self._client() as client, client.stream("POST", path, json=self.body(text, **more)) as response:
            yield response

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> Heard:
        """Any other endpoint; the app id and the chat id are added."""
        named = {"appId": self.sim.app_id(self.app), "chatId": self.chat}
        async with self._client() as client:
            if method == "GET" or (method == "DELETE" and body is None):
                response = await client.request(method, path, params={**named, **query})
            else:
                response = await client.request(method, path, json={**named, **(body or {})}, params=query)
        return Heard(response.status_code, response.headers, response.text)

    async def records(self) -> list[Any]:
        (endpoint,) = self.sim.state.profile.endpoints["records"]
        heard = await self.call("POST", endpoint.path, {"offset": 0, "pageSize": 50})
        items: list[Any] = heard.json["data"]["list"]
        return items


async def until(*events: asyncio.Event) -> None:
    for event in events:
        await asyncio.wait_for(event.wait(), 5)
