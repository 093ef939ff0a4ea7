"""JSON replies with FastGPT's headers."""

from __future__ import annotations

import hashlib

from aiohttp import web

from bridge.simulator.errors import ApiError
from bridge.simulator.ids import dumps
from bridge.simulator.profiles import Profile
from bridge.simulator.workflow import Json

SECURITY_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(self), microphone=(self), camera=(self)",
}

UNTYPED = ""
"""A content type that is not sent at all."""

NOT_FOUND_PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charSet="utf-8"/><title>AI</title></head>'
    '<body><div id="__next"><h1>404</h1><h2>This page could not be found.</h2></div></body></html>'
)


def reply(data: Json, *, status: int = 200) -> web.Response:
    body = dumps(data).encode()
    tag = hashlib.sha256(body).hexdigest()[:13]
    headers = {"ETag": f'"{tag}"', "Vary": "Accept-Encoding", "Content-Type": "application/json; charset=utf-8"}
    return web.Response(body=body, status=status, headers=headers)


def data(value: Json) -> web.Response:
    """The envelope of every call but the completions."""
    return reply({"code": 200, "statusText": "", "message": "", "data": value})


def failed(error: ApiError, profile: Profile) -> web.Response:
    response = reply(error.envelope(profile), status=error.http)
    if error.signs_out:
        response.headers["Set-Cookie"] = "fastgpt_token=; Path=/; Max-Age=0"
    return response


def not_found() -> web.Response:
    """Next.js says 404 as a page, also to a program."""
    return web.Response(text=NOT_FOUND_PAGE, status=404, content_type="text/html", charset="utf-8")


def plain(text: str, status: int) -> web.Response:
    return web.Response(body=text.encode(), status=status, reason=text, headers={"Content-Type": UNTYPED})
