from __future__ import annotations

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import SlackEmulator
from tests.emulators.slack.conftest import refusal


async def download(url: str, token: str) -> tuple[str, bytes]:
    async with aiohttp.ClientSession() as http:
        answer = await http.get(url, headers={"Authorization": f"Bearer {token}"} if token else {})
        return answer.content_type, await answer.read()


async def test_a_shared_file_comes_with_the_message_and_can_be_downloaded(slack: SlackEmulator) -> None:
    sent = await slack.person("U1").upload("plan.pdf", b"%PDF", "application/pdf", text="read this")
    event = sent.deliveries[0].payload["event"]
    assert event["subtype"] == "file_share"
    (file,) = event["files"]
    assert (file["name"], file["size"]) == ("plan.pdf", 4)
    assert await download(file["url_private_download"], slack.bot_token) == ("application/pdf", b"%PDF")


@pytest.mark.parametrize("token", ["", "xoxb-wrong"])
async def test_without_the_token_there_is_only_a_login_page(slack: SlackEmulator, token: str) -> None:
    file = slack.person("U1").file("plan.pdf", b"%PDF", "application/pdf")
    kind, page = await download(file["url_private"], token)
    assert kind == "text/html"
    assert b"Sign in" in page


async def test_without_the_scope_there_is_only_a_login_page(slack: SlackEmulator) -> None:
    slack.grant_only("chat:write")
    file = slack.person("U1").file("plan.pdf", b"%PDF", "application/pdf")
    assert (await download(file["url_private"], slack.bot_token))[0] == "text/html"


async def test_the_sdk_can_upload_into_a_thread(slack: SlackEmulator, client: AsyncWebClient) -> None:
    sent = await slack.person("U1").mention("a file, please")
    await client.files_upload_v2(
        channel=sent.channel, thread_ts=sent.ts, content="# long", filename="answer.md", initial_comment="here"
    )
    (message,) = slack.answers(sent.channel, sent.thread)
    assert message.body == "here"
    shown = await client.files_info(file=message.files[0]["id"])
    assert shown["file"]["shares"]["public"][sent.channel][0]["ts"] == message.ts
    assert await download(message.files[0]["url_private"], slack.bot_token) == ("text/markdown", b"# long")


async def test_an_upload_that_was_not_sent_cannot_be_completed(slack: SlackEmulator, client: AsyncWebClient) -> None:
    announced = await client.files_getUploadURLExternal(filename="a.txt", length=3)
    complete = client.files_completeUploadExternal(files=[{"id": announced["file_id"], "title": "a"}])
    assert await refusal(complete) == "file_update_failed"


async def test_a_file_that_does_not_exist_is_not_found(client: AsyncWebClient) -> None:
    assert await refusal(client.files_info(file="F404")) == "file_not_found"
