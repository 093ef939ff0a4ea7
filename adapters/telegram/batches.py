"""Which messages belong together although Telegram sends them apart.

Albums say so themselves. A paste longer than 4096 characters is split by the sender's client, and nothing says so: a
text near the limit, and more of the same person right after it, is taken as one. What is remembered here may be lost;
then a long paste becomes two questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.domain.updates import MessageReceived, Update
from bridge.rendering.chunks import utf16_length

NEARLY_FULL = 4000  # UTF-16 units; clients cut at 4096, or a little before at a line's end
_SOON = timedelta(seconds=2)
_FORGET_AT = 1000  # pastes, and as many albums


@dataclass(frozen=True, slots=True)
class _Paste:
    batch: str
    until: datetime
    addressed: bool


class Batches:
    def __init__(self) -> None:
        self._open: dict[tuple[str, str], _Paste] = {}
        self._albums: set[str] = set()

    def marked(self, updates: Sequence[Update]) -> Iterator[Update]:
        """With their batch. What is meant for others is left out: in a group people talk to each other, and whoever
        means the bot mentions it or replies to it."""
        for update in updates:
            marked = self._marked(update) if isinstance(update, MessageReceived) else update
            if not isinstance(marked, MessageReceived) or marked.addressed:
                yield marked

    def _marked(self, message: MessageReceived) -> MessageReceived:
        return self._of_a_paste(message) if message.batch is None else self._of_an_album(message)

    def _of_an_album(self, message: MessageReceived) -> MessageReceived:
        """Only its first picture has the words that say whom it is meant for."""
        album = f"{message.conversation}/{message.batch}"
        if album in self._albums:
            return replace(message, addressed=True)
        if message.addressed:
            if len(self._albums) >= _FORGET_AT:
                self._albums.clear()
            self._albums.add(album)
        return message

    def _of_a_paste(self, message: MessageReceived) -> MessageReceived:
        author = (str(message.conversation), message.by.id)
        paste = self._open.pop(author, None)
        if message.attachments:
            return message
        continues = paste is not None and message.at <= paste.until
        is_cut = utf16_length(message.text) >= NEARLY_FULL
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
