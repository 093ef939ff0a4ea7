"""The leanest loop that answers: it hears a message, streams FastGPT, sends one message and edits it at the same pace.

It goes over the same transport and the same parser as the bridge, and does nothing else: no database, no limits, no
recovery, no formatting. What the bridge costs above it is what its promises cost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import aiohttp
import httpx

from bridge.domain.events import TextAdded
from bridge.fastgpt.decode import AnswerDecoder
from bridge.fastgpt.sse import SseParser
from bridge.transport import open_transport

_GAP = 0.8  # seconds between two frames, as in the bridge
_LONG_POLL = 30  # seconds

Json = dict[str, Any]
Show = Callable[[str, bool], Coroutine[Any, Any, None]]
"""The text so far, and whether it is all of it."""


class Bare:
    def __init__(self) -> None:
        self._http = httpx.AsyncClient(transport=open_transport(), timeout=None)
        self._answers: set[asyncio.Task[None]] = set()

    async def call(self, url: str, body: Json, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = (await self._http.post(url, json=body, headers=headers)).json()
        assert reply["ok"], reply
        return reply

    def begin(self, chat: str, text: str, show: Show) -> None:
        task = asyncio.create_task(self._answer(chat, text, show))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, chat: str, text: str, show: Show) -> None:
        clock, shown_at, said = asyncio.get_running_loop(), 0.0, ""
        async for piece in self._streamed(chat, text):
            said += piece
            if clock.time() - shown_at > _GAP:
                shown_at = clock.time()
                task = asyncio.create_task(show(said, False))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)
        await show(said, True)
        sys.stderr.write('{"event": "turn_finished"}\n')

    async def _streamed(self, chat: str, text: str) -> AsyncIterator[str]:
        body = {"chatId": chat, "stream": True, "detail": True, "messages": [{"role": "user", "content": text}]}
        body["appId"] = os.environ["FASTGPT_APP_ID"]
        headers = {"Authorization": f"Bearer {os.environ['FASTGPT_API_KEY']}"}
        url = f"{os.environ['FASTGPT_BASE_URL']}/api/v1/chat/completions"
        parser, decoder = SseParser(), AnswerDecoder()
        async with self._http.stream("POST", url, json=body, headers=headers) as response:
            async for chunk in response.aiter_raw():
                for frame in parser.feed(chunk):
                    for event in decoder.decode(frame):
                        if isinstance(event, TextAdded):
                            yield event.text


async def telegram(bare: Bare) -> None:
    root = f"{os.environ['TELEGRAM_API_BASE_URL']}{os.environ['TELEGRAM_BOT_TOKEN']}"
    offset = 0
    while True:
        polled = await bare.call(f"{root}/getUpdates", {"offset": offset, "timeout": _LONG_POLL})
        for update in polled["result"]:
            offset = update["update_id"] + 1
            message = update["message"]
            bare.begin(str(update["update_id"]), message["text"], _telegram_screen(bare, root, message["chat"]["id"]))


def _telegram_screen(bare: Bare, root: str, chat: int) -> Show:
    """Frames are drafts, as the bridge's are."""

    async def show(text: str, is_all: bool) -> None:
        draft = {} if is_all else {"draft_id": 1}
        await bare.call(
            f"{root}/{'sendMessageDraft' if draft else 'sendMessage'}", {"chat_id": chat, "text": text} | draft
        )

    return show


async def slack(bare: Bare) -> None:
    root, token = os.environ["SLACK_API_BASE_URL"], os.environ["SLACK_BOT_TOKEN"]
    opened = await bare.call(f"{root}apps.connections.open", {}, os.environ["SLACK_APP_TOKEN"])
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        async for message in socket:
            envelope = message.json()
            if "envelope_id" not in envelope:
                continue
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            event = envelope["payload"].get("event", {})
            if event.get("type") == "message" and not {"subtype", "bot_id"} & event.keys():
                bare.begin(event["ts"], event["text"], _slack_screen(bare, root, token, event))


def _slack_screen(bare: Bare, root: str, token: str, event: Json) -> Show:
    posted: asyncio.Future[str] | None = None

    async def show(text: str, _: bool) -> None:
        nonlocal posted
        body = {"channel": event["channel"], "thread_ts": event["ts"], "text": text}
        if posted is None:
            posted = asyncio.get_running_loop().create_future()
            posted.set_result((await bare.call(f"{root}chat.postMessage", body, token))["ts"])
        else:
            await bare.call(f"{root}chat.update", body | {"ts": await posted}, token)

    return show


async def main() -> None:
    listening = asyncio.create_task((slack if "SLACK_BOT_TOKEN" in os.environ else telegram)(Bare()))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, listening.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await listening


if __name__ == "__main__":
    asyncio.run(main())
