"""The only code that talks to FastGPT: requests go out, envelopes are opened, every failure becomes an AssistantError.

Addresses moved between versions. Each call names them all, newest first; what answered is remembered per server, for a
day, and found out again as soon as it is gone, so a server may be upgraded underneath.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.interactions import Json
from bridge.domain.turns import App
from bridge.fastgpt import errors
from bridge.fastgpt.wire import Envelope, NotJson, mended_parsed, read

_FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
_DAY = 86_400.0
_ERROR_BYTES = 256 * 1024
_ANSWER_BYTES = 32 * 1024 * 1024
"""FastGPT's own limit for a response is 20 MB."""


class Server:
    """One HTTP client for all apps. `call` seconds are for everything but answers, `connect` seconds for connecting."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, *, connect: float, call: float, monotonic: Callable[[], float]
    ) -> None:
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(connect=connect, read=call, write=call, pool=None),
            follow_redirects=False,
            headers={"User-Agent": "fastgpt-bridge"},
        )
        self._unbounded = httpx.Timeout(connect=connect, read=None, write=call, pool=None)
        self._monotonic = monotonic
        self._worked: dict[tuple[str, tuple[str, ...]], tuple[str, float]] = {}
        """By server and call: which path, and until when (monotonic seconds) without another look."""

    async def aclose(self) -> None:
        await self._http.aclose()

    async def call(
        self,
        app: App,
        method: str,
        paths: tuple[str, ...],
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Json:
        """The `data` of the envelope. Raises AssistantError; NOT_FOUND if the server has none of the paths."""
        for path in self._in_order(app, paths):
            request = self._http.build_request(
                method, f"{app.base_url}{path}", json=body, params=query, files=files, data=form, headers=_headers(app)
            )
            response = await self._whole(request)
            if self._is_elsewhere(response):
                continue
            self._remember(app, paths, path)
            return _opened(app, response)
        self._worked.pop((app.base_url, paths), None)
        raise AssistantError(f"This FastGPT has no {paths[0]}.", fault=AssistantFault.NOT_FOUND, permanent=True)

    @asynccontextmanager
    async def stream(self, app: App, paths: tuple[str, ...], body: Mapping[str, Any]) -> AsyncIterator[httpx.Response]:
        """A response whose body has not been read; the connection is let go of on leaving. Without a time limit."""
        for path in self._in_order(app, paths):
            request = self._http.build_request(
                "POST",
                f"{app.base_url}{path}",
                json=body,
                # A compressing proxy would hold the answer back until it has enough to compress.
                headers={
                    **_headers(app),
                    "Accept": "text/event-stream, application/json",
                    "Accept-Encoding": "identity",
                },
                timeout=self._unbounded,
            )
            try:
                response = await self._http.send(request, stream=True)
            except _FOREIGN as error:
                raise errors.from_httpx(error) from error
            try:
                if response.status_code not in (404, 405) or not await self._has_moved(app, response):
                    self._remember(app, paths, path)
                    yield response
                    return
            finally:
                await response.aclose()
        self._worked.pop((app.base_url, paths), None)
        raise AssistantError(
            "There is no FastGPT at this address; check FASTGPT_BASE_URL (HTTP 404).",
            fault=AssistantFault.NOT_FOUND,
            permanent=True,
        )

    async def send_elsewhere(
        self,
        method: str,
        url: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> None:
        """A request to the object storage FastGPT named, without FastGPT's key. Raises AssistantError."""
        try:
            request = self._http.build_request(method, url, content=content, headers=headers, files=files, data=form)
        except (httpx.InvalidURL, TypeError, ValueError) as error:
            raise errors.unreadable("the address of its file storage is not one") from error
        response = await self._whole(request)
        if not response.is_success:
            raise AssistantError(
                f"FastGPT's file storage refused the file (HTTP {response.status_code}).",
                fault=AssistantFault.UNKNOWN,
                permanent=400 <= response.status_code < 500,
            )

    def worked(self, app: App, paths: tuple[str, ...]) -> str | None:
        """The path that answered last, if that is known."""
        return self._worked.get((app.base_url, paths), (None, 0.0))[0]

    def _in_order(self, app: App, paths: tuple[str, ...]) -> list[str]:
        """What worked before comes first; after a day a newer address is tried again."""
        path, until = self._worked.get((app.base_url, paths), ("", 0.0))
        if not path or self._monotonic() >= until:
            return list(paths)
        return [path, *(other for other in paths if other != path)]

    def _remember(self, app: App, paths: tuple[str, ...], path: str) -> None:
        known, until = self._worked.get((app.base_url, paths), ("", 0.0))
        if known != path or self._monotonic() >= until:
            self._worked[app.base_url, paths] = (path, self._monotonic() + _DAY)

    async def _whole(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._http.send(request, stream=True)
            try:
                content = await limited(response, _ANSWER_BYTES)
            finally:
                await response.aclose()
        except _FOREIGN as error:
            raise errors.from_httpx(error) from error
        headers = {name: value for name, value in response.headers.items() if name != "content-encoding"}
        return httpx.Response(response.status_code, headers=headers, content=content, request=request)

    def _is_elsewhere(self, response: httpx.Response) -> bool:
        return response.status_code in (404, 405) and not _is_envelope(response.content)

    async def _has_moved(self, app: App, response: httpx.Response) -> bool:
        """A missing address is answered with HTML or nothing; a 404 in FastGPT's own words is about something else."""
        try:
            async with asyncio.timeout(10):
                content = await limited(response, _ERROR_BYTES)
        except (TimeoutError, *_FOREIGN):
            return True
        if not _is_envelope(content):
            return True
        raise errors.from_response(response.status_code, response.headers, content, (app.key,))


async def limited(response: httpx.Response, limit: int, first: bytes = b"") -> bytes:
    """The body. Raises AssistantError if it has more than `limit` bytes, and httpx exceptions."""
    content = bytearray(first)
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > limit:
            raise errors.unreadable(f"it answered with more than {limit // 2**20} MB")
    return bytes(content)


def _headers(app: App) -> dict[str, str]:
    return {"Authorization": f"Bearer {app.key}"}


def _is_envelope(content: bytes) -> bool:
    try:
        envelope = read(Envelope, mended_parsed(content.decode("utf-8", "replace")))
    except NotJson:
        return False
    return envelope is not None and (envelope.code is not None or bool(envelope.status_text or envelope.message))


def _opened(app: App, response: httpx.Response) -> Json:
    """FastGPT's HTTP status says little; the code in the envelope does."""
    try:
        data = mended_parsed(response.text)
    except NotJson:
        data = None
    envelope = read(Envelope, data)
    if envelope is None or envelope.code != 200 or not response.is_success:
        raise errors.from_response(response.status_code, response.headers, response.content, (app.key,))
    inner: Json = envelope.data
    return inner
