"""Whether a request is Slack's: docs.slack.dev, "Verifying requests from Slack".

The comparison is slack_sdk's, in constant time. It is asked before anything is parsed, and never with what it cannot
take: it would raise for a timestamp that is no number, or a body that is not UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from bridge.ports import Clock

_MOST_APART = 300.0  # seconds between Slack's clock and ours; what is older may be a replay
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


class _Now(SignatureClock):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


class Signatures:
    def __init__(self, signing_secret: str, clock: Clock) -> None:
        self._now = _Now(clock)
        self._verifier = SignatureVerifier(signing_secret, self._now)

    def may_fit(self, headers: Mapping[str, str]) -> bool:
        """Without the body: there is a signature, and it is not too old. `headers` are named in lower case."""
        timestamp, signature = _given(headers)
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            return False
        return abs(self._now.now() - int(timestamp)) <= _MOST_APART

    def fits(self, headers: Mapping[str, str], body: bytes) -> bool:
        if not self.may_fit(headers):
            return False
        timestamp, signature = _given(headers)
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False


def _given(headers: Mapping[str, str]) -> tuple[str, str]:
    return headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
