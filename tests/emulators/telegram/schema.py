"""Every call against the Bot API's own schema (10.3), in the form of aiogram's generated pydantic models."""

from __future__ import annotations

import json
from types import NoneType
from typing import Any, get_args

import aiogram.methods
from aiogram.client.default import Default
from aiogram.methods import TelegramMethod
from aiogram.types import InputFile, Update
from pydantic import BaseModel, ValidationError

from tests.emulators.telegram.records import Json
from tests.emulators.telegram.refusals import bad_request

METHODS: dict[str, type[TelegramMethod[Any]]] = {
    cls.__api_method__.lower(): cls
    for cls in vars(aiogram.methods).values()
    if isinstance(cls, type) and issubclass(cls, TelegramMethod) and cls is not TelegramMethod
}
"""By lower-cased name: the server does not mind the case of a method."""

UPDATE_KINDS = frozenset(Update.model_fields) - {"update_id"}

NOT_EMULATED = frozenset(
    {
        "business_connection_id",
        "callback_query_id",
        "direct_messages_topic_id",
        "ephemeral_message_parameters",
        "message_effect_id",
        "receiver_user_id",
        "suggested_post_parameters",
    }
)
"""Parameters of messages that would change who sees them: refused rather than ignored."""

_MISSING = {
    "text": "message text is empty",
    "chat_id": "chat_id is empty",
    "message_id": "message identifier is not specified",
    "callback_query_id": "query ID is not specified",
}


def method_name(name: str) -> str | None:
    """The official spelling, None for a method that does not exist."""
    model = METHODS.get(name.lower())
    return None if model is None else model.__api_method__


def parsed(method: str, raw: Json) -> Json:
    """The parameters as JSON values. Raises Refused for unknown, missing and mistyped ones, nested ones included."""
    model = METHODS[method.lower()]
    if unknown := sorted(set(raw) - set(model.model_fields)):
        raise bad_request(f"unknown parameter of {method}: {', '.join(unknown)}")
    if method != "answerCallbackQuery" and (ignored := sorted(set(raw) & NOT_EMULATED)):
        raise bad_request(f"{', '.join(ignored)} of {method} is not emulated")
    params = {name: _value(name, value, model.model_fields[name].annotation) for name, value in raw.items()}
    params = {name: value for name, value in params.items() if value is not None}
    try:
        instance = model.model_validate(params)
    except ValidationError as error:
        raise bad_request(_reason(error)) from error
    if extra := _unknown_fields(instance):
        raise bad_request(f"unknown field in a parameter of {method}: {', '.join(extra)}")
    return params


def _value(name: str, value: Any, annotation: Any) -> Any:
    """Form fields are strings; everything that is not text is JSON inside of them."""
    if not isinstance(value, str):
        return value
    kinds = set(get_args(annotation) or (annotation,)) - {NoneType, Default, InputFile}
    if kinds == {int, str}:
        return int(value) if value.lstrip("-").isdigit() else value
    if str in kinds:
        return value
    try:
        return json.loads(value.lower() if bool in kinds else value)
    except ValueError as error:
        raise bad_request(f"can't parse {name} JSON object") from error


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    path = ".".join(str(step) for step in first["loc"])
    if first["type"] == "missing" and len(first["loc"]) == 1:
        return _MISSING.get(path, f'parameter "{path}" is required')
    return f"can't parse parameter {path}: {first['msg']}"


def _unknown_fields(value: Any, path: str = "") -> list[str]:
    if isinstance(value, BaseModel):
        own = [f"{path}.{name}".lstrip(".") for name in value.model_extra or {}]
        fields = ((name, getattr(value, name)) for name in type(value).model_fields)
        return own + [name for key, inner in fields for name in _unknown_fields(inner, f"{path}.{key}")]
    if isinstance(value, list):
        return [name for index, inner in enumerate(value) for name in _unknown_fields(inner, f"{path}[{index}]")]
    return []
