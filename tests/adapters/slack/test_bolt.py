"""The library is told everything, and finds nothing out by itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

import pytest
from slack_bolt.response import BoltResponse

from adapters.slack.bolt import bolt_app
from adapters.slack.config import SlackConfig
from adapters.slack.inbound import Me


async def answer(body: Mapping[str, Any]) -> BoltResponse:
    return BoltResponse(status=200)


def test_the_operators_environment_says_nothing_to_the_library(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with caplog.at_level(logging.INFO):
        app = bolt_app(answer, Me(team="T1", user="UBOT"), SlackConfig(bot_token="xoxb-1"))
    assert caplog.messages == []
    assert app.oauth_flow is None
    assert settings.items() <= os.environ.items()
