"""What FastGPT is asked: one question, or the answer to a paused workflow, as a request body. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, assert_never

from bridge.domain.ids import ChatId, TurnId
from bridge.domain.interactions import Answer, Cancelled, Chosen, Filled, Json, Said
from bridge.domain.turns import App, Question, UploadedFile
from bridge.fastgpt.interactive import AGENT_ASK, question_key

_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg")


def request_body(
    app: App, chat: ChatId, turn: TurnId, question: Question, *, person: str, stream: bool, cite: bool
) -> dict[str, Any]:
    """The body of a completion.

    Exactly one message: FastGPT appends earlier ones to the history it has, and a trailing answer hides a pause. A
    plugin app has inputs in the place of a question: no text, no file, no answer means no message.
    """
    body: dict[str, Any] = {
        "appId": app.app_id,
        "chatId": chat,
        "responseChatItemId": turn,
        "customUid": person,
        "stream": stream,
        "detail": True,
        "retainDatasetCite": cite,
        "variables": dict(question.variables),
    }
    content = _content(question)
    body["messages"] = [{"role": "user", "content": content}] if content is not None else []
    return body


def _content(question: Question) -> str | list[dict[str, Any]] | None:
    if question.answer is not None:
        return answer_text(question.kind, question.answer)
    if question.files:
        text = [{"type": "text", "text": question.text}] if question.text else []
        return [*text, *(file_part(file) for file in question.files)]
    return question.text or None


def answer_text(kind: str, answer: Answer) -> str:
    """What resumes a paused workflow of this type: the option's exact value, a JSON object as text, or plain words."""
    match answer:
        case Chosen(_, option):
            return _compact({"answers": [option.value]}) if kind == AGENT_ASK else option.value
        case Filled(values):
            return _compact({"answers": _in_order(values)} if kind == AGENT_ASK else form_values(answer))
        case Said(text):
            return text
        case Cancelled():
            raise ValueError("FastGPT has no answer that cancels")
        case _:
            assert_never(answer)


def form_values(filled: Filled) -> dict[str, Json]:
    """Values by key; a password as FastGPT's own page sends it, for a bare one that looks like JSON is parsed."""
    return {
        key: {"value": value, "secret": ""} if key in filled.passwords and isinstance(value, str) else value
        for key, value in filled.values.items()
    }


def _in_order(values: Mapping[str, Json]) -> list[Json]:
    keys = [question_key(index) for index in range(len(values))]
    return [values.get(key, "") for key in keys]


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def file_part(file: UploadedFile) -> dict[str, Any]:
    """FastGPT's own flat shape. The key lets servers with object storage sign the file anew."""
    part: dict[str, Any] = (
        {"type": "image_url", "image_url": {"url": file.url}}
        if is_image(file)
        else {"type": "file_url", "name": file.name, "url": file.url}
    )
    return {**part, "key": file.key} if file.key else part


def is_image(file: UploadedFile) -> bool:
    if file.media_type:
        return file.media_type.startswith("image/")
    return file.name.lower().endswith(_IMAGES)
