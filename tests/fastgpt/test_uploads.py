"""Files go to FastGPT by whichever way its version has."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.ids import AppName, ChatId
from bridge.domain.turns import App, UploadedFile
from bridge.fastgpt.client import FastGPT
from bridge.transport import open_transport
from tests.fastgpt.captures import captured
from tests.fastgpt.loopback import Loopback, data, gives, loopback

CHAT = ChatId("chat")
PRESIGN, PRESIGN_OLD = "POST /core/chat/file/presignChatFilePostUrl", "POST /core/chat/presignChatFilePostUrl"
ADDRESS_OLD = "POST /core/chat/presignChatFileGetUrl"


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as running:
        yield running


@pytest.fixture
async def fastgpt() -> AsyncIterator[FastGPT]:
    client = FastGPT(open_transport())
    yield client
    await client.close()


def app(server: Loopback) -> App:
    return App(AppName("default"), server.api, "a" * 24, "fastgpt-secretsecret")


async def uploaded(client: FastGPT, server: Loopback, name: str = "note.txt") -> UploadedFile:
    return await client.upload(app(server), CHAT, name, "text/plain", b"hello file body")


async def test_an_old_server_takes_a_form(server: Loopback, fastgpt: FastGPT) -> None:
    capture = captured("78-upload-chatfile", "4.12.1")
    server.pages["POST /common/file/upload"] = gives(capture.body)
    file = await uploaded(fastgpt, server, "nöte.txt")
    assert (file.name, file.url) == ("nöte.txt", capture.json["data"]["previewUrl"])
    form = server.asked[-1].content
    for part in (b'filename="n%C3%B6te.txt"', b'{"chatId": "chat"}', b'{"appId": "' + b"a" * 24, b"hello file body"):
        assert part in form


async def test_object_storage_gets_the_file_by_form_and_never_the_key(server: Loopback, fastgpt: FastGPT) -> None:
    ticket = captured("90-presign-upload").json
    ticket["data"]["url"] = f"{server.url}/storage"
    server.pages[PRESIGN_OLD] = gives(json.dumps(ticket))
    server.pages["POST /storage"] = gives("", 204, "")
    server.pages[ADDRESS_OLD] = gives(captured("90-presign-get").body)
    file = await uploaded(fastgpt, server)
    put = next(asked for asked in server.asked if asked.path == "/storage")
    assert (file.key, file.url) == (ticket["data"]["fields"]["key"], captured("90-presign-get").json["data"])
    assert put.content.index(b'name="policy"') < put.content.index(b'name="file"')
    assert "Authorization" not in put.headers


async def test_object_storage_gets_the_file_by_put(server: Loopback, fastgpt: FastGPT) -> None:
    ticket = {"url": f"{server.url}/put", "key": "chat/k", "headers": {"X-Signed": "1"}, "previewUrl": "https://s/k"}
    server.pages[PRESIGN] = data(json.dumps(ticket))
    server.pages["PUT /put"] = gives("", 200, "")
    assert await uploaded(fastgpt, server) == UploadedFile("note.txt", "https://s/k", "text/plain", "chat/k")
    assert (server.asked[-1].content, server.asked[-1].headers["X-Signed"]) == (b"hello file body", "1")


async def test_a_server_that_insists_on_the_apps_file_settings_gets_them(server: Loopback, fastgpt: FastGPT) -> None:
    ticket = json.dumps({"url": f"{server.url}/put", "key": "k", "headers": {}, "previewUrl": "u"})
    refusal, ticketed = gives('{"code":400,"message":"fileSelectConfig: Required"}', 400), data(ticket)

    async def page(request):  # type: ignore[no-untyped-def]
        return await (ticketed if "fileSelectConfig" in await request.json() else refusal)(request)

    server.pages = {PRESIGN: page, "PUT /put": gives(""), "GET /core/chat/init": gives(captured("71-init").body)}
    assert (await uploaded(fastgpt, server)).url == "u"
    assert server.asked[-2].json["fileSelectConfig"]["canSelectImg"] is True


async def test_a_file_larger_than_the_server_takes_is_not_sent(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[PRESIGN] = data(json.dumps({"url": f"{server.url}/put", "key": "k", "headers": {}, "maxSize": 3}))
    with pytest.raises(AssistantError) as caught:
        await uploaded(fastgpt, server)
    assert caught.value.permanent
    assert len(server.asked) == 1


async def test_an_app_that_takes_no_files_says_so(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[PRESIGN] = gives('{"code":510001,"statusText":"FileUploadDisabled","message":"x"}', 500)
    with pytest.raises(AssistantError) as caught:
        await uploaded(fastgpt, server)
    assert (caught.value.fault, caught.value.permanent) == (AssistantFault.BAD_REQUEST, True)


@pytest.mark.parametrize("ticket", ["null", "[]", "{}", '{"url":7}', '{"url":"no address","headers":{}}'])
async def test_a_ticket_that_is_none_is_an_error(server: Loopback, fastgpt: FastGPT, ticket: str) -> None:
    server.pages[PRESIGN] = data(ticket)
    with pytest.raises(AssistantError):
        await uploaded(fastgpt, server)


async def test_storage_that_refuses_is_an_error(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[PRESIGN] = data(json.dumps({"url": f"{server.url}/put", "key": "k", "headers": {}}))
    server.pages["PUT /put"] = gives("<Error>SignatureDoesNotMatch</Error>", 403, "application/xml")
    with pytest.raises(AssistantError, match="HTTP 403"):
        await uploaded(fastgpt, server)
