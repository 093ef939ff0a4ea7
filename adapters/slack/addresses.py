"""How Slack's places are written in conversation keys and message references.

A conversation is `<team>/<channel>/<thread root>`, or `<team>/<channel>` where there is no thread (a plain DM, the
channel of a reaction or of a slash command). A message is `<channel>/<ts>`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.domain.ids import ConversationKey, MessageRef

PLATFORM = "slack"


@dataclass(frozen=True, slots=True)
class Place:
    """`root` is the ts of the message a thread hangs on, empty where messages stand in the channel itself."""

    team: str
    channel: str
    root: str = ""

    @property
    def is_direct(self) -> bool:
        """A DM with one person: Slack's ids of those begin with D."""
        return self.channel.startswith("D")

    def key(self, bot: str) -> ConversationKey:
        parts = [self.team, self.channel, *([self.root] if self.root else [])]
        return ConversationKey(PLATFORM, bot, "/".join(parts))

    @classmethod
    def of(cls, conversation: ConversationKey) -> Place:
        """Raises ValueError for an address that `key` cannot have produced."""
        team, channel, *rest = conversation.address.split("/")
        return cls(team, channel, rest[0] if rest else "")


def message_ref(bot: str, channel: str, ts: str) -> MessageRef:
    return MessageRef(PLATFORM, bot, f"{channel}/{ts}")


def channel_and_ts(message: MessageRef) -> tuple[str, str]:
    """Raises ValueError for a reference that `message_ref` cannot have produced."""
    channel, ts = message.id.split("/")
    return channel, ts
