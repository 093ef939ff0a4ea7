"""The PostgreSQL of the tests leaves nothing behind, not even when the tests are killed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path

from tests.postgres import running_postgres

ROOT = Path(__file__).parents[2]

KEEPER = """
    import time
    from tests.postgres import running_postgres

    with running_postgres() as server:
        print(server.data, flush=True)
        time.sleep(60)
"""


def test_a_server_is_gone_with_its_files_when_it_is_no_longer_needed() -> None:
    with running_postgres() as server:
        pid = int((server.data / "postmaster.pid").read_text().split()[0])
        assert Path(f"/proc/{pid}").exists()
    wait_until_gone(server.data, pid)


def test_a_server_is_gone_after_the_tests_were_killed() -> None:
    keeper = subprocess.Popen([sys.executable, "-c", textwrap.dedent(KEEPER)], stdout=subprocess.PIPE, cwd=ROOT)
    with keeper:
        assert keeper.stdout is not None
        data = Path(keeper.stdout.readline().decode().strip())
        pid = int((data / "postmaster.pid").read_text().split()[0])
        keeper.kill()
    wait_until_gone(data, pid)


def wait_until_gone(data: Path, pid: int) -> None:
    """A process that has ended is there until its parent has looked after it."""
    until = time.monotonic() + 20
    while data.exists() or Path(f"/proc/{pid}").exists():
        assert time.monotonic() < until, "the server outlives the tests"
        time.sleep(0.02)
