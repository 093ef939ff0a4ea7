"""What can go wrong, with the one bit that decides what happens next.

BridgeError
├── AssistantError     FastGPT said no, or could not be reached
├── PlatformError      Slack or Telegram said no, or could not be reached
├── StoreUnavailable   the database could not commit
│   └── StoreRefused   it never will, with this program or these settings
├── StillUnreadable  a payload that could not be read cannot be read by now either
├── NoSecretKey        a secret cannot be kept without a key to encrypt it with
└── LeaseLost          another worker owns this lane now; change nothing
"""

from __future__ import annotations

from enum import StrEnum


class BridgeError(Exception):
    """`permanent` says that trying again cannot help; the text is a sentence an operator can act on."""

    def __init__(self, sentence: str, *, permanent: bool) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.permanent = permanent


class AssistantFault(StrEnum):
    """What a person or an operator can do about a FastGPT failure."""

    BAD_KEY = "bad_key"
    BAD_APP = "bad_app"
    NO_POINTS = "no_points"
    CHAT_FORBIDDEN = "chat_forbidden"
    CHAT_BUSY = "chat_busy"
    DUPLICATE_TURN = "duplicate_turn"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    BAD_REQUEST = "bad_request"
    FILE_TOO_LARGE = "file_too_large"
    NOT_FOUND = "not_found"
    GARBAGE = "garbage"
    NODE_FAILED = "node_failed"
    TOO_LONG = "too_long"
    """The answer does not end."""
    UNKNOWN = "unknown"


class AssistantError(BridgeError):
    """FastGPT refused, failed, or could not be reached.

    `retry_after` is in seconds and present only where the server said so. `unseen`: the request certainly never got to
    FastGPT.
    """

    def __init__(
        self,
        sentence: str,
        *,
        fault: AssistantFault,
        permanent: bool,
        retry_after: float | None = None,
        unseen: bool = False,
    ) -> None:
        super().__init__(sentence, permanent=permanent)
        self.fault = fault
        self.retry_after = retry_after
        self.unseen = unseen


class PlatformFault(StrEnum):
    REFUSED = "refused"
    """The platform understood and said no: a bug or a limit."""
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    FATE_UNKNOWN = "fate_unknown"
    """The request went out and no answer came: it may or may not have arrived."""
    GONE = "gone"
    """The chat, channel, topic or message does not exist any more, or the bot was removed or blocked."""
    UNAUTHORISED = "unauthorised"
    """The token is wrong, revoked, or lacks a scope."""


class PlatformError(BridgeError):
    """`retry_after` is in seconds and present only where the platform said so."""

    def __init__(
        self, sentence: str, *, fault: PlatformFault, permanent: bool, retry_after: float | None = None
    ) -> None:
        super().__init__(sentence, permanent=permanent)
        self.fault = fault
        self.retry_after = retry_after


class StoreUnavailable(BridgeError):
    """Nothing was committed; the same call may succeed later."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, permanent=False)


class StoreRefused(StoreUnavailable):
    """The database cannot be used as it is (it is newer than the program, it is no database): waiting will not help."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.permanent = True


class StillUnreadable(BridgeError):
    """A payload that was set aside was read again, in vain. The sentence is the reason, without a word of it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, permanent=True)


class NoSecretKey(BridgeError):
    """Somebody asked to store a secret, and there is no key to encrypt it with. Nothing was stored."""

    def __init__(self, sentence: str = "BRIDGE_SECRET_KEY is not set, so a password cannot be stored") -> None:
        super().__init__(sentence, permanent=True)


class LeaseLost(BridgeError):
    """The epoch moved on: somebody else holds the lane. Stop, without writing or sending anything."""

    def __init__(self, sentence: str = "another worker holds this conversation now") -> None:
        super().__init__(sentence, permanent=False)
