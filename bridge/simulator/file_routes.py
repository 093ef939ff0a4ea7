"""Files and sound: multipart upload, presigned upload, speech to text and back."""

from __future__ import annotations

import json
import mimetypes
from urllib.parse import quote, unquote

from aiohttp import BodyPartReader, web

from bridge.simulator import errors
from bridge.simulator.access import app_of
from bridge.simulator.calls import Call
from bridge.simulator.errors import ApiError
from bridge.simulator.ids import iso, nano_id, object_id
from bridge.simulator.replies import data, not_found
from bridge.simulator.rounds import OWNER
from bridge.simulator.state import State, StoredFile
from bridge.simulator.workflow import Json

_BUCKET = "fastgpt-private"
_MAX_SIZE = 500 * 1024 * 1024  # bytes, FastGPT's default
_SOUND_LIMIT = 5 * 1024 * 1024  # bytes


async def _parts(request: web.Request) -> tuple[dict[str, str], StoredFile | None]:
    """The fields of a form, and the file in it."""
    texts: dict[str, str] = {}
    file: StoredFile | None = None
    if not request.content_type.startswith("multipart/"):
        return texts, file
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        content = bytes(await part.read())
        if part.filename:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            file = StoredFile(unquote(part.filename), kind, content)
        elif part.name:
            texts[part.name] = content.decode()
    return texts, file


async def upload(call: Call) -> web.StreamResponse:
    state = call.authorised()
    texts, file = await _parts(call.request)
    app_of(str(json.loads(texts.get("data") or "{}").get("appId") or ""), state)
    if file is None:
        raise ApiError("file is empty")
    file_id, token = object_id(), nano_id(40)
    state.files[token] = file
    preview = f"{state.base_url}/api/common/file/read/{quote(file.name)}?token={token}"
    return data({"fileId": file_id, "previewUrl": preview})


async def read_file(call: Call) -> web.StreamResponse:
    file = call.state.files.get(call.request.query.get("token", ""))
    return not_found() if file is None else _served(file)


def _served(file: StoredFile) -> web.Response:
    headers = {"Content-Type": file.content_type, "Content-Disposition": f'inline; filename="{quote(file.name)}"'}
    return web.Response(body=file.content, headers=headers)


async def presign(call: Call) -> web.StreamResponse:
    state, wanted = call.authorised(), call.fields
    app = app_of(str(wanted.get("appId") or ""), state)
    if not app.takes_files:
        raise errors.upload_disabled()
    name = str(wanted.get("filename") or "file")
    chat_id = str(wanted.get("chatId") or "")
    key = f"chat/{app.id}/{OWNER}/{chat_id}/{nano_id(6)}-{name}"
    kind = str(wanted.get("contentType") or mimetypes.guess_type(name)[0] or "application/octet-stream")
    if state.profile.presign == "post":
        return data(_post_form(state, key, name, kind))
    signed = {"url": f"{_address(state, key)}?X-Amz-Signature={nano_id(32)}", "key": key}
    headers = {"Content-Type": kind, "x-amz-meta-origin-filename": quote(name)}
    preview = f"{_address(state, key)}?filename={quote(name)}"
    return data({**signed, "headers": headers, "maxSize": _MAX_SIZE, "previewUrl": preview})


def _post_form(state: State, key: str, name: str, kind: str) -> Json:
    form = {
        "key": key,
        "bucket": _BUCKET,
        "Content-Type": kind,
        "x-amz-meta-content-disposition": f'attachment; filename="{name}"',
        "x-amz-meta-origin-filename": name,
        "x-amz-meta-upload-time": iso(state.now()),
        "policy": nano_id(64),
        "x-amz-signature": nano_id(64),
    }
    return {"url": f"{state.base_url}/{_BUCKET}", "fields": form, "maxSize": _MAX_SIZE}


def _address(state: State, key: str) -> str:
    return f"{state.base_url}/{_BUCKET}/{quote(key)}"


async def presign_read(call: Call) -> web.StreamResponse:
    state, wanted = call.authorised(), call.fields
    key = str(wanted.get("key") or "")
    name = key.rsplit("/", 1)[-1]
    return data(f"{_address(state, key)}?filename={quote(name)}&X-Amz-Signature={nano_id(32)}")


async def storage(call: Call) -> web.StreamResponse:
    """The object storage beside FastGPT: no key, the signature in the address is enough."""
    state, request = call.state, call.request
    key = request.match_info.get("key", "")
    match request.method:
        case "PUT":
            kind = request.headers.get("Content-Type", "application/octet-stream")
            state.files[key] = StoredFile(key.rsplit("/", 1)[-1], kind, await request.read())
            return web.Response(status=200)
        case "POST":
            texts, file = await _parts(call.request)
            if file is None or not texts.get("key"):
                return web.Response(status=400, text="<Error><Code>InvalidArgument</Code></Error>")
            state.files[texts["key"]] = file
            return web.Response(status=204)
        case _:
            stored = state.files.get(key)
            return web.Response(status=404) if stored is None else _served(stored)


async def transcriptions(call: Call) -> web.StreamResponse:
    state = call.authorised()
    texts, file = await _parts(call.request)
    wanted = json.loads(texts.get("data") or "{}")
    app_of(str(wanted.get("appId") or wanted.get("sourceId") or ""), state)
    if file is None or not file.content:
        raise ApiError("audio file not found")
    if len(file.content) > _SOUND_LIMIT:
        raise ApiError("File size exceeds limit")
    return data(state.transcript)


async def speech(call: Call) -> web.StreamResponse:
    """A second of silence, as a WAV file: valid sound, and the same for every text."""
    state, wanted = call.authorised(), call.fields
    app_of(str(wanted.get("appId") or ""), state)
    voice = wanted.get("ttsConfig") or {}
    if voice.get("type") != "model" or not voice.get("model") or not voice.get("voice"):
        raise ApiError("model not found")
    return web.Response(body=_silence(), content_type="audio/wav")


def _silence(rate: int = 8000) -> bytes:
    samples = b"\x80" * rate  # 8-bit samples have their zero in the middle
    layout = b"fmt " + _u32(16) + _u16(1) + _u16(1) + _u32(rate) + _u32(rate) + _u16(1) + _u16(8)
    body = b"WAVE" + layout + b"data" + _u32(len(samples)) + samples
    return b"RIFF" + _u32(len(body)) + body


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "little")


def _u16(value: int) -> bytes:
    return value.to_bytes(2, "little")
