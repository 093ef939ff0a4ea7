"""What is on screen in the end after a refusal, a limit, a timeout, a lost lease or another worker came in between."""

from __future__ import annotations

import asyncio

import pytest

from adapters.telegram.adapter import TelegramAdapter
from bridge.domain.errors import LeaseLost, PlatformError, PlatformFault
from bridge.domain.events import TextAdded
from bridge.domain.phrases import MAYBE_MISSING, MAYBE_TWICE
from bridge.domain.turns import Part, PartState
from tests.adapters.telegram.answers import PARAGRAPHS, answered, done, turn_in
from tests.adapters.telegram.doubles import FastClock
from tests.doubles import RecordingDelivery, stream
from tests.emulators.telegram import Person, TelegramEmulator, faults
from tests.emulators.telegram import Place as EmulatedPlace

# --- refusals and limits


async def test_a_part_that_telegram_refuses_is_sent_as_plain_text(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    tg.fail("sendMessage", faults.refused(400, "can't parse entities: whatever"))
    await answered(adapter, tg, ada.private, "A **bold** word")
    assert ada.private.texts == ["A bold word"]
    assert ada.private.last is not None
    assert ada.private.last.entities == []


async def test_a_server_error_before_the_answer_was_taken_is_tried_again(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    tg.fail("sendMessage", faults.server_error(500))
    await answered(adapter, tg, ada.private, "Yes.")
    assert ada.private.texts == ["Yes."]


async def test_a_rate_limit_delays_the_final_text_of_that_chat_only(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, clock: FastClock
) -> None:
    bob = tg.person("Bob")
    bob.say("Hi")
    tg.flood_ban(ada.private, 6)
    began = clock()
    slow = asyncio.create_task(answered(adapter, tg, ada.private, "Ada's."))
    await answered(adapter, tg, bob.private, "Bob's.")
    bobs = clock() - began
    await slow
    assert ada.private.texts == ["Ada's."]
    assert bobs < 6 <= clock() - began


async def test_a_long_ban_is_handed_to_the_core_with_the_time_to_wait(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    tg.flood_ban(ada.private, 300)
    delivery = RecordingDelivery(turn_in(ada.private, tg))
    with pytest.raises(PlatformError) as caught:
        await adapter.deliver(delivery, stream(done("Later.")))
    assert caught.value.fault is PlatformFault.RATE_LIMITED
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 250
    assert delivery.turn.parts[0].state is PartState.PLANNED


async def test_drafts_that_are_refused_become_edits_and_stay_so_for_an_hour(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, clock: FastClock
) -> None:
    tg.fail("sendMessageDraft", faults.refused(400, "TEXTDRAFT_PEER_INVALID"), times=99)

    async def placeholder() -> None:
        await tg.until(lambda: ada.private.texts)

    await adapter.deliver(
        RecordingDelivery(turn_in(ada.private, tg)), stream(placeholder, TextAdded("On"), done("One."))
    )
    drafts = len(tg.calls_of("sendMessageDraft"))
    await answered(adapter, tg, ada.private, "Two.")
    assert ada.private.texts == ["One.", "Two."]
    assert len(tg.calls_of("sendMessageDraft")) == drafts
    clock.advance(3601)
    await answered(adapter, tg, ada.private, "Three.")
    assert len(tg.calls_of("sendMessageDraft")) > drafts


async def test_somebody_who_blocked_the_bot_is_gone(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    ada.block()
    with pytest.raises(PlatformError) as caught:
        await answered(adapter, tg, ada.private, "Hello?")
    assert caught.value.fault is PlatformFault.GONE


async def test_a_group_that_moved_gets_the_answer_where_it_is_now(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    old = tg.group("Old", kind="group")
    ada.say("hi", old)
    new = ada.migrate(old)
    await answered(adapter, tg, old, "Found you.")
    assert "Found you." in new.texts


# --- what a crash, a timeout or another worker leaves


async def test_a_send_whose_fate_is_unknown_is_not_repeated_and_is_said(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    tg.fail("sendMessage", faults.reset(takes_effect=True))
    delivery = await answered(adapter, tg, ada.private, "Once.")
    assert ada.private.texts == ["Once.", MAYBE_MISSING]
    assert delivery.turn.parts[0].state is PartState.UNKNOWN
    again = delivery.again()
    await adapter.deliver(again, stream(done("Once.")))
    assert ada.private.texts == ["Once.", MAYBE_MISSING]


async def test_the_parts_after_an_unknown_one_are_sent(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    tg.fail("sendMessage", faults.reset(takes_effect=False))
    await answered(adapter, tg, ada.private, "\n\n".join(PARAGRAPHS))
    assert len(ada.private.texts) == 3
    assert ada.private.texts[-1] == MAYBE_MISSING


async def test_a_part_interrupted_while_sending_is_sent_again_and_says_so(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    delivery = RecordingDelivery(turn_in(ada.private, tg, Part(0, PartState.SENDING)))
    await adapter.deliver(delivery, stream(done("Here.")))
    assert ada.private.texts == [f"Here.\n\n{MAYBE_TWICE}"]


async def test_what_a_killed_process_had_on_screen_is_edited_not_repeated(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, team: EmulatedPlace
) -> None:
    delivery = RecordingDelivery(turn_in(team, tg), lost_after=2)
    with pytest.raises(LeaseLost):
        await adapter.deliver(delivery, stream(TextAdded("Half"), done("Half of it.")))
    assert len(team.texts) == 1
    await adapter.deliver(delivery.again(), stream(done("Half of it.")))
    assert team.texts == ["Half of it."]


async def test_a_final_part_is_left_alone(adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person) -> None:
    delivery = await answered(adapter, tg, ada.private, "Done.")
    calls = len(tg.calls_of("sendMessage", "editMessageText"))
    await adapter.deliver(delivery.again(), stream(done("Done.")))
    assert len(tg.calls_of("sendMessage", "editMessageText")) == calls


async def test_without_the_lease_nothing_is_sent(adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person) -> None:
    delivery = RecordingDelivery(turn_in(ada.private, tg), lost_after=0)
    with pytest.raises(LeaseLost):
        await adapter.deliver(delivery, stream(done("Never.")))
    assert tg.calls_of("sendMessage") == []


async def test_a_lease_that_is_lost_while_waiting_for_a_rate_limit_sends_nothing(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    tg.fail("sendMessage", faults.too_many_requests(1))
    delivery = RecordingDelivery(turn_in(ada.private, tg), lost_after=1)
    with pytest.raises(LeaseLost):
        await adapter.deliver(delivery, stream(done("Never.")))
    assert ada.private.texts == []


async def test_a_final_edit_is_repeated_until_it_is_known_to_be_there(
    adapter: TelegramAdapter, tg: TelegramEmulator, team: EmulatedPlace
) -> None:
    tg.fail("editMessageText", faults.reset(takes_effect=True))
    tg.fail("editMessageText", faults.html(502))
    delivery = await answered(adapter, tg, team, "Yes.")
    assert team.texts == ["Yes."]
    assert delivery.turn.parts[0].is_final


async def test_a_placeholder_that_somebody_deleted_is_replaced(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, team: EmulatedPlace
) -> None:
    async def deleted() -> None:
        message = await tg.until(lambda: team.last)
        assert message is not None
        ada.delete(message)

    await adapter.deliver(RecordingDelivery(turn_in(team, tg)), stream(deleted, TextAdded("Yes"), done("Yes.")))
    assert team.texts == ["Yes."]


async def test_a_placeholder_of_unknown_fate_costs_no_answer(
    adapter: TelegramAdapter, tg: TelegramEmulator, team: EmulatedPlace
) -> None:
    tg.fail("sendMessage", faults.reset(takes_effect=True))
    await answered(adapter, tg, team, "Yes.")
    assert [text for text in team.texts if text != "Thinking…"] == ["Yes."]
