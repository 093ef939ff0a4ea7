"""FastGPT, as the core sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from bridge.domain.events import AssistantEvent, Citation, NodeFinished
from bridge.domain.ids import ChatId, TurnId
from bridge.domain.turns import App, ChatStatus, Opening, Question, Record, UploadedFile
from bridge.domain.updates import Rating


class Assistant(Protocol):
    """FastGPT. Every method may raise AssistantError; `permanent` ones are not worth repeating."""

    def ask(
        self,
        app: App,
        chat: ChatId,
        turn: TurnId,
        question: Question,
        *,
        person: str,
    ) -> AsyncIterator[AssistantEvent]:
        """Ask one question and stream the answer; close the iterator to let go of the connection.

        `person` is FastGPT's `customUid`. Yields `Finished` last if and only if FastGPT said so. An error after text
        is raised after that text was yielded. A failed node is a `NodeFinished` with an error, not an exception.
        """

    async def stop(self, app: App, chat: ChatId) -> bool:
        """Stop what runs in `chat`, and unlock it. False where the server has no such call (then closing is all)."""

    async def records(self, app: App, chat: ChatId, limit: int = 10) -> list[Record]:
        """The newest records in chronological order; empty for an unknown chat."""

    async def status(self, app: App, chat: ChatId) -> ChatStatus: ...

    async def outlives_connection(self, app: App) -> bool:
        """Whether a run goes on, and is stored whole, when its connection is lost.

        True only for v2 on servers that report a chat's status (about 4.15): elsewhere what is found in the records
        after a lost connection may be a part, with nothing to tell it by.
        """

    async def opening(self, app: App, chat: ChatId) -> Opening: ...

    async def suggest(self, app: App, chat: ChatId) -> list[str]:
        """Follow-up questions. Billed and slow: only to be called if the app's opening says that it suggests."""

    async def rate(self, app: App, chat: ChatId, record: str, rating: Rating, reason: str) -> None: ...

    async def nodes(self, app: App, chat: ChatId, record: str) -> tuple[NodeFinished, ...]: ...

    async def quotes(self, app: App, chat: ChatId, record: str, citations: Sequence[Citation]) -> dict[str, str]:
        """The text of citations, by citation id, as far as the server gives it."""

    async def forget(self, app: App, chat: ChatId, record: str) -> None:
        """Delete a round, both halves. What is not there is not an error."""

    async def upload(self, app: App, chat: ChatId, name: str, media_type: str, content: bytes) -> UploadedFile: ...

    async def close(self) -> None: ...
