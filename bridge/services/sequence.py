"""Where a turn stands in its conversation."""

from __future__ import annotations

from bridge.domain.ids import TurnId
from bridge.domain.turns import Turn
from bridge.ports import Store


async def is_latest(store: Store, turn: Turn) -> bool:
    """Whether nothing was begun in the conversation since. A greeting counts: it begins something too."""
    latest = await store.latest_turn(turn.conversation)
    return latest is not None and latest.id == turn.id


async def answer_before(store: Store, turn: TurnId) -> Turn | None:
    """The turn before this one. A greeting is no answer."""
    former = await store.turn_before(turn)
    while former is not None and former.is_greeting:
        former = await store.turn_before(former.id)
    return former


async def rounds(store: Store, turn: Turn) -> list[Turn]:
    """The turns that answer the same question, this one first: after each answer to what a workflow asks, it goes on in
    a turn of its own. The last of them is the one that somebody's words began."""
    found = [turn]
    while found[-1].question.answer is not None:
        former = await answer_before(store, found[-1].id)
        if former is None:
            break
        found.append(former)
    return found
