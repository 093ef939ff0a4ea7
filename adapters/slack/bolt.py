"""The bolt app around the inbox: the same for Socket Mode and for HTTP. What it is given is known to be Slack's."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.calling import quiet_logger
from adapters.slack.config import SlackConfig
from adapters.slack.inbound import Me


def bolt_app(answer: Callable[[Mapping[str, Any]], Awaitable[BoltResponse]], me: Me, config: SlackConfig) -> AsyncApp:
    """Every payload that is not the bot's own goes to `answer`, whose result is the acknowledgement."""

    async def authorize() -> AuthorizeResult:
        # We know who we are: bolt would ask auth.test, and throw the payload away if that failed.
        return AuthorizeResult(
            enterprise_id=None,
            team_id=me.team,
            bot_user_id=me.user,
            bot_id=me.bot_id,
            bot_token=config.bot_token,
        )

    with _nothing_of_slack_in_the_environment():
        app = AsyncApp(
            client=AsyncWebClient(base_url=config.api_base_url, logger=quiet_logger()),
            authorize=authorize,
            logger=quiet_logger(),
            # In Socket Mode nothing is signed; over HTTP that was checked before anything was read, as bolt would not.
            request_verification_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )

    async def inbox(body: dict[str, Any]) -> BoltResponse:
        return await answer(body)

    app.middleware(inbox)
    return app


@contextmanager
def _nothing_of_slack_in_the_environment() -> Iterator[None]:
    """While bolt is made. Whatever it is given, it also looks there: for a bot token, and warns that it is not needed;
    for a client's id and secret, and then installs the app in workspaces by itself (slack_bolt.app.async_app)."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SLACK_")}
    try:
        yield
    finally:
        os.environ.update(hidden)
