"""Which claims a store has handed out: what a heartbeat extends, and by what a lost one is noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bridge.domain.ids import TurnId
from bridge.ports import Beat, Claim


@dataclass(slots=True)
class _Hold:
    worker: str
    epoch: int
    ending: bool = False


@dataclass(slots=True)
class Holds:
    """A lane that was claimed again counts under its new epoch; the old claim is fenced off by its own."""

    _by_lane: dict[str, _Hold] = field(default_factory=dict)

    def taken(self, worker: str, claim: Claim) -> None:
        self._by_lane[claim.lane] = _Hold(worker, claim.epoch)

    def of(self, worker: str) -> dict[str, int]:
        """Epochs by lane."""
        return {lane: hold.epoch for lane, hold in self._by_lane.items() if hold.worker == worker}

    @contextmanager
    def ending(self, claim: Claim) -> Iterator[None]:
        """While a claim is being ended it is still extended, but no longer reported as lost."""
        hold = self._by_lane.get(claim.lane)
        if hold is None or hold.epoch != claim.epoch:
            yield
            return
        hold.ending = True
        try:
            yield
        except BaseException:
            hold.ending = False
            raise
        if self._by_lane.get(claim.lane) is hold:
            del self._by_lane[claim.lane]

    def beat(self, held: Mapping[str, int], extended: Mapping[str, int], stops: Mapping[str, str]) -> Beat:
        """What became of `held` (epochs by lane, before the heartbeat), given what the heartbeat found."""
        lost = set()
        for lane, epoch in held.items():
            hold = self._by_lane.get(lane)
            if hold is None or hold.epoch != epoch or hold.ending or extended.get(lane) == epoch:
                continue
            lost.add(lane)
            del self._by_lane[lane]
        stopped = {lane: TurnId(turn) for lane, turn in stops.items() if lane in held and lane not in lost}
        return Beat(frozenset(lost), stopped)
