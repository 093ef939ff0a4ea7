"""The calls about single records: reading, rating, deleting, and how an answer came about."""

from __future__ import annotations

from aiohttp import web

from bridge.simulator import errors
from bridge.simulator.calls import Call
from bridge.simulator.errors import ApiError
from bridge.simulator.ids import iso
from bridge.simulator.records import NESTED, ChatLog, ChatRecord
from bridge.simulator.replies import data
from bridge.simulator.state import State
from bridge.simulator.workflow import Json


def _log(state: State, wanted: Json) -> ChatLog | None:
    log = state.chats.get(str(wanted.get("appId") or ""), str(wanted.get("chatId") or ""))
    return None if log is None or log.deleted else log


async def records(call: Call) -> web.StreamResponse:
    """Pages from the newest, each page in order of time. Nothing found is an empty list."""
    state, wanted = call.authorised(), call.fields
    log = _log(state, wanted)
    live = log.live() if log else []
    offset, size = int(wanted.get("offset") or 0), int(wanted.get("pageSize") or 20)
    end = max(len(live) - offset, 0)
    page = live[max(end - size, 0) : end]
    custom = bool(wanted.get("loadCustomFeedbacks"))
    shown = [record.shown(state.profile, custom_feedbacks=custom) for record in page]
    return data({"list": shown, "total": len(live)})


async def feedback(call: Call) -> web.StreamResponse:
    """What is named is set, what is left out is taken away."""
    state, wanted = call.authorised(), call.fields
    if not wanted.get("chatId") or not wanted.get("dataId"):
        raise ApiError("chatId or dataId is empty")
    log = _log(state, wanted)
    record = log.find(str(wanted["dataId"]), "AI" if state.profile.one_run else None) if log else None
    if record is None:
        if state.profile.rejects_unknown_feedback:
            raise ApiError("Chat item not found")
        return data(None)
    record.good, record.bad = wanted.get("userGoodFeedback"), wanted.get("userBadFeedback")
    return data(None)


async def run_details(call: Call) -> web.StreamResponse:
    state, wanted = call.authorised(), call.fields
    log = _log(state, wanted)
    record = log.find(str(wanted.get("dataId") or ""), "AI") if log else None
    return data([_saved(node) for node in record.nodes] if record else [])


def _saved(node: Json) -> Json:
    """Saved quotes keep no text."""
    if "quoteList" not in node:
        return node
    kept = ("id", "chunkIndex", "datasetId", "collectionId", "sourceId", "sourceName", "score", "tokens")
    return {**node, "quoteList": [{key: quote[key] for key in kept} for quote in node["quoteList"]]}


async def delete_record(call: Call) -> web.StreamResponse:
    state, wanted, body = call.authorised(), call.fields, call.body
    sources = {"query": dict(call.request.query), "body": body if isinstance(body, dict) else {}}
    readable = [sources[name] for name in sorted(state.profile.delete_reads)]
    ids = {
        str(value) for source in readable for value in (source.get("contentId"), *source.get("contentIds", ())) if value
    }
    if not ids or not wanted.get("chatId"):
        raise ApiError("contentId or chatId is empty")
    if (log := _log(state, wanted)) is not None:
        for record in log.records:
            record.deleted = record.deleted or record.data_id in ids
    return data(None)


async def quotes(call: Call) -> web.StreamResponse:
    """The text behind citations. Every collection has to occur in the record."""
    state, wanted = call.authorised(), call.fields
    log = _log(state, wanted)
    record = log.find(str(wanted.get("chatItemDataId") or ""), "AI") if log else None
    if record is None:
        raise errors.foreign_chat()
    cited = _quotes(record)
    if not set(wanted.get("collectionIdList") or []) <= {quote["collectionId"] for quote in cited}:
        raise ApiError(
            "common:code_error.dataset_error.un_auth_dataset_file", code=501006, status_text="unAuthDatasetFile"
        )
    ids = set(wanted.get("datasetDataIdList") or [])
    return data([_text(quote, state) for quote in cited if quote["id"] in ids])


def _quotes(record: ChatRecord) -> list[Json]:
    return _quotes_in(record.nodes)


def _quotes_in(nodes: list[Json]) -> list[Json]:
    found = [quote for node in nodes for quote in node.get("quoteList", [])]
    return found + [quote for node in nodes for key in NESTED for quote in _quotes_in(node.get(key, []))]


def _text(quote: Json, state: State) -> Json:
    return {
        "_id": quote["id"],
        "q": quote["q"],
        "a": quote["a"],
        "updateTime": iso(state.now()),
        "index": quote["chunkIndex"],
    }
