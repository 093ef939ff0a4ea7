"""Where the rooms meet: small protocols, each with what the caller may rely on.

`bridge.services` awaits only these; `bootstrap` fits the implementations in. An adapter needs `Adapter` and gets a
`Gateway`. What a platform can do beyond is a protocol of its own (`FileSource`), found with `isinstance` in bootstrap.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from bridge.domain.events import AssistantEvent, Citation, NodeFinished, TurnEvent
from bridge.domain.ids import (
    AppName,
    ChatId,
    ConversationKey,
    InteractionId,
    MessageRef,
    TurnId,
)
from bridge.domain.interactions import Answer, Ask, Draft, Form, Interaction, Json, Person
from bridge.domain.notices import Notice, Outcome
from bridge.domain.turns import (
    App,
    ChatStatus,
    Conversation,
    Opening,
    Part,
    Question,
    Record,
    Turn,
    UploadedFile,
)
from bridge.domain.updates import Attachment, Rating, Update

# --- platforms ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Capabilities:
    """How platforms differ, as data.

    `native_forms`: it opens a whole form at once and answers with `FormSubmitted`; else fields come one by one, as do
    those of a form that has more than `longest_form` of them.
    `single_listener`: only one process may listen at a time (a Telegram token has one poller).
    `reactions`: emoji reactions reach the bridge. `deletes_secrets`: it can remove a message that held a password.
    """

    native_forms: bool
    single_listener: bool
    deletes_secrets: bool = False
    longest_form: int = 1_000

    def goes_by_field(self, ask: Ask) -> bool:
        """Whether this is a form whose fields are asked for one by one."""
        return isinstance(ask, Form) and not (self.native_forms and len(ask.fields) <= self.longest_form)


class Delivery(Protocol):
    """The platform messages that carry a turn, and the permission to send them.

    `turn.parts` is what an earlier attempt left: parts with a message are edited, not sent again.
    """

    @property
    def turn(self) -> Turn: ...

    async def record(self, part: Part) -> None:
        """Commit `part`: as SENDING before it is sent, as SENT with its message right after, again once it is final.

        Raises LeaseLost, upon which the caller stops without sending.
        """

    async def shown(self, interaction: InteractionId, message: MessageRef) -> None:
        """Commit that the controls of `interaction` are on screen in `message`. Raises LeaseLost."""


class Adapter(Protocol):
    """One platform. Implementations hold nothing that may not be lost at any moment."""

    @property
    def platform(self) -> str: ...

    @property
    def bot(self) -> str:
        """Which bot of the platform, once `connect` has returned; no colon in it."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def connect(self) -> None:
        """Check the credentials. Raises PlatformError(permanent=True) for a wrong token, once and clearly."""

    async def listen(self, gateway: Gateway) -> None:
        """Receive until cancelled. An update is acknowledged to the platform only after `gateway.accept` returned."""

    async def deliver(self, delivery: Delivery, events: AsyncIterator[TurnEvent]) -> None:
        """Show a turn as it happens, ending with `TurnEnded`.

        Progress may be dropped, the final text may not. Raises PlatformError if the final text is not on screen.
        """

    async def say(self, conversation: ConversationKey, notice: Notice) -> MessageRef | None:
        """Say something outside of an answer; None if that leaves no message to settle. Raises PlatformError."""

    async def settle(self, message: MessageRef, outcome: Outcome) -> None:
        """Replace live controls by what was decided. Repeating it is harmless; a message that is gone is no error."""

    async def close(self) -> None: ...


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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a control does nothing for this person now, in a sentence for them."""

    sentence: str


@dataclass(frozen=True, slots=True)
class RecentConversation:
    """A conversation somebody wrote in lately: when the first and the last message known to the inbox was written."""

    key: ConversationKey
    first_at: datetime
    last_at: datetime


class Gateway(Protocol):
    """What an adapter may ask of the bridge."""

    async def accept(self, updates: Sequence[Update], *, delay: float = 0.0) -> Sequence[ConversationKey]:
        """Commit, all or none; returning is the permission to acknowledge. Known ids are skipped silently.

        `delay` (seconds) leaves time for the rest of a batch. Raises StoreUnavailable: then do not acknowledge.
        The conversations that begin by this are returned: what is not addressed to the bot was ignored in them so far,
        so a platform that promises no order looks there for what has overtaken their beginning.
        """

    async def form(self, interaction: InteractionId, person: Person) -> Interaction | Refusal:
        """The open form behind a control, if this person may answer it: for platforms that must open it at once."""

    async def keep(self, interaction: InteractionId, person: Person, values: Mapping[str, Json]) -> None:
        """Remember what somebody typed into an open form and did not submit, as its draft; secrets are not kept."""

    async def vote(self, turn: TurnId, person: Person) -> Rating:
        """What this person's vote on an answer is now."""

    async def opening(self, conversation: ConversationKey) -> Opening:
        """The app's opening for a conversation that may not exist yet. Never raises: without an answer it is empty."""

    async def citations(self, turn: TurnId) -> tuple[Citation, ...]:
        """The sources of an answer, with their text where it can be had."""

    async def nodes(self, turn: TurnId, person: Person) -> tuple[NodeFinished, ...] | Refusal:
        """How an answer came about, for those whom the operator allows."""

    async def recent(self, platform: str, bot: str) -> Sequence[RecentConversation]:
        """Where people wrote in the last days, the latest first, at most 200: for platforms that do not repeat by
        themselves what was written while nobody listened. Raises StoreUnavailable."""

    def heard(self, platform: str) -> None:
        """The connection is alive; for health."""

    def unreached(self, platform: str, problem: str) -> None:
        """The platform says that it cannot reach us, and why; for health, until something is heard again."""


