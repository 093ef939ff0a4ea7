from __future__ import annotations

import asyncio

import pytest
from telegram import Bot, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import Conflict, InvalidToken

from tests.emulators.telegram import Clock, FrozenClock, TelegramEmulator
from tests.emulators.telegram.conftest import library_bot


async def test_the_library_says_who_it_is(tg: TelegramEmulator, bot: Bot) -> None:
    tg.settings.has_topics_enabled = True
    me = await bot.get_me()
    assert (me.username, me.has_topics_enabled, me.can_read_all_group_messages) == ("fastgpt_test_bot", True, False)


async def test_a_wrong_token_is_refused(tg: TelegramEmulator) -> None:
    wrong = Bot("110201543:wrong", base_url=tg.base_url)
    with pytest.raises(InvalidToken):
        await wrong.initialize()
    await wrong.shutdown()


async def test_an_update_comes_again_until_a_higher_offset_confirms_it(tg: TelegramEmulator, bot: Bot) -> None:
    tg.person().say("hello")
    first = await bot.get_updates()
    assert [update.update_id for update in await bot.get_updates()] == [first[0].update_id]
    assert await bot.get_updates(offset=first[0].update_id + 1) == ()


async def test_updates_come_in_order_and_up_to_the_limit(tg: TelegramEmulator, bot: Bot) -> None:
    ada = tg.person()
    for word in ("one", "two", "three"):
        ada.say(word)
    assert [update.message.text for update in await bot.get_updates(limit=2) if update.message] == ["one", "two"]


async def test_a_negative_offset_forgets_all_but_the_last(tg: TelegramEmulator, bot: Bot) -> None:
    ada = tg.person()
    for word in ("one", "two", "three"):
        ada.say(word)
    assert len(await bot.get_updates(offset=-1)) == 1
    assert len(tg.unhandled) == 1


async def test_a_long_poll_answers_as_soon_as_somebody_writes(tg: TelegramEmulator, bot: Bot) -> None:
    polling = asyncio.create_task(bot.get_updates(timeout=30))
    await tg.until(lambda: tg.updates.polls)
    tg.person().say("now")
    async with asyncio.timeout(1):
        assert len(await polling) == 1


async def test_the_older_of_two_polls_is_ended_with_a_conflict(tg: TelegramEmulator, bot: Bot) -> None:
    older = asyncio.create_task(bot.get_updates(timeout=30))
    await tg.until(lambda: tg.updates.polls)
    async with library_bot(tg) as second:
        await second.get_updates(timeout=0)
    with pytest.raises(Conflict, match="terminated by other getUpdates"):
        await older
    assert tg.updates.conflicts == 1


async def test_an_abandoned_poll_is_no_conflict(tg: TelegramEmulator, bot: Bot) -> None:
    abandoned = asyncio.create_task(bot.get_updates(timeout=30))
    await tg.until(lambda: tg.updates.polls)
    abandoned.cancel()
    await tg.until(lambda: not tg.updates.is_polled)
    await bot.get_updates()
    assert tg.updates.conflicts == 0


async def test_polling_is_refused_while_a_webhook_is_set(tg: TelegramEmulator, bot: Bot) -> None:
    await bot.set_webhook("https://bridge.example.org/hook")
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_the_same_offset_again_at_once_yields_one_update_only() -> None:
    async with TelegramEmulator(repoll_penalty=True) as tg, library_bot(tg) as bot:
        ada = tg.person()
        ada.say("one")
        ada.say("two")
        assert len(await bot.get_updates()) == 2
        assert len(await bot.get_updates()) == 1


async def test_messages_wait_a_day_and_presses_two_and_a_half_minutes() -> None:
    async with TelegramEmulator(clock=FrozenClock(), repoll_penalty=False) as tg, library_bot(tg) as bot:
        ada = tg.person()
        ada.say("hello")
        await bot.send_message(ada.id, "pick", reply_markup=one_button())
        ada.press("Yes")
        tg.clock.advance(149)
        assert [update.callback_query is not None for update in await bot.get_updates()] == [False, True]
        tg.clock.advance(2)
        assert [update.callback_query is not None for update in await bot.get_updates()] == [False]
        tg.clock.advance(24 * 3600)
        assert await bot.get_updates() == ()


