"""What `chat` and `demo` are made of: the terminal, with the configured app or with a simulated one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack

from adapters.console.adapter import ConsoleAdapter
from adapters.console.keyboard import Keyboard, PipedKeyboard, ScriptedKeyboard, TerminalKeyboard
from adapters.console.tour import PLUGIN_TOUR, TOUR, VARIABLES_TOUR
from bridge import bootstrap
from bridge.clock import SystemClock
from bridge.config import File, PeopleTable
from bridge.domain.ids import DEFAULT_APP, AppName
from bridge.domain.turns import App
from bridge.fastgpt.addresses import api_base, web_url
from bridge.simulator import Simulator
from bridge.store.memory import MemoryStore

_TOURS = (("demo", TOUR), ("variables", VARIABLES_TOUR), ("plugin", PLUGIN_TOUR))
_TOKEN_DELAY = 0.01  # seconds; fast enough not to wait, slow enough to see it stream


async def chat(apps: Mapping[AppName, App], file: File) -> int:
    """Talk to the configured app; the exit status."""
    keyboard: Keyboard = TerminalKeyboard() if sys.stdin.isatty() else PipedKeyboard(sys.stdin)
    return await _converse(apps, file, keyboard)


async def demo(*, token_delay: float = _TOKEN_DELAY) -> int:
    """Talk to a simulated FastGPT; without a terminal on stdin, a tour of its apps plays itself and ends."""
    async with Simulator(token_delay=token_delay) as fastgpt:
        if sys.stdin.isatty():
            return await _talk(fastgpt, "demo", TerminalKeyboard())
        statuses = [await _talk(fastgpt, app, ScriptedKeyboard(steps)) for app, steps in _TOURS]
        return max(statuses)


async def _talk(fastgpt: Simulator, name: str, keyboard: Keyboard) -> int:
    app = App(
        name=DEFAULT_APP,
        base_url=api_base(fastgpt.base_url),
        app_id=fastgpt.app_id(name),
        key=fastgpt.key(name),
        web_url=web_url(fastgpt.base_url),
    )
    return await _converse({DEFAULT_APP: app}, File.model_validate({"answers": {"details_for": ["*"]}}), keyboard)


async def _converse(apps: Mapping[AppName, App], file: File, keyboard: Keyboard) -> int:
    """The same store, worker and use cases as anywhere; only that nothing outlives the terminal.

    Whoever sits here keeps nobody waiting, so there is no limit to what they ask.
    """
    clock = SystemClock()
    file = file.model_copy(update={"people": PeopleTable(questions_per_minute=0)})
    store = MemoryStore(clock, secret_key="kept in memory only")  # noqa: S106 - it encrypts nothing that is stored
    assistant = bootstrap.fastgpt(file)
    adapter = ConsoleAdapter(keyboard, clock)
    async with AsyncExitStack() as stack:
        await store.open()
        stack.push_async_callback(store.close)
        stack.push_async_callback(assistant.close)
        bridge = bootstrap.compose(store, assistant, [adapter], apps, file, clock=clock)
        stop = asyncio.Event()
        worker = asyncio.create_task(bridge.worker.run(stop))
        async with bootstrap.running(bridge):
            await adapter.closed.wait()
        stop.set()
        await worker
    return 1 if adapter.failed else 0
