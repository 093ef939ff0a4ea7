"""A platform, as the core sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from bridge.domain.commands import SLASHED, Spelling
from bridge.domain.events import TurnEvent
from bridge.domain.ids import ConversationKey, InteractionId, MessageRef
from bridge.domain.interactions import Ask, Form
from bridge.domain.notices import Notice, Outcome
from bridge.domain.turns import Part, Turn
from bridge.ports.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Capabilities:
    """How platforms differ, as data.

    `native_forms`: it opens a whole form at once and answers with `FormSubmitted`; else fields come one by one, as do
    those of a form that has more than `longest_form` of them.
    `single_listener`: only one process may listen at a time (a Telegram token has one poller).
    `shows_what_is_answered`: an answer is seen to belong to the message that `Turn.reply_to` names.
    `spelling`: how people write commands there, and make themselves heard.
    """

    native_forms: bool
    single_listener: bool
    longest_form: int = 1_000
    shows_what_is_answered: bool = True
    spelling: Spelling = SLASHED

    def goes_by_field(self, ask: Ask) -> bool:
        """Whether this is a form whose fields are asked for one by one."""
        return isinstance(ask, Form) and not (self.native_forms and len(ask.fields) <= self.longest_form)


class Delivery(Protocol):
    """The platform messages that carry a turn, and the permission to send them.

    `turn.parts` is what an earlier attempt left: parts with a message are edited, not sent again.
    """

    @property
    def turn(self) -> Turn: ...

    async def record(self, part: Part) -> None:
        """Commit `part`: as SENDING before it is sent, as SENT with its message right after, again once it is final.

        Raises LeaseLost, upon which the caller stops without sending.
        """

    async def shown(self, interaction: InteractionId, message: MessageRef) -> None:
        """Commit that the controls of `interaction` are on screen in `message`. Raises LeaseLost."""


class Adapter(Protocol):
    """One platform. Implementations hold nothing that may not be lost at any moment."""

    @property
    def platform(self) -> str: ...

    @property
    def bot(self) -> str:
        """Which bot of the platform, once `connect` has returned; no colon in it."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def connect(self) -> None:
        """Check the credentials. Raises PlatformError(permanent=True) for a wrong token, once and clearly."""

    async def listen(self, gateway: Gateway) -> None:
        """Receive until cancelled. An update is acknowledged to the platform only after `gateway.accept` returned."""

    async def deliver(self, delivery: Delivery, events: AsyncIterator[TurnEvent]) -> None:
        """Show a turn as it happens, ending with `TurnEnded`.

        Progress may be dropped, the final text may not. Raises PlatformError if the final text is not on screen.
        """

    async def say(self, conversation: ConversationKey, notice: Notice) -> MessageRef | None:
        """Say something outside of an answer; None if that leaves no message to settle. Raises PlatformError."""

    async def settle(self, message: MessageRef, outcome: Outcome, *, at_leisure: bool = False) -> None:
        """Replace live controls by what was decided. Repeating it is harmless; a message that is gone is no error.

        `at_leisure`: nobody waits for it. It may return before that is done, uses only what the platform's limits leave
        over, and may be lost with the process; what is settled in the same message later takes its place.
        """

    async def close(self) -> None: ...
