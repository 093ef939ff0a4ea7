"""Buttons and the Stop of a preview, from the person's side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.emulators.telegram.places import Place
from tests.emulators.telegram.records import Json, Message, Press, User
from tests.emulators.telegram.update_queue import PRESS_LIFE
from tests.emulators.telegram.world import World


def press(
    world: World, person: User, messages: Sequence[Message], label: str, data: str, *, stale: bool = False
) -> Press:
    """The first message that has the button wins. Fails the test if there is none."""
    message, button = _button(messages, label, data, stale=stale)
    assert "callback_data" in button, f"{button} is no button that calls back"
    pressed = Press(
        str(4_382_000_000_000_000 + world.number()), person, message, button["callback_data"], world.clock()
    )
    world.presses[pressed.id] = pressed
    body = {
        "id": pressed.id,
        "from": person.json(),
        "message": _accessible(message),
        "chat_instance": str(-8_000_000_000_000_000_000 + abs(message.chat.id)),
        "data": pressed.data,
    }
    pressed.update_id = world.updates.add("callback_query", body, message.chat.id, PRESS_LIFE)
    return pressed


def stop_draft(world: World, place: Place) -> int:
    draft = place.draft
    assert draft is not None, "there is no preview to stop"
    assert draft.can_stop, "the preview has no Stop"
    draft.stopped_at = world.clock()
    if not draft.keep_on_stop:
        draft.removed_at = world.clock()
    body: Json = {"chat": draft.chat.json(), "draft_id": str(draft.id)}
    if draft.thread is not None:
        body["message_thread_id"] = draft.thread
    return world.updates.add("stopped_message_generation", body, draft.chat.id)


def _accessible(message: Message) -> Json:
    if message.deleted_at is None:
        return message.json()
    return {"chat": message.chat.json(), "message_id": message.id, "date": 0}


def _button(messages: Sequence[Message], label: str, data: str, *, stale: bool) -> tuple[Message, Json]:
    for exact in (True, False):
        for message in messages:
            matching = [button for button in _offered(message, stale=stale) if _is(button, label, data, exact=exact)]
            if matching:
                distinct = {button.get("callback_data", "") for button in matching}
                assert len(distinct) == 1 or exact, f"{label!r} fits several buttons: {matching}"
                return message, matching[-1]
    offered = [button["text"] for message in messages for button in _offered(message, stale=stale)]
    raise AssertionError(f"no button {label or data!r} on screen, only {offered}")


def _offered(message: Message, *, stale: bool) -> Iterator[Json]:
    keyboards = [version.keyboard for version in message.versions] if stale else [message.keyboard]
    for keyboard in keyboards:
        for row in keyboard["inline_keyboard"] if keyboard else []:
            yield from row


def _is(button: Json, label: str, data: str, *, exact: bool) -> bool:
    if data:
        return bool(button.get("callback_data") == data)
    return bool(button["text"] == label if exact else label in button["text"])
