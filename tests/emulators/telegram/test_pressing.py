from __future__ import annotations

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.error import BadRequest

from tests.emulators.telegram import FrozenClock, Person, TelegramEmulator
from tests.emulators.telegram.conftest import library_bot

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton(word, callback_data=f"d:{word}") for word in ("Yes", "No")]])
TOO_OLD = "(?i)query is too old and response timeout expired or query ID is invalid"


@pytest.fixture
def ada(tg: TelegramEmulator) -> Person:
    person = tg.person("Ada")
    person.say("hello")
    return person


@pytest.fixture
async def question(bot: Bot, ada: Person) -> Message:
    return await bot.send_message(ada.id, "pick", reply_markup=KEYS)


@pytest.mark.usefixtures("question")
async def test_an_answer_is_shown_as_note_or_as_dialog(bot: Bot, ada: Person) -> None:
    note, dialog = ada.press("Yes"), ada.press(data="d:No")
    await bot.answer_callback_query(note.id, "Thanks")
    await bot.answer_callback_query(dialog.id, "Not your question", show_alert=True)
    assert (ada.toasts, ada.alerts) == (["Thanks"], ["Not your question"])


@pytest.mark.usefixtures("question")
async def test_an_answer_holds_200_characters(bot: Bot, ada: Person) -> None:
    with pytest.raises(BadRequest, match=r"(?i)MESSAGE_TOO_LONG"):
        await bot.answer_callback_query(ada.press("Yes").id, "x" * 201)


async def test_a_press_can_be_answered_for_fifteen_seconds() -> None:
    async with TelegramEmulator(clock=FrozenClock()) as tg, library_bot(tg) as bot:
        ada = tg.person()
        ada.say("hello")
        await bot.send_message(ada.id, "pick", reply_markup=KEYS)
        press = ada.press("Yes")
        tg.clock.advance(15)
        assert await bot.answer_callback_query(press.id)
        tg.clock.advance(0.1)
        with pytest.raises(BadRequest, match=TOO_OLD):
            await bot.answer_callback_query(press.id)


async def test_an_unknown_press_counts_as_too_old(bot: Bot) -> None:
    with pytest.raises(BadRequest, match=TOO_OLD):
        await bot.answer_callback_query("123")


async def test_a_button_that_is_gone_can_only_be_pressed_by_a_stale_client(
    bot: Bot, ada: Person, question: Message
) -> None:
    await bot.edit_message_reply_markup(ada.id, question.id)
    with pytest.raises(AssertionError, match="no button 'Yes'"):
        ada.press("Yes")
    assert ada.press("Yes", stale=True).data == "d:Yes"


async def test_a_press_on_a_deleted_message_names_it_only(
    tg: TelegramEmulator, bot: Bot, ada: Person, question: Message
) -> None:
    stored = ada.private.last
    assert stored is not None
    await bot.delete_message(ada.id, question.id)
    press = ada.press("Yes", on=stored)
    body = tg.updates[press.update_id].raw["callback_query"]["message"]
    assert body == {"chat": stored.chat.json(), "message_id": question.id, "date": 0}


async def test_the_bot_reacts_with_one_standard_emoji(bot: Bot, ada: Person) -> None:
    message = ada.private.messages[0]
    await bot.set_message_reaction(ada.id, message.id, "👀")
    assert [reaction["emoji"] for reaction in message.reactions[bot.id]] == ["👀"]
    with pytest.raises(BadRequest, match=r"(?i)REACTION_INVALID"):
        await bot.set_message_reaction(ada.id, message.id, "🧀")


async def test_reactions_in_groups_reach_administrators_only(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    await bot.get_updates(allowed_updates=["message_reaction"])
    team = tg.group()
    message = ada.say("hello", team)
    assert ada.react(message, "👍") == 0
    ada.promote_bot(team)
    assert ada.react(message, "👎") > 0
    change = (await bot.get_updates())[-1].message_reaction
    assert change is not None
    assert [len(change.old_reaction), len(change.new_reaction)] == [1, 1]
