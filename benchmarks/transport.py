"""What carrying HTTP costs: `python -m benchmarks.transport`, a minute or two, needs only loopback.

Two questions, asked of every transport in one run, so that the ratios mean something on a noisy machine:

- CPU of the client for 200 answers streaming at once, paced, framed as FastGPT frames them: the `event:` line and the
  `data:` line of every event as two chunks (`res.write` twice). An event's cost includes parsing and decoding it.
- CPU of one Telegram call through python-telegram-bot's own request class, 50 at a time.

CPU is `time.process_time` of the client's process alone; the server is another one. `bridge/transport.py` is the choice
made. The package httpx-aiohttp (measured too where it is installed) costs the same; it is not used because it calls a
connection that the server closed a ConnectTimeout, lets aiohttp's own exceptions through, and quotes whole addresses,
which for Telegram hold the token.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.connection import Connection

import httpx
from aiohttp import web
from telegram.request import HTTPXRequest

from bridge.fastgpt.decode import AnswerDecoder
from bridge.fastgpt.sse import SseParser
from bridge.transport import open_transport

Opener = Callable[[], httpx.AsyncBaseTransport]
_DELTA = {
    "id": "",
    "choices": [{"delta": {"role": "assistant", "content": "word "}, "index": 0, "finish_reason": None}],
}
_EVENT = (b"event: answer\n", f"data: {json.dumps(_DELTA)}\n\n".encode())


def candidates() -> dict[str, Opener]:
    plenty = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=3.5)
    found: dict[str, Opener] = {"httpx": lambda: httpx.AsyncHTTPTransport(limits=plenty)}
    if find_spec("httpx_aiohttp") is not None:  # only a candidate, not a dependency
        transport = import_module("httpx_aiohttp").AiohttpTransport
        found["httpx-aiohttp"] = lambda: transport(limits=httpx.Limits(max_connections=10_000, keepalive_expiry=3.5))
    found["bridge.transport"] = open_transport
    return found


# --- the server, a process of its own ---


async def _stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream;charset=utf-8"})
    await response.prepare(request)
    for _ in range(int(request.query["events"])):
        for piece in _EVENT:
            await response.write(piece)
        await asyncio.sleep(float(request.query["pause"]))
    await response.write(b"event: answer\ndata: [DONE]\n\n")
    return response


async def _call(request: web.Request) -> web.Response:
    await request.read()
    return web.json_response({"ok": True, "result": {"message_id": 1}})


async def _serve(pipe: Connection) -> None:
    app = web.Application()
    app.router.add_post("/stream", _stream)
    app.router.add_post("/bot/sendMessage", _call)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    pipe.send(runner.addresses[0][1])
    await asyncio.Event().wait()


def _server(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


# --- the two questions ---


async def _answers(open_: Opener, url: str, streams: int, events: int, pause: float) -> tuple[float, int]:
    """CPU seconds for all streams, and how many events came."""

    async def one(client: httpx.AsyncClient) -> int:
        parser, decoder, count = SseParser(), AnswerDecoder(), 0
        params = {"events": str(events), "pause": str(pause)}
        async with client.stream("POST", f"{url}/stream", params=params, json={}, timeout=None) as response:
            async for chunk in response.aiter_raw():
                count += sum(len(decoder.decode(frame)) for frame in parser.feed(chunk))
        return count

    async with httpx.AsyncClient(transport=open_()) as client:
        begun = time.process_time()
        counts = await asyncio.gather(*(one(client) for _ in range(streams)))
        return time.process_time() - begun, sum(counts)


async def _calls(open_: Opener, url: str, calls: int) -> float:
    """CPU seconds per call of python-telegram-bot's request class."""
    limits = {"transport": open_(), "timeout": httpx.Timeout(10)}
    request = HTTPXRequest(httpx_kwargs=limits)
    await request.initialize()
    free = asyncio.Semaphore(50)

    async def one() -> None:
        async with free:
            await request.do_request(f"{url}/bot/sendMessage", "POST")

    await one()
    begun = time.process_time()
    await asyncio.gather(*(one() for _ in range(calls)))
    spent = time.process_time() - begun
    await request.shutdown()
    return spent / calls


def _measured(url: str, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Medians of interleaved rounds. An event costs the slope between short and long answers; the rest is opening."""
    openers = candidates()
    seen: dict[str, dict[str, list[float]]] = {name: {"event": [], "opening": [], "call": []} for name in openers}
    for _ in range(options.rounds):
        for name, open_ in openers.items():
            short, few = asyncio.run(_answers(open_, url, options.streams, options.events // 4, options.pause))
            long, many = asyncio.run(_answers(open_, url, options.streams, options.events, options.pause))
            event = (long - short) / (many - few)
            seen[name]["event"].append(event)
            seen[name]["opening"].append((short - event * few) / options.streams)
            seen[name]["call"].append(asyncio.run(_calls(open_, url, options.calls)))
    return {
        name: {what: statistics.median(values) * 1e6 for what, values in figures.items()}
        for name, figures in seen.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--events", type=int, default=60)
    parser.add_argument("--pause", type=float, default=0.05, help="seconds between two events of a stream")
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_server, args=(there,), daemon=True)
    server.start()
    try:
        figures = _measured(f"http://127.0.0.1:{here.recv()}", options)
    finally:
        server.terminate()
        server.join()
    print(f"{options.streams} streams, {options.rounds} rounds, CPU microseconds of the client (pid {os.getpid()})")
    base = figures["httpx"]
    for name, figure in figures.items():
        cells = "  ".join(f"{what} {value:7.0f} ({base[what] / value:4.1f}x)" for what, value in figure.items())
        print(f"{name:18} {cells}")


if __name__ == "__main__":
    main()
