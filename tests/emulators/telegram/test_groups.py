from __future__ import annotations

import pytest
from telegram import Bot

from tests.emulators.telegram import Person, Place, TelegramEmulator


@pytest.fixture
def ada(tg: TelegramEmulator) -> Person:
    return tg.person("Ada")


@pytest.fixture
def team(tg: TelegramEmulator) -> Place:
    return tg.group("Team")


async def heard(bot: Bot) -> list[str | None]:
    return [update.message.text for update in await bot.get_updates() if update.message]


async def test_with_privacy_the_bot_hears_only_what_is_meant_for_it(bot: Bot, ada: Person, team: Place) -> None:
    await bot.send_message(team.id, "I am here")
    answer = team.last
    assert answer is not None
    ada.say("chatter", team)
    ada.command("/ask", team)
    ada.command("/ask why", team, addressed=True)
    ada.say("/ask@other_bot", team)
    ada.mention("hello", team)
    ada.reply(answer, "and?")
    assert await heard(bot) == ["/ask", "/ask@fastgpt_test_bot why", "@fastgpt_test_bot hello", "and?"]


async def test_mentions_may_be_kept_from_it(tg: TelegramEmulator, bot: Bot, ada: Person, team: Place) -> None:
    tg.settings.mentions_reach_bot = False
    ada.mention("hello", team)
    assert await heard(bot) == []


async def test_without_privacy_or_as_administrator_it_hears_everything(
    tg: TelegramEmulator, bot: Bot, ada: Person, team: Place
) -> None:
    tg.settings.can_read_all_group_messages = True
    ada.say("one", team)
    tg.settings.can_read_all_group_messages = False
    ada.promote_bot(team)
    ada.say("two", team)
    assert await heard(bot) == ["one", "two"]


async def test_a_mention_is_marked_where_it_stands(bot: Bot, ada: Person, team: Place) -> None:
    ada.say("😀 @fastgpt_test_bot", team)
    ada.mention("by name", team, by_name=True)
    messages = [update.message for update in await bot.get_updates() if update.message]
    assert [list(message.parse_entities().values()) for message in messages] == [["@fastgpt_test_bot"], ["FastGPT"]]
    assert messages[1].entities[0].user is not None


async def test_messages_in_a_topic_name_it_and_reply_to_its_start(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    news = ada.topic("News", tg.group(forum=True))
    ada.mention("hello", news)
    message = [update.message for update in await bot.get_updates() if update.message][-1]
    assert (message.is_topic_message, message.message_thread_id) == (True, news.topic_id)
    assert message.reply_to_message is not None
    assert message.reply_to_message.forum_topic_created is not None


async def test_a_reply_outside_of_forums_belongs_to_a_chain_but_to_no_topic(bot: Bot, ada: Person, team: Place) -> None:
    await bot.send_message(team.id, "I am here")
    root = team.last
    assert root is not None
    ada.reply(root, "and?", quote="here")
    message = [update.message for update in await bot.get_updates() if update.message][-1]
    assert (message.message_thread_id, message.is_topic_message) == (root.id, None)
    assert message.quote is not None
    assert (message.quote.text, message.quote.position) == ("here", 5)


async def test_an_anonymous_administrator_has_the_groups_name(bot: Bot, ada: Person, team: Place) -> None:
    ada.promote_bot(team)
    ada.say("from the office", team, anonymous=True)
    message = [update.message for update in await bot.get_updates() if update.message][-1]
    assert message.from_user is not None
    assert message.from_user.id == 1087968824
    assert message.sender_chat is not None
    assert message.sender_chat.id == team.id


async def test_being_added_is_told_twice(bot: Bot, ada: Person, team: Place) -> None:
    ada.kick_bot(team)
    ada.add_bot(team)
    updates = await bot.get_updates()
    assert [bool(update.my_chat_member) for update in updates] == [True, True, False]
    assert updates[-1].message is not None
    assert [user.username for user in updates[-1].message.new_chat_members] == ["fastgpt_test_bot"]


async def test_an_album_is_one_update_per_item_with_one_caption(bot: Bot, ada: Person) -> None:
    ada.album(3, "holiday")
    messages = [update.message for update in await bot.get_updates() if update.message]
    assert [message.caption for message in messages] == ["holiday", None, None]
    assert len({message.media_group_id for message in messages}) == 1


async def test_a_long_paste_comes_in_pieces(bot: Bot, ada: Person) -> None:
    ada.paste("x" * 9000)
    assert [len(text or "") for text in await heard(bot)] == [4096, 4096, 808]


async def test_an_edit_by_a_person_is_told(bot: Bot, ada: Person) -> None:
    message = ada.say("frist")
    ada.edit(message, "first")
    edited = (await bot.get_updates())[-1].edited_message
    assert edited is not None
    assert (edited.text, edited.id) == ("first", message.id)
    assert ada.private.visible() == "Ada (edited): first"
