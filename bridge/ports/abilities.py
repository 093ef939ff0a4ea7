"""What a platform can do beyond, each a small protocol of its own. Whoever uses it finds it with `isinstance`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bridge.domain.ids import ConversationKey, MessageRef
from bridge.domain.updates import Attachment, Unreadable, Update


@runtime_checkable
class FileSource(Protocol):
    """An adapter whose people can send files."""

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        """At most `limit` bytes. Raises PlatformError, permanent if the file is larger or gone."""


@runtime_checkable
class SecretEraser(Protocol):
    """An adapter that can take a message off the screen, such as a password somebody just typed."""

    async def erase(self, message: MessageRef) -> None:
        """A message that cannot be removed is not an error."""


@runtime_checkable
class PressAcknowledger(Protocol):
    """An adapter whose buttons show that they are at work until somebody says that they are done."""

    async def acknowledge(self, reply: str) -> None:
        """The press with this handle was dealt with. One that was answered in words before is no error."""


@runtime_checkable
class Rereader(Protocol):
    """An adapter that can read again what it once could not, such as after an upgrade."""

    def read_again(self, update: Unreadable) -> Sequence[Update]:
        """What its stored payload means by now, or an `Unreadable` again; nothing if it is knowingly ignored."""


@runtime_checkable
class ThreadOpener(Protocol):
    """An adapter on whose platform a message can begin a conversation of its own."""

    def below(self, message: MessageRef) -> ConversationKey:
        """The conversation that this message of the bot's begins, or belongs to if it begins none."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`headers` by their names in lower case. `body` is as it came: a signature covers its bytes."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: str = ""
    media_type: str = "text/plain"


@runtime_checkable
class Webhook(Protocol):
    """An adapter whose platform may call us over HTTP, instead of us calling it."""

    @property
    def webhook_path(self) -> str | None:
        """Where it calls; None while this platform is listened to in another way."""

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Whether a request with these headers may be the platform's: asked before a byte of its body is read.

        Compares secrets in constant time.
        """

    async def receive(self, request: HttpRequest) -> HttpAnswer:
        """Answer one admitted request, with 2xx only once it is committed: whatever else is sent again.

        401 for a forged one, 503 while nobody listens. Raises StoreUnavailable.
        """
