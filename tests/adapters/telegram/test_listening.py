"""Receiving: committed first, confirmed afterwards, whatever happens in between."""

from __future__ import annotations

import asyncio

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.addressing import Me
from adapters.telegram.intake import Intake
from bridge.domain.controls import PickOption, encode
from bridge.domain.errors import PlatformError, StoreUnavailable
from bridge.domain.ids import InteractionId
from bridge.domain.updates import (
    CommandGiven,
    ConversationMoved,
    FeedbackGiven,
    MessageEdited,
    MessageReceived,
    Rating,
    ReachabilityChanged,
    StopRequested,
    Unreadable,
    UnsupportedReceived,
    Update,
)
from tests.adapters.telegram.doubles import FastClock
from tests.doubles import RecordingGateway
from tests.emulators.telegram import Person, TelegramEmulator, faults

PRESS = {
    "update_id": 1,
    "callback_query": {
        "id": "press1",
        "from": {"id": 5001, "first_name": "Ada"},
        "message": {"message_id": 1, "chat": {"id": 5001, "type": "private"}},
        "data": encode(PickOption(InteractionId("interaction00001"), 0)),
    },
}


@pytest.fixture
def ada(tg: TelegramEmulator) -> Person:
    return tg.person("Ada", language_code="de")


async def heard(tg: TelegramEmulator, gateway: RecordingGateway, count: int = 1) -> list[Update]:
    await tg.until(lambda: len(gateway.updates) >= count)
    return gateway.updates


def texts(gateway: RecordingGateway) -> list[str]:
    return [update.text for update in gateway.updates if isinstance(update, MessageReceived)]


