"""The one HTTP transport: httpx's promises, kept over aiohttp's connections."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator

import aiohttp
import httpx
import pytest
from aiohttp import web

from bridge.transport import _TRANSLATIONS, _proxy, _translated, open_transport
from tests.fastgpt.loopback import Handler, Loopback, gives, loopback, streams


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=open_transport(environment_proxies=False), timeout=5) as client:
        yield client


def hangs(seconds: float = 30.0) -> Handler:
    async def page(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.Response()

    return page


def drops(before_headers: bool) -> Handler:
    async def page(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if not before_headers:
            await response.prepare(request)
            await response.write(b"x")
        assert request.transport is not None
        request.transport.close()
        return response

    return page


async def test_a_request_is_sent_as_httpx_made_it(server: Loopback, http: httpx.AsyncClient) -> None:
    response = await http.post(f"{server.api}/123:tok%2Fen", params={"q": "a b"}, json={"é": 1}, headers={"X-A": "b"})
    (asked,) = server.asked
    assert (response.status_code, response.reason_phrase) == (404, "Not Found")
    assert (asked.query, asked.json, asked.headers["X-A"]) == ({"q": "a b"}, {"é": 1}, "b")
    assert asked.path == "/api/123:tok/en"


async def test_a_form_with_a_file_arrives_whole(server: Loopback, http: httpx.AsyncClient) -> None:
    server.pages["POST /f"] = gives("ok")
    await http.post(f"{server.api}/f", data={"a": "b"}, files={"file": ("n.txt", b"x" * 300_000, "text/plain")})
    (asked,) = server.asked
    assert int(asked.headers["Content-Length"]) == len(asked.content) > 300_000
    assert b'filename="n.txt"' in asked.content


async def test_a_compressed_answer_is_unpacked_once(server: Loopback, http: httpx.AsyncClient) -> None:
    server.pages["GET /z"] = gives(gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    assert (await http.get(f"{server.api}/z")).text == "hello"


async def test_no_cookie_is_kept_between_requests(server: Loopback) -> None:
    server.pages["GET /c"] = gives("", headers={"Set-Cookie": "a=b"})
    transport = open_transport()
    for _ in range(2):
        response = await transport.handle_async_request(httpx.Request("GET", f"{server.api}/c"))
        await response.aclose()
    assert all("Cookie" not in asked.headers for asked in server.asked)
    await transport.aclose()


async def test_a_redirect_is_given_back_unfollowed(server: Loopback, http: httpx.AsyncClient) -> None:
    server.pages["GET /r"] = gives("", 302, headers={"Location": f"{server.api}/elsewhere"})
    assert (await http.get(f"{server.api}/r")).status_code == 302
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (hangs(), httpx.ReadTimeout),
        (streams(b"x", then="held"), httpx.ReadTimeout),
        (drops(before_headers=True), httpx.RemoteProtocolError),
        (drops(before_headers=False), httpx.RemoteProtocolError),
    ],
)
async def test_what_went_wrong_on_the_way_has_httpxs_name(
    server: Loopback, http: httpx.AsyncClient, page: Handler, expected: type[Exception]
) -> None:
    server.pages["POST /x"] = page
    with pytest.raises(expected):
        await http.post(f"{server.api}/x", timeout=httpx.Timeout(5, read=0.1))


async def test_what_is_not_http_has_httpxs_name(http: httpx.AsyncClient) -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9/", httpx.ConnectError),
        ("http://no-such-host.invalid/", httpx.ConnectError),
        ("ftp://127.0.0.1/", httpx.UnsupportedProtocol),
    ],
)
async def test_a_connection_that_cannot_be_has_httpxs_name(
    http: httpx.AsyncClient, url: str, expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        await http.get(url)


async def test_tls_that_is_no_tls_is_a_connect_error(server: Loopback, http: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ConnectError):
        await http.get(server.api.replace("http://", "https://"))


async def test_a_token_in_an_address_is_in_no_error_and_no_log(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    caplog.set_level(logging.DEBUG, logger="aiohttp")
    caplog.set_level(logging.DEBUG, logger="asyncio")
    with pytest.raises(httpx.HTTPError) as caught:
        await http.get("http://127.0.0.1:9/bot123456:SECRETSECRET/getMe", headers={"Authorization": "Bearer SECRET2"})
    seen: BaseException | None = caught.value
    while seen is not None:
        assert "SECRET" not in str(seen)
        seen = seen.__cause__
    assert "SECRET" not in caplog.text


async def test_more_than_a_hundred_streams_run_at_once(server: Loopback, http: httpx.AsyncClient) -> None:
    server.pages["GET /s"] = streams(b"x", then="held")

    async def first(client: httpx.AsyncClient) -> httpx.Response:
        response = await client.send(client.build_request("GET", f"{server.api}/s"), stream=True)
        assert await anext(response.aiter_raw()) == b"x"
        return response

    responses = await asyncio.wait_for(asyncio.gather(*(first(http) for _ in range(150))), 20)
    for response in responses:
        await response.aclose()


async def test_letting_go_of_a_stream_closes_its_connection_at_once(server: Loopback, http: httpx.AsyncClient) -> None:
    server.pages["GET /s"] = streams(b"x", then="held")
    async with http.stream("GET", f"{server.api}/s") as response:
        await anext(response.aiter_raw())
    await asyncio.wait_for(server.hung_up.wait(), 5)


async def test_a_thousand_cancelled_requests_leave_the_client_usable(server: Loopback, http: httpx.AsyncClient) -> None:
    server.pages["GET /h"] = hangs()
    server.pages["GET /ok"] = gives("ok")
    for lot in range(10):
        tasks = [asyncio.create_task(http.get(f"{server.api}/h")) for _ in range(100)]
        await asyncio.sleep(0.001 * lot)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert (await http.get(f"{server.api}/ok")).text == "ok"


async def test_a_finished_answer_leaves_its_connection_for_the_next(server: Loopback, http: httpx.AsyncClient) -> None:
    ports: set[int] = set()

    async def page(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername")[1])
        return web.Response(text="ok")

    server.pages["GET /ok"] = page
    for _ in range(5):
        await http.get(f"{server.api}/ok")
    assert len(ports) == 1


async def test_a_closed_transport_says_so(server: Loopback) -> None:
    transport = open_transport()
    await transport.aclose()
    with pytest.raises(RuntimeError):
        await transport.handle_async_request(httpx.Request("GET", server.api))


async def test_a_proxy_of_the_environment_is_used(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url.replace("http://", "http://ann:pw@"))
    monkeypatch.setenv("NO_PROXY", "example.org")
    _proxy.cache_clear()
    async with httpx.AsyncClient(transport=open_transport()) as client:
        await client.get("http://fastgpt.invalid/x", headers={"Authorization": "Bearer k"})
    _proxy.cache_clear()
    (asked,) = server.asked
    assert asked.headers["Host"] == "fastgpt.invalid"
    assert asked.headers["Proxy-Authorization"].startswith("Basic ")
    assert asked.headers["Authorization"] == "Bearer k"


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "https://a", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://a", "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, "https://a", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "http://a", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a"}, "https://a", None),
        ({"HTTPS_PROXY": "socks5://p:1"}, "https://a", None),
    ],
)
def test_the_environment_names_the_proxy(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _proxy.cache_clear()
    found = _proxy(*url.split("://"))
    _proxy.cache_clear()
    assert (str(found.url) if found else None) == proxy


def test_what_an_error_says_never_quotes_the_address_which_may_hold_a_token() -> None:
    quoting = aiohttp.ClientOSError(32, "Can not write request body for http://host/bot123:TOKEN/getUpdates")
    request = httpx.Request("POST", "http://host/bot123:TOKEN/getUpdates")
    assert str(_translated(quoting, request)) == "ClientOSError: Broken pipe"


def test_what_went_wrong_is_named_by_its_own_class_and_not_by_a_wider_one() -> None:
    """A certificate nobody trusts was once a server that cannot be reached."""
    known = [foreign for foreign, _, _ in _TRANSLATIONS]
    hidden = [late for number, late in enumerate(known) if issubclass(late, tuple(known[:number]))]
    assert hidden == []
