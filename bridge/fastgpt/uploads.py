"""Giving a file to FastGPT: presigned object storage since 4.14, a multipart form before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.ids import ChatId
from bridge.domain.interactions import Json
from bridge.domain.turns import App, UploadedFile
from bridge.fastgpt import errors
from bridge.fastgpt.server import Server

_PRESIGN = ("/core/chat/file/presignChatFilePostUrl", "/core/chat/presignChatFilePostUrl")
_ADDRESS = ("/core/chat/file/presignChatFileGetUrl", "/core/chat/presignChatFileGetUrl")
_FORM = ("/common/file/upload",)
_INIT = ("/core/chat/init",)


async def upload(server: Server, app: App, chat: ChatId, name: str, media_type: str, content: bytes) -> UploadedFile:
    """Raises AssistantError: permanent where the app takes no files, or not this one."""
    try:
        ticket = await _presigned(server, app, chat, name, media_type, len(content))
    except AssistantError as error:
        if error.fault is not AssistantFault.NOT_FOUND:
            raise
        return await _by_form(server, app, chat, name, media_type, content)
    if isinstance(ticket.get("maxSize"), int) and len(content) > ticket["maxSize"]:
        raise AssistantError(
            f"FastGPT takes files of at most {ticket['maxSize'] // 2**20} MB.",
            fault=AssistantFault.FILE_TOO_LARGE,
            permanent=True,
        )
    key = await _put(server, ticket, name, media_type, content)
    url = ticket.get("previewUrl") or await _address(server, app, chat, key)
    return UploadedFile(name=name, url=_text(url), media_type=media_type, key=key)


async def _presigned(
    server: Server, app: App, chat: ChatId, name: str, media_type: str, size: int
) -> Mapping[str, Any]:
    body = {"appId": app.app_id, "chatId": chat, "filename": name, "contentType": media_type, "size": size}
    try:
        ticket = await server.call(app, "POST", _PRESIGN, body=body)
    except AssistantError as error:
        # One 4.14 build refuses this field from an API key, another insists on it.
        if "fileSelectConfig" not in error.sentence:
            raise
        config = await _file_config(server, app, chat)
        ticket = await server.call(app, "POST", _PRESIGN, body={**body, "fileSelectConfig": config})
    if not isinstance(ticket, dict):
        raise errors.unreadable("it did not say where to put the file")
    return ticket


async def _file_config(server: Server, app: App, chat: ChatId) -> Json:
    data: Any = await server.call(app, "GET", _INIT, query={"appId": app.app_id, "chatId": chat})
    for name in ("app", "chatConfig", "fileSelectConfig"):
        data = data.get(name) if isinstance(data, dict) else None
    config: Json = data
    return config


async def _put(server: Server, ticket: Mapping[str, Any], name: str, media_type: str, content: bytes) -> str:
    """Returns the object's key."""
    url, fields, headers = _text(ticket.get("url")), ticket.get("fields"), ticket.get("headers")
    if isinstance(fields, dict):
        form = {str(field): str(value) for field, value in fields.items()}
        await server.send_elsewhere("POST", url, form=form, files={"file": (name, content, media_type)})
        return _text(fields.get("key"))
    named = {str(header): str(value) for header, value in headers.items()} if isinstance(headers, dict) else {}
    await server.send_elsewhere("PUT", url, content=content, headers=named)
    return _text(ticket.get("key"))


async def _address(server: Server, app: App, chat: ChatId, key: str) -> Json:
    return await server.call(app, "POST", _ADDRESS, body={"appId": app.app_id, "chatId": chat, "key": key})


async def _by_form(server: Server, app: App, chat: ChatId, name: str, media_type: str, content: bytes) -> UploadedFile:
    form = {
        "metadata": json.dumps({"chatId": chat}),
        "bucketName": "chat",
        "data": json.dumps({"appId": app.app_id}),
    }
    # FastGPT decodes the name as a URI component.
    files = {"file": (quote(name, safe=" ()[]!~*'"), content, media_type)}
    data = await server.call(app, "POST", _FORM, form=form, files=files)
    url = _text(data.get("previewUrl")) if isinstance(data, dict) else ""
    if not url:
        raise errors.unreadable("it did not say where the file is")
    return UploadedFile(name=name, url=url, media_type=media_type)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise errors.unreadable("it did not say where the file is")
