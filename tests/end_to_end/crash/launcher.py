"""The program, killed at a point of its life that has a name: the one in CRASH_AT.

It is run instead of `bridge` (`python -m tests.end_to_end.crash.launcher`), which knows nothing of this: its store is
wrapped from outside, and where the point is reached, the process sends itself a kill -9. Nothing is flushed, closed or
said any more.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, NoReturn

from bridge.domain.turns import PartState, TurnState
from bridge.domain.updates import FeedbackGiven, MessageReceived
from bridge.store.sql import SqlStore


@dataclass(frozen=True, slots=True)
class Point:
    """Before or after a method of the store, in the call that `when` agrees to (arguments; after it, the result)."""

    method: str
    after: bool
    when: Callable[..., bool] = lambda *_: True


def _saves(state: TurnState) -> Callable[..., bool]:
    return lambda _, turn, *__: turn.state is state


def _says(word: str) -> Callable[..., bool]:
    return lambda claim, *_: (
        claim is not None
        and any(isinstance(update, MessageReceived) and word in update.text for update in claim.updates)
    )


POINTS = {
    "before_the_commit": Point("put", after=False),
    "before_the_acknowledgement": Point("put", after=True),
    "claimed": Point("claim", after=True, when=lambda claim, *_: claim is not None),
    "poisoned": Point("begin_turn", after=False, when=lambda claim, turn: "poison" in turn.question.text),
    "begun": Point("begin_turn", after=True),
    "asking": Point("save_turn", after=True, when=lambda _, claim, turn: turn.state is TurnState.ASKED),
    "answer_not_written": Point("save_turn", after=False, when=_saves(TurnState.ANSWERED)),
    "answer_written": Point("save_turn", after=True, when=lambda _, claim, turn: turn.state is TurnState.ANSWERED),
    "second_part_shown": Point(
        "record_part", after=True, when=lambda _, claim, turn, part: part.index == 1 and part.is_final
    ),
    "sent_unrecorded": Point("record_part", after=False, when=lambda claim, turn, part: part.state is PartState.SENT),
    "answer_shown": Point("save_turn", after=False, when=_saves(TurnState.DELIVERED)),
    "turn_over": Point("finish", after=False, when=_says("")),
    "question_stored": Point("open_interaction", after=True),
    "question_shown": Point("set_interaction_message", after=False),
    "choice_stored": Point("answer_interaction", after=True, when=lambda won, *_: won),
    "field_stored": Point("save_draft", after=True, when=lambda saved, id, step, draft: saved and draft.step == 1),
    "vote_stored": Point("cast_vote", after=True),
    "vote_posted": Point("finish", after=False, when=lambda claim, *_: isinstance(claim.updates[0], FeedbackGiven)),
}


def arm() -> None:
    """From now on this process dies at the point named CRASH_AT."""
    point = POINTS[os.environ["CRASH_AT"]]
    method = getattr(SqlStore, point.method)

    @wraps(method)
    async def dying(store: SqlStore, *arguments: Any, **options: Any) -> Any:
        if not point.after and point.when(*arguments):
            _die()
        result = await method(store, *arguments, **options)
        if point.after and point.when(result, *arguments):
            _die()
        return result

    setattr(SqlStore, point.method, dying)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("kill -9 is not survived")


if __name__ == "__main__":
    from bridge.__main__ import main

    arm()
    main()
