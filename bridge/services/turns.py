"""Running a turn: begun under its id, asked, written down, delivered; picked up wherever an earlier attempt left it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from bridge.domain import phrases
from bridge.domain.errors import AssistantError, BridgeError, PlatformError, PlatformFault
from bridge.domain.events import Ending, TurnEvent
from bridge.domain.interactions import Interaction
from bridge.domain.notices import Removed, Replaced
from bridge.domain.turns import Turn, TurnState
from bridge.domain.updates import AnswerFinished, Update
from bridge.ports import Adapter, Assistant, Claim, Clock, Store
from bridge.services.apps import Apps
from bridge.services.asking import Asking
from bridge.services.commits import committed
from bridge.services.forms import Forms
from bridge.services.ledger import Ledger
from bridge.services.runs import Run, Running
from bridge.services.watch import watched

logger = logging.getLogger(__name__)

_STOPPING = 5.0  # seconds; what there is of the answer is not kept waiting longer

Adapters = Mapping[str, Adapter]
"""By platform."""


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """Seconds: without news until the person is told that it takes time; at most for one answer."""

    waiting_after: float = 15.0
    longest: float = 1800.0


class Turns:
    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        adapters: Adapters,
        apps: Apps,
        asking: Asking,
        ledger: Ledger,
        running: Running,
        forms: Forms,
        clock: Clock,
        policy: TurnPolicy = TurnPolicy(),
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._adapters = adapters
        self._apps = apps
        self._asking = asking
        self._ledger = ledger
        self._running = running
        self._forms = forms
        self._clock = clock
        self._policy = policy

    async def run(self, claim: Claim, turn: Turn, asks: Interaction | None = None) -> list[Update]:
        """Bring `turn`, or the one its update began before, to its end; what follows from it.

        With `asks`, the turn asks the person that, and FastGPT nothing yet. Raises PlatformError if the answer could
        not be shown and it is worth another attempt.
        """
        run = Run(self._store, self._clock, claim, await self._store.begin_turn(claim, turn))
        if run.turn.state is TurnState.DELIVERED:  # what follows may not have been enqueued any more; twice is once
            return [self._finished(run.turn)]
        if run.turn.state is TurnState.FAILED:
            return []
        begun = self._clock.monotonic()
        with self._running.entered(run):
            events = self._events(run, asks)
            try:
                async with aclosing(events):
                    await self._adapters[turn.conversation.platform].deliver(run, events)
            except PlatformError as error:
                return await self._undeliverable(run, error)
        await self._begin_form(run.turn)
        await run.save(state=TurnState.DELIVERED)
        logger.info(
            "turn_finished",
            extra={
                "turn": run.turn.id,
                "app": run.turn.app,
                "platform": run.turn.conversation.platform,
                "conversation": run.turn.conversation.address,
                "update": run.turn.update,
                "person": run.turn.asked.id,
                "ending": run.turn.ending,
                "seconds": round(self._clock.monotonic() - begun, 3),
            },
        )
        return [self._finished(run.turn)]

    async def _begin_form(self, turn: Turn) -> None:
        """Where a form cannot be shown at once, its first field is asked for right away."""
        adapter = self._adapters[turn.conversation.platform]
        if turn.interaction is None:
            return
        interaction = await self._store.interaction(turn.interaction)
        if interaction is not None and adapter.capabilities.goes_by_field(interaction.ask):
            await self._forms.begin(interaction)

    def _events(self, run: Run, asks: Interaction | None) -> AsyncGenerator[TurnEvent]:
        match run.turn.state:
            case TurnState.ANSWERED:
                return self._ledger.replayed(run)
            case _ if asks is not None:
                return self._ledger.requested(run, asks)
            case _:
                return self._answer(run)

    async def _answer(self, run: Run) -> AsyncGenerator[TurnEvent]:
        stream = watched(
            self._asking.events(run),
            stop=run.stop,
            leaving=run.leaving,
            clock=self._clock,
            quiet_after=self._policy.waiting_after,
            longest=self._policy.longest,
        )
        try:
            async with aclosing(self._ledger.written(run, stream)) as events:
                async for event in events:
                    yield event
        finally:  # whoever shows the answer may not come back once it has the end
            if run.turn.ending is Ending.STOPPED or run.left_running:
                await self._stop_upstream(run.turn)

    async def _stop_upstream(self, turn: Turn) -> None:
        """Closing the stream is enough where FastGPT notices; where it runs on, it has to be told."""
        with contextlib.suppress(AssistantError, TimeoutError):
            async with asyncio.timeout(_STOPPING):
                await self._assistant.stop(self._apps.named(turn.app), turn.chat)

    async def _undeliverable(self, run: Run, error: PlatformError) -> list[Update]:
        """A place that is gone gets no answer any more; anything else is for the worker to judge."""
        logger.warning("answer_undeliverable", extra={"turn": run.turn.id, "error": error.sentence})
        if error.fault is not PlatformFault.GONE:
            raise error
        await committed(self._clock, lambda: self._store.set_reachable(run.turn.conversation, False))
        if run.turn.state is TurnState.ASKED:
            await self._stop_upstream(run.turn)
        await run.save(state=TurnState.FAILED)
        return []

    async def moved_on_from(self, latest: Turn | None) -> None:
        """What was offered below the latest answer goes."""
        await self.clear_suggestions(latest)
        await self.withdraw_offer(latest)

    async def withdraw_offer(self, turn: Turn | None) -> None:
        """To answer a changed question again. Twice is harmless; that it stays is no reason to stop."""
        if turn is None or turn.offer is None:
            return
        try:
            await self._adapters[turn.conversation.platform].settle(turn.offer, Removed())
        except BridgeError as error:
            logger.info("offer_stays", extra={"turn": turn.id, "error": error.sentence})

    async def clear_suggestions(self, turn: Turn | None) -> None:
        """Quick replies go when the conversation moves on. That they stay is no reason to keep anybody waiting."""
        if turn is None or turn.suggestions_shown is None:
            return
        try:
            outcome = _listed(turn) if turn.is_greeting else Removed()
            await self._adapters[turn.conversation.platform].settle(turn.suggestions_shown, outcome, at_leisure=True)
            await self._store.set_suggestions(turn.id, turn.suggestions, None)
        except BridgeError as error:
            logger.info("suggestions_stay", extra={"turn": turn.id, "error": error.sentence})

    @staticmethod
    def _finished(turn: Turn) -> AnswerFinished:
        assert turn.begun_at is not None
        return AnswerFinished(
            id=f"{turn.id}/finished", conversation=turn.conversation, by=turn.asked, at=turn.begun_at, turn=turn.id
        )


def _listed(greeting: Turn) -> Replaced:
    """Its buttons are gone, and what they said is not."""
    return Replaced(phrases.listed(greeting.text, greeting.suggestions), is_news=False)
