"""The body of a completions call, read with the tolerance of FastGPT."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.simulator import errors
from bridge.simulator.apps import App
from bridge.simulator.errors import ApiError
from bridge.simulator.profiles import Profile
from bridge.simulator.workflow import Json

_ROLES = {"user": "Human", "assistant": "AI", "system": "System"}
NO_RECORD = "NO_RECORD_HISTORIES"


@dataclass(frozen=True, slots=True)
class Said:
    """One message: its text, the files with it, and how a record shows it."""

    obj: str
    text: str
    files: tuple[str, ...]
    value: tuple[Json, ...]
    data_id: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    messages: tuple[Said, ...]
    has_messages: bool
    chat_id: str
    stream: bool
    detail: bool
    variables: dict[str, Json]
    data_id: str
    app_id: str
    custom_uid: str
    cites: bool

    @property
    def earlier(self) -> tuple[Said, ...]:
        """System messages first, as they are handed to the model."""
        rest = self.messages[:-1]
        return (*(said for said in rest if said.obj == "System"), *(said for said in rest if said.obj != "System"))


def asked(body: Json, profile: Profile) -> Asked:
    """Raises ApiError for messages that are no list."""
    body = body if isinstance(body, dict) else {}
    messages = body.get("messages") or []
    if not isinstance(messages, list):
        if profile.validates_bodies:
            raise errors.invalid_body("Invalid input: expected array, received string at messages")
        raise ApiError("messages is not array")
    said = [_said(message) for message in messages if isinstance(message, dict)]
    return Asked(
        messages=tuple(entry for entry in said if entry is not None),
        has_messages=bool(messages),
        chat_id=str(body.get("chatId") or ""),
        stream=bool(body.get("stream", False)),
        detail=bool(body.get("detail", False)),
        variables=dict(body.get("variables") or {}),
        data_id=str(body.get("responseChatItemId") or ""),
        app_id=str(body.get("appId") or ""),
        custom_uid=str(body.get("customUid") or ""),
        cites=bool(body.get("retainDatasetCite", False)),
    )


def question(request: Asked, app: App) -> Said:
    """The last message, whoever it says it is from. Raises ApiError if there is none."""
    if app.is_plugin:
        return request.messages[-1] if request.messages else Said("Human", "", (), ())
    if not request.has_messages:
        raise ApiError("messages is empty")
    if not request.messages:
        raise ApiError("User question is empty")
    return request.messages[-1]


def _said(message: Json) -> Said | None:
    obj = _ROLES.get(str(message.get("role")))
    if obj is None:
        return None
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": str(content or "")}]
    values = [value for part in parts if isinstance(part, dict) and (value := _value(part)) is not None]
    texts = [value["text"]["content"] for value in values if value["type"] == "text"]
    files = [value["file"]["url"] for value in values if value["type"] == "file"]
    return Said(obj, "\n".join(texts), tuple(files), tuple(values), str(message.get("dataId") or ""))


def _value(part: Json) -> Json | None:
    """A part of a message as a record keeps it; an unknown part is dropped."""
    match part.get("type"):
        case "text":
            return {"type": "text", "text": {"content": str(part.get("text") or "")}}
        case "image_url":
            url = (part.get("image_url") or {}).get("url", "")
            return {"type": "file", "file": {"type": "image", "name": "", "url": url, **_key(part)}}
        case "file_url":
            kind = part.get("fileType") or "file"
            name, url = part.get("name") or "", part.get("url") or ""
            return {"type": "file", "file": {"type": kind, "name": name, "url": url, **_key(part)}}
        case _:
            return None


def _key(part: Json) -> Json:
    return {"key": part["key"]} if part.get("key") else {}
