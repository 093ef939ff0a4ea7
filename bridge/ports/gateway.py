"""The bridge, as an adapter sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.events import Citation, NodeFinished
from bridge.domain.ids import ConversationKey, InteractionId, TurnId
from bridge.domain.interactions import Interaction, Json, Person
from bridge.domain.turns import Opening
from bridge.domain.updates import Rating, Update


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a control does nothing for this person now, in a sentence for them."""

    sentence: str


@dataclass(frozen=True, slots=True)
class RecentConversation:
    """A conversation somebody wrote in lately: when the first and the last message known to the inbox was written."""

    key: ConversationKey
    first_at: datetime
    last_at: datetime


class Gateway(Protocol):
    """What an adapter may ask of the bridge."""

    async def accept(self, updates: Sequence[Update], *, delay: float = 0.0) -> Sequence[ConversationKey]:
        """Commit, all or none; returning is the permission to acknowledge. Known ids are skipped silently.

        `delay` (seconds) leaves time for the rest of a batch. Raises StoreUnavailable: then do not acknowledge.
        The conversations that begin by this are returned: what is not addressed to the bot was ignored in them so far,
        so a platform that promises no order looks there for what has overtaken their beginning.
        """

    async def form(self, interaction: InteractionId, person: Person) -> Interaction | Refusal:
        """The open form behind a control, if this person may answer it: for platforms that must open it at once."""

    async def keep(self, interaction: InteractionId, person: Person, values: Mapping[str, Json]) -> None:
        """Remember what somebody typed into an open form and did not submit, as its draft; secrets are not kept."""

    async def vote(self, turn: TurnId, person: Person) -> Rating:
        """What this person's vote on an answer is now."""

    async def opening(self, conversation: ConversationKey) -> Opening:
        """The app's opening for a conversation that may not exist yet. Never raises: without an answer it is empty."""

    async def citations(self, turn: TurnId) -> tuple[Citation, ...]:
        """The sources of an answer, with their text where it can be had."""

    async def nodes(self, turn: TurnId, person: Person) -> tuple[NodeFinished, ...] | Refusal:
        """How an answer came about, for those whom the operator allows."""

    async def recent(self, platform: str, bot: str) -> Sequence[RecentConversation]:
        """Where people wrote in the last days, the latest first, at most 200: for platforms that do not repeat by
        themselves what was written while nobody listened. Raises StoreUnavailable."""

    def heard(self, platform: str) -> None:
        """The connection is alive; for health."""

    def unreached(self, platform: str, problem: str) -> None:
        """The platform says that it cannot reach us, and why; for health, until something is heard again."""