# --- FastGPT -----------------------------------------------------------------------------------------------------


class Assistant(Protocol):
    """FastGPT. Every method may raise AssistantError; `permanent` ones are not worth repeating."""

    def ask(
        self,
        app: App,
        chat: ChatId,
        turn: TurnId,
        question: Question,
        *,
        person: str,
    ) -> AsyncIterator[AssistantEvent]:
        """Ask one question and stream the answer; close the iterator to let go of the connection.

        `person` is FastGPT's `customUid`. Yields `Finished` last if and only if FastGPT said so. An error after text
        is raised after that text was yielded. A failed node is a `NodeFinished` with an error, not an exception.
        """

    async def stop(self, app: App, chat: ChatId) -> bool:
        """Stop what runs in `chat`, and unlock it. False where the server has no such call (then closing is all)."""

    async def records(self, app: App, chat: ChatId, limit: int = 10) -> list[Record]:
        """The newest records in chronological order; empty for an unknown chat."""

    async def status(self, app: App, chat: ChatId) -> ChatStatus: ...

    async def outlives_connection(self, app: App) -> bool:
        """Whether a run goes on, and is stored whole, when its connection is lost.

        True only for v2 on servers that report a chat's status (about 4.15): elsewhere what is found in the records
        after a lost connection may be a part, with nothing to tell it by.
        """

    async def opening(self, app: App, chat: ChatId) -> Opening: ...

    async def suggest(self, app: App, chat: ChatId) -> list[str]:
        """Follow-up questions. Billed and slow: only to be called if the app's opening says that it suggests."""

    async def rate(self, app: App, chat: ChatId, record: str, rating: Rating, reason: str) -> None: ...

    async def nodes(self, app: App, chat: ChatId, record: str) -> tuple[NodeFinished, ...]: ...

    async def quotes(self, app: App, chat: ChatId, record: str, citations: Sequence[Citation]) -> dict[str, str]:
        """The text of citations, by citation id, as far as the server gives it."""

    async def forget(self, app: App, chat: ChatId, record: str) -> None:
        """Delete a round, both halves. What is not there is not an error."""

    async def upload(self, app: App, chat: ChatId, name: str, media_type: str, content: bytes) -> UploadedFile: ...

    async def close(self) -> None: ...


