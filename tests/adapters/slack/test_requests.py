"""Receiving over HTTP: what Slack signed is committed and answered, and nobody else is listened to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from slack_bolt.response import BoltResponse

from adapters.slack.adapter import SlackAdapter
from adapters.slack.bolt import bolt_app
from adapters.slack.config import SlackConfig
from adapters.slack.inbound import Me
from adapters.slack.requests import Requests
from adapters.slack.signatures import Signatures
from bridge.clock import SystemClock
from bridge.domain.errors import PlatformError, PlatformFault, StoreUnavailable
from bridge.domain.updates import CommandGiven, MessageReceived
from bridge.ports import HttpAnswer, HttpRequest, Webhook
from bridge.web.server import WebServer
from tests.doubles import RecordingGateway
from tests.emulators.slack import SlackEmulator
from tests.fakes import FakeClock

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
AT = int(FakeClock().now().timestamp())
BODY = b'{"type": "event_callback"}'


def signature(body: bytes = BODY, at: object = AT, secret: str = SECRET, version: str = "v0") -> str:
    return f"{version}=" + hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()


def signed(body: bytes = BODY, at: object = AT, **changed: str) -> dict[str, str]:
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": signature(body, at)} | changed


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in signed().items() if key != name}


@pytest.fixture
def signatures() -> Signatures:
    return Signatures(SECRET, FakeClock())


@pytest.mark.parametrize("seconds", [0, -300, 300])
def test_what_slack_signed_in_the_last_five_minutes_fits(signatures: Signatures, seconds: int) -> None:
    assert signatures.fits(signed(at=AT + seconds), BODY)


FORGERIES = {
    "nothing": {},
    "no signature": without("x-slack-signature"),
    "no time": without("x-slack-request-timestamp"),
    "another secret": signed() | {"x-slack-signature": signature(secret="other")},
    "another body": signed() | {"x-slack-signature": signature(b"{}")},
    "another time": signed() | {"x-slack-request-timestamp": str(AT - 1)},
    "in capitals": signed() | {"x-slack-signature": signature().upper().replace("V0", "v0")},
    "another version": signed() | {"x-slack-signature": signature(version="v1")},
    "no version": signed() | {"x-slack-signature": signature().removeprefix("v0=")},
    "cut": signed() | {"x-slack-signature": signature()[:-1]},
    "longer": signed() | {"x-slack-signature": signature() + "0"},
    "with a line's end": signed() | {"x-slack-signature": signature() + "\n"},
    "replayed": signed(at=AT - 301),
    "from the future": signed(at=AT + 301),
    "no number": signed(at="now"),
    "other digits": signed(at=str(AT).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))),
    "not whole": signed(at=f"{AT}.0"),
    "below zero": signed(at=f"-{AT}"),
    "no end": signed(at="9" * 5000),
    "not ASCII": signed() | {"x-slack-signature": "v0=" + "ä" * 64},
}


@pytest.mark.parametrize("headers", FORGERIES.values(), ids=FORGERIES)
def test_what_slack_did_not_sign_just_now_does_not_fit(signatures: Signatures, headers: dict[str, str]) -> None:
    assert not signatures.fits(headers, BODY)


def test_a_body_that_is_no_text_does_not_fit(signatures: Signatures) -> None:
    assert not signatures.fits(signed(b"\xff"), b"\xff")


@pytest.mark.parametrize("name", ["nothing", "no signature", "no time", "replayed", "cut", "no number"])
def test_what_cannot_fit_is_known_without_its_body(signatures: Signatures, name: str) -> None:
    assert signatures.may_fit(signed())
    assert not signatures.may_fit(FORGERIES[name])


# --- the adapter behind a port, and the emulated Slack in front of it


async def _healthy() -> tuple[bool, dict[str, Any]]:
    return True, {}


@pytest.fixture
def config(config: SlackConfig) -> SlackConfig:
    return replace(config, app_token="", signing_secret=SECRET)


@pytest.fixture
async def site(adapter: SlackAdapter, slack: SlackEmulator) -> AsyncIterator[str]:
    """Its address; nobody listens yet."""
    server = WebServer(0, _healthy, [adapter], "127.0.0.1")
    await server.start()
    url = f"http://127.0.0.1:{server.port}{adapter.webhook_path}"
    slack.deliver_to(url, SECRET)
    yield url
    await server.close()


@pytest.fixture
async def listening(adapter: SlackAdapter, gateway: RecordingGateway, site: str) -> AsyncIterator[None]:
    del site
    task = asyncio.create_task(adapter.listen(gateway))
    await asyncio.sleep(0)
    yield
    task.cancel()
    await asyncio.wait({task})


def texts(gateway: RecordingGateway) -> list[str]:
    return [update.text for update in gateway.updates if isinstance(update, MessageReceived)]


async def test_with_an_app_level_token_it_is_socket_mode_and_nothing_is_taken_over_http(config: SlackConfig) -> None:
    adapter: Webhook = SlackAdapter(replace(config, app_token="xapp-1"), SystemClock())
    now = int(SystemClock().now().timestamp())
    assert adapter.webhook_path is None
    assert not adapter.admits(signed(at=now))
    assert await adapter.receive(HttpRequest(signed(at=now), BODY)) == HttpAnswer(401)


@pytest.mark.usefixtures("listening")
async def test_the_address_is_verified_and_the_certificate_checked(slack: SlackEmulator) -> None:
    assert await slack.webhooks.verify()
    assert await slack.webhooks.check_certificate() == 200
    assert await slack.webhooks.check_certificate(signed=False) == 401


@pytest.mark.usefixtures("listening")
async def test_an_event_is_acknowledged_and_one_that_comes_again_is_the_same(
    slack: SlackEmulator, gateway: RecordingGateway
) -> None:
    sent = await slack.person("U1").dm("hi")
    assert await sent.acked()
    for _ in range(4):
        assert await slack.repeat(sent.deliveries[0]).outcome()
    assert texts(gateway) == ["hi"]


@pytest.mark.usefixtures("listening")
async def test_a_command_and_a_click_come_as_forms_and_are_answered(
    slack: SlackEmulator, gateway: RecordingGateway
) -> None:
    ann = slack.person("U1")
    assert await (await ann.command("/fastgpt", "help")).outcome()
    assert await (await ann.shortcut("nobody listens to this")).outcome()
    assert [type(update) for update in gateway.updates] == [CommandGiven]


@pytest.mark.usefixtures("listening")
async def test_what_the_database_did_not_take_is_not_acknowledged_and_slack_repeats_it(
    slack: SlackEmulator, gateway: RecordingGateway
) -> None:
    gateway.outages = math.inf
    (delivery,) = (await slack.person("U1").dm("Keep me")).deliveries
    await slack.until(lambda: [attempt.failure for attempt in delivery.attempts] == ["http_error", "http_error"])
    gateway.outages = 0

    def is_committed() -> bool:
        slack.hurry()
        return delivery.acked

    await slack.until(is_committed)
    assert texts(gateway) == ["Keep me"]


@pytest.mark.usefixtures("site")
async def test_while_nobody_listens_slack_is_told_to_come_again(slack: SlackEmulator) -> None:
    (delivery,) = (await slack.person("U1").dm("hi")).deliveries
    await slack.until(lambda: len(delivery.attempts) == 2)
    assert not delivery.acked


@pytest.mark.usefixtures("listening")
async def test_a_wrong_secret_leads_nowhere(slack: SlackEmulator, gateway: RecordingGateway) -> None:
    slack.deliver_to(slack.webhooks.url, "another secret")
    (delivery,) = (await slack.person("U1").dm("hi")).deliveries
    await slack.until(lambda: len(delivery.attempts) == 2)
    assert not delivery.acked
    assert gateway.updates == []


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize("body", [b"{", b"payload=%7B", b"\xc3("])
async def test_what_is_signed_and_cannot_be_read_is_refused(site: str, gateway: RecordingGateway, body: bytes) -> None:
    at = int(SystemClock().now().timestamp())
    async with aiohttp.ClientSession() as http, http.post(site, data=body, headers=signed(body, at)) as answer:
        assert answer.status in (400, 401)
    assert gateway.updates == []


@pytest.mark.usefixtures("listening")
async def test_headers_that_nobody_signed_lead_bolt_nowhere_else(site: str, gateway: RecordingGateway) -> None:
    body = json.dumps({"type": "event_callback", "team_id": "T0", "event": {"type": "team_join"}}).encode()
    at = int(SystemClock().now().timestamp())
    more = {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "inbox"}
    async with aiohttp.ClientSession() as http, http.post(site, data=body, headers=signed(body, at) | more) as answer:
        assert answer.status == 200
    assert gateway.updates == []


# --- what Slack may have given up on

REVOKED = PlatformError("revoked", fault=PlatformFault.UNAUTHORISED, permanent=True)


@dataclass
class Desk:
    """`back` counts how often what was missed is looked for. `down`: nothing can be committed."""

    clock: FakeClock = field(default_factory=FakeClock)
    back: int = 0
    down: bool = False
    refusals: list[PlatformError] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = bolt_app(self._commit, Me(team="T1", user="U0"), SlackConfig("xoxb-1"))
        self.requests = Requests(app, self._look, self.clock, lambda: None, self._count)

    def _count(self) -> None:
        self.back += 1

    async def _look(self) -> None:
        raise self.refusals.pop(0)

    async def _commit(self, body: Mapping[str, Any]) -> BoltResponse:
        if self.down:
            raise StoreUnavailable("the database is away")
        return BoltResponse(status=200, body="")

    async def told(self, after: float, **headers: str) -> int:
        self.clock.elapsed += after
        return (await self.requests.answer(HttpRequest(headers, BODY))).status


async def test_a_bot_token_that_was_revoked_is_noticed_though_nothing_comes() -> None:
    desk = Desk(refusals=[REVOKED])
    with pytest.raises(PlatformError):
        await desk.requests.run()
    assert (desk.back, desk.clock.elapsed) == (1, 300)


async def test_a_network_that_is_away_for_a_look_ends_nothing() -> None:
    away = PlatformError("away", fault=PlatformFault.UNREACHABLE, permanent=False)
    desk = Desk(refusals=[away, away, REVOKED])
    with pytest.raises(PlatformError):
        await desk.requests.run()
    assert desk.clock.elapsed == 900


@pytest.mark.parametrize(("seconds", "back"), [(299.0, 0), (301.0, 1)])
async def test_what_was_refused_for_longer_than_slack_repeats_is_looked_for(seconds: float, back: int) -> None:
    desk = Desk(down=True)
    assert [await desk.told(0), await desk.told(100)] == [500, 500]
    desk.down = False
    assert [await desk.told(seconds - 100), await desk.told(1000)] == [200, 200]
    assert desk.back == back


@pytest.mark.parametrize(("retry", "back"), [("1", 0), ("2", 0), ("3", 1), ("x", 0)])
async def test_the_last_try_says_that_others_may_have_been_given_up(retry: str, back: int) -> None:
    desk = Desk()
    assert await desk.told(0, **{"x-slack-retry-num": retry}) == 200
    assert desk.back == back