async def test_reactions_come_only_when_asked_for_and_the_wish_persists(tg: TelegramEmulator, bot: Bot) -> None:
    ada = tg.person()
    message = ada.say("hello")
    assert ada.react(message, "👍") == 0
    await bot.get_updates(allowed_updates=["message_reaction"])
    await bot.get_updates()
    assert ada.react(message, "👎") > 0
    assert ada.say("not asked for").update_id == 0


async def test_an_empty_wish_means_the_default_kinds(tg: TelegramEmulator, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    await bot.get_updates(allowed_updates=[])
    assert "message" in tg.updates.allowed
    assert "message_reaction" not in tg.updates.allowed


async def test_a_confirmed_update_can_be_delivered_again_on_request(tg: TelegramEmulator, bot: Bot) -> None:
    message = tg.person().say("once")
    await bot.get_updates(offset=message.update_id + 1)
    tg.redeliver(message.update_id, times=2)
    seen = [[update.update_id for update in await bot.get_updates(offset=message.update_id + 1)] for _ in range(3)]
    assert seen == [[message.update_id], [message.update_id], []]


async def test_an_update_that_still_waits_overtakes_none_before_it(tg: TelegramEmulator, bot: Bot) -> None:
    first, *_, last = [tg.person().say(f"message {number}") for number in range(101)]
    tg.redeliver(last.update_id)
    assert [update.update_id for update in await bot.get_updates()] == list(range(first.update_id, last.update_id))


async def test_poison_reaches_the_library_as_it_is(tg: TelegramEmulator, bot: Bot) -> None:
    tg.inject({"callback_query": {"id": "1", "from": {"id": 1, "is_bot": False, "first_name": "X"}}})
    with pytest.raises(TypeError, match="chat_instance"):
        await bot.get_updates()


async def test_everything_people_send_is_read_by_the_library(tg: TelegramEmulator, bot: Bot) -> None:
    ada = tg.person()
    sent = [
        ada.say("hello @someone https://example.org"),
        ada.photo(caption="look"),
        ada.document(b"text"),
        ada.voice(),
        ada.sticker(),
        ada.poll(),
        ada.location(),
        ada.contact(),
        *ada.album(3, "holiday"),
        *ada.paste("x" * 5000),
    ]
    received = await bot.get_updates()
    assert [(update.message or sent[0]).id for update in received] == [message.id for message in sent]
    kinds = {kind for update in received if update.message for kind in attached(update.message)}
    assert kinds == {"photo", "document", "voice", "sticker", "poll", "location", "contact"}


def attached(message: Message) -> set[str]:
    return {kind for kind in ("photo", "document", "voice", "sticker", "poll", "location", "contact") if message[kind]}


async def test_a_press_is_a_callback_query_the_library_understands(tg: TelegramEmulator, bot: Bot) -> None:
    ada = tg.person()
    ada.say("hello")
    await bot.send_message(ada.id, "pick", reply_markup=one_button())
    first, second = ada.press("Yes"), ada.press("Yes")
    queries = [query for update in await bot.get_updates() if (query := pressed(update))]
    assert [query.data for query in queries] == ["yes", "yes"]
    assert first.id != second.id
    assert queries[0].message is not None


def pressed(update: Update) -> CallbackQuery | None:
    return update.callback_query


async def test_the_server_can_be_away_for_a_while_and_forgets_nothing() -> None:
    async with TelegramEmulator(clock=Clock()) as tg, library_bot(tg) as bot:
        await tg.go_down()
        tg.person().say("is anybody there?")
        await tg.come_up()
        assert len(await bot.get_updates()) == 1


def one_button() -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="yes")]])
