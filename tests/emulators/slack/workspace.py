"""Who and what is in the workspace: people, channels, tokens."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.emulators.slack.errors import Json, Refused

ALL_SCOPES = (
    "app_mentions:read assistant:write channels:history channels:read chat:write commands files:read files:write "
    "groups:history groups:read im:history im:read im:write mpim:history mpim:read mpim:write reactions:read "
    "reactions:write users:read"
)

ALL_EVENTS = (
    "agent_session_stopped agent_session_title_changed app_context_changed app_home_opened app_mention app_uninstalled "
    "channel_id_changed member_joined_channel member_left_channel message.channels message.groups message.im "
    "message.mpim reaction_added reaction_removed tokens_revoked"
)


@dataclass(slots=True)
class Token:
    scopes: frozenset[str]
    error: str | None = None  # what Slack answers once it is no longer good: token_revoked, account_inactive, …


@dataclass(slots=True)
class User:
    id: str
    name: str
    team: str
    locale: str = "en-US"
    tz: str = "Europe/Berlin"
    is_bot: bool = False
    is_guest: bool = False

    @property
    def handle(self) -> str:
        """What interactions call them, which is not the name they show."""
        return self.name.lower().replace(" ", ".")

    def profile(self, include_locale: bool) -> Json:
        user: Json = {
            "id": self.id,
            "team_id": self.team,
            "name": self.handle,
            "real_name": self.name.title(),
            "deleted": False,
            "tz": self.tz,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": self.is_guest,
            "is_ultra_restricted": False,
            "profile": {"real_name": self.name.title(), "display_name": self.name, "team": self.team},
        }
        if include_locale:
            user["locale"] = self.locale
        return user


KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


@dataclass(slots=True)
class Channel:
    """`kind` is channel (public), group (private), im or mpim, as `channel_type` has it."""

    id: str
    kind: str
    name: str
    members: set[str] = field(default_factory=set)
    archived: bool = False
    shared: bool = False

    @property
    def is_dm(self) -> bool:
        return self.kind == "im"

    def scope(self, verb: str) -> str:
        return f"{KINDS[self.kind]}:{verb}"

    def info(self, bot: str) -> Json:
        person = next((member for member in sorted(self.members) if member != bot), "")
        info: Json = {
            "id": self.id,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_private": self.kind != "channel",
            "is_archived": self.archived,
            "is_ext_shared": self.shared,
            "is_member": bot in self.members,
        }
        return info | ({"user": person} if self.is_dm else {"name": self.name})


class Workspace:
    """One workspace in which the app is installed once."""

    def __init__(self) -> None:
        self.team = "T0EMULATED"
        self.domain = "emulated"
        self.app = "A0EMULATED"
        self.bot_user = "U0BRIDGE"
        self.bot = "B0BRIDGE"
        self.bot_token = "xoxb-1-emulated"
        self.app_token = "xapp-1-A0EMULATED-emulated"
        self.tokens = {
            self.bot_token: Token(frozenset(ALL_SCOPES.split())),
            self.app_token: Token(frozenset({"connections:write"})),
        }
        self.events = frozenset(ALL_EVENTS.split())
        self.agent_view = True
        self.home_enabled = True
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.add_user(User(self.bot_user, "fastgpt", self.team, is_bot=True))
        self.add_channel("C0GENERAL", "general")

    def add_user(self, user: User) -> User:
        return self.users.setdefault(user.id, user)

    def add_channel(self, id: str, name: str = "", *, kind: str = "channel", bot_is_member: bool = True) -> Channel:
        members = {self.bot_user} if bot_is_member else set()
        return self.channels.setdefault(id, Channel(id, kind, name or id.lower(), members))

    def dm_with(self, user: str) -> Channel:
        """The direct message channel of the app and `user`; there is one from the start."""
        channel = self.add_channel(f"D{user}", kind="im")
        channel.members.add(user)
        return channel

    def dm_id(self, id: str) -> str:
        """chat.postMessage takes a user's id for the direct message channel with them."""
        return self.dm_with(id).id if id in self.users and id != self.bot_user else id

    def channel(self, id: str) -> Channel:
        """The channel as the app sees it. Private ones that it is not in do not exist for it."""
        channel = self.channels.get(id)
        if channel is None or (channel.kind != "channel" and self.bot_user not in channel.members):
            raise Refused("channel_not_found")
        return channel

    def writable(self, id: str) -> Channel:
        channel = self.channel(id)
        if channel.archived:
            raise Refused("is_archived")
        if self.bot_user not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def user(self, id: str) -> User:
        if id not in self.users:
            raise Refused("user_not_found")
        return self.users[id]
