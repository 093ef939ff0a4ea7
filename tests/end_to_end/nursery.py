"""Lives of the program without its birth: a process that has everything imported, and forks.

Starting Python and importing the program takes longer than most of what these tests let it do. What is forked begins
where `python -m bridge` would: in its own folder and environment, with nothing opened and no event loop.
"""

from __future__ import annotations

import array
import asyncio
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
_LONGEST_REQUEST = 1 << 16  # bytes


class Nursery:
    """One mother process for all tests of a session; it ends with this process."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bridge-nursery-")
        self.path = str(Path(self._folder.name) / "socket")
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "tests.end_to_end.nursery", self.path],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._mother.stdout is not None
        self._mother.stdout.readline()  # it is ready

    def close(self) -> None:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.close()
        self._mother.wait(10)
        self._mother.stdout.close()
        self._folder.cleanup()


class Child:
    """What the tests need of `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, connection: socket.socket, stderr: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stderr = stderr
        self.returncode: int | None = None
        self._connection = connection
        self._status = asyncio.create_task(self._read_status())

    async def _read_status(self) -> int:
        told = await asyncio.get_running_loop().sock_recv(self._connection, 100)
        self._connection.close()
        self.returncode = int(told)
        return self.returncode

    async def wait(self) -> int:
        return await asyncio.shield(self._status)

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


async def born(
    nursery: Nursery, module: str, folder: Path, environment: Mapping[str, str], args: Sequence[str]
) -> Child:
    """A life of `module`, begun in `folder`."""
    loop = asyncio.get_running_loop()
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(nursery.path)
    reading, writing = os.pipe()
    request = {"module": module, "folder": str(folder), "environment": dict(environment), "arguments": list(args)}
    fds = array.array("i", [writing])
    connection.sendmsg([json.dumps(request).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    os.close(writing)
    connection.setblocking(False)
    pid = int((await loop.sock_recv(connection, 100)).split()[0])
    stderr = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stderr), os.fdopen(reading, "rb", 0))
    return Child(pid, connection, stderr)


# --- the mother ---


def _serve(path: str) -> None:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    listening.listen(100)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        ready = select.select([listening.fileno(), sys.stdin.fileno()], [], [])[0]
        if sys.stdin.fileno() in ready:
            return
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _look_after(connection)
        connection.close()


def _look_after(connection: socket.socket) -> NoReturn:
    """Fork the program, say its pid, and how it ended; if nobody wants to know any more, end it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told, fds, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 1)
    pid = os.fork()
    if pid == 0:
        connection.close()
        _live(json.loads(told), fds[0])
    os.close(fds[0])
    connection.sendall(f"{pid}\n".encode())
    child = os.pidfd_open(pid)
    ready = select.select([child, connection.fileno()], [], [])[0]
    if child not in ready:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if child in ready:
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _live(request: dict[str, Any], stderr: int) -> NoReturn:
    status: Any = 1
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for target, source in ((0, null), (1, null), (2, stderr)):
            os.dup2(source, target)
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115 - for the rest of this life
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        _run(request["module"], request["arguments"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - it is the end of this life, and belongs into its log
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _run(module: str, arguments: list[str]) -> None:
    from bridge.__main__ import main

    if module != "bridge":
        importlib.import_module(module).arm()
    main(arguments)


if __name__ == "__main__":
    for needed_in_every_life in ("bridge.bootstrap", "alembic.command", "tests.end_to_end.crash.launcher"):
        importlib.import_module(needed_in_every_life)

    _serve(sys.argv[1])
