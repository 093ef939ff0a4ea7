"""A pressed inline button, as the update its callback data stands for."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.telegram.payloads import CallbackQuery
from adapters.telegram.places import Place, Spot
from bridge.domain import controls
from bridge.domain.interactions import Person
from bridge.domain.presses import Pressed
from bridge.domain.updates import Update


def reply_handle(callback: str, pressed_at: datetime) -> str:
    """By which `say` can answer this press. A callback has no date of its own, so the time it came in goes along."""
    return f"{callback}@{int(pressed_at.timestamp())}"


def opened_handle(handle: str) -> tuple[str, datetime]:
    """The inverse of `reply_handle`. Raises ValueError for anything else."""
    callback, _, seconds = handle.rpartition("@")
    return callback, datetime.fromtimestamp(int(seconds), UTC)


def pressed(query: CallbackQuery, bot: str, by: Person, now: datetime) -> Update | None:
    """None for a button that is not of the bridge's making (older than it, or forged)."""
    control = controls.decode(query.data or "")
    if control is None or query.message is None:
        return None
    spot = Spot(query.message.chat.id, query.message.message_id)
    press = Pressed(
        id=f"callback:{query.id}",
        conversation=Place(query.message.chat.id, query.message.topic).key(bot),
        by=by,
        at=now,
        message=spot.ref(bot),
        reply=reply_handle(query.id, now),
    )
    return press.says(control)
