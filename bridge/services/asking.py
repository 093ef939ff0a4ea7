"""Asking FastGPT until there is an answer or a reason: patience before the first word, recovery after a lost link.

A question is never blindly repeated. What FastGPT may have seen is first looked up in its records; only what they do
not hold whole is taken out of them and asked again, so that its history keeps one copy.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.events import AssistantEvent, Finished, TextAdded, TextRestarted, Waiting, WorkflowPaused
from bridge.domain.ids import new_turn_id
from bridge.domain.interactions import Interaction
from bridge.domain.turns import App, ChatStatus, Record, Turn, TurnState
from bridge.ports import Assistant, Clock, Store
from bridge.services.apps import Apps
from bridge.services.breaker import Admission, Breaker
from bridge.services.runs import Run
from bridge.services.watch import Watched

logger = logging.getLogger(__name__)

_UNCERTAIN = frozenset({AssistantFault.UNREACHABLE, AssistantFault.TIMEOUT, AssistantFault.DUPLICATE_TURN})
"""FastGPT may have seen the question."""
_FIRST_PAUSE = 1.0  # seconds
_LONGEST_PAUSE = 20.0
_SETTLING = 2.0  # seconds; FastGPT stores an aborted run about one second after it noticed
_LONG_SETTLING = 10.0
_POLL = 2.0  # seconds
_LOSSES = 3
"""How often an answer may be lost half-way before it is given up."""


@dataclass(slots=True)
class _Patience:
    """Pauses that double, until the time is up."""

    clock: Clock
    deadline: float
    pause: float = _FIRST_PAUSE
    unlocked: bool = False

    def allows(self, at_least: float | None) -> bool:
        return self.clock.monotonic() + max(self.pause, at_least or 0.0) <= self.deadline

    async def wait(self, at_least: float | None) -> None:
        await self.clock.sleep(max(self.pause, at_least or 0.0))
        self.pause = min(self.pause * 2, _LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class _Found:
    """What FastGPT's records hold of the answer. Not `whole`: a part that cannot be asked for again."""

    text: str
    paused: WorkflowPaused | None
    whole: bool


