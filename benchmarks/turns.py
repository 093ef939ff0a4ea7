"""What one answer costs, from the message to the last edit: `python -m benchmarks.turns`, a minute, only loopback.

The whole program runs as a process, before a simulated FastGPT and an emulated Telegram or Slack, which live in this
one, so that only the bridge's own CPU time is counted. Beside it runs `benchmarks.bare`: what the same conversations
cost a script that remembers nothing, limits nothing and survives nothing. Seconds depend on the machine; the ratio of
the two, taken in the same run, much less.

Where it went when it was last sampled (py-spy, Telegram, 50 people, in percent of the time in Python): calling Telegram
17, reading FastGPT's stream 15 and decoding it 11, the store's thread 16 and its callers 2, from the watch to the
adapter 12, rendering 6, a time limit for every chunk 5, sockets 4, claiming 2, polling less than 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.simulator import App, Simulator
from bridge.simulator.workflow import Chat
from tests.emulators.slack import SlackEmulator
from tests.emulators.telegram import TelegramEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.world import fastgpt_settings, slack_settings, telegram_settings

_TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds
_STAGGER = 0.06  # seconds between two people: within what Telegram lets a bot send to all chats together
_SETTLING = 1.5  # seconds after the last answer for what follows one
_LONGEST = 60.0  # seconds
_OFTEN = 0.05  # calls per turn; what is rarer belongs to the time that passes, not to the turn
_PROGRAMS = {"bridge": "benchmarks.counted", "bare": "benchmarks.bare"}

Say = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU seconds of a turn and of an idle second; store calls per turn by name."""

    turn: float
    idle: float
    calls: dict[str, float]


@asynccontextmanager
async def telegram() -> AsyncIterator[tuple[dict[str, str], Say]]:
    async with TelegramEmulator() as emulator:

        async def say(number: int) -> None:
            emulator.person(f"Person {number}").say("How much is it?")

        yield telegram_settings(emulator), say


@asynccontextmanager
async def slack() -> AsyncIterator[tuple[dict[str, str], Say]]:
    async with SlackEmulator() as emulator:

        async def say(number: int) -> None:
            await emulator.connected()
            await emulator.person(f"U{number:05d}").dm("How much is it?")

        yield slack_settings(emulator), say


PLATFORMS = {"telegram": telegram, "slack": slack}


def cpu(pid: int) -> float:
    """Seconds the process has spent in all its threads so far (proc(5), utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


async def _finished(program: Program, count: int) -> None:
    await program.logged("turn_finished", count, timeout=_LONGEST)


async def _conversations(program: Program, say: Say, first: int, options: argparse.Namespace) -> None:
    """Everybody asks once per round, one shortly after the other; a round begins when the one before is answered."""
    for done in range(1, options.turns + 1):
        for number in range(options.people):
            await say(first + number)
            await asyncio.sleep(_STAGGER)
        await _finished(program, first + done * options.people)
    await asyncio.sleep(_SETTLING)


async def _measured(name: str, platform: str, options: argparse.Namespace) -> Figures:
    app = App(name="words", flow=(Chat(text="word " * options.tokens),))
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "calls.json"
        async with (
            Simulator("4.14", [app], token_delay=options.pause) as fastgpt,
            PLATFORMS[platform]() as (settings, say),
        ):
            environment = fastgpt_settings(fastgpt, "words") | settings | {"STORE_CALLS": str(counts)}
            async with Program(Path(folder), environment, module=_PROGRAMS[name]) as program:
                await say(0)  # what is done once in a life is not counted
                await _finished(program, 1)
                await asyncio.sleep(_SETTLING)
                pid, loop = program.process.pid, asyncio.get_running_loop()
                begun, before = loop.time(), cpu(pid)
                await asyncio.sleep(options.idle)
                idle = (cpu(pid) - before) / (loop.time() - begun)
                begun, before = loop.time(), cpu(pid)
                await _conversations(program, say, 1, options)
                spent = cpu(pid) - before - idle * (loop.time() - begun)
                await program.stop()
        turns = options.people * options.turns
        calls = json.loads(counts.read_text(encoding="utf-8")) if counts.exists() else {}
    return Figures(spent / turns, idle, {call: count / (turns + 1) for call, count in calls.items()})


def _median(rounds: list[Figures]) -> Figures:
    middle = statistics.median_low(figures.turn for figures in rounds)
    return next(figures for figures in rounds if figures.turn == middle)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=50, help="conversations side by side")
    parser.add_argument("--turns", type=int, default=1, help="of each of them")
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between two tokens")
    parser.add_argument("--idle", type=float, default=3.0, help="seconds for which idling is measured")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--platform", choices=list(PLATFORMS), action="append")
    options = parser.parse_args()
    for platform in options.platform or PLATFORMS:
        seen: dict[str, list[Figures]] = {name: [] for name in _PROGRAMS}
        for _ in range(options.rounds):
            for name, figures in seen.items():
                figures.append(await _measured(name, platform, options))
        _report(platform, _median(seen["bridge"]), _median(seen["bare"]))


def _report(platform: str, bridge: Figures, bare: Figures) -> None:
    ratio = bridge.turn / bare.turn
    cells = f"bridge {bridge.turn * 1e3:5.1f} ms CPU per turn  bare {bare.turn * 1e3:5.1f} ms  ({ratio:4.2f}x)"
    sys.stdout.write(f"{platform:9} {cells}  idle {bridge.idle * 1e3:4.1f} ms/s\n")
    often = {name: count for name, count in bridge.calls.items() if count >= _OFTEN and name != "transactions"}
    total = sum(often.values())
    sys.stdout.write(f"          store: {total:.1f} calls, {bridge.calls['transactions']:.1f} transactions per turn\n")
    for name, count in sorted(often.items(), key=lambda item: -item[1]):
        sys.stdout.write(f"          {count:6.2f} {name}\n")


if __name__ == "__main__":
    asyncio.run(main())
