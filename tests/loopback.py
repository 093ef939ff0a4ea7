"""What every test that serves something itself needs to know of this machine."""

from __future__ import annotations

import socket


def free_port() -> int:
    """For a server that has to be told its port before it starts. Nobody else is given it for a while."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
