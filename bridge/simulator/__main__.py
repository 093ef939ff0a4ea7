"""Run it alone: `python -m bridge.simulator [--port N] [--profile X] [--token-delay SECONDS]`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys

from bridge.simulator.profiles import PROFILES
from bridge.simulator.server import Simulator


async def _serve(options: argparse.Namespace) -> None:
    simulator = Simulator(options.profile, token_delay=options.token_delay, host=options.host, port=options.port)
    async with simulator as sim:
        lines = [f"A simulated FastGPT {options.profile} listens on {sim.base_url}", ""]
        for app in sim.state.apps.all():
            lines.append(f"  {app.name:10} key {sim.key(app.name)}  appId {app.id}")
        sys.stdout.write("\n".join([*lines, "", "Stop it with Ctrl+C.", ""]))
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bridge.simulator", description="A simulated FastGPT server.")
    parser.add_argument("--port", type=int, default=3000, help="0 takes any free one (default: 3000)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--profile", choices=list(PROFILES), default="4.14", help="which FastGPT version to be")
    parser.add_argument("--token-delay", type=float, default=0.03, help="seconds between words (default: 0.03)")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