class Asking:
    """`patience`: seconds an assistant that cannot be reached, or is busy, is tried again."""

    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        apps: Apps,
        breaker: Breaker,
        clock: Clock,
        *,
        patience: float,
        longest: float,
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._apps = apps
        self._breaker = breaker
        self._clock = clock
        self._patience = patience
        self._longest = longest

    async def events(self, run: Run) -> AsyncGenerator[Watched]:
        """The answer to the run's question, however far an earlier attempt got. Raises AssistantError on giving up.

        A new question is given up at once while its app is known to be away.
        """
        app = self._apps.named(run.turn.app)
        is_new = run.turn.state is not TurnState.ASKED
        with self._breaker.admitted(app.name, is_new=is_new) as admission:
            async with aclosing(self._persistently(app, run, admission)) as events:
                async for event in events:
                    yield event

    async def _persistently(self, app: App, run: Run, admission: Admission) -> AsyncGenerator[Watched]:
        patience = _Patience(self._clock, self._clock.monotonic() + self._patience)
        uncertain = run.turn.state is TurnState.ASKED
        await run.save(state=TurnState.ASKED)
        shown, losses = False, 0
        if uncertain:
            yield Waiting(phrases.RESUMING)
        while True:
            try:
                found = await self._found(app, run, begun=shown) if uncertain else None
                if shown and uncertain:
                    yield TextRestarted()
                    shown = False
                async with aclosing(self._replayed(found) if found else self._stream(app, run)) as events:
                    async for event in events:
                        admission.answered()
                        shown = shown or isinstance(event, TextAdded)
                        yield event
                return
            except AssistantError as error:
                admission.failed(error)
                if error.fault not in _UNCERTAIN and (error.permanent or shown):
                    raise
                logger.warning("ask_failed", extra={"turn": run.turn.id, "fault": error.fault, "error": error.sentence})
                if _may_have_been_seen(error):
                    uncertain, losses = True, losses + shown
                if admission.is_probe and not shown:
                    raise
                if losses >= _LOSSES or not (
                    patience.allows(error.retry_after) or await self._unlocked(app, run, error, patience)
                ):
                    raise
                busy = error.fault is AssistantFault.CHAT_BUSY
                yield Waiting(phrases.BUSY if busy else phrases.NOT_ANSWERING)
                await patience.wait(error.retry_after)

    def _stream(self, app: App, run: Run) -> AsyncGenerator[Watched]:
        turn = run.turn
        asked_as = turn.id if turn.question.answer is not None else turn.record
        stream = self._assistant.ask(app, turn.chat, asked_as, turn.question, person=person_id(turn))
        return cast(AsyncGenerator[Watched], stream)

    async def _replayed(self, found: _Found) -> AsyncGenerator[Watched]:
        events: list[AssistantEvent] = [TextAdded(found.text)] if found.text else []
        if found.paused is not None:
            events.append(found.paused)
        for event in events:
            yield event
        if not found.whole:
            raise AssistantError(phrases.BROKE_OFF, fault=AssistantFault.UNREACHABLE, permanent=True)
        yield Finished()

    async def _unlocked(self, app: App, run: Run, error: AssistantError, patience: _Patience) -> bool:
        """A chat that stays busy was left so by a run that died: stopping it unlocks it. Once."""
        if error.fault is not AssistantFault.CHAT_BUSY or patience.unlocked:
            return False
        await self._assistant.stop(app, run.turn.chat)
        patience.unlocked, patience.pause = True, _FIRST_PAUSE
        patience.deadline = self._clock.monotonic() + self._patience
        return True

    async def _found(self, app: App, run: Run, *, begun: bool) -> _Found | None:
        """What the records hold; None if the question is to be asked (again), which they are then ready for."""
        outlives = await self._assistant.outlives_connection(app)
        if outlives:
            await self._generated(app, run.turn)
            record = await self._record(app, run.turn)
        else:
            record = await self._left_behind(app, run.turn, begun=begun)
        if run.turn.question.answer is not None:
            return await self._continuation(run, record, whole=outlives)
        if record is None:
            if not outlives:
                # What was given up may still be stored, under an id that must not be in use again then.
                await run.save(record=new_turn_id(), abandoned=(*run.turn.abandoned, run.turn.record))
            return None
        if outlives:
            return _Found(record.text, record.paused, whole=True)
        await self._assistant.forget(app, run.turn.chat, record.id)
        await run.save(record=new_turn_id())
        return None

    async def _left_behind(self, app: App, turn: Turn, *, begun: bool) -> Record | None:
        """What a run left that was aborted with its connection; one that had begun to speak leaves something."""
        deadline = self._clock.monotonic() + (_LONG_SETTLING if begun else _SETTLING)
        while True:
            await self._clock.sleep(_SETTLING)
            record = await self._record(app, turn)
            if record is not None or self._clock.monotonic() >= deadline:
                return record

    async def _generated(self, app: App, turn: Turn) -> None:
        """Wait until FastGPT has finished what it is doing in this chat; stop it if it never does."""
        deadline = self._clock.monotonic() + self._longest
        while await self._assistant.status(app, turn.chat) is ChatStatus.GENERATING:
            if self._clock.monotonic() > deadline:
                await self._assistant.stop(app, turn.chat)
                return
            await self._clock.sleep(_POLL)

    async def _record(self, app: App, turn: Turn) -> Record | None:
        records = await self._assistant.records(app, turn.chat)
        return next(
            (record for record in reversed(records) if record.id == turn.record and not record.from_person), None
        )

    async def _continuation(self, run: Run, record: Record | None, *, whole: bool) -> _Found | None:
        """FastGPT appends what follows a pause to the record that asked, or makes one of its own of it. None if it is
        still paused there."""
        turn = run.turn
        interaction = await run.surely(lambda: self._store.answered_interaction_of(turn.conversation))
        if record is None or (interaction is not None and _still_asks(record, interaction)):
            if interaction is not None and not interaction.extends_record and turn.record != turn.id:
                # An earlier attempt looked lost, and may still be stored: this one has a record of its own.
                await run.save(record=turn.id, abandoned=(*turn.abandoned, turn.record))
            return None
        # The record's text is cut at its questions; the one that is still open has nothing behind it yet.
        rounds = record.rounds[:-1] if record.paused is not None else record.rounds
        return _Found(rounds[-1] if rounds else record.text, record.paused, whole)


def _may_have_been_seen(error: AssistantError) -> bool:
    return error.fault in _UNCERTAIN and not error.unseen


def _still_asks(record: Record, interaction: Interaction) -> bool:
    return record.paused == WorkflowPaused(interaction.kind, interaction.ask, interaction.extends_record)


def person_id(turn: Turn) -> str:
    """FastGPT's `customUid`: who asked, told apart by platform."""
    return f"{turn.conversation.platform}:{turn.asked.id}"
