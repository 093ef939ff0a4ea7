"""What each Web API method demands before its work begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.emulators.slack.errors import Json
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.world import World

Work = Callable[[World, Params], Json]

# calls per minute, per method and workspace (docs.slack.dev, "Rate limits"); the least that is promised
TIERS = {1: 1, 2: 20, 3: 50, 4: 100}


@dataclass(frozen=True, slots=True)
class Method:
    name: str
    work: Work
    per_minute: int
    scopes: tuple[str, ...]  # one of these
    token: str  # how the token begins
    reads_json: bool


METHODS: dict[str, Method] = {}


def method(
    name: str,
    *,
    tier: int = 0,
    per_minute: int = 0,
    scopes: str = "",
    token: str = "xoxb-",
    reads_json: bool = True,
) -> Callable[[Work], Work]:
    """Register the work of a method. It takes effect at once and completely, or raises Refused and changed nothing."""

    def register(work: Work) -> Work:
        limit = per_minute or TIERS.get(tier, 0)
        METHODS[name] = Method(name, work, limit, tuple(scopes.split()), token, reads_json)
        return work

    return register
