from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, EndPointNotFound, Forbidden

from tests.emulators.telegram import Person, TelegramEmulator
from tests.emulators.telegram.refusals import Refused


@pytest.fixture
def ada(tg: TelegramEmulator) -> Person:
    person = tg.person("Ada")
    person.say("hello")
    return person


async def test_what_the_bot_sends_is_on_screen(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "Hello, Ada", entities=[MessageEntity("bold", 7, 3)])
    assert ada.private.visible() == "Ada: hello\nbot: Hello, **Ada**"
    assert sent.text == "Hello, Ada"


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
async def test_a_message_without_text_is_refused(bot: Bot, ada: Person, text: str) -> None:
    with pytest.raises(BadRequest, match="Message text is empty"):
        await bot.send_message(ada.id, text)


async def test_a_message_holds_4096_characters(bot: Bot, ada: Person) -> None:
    await bot.send_message(ada.id, "x" * 4096)
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message(ada.id, "x" * 4097)


async def test_unknown_parameters_are_refused(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    with pytest.raises(BadRequest, match=r"(?i)unknown parameter of sendMessage: colour"):
        await bot.send_message(ada.id, "hi", api_kwargs={"colour": "red"})
    assert tg.refused[-1].params["colour"] == "red"


async def test_unknown_fields_inside_of_a_parameter_are_refused(http: httpx.AsyncClient, ada: Person) -> None:
    entities = [{"type": "bold", "offset": 0, "length": 2, "colour": "red"}]
    answer = await http.post("sendMessage", json={"chat_id": ada.id, "text": "hi", "entities": entities})
    assert (
        answer.json()["description"] == "Bad Request: unknown field in a parameter of sendMessage: entities[0].colour"
    )


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"text": "hi"}, "Bad Request: chat_id is empty"),
        ({"chat_id": 7}, "Bad Request: message text is empty"),
        ({"chat_id": 7, "text": "hi"}, "Bad Request: chat not found"),
        ({"chat_id": 7, "text": "hi", "reply_markup": "{"}, "Bad Request: can't parse reply_markup JSON object"),
    ],
)
async def test_bad_parameters_are_refused(http: httpx.AsyncClient, params: dict[str, str], reason: str) -> None:
    answer = await http.post("sendMessage", data=params)
    assert (answer.status_code, answer.json()["description"]) == (400, reason)


async def test_a_method_that_does_not_exist_is_not_found(bot: Bot) -> None:
    await bot.initialize()
    with pytest.raises(EndPointNotFound):
        await bot.do_api_request("sendTelepathy")


async def test_a_person_who_blocked_the_bot_cannot_be_reached(bot: Bot, ada: Person) -> None:
    ada.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ada.id, "hi")
    ada.unblock()
    assert (await bot.send_message(ada.id, "hi")).text == "hi"


async def test_a_person_who_never_wrote_cannot_be_reached(tg: TelegramEmulator, bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(tg.person("Grace").private.id, "hi")


async def test_a_group_that_kicked_the_bot_cannot_be_reached(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    team = tg.group()
    ada.kick_bot(team)
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(team.id, "hi")
    changes = [update.my_chat_member for update in await bot.get_updates() if update.my_chat_member]
    assert [change.new_chat_member.status for change in changes] == ["kicked"]


async def test_a_migrated_group_names_its_new_id(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    old = tg.group(kind="group")
    new = ada.migrate(old)
    with pytest.raises(ChatMigrated) as error:
        await bot.send_message(old.id, "hi")
    assert error.value.new_chat_id == new.id
    news = [update.message for update in await bot.get_updates() if update.message]
    assert [(message.migrate_to_chat_id, message.migrate_from_chat_id) for message in news[1:]] == [
        (new.id, None),
        (None, old.id),
    ]


async def test_a_reply_to_a_missing_message_is_refused_unless_allowed(bot: Bot, ada: Person) -> None:
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ada.id, "hi", reply_parameters=ReplyParameters(9999))
    lenient = ReplyParameters(9999, allow_sending_without_reply=True)
    assert (await bot.send_message(ada.id, "hi", reply_parameters=lenient)).reply_to_message is None


async def test_a_forced_reply_is_shown_and_answered(tg: TelegramEmulator, bot: Bot) -> None:
    team, ada = tg.group(), tg.person("Ada")
    await bot.send_message(team.id, "Your name?", reply_markup=ForceReply(input_field_placeholder="First and last"))
    asked = team.asked_to_reply
    assert asked is not None
    assert "(reply: First and last)" in team.visible()
    assert ada.reply(asked, "Ada Lovelace").update_id > 0


async def test_topics_are_checked(tg: TelegramEmulator, bot: Bot) -> None:
    forum = tg.group(forum=True)
    news = tg.person("Ada").topic("News", forum)
    await bot.send_message(forum.id, "in the topic", message_thread_id=news.topic_id)
    assert (news.texts, forum.texts) == (["in the topic"], [])
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.id, "General has no id", message_thread_id=1)
    news.close_topic()
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(forum.id, "closed", message_thread_id=news.topic_id)
    news.delete_topic()
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.id, "deleted", message_thread_id=news.topic_id)