@pytest.mark.usefixtures("listening")
async def test_a_private_message_comes_with_who_and_where(
    tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    message = ada.say("What is in the box?")
    (update,) = await heard(tg, gateway)
    assert isinstance(update, MessageReceived)
    assert (update.text, update.private, update.addressed) == ("What is in the box?", True, True)
    assert (update.by.id, update.by.name, update.by.locale) == (str(ada.id), "Ada", "de")
    assert update.conversation.address == str(ada.id)
    assert update.id == f"message:{ada.id}/{message.id}"


async def test_presses_that_could_not_be_committed_are_not_remembered(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, clock: FastClock
) -> None:
    pending: set[str] = set()
    gateway.outages = 1
    async with asyncio.TaskGroup() as presses:
        intake = Intake(adapter._api, Me(1, "bot"), gateway, clock, pending, presses)
        with pytest.raises(StoreUnavailable):
            await intake.take([PRESS])
    assert pending == set()


async def test_nothing_is_confirmed_before_it_is_committed(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    gateway.outages = 2
    ada.say("Keep me")
    task = asyncio.create_task(adapter.listen(gateway))
    await tg.until(lambda: gateway.outages == 0)
    assert tg.unhandled
    await heard(tg, gateway)
    await tg.until(lambda: not tg.unhandled)
    task.cancel()
    assert texts(gateway) == ["Keep me"]


async def test_after_an_outage_of_the_database_nobody_waits_long(
    adapter: TelegramAdapter,
    tg: TelegramEmulator,
    gateway: RecordingGateway,
    ada: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway.outages = 8
    ada.say("Keep me")
    task = asyncio.create_task(adapter.listen(gateway))
    await heard(tg, gateway)
    task.cancel()
    pauses = [vars(record)["seconds"] for record in caplog.records if record.getMessage() == "not_listening"]
    assert pauses == [1, 2, 4, 5, 5, 5, 5, 5]


async def test_a_killed_listener_gets_again_what_it_had_not_committed(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    ada.say("One")
    first = asyncio.create_task(adapter.listen(gateway))
    await heard(tg, gateway)
    first.cancel()
    await asyncio.wait({first})
    ada.say("Two")
    second = asyncio.create_task(adapter.listen(gateway))
    await heard(tg, gateway, 2)
    second.cancel()
    await asyncio.wait({second})
    assert texts(gateway) == ["One", "Two"]


@pytest.mark.usefixtures("listening")
async def test_an_update_delivered_five_times_has_one_id(
    tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    message = ada.say("Once")
    await heard(tg, gateway)
    tg.redeliver(message.update_id, 5)
    ada.say("Twice")
    await heard(tg, gateway, 2)
    assert texts(gateway) == ["Once", "Twice"]


@pytest.mark.usefixtures("listening")
async def test_an_update_nobody_can_read_stops_nothing(
    tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    tg.inject({"message": {"message_id": "what?", "chat": 7}})
    ada.say("Next")
    unreadable, following = await heard(tg, gateway, 2)
    assert isinstance(unreadable, Unreadable)
    assert '"what?"' in unreadable.raw
    assert isinstance(following, MessageReceived)


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize(
    "fault", [faults.server_error(502), faults.html(), faults.garbage(), faults.reset(), faults.too_many_requests(2)]
)
async def test_polling_survives(
    tg: TelegramEmulator, gateway: RecordingGateway, ada: Person, fault: faults.Fault
) -> None:
    tg.fail("getUpdates", fault, times=2)
    ada.say("Still there?")
    await heard(tg, gateway)
    assert texts(gateway) == ["Still there?"]


@pytest.mark.usefixtures("listening")
async def test_an_outage_ends_by_itself(tg: TelegramEmulator, gateway: RecordingGateway, ada: Person) -> None:
    await tg.go_down()
    ada.say("After the storm")
    await tg.come_up()
    await heard(tg, gateway)
    assert texts(gateway) == ["After the storm"]


async def test_a_second_poller_makes_the_first_wait_not_fail(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    tg.fail("getUpdates", faults.refused(409, "terminated by other getUpdates request"), times=3)
    task = asyncio.create_task(adapter.listen(gateway))
    ada.say("Mine")
    await heard(tg, gateway)
    task.cancel()
    assert texts(gateway) == ["Mine"]


async def test_a_revoked_token_ends_listening(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway
) -> None:
    tg.fail("getUpdates", faults.refused(401, ""), times=99)
    with pytest.raises(PlatformError) as caught:
        await adapter.listen(gateway)
    assert caught.value.permanent


@pytest.mark.usefixtures("listening")
async def test_an_album_is_one_batch_that_waits_for_the_rest(
    tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    ada.album(3, "My holiday")
    updates = await heard(tg, gateway, 3)
    assert len({update.batch for update in updates if isinstance(update, MessageReceived)}) == 1
    assert {delay for _, delay in gateway.batches} == {1.0}
    assert texts(gateway) == ["My holiday", "", ""]


@pytest.mark.usefixtures("listening")
async def test_a_long_paste_is_one_batch(tg: TelegramEmulator, gateway: RecordingGateway, ada: Person) -> None:
    ada.paste("x" * 9000)
    updates = await heard(tg, gateway, 3)
    batches = {update.batch for update in updates if isinstance(update, MessageReceived)}
    assert len(batches) == 1
    assert None not in batches


@pytest.mark.usefixtures("listening")
async def test_groups_topics_and_mentions(tg: TelegramEmulator, gateway: RecordingGateway, ada: Person) -> None:
    forum = tg.group("Forum", forum=True, admin=True)
    news = ada.topic("News", forum)
    ada.mention("and here?", news)
    ada.say("just talking", news)
    ada.mention("in general", forum)
    first, second = await heard(tg, gateway, 2)
    assert first.conversation.address == f"{forum.id}/{news.topic_id}"
    assert second.conversation.address == str(forum.id)
    assert texts(gateway) == ["and here?", "in general"]


@pytest.mark.usefixtures("listening")
async def test_what_else_people_do(tg: TelegramEmulator, gateway: RecordingGateway, ada: Person) -> None:
    question = ada.say("Whta?")
    ada.command("/start app_1")
    ada.command("/new")
    ada.command("/stop")
    ada.sticker()
    ada.edit(question, "What?")
    ada.block()
    updates = await heard(tg, gateway, 7)
    assert [type(update) for update in updates[1:]] == [
        CommandGiven,
        CommandGiven,
        StopRequested,
        UnsupportedReceived,
        MessageEdited,
        ReachabilityChanged,
    ]
    start, sticker, block = updates[1], updates[4], updates[6]
    assert isinstance(start, CommandGiven)
    assert (start.name, start.argument) == ("start", "app_1")
    assert isinstance(sticker, UnsupportedReceived)
    assert sticker.kind == "a sticker"
    assert isinstance(block, ReachabilityChanged)
    assert not block.reachable


@pytest.mark.usefixtures("listening")
async def test_a_group_that_becomes_a_supergroup_moves_once(
    tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    old = tg.group("Old", kind="group")
    new = ada.migrate(old)
    (moved,) = await heard(tg, gateway)
    assert isinstance(moved, ConversationMoved)
    assert (moved.old.address, moved.new.address) == (str(old.id), str(new.id))
    ada.mention("still here", new)
    assert len(await heard(tg, gateway, 2)) == 2


@pytest.mark.usefixtures("listening")
async def test_reactions_are_votes_and_can_be_taken_back(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    team = tg.group("Team", admin=True)
    answer = ada.mention("hm", team)
    await heard(tg, gateway)
    ada.react(answer, "👎")
    ada.react(answer)
    _, bad, none = await heard(tg, gateway, 3)
    assert isinstance(bad, FeedbackGiven)
    assert isinstance(none, FeedbackGiven)
    assert (bad.rating, none.rating, none.takes_back) == (Rating.BAD, Rating.NONE, Rating.BAD)


@pytest.mark.usefixtures("listening")
async def test_health_hears_that_the_connection_is_alive(tg: TelegramEmulator, gateway: RecordingGateway) -> None:
    await tg.until(lambda: gateway.heard_from)
