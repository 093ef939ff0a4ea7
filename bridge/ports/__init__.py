"""Where the rooms meet: small protocols, each with what the caller may rely on.

`bridge.services` awaits only these; `bootstrap` fits the implementations in. An adapter needs `Adapter` and gets a
`Gateway`; what a platform can do beyond is in `abilities`.
"""

from bridge.ports.abilities import (
    FileSource,
    HttpAnswer,
    HttpRequest,
    PressAcknowledger,
    Rereader,
    SecretEraser,
    ThreadOpener,
    Webhook,
)
from bridge.ports.assistant import Assistant
from bridge.ports.clock import Clock
from bridge.ports.dialogue import CastVote, Dialogue, ReasonAsked
from bridge.ports.gateway import Gateway, RecentConversation, Refusal
from bridge.ports.inbox import Beat, Claim, Excess, Inbox, InboxEntry, WorkSignal
from bridge.ports.platform import Adapter, Capabilities, Delivery
from bridge.ports.store import Store

__all__ = [
    "Adapter",
    "Assistant",
    "Beat",
    "Capabilities",
    "CastVote",
    "Claim",
    "Clock",
    "Delivery",
    "Dialogue",
    "Excess",
    "FileSource",
    "Gateway",
    "HttpAnswer",
    "HttpRequest",
    "Inbox",
    "InboxEntry",
    "PressAcknowledger",
    "ReasonAsked",
    "RecentConversation",
    "Refusal",
    "Rereader",
    "SecretEraser",
    "Store",
    "ThreadOpener",
    "Webhook",
    "WorkSignal",
]
