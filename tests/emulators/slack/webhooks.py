"""The Events API over HTTP: signed requests to the app's own address, instead of sockets.

Source: docs.slack.dev, "Verifying requests from Slack" and "The Events API".
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import urlencode

import aiohttp

from tests.emulators.slack.clock import Clock
from tests.emulators.slack.errors import Json
from tests.emulators.slack.outbox import DEADLINE, Attempt, Delivery

_FORM = "application/x-www-form-urlencoded"


class Webhooks:
    """`url` takes events, interactions and commands alike, as bolt's one path does, and counts as verified."""

    def __init__(self, clock: Clock, url: str, signing_secret: str) -> None:
        self._clock = clock
        self.url = url
        self._secret = signing_secret
        self._http = aiohttp.ClientSession()

    async def verify(self) -> bool:
        """What Slack does when the address is entered: send a challenge, and expect it back."""
        challenge = secrets.token_hex(12)
        body = json.dumps({"type": "url_verification", "token": "emulated-verification-token", "challenge": challenge})
        async with self._post(body, "application/json", {}) as answer:
            text = await answer.text()
        return answer.status == 200 and challenge in text

    async def check_certificate(self, *, signed: bool = True) -> int:
        """What Slack does now and then with the address of a command of a distributed app; the status of the answer."""
        body = urlencode({"ssl_check": "1", "token": "emulated-verification-token"})
        async with self._post(body, _FORM, {} if signed else {"X-Slack-Signature": "v0=" + "0" * 64}) as answer:
            return answer.status

    async def carry(self, delivery: Delivery, number: int) -> bool:
        """One signed request; HTTP 200 within 3 s is the acknowledgement."""
        attempt = Attempt(secrets.token_hex(12), None, self._clock.now(), number)
        delivery.attempts.append(attempt)
        request = asyncio.ensure_future(self._request(delivery, attempt))
        if not await self._clock.first(request, attempt.sent_at + DEADLINE):
            return False
        if request.result():
            attempt.acked_at = self._clock.now()
        return request.result()

    async def close(self) -> None:
        await self._http.close()

    async def _request(self, delivery: Delivery, attempt: Attempt) -> bool:
        body, kind = _body(delivery)
        try:
            async with self._post(body, kind, _retry(delivery, attempt.retry)) as answer:
                text = await answer.text()
        except aiohttp.ClientError:
            attempt.failure = "connection_failed"
            return False
        delivery.final = answer.headers.get("X-Slack-No-Retry") == "1"
        if answer.status != 200:
            attempt.failure = "http_error"
            return False
        if delivery.accepts_answer and text:
            delivery.answer = json.loads(text) if answer.content_type == "application/json" else {"text": text}
        return True

    def _post(self, body: str, kind: str, more: Json) -> aiohttp.client._RequestContextManager:
        headers = {"Content-Type": kind} | signed(body, self._secret, int(time.time()))
        return self._http.post(self.url, data=body.encode(), headers=headers | more)


def signed(body: str, secret: str, at: int) -> dict[str, str]:
    """The headers by which an app can tell that Slack sent this body, at this Unix second."""
    signature = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={signature}"}


def _retry(delivery: Delivery, number: int) -> Json:
    if not number:
        return {}
    return {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": delivery.attempts[number - 1].failure}


def _body(delivery: Delivery) -> tuple[str, str]:
    match delivery.kind:
        case "events_api":
            return json.dumps(delivery.payload), "application/json"
        case "interactive":
            return urlencode({"payload": json.dumps(delivery.payload)}), _FORM
        case _:
            return urlencode(delivery.payload), _FORM