async def test_a_reply_lands_in_the_topic_of_what_it_answers(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    news = ada.topic("News", tg.group(forum=True))
    question = ada.mention("hello", news)
    await bot.send_message(news.id, "hi", reply_parameters=ReplyParameters(question.id))
    assert news.texts == ["hi"]


async def test_what_would_change_who_sees_it_is_refused_rather_than_ignored(bot: Bot, ada: Person) -> None:
    parameters = {"ephemeral_message_parameters": {"receiver_user_id": ada.id}}
    with pytest.raises(BadRequest, match="not emulated"):
        await bot.send_message(ada.id, "only you", api_kwargs=parameters)


async def test_uploads_arrive_with_name_and_bytes(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    sent = await bot.send_document(ada.id, b"print(1)", filename="snippet.py", caption="code")
    assert sent.document is not None
    file = await bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"print(1)"
    assert (sent.document.file_name, ada.private.visible()) == ("snippet.py", "Ada: hello\nbot: <document>\ncode")


async def test_a_file_over_20_mb_cannot_be_fetched(bot: Bot, ada: Person) -> None:
    document = ada.document(b"big", size=20 * 1024 * 1024 + 1).media["document"]
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(document["file_id"])


async def test_a_caption_holds_1024_characters(bot: Bot, ada: Person) -> None:
    await bot.send_photo(ada.id, b"\xff\xd8\xff", caption="x" * 1024)
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(ada.id, b"\xff\xd8\xff", caption="x" * 1025)


def keys(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(rows)


def key(text: str = "Yes", data: str = "yes") -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=data)


@pytest.mark.parametrize(
    ("keyboard", "reason"),
    [
        (keys([key(data="x" * 65)]), "BUTTON_DATA_INVALID"),
        (keys([key(data="ä" * 33)]), "BUTTON_DATA_INVALID"),
        (keys([key(text=" ")]), "text must be non-empty"),
        (keys([InlineKeyboardButton("Nothing behind it")]), "Text buttons are unallowed"),
        (keys([InlineKeyboardButton("Docs", url="http://fastgpt:3000/docs")]), "URL .* is invalid"),
        (keys([key()] * 9), "REPLY_MARKUP_TOO_LONG"),
        (keys(*[[key()]] * 101), "REPLY_MARKUP_TOO_LONG"),
        (keys([InlineKeyboardButton("Two", url="https://a.example", callback_data="b")]), "exactly one"),
    ],
)
async def test_bad_keyboards_are_refused(bot: Bot, ada: Person, keyboard: InlineKeyboardMarkup, reason: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        await bot.send_message(ada.id, "pick", reply_markup=keyboard)


async def test_a_keyboard_within_the_limits_is_taken(bot: Bot, ada: Person) -> None:
    rows = [[key(str(row * 8 + column), "x" * 64) for column in range(8)] for row in range(12)]
    await bot.send_message(ada.id, "pick", reply_markup=keys(*rows))
    assert len(ada.private.buttons) == 96


def test_constant_names_keep_their_case_and_sentences_lose_it() -> None:
    describe: Callable[[str], str] = lambda reason: Refused(400, reason).description  # noqa: E731
    assert describe("Entity URL 'x' is invalid") == "Bad Request: entity URL 'x' is invalid"
    assert describe("TOPIC_CLOSED") == "Bad Request: TOPIC_CLOSED"
