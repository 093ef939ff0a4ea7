"""Who types where, and the ids of lines and messages."""

from __future__ import annotations

import itertools
import secrets

from adapters.console.inbound import Typed
from bridge.domain.ids import ConversationKey, MessageRef
from bridge.domain.interactions import Person
from bridge.domain.updates import Attachment
from bridge.ports import Clock

PLATFORM = "console"
BOT = "terminal"
YOU = Person("you", "You")


class Session:
    """One person and one conversation. `name` makes ids unique among processes."""

    def __init__(self, clock: Clock, person: Person, name: str | None) -> None:
        self._clock = clock
        self._person = person
        self._name = name or secrets.token_hex(6)
        self._numbers = itertools.count(1)

    @property
    def conversation(self) -> ConversationKey:
        return ConversationKey(PLATFORM, BOT, self._name)

    def new_message(self) -> MessageRef:
        return MessageRef(PLATFORM, BOT, self._new_id())

    def typed(self, text: str, *, attachment: Attachment | None = None, secret: bool = False) -> Typed:
        return Typed(
            text=text,
            id=self._new_id(),
            conversation=self.conversation,
            by=self._person,
            at=self._clock.now(),
            message=self.new_message(),
            attachments=(attachment,) if attachment is not None else (),
            secret=secret,
        )

    def _new_id(self) -> str:
        return f"{self._name}-{next(self._numbers)}"
