from __future__ import annotations

import pytest
from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from tests.emulators.telegram import FrozenClock, Person, TelegramEmulator
from tests.emulators.telegram.conftest import library_bot


@pytest.fixture
def ada(tg: TelegramEmulator) -> Person:
    person = tg.person("Ada")
    person.say("hello")
    return person


YES = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="yes")]])


async def test_an_edit_changes_the_screen_and_is_remembered(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "one")
    await bot.edit_message_text("one two", ada.id, sent.id)
    assert ada.private.last is not None
    assert ada.private.text == "one two"
    assert [version.text for version in ada.private.last.versions] == ["one", "one two"]
    assert [edit.text for edit in ada.private.last.edits] == ["one two"]


async def test_an_edit_without_a_keyboard_takes_the_keyboard_away(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "pick", reply_markup=YES)
    await bot.edit_message_text("picked", ada.id, sent.id)
    assert ada.private.buttons == []


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "pick", reply_markup=YES)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("pick", ada.id, sent.id, reply_markup=YES)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_reply_markup(ada.id, sent.id, reply_markup=YES)


async def test_what_is_not_there_or_not_its_own_cannot_be_edited(bot: Bot, ada: Person) -> None:
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("x", ada.id, 9999)
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("x", ada.id, ada.private.messages[0].id)


async def test_a_message_that_forces_a_reply_cannot_be_edited(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "Your name?", reply_markup=ForceReply())
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("x", ada.id, sent.id)


async def test_a_photo_has_a_caption_but_no_text_to_edit(bot: Bot, ada: Person) -> None:
    sent = await bot.send_photo(ada.id, b"\xff\xd8\xff", caption="before")
    with pytest.raises(BadRequest, match="no text in the message to edit"):
        await bot.edit_message_text("x", ada.id, sent.id)
    await bot.edit_message_caption(ada.id, sent.id, caption="after")
    assert ada.private.text == "after"


async def test_in_private_the_bot_may_delete_what_people_wrote(bot: Bot, ada: Person) -> None:
    secret = ada.say("my password")
    await bot.delete_message(ada.id, secret.id)
    assert "password" not in ada.private.visible()
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(ada.id, secret.id)


async def test_in_a_group_only_an_admin_may(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    team = tg.group()
    secret = ada.say("my password", team)
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(team.id, secret.id)
    ada.promote_bot(team)
    assert await bot.delete_messages(team.id, [secret.id, 9999])
    assert team.messages == [message for message in team.messages if message is not secret]


async def test_after_two_days_nothing_can_be_deleted() -> None:
    async with TelegramEmulator(clock=FrozenClock()) as tg, library_bot(tg) as bot:
        message = tg.person().say("old")
        tg.clock.advance(48 * 3600 + 1)
        with pytest.raises(BadRequest, match="Message can't be deleted"):
            await bot.delete_message(message.chat.id, message.id)


async def test_a_placeholder_can_become_a_rich_message(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "…")
    rich = {"markdown": "| a | b |\n| - | - |\n| 1 | 2 |"}
    parameters = {"chat_id": ada.id, "message_id": sent.id, "rich_message": rich}
    with pytest.warns(UserWarning, match=r"Please use 'Bot\."):
        raw = await bot.do_api_request("editMessageText", api_kwargs=parameters)
    assert raw["rich_message"] == rich
    assert "| 1 | 2 |" in ada.private.visible()


@pytest.mark.parametrize(
    "rich",
    [{}, {"markdown": "x" * 32769}, {"markdown": "<tg-thinking>x</tg-thinking>"}, {"markdown": "a", "html": "b"}],
)
async def test_rich_messages_beyond_the_rules_are_refused(bot: Bot, ada: Person, rich: dict[str, str]) -> None:
    with pytest.raises(BadRequest, match=r"(?i)RICH_MESSAGE"):
        await bot.do_api_request("sendRichMessage", api_kwargs={"chat_id": ada.id, "rich_message": rich})
