"""FastGPT, as `bridge.ports.Assistant`."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence

import httpx

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.events import AssistantEvent, Citation, NodeFinished
from bridge.domain.ids import ChatId, TurnId
from bridge.domain.interactions import Json
from bridge.domain.turns import App, ChatStatus, Opening, Question, Record, UploadedFile
from bridge.domain.updates import Rating
from bridge.fastgpt import records
from bridge.fastgpt.answers import Patience, answer
from bridge.fastgpt.encode import request_body
from bridge.fastgpt.nodes import finished_nodes
from bridge.fastgpt.opening import opening_of
from bridge.fastgpt.server import Server
from bridge.fastgpt.uploads import upload
from bridge.fastgpt.wire import content_of
from bridge.fastgpt.wording import shown

# Newest first; where they have been is told by FastGPT's API pages of the respective versions.
_COMPLETIONS = {
    "auto": ("/v2/chat/completions", "/v1/chat/completions"),
    "v1": ("/v1/chat/completions",),
    "v2": ("/v2/chat/completions",),
}
_STOP = ("/v2/chat/stop",)
_RECORDS = ("/core/chat/record/getPaginationRecords", "/core/chat/getPaginationRecords")
_STATUS = ("/core/chat/history/getHistoryStatus",)
_INIT = ("/core/chat/init",)
_SUGGEST = ("/core/ai/agent/v2/createQuestionGuide",)
_SUGGEST_OLD = ("/core/ai/agent/createQuestionGuide",)
_RATE = ("/core/chat/feedback/updateUserFeedback",)
_NODES = ("/core/chat/record/getResData", "/core/chat/getResData")
_QUOTES = ("/core/chat/record/getQuote", "/core/chat/quote/getQuote")
_DELETE = ("/core/chat/record/delete", "/core/chat/item/delete")

_QUOTES_AT_ONCE = 200
_LOOK_BACK = 30
_NO_REASON = "bad"


class FastGPT:
    """Any number of apps on any number of servers, over one transport, which `close` closes.

    `first_byte` and `idle` are seconds without anything from FastGPT, heartbeats counting as something; one call of a
    model may take it 600. `grace` is for what comes after a complete answer, `call` for everything that is no answer.
    `cite` keeps citation markers in the text.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        first_byte: float = 600.0,
        idle: float = 600.0,
        connect: float = 10.0,
        call: float = 60.0,
        grace: float = 10.0,
        cite: bool = True,
        stream: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = Server(transport, connect=connect, call=call, monotonic=monotonic)
        self._patience = Patience(first_byte=first_byte, idle=idle, grace=grace)
        self._cite = cite
        self._stream = stream

    async def close(self) -> None:
        await self._server.aclose()

    def ask(
        self, app: App, chat: ChatId, turn: TurnId, question: Question, *, person: str
    ) -> AsyncGenerator[AssistantEvent, None]:
        body = request_body(app, chat, turn, question, person=person, stream=self._stream, cite=self._cite)
        stream = self._server.stream(app, _completions(app), body)
        return answer(stream, self._patience, secrets=(app.key,))

    async def stop(self, app: App, chat: ChatId) -> bool:
        try:
            await self._server.call(app, "POST", _STOP, body={"appId": app.app_id, "chatId": chat})
        except AssistantError as error:
            if error.fault is AssistantFault.NOT_FOUND:
                return False
            raise
        return True

    async def records(self, app: App, chat: ChatId, limit: int = 10) -> list[Record]:
        body = {"appId": app.app_id, "chatId": chat, "offset": 0, "pageSize": limit, "loadCustomFeedbacks": False}
        return records.page(await self._server.call(app, "POST", _RECORDS, body=body))

    async def status(self, app: App, chat: ChatId) -> ChatStatus:
        try:
            data = await self._server.call(app, "POST", _STATUS, body={"appId": app.app_id, "chatIds": [chat]})
        except AssistantError as error:
            if error.fault is AssistantFault.NOT_FOUND:
                return ChatStatus.UNKNOWN
            raise
        return records.status_of(data, chat)

    async def outlives_connection(self, app: App) -> bool:
        if self._server.worked(app, _completions(app)) == _COMPLETIONS["v1"][0] or app.api_version == "v1":
            return False
        return await self.status(app, ChatId("outlives-connection")) is not ChatStatus.UNKNOWN

    async def opening(self, app: App, chat: ChatId) -> Opening:
        query = {"appId": app.app_id, "chatId": chat}
        return opening_of(await self._server.call(app, "GET", _INIT, query=query))

    async def suggest(self, app: App, chat: ChatId) -> list[str]:
        try:
            data = await self._server.call(app, "POST", _SUGGEST, body={"appId": app.app_id, "chatId": chat})
        except AssistantError as error:
            if error.fault is not AssistantFault.NOT_FOUND:
                raise
            data = await self._suggest_as_before(app, chat)
        found = [shown(content_of(item)).strip() for item in data] if isinstance(data, list) else []
        return list(dict.fromkeys(text for text in found if text))

    async def _suggest_as_before(self, app: App, chat: ChatId) -> Json:
        """Servers older than 4.8.16 are told the conversation instead of looking it up."""
        messages = [
            {"role": "user" if record.from_person else "assistant", "content": record.text}
            for record in await self.records(app, chat, limit=6)
        ]
        return await self._server.call(app, "POST", _SUGGEST_OLD, body={"messages": messages})

    async def rate(self, app: App, chat: ChatId, record: str, rating: Rating, reason: str) -> None:
        """FastGPT clears the vote that is not in the body, so an empty one takes both back."""
        vote = {
            Rating.GOOD: {"userGoodFeedback": reason or "yes"},
            Rating.BAD: {"userBadFeedback": reason or _NO_REASON},
            Rating.NONE: {},
        }[rating]
        body = {"appId": app.app_id, "chatId": chat, "dataId": record, **vote}
        await self._server.call(app, "POST", _RATE, body=body)

    async def nodes(self, app: App, chat: ChatId, record: str) -> tuple[NodeFinished, ...]:
        query = {"appId": app.app_id, "chatId": chat, "dataId": record}
        data = await self._server.call(app, "GET", _NODES, query=query)
        return finished_nodes(data) if isinstance(data, list) else ()

    async def quotes(self, app: App, chat: ChatId, record: str, citations: Sequence[Citation]) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(citations), _QUOTES_AT_ONCE):
            wanted = citations[start : start + _QUOTES_AT_ONCE]
            body = {
                "appId": app.app_id,
                "chatId": chat,
                "chatItemDataId": record,
                "datasetDataIdList": list(dict.fromkeys(citation.id for citation in wanted)),
                "collectionIdList": list(
                    dict.fromkeys(citation.collection for citation in wanted if citation.collection)
                ),
            }
            found |= _quoted(await self._server.call(app, "POST", _QUOTES, body=body))
        return found

    async def forget(self, app: App, chat: ChatId, record: str) -> None:
        """Newer servers give both halves one id and delete them together; elsewhere the question is looked up first."""
        for id in _halves(await self.records(app, chat, limit=_LOOK_BACK), record):
            where = {"appId": app.app_id, "chatId": chat, "contentId": id}
            # 4.14 reads the body where older and newer ones read the query.
            await self._server.call(app, "DELETE", _DELETE, query=where, body=where)

    async def upload(self, app: App, chat: ChatId, name: str, media_type: str, content: bytes) -> UploadedFile:
        return await upload(self._server, app, chat, name, media_type, content)


def _completions(app: App) -> tuple[str, ...]:
    return _COMPLETIONS.get(app.api_version, _COMPLETIONS["auto"])


def _halves(found: list[Record], record: str) -> list[str]:
    """The ids of a round: of every answer that has this one, and of the question right before it."""
    ids: list[str] = []
    for before, each in zip([None, *found], found, strict=False):
        if each.id == record and not each.from_person:
            if before is not None and before.from_person:
                ids.append(before.id)
            ids.append(each.id)
    return list(dict.fromkeys(ids))


def _quoted(data: Json) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in data if isinstance(data, list) else []:
        if isinstance(item, dict) and isinstance(item.get("_id"), str):
            pieces = (content_of(item.get("q")).strip(), content_of(item.get("a")).strip())
            found[item["_id"]] = "\n".join(piece for piece in pieces if piece)
    return found
