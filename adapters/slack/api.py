"""The methods of Slack's Web API that the bridge calls; what they raise is PlatformError.

Posts carry a marker by which a lost one is found again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.blocks import Content
from adapters.slack.calling import Before, Calls, quiet_logger
from adapters.slack.config import SlackConfig
from adapters.slack.errors import FOREIGN, platform_error
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.ports import Clock
from bridge.rendering.pacing import Pacer, Priority

_PAGES = 5  # of a thread or a channel


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a bot token is. `scopes` is empty where Slack did not say."""

    team: str
    user: str
    bot_id: str
    name: str
    url: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Marker:
    """What a posted message is, written on it where only apps can read it."""

    kind: str
    id: str
    part: int = 0

    def metadata(self) -> dict[str, Any]:
        return {"event_type": f"fastgpt_{self.kind}", "event_payload": {"id": self.id, "part": self.part}}


class SlackApi:
    def __init__(self, config: SlackConfig, clock: Clock, session: aiohttp.ClientSession, pacer: Pacer) -> None:
        self.calls = Calls(clock, pacer, config.patience)
        self._session = session
        self.client = AsyncWebClient(
            token=config.bot_token,
            base_url=config.api_base_url,
            session=session,
            retry_handlers=[],  # the library would repeat a post whose connection broke, blindly
            logger=quiet_logger(),
        )
        self.app_client = AsyncWebClient(
            base_url=config.api_base_url, session=session, retry_handlers=[], logger=quiet_logger()
        )
        """Without the bot's token: for what the app-level token does."""

    # --- who we are ---

    async def identity(self) -> Identity:
        response = await self.calls.made("auth.test", self.client.auth_test, kind="tier4")
        header = response.headers.get("x-oauth-scopes") or response.headers.get("X-OAuth-Scopes") or ""
        return Identity(
            team=str(response["team_id"]),
            user=str(response["user_id"]),
            bot_id=str(response.get("bot_id") or ""),
            name=str(response.get("user") or ""),
            url=str(response.get("url") or ""),
            scopes=frozenset(scope.strip() for scope in str(header).split(",") if scope.strip()),
        )

    async def socket_url(self, app_token: str) -> str:
        """The address of a new socket; asking for it is also how an app-level token is checked."""
        response = await self.calls.made(
            "apps.connections.open", lambda: self.app_client.apps_connections_open(app_token=app_token), kind="tier3"
        )
        return str(response["url"])

    # --- messages ---

    async def post(
        self,
        channel: str,
        root: str,
        content: Content,
        marker: Marker,
        *,
        priority: Priority = Priority.CONTROL,
        before: Before | None = None,
    ) -> str:
        """The ts of the new message. Raises PlatformError(FATE_UNKNOWN) if it may be there all the same."""
        response = await self.calls.made(
            "chat.postMessage",
            lambda: self.client.chat_postMessage(
                channel=channel,
                thread_ts=root or None,
                text=content.text,
                blocks=content.blocks,
                metadata=marker.metadata(),
                unfurl_links=False,
                unfurl_media=False,
            ),
            kind="post",
            channel=channel,
            priority=priority,
            repeatable=False,
            before=before,
        )
        return str(response["ts"])

    async def update(self, channel: str, ts: str, content: Content, *, priority: Priority = Priority.CONTROL) -> None:
        await self.calls.made(
            "chat.update",
            lambda: self.client.chat_update(channel=channel, ts=ts, text=content.text, blocks=content.blocks),
            kind="update",
            priority=priority,
        )

    async def delete(self, channel: str, ts: str) -> None:
        """A message that is gone already is no error."""
        try:
            await self.calls.made("chat.delete", lambda: self.client.chat_delete(channel=channel, ts=ts), kind="tier3")
        except PlatformError as error:
            if error.fault is not PlatformFault.GONE:
                raise

    async def whisper(self, channel: str, root: str, user: str, content: Content) -> None:
        """Show something to one person only. It is not kept by Slack, so a lost one is only lost."""
        await self.calls.made(
            "chat.postEphemeral",
            lambda: self.client.chat_postEphemeral(
                channel=channel, user=user, thread_ts=root or None, text=content.text, blocks=content.blocks
            ),
            kind="tier4",
            repeatable=False,
        )

    async def respond(self, url: str, text: str) -> None:
        """Answer a slash command by its own address, for 30 minutes, wherever it was typed; `text` is mrkdwn."""
        webhook = AsyncWebhookClient(url, session=self._session, retry_handlers=[], logger=quiet_logger())
        try:
            answer = await webhook.send(text=text, response_type="ephemeral")
        except FOREIGN as raised:
            raise platform_error(raised, "response_url", repeatable=False) from raised
        if answer.status_code >= 400:
            raise PlatformError(
                f"Slack refused an answer to a slash command: HTTP {answer.status_code}.",
                fault=PlatformFault.REFUSED,
                permanent=True,
            )

    async def message(self, channel: str, ts: str) -> dict[str, Any] | None:
        """One message as it is now, or None if it is gone."""
        try:
            # The root of the thread may come along whatever the bounds say, so one result is not enough.
            found = await self._read(
                "conversations.replies", channel, ts=ts, oldest=ts, latest=ts, inclusive=True, limit=10
            )
        except PlatformError as error:
            if error.fault is PlatformFault.GONE:
                return None
            raise
        return next((message for message in found["messages"] if message.get("ts") == ts), None)

    async def own_messages(self, channel: str, root: str, after: str, bot_user: str) -> list[dict[str, Any]]:
        """The bot's messages in a thread (or, without a root, in the channel) since `after`, with their markers."""
        found = await self.messages_since(channel, root, after)
        return [message for message in found if message.get("user") == bot_user]

    async def messages_since(self, channel: str, root: str, after: str, *, kind: str = "tier3") -> list[dict[str, Any]]:
        """What was written in a thread (or, without a root, in the channel), the oldest first; at most 5 pages.

        The root of the thread may come along. `kind` is the budget it is taken from.
        """
        found: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(_PAGES):
            method = "conversations.replies" if root else "conversations.history"
            more: dict[str, Any] = {"ts": root} if root else {}
            if cursor:
                more["cursor"] = cursor
            page = await self._read(
                method, channel, kind=kind, oldest=after, limit=200, include_all_metadata=True, **more
            )
            found += page["messages"]
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return sorted(found, key=lambda message: str(message["ts"]))

    async def _read(self, method: str, channel: str, *, kind: str = "tier3", **arguments: Any) -> AsyncSlackResponse:
        call = self.client.conversations_replies if "ts" in arguments else self.client.conversations_history
        return await self.calls.made(method, lambda: call(channel=channel, **arguments), kind=kind)

    # --- streams ---

    async def start_stream(
        self, channel: str, root: str, text: str, recipient: tuple[str, str], *, before: Before | None = None
    ) -> str:
        """`recipient` is (team, user) of the person answered, which Slack demands in channels.

        Raises PlatformError(FATE_UNKNOWN) if a stream may have been opened all the same.
        """
        team, user = recipient
        response = await self.calls.made(
            "chat.startStream",
            lambda: self.client.chat_startStream(
                channel=channel,
                thread_ts=root,
                markdown_text=text,
                recipient_team_id=team,
                recipient_user_id=user,
            ),
            kind="start",
            priority=Priority.PROGRESS,
            repeatable=False,
            before=before,
        )
        return str(response["ts"])

    async def append_stream(self, channel: str, ts: str, text: str) -> None:
        """Never repeated: the same text would stand there twice."""
        await self.calls.made(
            "chat.appendStream",
            lambda: self.client.chat_appendStream(channel=channel, ts=ts, markdown_text=text),
            kind="append",
            priority=Priority.PROGRESS,
            repeatable=False,
        )

    async def stop_stream(
        self,
        channel: str,
        ts: str,
        *,
        text: str = "",
        blocks: Sequence[Mapping[str, Any]] = (),
        marker: Marker | None = None,
        session_status: str | None = None,
    ) -> None:
        await self.calls.made(
            "chat.stopStream",
            lambda: self.client.chat_stopStream(
                channel=channel,
                ts=ts,
                markdown_text=text or None,
                blocks=[dict(block) for block in blocks] or None,
                metadata=marker.metadata() if marker else None,
                session_status=session_status,
            ),
            kind="stop",
            priority=Priority.FINAL,
            repeatable=False,
        )

    # --- what stands around messages ---

    async def set_session(self, channel: str, root: str, status: str, priority: Priority = Priority.CONTROL) -> None:
        """The agent session of a thread: `processing` shows that there is work, and Slack's own Stop button."""
        await self.calls.made(
            "agents.sessions.setStatus",
            lambda: self.client.agents_sessions_setStatus(channel_id=channel, thread_ts=root or None, status=status),
            kind="status",
            priority=priority,
        )

    async def set_status(self, channel: str, root: str, status: str) -> None:
        """A line such as "is searching…" below the thread; empty takes it away."""
        await self.calls.made(
            "assistant.threads.setStatus",
            lambda: self.client.assistant_threads_setStatus(channel_id=channel, thread_ts=root, status=status),
            kind="status",
            priority=Priority.PROGRESS,
        )

    async def suggest_prompts(self, channel: str, prompts: Sequence[Mapping[str, str]], title: str) -> None:
        """Without thread_ts, with which Slack would silently show nothing in an agent's DM."""
        await self.calls.made(
            "assistant.threads.setSuggestedPrompts",
            lambda: self.client.api_call(
                "assistant.threads.setSuggestedPrompts",
                json={"channel_id": channel, "prompts": list(prompts), **({"title": title} if title else {})},
            ),
            kind="tier4",
        )

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Once, and within 3 seconds of the click that brought the trigger id."""
        await self.calls.made(
            "views.open",
            lambda: self.client.views_open(trigger_id=trigger_id, view=dict(view)),
            kind="tier4",
            repeatable=False,
        )

    async def file(self, id: str) -> dict[str, Any]:
        response = await self.calls.made("files.info", lambda: self.client.files_info(file=id), kind="tier4")
        return dict(response["file"])

    async def user(self, id: str) -> dict[str, Any]:
        response = await self.calls.made(
            "users.info", lambda: self.client.users_info(user=id, include_locale=True), kind="tier4"
        )
        return dict(response["user"])
