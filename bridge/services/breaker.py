"""A circuit breaker per app: while FastGPT is known to be away, nobody waits to find it out once more.

What it knows is this process's own and lost with it; every process finds out for itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.ids import AppName

logger = logging.getLogger(__name__)

_OUTAGES = frozenset({AssistantFault.UNREACHABLE, AssistantFault.OVERLOADED})
_MISCONFIGURED = frozenset({AssistantFault.BAD_KEY, AssistantFault.BAD_APP, AssistantFault.NO_POINTS})
"""Only the operator can help."""
_UNDECIDED = frozenset({AssistantFault.TIMEOUT, AssistantFault.UNKNOWN, AssistantFault.GARBAGE})
"""Tells nothing about the next question: it may have been this one's fault."""


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """An app counts as away after `failures` in a row that span `outage` seconds, so that a short gap stops nobody.

    While it does, one question is let through after `first_pause` seconds, and after twice as long each time that
    fails, up to `longest_pause`.
    """

    failures: int = 5
    outage: float = 30.0
    first_pause: float = 5.0
    longest_pause: float = 60.0


@dataclass(slots=True)
class _Circuit:
    """`cause` is set while it is open."""

    failures: int = 0
    failing_since: float = 0.0
    cause: AssistantFault | None = None
    opened_at: float = 0.0
    pause: float = 0.0
    probe_at: float = 0.0


class Admission:
    """One question's leave to ask FastGPT, as often as it takes; told what comes of it."""

    def __init__(self, breaker: Breaker, app: AppName, *, is_probe: bool) -> None:
        self._breaker = breaker
        self._app = app
        self._began = False
        self.is_probe = is_probe
        """Let in to see whether the app is back: whoever asked is not to wait any longer if it is not."""
        self.is_decided = False

    def answered(self) -> None:
        """FastGPT says something; however that ends, it is there."""
        if not self._began:
            self._began = self.is_decided = True
            self._breaker.close(self._app)

    def failed(self, error: AssistantError) -> None:
        """What fails after the beginning of an answer is about that answer alone."""
        if not self._began:
            self.is_decided = True
            self._breaker.failed(self._app, error, is_probe=self.is_probe)
        self._began = False


class Breaker:
    """`monotonic`: seconds."""

    def __init__(
        self, apps: Iterable[AppName], monotonic: Callable[[], float], policy: BreakerPolicy = BreakerPolicy()
    ) -> None:
        self._now = monotonic
        self._policy = policy
        self._circuits = {app: _Circuit() for app in apps}

    @contextmanager
    def admitted(self, app: AppName, *, is_new: bool) -> Iterator[Admission]:
        """Around one question. Raises AssistantError (permanent) for a new one while the app is away.

        One that is being asked already goes on trying, and finds out for the others if it succeeds. A probe that hangs
        keeps the next one waiting for the longest pause only.
        """
        circuit = self._of(app)
        is_probe = is_new and circuit.cause is not None
        if is_new and circuit.cause is not None:
            if self._now() < circuit.probe_at:
                sentence = f"Not asked, for the app is unavailable ({circuit.cause})."
                raise AssistantError(sentence, fault=circuit.cause, permanent=True)
            circuit.probe_at = self._now() + self._policy.longest_pause
        admission = Admission(self, app, is_probe=is_probe)
        try:
            yield admission
        finally:
            if is_probe and not admission.is_decided:
                circuit.probe_at = self._now()

    def failed(self, app: AppName, error: AssistantError, *, is_probe: bool) -> None:
        circuit = self._of(app)
        if error.fault in _MISCONFIGURED or error.fault in _OUTAGES:
            self._count(circuit)
            if circuit.cause is not None:
                circuit.cause = error.fault
                self._put_off(circuit, is_probe=is_probe)
            elif error.fault in _MISCONFIGURED or self._is_outage(circuit):
                self._open(app, circuit, error)
        elif error.fault not in _UNDECIDED:
            self.close(app)  # a refusal of this question is an answer too
        elif is_probe:
            self._put_off(circuit, is_probe=True)

    def _count(self, circuit: _Circuit) -> None:
        if circuit.failures == 0:
            circuit.failing_since = self._now()
        circuit.failures += 1

    def _is_outage(self, circuit: _Circuit) -> bool:
        lasts = self._now() - circuit.failing_since
        return circuit.failures >= self._policy.failures and lasts >= self._policy.outage

    def _open(self, app: AppName, circuit: _Circuit, error: AssistantError) -> None:
        circuit.cause, circuit.opened_at = error.fault, self._now()
        circuit.pause = self._policy.first_pause
        circuit.probe_at = self._now() + circuit.pause
        logger.error("app_unavailable", extra={"app": app, "fault": error.fault, "error": error.sentence})

    def _put_off(self, circuit: _Circuit, *, is_probe: bool) -> None:
        """Whoever has just failed has probed for the others, too."""
        if is_probe:
            circuit.pause = min(circuit.pause * 2, self._policy.longest_pause)
            circuit.probe_at = self._now() + circuit.pause
        else:
            circuit.probe_at = max(circuit.probe_at, self._now() + circuit.pause)

    def close(self, app: AppName) -> None:
        circuit = self._of(app)
        if circuit.cause is not None:
            seconds = round(self._now() - circuit.opened_at, 1)
            logger.info("app_available", extra={"app": app, "fault": circuit.cause, "seconds": seconds})
        circuit.cause, circuit.failures = None, 0

    def report(self) -> dict[str, dict[str, Any]]:
        """Each app's state, and why and for how long one is unavailable. No secrets."""
        return {app: self._described(circuit) for app, circuit in self._circuits.items()}

    def _described(self, circuit: _Circuit) -> dict[str, Any]:
        if circuit.cause is None:
            return {"state": "available"}
        seconds = round(self._now() - circuit.opened_at, 1)
        return {"state": "unavailable", "problem": str(circuit.cause), "since_seconds": seconds}

    def _of(self, app: AppName) -> _Circuit:
        return self._circuits.setdefault(app, _Circuit())
