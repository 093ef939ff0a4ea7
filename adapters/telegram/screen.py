"""The messages of one turn: what is on screen, and what is committed about it.

Every message is recorded as SENDING once its turn has come, right before it goes out, and as SENT right after, so
whoever continues after a crash edits what is there. Telegram has no idempotency key and bots cannot look up what they
sent. So, where there is a placeholder first (groups), the answer itself is an edit and can be repeated; where the
answer itself is sent (private chats, for the sake of its notification and of the draft turning into it) a message whose
fate is unknown is not sent again, and the person is told; one that a crash interrupted is sent again, and says so.
"""

from __future__ import annotations

from dataclasses import replace

from adapters.telegram.api import Markup
from adapters.telegram.entities import Rendered, italic
from adapters.telegram.parts import with_note
from adapters.telegram.places import Place, Spot
from adapters.telegram.sender import Sender
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.ids import MessageRef
from bridge.domain.phrases import MAYBE_TWICE
from bridge.domain.turns import Part, PartState
from bridge.ports import Delivery
from bridge.rendering.pacing import Priority


class Screen:
    def __init__(self, delivery: Delivery, place: Place, sender: Sender) -> None:
        self._delivery = delivery
        self._place = place
        self._sender = sender
        self._parts = {part.index: part for part in delivery.turn.parts}
        self._interrupted = {part.index for part in delivery.turn.parts if part.state is PartState.SENDING}
        self._shown: dict[int, tuple[Rendered, Markup | None]] = {}

    def has(self, index: int) -> bool:
        """Is there a message for this part that can be edited?"""
        return self.message(index) is not None

    def is_unknown(self, index: int) -> bool:
        """May it be on screen, or may it not?"""
        part = self._parts.get(index)
        return part is not None and part.state is PartState.UNKNOWN

    async def hint(self, index: int, content: Rendered, markup: Markup | None) -> bool:
        """Show progress in a message that is there; false if the limits do not allow it just now."""
        part = self._parts[index]
        if part.message is None or part.is_final or self._shown.get(index) == (content, markup):
            return True
        try:
            if not await self._sender.try_edit(Spot.of(part.message), content, markup):
                return False
        except PlatformError as error:
            if error.fault is not PlatformFault.GONE:
                raise
            self._parts[index] = Part(index, PartState.PLANNED)  # somebody deleted it
            return False
        self._shown[index] = (content, markup)
        return True

    async def placeholder(self, content: Rendered, markup: Markup | None, index: int = 0) -> None:
        """A message to be edited later. It says nothing yet, so one too many does no harm."""
        self._interrupted.discard(index)
        await self._send(index, content, markup, Priority.FIRST, is_final=False, if_unknown=PartState.PLANNED)

    async def show(
        self,
        index: int,
        content: Rendered,
        markup: Markup | None = None,
        *,
        is_final: bool = True,
        may_repeat: bool = False,
    ) -> None:
        """The part as it shall be, edited or sent. Raises LeaseLost, and PlatformError if it is not on screen.

        `may_repeat`: one too many does no harm (controls, which count once), so an unknown fate is sent again.
        """
        part = self._parts.get(index)
        if part is not None and (part.is_final or (self.is_unknown(index) and not may_repeat)):
            return
        if part is not None and part.message is not None and await self._edited(part.message, index, content, markup):
            if is_final:
                await self._record(replace(part, state=PartState.SENT, is_final=True))
            return
        if index in self._interrupted and not may_repeat:
            content = with_note([content], italic(MAYBE_TWICE))[0]
        try:
            await self._send(index, content, markup, Priority.FINAL, is_final=is_final)
        except PlatformError as error:
            if error.fault is not PlatformFault.FATE_UNKNOWN or may_repeat:
                raise

    def message(self, index: int) -> MessageRef | None:
        part = self._parts.get(index)
        return part.message if part is not None else None

    async def forget_after(self, count: int) -> None:
        """Take away messages of which the finished answer has no use."""
        for index, part in sorted(self._parts.items()):
            if index >= count and part.message is not None and not part.is_final:
                await self._remove(part.message)
                self._shown.pop(index, None)

    async def _remove(self, message: MessageRef) -> None:
        try:
            await self._sender.delete(Spot.of(message))
        except PlatformError as error:
            if error.fault not in (PlatformFault.GONE, PlatformFault.REFUSED):
                raise

    async def _edited(self, message: MessageRef, index: int, content: Rendered, markup: Markup | None) -> bool:
        """False if the message is not there any more."""
        if self._shown.get(index) == (content, markup):
            return True
        try:
            await self._sender.edit(Spot.of(message), content, markup=markup, priority=Priority.FINAL)
        except PlatformError as error:
            if error.fault is not PlatformFault.GONE:
                raise
            return False
        self._shown[index] = (content, markup)
        return True

    async def _send(
        self,
        index: int,
        content: Rendered,
        markup: Markup | None,
        priority: Priority,
        *,
        is_final: bool,
        if_unknown: PartState = PartState.UNKNOWN,
    ) -> None:
        turn = self._delivery.turn
        asked_in = turn.reply_to if index == 0 and not self._place.is_private else None
        try:
            spot = await self._sender.send(
                self._place,
                content,
                markup=markup,
                reply_to=Spot.of(asked_in).message if asked_in is not None else None,
                priority=priority,
                before=lambda: self._record(Part(index, PartState.SENDING)),
            )
        except PlatformError as error:
            unknown = error.fault is PlatformFault.FATE_UNKNOWN
            await self._record(Part(index, if_unknown if unknown else PartState.PLANNED))
            raise
        self._shown[index] = (content, markup)
        await self._record(Part(index, PartState.SENT, spot.ref(turn.conversation.bot), is_final))

    async def _record(self, part: Part) -> None:
        await self._delivery.record(part)
        self._parts[part.index] = part
