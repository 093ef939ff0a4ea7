"""`Store` on SQLite or PostgreSQL: each method is one operation in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bridge.domain.errors import StoreUnavailable
from bridge.domain.ids import AppName, ChatId, ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import Answer, Draft, Interaction, Person
from bridge.domain.turns import Conversation, Part, Turn
from bridge.domain.updates import Rating, Update
from bridge.ports import Beat, CastVote, Claim, Clock, Excess, InboxEntry, ReasonAsked, RecentConversation, WorkSignal
from bridge.store import sql_claims as claims
from bridge.store import sql_desk as desk
from bridge.store import sql_interactions as interactions
from bridge.store import sql_reasons as reasons
from bridge.store import sql_turns as turns
from bridge.store.codec import from_micros
from bridge.store.engine import Engine, Operation, T
from bridge.store.engine_postgres import PostgresEngine
from bridge.store.engine_sqlite import SqliteEngine
from bridge.store.holds import Holds
from bridge.store.sole import Sole
from bridge.store.sql_bursts import admit
from bridge.store.sql_inherit import inherit, straighten
from bridge.store.sql_intake import put
from bridge.store.sql_move import move
from bridge.store.sql_recent import recent
from bridge.store.urls import address, database_url
from bridge.store.vault import Vault
from bridge.store.writes import Writes


class SqlStore:
    """`url` is a `DATABASE_URL`; `secret_key` encrypts passwords at rest, without it they are refused.

    `pool_size` counts PostgreSQL connections; one more listens. `clock` tells the time on SQLite only: workers that
    share a PostgreSQL share its clock. Raises ValueError, with a sentence, for a URL that is none.
    """

    def __init__(self, url: str, clock: Clock, *, secret_key: str | None = None, pool_size: int = 4) -> None:
        target = database_url(url)
        self._address = address(target)
        self._file = Path(target.database or "") if target.get_backend_name() == "sqlite" else None
        self._engine: Engine = (
            SqliteEngine(target, clock)
            if target.get_backend_name() == "sqlite"
            else PostgresEngine(target, pool_size=pool_size)
        )
        self._sole = Sole(target.database or "") if target.get_backend_name() == "sqlite" else None
        self._vault = Vault(secret_key)
        self._holds = Holds()
        self._writes = Writes(clock.monotonic)

    @property
    def address(self) -> str:
        """Which database it is, for people: the file's whole path, or host and name, without a password."""
        return self._address

    @property
    def is_missing(self) -> bool:
        """Whether `open` would create it."""
        return self._file is not None and not self._file.exists()

    @property
    def can_keep_secrets(self) -> bool:
        return self._vault.can_keep_secrets

    async def open(self) -> None:
        await self._engine.open()

    async def inherit(self) -> int:
        if self._sole is None or not self._sole.acquire():
            return 0
        return await self._write(inherit)

    async def close(self) -> None:
        await self._engine.close()
        if self._sole is not None:
            self._sole.release()

    async def now(self) -> datetime:
        return from_micros(await self._read(desk.now))

    async def _read(self, operation: Operation[T]) -> T:
        return await self._engine.run(operation, reads=True)

    async def _write(self, operation: Operation[T], *, wakes: bool = False, stops: bool = False) -> T:
        try:
            result = await self._engine.run(operation, wakes=wakes, stops=stops)
        except StoreUnavailable as error:
            self._writes.refused(error.sentence)
            raise
        self._writes.committed()
        return result

    @property
    def trouble(self) -> str:
        return self._writes.trouble

    # inbox, lanes, claims

    async def put(self, updates: Sequence[Update], *, delay: float = 0.0) -> int:
        later = timedelta(seconds=delay)
        new = await self._write(partial(put, vault=self._vault, updates=updates, delay=later), wakes=True)
        self._writes.committed(update=True)
        if delay > 0:
            self._engine.ring(delay)
        return new

    async def claim(self, worker: str, lease: timedelta) -> Claim | None:
        claim = await self._write(partial(claims.claim, vault=self._vault, worker=worker, lease=lease))
        if claim is not None:
            self._holds.taken(worker, claim)
        return claim

    async def beat(self, worker: str, lease: timedelta) -> Beat:
        held = self._holds.of(worker)
        rows = await self._write(partial(claims.beat, worker=worker, lease=lease, held=sorted(held))) if held else []
        stops = {row.key: TurnId(row.stop) for row in rows if row.stop is not None}
        return self._holds.beat(worker, held, {row.key: row.epoch for row in rows}, stops)

    async def finish(self, claim: Claim, follow_ups: Sequence[Update] = ()) -> None:
        operation = partial(claims.finish, vault=self._vault, claim=claim, follow_ups=follow_ups)
        with self._holds.ending(claim):
            has_more = await self._write(operation, wakes=bool(follow_ups))
        if has_more:
            self._engine.ring()

    async def release(self, claim: Claim, retry_in: timedelta, *, attempted: bool = True) -> None:
        with self._holds.ending(claim):
            await self._write(
                partial(claims.release, claim=claim, retry_in=retry_in, attempted=attempted), wakes=not retry_in
            )
        self._engine.ring(retry_in.total_seconds())

    async def bury(self, claim: Claim, error: str) -> None:
        with self._holds.ending(claim):
            has_more = await self._write(partial(claims.bury, claim=claim, error=error))
        if has_more:
            self._engine.ring()

    def work(self) -> AbstractAsyncContextManager[WorkSignal]:
        return self._engine.work()

    async def inbox(self, state: str, limit: int) -> list[InboxEntry]:
        return await self._read(partial(desk.inbox, state=state, limit=limit))

    async def payload(self, platform: str, id: str) -> str | None:
        return await self._read(partial(desk.payload, platform=platform, id=id))

    async def revive(self, platform: str, id: str) -> bool:
        return await self._write(partial(desk.revive, platform=platform, id=id), wakes=True)

    async def drop(self, platform: str, id: str) -> bool:
        return await self._write(partial(desk.drop, platform=platform, id=id))

    async def update(self, platform: str, bot: str, id: str) -> Update | None:
        return await self._read(partial(desk.stored_update, vault=self._vault, platform=platform, bot=bot, id=id))

    async def recent(self, platform: str, bot: str, within: timedelta, limit: int) -> list[RecentConversation]:
        operation = partial(recent, vault=self._vault, platform=platform, bot=bot, within=within, limit=limit)
        return await self._read(operation)

    async def lead(self, name: str, worker: str, lease: timedelta) -> bool:
        return await self._write(partial(desk.lead, name=name, worker=worker, lease=lease))

    async def resign(self, name: str, worker: str) -> None:
        await self._write(partial(desk.resign, name=name, worker=worker))

    # conversations

    async def conversation(self, key: ConversationKey) -> Conversation | None:
        return await self._read(partial(turns.conversation, key=key))

    async def bind(self, key: ConversationKey, app: AppName, chat: ChatId) -> Conversation:
        return await self._write(partial(turns.bind, key=key, app=app, chat=chat, again=True))

    async def ensure(self, key: ConversationKey, app: AppName, chat: ChatId) -> Conversation:
        return await self._write(partial(turns.bind, key=key, app=app, chat=chat, again=False))

    async def set_reachable(self, key: ConversationKey, reachable: bool) -> None:
        await self._write(partial(turns.set_reachable, key=key, reachable=reachable))

    async def move(self, old: ConversationKey, new: ConversationKey) -> None:
        await self._write(partial(move, old=old, new=new), wakes=True)

    # turns

    async def begin_turn(self, claim: Claim, turn: Turn) -> Turn:
        return await self._write(partial(turns.begin_turn, vault=self._vault, claim=claim, turn=turn))

    async def save_turn(self, claim: Claim, turn: Turn) -> None:
        await self._write(partial(turns.save_turn, vault=self._vault, claim=claim, turn=turn))

    async def record_part(self, claim: Claim, turn: TurnId, part: Part) -> None:
        await self._write(partial(turns.record_part, claim=claim, turn=turn, part=part))

    async def turn(self, id: TurnId) -> Turn | None:
        return await self._read(partial(turns.turn, vault=self._vault, id=id))

    async def turn_shown_in(self, message: MessageRef) -> Turn | None:
        return await self._read(partial(turns.turn_shown_in, vault=self._vault, message=message))

    async def turn_asked_by(self, message: MessageRef) -> Turn | None:
        return await self._read(partial(turns.turn_asked_by, vault=self._vault, message=message))

    async def latest_turn(self, key: ConversationKey) -> Turn | None:
        return await self._read(partial(turns.latest_turn, vault=self._vault, key=key))

    async def turn_before(self, turn: TurnId) -> Turn | None:
        return await self._read(partial(turns.turn_before, vault=self._vault, turn=turn))

    async def set_suggestions(self, turn: TurnId, suggestions: Sequence[str], shown: MessageRef | None) -> None:
        await self._write(partial(turns.set_suggestions, turn=turn, suggestions=suggestions, shown=shown))

    async def request_stop(self, key: ConversationKey, turn: TurnId | None) -> TurnId | None:
        return await self._write(partial(claims.request_stop, key=key, turn=turn), stops=True)

    # interactions

    async def open_interaction(self, claim: Claim, interaction: Interaction) -> None:
        operation = partial(interactions.open_interaction, vault=self._vault, claim=claim, interaction=interaction)
        await self._write(operation)

    async def interaction(self, id: InteractionId) -> Interaction | None:
        return await self._read(partial(interactions.interaction, vault=self._vault, id=id))

    async def open_interaction_of(self, key: ConversationKey) -> Interaction | None:
        return await self._read(partial(interactions.open_interaction_of, vault=self._vault, key=key))

    async def answered_interaction_of(self, key: ConversationKey) -> Interaction | None:
        return await self._read(partial(interactions.answered_interaction_of, vault=self._vault, key=key))

    async def interaction_decided_by(self, key: ConversationKey, update: str) -> Interaction | None:
        return await self._read(
            partial(interactions.interaction_decided_by, vault=self._vault, key=key, update_id=update)
        )

    async def set_interaction_message(self, id: InteractionId, message: MessageRef) -> None:
        await self._write(partial(interactions.set_interaction_message, id=id, message=message))

    async def answer_interaction(
        self, id: InteractionId, update: str, person: Person, answer: Answer, follow_up: Update
    ) -> bool:
        operation = partial(
            interactions.answer_interaction,
            vault=self._vault,
            id=id,
            update_id=update,
            person=person,
            answer=answer,
            follow_up=follow_up,
        )
        return await self._write(operation, wakes=True)

    async def cancel_interaction(self, id: InteractionId, update: str, person: Person | None) -> bool:
        operation = partial(interactions.cancel_interaction, id=id, update_id=update, person=person)
        return await self._write(operation, wakes=True)

    async def save_draft(self, id: InteractionId, expected_step: int, draft: Draft) -> bool:
        return await self._write(
            partial(interactions.save_draft, vault=self._vault, id=id, expected_step=expected_step, draft=draft)
        )

    async def forget_answer(self, id: InteractionId) -> None:
        await self._write(partial(interactions.forget_answer, vault=self._vault, id=id))

    async def expire_interactions(self) -> list[Interaction]:
        return await self._write(partial(interactions.expire_interactions, vault=self._vault), wakes=True)

    # votes

    async def cast_vote(self, turn: TurnId, person: Person, rating: Rating, reason: str, update: str) -> None:
        await self._write(
            partial(turns.cast_vote, turn=turn, person=person, rating=rating, reason=reason, update_id=update)
        )

    async def votes(self, turn: TurnId) -> list[CastVote]:
        return await self._read(partial(turns.votes, turn=turn))

    async def ask_reason(self, key: ConversationKey, person: Person, asked: ReasonAsked) -> None:
        await self._write(partial(reasons.ask_reason, key=key, person=person, asked=asked))

    async def reason_asked(self, key: ConversationKey, person: Person) -> ReasonAsked | None:
        return await self._read(partial(reasons.reason_asked, key=key, person=person))

    async def take_reason(
        self, key: ConversationKey, person: Person, update: str, within: timedelta
    ) -> ReasonAsked | None:
        operation = partial(reasons.take_reason, key=key, person=person, update_id=update, within=within)
        return await self._write(operation)

    async def forget_reason(self, key: ConversationKey, person: Person) -> None:
        await self._write(partial(reasons.forget_reason, key=key, person=person))

    async def forget_reasons_for(self, turn: TurnId) -> list[MessageRef]:
        return await self._write(partial(reasons.forget_reasons_for, turn=turn))

    # limits

    async def admit(
        self, place: ConversationKey, person: Person, update: str, at: datetime, most: int, within: timedelta
    ) -> Excess | None:
        question = partial(admit, place=place, person=person, update_id=update, at=at)
        return await self._write(partial(question, most=most, within=within))

    # upkeep

    async def prune(self, older_than: timedelta) -> int:
        return await self._write(partial(desk.prune, older_than=older_than))

    async def straighten(self) -> None:
        await self._write(straighten)

    async def depth(self) -> dict[str, int]:
        return await self._read(desk.depth)

    async def longest_wait(self) -> timedelta | None:
        return await self._read(desk.longest_wait)
