"""`python -m bridge` that sends to Telegram as fast as it can, for tests that are about something else than limits."""

from __future__ import annotations

from adapters.telegram.sender import RULES
from bridge.__main__ import main
from bridge.rendering.pacing import Rule


def arm() -> None:
    RULES.update({kind: Rule(rate=1000.0, burst=1000.0) for kind in RULES})


if __name__ == "__main__":
    arm()
    main()
