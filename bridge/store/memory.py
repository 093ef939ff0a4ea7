"""`Store` for the terminal and for tests: no file, no server, and gone with the process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bridge.domain.ids import AppName, ChatId, ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import (
    Answer,
    Cancelled,
    Draft,
    Filled,
    Interaction,
    InteractionState,
    Person,
)
from bridge.domain.turns import Conversation, Part, Turn, TurnState
from bridge.domain.updates import Rating, Update
from bridge.ports import CastVote, Claim, Clock, Excess, ReasonAsked
from bridge.store.memory_inbox import MemoryInbox, below, moved
from bridge.store.secrecy import has_passwords, secret_keys, without_passwords


@dataclass(slots=True)
class _Burst:
    since: datetime
    questions: int = 1
    told_by: dict[ConversationKey, str] = field(default_factory=dict)


class MemoryStore(MemoryInbox):
    """Keeps the same promises as `SqlStore`, which the same contract tests, but for surviving the process."""

    def __init__(self, clock: Clock, *, secret_key: str | None = "never used") -> None:  # noqa: S107
        super().__init__(clock, secret_key=secret_key)
        self._conversations: dict[ConversationKey, Conversation] = {}
        self._turns: dict[TurnId, Turn] = {}
        self._decided: dict[InteractionId, tuple[str, datetime]] = {}
        self._follow_ups: dict[InteractionId, str] = {}
        self._awaiting: dict[InteractionId, None] = {}
        self._votes: dict[tuple[TurnId, str], CastVote] = {}
        self._reasons: dict[tuple[ConversationKey, str], tuple[ReasonAsked, datetime, str | None]] = {}
        self._bursts: dict[tuple[str, str], list[_Burst]] = {}

    # conversations

    async def conversation(self, key: ConversationKey) -> Conversation | None:
        return self._conversations.get(key)

    async def bind(self, key: ConversationKey, app: AppName, chat: ChatId) -> Conversation:
        known = self._conversations.get(key)
        bound = Conversation(key, app, chat, reachable=True if known is None else known.reachable)
        self._conversations[key] = bound
        return bound

    async def ensure(self, key: ConversationKey, app: AppName, chat: ChatId) -> Conversation:
        return self._conversations.get(key) or await self.bind(key, app, chat)

    async def set_reachable(self, key: ConversationKey, reachable: bool) -> None:
        for known in [known for known in self._conversations if below(known, key)]:
            self._conversations[known] = replace(self._conversations[known], reachable=reachable)

    async def move(self, old: ConversationKey, new: ConversationKey) -> None:
        """What is at the new address already gives way: its chat is replaced, its open interaction is cancelled."""
        if old == new:
            return
        self._move_inbox(old, new)
        for key in [key for key in self._conversations if below(key, old)]:
            arrived = moved(key, old, new)
            self._conversations[arrived] = replace(self._conversations.pop(key), key=arrived)
        for key, person in [(key, person) for key, person in self._reasons if below(key, old)]:
            self._reasons[moved(key, old, new), person] = self._reasons.pop((key, person))
        for turn in self._turns.values():
            if below(turn.conversation, old):
                self._turns[turn.id] = replace(turn, conversation=moved(turn.conversation, old, new))
        for id, asked in list(self._interactions.items()):
            if below(asked.conversation, old):
                arrived = moved(asked.conversation, old, new)
                if asked.is_open:
                    self._cancel_open(arrived)
                    self._let_go(arrived)
                self._interactions[id] = replace(self._interactions[id], conversation=arrived)
        self._bell.ring()

    # turns

    async def begin_turn(self, claim: Claim, turn: Turn) -> Turn:
        line = self._fence(claim)
        begun = self._begun_by(turn.conversation, turn.update)
        if begun is None:
            begun = self._begin(turn)
        line.turn = begun.id
        return begun

    def _begun_by(self, place: ConversationKey, update: str) -> Turn | None:
        wanted = (place.platform, place.bot, update)
        for turn in self._turns.values():
            if (turn.conversation.platform, turn.conversation.bot, turn.update) == wanted:
                return turn
        return None

    def _begin(self, turn: Turn) -> Turn:
        if has_passwords(turn.question):
            self._require_secrecy()
        begun = replace(turn, begun_at=turn.begun_at or self._clock.now())
        self._turns[turn.id] = begun
        known = self._conversations.get(turn.conversation)
        if known is not None and known.chat == turn.chat and turn.state is TurnState.RECEIVED:
            self._conversations[known.key] = replace(known, turns=known.turns + 1)
        return begun

    async def save_turn(self, claim: Claim, turn: Turn) -> None:
        """Raises LookupError for a turn that was never begun."""
        self._fence(claim)
        if turn.id not in self._turns:
            raise LookupError(f"there is no turn {turn.id}")
        if has_passwords(turn.question):
            self._require_secrecy()
        before = self._turns[turn.id]
        self._turns[turn.id] = replace(
            turn,
            conversation=before.conversation,
            parts=before.parts,
            suggestions=before.suggestions,
            suggestions_shown=before.suggestions_shown,
            begun_at=before.begun_at,
        )

    async def record_part(self, claim: Claim, turn: TurnId, part: Part) -> None:
        """Raises LookupError for a turn that was never begun."""
        self._fence(claim)
        if turn not in self._turns:
            raise LookupError(f"there is no turn {turn}")
        parts = {known.index: known for known in self._turns[turn].parts} | {part.index: part}
        ordered = tuple(parts[index] for index in sorted(parts))
        self._turns[turn] = replace(self._turns[turn], parts=ordered)

    async def turn(self, id: TurnId) -> Turn | None:
        return self._turns.get(id)

    async def turn_shown_in(self, message: MessageRef) -> Turn | None:
        return _latest(t for t in self._turns.values() if message in [part.message for part in t.parts])

    async def turn_asked_by(self, message: MessageRef) -> Turn | None:
        return _latest(turn for turn in self._turns.values() if turn.reply_to == message)

    async def latest_turn(self, key: ConversationKey) -> Turn | None:
        return _latest(turn for turn in self._turns.values() if turn.conversation == key)

    async def turn_before(self, turn: TurnId) -> Turn | None:
        begun = list(self._turns)
        if turn not in self._turns:
            return None
        here = self._turns[turn].conversation
        return _latest(self._turns[id] for id in begun[: begun.index(turn)] if self._turns[id].conversation == here)

    async def set_suggestions(self, turn: TurnId, suggestions: Sequence[str], shown: MessageRef | None) -> None:
        if turn in self._turns:
            known = self._turns[turn]
            self._turns[turn] = replace(known, suggestions=tuple(suggestions), suggestions_shown=shown)

    # interactions

    async def open_interaction(self, claim: Claim, interaction: Interaction) -> None:
        self._fence(claim)
        if interaction.id in self._interactions:
            return
        self._check_values(interaction, interaction.draft.values)
        self._cancel_open(interaction.conversation)
        self._interactions[interaction.id] = interaction

    def _cancel_open(self, key: ConversationKey) -> None:
        for id, asked in list(self._interactions.items()):
            if asked.conversation == key and asked.is_open:
                self._close(id, InteractionState.CANCELLED)

    def _close(self, id: InteractionId, state: InteractionState) -> Interaction:
        asked = self._interactions[id]
        closed = replace(asked, state=state, draft=replace(asked.draft, values={}))
        self._interactions[id] = closed
        self._decided.setdefault(id, ("", self._clock.now()))
        return closed

    def _check_values(self, asked: Interaction, values: object) -> None:
        if isinstance(values, dict) and any(values.get(key) for key in secret_keys(asked.ask)):
            self._require_secrecy()

    async def interaction(self, id: InteractionId) -> Interaction | None:
        return self._interactions.get(id)

    async def open_interaction_of(self, key: ConversationKey) -> Interaction | None:
        return _newest(asked for asked in self._interactions.values() if asked.conversation == key and asked.is_open)

    async def answered_interaction_of(self, key: ConversationKey) -> Interaction | None:
        waiting = (self._interactions[id] for id in self._awaiting)
        return _newest(asked for asked in waiting if asked.conversation == key)

    async def interaction_decided_by(self, key: ConversationKey, update: str) -> Interaction | None:
        decided = (self._interactions[id] for id, (by, _) in self._decided.items() if by == update)
        return _newest(asked for asked in decided if asked.conversation == key)

    async def set_interaction_message(self, id: InteractionId, message: MessageRef) -> None:
        if id in self._interactions:
            self._interactions[id] = replace(self._interactions[id], message=message)

    async def answer_interaction(
        self, id: InteractionId, update: str, person: Person, answer: Answer, follow_up: Update
    ) -> bool:
        asked = self._interactions.get(id)
        if asked is None:
            return False
        if not asked.is_open:
            return self._decided_by(id) == update
        if isinstance(answer, Filled):
            self._check_values(asked, dict(answer.values))
        self._put([follow_up])
        state = InteractionState.CANCELLED if isinstance(answer, Cancelled) else InteractionState.ANSWERED
        self._interactions[id] = replace(asked, state=state, answered_by=person, answer=answer)
        self._decided[id] = (update, self._clock.now())
        self._follow_ups[id] = follow_up.id
        self._awaiting[id] = None
        self._let_go(asked.conversation)
        return True

    async def cancel_interaction(self, id: InteractionId, update: str, person: Person | None) -> bool:
        asked = self._interactions.get(id)
        if asked is None:
            return False
        if not asked.is_open:
            return self._decided_by(id) == update
        self._decided[id] = (update, self._clock.now())
        self._interactions[id] = replace(self._close(id, InteractionState.CANCELLED), answered_by=person)
        self._let_go(asked.conversation)
        return True

    def _decided_by(self, id: InteractionId) -> str | None:
        return self._decided[id][0] if id in self._decided else None

    async def save_draft(self, id: InteractionId, expected_step: int, draft: Draft) -> bool:
        asked = self._interactions.get(id)
        if asked is None:
            return False
        self._check_values(asked, dict(draft.values))
        if not asked.is_open or asked.draft.step != expected_step:
            return False
        self._interactions[id] = replace(asked, draft=draft)
        return True

    async def forget_answer(self, id: InteractionId) -> None:
        """What was chosen or said stays, for it is on screen too; what was filled in goes, from the turn as well."""
        asked = self._interactions.get(id)
        if asked is None or asked.answer is None:
            return
        answer = replace(asked.answer, values={}) if isinstance(asked.answer, Filled) else asked.answer
        self._interactions[id] = replace(asked, answer=answer, draft=replace(asked.draft, values={}))
        self._awaiting.pop(id, None)
        turn = self._begun_by(asked.conversation, self._follow_ups.get(id, ""))
        if turn is not None:
            question = without_passwords(turn.question, secret_keys(asked.ask))
            self._turns[turn.id] = replace(turn, question=question)

    async def expire_interactions(self) -> list[Interaction]:
        now = self._clock.now()
        due = [id for id, asked in self._interactions.items() if asked.is_open and asked.expires_at <= now]
        expired = [self._close(id, InteractionState.EXPIRED) for id in due]
        for interaction in expired:
            self._let_go(interaction.conversation)
        return sorted(expired, key=lambda asked: asked.expires_at)

    # votes

    async def cast_vote(self, turn: TurnId, person: Person, rating: Rating, reason: str, update: str) -> None:
        before = self._votes.pop((turn, person.id), None)
        if rating is Rating.NONE:
            return
        if not reason and before is not None and before.rating is rating:
            reason = before.reason
        self._votes[turn, person.id] = CastVote(person, rating, reason, self._clock.now(), update)

    async def votes(self, turn: TurnId) -> list[CastVote]:
        cast = [vote for (voted, _), vote in self._votes.items() if voted == turn]
        return sorted(cast, key=lambda vote: (vote.at, vote.person.id))

    async def ask_reason(self, key: ConversationKey, person: Person, asked: ReasonAsked) -> None:
        self._reasons[key, person.id] = (asked, self._clock.now(), None)

    async def reason_asked(self, key: ConversationKey, person: Person) -> ReasonAsked | None:
        asked, _, update = self._reasons.get((key, person.id), (None, None, None))
        return asked if update is None else None

    async def take_reason(
        self, key: ConversationKey, person: Person, update: str, within: timedelta
    ) -> ReasonAsked | None:
        if (key, person.id) not in self._reasons:
            return None
        asked, at, taken = self._reasons[key, person.id]
        if taken is None and asked.in_words and at >= self._clock.now() - within:
            self._reasons[key, person.id] = (asked, at, update)
            return asked
        return asked if taken == update else None

    async def forget_reason(self, key: ConversationKey, person: Person) -> None:
        if await self.reason_asked(key, person) is not None:
            del self._reasons[key, person.id]

    async def forget_reasons_for(self, turn: TurnId) -> list[MessageRef]:
        about = [who for who, (asked, _, taken) in self._reasons.items() if asked.turn == turn and taken is None]
        cards = [self._reasons.pop(who)[0].card for who in about]
        return [card for card in cards if card is not None]

    # limits

    async def admit(
        self, place: ConversationKey, person: Person, update: str, at: datetime, most: int, within: timedelta
    ) -> Excess | None:
        bursts = self._bursts.setdefault((place.platform, person.id), [])
        known = next((burst for burst in reversed(bursts) if abs(at - burst.since) < within), None)
        if known is None:
            bursts.append(_Burst(at))
            bursts.sort(key=lambda burst: burst.since)
            return None
        if known.questions < most:
            known.questions += 1
            return None
        return Excess(known.since + within, tells=known.told_by.setdefault(place, update) == update)

    # upkeep

    async def prune(self, older_than: timedelta) -> int:
        """An update that an undecided interaction waits with is kept, however old."""
        horizon = self._clock.now() - older_than
        for who, bursts in list(self._bursts.items()):
            self._bursts[who] = [burst for burst in bursts if burst.since >= horizon]
        awaited = {asked.pending_update for id, asked in self._interactions.items() if self._is_young(id, horizon)}
        old = [
            key
            for key, entry in self._entries.items()
            if entry.state == "done" and entry.received_at < horizon and key[2] not in awaited
        ]
        for key in old:
            del self._entries[key]
        return len(old)

    def _is_young(self, id: InteractionId, horizon: datetime) -> bool:
        return (
            self._interactions[id].is_open
            or id in self._awaiting
            or (id in self._decided and self._decided[id][1] >= horizon)
        )


def _latest(turns: Iterator[Turn]) -> Turn | None:
    """The one begun last: they are kept in that order."""
    return next(iter(list(turns)[::-1]), None)


def _newest(asked: Iterator[Interaction]) -> Interaction | None:
    return max(asked, key=lambda interaction: interaction.created_at, default=None)
