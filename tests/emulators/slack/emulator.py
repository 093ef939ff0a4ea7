"""The emulator itself: start it, point the app at it, be a person in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from tests.emulators.slack.errors import Json
from tests.emulators.slack.faults import Fault
from tests.emulators.slack.messages import Message
from tests.emulators.slack.outbox import Delivery
from tests.emulators.slack.people import Person
from tests.emulators.slack.sessions import Prompts, Session
from tests.emulators.slack.side_doors import SideDoors
from tests.emulators.slack.trouble import Trouble
from tests.emulators.slack.web_api import WebApi
from tests.emulators.slack.webhooks import Webhooks
from tests.emulators.slack.workspace import Channel, User
from tests.emulators.slack.world import Call, World

Found = TypeVar("Found")

POLL = 0.005  # seconds


class SlackEmulator:
    """`async with SlackEmulator() as slack:` serves on a free port of loopback until the block ends."""

    def __init__(self) -> None:
        self.world = World()
        self.workspace = self.world.workspace
        self.clock = self.world.clock
        self.sockets = self.world.sockets
        self._trouble = Trouble()
        self._api = WebApi(self.world, self._trouble)
        self._people: dict[str, Person] = {}
        self._runner: web.AppRunner | None = None
        self._webhooks: Webhooks | None = None
        self._every_webhook: list[Webhooks] = []

    # --- running it

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self, port: int = 0) -> None:
        doors = SideDoors(self.world, self._trouble)
        app = web.Application(client_max_size=50 * 1024**2)
        app.router.add_route("*", "/api/{method}", self._api.serve)
        app.router.add_get("/link/", self.sockets.serve)
        app.router.add_post("/actions/{secret}", doors.respond)
        app.router.add_get("/files-pri/{address}/{name:.*}", doors.download)
        app.router.add_get("/login", doors.login)
        app.router.add_post("/upload/v1/{secret}", doors.upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, number = self._runner.addresses[0][:2]
        self.world.base = f"http://{host}:{number}"

    async def close(self) -> None:
        """End everything; calls that were left hanging are reset."""
        self._trouble.closing.set()
        await self.world.outbox.close()
        await self.sockets.close()
        for webhooks in self._every_webhook:
            await webhooks.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        """What `AsyncWebClient(base_url=…)` and SLACK_API_BASE_URL take, with the trailing slash."""
        return f"{self.world.base}/api/"

    @property
    def bot_token(self) -> str:
        return self.workspace.bot_token

    @property
    def app_token(self) -> str:
        return self.workspace.app_token

    # --- what the workspace is like

    def person(
        self, id: str, name: str = "", *, locale: str = "en-US", guest: bool = False, team: str = "", bot: bool = False
    ) -> Person:
        """The person with this id, who joins the workspace, and C0GENERAL, when first asked for.

        `team`: their home workspace, if it is another one (Slack Connect). `bot`: it is another app, not a human.
        """
        if id not in self._people:
            user = User(id, name or id.lower(), team or self.workspace.team, locale, is_guest=guest, is_bot=bot)
            self.workspace.add_user(user)
            self.workspace.channels["C0GENERAL"].members.add(id)
            self._people[id] = Person(self.world, user)
        return self._people[id]

    def channel(self, id: str, name: str = "", *, kind: str = "channel", bot_is_member: bool = True) -> Channel:
        """The channel with this id, made when first asked for. `kind`: channel, group (private) or mpim."""
        return self.workspace.add_channel(id, name, kind=kind, bot_is_member=bot_is_member)

    @property
    def enforce_rates(self) -> bool:
        """Whether the documented rate tiers count."""
        return self._api.enforce_rates

    @enforce_rates.setter
    def enforce_rates(self, value: bool) -> None:
        self._api.enforce_rates = value

    def hold_back(self, words: str) -> asyncio.Event:
        """The app is told of events with these words only once it is set, and of others before."""
        return self.world.outbox.hold_back(words)

    def revoke(self, error: str = "token_revoked") -> None:
        """The bot token is no longer good; or account_inactive, token_expired, …"""
        self.workspace.tokens[self.bot_token].error = error

    def uninstall(self) -> None:
        """The app is removed from the workspace: it is told, and its token is dead."""
        self.world.publish({"type": "app_uninstalled"}, "app_uninstalled")
        revoked = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.workspace.bot_user]}}
        self.world.publish(revoked, "tokens_revoked")
        self.revoke("account_inactive")

    def change_channel_id(self, old: str, new: str) -> None:
        """What happens when a channel becomes shared: everything in it has a new address, and the app is told."""
        channel = self.workspace.channels.pop(old)
        channel.id = new
        self.workspace.channels[new] = channel
        self.world.messages.move(old, new)
        event = {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": new}
        self.world.publish(event | {"event_ts": self.clock.ts()}, "channel_id_changed")

    def grant_only(self, *scopes: str) -> None:
        """The bot token has these scopes and no others."""
        self.workspace.tokens[self.bot_token].scopes = frozenset(scopes)

    # --- trouble

    def fail(
        self, method: str, fault: Fault, *, times: int | None = 1, when: Callable[[Json], bool] | None = None
    ) -> None:
        """Spoil the next `times` calls of `method` ("*": of any), or all (None); `when` sees their arguments.

        `response_url`, `download` and `upload` are names like those of methods.
        """
        self.world.faults.add(method, fault, times, when)

    def heal(self) -> None:
        """No more scripted faults."""
        self.world.faults.clear()

    def advance(self, seconds: float) -> None:
        """Let time pass at once: streams, triggers, response URLs, statuses, deadlines and redelivery follow."""
        self.clock.advance(seconds)
        self.world.expire_streams()

    # --- what is on screen, and how it came there

    def messages(self, channel: str | None = None, thread: str | None = None) -> list[Message]:
        """What everybody sees: everywhere, in a channel, or in one thread with its root. Oldest first."""
        places = [channel] if channel else list(self.workspace.channels)
        found = [message for place in places for message in self.world.messages.listed(place, thread)]
        return sorted(found, key=lambda message: message.ts)

    def answers(self, channel: str | None = None, thread: str | None = None) -> list[Message]:
        """Those of `messages` that the app wrote."""
        return [message for message in self.messages(channel, thread) if message.by_app]

    def ephemerals(self, user: str, channel: str | None = None) -> list[Message]:
        """What only this person sees, oldest first."""
        return [
            message
            for message in self.world.messages.all()
            if message.only_for == user and not message.deleted and channel in (None, message.channel)
        ]

    def all_messages(self) -> list[Message]:
        """Every message there ever was, deleted and ephemeral ones included."""
        return self.world.messages.all()

    def rendered(self, channel: str, thread: str | None = None) -> str:
        """All the app says there, as people read it: prose, notes, and controls in square brackets."""
        return "\n\n".join(message.visible for message in self.answers(channel, thread))

    def calls(self, method: str | None = None) -> list[Call]:
        """The Web API calls so far (`response_url` is one of the names)."""
        return [call for call in self.world.calls if method in (None, call.method)]

    def session(self, channel: str, thread: str) -> Session | None:
        return self.world.sessions.find(channel, thread)

    def status(self, channel: str, thread: str) -> str:
        """The words below the thread ("is thinking…"), empty if there are none."""
        return self.world.sessions.status(channel, thread)

    def prompts(self, channel: str) -> Prompts | None:
        """What the page for a new conversation with the app offers."""
        return self.world.sessions.prompts.get(channel)

    @property
    def deliveries(self) -> list[Delivery]:
        """Everything the app was told, with every attempt."""
        return self.world.outbox.all

    @property
    def unacknowledged(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if not delivery.acked]

    def repeat(self, delivery: Delivery, *, new_event_id: bool = False) -> Delivery:
        """Send it again; with its own event id (as a retry would), or as if it were another event."""
        payload = delivery.payload
        if new_event_id:
            payload = payload | {"event_id": self.world.id("Ev")}
        return self.world.outbox.send(delivery.kind, payload, accepts_answer=delivery.accepts_answer)

    def hurry(self) -> None:
        """Try again now whatever waits for its next try, instead of in a minute or five."""
        self.world.outbox.hurry()

    @property
    def webhooks(self) -> Webhooks:
        assert self._webhooks is not None, "deliver_to was not called"
        return self._webhooks

    def deliver_to(self, url: str, signing_secret: str) -> Webhooks:
        """From now on events, interactions and commands go to this address by HTTP, not to sockets."""
        self._webhooks = Webhooks(self.clock, url, signing_secret)
        self._every_webhook.append(self._webhooks)
        self.world.outbox.carrier = self._webhooks
        return self._webhooks

    # --- waiting

    async def until(self, found: Callable[[], Found], timeout: float = 10.0) -> Found:
        """Wait until `found()` is true (or finds something), and return that. Raises AssertionError with the screen."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (value := found()):
            if loop.time() > deadline:
                raise AssertionError(f"waited {timeout} s in vain\n{self.report()}")
            await asyncio.sleep(POLL)
        return value

    async def connected(self, sockets: int = 1) -> None:
        """Wait until the app has this many sockets open."""
        await self.until(lambda: len(self.sockets.connections) >= sockets)

    async def settled(self) -> None:
        """Wait until everything sent so far is acknowledged or given up."""
        await self.until(lambda: all(delivery.settled.is_set() for delivery in self.deliveries))

    def report(self) -> str:
        """What happened, for a failing test."""
        calls = [f"  {call.method} {call.error or call.status}" for call in self.world.calls[-30:]]
        shown = [f"  {message.channel} {message.author}: {message.visible}" for message in self.world.messages.all()]
        owed = [f"  {delivery.kind} {delivery.event_id}" for delivery in self.unacknowledged]
        return "\n".join(["calls:", *calls, "messages:", *shown, "not acknowledged:", *owed])
