"""What a paused workflow asks, on screen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.telegram.adapter import TelegramAdapter
from bridge.domain.errors import PlatformError
from bridge.domain.events import Ending, InteractionRequested, TextAdded, TurnEnded
from bridge.domain.interactions import Choice, Field, FieldType, Form, Pause
from tests.adapters.telegram.doubles import a_turn, an_interaction, key
from tests.builders import choice
from tests.doubles import RecordingDelivery, stream
from tests.emulators.telegram import Person, TelegramEmulator, faults
from tests.emulators.telegram import Place as EmulatedPlace

FORM = Form("Your trip", (Field("city", "City", FieldType.INPUT), Field("days", "Days", FieldType.NUMBER)))


@pytest.fixture
def team(tg: TelegramEmulator, ada: Person) -> EmulatedPlace:
    place = tg.group("Team")
    ada.say("hi", place)
    return place


async def paused(
    adapter: TelegramAdapter, tg: TelegramEmulator, place: EmulatedPlace, ask: Choice | Form | Pause, text: str = ""
) -> RecordingDelivery:
    where = key(place, tg)
    delivery = RecordingDelivery(a_turn(where))
    events = [TextAdded(text)] if text else []
    interaction = an_interaction(where, ask)
    await adapter.deliver(delivery, stream(*events, InteractionRequested(interaction), TurnEnded(Ending.PAUSED, text)))
    return delivery


async def test_a_choice_stands_as_buttons_below_the_text(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    delivery = await paused(adapter, tg, ada.private, choice("Tea", "Coffee"), "Let me ask.")
    assert ada.private.texts == ["Let me ask.", "Which one?"]
    assert ada.private.buttons == ["Tea", "Coffee"]
    shown = delivery.shown_in[next(iter(delivery.shown_in))]
    assert ada.private.last is not None
    assert shown.id == f"{ada.id}/{ada.private.last.id}"


async def test_a_pause_without_text_shows_the_controls_alone(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, team: EmulatedPlace
) -> None:
    await paused(adapter, tg, ada.private, choice("Tea", "Coffee"))
    await paused(adapter, tg, team, choice("Tea", "Coffee"))
    assert ada.private.texts == ["Which one?"]
    assert team.texts == ["Ada:\nWhich one?"]


async def test_controls_that_are_on_screen_are_not_posted_again(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    first = await paused(adapter, tg, ada.private, choice("Tea", "Coffee"), "Let me ask.")
    where = key(ada.private, tg)
    message = next(iter(first.shown_in.values()))
    known = replace(an_interaction(where, choice("Tea", "Coffee")), message=message)
    await adapter.deliver(first.again(), stream(InteractionRequested(known), TurnEnded(Ending.PAUSED, "Let me ask.")))
    assert ada.private.texts == ["Let me ask.", "Which one?"]


async def test_controls_that_were_sent_but_not_committed_are_found_again(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    first = await paused(adapter, tg, ada.private, choice("Tea", "Coffee"))
    second = first.again()
    asked = an_interaction(key(ada.private, tg), choice("Tea", "Coffee"))
    await adapter.deliver(second, stream(InteractionRequested(asked), TurnEnded(Ending.PAUSED, "")))
    assert len(ada.private.texts) == 1
    assert second.shown_in == first.shown_in


async def test_controls_of_unknown_fate_are_left_to_another_attempt(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    tg.fail("sendMessage", faults.reset(takes_effect=False))
    with pytest.raises(PlatformError):
        await paused(adapter, tg, ada.private, choice("Tea", "Coffee"))
    await paused(adapter, tg, ada.private, choice("Tea", "Coffee"))
    assert ada.private.buttons == ["Tea", "Coffee"]


async def test_a_form_is_a_card_that_says_how_long_it_takes(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    await paused(adapter, tg, ada.private, FORM)
    assert ada.private.texts == ["Your trip\n\n📝 2 questions"]
    assert ada.private.buttons == []


async def test_a_pause_has_a_way_on(adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person) -> None:
    await paused(adapter, tg, ada.private, Pause("Out of points."))
    assert ada.private.texts == ["Out of points."]
    assert ada.private.buttons == ["Continue"]


async def test_a_hundred_options_are_listed_with_numbered_buttons(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    await paused(adapter, tg, ada.private, choice(*(f"Option {n}" for n in range(1, 121))))
    assert "120. Option 120" in ada.private.text
    assert ada.private.buttons[:2] == ["1", "2"]
    assert len(ada.private.buttons) == 100
    assert tg.refused == []
