"""The arguments of a Web API call, which may come as query, form or JSON."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.emulators.slack.errors import Json, Refused, missing


class Params:
    def __init__(self, values: Json) -> None:
        self.values = {name: value for name, value in values.items() if value is not None}

    def text(self, name: str) -> str:
        """The value as text; empty if absent."""
        value = self.values.get(name, "")
        if isinstance(value, bool | dict | list):
            raise Refused("invalid_arguments", [f"[ERROR] must be a string [json-pointer:/{name}]"])
        return str(value)

    def needed(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise missing(name)
        return value

    def flag(self, name: str) -> bool:
        return self.values.get(name, False) in (True, 1, "1", "true", "True")

    def number(self, name: str, default: int) -> int:
        value = self.values.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise Refused("invalid_arguments", [f"[ERROR] must be an integer [json-pointer:/{name}]"]) from error

    def parsed(self, name: str, error: str = "invalid_arguments") -> Any:
        """A structure, given as JSON or as a string of JSON; None if absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError as cause:
            raise Refused(error) from cause


async def read(request: web.Request, *, json_allowed: bool) -> tuple[Params, str]:
    """The arguments, and the token wherever Slack looks for one: the header, the query or a form, never a JSON body."""
    values: Json = dict(request.query)
    token = values.pop("token", "")
    if request.method == "POST" and request.can_read_body:
        kind = request.content_type
        if kind == "application/json":
            values |= _json_body(await request.read()) if json_allowed else {}
            values.pop("token", None)
        elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
            values |= dict(await request.post())
            token = values.pop("token", token)
        else:
            raise Refused("invalid_post_type")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return Params(values), bearer.strip() if scheme.lower() == "bearer" else str(token)


def _json_body(raw: bytes) -> Json:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise Refused("invalid_json") from error
    if not isinstance(body, dict):
        raise Refused("json_not_object")
    return body
