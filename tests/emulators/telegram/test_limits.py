from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from telegram import Bot
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut

from tests.emulators.telegram import FrozenClock, Person, TelegramEmulator, faults

pytestmark = pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")  # the type of retry_after


@pytest.fixture
async def tg() -> AsyncIterator[TelegramEmulator]:
    async with TelegramEmulator(clock=FrozenClock(), repoll_penalty=False) as emulator:
        yield emulator


@pytest.fixture
def ada(tg: TelegramEmulator) -> Person:
    person = tg.person("Ada")
    person.say("hello")
    return person


async def test_a_chat_takes_a_short_burst_and_then_one_message_a_second(
    tg: TelegramEmulator, bot: Bot, ada: Person
) -> None:
    for number in range(5):
        await bot.send_message(ada.id, f"burst {number}")
    with pytest.raises(RetryAfter):
        await bot.send_message(ada.id, "one too many")
    tg.clock.advance(5)
    for number in range(10):
        tg.clock.advance(1)
        await bot.send_message(ada.id, f"calm {number}")


async def test_edits_count_like_messages(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "0")
    for number in range(1, 5):
        await bot.edit_message_text(str(number), ada.id, sent.id)
    with pytest.raises(RetryAfter):
        await bot.edit_message_text("5", ada.id, sent.id)


async def test_a_ban_holds_until_its_time_is_over(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    tg.flood_ban(ada.private, 30)
    with pytest.raises(RetryAfter, match="30"):
        await bot.send_message(ada.id, "hi")
    tg.clock.advance(29.5)
    with pytest.raises(RetryAfter):
        await bot.send_message(ada.id, "hi")
    tg.clock.advance(1)
    await bot.send_message(ada.id, "hi")


async def test_a_group_takes_twenty_a_minute(tg: TelegramEmulator, bot: Bot) -> None:
    team = tg.group()
    for number in range(20):
        await bot.send_message(team.id, str(number))
        tg.clock.advance(1)
    with pytest.raises(RetryAfter):
        await bot.send_message(team.id, "one too many")
    tg.clock.advance(60)
    await bot.send_message(team.id, "again")


async def test_a_bot_sends_thirty_a_second_overall(tg: TelegramEmulator, bot: Bot) -> None:
    groups = [tg.group() for _ in range(31)]
    for group in groups[:30]:
        await bot.send_message(group.id, "hi")
    with pytest.raises(RetryAfter):
        await bot.send_message(groups[30].id, "hi")


async def test_flood_control_can_be_switched_off(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    tg.flood.enforced = False
    for number in range(40):
        await bot.send_message(ada.id, str(number))
    assert len(ada.private.texts) == 40


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.too_many_requests(7), RetryAfter),
        (faults.server_error(500), NetworkError),
        (faults.html(502), NetworkError),
        (faults.garbage(), TelegramError),
        (faults.refused(400, "message to edit not found"), BadRequest),
        (faults.reset(), NetworkError),
    ],
)
async def test_a_fault_hits_once_and_sends_nothing(
    tg: TelegramEmulator, bot: Bot, ada: Person, fault: faults.Fault, error: type[TelegramError]
) -> None:
    tg.fail("sendMessage", fault)
    with pytest.raises(error):
        await bot.send_message(ada.id, "lost")
    await bot.send_message(ada.id, "arrived")
    assert ada.private.texts == ["arrived"]


async def test_a_send_whose_answer_is_lost_has_happened(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    tg.fail("sendMessage", faults.reset(takes_effect=True))
    with pytest.raises(NetworkError):
        await bot.send_message(ada.id, "said anyway")
    assert ada.private.texts == ["said anyway"]


async def test_a_send_may_never_be_answered(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    tg.fail("sendMessage", faults.never_answered())
    with pytest.raises(TimedOut):
        await bot.send_message(ada.id, "said anyway", read_timeout=0.2)
    assert ada.private.texts == ["said anyway"]


async def test_faults_wait_for_their_turn_and_their_chat(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    grace = tg.person("Grace")
    grace.say("hello")
    tg.fail("sendMessage", faults.server_error(), after=1, when=lambda params: bool(params["chat_id"] == ada.id))
    await bot.send_message(grace.id, "one")
    await bot.send_message(ada.id, "two")
    with pytest.raises(NetworkError):
        await bot.send_message(ada.id, "three")


async def test_a_slow_answer_is_still_an_answer(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    tg.fail("sendMessage", faults.slow(0.1))
    started = time.monotonic()
    await bot.send_message(ada.id, "slow")
    assert time.monotonic() - started >= 0.1


async def test_closing_does_not_wait_for_open_polls() -> None:
    from tests.emulators.telegram.conftest import library_bot

    async with TelegramEmulator() as tg, library_bot(tg) as bot:
        polling = asyncio.create_task(bot.get_updates(timeout=30))
        await tg.until(lambda: tg.updates.polls)
        started = time.monotonic()
        await tg.go_down()
        assert time.monotonic() - started < 2
        with pytest.raises(TelegramError):
            await polling
