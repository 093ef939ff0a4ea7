"""A FastGPT server double: the demo runs on it, and so do the tests.

    async with Simulator(profile="4.14") as sim:
        client = ...(sim.base_url, sim.key("demo"), sim.app_id("demo"))

Tests hand in their own apps (`App(name=..., flow=(...))`), make things go wrong (`sim.plan(Cut(after_events=3))`), stop
a run at a gate (`sim.hold(after_events=2)`) and look at what came in (`sim.requests`, `sim.runs()`, `sim.records()`).
"""

from __future__ import annotations

from bridge.simulator.apps import App
from bridge.simulator.demo import demo_apps
from bridge.simulator.profiles import PROFILES
from bridge.simulator.server import Simulator

__all__ = ["PROFILES", "App", "Simulator", "demo_apps"]