# --- store -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's leased hold on the oldest updates of one lane: one update, or a batch that is one question.

    `epoch` fences: every write made under the claim says it, and fails with LeaseLost once it is outdated.
    `attempts` counts from 1 and was committed before the work began; `failures` counts those that ended in `release`.
    The rest, less this one, ended with the process.
    """

    lane: str
    epoch: int
    updates: tuple[Update, ...]
    attempts: int
    failures: int


@dataclass(frozen=True, slots=True)
class Beat:
    """The answer to a heartbeat, per lane: is it still ours, and did somebody ask to stop the turn?"""

    lost: frozenset[str]
    stopped: Mapping[str, TurnId]


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """One row of the inbox, for people. `state` is new, waiting, done or dead."""

    id: str
    platform: str
    lane: str
    kind: str
    state: str
    attempts: int
    received_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class CastVote:
    """`update` is the inbox id of what cast it, by which a repeated one is told from a second press."""

    person: Person
    rating: Rating
    reason: str
    at: datetime
    update: str


@dataclass(frozen=True, slots=True)
class ReasonAsked:
    """Somebody was asked, in the message `card`, why an answer was bad.

    `in_words`: their next message is the reason.
    """

    turn: TurnId
    card: MessageRef | None
    in_words: bool = False


@dataclass(frozen=True, slots=True)
class Excess:
    """One question too many of a person, who may go on at `until`. `tells`: it is the one by which they are told."""

    until: datetime
    tells: bool


class Store(Protocol):
    """Durable state. Every method commits before it returns, or raises StoreUnavailable and has changed nothing.

    Methods that take a claim raise LeaseLost if it is outdated. `now` is the store's own clock, one for all workers.
    """

    @property
    def can_keep_secrets(self) -> bool:
        """Whether secrets (passwords in forms, messages flagged secret) can be stored; else NoSecretKey is raised."""

    async def open(self) -> None:
        """Bring the schema up to date. Raises StoreRefused if it is newer than the program."""

    async def inherit(self) -> int:
        """Before the first claim: free what a predecessor that is no more still holds, and say how many lanes.

        Only where one process at a time can work (SQLite) and none does; wherever there may be others, leases decide.
        """

    async def close(self) -> None: ...

    @property
    def trouble(self) -> str:
        """Why what was written lately could not be committed, as a sentence; empty while it can."""

    async def now(self) -> datetime: ...

    # inbox, lanes, claims

    async def put(self, updates: Sequence[Update], *, delay: float = 0.0) -> int:
        """Enqueue; how many were new. Order of arrival is the order in the lane. Wakes workers.

        An `Unreadable` is stored as dead at once. A message that is `kept` waits while an interaction is open in its
        conversation: whatever closes the interaction puts it in line.
        """

    async def claim(self, worker: str, lease: timedelta) -> Claim | None:
        """Take the free lane that has waited longest and count the attempt; None if there is nothing to do.

        The claim holds the oldest pending update and, if it has a `batch`, those right after it with the same one.
        """

    async def beat(self, worker: str, lease: timedelta) -> Beat:
        """Extend all leases of `worker`; tells which lanes it had and has lost, and where a stop was asked for."""

    async def finish(self, claim: Claim, follow_ups: Sequence[Update] = ()) -> None:
        """The claimed updates are done; `follow_ups` are enqueued in the same transaction."""

    async def release(self, claim: Claim, retry_in: timedelta, *, attempted: bool = True) -> None:
        """Hand back. `attempted=False` takes the attempt back (a shutdown, not a failure)."""

    async def bury(self, claim: Claim, error: str) -> None:
        """Set the claimed updates aside as dead, with the reason; the lane goes on."""

    def work(self) -> AbstractAsyncContextManager[WorkSignal]:
        """Wake-ups for as long as the context lasts; a slow poll stands behind them."""

    async def inbox(self, state: str, limit: int) -> list[InboxEntry]: ...

    async def payload(self, platform: str, id: str) -> str | None:
        """The stored JSON of one update."""

    async def revive(self, platform: str, id: str) -> bool:
        """Make a dead update new again, its attempts forgotten."""

    async def drop(self, platform: str, id: str) -> bool:
        """A dead update is done."""

    async def update(self, platform: str, bot: str, id: str) -> Update | None: ...

    async def recent(self, platform: str, bot: str, within: timedelta, limit: int) -> list[RecentConversation]:
        """The conversations a message of which was put in less than `within` ago, the latest first."""

    async def lead(self, name: str, worker: str, lease: timedelta) -> bool:
        """Become or stay the only holder of `name`; false while another's lease lasts."""

    async def resign(self, name: str, worker: str) -> None: ...

    # conversations

    async def conversation(self, key: ConversationKey) -> Conversation | None: ...

    async def bind(self, key: ConversationKey, app: AppName, chat: ChatId) -> Conversation:
        """Bind, or rebind, a conversation to a chat; the count of turns starts again."""

    async def ensure(self, key: ConversationKey, app: AppName, chat: ChatId) -> Conversation:
        """The conversation as it is, bound to `chat` if it is new."""

    async def set_reachable(self, key: ConversationKey, reachable: bool) -> None:
        """Of every known conversation whose address is `key`'s, or begins with it and a slash."""

    async def move(self, old: ConversationKey, new: ConversationKey) -> None:
        """Everything whose address is `old`'s, or begins with it and a slash, now begins with `new`'s."""

    # turns

    async def begin_turn(self, claim: Claim, turn: Turn) -> Turn:
        """Store a new turn with its parts, or return the one that `turn.update` began before."""

    async def save_turn(self, claim: Claim, turn: Turn) -> None:
        """All but `parts` and suggestions, which have methods of their own."""

    async def record_part(self, claim: Claim, turn: TurnId, part: Part) -> None: ...

    async def turn(self, id: TurnId) -> Turn | None: ...

    async def turn_shown_in(self, message: MessageRef) -> Turn | None:
        """The turn one of whose parts is this message."""

    async def turn_asked_by(self, message: MessageRef) -> Turn | None:
        """The latest turn that answers this message."""

    async def latest_turn(self, key: ConversationKey) -> Turn | None: ...

    async def turn_before(self, turn: TurnId) -> Turn | None:
        """The turn of the same conversation that was begun last before this one."""

    async def set_suggestions(self, turn: TurnId, suggestions: Sequence[str], shown: MessageRef | None) -> None: ...

    async def request_stop(self, key: ConversationKey, turn: TurnId | None) -> TurnId | None:
        """Ask whoever holds the conversation to stop the turn; which one that is, None if nothing (or another) runs."""

    # interactions

    async def open_interaction(self, claim: Claim, interaction: Interaction) -> None:
        """Store it; one that is open in the same conversation is cancelled. The same id again changes nothing."""

    async def interaction(self, id: InteractionId) -> Interaction | None: ...

    async def open_interaction_of(self, key: ConversationKey) -> Interaction | None: ...

    async def set_interaction_message(self, id: InteractionId, message: MessageRef) -> None: ...

    async def answer_interaction(
        self, id: InteractionId, update: str, person: Person, answer: Answer, follow_up: Update
    ) -> bool:
        """One conditional update, and the follow-up with it. True for the update that won, however often it asks."""

    async def cancel_interaction(self, id: InteractionId, update: str, person: Person | None) -> bool:
        """Close it without an answer and without a follow-up: the conversation went elsewhere."""

    async def answered_interaction_of(self, key: ConversationKey) -> Interaction | None:
        """The interaction that was answered (or cancelled by an answer) and whose answer is not yet forgotten."""

    async def interaction_decided_by(self, key: ConversationKey, update: str) -> Interaction | None:
        """The interaction of this conversation that this update has answered or cancelled."""

    async def save_draft(self, id: InteractionId, expected_step: int, draft: Draft) -> bool:
        """Replace the draft of an open interaction whose draft is at `expected_step`."""

    async def forget_answer(self, id: InteractionId) -> None:
        """Remove the values of an answered interaction once FastGPT has them (passwords among them)."""

    async def expire_interactions(self) -> list[Interaction]:
        """Expire what is due, and return it, so that its controls can say so."""

    # votes

    async def cast_vote(self, turn: TurnId, person: Person, rating: Rating, reason: str, update: str) -> None:
        """A person has one vote on a turn; the latest counts. Rating.NONE removes it. An empty reason keeps the old one
        if the rating is the same."""

    async def votes(self, turn: TurnId) -> list[CastVote]: ...

    async def ask_reason(self, key: ConversationKey, person: Person, asked: ReasonAsked) -> None:
        """Remember what this person was asked here, in the place of what they were asked before."""

    async def reason_asked(self, key: ConversationKey, person: Person) -> ReasonAsked | None:
        """What this person was asked here and has not answered in words."""

    async def take_reason(
        self, key: ConversationKey, person: Person, update: str, within: timedelta
    ) -> ReasonAsked | None:
        """What the message that is this update gives the reason for, however often it asks; None if it gives none.

        Words must have been asked for, less than `within` ago, and no other message have come before.
        """

    async def forget_reason(self, key: ConversationKey, person: Person) -> None:
        """What `reason_asked` tells is not asked any more."""

    async def forget_reasons_for(self, turn: TurnId) -> list[MessageRef]:
        """Nobody is asked about this answer any more; the cards by which people were."""

    # limits

    async def admit(
        self, platform: str, person: Person, update: str, at: datetime, most: int, within: timedelta
    ) -> Excess | None:
        """Count a question that was written `at`; None if it is among the first `most` of its burst.

        A burst begins with a question, and lasts `within` by the time of writing, however late it is handled. Of what
        is too many in a burst, the same update tells so however often it asks.
        """

    # upkeep

    async def prune(self, older_than: timedelta) -> int:
        """Forget done inbox rows, and the payloads of dead ones are kept; how many went."""

    async def straighten(self) -> None:
        """Cut short what seems to last for long because the store's clock was put back: leases of workers that are no
        more (those of living ones are extended in time), and pauses."""

    async def depth(self) -> Mapping[str, int]:
        """How many updates are in each inbox state."""


class WorkSignal(Protocol):
    async def wait(self, timeout: float) -> None:
        """Return when there may be work, or after `timeout` seconds."""

    async def stop_asked(self) -> None:
        """Return when somebody, perhaps in another process, may have asked to stop a turn."""


class Clock(Protocol):
    """`monotonic` for durations inside the process, `now` (UTC) for what is shown or stored."""

    def monotonic(self) -> float: ...

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...
