"""The whole program as a process: started, watched by its log, ended gently or not."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.end_to_end.nursery import ROOT, Child, Nursery, born

_ENDING = 40.0  # seconds; the program promises 25


class Program:
    """`python -m bridge …` in a folder of its own, with nothing of this process's environment but what Python needs.

    `module` is run instead of `bridge`: a launcher that spoils something first. With a `nursery` it is forked rather
    than started, which is quicker; what it prints is not kept then.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        *arguments: str,
        module: str = "bridge",
        nursery: Nursery | None = None,
    ) -> None:
        self._module = module
        self._nursery = nursery
        self._folder = folder
        self._settings = dict(settings)
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | Child | None = None
        self._reader: asyncio.Task[None] | None = None
        self._grew = asyncio.Event()
        self.lines: list[str] = []
        self.out = b""

    @property
    def process(self) -> asyncio.subprocess.Process | Child:
        assert self._process is not None, "the program was not started"
        return self._process

    @property
    def facts(self) -> list[dict[str, Any]]:
        """The log so far, as facts."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    async def start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "LOG_FORMAT": "json",
            **self._settings,
        }
        if self._nursery is not None:
            self._process = await born(self._nursery, self._module, self._folder, environment, self._arguments)
        else:
            self._process = await self._started(environment)
        self._reader = asyncio.create_task(self._read())

    async def _started(self, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            *self._arguments,
            cwd=self._folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode(errors="replace").rstrip())
            self._grew.set()

    async def logged(self, event: str, count: int = 1, timeout: float = 20.0) -> list[dict[str, Any]]:
        """Returns once the log has `count` such facts; fails with the whole log."""
        try:
            async with asyncio.timeout(timeout):
                while len(found := [fact for fact in self.facts if fact.get("event") == event]) < count:
                    self._grew.clear()
                    await self._grew.wait()
                return found
        except TimeoutError:
            raise AssertionError(f"no {event!r} in the log:\n" + "\n".join(self.lines)) from None

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await self._ended()

    async def killed(self, timeout: float = 20.0) -> None:
        """Wait until it has died by kill -9, its own or another's; fails with the whole log."""
        try:
            status = await asyncio.wait_for(self.process.wait(), timeout)
        except TimeoutError:
            raise AssertionError("nobody killed it:\n" + "\n".join(self.lines)) from None
        await self._ended()
        assert status == -signal.SIGKILL, f"it ended with {status}:\n" + "\n".join(self.lines)

    def send(self, signal_number: signal.Signals) -> None:
        self.process.send_signal(signal_number)

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self._ended()

    async def ended(self) -> int:
        """Wait until it ends by itself."""
        assert isinstance(self.process, asyncio.subprocess.Process)
        assert self.process.stdout is not None
        self.out = await asyncio.wait_for(self.process.stdout.read(), _ENDING)
        return await self._ended()

    async def _ended(self) -> int:
        status = await asyncio.wait_for(self.process.wait(), _ENDING)
        if self._reader is not None:
            await self._reader
        self._process_closed()
        return status

    def _process_closed(self) -> None:
        transport = getattr(self.process, "_transport", None)
        if transport is not None:
            transport.close()

    async def __aenter__(self) -> Program:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.kill()
