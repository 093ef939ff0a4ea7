from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulators.slack import ApiError, Failed, Fault, Held, Html, RateLimited, Reset, Silence, SlackEmulator
from tests.emulators.slack.conftest import refusal

GENERAL = "C0GENERAL"


async def raw(slack: SlackEmulator, method: str, **request: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {slack.bot_token}"} | request.pop("headers", {})
    async with aiohttp.ClientSession() as http:
        answer = await http.post(slack.base_url + method, headers=headers, **request)
        body: dict[str, Any] = await answer.json()
        return body


async def test_auth_test_tells_who_the_app_is_and_which_scopes_it_has(
    slack: SlackEmulator, client: AsyncWebClient
) -> None:
    answer = await client.auth_test()
    assert answer["user_id"] == slack.workspace.bot_user
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), ("xapp-1-A0EMULATED-emulated", "not_allowed_token_type")],
)
async def test_a_token_that_is_not_the_right_one_is_refused(slack: SlackEmulator, token: str, error: str) -> None:
    client = AsyncWebClient(token=token, base_url=slack.base_url)
    assert await refusal(client.chat_postMessage(channel=GENERAL, text="hi")) == error


async def test_a_revoked_token_is_refused(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.revoke("account_inactive")
    assert await refusal(client.auth_test()) == "account_inactive"


async def test_a_missing_scope_is_named(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.grant_only("chat:write")
    with pytest.raises(SlackApiError) as refused:
        await client.reactions_add(channel=GENERAL, name="eyes", timestamp="1.1")
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "reactions:write"


async def test_a_method_that_does_not_exist_is_unknown(client: AsyncWebClient) -> None:
    assert await refusal(client.api_call("chat.postMassage")) == "unknown_method"


@pytest.mark.parametrize("kind", ["json", "data", "params"])
async def test_arguments_may_come_as_json_form_or_query(slack: SlackEmulator, kind: str) -> None:
    answer = await raw(slack, "chat.postMessage", **{kind: {"channel": GENERAL, "text": "hi"}})
    assert answer["ok"]
    assert slack.answers()[0].body == "hi"


async def test_a_token_in_a_json_body_is_not_looked_at(slack: SlackEmulator) -> None:
    body = {"channel": GENERAL, "text": "hi", "token": slack.bot_token}
    assert (await raw(slack, "chat.postMessage", json=body, headers={"Authorization": ""}))["error"] == "not_authed"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"data": "{", "headers": {"Content-Type": "application/json"}}, "invalid_json"),
        ({"json": []}, "json_not_object"),
        ({"data": "hello", "headers": {"Content-Type": "text/plain"}}, "invalid_post_type"),
    ],
)
async def test_a_body_that_is_no_body_is_refused(slack: SlackEmulator, request_: dict[str, Any], error: str) -> None:
    assert (await raw(slack, "chat.postMessage", **request_))["error"] == error


async def test_methods_that_read_no_json_do_not_see_it(slack: SlackEmulator) -> None:
    slack.person("U1")
    assert (await raw(slack, "users.info", json={"user": "U1"}))["error"] == "invalid_arguments"


async def test_the_locale_of_a_person_comes_on_request(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.person("U1", locale="de-DE")
    assert (await client.users_info(user="U1", include_locale=True))["user"]["locale"] == "de-DE"
    assert "locale" not in (await client.users_info(user="U1"))["user"]


async def test_a_rate_limit_says_how_long_to_wait_and_does_nothing(
    slack: SlackEmulator, client: AsyncWebClient
) -> None:
    slack.fail("chat.postMessage", RateLimited(7))
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=GENERAL, text="hi")
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "7")
    assert slack.messages() == []
    await client.chat_postMessage(channel=GENERAL, text="hi")


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Failed(503, "service_unavailable"), "service_unavailable"), (ApiError("fatal_error"), "fatal_error")],
)
async def test_a_scripted_error_does_nothing(
    slack: SlackEmulator, client: AsyncWebClient, fault: Fault, error: str
) -> None:
    slack.fail("*", fault)
    assert await refusal(client.chat_postMessage(channel=GENERAL, text="hi")) == error
    assert slack.messages() == []


async def test_html_is_not_json(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", Html(502))
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=GENERAL, text="hi")


@pytest.mark.parametrize("processed", [True, False])
async def test_a_reset_connection_leaves_the_fate_of_the_call_open(
    slack: SlackEmulator, client: AsyncWebClient, processed: bool
) -> None:
    slack.fail("chat.postMessage", Reset(processed))
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=GENERAL, text="hi")
    assert len(slack.messages()) == processed


@pytest.mark.parametrize("processed", [True, False])
async def test_silence_is_no_answer_whether_it_took_effect_or_not(
    slack: SlackEmulator, client: AsyncWebClient, processed: bool
) -> None:
    slack.fail("chat.postMessage", Silence(processed))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await client.chat_postMessage(channel=GENERAL, text="hi")
    assert len(slack.messages()) == processed


async def test_a_held_call_goes_on_when_released(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", held := Held())
    posting = asyncio.create_task(client.chat_postMessage(channel=GENERAL, text="hi"))
    await held.arrived.wait()
    assert slack.messages() == []
    held.release()
    await posting
    assert len(slack.messages()) == 1


async def test_a_fault_can_be_aimed_at_certain_calls(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", ApiError("fatal_error"), times=None, when=lambda params: params["text"] == "bad")
    await client.chat_postMessage(channel=GENERAL, text="good")
    assert await refusal(client.chat_postMessage(channel=GENERAL, text="bad")) == "fatal_error"


async def test_rates_count_when_enforced_and_budgets_refill(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.enforce_rates = True
    slack.person("U1")
    for _ in range(100):
        await client.users_info(user="U1")
    assert await refusal(client.users_info(user="U1")) == "ratelimited"
    slack.advance(61)
    await client.users_info(user="U1")


async def test_posting_to_one_channel_faster_than_once_a_second_is_limited(
    slack: SlackEmulator, client: AsyncWebClient
) -> None:
    slack.enforce_rates = True
    for _ in range(5):
        await client.chat_postMessage(channel=GENERAL, text="hi")
    assert await refusal(client.chat_postMessage(channel=GENERAL, text="hi")) == "ratelimited"
