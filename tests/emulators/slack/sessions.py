"""Agent sessions, thread statuses and suggested prompts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.emulators.slack.errors import Json

STATUS_LASTS = 120.0  # seconds, assistant.threads.setStatus
PROCESSING_LASTS = 3600.0  # seconds, agents.sessions.setStatus


@dataclass(slots=True)
class Session:
    """The agent session of one thread. `history` has every status it was set to."""

    channel: str
    thread_ts: str
    _now: Callable[[], float]
    title: str = ""
    history: list[str] = field(default_factory=list)
    _status: str = "active"
    _since: float = 0.0

    @property
    def status(self) -> str:
        """active, processing, suspended or closed; processing falls back to active after an hour."""
        expired = self._status == "processing" and self._now() - self._since > PROCESSING_LASTS
        return "active" if expired else self._status

    def become(self, status: str) -> None:
        self._status, self._since = status, self._now()
        self.history.append(status)


@dataclass(frozen=True, slots=True)
class ThreadStatus:
    text: str
    loading_messages: tuple[str, ...]
    until: float


@dataclass(frozen=True, slots=True)
class Prompts:
    title: str
    prompts: tuple[Json, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(str(prompt["title"]) for prompt in self.prompts)


class Sessions:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._sessions: dict[tuple[str, str], Session] = {}
        self._statuses: dict[tuple[str, str], ThreadStatus] = {}
        self.statuses_set: list[tuple[str, str, str]] = []  # channel, thread, text
        self.prompts: dict[str, Prompts] = {}  # by channel; what the new conversation page offers

    def find(self, channel: str, thread_ts: str) -> Session | None:
        return self._sessions.get((channel, thread_ts))

    def ensure(self, channel: str, thread_ts: str, title: str = "") -> Session:
        """The session; `title` counts only if it is new."""
        fresh = Session(channel, thread_ts, self._now, title)
        return self._sessions.setdefault((channel, thread_ts), fresh)

    def status(self, channel: str, thread_ts: str) -> str:
        """The words shown below the thread ("is thinking…"), empty if none."""
        status = self._statuses.get((channel, thread_ts))
        return status.text if status and self._now() < status.until else ""

    def set_status(self, channel: str, thread_ts: str, text: str, loading: tuple[str, ...]) -> None:
        self.statuses_set.append((channel, thread_ts, text))
        self._statuses[channel, thread_ts] = ThreadStatus(text, loading, self._now() + STATUS_LASTS)

    def replied(self, channel: str, thread_ts: str) -> None:
        """A reply of the app takes the words away."""
        self._statuses.pop((channel, thread_ts), None)
