from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telegram import Bot
from telegram.error import BadRequest, RetryAfter

from tests.emulators.telegram import FrozenClock, Person, TelegramEmulator
from tests.emulators.telegram.conftest import library_bot

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


async def test_a_draft_grows_on_screen_until_the_message_comes(bot: Bot, ada: Person) -> None:
    await bot.send_message_draft(ada.id, 7, "")
    assert ada.private.visible().endswith("… Thinking")
    await bot.send_message_draft(ada.id, 7, "The answer")
    await bot.send_message_draft(ada.id, 7, "The answer is 42")
    assert ada.private.draft is not None
    assert ada.private.draft.texts == ["", "The answer", "The answer is 42"]
    await bot.send_message(ada.id, "The answer is 42.")
    assert ada.private.visible() == "Ada: hello\nbot: The answer is 42."


async def test_the_message_takes_the_place_of_a_draft_that_begins_like_it(bot: Bot, ada: Person) -> None:
    await bot.send_message_draft(ada.id, 7, "The answer")
    await bot.send_message(ada.id, "The answer is 42.")
    assert ada.private.last is not None
    assert ada.private.last.adopted_draft is ada.private.drafts[0]


async def test_a_draft_after_the_message_haunts_the_screen(bot: Bot, ada: Person) -> None:
    await bot.send_message_draft(ada.id, 7, "The answer")
    await bot.send_message(ada.id, "The answer is 42.")
    await bot.send_message_draft(ada.id, 7, "The answer is")
    assert ada.private.draft is not None


async def test_a_draft_fades_after_thirty_seconds(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    await bot.send_message_draft(ada.id, 7, "The answer")
    tg.clock.advance(29)
    await bot.send_message_draft(ada.id, 7, "The answer is")
    tg.clock.advance(29)
    assert ada.private.draft is not None
    tg.clock.advance(1)
    assert ada.private.draft is None


async def test_another_id_replaces_the_draft(bot: Bot, ada: Person) -> None:
    await bot.send_message_draft(ada.id, 7, "one")
    await bot.send_message_draft(ada.id, 8, "two")
    assert ada.private.visible().count("…") == 1
    assert [draft.id for draft in ada.private.drafts] == [7, 8]


async def test_groups_know_no_drafts(tg: TelegramEmulator, bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)TEXTDRAFT_PEER_INVALID"):
        await bot.send_message_draft(tg.group().id, 7, "x")


async def test_a_draft_needs_an_id_and_a_message_length(bot: Bot, ada: Person) -> None:
    with pytest.raises(BadRequest, match=r"(?i)DRAFT_ID_INVALID"):
        await bot.send_message_draft(ada.id, 0, "x")
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message_draft(ada.id, 7, "x" * 4097)


async def test_drafts_and_chat_actions_share_twenty_in_five_seconds(bot: Bot, ada: Person) -> None:
    for number in range(19):
        await bot.send_message_draft(ada.id, 7, f"frame {number}")
    await bot.send_chat_action(ada.id, "typing")
    with pytest.raises(RetryAfter):
        await bot.send_message_draft(ada.id, 7, "one too many")


async def test_and_forty_in_thirty_seconds(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    for number in range(40):
        tg.clock.advance(0.7)
        await bot.send_message_draft(ada.id, 7, f"frame {number}")
    with pytest.raises(RetryAfter):
        await bot.send_message_draft(ada.id, 7, "one too many")
    tg.clock.advance(5)
    await bot.send_message_draft(ada.id, 7, "again")


@pytest.mark.parametrize("keep", [False, True])
async def test_stop_tells_the_bot_which_draft(tg: TelegramEmulator, bot: Bot, ada: Person, keep: bool) -> None:
    await bot.get_updates(offset=-1)
    controls = {"can_stop": True, "keep_on_stop": keep}
    await bot.send_message_draft(ada.id, 7, "The answer", api_kwargs=controls)
    ada.stop()
    update = (await bot.get_updates(offset=tg.updates.next_id - 1))[0]
    assert update.api_kwargs["stopped_message_generation"]["draft_id"] == "7"
    assert (ada.private.draft is not None) is keep


async def test_a_draft_without_stop_cannot_be_stopped(bot: Bot, ada: Person) -> None:
    await bot.send_message_draft(ada.id, 7, "The answer")
    with pytest.raises(AssertionError, match="has no Stop"):
        ada.stop()


async def test_each_topic_of_a_private_chat_has_its_own_draft(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    tg.settings.has_topics_enabled = True
    physics = ada.topic("Physics")
    await bot.send_message_draft(ada.id, 7, "E = mc²", message_thread_id=physics.topic_id)
    assert physics.draft is not None
    assert ada.private.draft is None


async def test_a_message_outside_of_any_topic_opens_one(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    tg.settings.has_topics_enabled = True
    message = ada.say("What is a photon?")
    assert message.in_topic
    received = [update.message for update in await bot.get_updates() if update.message]
    assert received[-1].message_thread_id == message.thread
    assert await bot.edit_forum_topic(ada.id, message.thread or 0, name="Photons")
    topic = ada.private.at(message.thread).topic
    assert topic is not None
    assert (topic.name, topic.implicit) == ("Photons", False)


async def test_the_bot_can_open_a_topic(tg: TelegramEmulator, ada: Person) -> None:
    tg.settings.has_topics_enabled = True
    async with library_bot(tg) as bot:
        topic = await bot.create_forum_topic(ada.id, "New chat")
        await bot.send_message(ada.id, "hi", message_thread_id=topic.message_thread_id)
    assert ada.private.at(topic.message_thread_id).texts == ["hi"]
