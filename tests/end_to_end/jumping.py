"""`python -m bridge` whose time of day is set while it runs: by as many seconds as the file `jump` says.

It sends to Telegram as fast as it can.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.telegram.sender import RULES
from bridge.__main__ import main
from bridge.clock import SystemClock
from bridge.rendering.pacing import Rule


def _now(_: SystemClock) -> datetime:
    try:
        jump = float(Path("jump").read_text(encoding="utf-8"))
    except OSError:
        jump = 0.0
    return datetime.now(UTC) + timedelta(seconds=jump)


if __name__ == "__main__":
    RULES.update({kind: Rule(rate=1000.0, burst=1000.0) for kind in RULES})
    setattr(SystemClock, "now", _now)  # noqa: B010 - mypy does not like methods to be replaced
    main()
