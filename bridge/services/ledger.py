"""Writing an answer down as it is given: every turn event is yielded only after what it promises has been committed."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from bridge.domain import phrases
from bridge.domain.citations import CitationMarks
from bridge.domain.controls import ActOnAnswer, Vote
from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.events import (
    Button,
    Citation,
    Ending,
    Finished,
    InteractionRequested,
    NodeFinished,
    PluginFinished,
    ReasoningAdded,
    StatusChanged,
    TextAdded,
    TextRestarted,
    Titled,
    ToolUsed,
    TurnEnded,
    TurnEvent,
    Waiting,
    WorkflowPaused,
)
from bridge.domain.ids import InteractionId, new_interaction_id
from bridge.domain.interactions import (
    Cancelled,
    Draft,
    Filled,
    Form,
    Interaction,
    InteractionState,
    Json,
    Purpose,
)
from bridge.domain.quick_replies import taken_from_answer
from bridge.domain.turns import Turn, TurnState
from bridge.domain.updates import AnswerAction, Rating
from bridge.ports import Store
from bridge.services.runs import Run
from bridge.services.watch import Stopped, Watched

logger = logging.getLogger(__name__)

_ANSWERING = frozenset({"chatNode", "answerNode", "agent", "tools", "toolCall"})
"""Node types whose failure leaves a hole in the answer itself (FastGPT's `moduleType`)."""


LONGEST = 400_000
"""Characters of one answer: a hundred messages in Telegram."""
_LEFT_RUNNING = frozenset({AssistantFault.TIMEOUT, AssistantFault.TOO_LONG})


@dataclass(frozen=True, slots=True)
class AnswerPolicy:
    """What surrounds an answer. `expire_after` is how long its questions stay open."""

    votes: bool = True
    quick_replies: bool = True
    sources: bool = True
    regenerate: bool = True
    details_for: tuple[str, ...] = ()
    empty: str = ""
    expire_after: timedelta = timedelta(days=30)


class Ledger:
    def __init__(
        self,
        store: Store,
        policy: AnswerPolicy,
        now: Callable[[], datetime],
        new_id: Callable[[], InteractionId] = new_interaction_id,
    ) -> None:
        self._store = store
        self._policy = policy
        self._now = now
        self._new_id = new_id

    async def written(self, run: Run, source: AsyncGenerator[Watched]) -> AsyncGenerator[TurnEvent]:
        """The answer as people will see it; it ends with `TurnEnded` whatever happens to the source.

        Raises LeaseLost and StoreUnavailable only.
        """
        answer = _Answer(numbered=self._policy.sources)
        try:
            async with aclosing(source) as events:
                async for event in events:
                    for shown in answer.take(event):
                        yield shown
                    answer.check_length()
                    if isinstance(event, WorkflowPaused):
                        interaction = await self._stored(run, event)
                        answer.interaction = interaction
                        yield InteractionRequested(interaction)
        except AssistantError as error:
            logger.warning("answer_failed", extra={"turn": run.turn.id, "fault": error.fault, "error": error.sentence})
            answer.error = error
            run.left_running = error.fault in _LEFT_RUNNING
        if rest := answer.marks.flush():
            yield answer.add(rest)
        if answer.error is not None and not answer.text and (again := await self._asked_again(run)) is not None:
            answer.interaction = again
            yield InteractionRequested(again)
        yield await self._ended(run, answer)

    async def requested(self, run: Run, interaction: Interaction) -> AsyncGenerator[TurnEvent]:
        """A turn that asks something before FastGPT is asked at all."""
        known = await run.surely(lambda: self._store.open_interaction_of(run.turn.conversation))
        if known is not None and known.turn == run.turn.id:
            interaction = known  # as an earlier attempt stored it, and perhaps showed it
        await run.surely(lambda: self._store.open_interaction(run.claim, interaction))
        yield InteractionRequested(interaction)
        await run.save(state=TurnState.ANSWERED, ending=Ending.PAUSED, interaction=interaction.id)
        yield TurnEnded(Ending.PAUSED, "")

    async def replayed(self, run: Run) -> AsyncGenerator[TurnEvent]:
        """An answer that was written down before, but not seen to arrive."""
        turn = run.turn
        if turn.interaction is not None:
            id = turn.interaction
            if (interaction := await run.surely(lambda: self._store.interaction(id))) is not None:
                yield InteractionRequested(interaction)
        yield self._end(turn)

    async def _stored(self, run: Run, pause: WorkflowPaused) -> Interaction:
        """The interaction of this turn, the same one if an earlier attempt stored it."""
        turn = run.turn
        known = await run.surely(lambda: self._store.open_interaction_of(turn.conversation))
        if known is not None and known.turn == turn.id and known.ask == pause.ask:
            return known
        now = self._now()
        interaction = Interaction(
            id=self._new_id(),
            turn=turn.id,
            conversation=turn.conversation,
            kind=pause.kind,
            ask=pause.ask,
            asked=turn.asked,
            purpose=Purpose.RESUME,
            extends_record=pause.extends_record,
            created_at=now,
            expires_at=now + self._policy.expire_after,
        )
        await run.surely(lambda: self._store.open_interaction(run.claim, interaction))
        return interaction

    async def _asked_again(self, run: Run) -> Interaction | None:
        """An answer that FastGPT could not be given leaves its question open, with all that was filled in.

        Else FastGPT, which still waits, would take the next message for the answer.
        """
        turn = run.turn
        asked = await run.surely(lambda: self._store.answered_interaction_of(turn.conversation))
        if turn.question.answer is None or asked is None or isinstance(asked.answer, Cancelled):
            return None
        now = self._now()
        values = asked.answer.values if isinstance(asked.answer, Filled) else {}
        again = replace(
            asked,
            id=self._new_id(),
            turn=turn.id,
            created_at=now,
            expires_at=now + self._policy.expire_after,
            state=InteractionState.OPEN,
            message=None,
            draft=Draft(step=len(asked.ask.fields) if isinstance(asked.ask, Form) else 0, values=values),
            answered_by=None,
            answer=None,
            doubtful=True,
        )
        await run.surely(lambda: self._store.open_interaction(run.claim, again))
        return again

    async def _ended(self, run: Run, answer: _Answer) -> TurnEnded:
        text, replies = taken_from_answer(answer.text)
        ending, note = answer.ending(text, self._policy.empty)
        for node in (node for node in answer.nodes if node.error):
            facts = {"turn": run.turn.id, "node": node.name, "kind": node.kind, "error": node.error}
            logger.warning("node_failed", extra=facts)
        await run.save(
            state=TurnState.ANSWERED,
            text=text,
            note=note,
            ending=ending,
            interaction=answer.interaction.id if answer.interaction else None,
            citations=answer.citations(),
            nodes=tuple(answer.nodes),
        )
        if replies:
            await run.surely(lambda: self._store.set_suggestions(run.turn.id, replies, None))
        return self._end(run.turn)

    def _end(self, turn: Turn) -> TurnEnded:
        assert turn.ending is not None
        return TurnEnded(turn.ending, turn.text, turn.note, buttons_under(turn, self._policy))


class _Answer:
    """What came of one run so far."""

    def __init__(self, *, numbered: bool) -> None:
        self.marks = CitationMarks(numbered=numbered)
        self.nodes: list[NodeFinished] = []
        self.interaction: Interaction | None = None
        self.error: AssistantError | None = None
        self._numbered = numbered
        self._text: list[str] = []
        self._length = 0
        self._finished = False
        self._stopped = False

    @property
    def text(self) -> str:
        return "".join(self._text).strip()

    def add(self, text: str) -> TextAdded:
        self._text.append(text)
        self._length += len(text)
        return TextAdded(text)

    def check_length(self) -> None:
        """An answer without end is ended: it would fill the memory, and the screen. Raises AssistantError."""
        if self._length > LONGEST:
            sentence = f"The answer was longer than {LONGEST} characters."
            raise AssistantError(sentence, fault=AssistantFault.TOO_LONG, permanent=True)

    def take(self, event: Watched) -> list[TurnEvent]:
        """What people see of it right away."""
        match event:
            case TextAdded(text):
                shown = self.marks.feed(text)
                return [self.add(shown)] if shown else []
            case TextRestarted():
                self._restart()
                return [event]
            case ReasoningAdded() | StatusChanged() | ToolUsed() | Waiting():
                return [event]
            case NodeFinished():
                self.nodes.append(event)
                return []
            case PluginFinished(outputs):
                return [self.add(labelled(outputs, after=self.text))] if outputs else []
            case Stopped():
                self._stopped = True
                return []
            case Finished():
                self._finished = True
                return []
            case WorkflowPaused() | Titled():
                return []
            case _:
                assert_never(event)

    def _restart(self) -> None:
        self._text.clear()
        self._length = 0
        self.nodes.clear()
        self.marks = CitationMarks(numbered=self._numbered)

    def citations(self) -> tuple[Citation, ...]:
        """The cited sources in the order of their numbers; all found ones, if the answer cites none."""
        known = {citation.id: citation for node in self.nodes for citation in node.citations}
        if self.marks.cited:
            return tuple(known.get(id, Citation(id=id, name="")) for id in self.marks.cited)
        return tuple(known.values())

    def ending(self, text: str, empty: str) -> tuple[Ending, str]:
        """How it ended, and the sentence to go with it."""
        if self.error is not None:
            reason = phrases.fault(self.error.fault)
            return (Ending.INCOMPLETE, self._broken_off()) if text else (Ending.FAILED, reason)
        if self._stopped:
            return Ending.STOPPED, phrases.STOPPED
        if self.interaction is not None:
            return Ending.PAUSED, ""
        if text:
            answering = [node for node in self.nodes if node.kind in _ANSWERING]
            if answering and answering[-1].error:
                return Ending.INCOMPLETE, phrases.BROKE_OFF_FOR.format(reason=phrases.fault(AssistantFault.NODE_FAILED))
            return Ending.COMPLETE, ""
        if any(node.error for node in self.nodes):
            return Ending.FAILED, phrases.fault(AssistantFault.NODE_FAILED)
        return Ending.COMPLETE, empty

    def _broken_off(self) -> str:
        assert self.error is not None
        if self.error.fault is AssistantFault.UNREACHABLE:
            return phrases.BROKE_OFF
        return phrases.BROKE_OFF_FOR.format(reason=phrases.fault(self.error.fault))


def labelled(outputs: Mapping[str, Json], *, after: str) -> str:
    """A plugin's outputs as labelled fields, after whatever text there was."""
    pieces = [phrases.output(name, value) for name, value in outputs.items() if value not in (None, "")]
    return ("\n\n" if after else "") + "\n\n".join(pieces)


def buttons_under(
    turn: Turn, policy: AnswerPolicy, chosen: Rating = Rating.NONE, *, is_latest: bool = True
) -> tuple[tuple[Button, ...], ...]:
    """The controls that a finished answer carries. Only the latest of its conversation can be given again."""
    match turn.ending:
        case Ending.COMPLETE if turn.text:
            return _rows(_votes(turn, policy, chosen), _more(turn, policy, is_latest=is_latest))
        case _ if not is_latest:
            return ()
        case Ending.STOPPED | Ending.COMPLETE:
            return _rows((), _again(turn, policy, phrases.REGENERATE, AnswerAction.REGENERATE))
        case Ending.FAILED | Ending.INCOMPLETE:
            return _rows((), _again(turn, policy, phrases.RETRY, AnswerAction.RETRY))
        case _:
            return ()


def _votes(turn: Turn, policy: AnswerPolicy, chosen: Rating) -> tuple[Button, ...]:
    if not policy.votes:
        return ()
    return tuple(
        Button(label, Vote(turn.id, Rating.NONE if chosen is rating else rating), chosen=chosen is rating)
        for label, rating in ((phrases.GOOD, Rating.GOOD), (phrases.BAD, Rating.BAD))
    )


def _more(turn: Turn, policy: AnswerPolicy, *, is_latest: bool) -> tuple[Button, ...]:
    buttons = _again(turn, policy, phrases.REGENERATE, AnswerAction.REGENERATE) if is_latest else ()
    if policy.sources and turn.citations:
        buttons += (Button(phrases.SOURCES, ActOnAnswer(turn.id, AnswerAction.SOURCES)),)
    if policy.details_for and (not turn.private or {turn.asked.id, "*"} & set(policy.details_for)):
        buttons += (Button(phrases.DETAILS, ActOnAnswer(turn.id, AnswerAction.DETAILS)),)
    return buttons


def _again(turn: Turn, policy: AnswerPolicy, label: str, action: AnswerAction) -> tuple[Button, ...]:
    """A continuation cannot be given again: FastGPT keeps it in the record of the turn that asked."""
    if turn.question.answer is not None or (action is AnswerAction.REGENERATE and not policy.regenerate):
        return ()
    return (Button(label, ActOnAnswer(turn.id, action)),)


def _rows(*rows: tuple[Button, ...]) -> tuple[tuple[Button, ...], ...]:
    return tuple(row for row in rows if row)
