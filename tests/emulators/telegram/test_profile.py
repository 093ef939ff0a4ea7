from __future__ import annotations

import pytest
from telegram import Bot, BotCommandScopeAllGroupChats, MenuButtonCommands
from telegram.error import BadRequest

from tests.emulators.telegram import TelegramEmulator


async def test_commands_are_kept_per_scope_and_language(tg: TelegramEmulator, bot: Bot) -> None:
    await bot.set_my_commands([("new", "Start anew")])
    await bot.set_my_commands([("new", "Neu")], scope=BotCommandScopeAllGroupChats(), language_code="de")
    assert [command.description for command in await bot.get_my_commands()] == ["Start anew"]
    assert set(tg.world.commands) == {("default", ""), ("all_group_chats", "de")}


@pytest.mark.parametrize(
    ("command", "reason"),
    [(("New", "x"), "BOT_COMMAND_INVALID"), (("new", "x" * 257), "BOT_COMMAND_DESCRIPTION_INVALID")],
)
async def test_bad_commands_are_refused(bot: Bot, command: tuple[str, str], reason: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        await bot.set_my_commands([command])


async def test_descriptions_have_limits(tg: TelegramEmulator, bot: Bot) -> None:
    await bot.set_my_description("x" * 512)
    await bot.set_my_short_description("Short")
    assert tg.world.profile["short_description", ""] == "Short"
    with pytest.raises(BadRequest, match=r"(?i)BOT_DESCRIPTION_TOO_LONG"):
        await bot.set_my_description("x" * 513)


async def test_the_menu_button_is_kept(tg: TelegramEmulator, bot: Bot) -> None:
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert tg.world.menu_buttons[0] == {"type": "commands"}


async def test_chats_can_be_looked_up(tg: TelegramEmulator, bot: Bot) -> None:
    forum = tg.group("Forum", forum=True)
    chat = await bot.get_chat(forum.id)
    assert (chat.title, chat.is_forum, chat.type) == ("Forum", True, "supergroup")


async def test_topics_of_a_forum_need_an_administrator(tg: TelegramEmulator, bot: Bot) -> None:
    forum = tg.group(forum=True)
    with pytest.raises(BadRequest, match="Not enough rights"):
        await bot.create_forum_topic(forum.id, "News")
    tg.person().promote_bot(forum)
    assert (await bot.create_forum_topic(forum.id, "News")).name == "News"


async def test_waiting_in_vain_shows_the_screen(tg: TelegramEmulator) -> None:
    tg.person("Ada").say("hello?")
    with pytest.raises(AssertionError, match="Ada: hello"):
        await tg.until(lambda: False, timeout=0.05)
