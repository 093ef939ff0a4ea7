"""What carries HTTP to FastGPT and to Telegram: httpx's interface, aiohttp's connections.

`benchmarks/transport.py` measures why: with 200 answers streaming, stock httpx spends several times the CPU per event
and per request, and its pool loses slots when requests are cancelled, which here is everyday life (Stop, shutdown).
Whatever goes wrong has the name httpx has for it, above all where it tells whether a request can have arrived.
"""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import lru_cache
from urllib.request import getproxies_environment, proxy_bypass

import aiohttp
import httpx
from yarl import URL

KEEPALIVE = 3.5
"""Seconds. Node closes idle connections after 5 (`keepAliveTimeout`), and a POST must not meet one that is closing."""

_WRITE_STEP = 256 * 1024
_SKIPPED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


def open_transport(*, environment_proxies: bool = True, tls: ssl.SSLContext | None = None) -> httpx.AsyncBaseTransport:
    """A transport with no limit on connections; give each client its own, since closing the client closes it.

    `environment_proxies` honours HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY (http and https proxies only).
    It opens nothing before the first request, follows no redirect, keeps no cookie and reads no netrc.
    """
    return _AiohttpTransport(environment_proxies=environment_proxies, tls=tls)


class _AiohttpTransport(httpx.AsyncBaseTransport):
    def __init__(self, *, environment_proxies: bool, tls: ssl.SSLContext | None) -> None:
        self._environment_proxies = environment_proxies
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeout = request.extensions.get("timeout", {})
        proxy = _proxy(request.url.scheme, request.url.host) if self._environment_proxies else None
        data, length = _body(request)
        with _as_httpx(request):
            async with asyncio.timeout(_until_headers(timeout, length)):
                response = await self._opened().request(
                    request.method,
                    URL(str(request.url), encoded=True),
                    headers=[*_headers(request, streamed=length is None), *_proxy_headers(proxy, request, "http")],
                    data=data,
                    allow_redirects=False,
                    proxy=str(proxy.url) if proxy else None,
                    proxy_headers=_proxy_headers(proxy, request, "https") or None,
                    timeout=aiohttp.ClientTimeout(
                        total=None,
                        connect=timeout.get("connect"),
                        sock_connect=timeout.get("connect"),
                        sock_read=timeout.get("read"),
                    ),
                )
        reason = (response.reason or "").encode("latin-1", "replace")
        return httpx.Response(
            status_code=response.status,
            headers=list(response.raw_headers),
            stream=_Body(response, request),
            request=request,
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason},
        )

    def _opened(self) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError("the transport is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE, ssl=self._tls or _default_tls()),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=_SKIPPED,
            )
        return self._session

    async def aclose(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._response = response
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx(self._request):
            async for chunk in self._response.content.iter_any():
                yield chunk

    async def aclose(self) -> None:
        """A connection that was not read to its end is of no further use: it goes, at once and without waiting."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


def _body(request: httpx.Request) -> tuple[bytes | httpx.AsyncByteStream | None, int | None]:
    """What to send and how many bytes it has, None if it is a stream of unknown length."""
    try:
        content = request.content
    except httpx.RequestNotRead:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        length = request.headers.get("content-length", "")
        return request.stream, int(length) if length.isdigit() else None
    return content or None, len(content)


def _headers(request: httpx.Request, *, streamed: bool) -> list[tuple[str, str]]:
    dropped = b"transfer-encoding" if streamed else None
    raw = request.headers.raw
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw if name.lower() != dropped]


def _until_headers(timeout: dict[str, float | None], length: int | None) -> float | None:
    """Seconds for connecting, sending (httpx's write timeout for every 256 KiB) and the first byte of the reply."""
    connect, write, read = timeout.get("connect"), timeout.get("write"), timeout.get("read")
    if connect is None or write is None or read is None:
        return None
    return connect + write * (1 + (length or 0) // _WRITE_STEP) + read


@lru_cache(maxsize=1)
def _default_tls() -> ssl.SSLContext:
    """Loading the certificates takes longer than most requests, so it is done once."""
    return httpx.create_ssl_context()


@lru_cache(maxsize=256)
def _proxy(scheme: str, host: str) -> httpx.Proxy | None:
    proxies = getproxies_environment()
    url = proxies.get(scheme) or proxies.get("all")
    if not url or proxy_bypass(host):
        return None
    if "://" not in url:
        url = f"http://{url}"
    return httpx.Proxy(url) if url.startswith(("http://", "https://")) else None


def _proxy_headers(proxy: httpx.Proxy | None, request: httpx.Request, scheme: str) -> list[tuple[str, str]]:
    """The proxy's credentials, if it has any and the request's scheme is this one: http sends them with the request."""
    if proxy is None or proxy.raw_auth is None or request.url.scheme != scheme:
        return []
    return [("Proxy-Authorization", f"Basic {b64encode(b':'.join(proxy.raw_auth)).decode()}")]


@contextmanager
def _as_httpx(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:  # noqa: UP041 - 3.11 and later: TimeoutError
        translated = _translated(error, request)
        # aiohttp puts whole URLs into some messages, and a Telegram URL holds the bot's token.
        path = request.url.path
        raise translated from (None if len(path) > 1 and path in str(error) else error)


def _translated(error: Exception, request: httpx.Request) -> httpx.RequestError:
    """The httpx exception that says the same, above all whether the request can have reached the server."""
    for foreign, ours, sentence in _TRANSLATIONS:
        if isinstance(error, foreign):
            return ours(sentence or _reason(error), request=request)
    return httpx.ReadError(_reason(error), request=request)


def _reason(error: Exception) -> str:
    """The operating system's own words for it. aiohttp's may quote the URL, and a URL of Telegram's holds the token."""
    code = getattr(getattr(error, "os_error", error), "errno", None)
    known = os.strerror(code) if isinstance(code, int) and code in errno.errorcode else ""
    return f"{type(error).__name__}: {known}" if known else type(error).__name__


_TRANSLATIONS: tuple[tuple[type[Exception], type[httpx.RequestError], str], ...] = (
    # The first match counts, so a subclass stands before its base.
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout, "no connection in time"),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout, "no data in time"),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError, ""),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError, "the proxy refused"),
    (aiohttp.ClientConnectorCertificateError, httpx.ConnectError, "the server's certificate is not valid"),
    (aiohttp.ClientSSLError, httpx.ConnectError, "no secure connection: the server does not speak TLS, or another one"),
    (aiohttp.ClientConnectorError, httpx.ConnectError, ""),
    (aiohttp.ServerFingerprintMismatch, httpx.ConnectError, "the server's certificate is another one"),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError, "the server closed the connection without an answer"),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError, "the answer broke off"),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError, "the answer is not HTTP"),
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol, "the address is not an http or https one"),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol, "the address is not an http or https one"),
    (aiohttp.ClientConnectionResetError, httpx.WriteError, "the connection was reset while sending"),
    (TimeoutError, httpx.WriteTimeout, "the request could not be sent in time"),
)
