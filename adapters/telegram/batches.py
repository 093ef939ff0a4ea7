"""Which messages belong together although Telegram sends them apart.

Albums say so themselves. A paste longer than 4096 characters is split by the sender's client, and nothing says so: a
text near the limit, and more of the same person right after it, is taken as one. What is remembered here may be lost;
then a long paste becomes two questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.telegram.addressing import units
from bridge.domain.updates import MessageReceived, Update

NEARLY_FULL = 4000  # UTF-16 units; clients cut at 4096, or a little before at a line's end
_SOON = timedelta(seconds=2)
_FORGET_AT = 1000  # pastes


@dataclass(frozen=True, slots=True)
class _Paste:
    batch: str
    until: datetime
    addressed: bool


class Batches:
    def __init__(self) -> None:
        self._open: dict[tuple[str, str], _Paste] = {}

    def marked(self, updates: Sequence[Update]) -> Iterator[Update]:
        for update in updates:
            yield self._marked(update) if isinstance(update, MessageReceived) else update

    def _marked(self, message: MessageReceived) -> MessageReceived:
        author = (str(message.conversation), message.by.id)
        paste = self._open.pop(author, None)
        if message.batch is not None or message.attachments:
            return message
        continues = paste is not None and message.at <= paste.until
        is_cut = units(message.text) >= NEARLY_FULL
        if not continues and not is_cut:
            return message
        batch, addressed = f"paste:{message.message.id}", message.addressed
        if paste is not None and continues:
            # The rest of a paste is meant for whom its beginning was meant for, though only that holds the mention.
            batch, addressed = paste.batch, addressed or paste.addressed
        if is_cut:
            self._remember(author, _Paste(batch, message.at + _SOON, addressed))
        return replace(message, batch=batch, addressed=addressed)

    def _remember(self, author: tuple[str, str], paste: _Paste) -> None:
        if len(self._open) >= _FORGET_AT:
            self._open.clear()
        self._open[author] = paste
