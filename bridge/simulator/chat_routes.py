"""The calls about chats: their list, their titles, how an app opens, and stopping what runs."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bridge.simulator import errors
from bridge.simulator.access import app_of, caller
from bridge.simulator.calls import Call
from bridge.simulator.errors import ApiError
from bridge.simulator.profiles import Profile
from bridge.simulator.records import ChatLog, GenerateStatus
from bridge.simulator.replies import data
from bridge.simulator.state import State
from bridge.simulator.workflow import Json

_STOP_PATIENCE = 5.0  # seconds the stop call waits for the run to end


async def init(call: Call) -> web.StreamResponse:
    state, wanted = call.authorised(), call.fields
    app_id, chat_id = str(wanted.get("appId") or ""), str(wanted.get("chatId") or "")
    if not app_id:
        raise ApiError("You don't have an app yet", code=501, status_text="", http=501)
    app = app_of(app_id, state)
    if not chat_id and state.profile.opens_chats_only:
        raise errors.invalid_body("Invalid input: expected string at chatId")
    shown: Json = {"chatId": chat_id} if chat_id else {}
    shown["appId"] = app_id
    log = state.chats.get(app_id, chat_id)
    if log is not None and log.records and not log.deleted:
        shown |= {"title": log.custom_title or log.title, "variables": log.variables}
        shown |= {"chatGenerateStatus": int(log.status)} if state.profile.one_run else {}
    return data(shown | {"app": app.described()})


async def histories(call: Call) -> web.StreamResponse:
    state, wanted = call.authorised(), call.fields
    logs = state.chats.of_app(str(wanted.get("appId") or ""))
    offset, size = int(wanted.get("offset") or 0), int(wanted.get("pageSize") or 20)
    page = [log.summary(state.profile) for log in logs[offset : offset + size]]
    return data({"list": page, "total": len(logs)})


async def history_status(call: Call) -> web.StreamResponse:
    state, wanted = call.authorised(), call.fields
    found = (state.chats.get(str(wanted.get("appId")), str(chat_id)) for chat_id in wanted.get("chatIds") or [])
    return data([_status(log, state.profile) for log in found if log is not None])


def _status(log: ChatLog, profile: Profile) -> Json:
    if profile.one_run:
        status = log.status
    else:
        running = any(not run.ended.is_set() for run in log.runs)
        status = GenerateStatus.GENERATING if running else GenerateStatus.DONE
    return {"chatId": log.chat_id, "chatGenerateStatus": int(status), "hasBeenRead": False}


async def update_history(call: Call) -> web.StreamResponse:
    state, wanted = call.authorised(), call.fields
    log = state.chats.get(str(wanted.get("appId") or ""), str(wanted.get("chatId") or ""))
    if log is not None:
        log.title = str(wanted.get("title", log.title))
        log.custom_title = str(wanted.get("customTitle", log.custom_title))
        log.top = bool(wanted.get("top", log.top))
        log.updated = state.now()
    return data(None)


async def delete_history(call: Call) -> web.StreamResponse:
    state, wanted = call.authorised(), call.fields
    log = state.chats.get(str(wanted.get("appId") or ""), str(wanted.get("chatId") or ""))
    if log is not None:
        _delete(state, log)
    return data(None)


async def clear_histories(call: Call) -> web.StreamResponse:
    """All chats that came through the API, whoever had them."""
    state, wanted = call.authorised(), call.fields
    for log in state.chats.of_app(str(wanted.get("appId") or "")):
        _delete(state, log)
    return data(None)


def _delete(state: State, log: ChatLog) -> None:
    """A softly deleted chat is out of the list; its records go on being the context of that chat id."""
    if state.profile.soft_deletes:
        log.deleted = True
    else:
        state.chats.forget(log)


async def stop(call: Call) -> web.StreamResponse:
    """Ends what runs in v2, waits for it, and unlocks the chat whatever was found."""
    state, wanted = call.authorised(), call.fields
    app = app_of(str(wanted.get("appId") or ""), state)
    log = state.chats.get(app.id, str(wanted.get("chatId") or ""))
    if log is not None:
        running = [run for run in log.runs if not run.ended.is_set() and run.version == 2]
        for run in running:
            run.stop()
        if running:
            await asyncio.wait([asyncio.ensure_future(run.ended.wait()) for run in running], timeout=_STOP_PATIENCE)
        log.status = GenerateStatus.DONE
    return data({"success": True})


async def key_health(call: Call) -> web.StreamResponse:
    """Which app a key belongs to."""
    state = call.state
    app = state.apps.with_key(call.request.query.get("apiKey", ""))
    if app is None:
        raise ApiError("APIKey invalid")
    return data({"appId": app.id})


async def question_guide(call: Call) -> web.StreamResponse:
    """Asks a model, whether or not the app has the guide switched on."""
    state, wanted = call.authorised(), call.fields
    return data(list(app_of(str(wanted.get("appId") or ""), state).suggestions))


async def question_guide_old(call: Call) -> web.StreamResponse:
    state = call.authorised()
    bound = caller(call.request.headers, state).bound
    return data(list((bound or state.apps.all()[0]).suggestions))


async def input_guide(call: Call) -> web.StreamResponse:
    state, wanted = call.authorised(), call.fields
    app, key = app_of(str(wanted.get("appId") or ""), state), str(wanted.get("searchKey") or "").lower()
    return data([entry for entry in app.input_guides if key in entry.lower()][:6])
