"""Which claims a store has handed out: what a heartbeat extends, and by what a lost one is noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bridge.domain.ids import TurnId
from bridge.ports import Beat, Claim


@dataclass(slots=True)
class _Hold:
    epoch: int
    ending: bool = False


@dataclass(slots=True)
class Holds:
    """By worker and lane. A lane that a worker claimed again counts under its new epoch; the old one is fenced off."""

    _held: dict[tuple[str, str], _Hold] = field(default_factory=dict)

    def taken(self, worker: str, claim: Claim) -> None:
        self._held[worker, claim.lane] = _Hold(claim.epoch)

    def of(self, worker: str) -> dict[str, int]:
        """Epochs by lane."""
        return {lane: hold.epoch for (holder, lane), hold in self._held.items() if holder == worker}

    @contextmanager
    def ending(self, claim: Claim) -> Iterator[None]:
        """While a claim is being ended it is still extended, but no longer reported as lost."""
        held = [(key, hold) for key, hold in self._held.items() if (key[1], hold.epoch) == (claim.lane, claim.epoch)]
        for _, hold in held:
            hold.ending = True
        try:
            yield
        except BaseException:
            for _, hold in held:
                hold.ending = False
            raise
        for key, hold in held:
            if self._held.get(key) is hold:
                del self._held[key]

    def beat(
        self, worker: str, held: Mapping[str, int], extended: Mapping[str, int], stops: Mapping[str, TurnId]
    ) -> Beat:
        """What became of `held` (epochs by lane, before the heartbeat), given what the heartbeat found."""
        lost = set()
        for lane, epoch in held.items():
            hold = self._held.get((worker, lane))
            if hold is None or hold.epoch != epoch or hold.ending or extended.get(lane) == epoch:
                continue
            lost.add(lane)
            del self._held[worker, lane]
        stopped = {lane: turn for lane, turn in stops.items() if lane in held and lane not in lost}
        return Beat(frozenset(lost), stopped)
