"""Going on from an answer: the paused workflow is resumed once, in the line, by whoever gets to it first."""

from __future__ import annotations

from dataclasses import replace

from bridge.domain.ids import ConversationKey, new_turn_id
from bridge.domain.interactions import Answer, Cancelled, Filled, Interaction, Purpose
from bridge.domain.turns import Question, Turn, TurnState
from bridge.domain.updates import AnswerAccepted, Update
from bridge.ports import Claim, Clock, Store
from bridge.services.chats import Chats
from bridge.services.turns import Turns


class Resumption:
    def __init__(self, store: Store, chats: Chats, turns: Turns, clock: Clock) -> None:
        self._store = store
        self._chats = chats
        self._turns = turns
        self._clock = clock

    async def resume_answered(self, claim: Claim, key: ConversationKey) -> list[Update]:
        """What was answered before goes first, so that nothing slips into the paused workflow."""
        answered = await self._store.answered_interaction_of(key)
        return [] if answered is None else await self.resume(claim, answered)

    async def accepted(self, claim: Claim, update: AnswerAccepted) -> list[Update]:
        interaction = await self._store.interaction(update.interaction)
        return [] if interaction is None else await self.resume(claim, interaction)

    async def given_up(self, update: AnswerAccepted) -> None:
        """What was answered could not be handed on, or shown. Whatever is written next must neither try that again nor
        reach a workflow that may still wait."""
        interaction = await self._store.interaction(update.interaction)
        if interaction is None or not await self._is_due(interaction):
            return
        conversation = await self._store.conversation(interaction.conversation)
        asked = await self._store.turn(interaction.turn)
        latest = await self._store.latest_turn(interaction.conversation)
        was_heard = latest is not None and latest.update == update.id and latest.state is TurnState.ANSWERED
        if conversation is not None and asked is not None and conversation.chat == asked.chat and not was_heard:
            await self._chats.left(conversation)
        await self._store.forget_answer(interaction.id)

    async def resume(self, claim: Claim, interaction: Interaction) -> list[Update]:
        """Hand the stored answer to FastGPT; the workflow goes on in a turn of its own. Once, however often asked."""
        if interaction.answer is None:
            return []
        asked = await self._store.turn(interaction.turn)
        assert asked is not None, "an interaction belongs to a stored turn"
        conversation = await self._store.conversation(interaction.conversation)
        follow_ups: list[Update] = []
        if conversation is not None and conversation.chat == asked.chat:
            if isinstance(interaction.answer, Cancelled):
                if await self._is_due(interaction):
                    await self._chats.released(conversation, interaction, asked)
            else:
                await self._close_doubts(interaction)
                turn = self._continuation(interaction, interaction.answer, asked)
                follow_ups = await self._turns.run(claim, turn)
        await self._store.forget_answer(interaction.id)
        return follow_ups

    async def _close_doubts(self, interaction: Interaction) -> None:
        """An attempt that ended with the process may have asked the same again, which nobody has seen yet."""
        if not await self._is_due(interaction):
            return
        again = await self._store.open_interaction_of(interaction.conversation)
        attempt = await self._store.turn(again.turn) if again is not None and again.doubtful else None
        if again is not None and attempt is not None and attempt.update == going_on_by(interaction):
            await self._store.cancel_interaction(again.id, going_on_by(interaction), None)

    async def _is_due(self, interaction: Interaction) -> bool:
        """Whether its answer was not handed on before: by the command itself, and now by its follow-up."""
        waiting = await self._store.answered_interaction_of(interaction.conversation)
        return waiting is not None and waiting.id == interaction.id

    def _continuation(self, interaction: Interaction, answer: Answer, asked: Turn) -> Turn:
        id = new_turn_id()
        record = id
        match interaction.purpose:
            case Purpose.RESUME:
                question = Question(answer=answer, kind=interaction.kind)
                # After an attempt that failed: where FastGPT may have stored the answer to that all the same.
                record = asked.record if interaction.extends_record or interaction.doubtful else id
            case Purpose.VARIABLES:
                assert isinstance(answer, Filled)
                variables = {**asked.question.variables, **answer.values}
                question = replace(asked.question, variables=variables)
            case Purpose.PLUGIN:
                assert isinstance(answer, Filled)
                question = Question(variables={**asked.question.variables, **answer.values})
        return replace(
            asked,
            id=id,
            record=record,
            update=going_on_by(interaction),
            asked=interaction.answered_by or asked.asked,
            state=TurnState.ASKED if interaction.doubtful else TurnState.RECEIVED,
            question=question,
            text="",
            note="",
            ending=None,
            interaction=None,
            citations=(),
            nodes=(),
            suggestions=(),
            suggestions_shown=None,
            parts=(),
            begun_at=self._clock.now(),
        )


def accepted_by(interaction: Interaction, update: Update) -> AnswerAccepted:
    """The update by which the workflow goes on once, whoever gets to it first."""
    return AnswerAccepted(
        id=going_on_by(interaction),
        conversation=interaction.conversation,
        by=update.by,
        at=update.at,
        interaction=interaction.id,
    )


def going_on_by(interaction: Interaction) -> str:
    """The id of that update, and so of what begins the turn."""
    return f"{interaction.id}/accepted"
