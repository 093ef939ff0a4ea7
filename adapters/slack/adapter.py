"""Slack, as the bridge sees it. Control flow only: what is read and what is shown is decided elsewhere."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial

import aiohttp

from adapters.slack.addresses import PLATFORM, Place, channel_and_ts, message_ref
from adapters.slack.api import Identity, Marker, SlackApi
from adapters.slack.asking import asked
from adapters.slack.bolt import bolt_app
from adapters.slack.calling import RULES
from adapters.slack.catch_up import CatchUp
from adapters.slack.config import SlackConfig
from adapters.slack.connection import Socket
from adapters.slack.errors import FOREIGN, platform_error
from adapters.slack.feed import feeding
from adapters.slack.files import Files
from adapters.slack.form_modal import MOST_FIELDS
from adapters.slack.inbound import Me
from adapters.slack.inbox import Inbox
from adapters.slack.modals import Modals
from adapters.slack.people import People
from adapters.slack.posting import CLOCKS_DIFFER, Posting
from adapters.slack.requests import PATH, Requests
from adapters.slack.rereading import read_again
from adapters.slack.signatures import Signatures
from adapters.slack.speaking import ReplyUrls, Speaker
from adapters.slack.spelling import spelling
from adapters.slack.status import ACTIVE, SUSPENDED, StatusLine
from adapters.slack.streaming import Screen, StreamSupport
from bridge.domain.errors import PlatformError
from bridge.domain.events import Ending, TurnEvent
from bridge.domain.ids import ConversationKey, MessageRef
from bridge.domain.interactions import Interaction
from bridge.domain.notices import Notice, Outcome, Removed
from bridge.domain.turns import Turn, TurnState
from bridge.domain.updates import Attachment, Unreadable, Update
from bridge.ports import Capabilities, Clock, Delivery, Gateway, HttpAnswer, HttpRequest
from bridge.rendering.leisure import Leisure
from bridge.rendering.pacing import Pacer, Priority

log = logging.getLogger(__name__)

_LONGEST_CONNECT = 10.0  # seconds

SCOPES: Mapping[str, str] = {
    "app_mentions:read": "mentions in channels",
    "assistant:write": "the status line and suggested questions",
    "chat:write": "answers",
    "im:history": "direct messages",
    "channels:history": "replies in threads of public channels, and finding lost messages again",
    "groups:history": "replies in threads of private channels, and finding lost messages again",
    "mpim:history": "group direct messages",
    "files:read": "files people send",
    "reactions:read": "votes by emoji",
    "users:read": "names and languages of people",
    "commands": "the slash command",
}
"""What each scope is for, in words for the operator who left it out."""


class SlackAdapter:
    """`bridge.ports.Adapter`, `FileSource`, `Rereader` and `Webhook`. One workspace; `connect` comes first."""

    platform = PLATFORM

    def __init__(
        self,
        config: SlackConfig,
        clock: Clock,
        *,
        pacer: Pacer | None = None,
        new_id: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._config = config
        self._clock = clock
        self._new_id = new_id
        self._pacer = pacer or Pacer(clock, RULES)
        self._support = StreamSupport(clock, config.native_streaming)
        self._reply_urls = ReplyUrls()
        self._leisure = Leisure()
        self._session: aiohttp.ClientSession | None = None
        self._connected: tuple[SlackApi, Me] | None = None
        self._signatures = Signatures(config.signing_secret, clock) if config.listens_over_http else None
        self._requests: Requests | None = None

    @property
    def bot(self) -> str:
        """The bot's user id. Raises RuntimeError before `connect`."""
        return self._here()[1].user

    @property
    def capabilities(self) -> Capabilities:
        me = self._connected[1] if self._connected is not None else None
        return Capabilities(
            native_forms=True,
            single_listener=False,
            longest_form=MOST_FIELDS,
            shows_what_is_answered=False,
            spelling=spelling(me.name if me is not None else ""),
        )

    async def connect(self) -> None:
        if self._connected is not None:
            return
        api = SlackApi(self._config, self._clock, self._open_session(), self._pacer)
        identity = await api.identity()
        api.calls.team = identity.team
        if self._config.app_token:
            await api.socket_url(self._config.app_token)
        _name_missing(identity)
        me = Me(
            team=identity.team,
            user=identity.user,
            bot_id=identity.bot_id,
            name=identity.name,
            url=identity.url if identity.url.endswith("/") or not identity.url else identity.url + "/",
            agent_view=self._config.agent_view,
        )
        self._connected = (api, me)
        log.info("signed_in", extra={"platform": PLATFORM, "team": me.team, "bot": me.user})

    async def listen(self, gateway: Gateway) -> None:
        """Raises PlatformError if Slack refuses the app-level token, or over HTTP the bot's."""
        api, me = self._here()
        refused: PlatformError | None = None
        async with asyncio.TaskGroup() as tasks:
            modals = Modals(api, gateway, me, tasks)
            people = People(api, self._clock)
            inbox = Inbox(
                gateway, me, people, modals, self._clock, self._reply_urls, lambda *begun: catch_up.look_below(*begun)
            )
            app = bolt_app(inbox.answer, me, self._config)
            catch_up = CatchUp(api, me, gateway, inbox.answer, self._clock)
            heard = partial(gateway.heard, PLATFORM)
            try:
                if self._config.listens_over_http:
                    self._requests = Requests(app, api.identity, self._clock, heard, catch_up.begin)
                    await self._requests.run()
                else:
                    await Socket(app, api, self._config, self._clock, heard, catch_up.begin).run()
            except PlatformError as error:  # outside of the group, which would wrap it
                refused = error
            finally:
                self._requests = None
                await catch_up.end()
        if refused is not None:
            raise refused

    @property
    def webhook_path(self) -> str | None:
        return PATH if self._config.listens_over_http else None

    def admits(self, headers: Mapping[str, str]) -> bool:
        return self._signatures is not None and self._signatures.may_fit(headers)

    async def receive(self, request: HttpRequest) -> HttpAnswer:
        if self._signatures is None or not self._signatures.fits(request.headers, request.body):
            return HttpAnswer(401)
        return HttpAnswer(503) if self._requests is None else await self._requests.answer(request)

    def read_again(self, update: Unreadable) -> Sequence[Update]:
        return read_again(update.raw, self._here()[1], self._clock.now())

    async def deliver(self, delivery: Delivery, events: AsyncIterator[TurnEvent]) -> None:
        api, me = self._here()
        turn = delivery.turn
        place = Place.of(turn.conversation)
        posting = Posting(api, self._clock, place, me.user, asked_since(turn))
        screen = Screen(
            api,
            posting,
            delivery,
            self._config,
            self._clock,
            self._support,
            bot=me.user,
            recipient=(me.team, turn.asked.id),
        )
        status = StatusLine(api, place, agent_view=self._config.agent_view)
        resting = ACTIVE
        try:
            async with feeding(events, self._clock) as feed:  # the question is on its way, whatever Slack says
                await status.begin()
                while (end := feed.end) is None:
                    await feed.news(screen.gap)
                    if feed.end is None:
                        await status.say(feed.progress.status)
                        await screen.show(feed.progress.text)
                interaction = feed.progress.interaction
            resting = SUSPENDED if end.ending is Ending.PAUSED else ACTIVE
            await screen.finish(end, resting if self._config.agent_view else None)
            if interaction is not None and interaction.message is None:
                await self._ask(posting, delivery, interaction)
        finally:
            await status.end(resting)

    async def say(self, conversation: ConversationKey, notice: Notice) -> MessageRef | None:
        return await self._speaker().say(conversation, notice)

    async def settle(self, message: MessageRef, outcome: Outcome, *, at_leisure: bool = False) -> None:
        speaker = self._speaker()
        self._leisure.forget(message)
        if at_leisure and not isinstance(outcome, Removed):
            self._leisure.later(message, lambda: speaker.settle(message, outcome, Priority.COSMETIC))
        else:
            await speaker.settle(message, outcome)

    def below(self, message: MessageRef) -> ConversationKey:
        return self._here()[1].conversation(*channel_and_ts(message))

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        api, _ = self._here()
        file, _, url = attachment.id.partition(" ")
        if not url:
            found = await api.file(file)
            url = str(found.get("url_private_download") or found.get("url_private") or "")
        files = Files(self._open_session(), self._config.bot_token, self._config.api_base_url)
        try:
            return await files.fetch(url, limit, expects_html=attachment.media_type == "text/html")
        except FOREIGN as error:
            raise platform_error(error, "a download", repeatable=True) from error

    async def close(self) -> None:
        await self._leisure.close()
        if self._session is not None:
            await self._session.close()
        self._session, self._connected = None, None

    async def _ask(self, posting: Posting, delivery: Delivery, interaction: Interaction) -> None:
        """Show the controls, below the text so far; an earlier attempt may have got as far as showing them."""
        is_retry = bool(delivery.turn.parts) or delivery.turn.state is TurnState.ANSWERED
        ts = ""
        for number, (content, plain) in enumerate(asked(interaction)):
            marker = Marker("controls", interaction.id, number)
            found = await posting.found(marker) if is_retry else None
            ts = found or await posting.post(content, plain, marker)
        await delivery.shown(interaction.id, message_ref(self.bot, posting.place.channel, ts))

    def _here(self) -> tuple[SlackApi, Me]:
        if self._connected is None:
            raise RuntimeError("connect first")
        return self._connected

    def _speaker(self) -> Speaker:
        api, me = self._here()
        return Speaker(api, self._clock, me.user, self._new_id, self._reply_urls)

    def _open_session(self) -> aiohttp.ClientSession:
        """One for everything: with none of its own, slack_sdk opens one per call."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._config.timeout, connect=_LONGEST_CONNECT)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session


def asked_since(turn: Turn) -> str:
    """The ts after which whatever belongs to the turn was posted: that of the question, or when the turn began."""
    if turn.reply_to is not None:
        return channel_and_ts(turn.reply_to)[1]
    began = turn.begun_at.timestamp() - CLOCKS_DIFFER if turn.begun_at else 0.0
    return f"{began:.6f}"


def _name_missing(identity: Identity) -> None:
    missing = [scope for scope in SCOPES if scope not in identity.scopes] if identity.scopes else []
    if missing:
        losses = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
        log.warning("scopes_missing", extra={"platform": PLATFORM, "scopes": missing, "losses": losses})
