"""The terminal on a simulated FastGPT through the whole bridge, as a program to be run in a pseudo-terminal."""

from __future__ import annotations

import asyncio
import sys

from adapters.console.adapter import ConsoleAdapter, keyboard_on
from bridge import bootstrap
from bridge.clock import SystemClock
from bridge.config import File
from bridge.domain.ids import DEFAULT_APP
from bridge.domain.turns import App
from bridge.simulator.server import Simulator
from bridge.store.memory import MemoryStore


async def main(token_delay: float) -> None:
    clock = SystemClock()
    async with Simulator(token_delay=token_delay) as simulator:
        demo = simulator.state.apps.all()[0]
        app = App(DEFAULT_APP, f"{simulator.base_url}/api", demo.id, simulator.key(demo.name))
        adapter = ConsoleAdapter(keyboard_on(sys.stdin), clock)
        store = MemoryStore(clock)
        assistant = bootstrap.fastgpt(File())
        bridge = bootstrap.compose(store, assistant, [adapter], {DEFAULT_APP: app})
        stop = asyncio.Event()
        async with bootstrap.running(bridge), asyncio.TaskGroup() as group:
            group.create_task(bridge.worker.run(stop))
            await adapter.closed.wait()
            stop.set()
        await assistant.close()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
