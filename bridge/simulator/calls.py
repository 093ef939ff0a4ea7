"""One request on its way through the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from bridge.simulator.access import caller
from bridge.simulator.faults import Fault
from bridge.simulator.runs import Hold
from bridge.simulator.state import State
from bridge.simulator.workflow import Json


@dataclass(slots=True)
class Call:
    """`body` is the JSON that came, None without any; `headers` go on the response, whatever it is."""

    request: web.Request
    state: State
    body: Json = None
    fault: Fault | None = None
    holds: Sequence[Hold] = ()
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, Json]:
        """Query and JSON body as one, the body first."""
        return {**self.request.query, **(self.body if isinstance(self.body, dict) else {})}

    def authorised(self) -> State:
        """Raises ApiError unless the request carries a key."""
        caller(self.request.headers, self.state)
        return self.state
