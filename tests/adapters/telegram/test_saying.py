"""Notices, settled controls, files, and passwords that must not stay."""

from __future__ import annotations

import traceback

import httpx
import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.config import TelegramConfig
from adapters.telegram.places import Spot
from adapters.telegram.presses import reply_handle
from bridge.domain.controls import CancelInteraction, PickOption
from bridge.domain.errors import PlatformError
from bridge.domain.events import Button
from bridge.domain.ids import InteractionId, MessageRef
from bridge.domain.interactions import Person as Someone
from bridge.domain.notices import Notice, Rebuttoned, Removed, Replaced
from bridge.domain.updates import Attachment, MessageReceived, OptionChosen
from bridge.ports import Adapter, FileSource, SecretEraser
from bridge.transport import open_transport
from tests.adapters.telegram.doubles import FastClock, key
from tests.doubles import RecordingGateway
from tests.emulators.telegram import Message, Person, Press, TelegramEmulator, faults
from tests.emulators.telegram import Place as EmulatedPlace

FORM = InteractionId("interaction00001")
CANCEL = ((Button("Cancel", CancelInteraction(FORM)),),)
YES = ((Button("Yes", PickOption(FORM, 0)),),)


def ref(message: Message | None, tg: TelegramEmulator) -> MessageRef:
    assert message is not None
    return Spot(message.chat.id, message.id).ref(str(tg.world.bot.id))


async def pressed(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person, place: EmulatedPlace
) -> tuple[Press, OptionChosen]:
    await adapter.say(key(place, tg), Notice("Sure?", YES))
    press = ada.press("Yes", in_=place)
    await tg.until(lambda: any(isinstance(update, OptionChosen) for update in gateway.updates))
    return press, next(update for update in gateway.updates if isinstance(update, OptionChosen))


@pytest.mark.usefixtures("listening")
async def test_a_private_answer_to_a_press_is_shown_over_the_button(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    team = tg.group("Team")
    _, chosen = await pressed(adapter, tg, gateway, ada, team)
    sentence = "This question was for Grace, so only she can answer it. Ask your own!"
    said = await adapter.say(chosen.conversation, Notice(sentence, to=chosen.by, reply=chosen.reply))
    assert said is None
    assert ada.alerts == [sentence]
    assert team.texts == ["Sure?"]


@pytest.mark.usefixtures("listening")
async def test_a_press_that_was_dealt_with_is_let_go_at_once_and_once(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    press, chosen = await pressed(adapter, tg, gateway, ada, ada.private)
    assert chosen.reply is not None
    await adapter.acknowledge(chosen.reply)
    await adapter.acknowledge(chosen.reply)
    assert [answer.text for answer in press.answers] == [""]


async def test_what_a_toast_would_take_the_links_from_is_a_message(
    adapter: TelegramAdapter, tg: TelegramEmulator, clock: FastClock, ada: Person
) -> None:
    notice = Notice("[1] [Source](https://example.com)", reply=reply_handle("press", clock.now()))
    await adapter.say(key(ada.private, tg), notice)
    assert "[Source](https://example.com)" in ada.private.visible()


async def test_many_notices_in_a_group_keep_to_the_limit_of_any_chat_too(
    adapter: TelegramAdapter, tg: TelegramEmulator
) -> None:
    team = tg.group("Team")
    for number in range(8):
        await adapter.say(key(team, tg), Notice(f"{number}"))
    assert len(team.texts) == 8
    assert tg.refused == []


async def test_what_a_person_waits_for_goes_before_what_goes_from_old_messages(
    adapter: TelegramAdapter, tg: TelegramEmulator, team: EmulatedPlace, clock: FastClock
) -> None:
    """A form filled in at a calm pace in a group: every prompt is there at once, however much is to be tidied up."""
    place, began = key(team, tg), clock()
    prompts = []
    for number in range(14):
        said = await adapter.say(place, Notice(f"Prompt {number}"))
        assert said is not None
        await adapter.settle(said, Replaced(f"Answer {number}"), at_leisure=True)
        prompts.append(clock())
        await clock.sleep(2.5)
    assert prompts[-1] - began < 14 * 2.5 + 5
    assert tg.refused == []
    await tg.until(lambda: team.texts == [f"Answer {number}" for number in range(14)], timeout=15)
    assert tg.refused == []


async def test_what_becomes_of_a_message_at_leisure_never_overwrites_what_became_of_it_later(
    adapter: TelegramAdapter, tg: TelegramEmulator, team: EmulatedPlace, clock: FastClock
) -> None:
    said = [await adapter.say(key(team, tg), Notice(f"{number}")) for number in range(14)]
    assert said[0] is not None
    await adapter.settle(said[0], Replaced("Old"), at_leisure=True)
    await adapter.settle(said[0], Replaced("New"))
    await clock.sleep(70)
    assert team.texts[0] == "New"


async def test_deleting_in_a_group_costs_nothing_of_what_messages_may(
    adapter: TelegramAdapter, tg: TelegramEmulator, team: EmulatedPlace, clock: FastClock
) -> None:
    said = [await adapter.say(key(team, tg), Notice(f"{number}")) for number in range(18)]
    began = clock()
    for message in said[:5]:
        assert message is not None
        await adapter.settle(message, Removed())
    assert clock() - began < 5
    assert len(team.texts) == 13


@pytest.mark.usefixtures("listening")
async def test_a_short_thank_you_is_a_toast(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    _, chosen = await pressed(adapter, tg, gateway, ada, ada.private)
    await adapter.say(chosen.conversation, Notice("Thanks.", to=chosen.by, reply=chosen.reply))
    assert ada.toasts == ["Thanks."]


@pytest.mark.usefixtures("listening")
async def test_an_answer_to_an_old_press_is_a_message_instead(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person, clock: FastClock
) -> None:
    _, chosen = await pressed(adapter, tg, gateway, ada, ada.private)
    clock.advance(60)
    said = await adapter.say(chosen.conversation, Notice("Too late.", to=chosen.by, reply=chosen.reply))
    assert ada.private.text == "Too late."
    assert said == ref(ada.private.last, tg)


@pytest.mark.usefixtures("listening")
async def test_every_press_is_answered_even_if_the_core_says_nothing(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    press, _ = await pressed(adapter, tg, gateway, ada, ada.private)
    await tg.until(lambda: press.answer is not None)
    assert press.answer is not None
    assert press.answer.text == ""


@pytest.mark.usefixtures("listening")
async def test_a_button_nobody_knows_any_more_stops_spinning_too(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    await pressed(adapter, tg, gateway, ada, ada.private)
    tg.inject({"callback_query": {"id": "77", "from": ada.user.json(), "chat_instance": "1", "data": "of another bot"}})
    await tg.until(lambda: "77" in {call.params["callback_query_id"] for call in tg.calls_of("answerCallbackQuery")})


async def test_in_a_group_what_is_awaited_is_asked_by_name_with_an_open_reply_field(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    team = tg.group("Team")
    notice = Notice("Which city?", to=Someone(str(ada.id), "Ada"), expects="City")
    await adapter.say(key(team, tg), notice)
    assert team.texts == ["Ada: Which city?"]
    assert team.asked_to_reply is not None
    assert team.asked_to_reply.markup == {
        "force_reply": True,
        "selective": True,
        "input_field_placeholder": "City",
    }


async def test_a_prompt_with_buttons_opens_the_reply_field_too(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    team = tg.group("Team")
    message = await adapter.say(key(team, tg), Notice("Which city?", CANCEL, expects="City"))
    assert team.asked_to_reply is not None
    assert message is not None
    await adapter.settle(message, Replaced("City: Rome"))
    assert team.texts == ["City: Rome"]
    assert team.buttons == []


async def test_in_private_nobody_is_made_to_reply(adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person) -> None:
    await adapter.say(key(ada.private, tg), Notice("Which city?", expects="City", to=Someone(str(ada.id), "Ada")))
    assert ada.private.texts == ["Which city?"]
    assert ada.private.asked_to_reply is None


async def test_a_notice_answers_the_message_it_is_about(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    team = tg.group("Team")
    asked = ada.say("hello", team)
    await adapter.say(key(team, tg), Notice("Hello!", reply_to=ref(asked, tg)))
    assert team.last is not None
    assert team.last.reply_to is asked


async def test_settling_is_idempotent_and_survives_a_message_that_is_gone(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    message = await adapter.say(key(ada.private, tg), Notice("Sure?", YES))
    assert message is not None
    for _ in range(2):
        await adapter.settle(message, Rebuttoned(((Button("Yes", PickOption(FORM, 0), chosen=True),),)))
    assert ada.private.buttons == ["✓ Yes"]
    for _ in range(2):
        await adapter.settle(message, Replaced("**Yes** it is."))
    assert ada.private.texts == ["Yes it is."]
    for _ in range(2):
        await adapter.settle(message, Removed())
    assert ada.private.texts == []
    await adapter.settle(message, Replaced("Anyone?"))


async def test_a_message_too_old_to_be_deleted_loses_its_buttons(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, clock: FastClock
) -> None:
    message = await adapter.say(key(ada.private, tg), Notice("You could ask:", YES))
    assert message is not None
    clock.advance(3 * 24 * 3600)
    await adapter.settle(message, Removed())
    assert ada.private.buttons == []


async def test_a_password_is_taken_off_the_screen(adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person) -> None:
    secret = ada.say("hunter2")
    await adapter.erase(ref(secret, tg))
    assert secret.deleted_at is not None
    await adapter.erase(ref(secret, tg))


@pytest.mark.usefixtures("listening")
async def test_a_document_can_be_fetched_up_to_the_limit(
    adapter: TelegramAdapter, tg: TelegramEmulator, gateway: RecordingGateway, ada: Person
) -> None:
    ada.document(b"twelve bytes", "notes.txt", "text/plain", "Read this")
    received = await tg.until(
        lambda: next((u for u in gateway.updates if isinstance(u, MessageReceived) and u.attachments), None)
    )
    assert received is not None
    (attachment,) = received.attachments
    assert (attachment.name, attachment.media_type, received.text) == ("notes.txt", "text/plain", "Read this")
    assert await adapter.download(attachment, 12) == b"twelve bytes"
    with pytest.raises(PlatformError) as caught:
        await adapter.download(attachment, 11)
    assert caught.value.permanent


@pytest.mark.parametrize(("status", "permanent"), [(502, False), (429, False), (404, True)])
async def test_an_outage_of_the_files_is_not_taken_for_their_end(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, status: int, permanent: bool
) -> None:
    message = ada.document(b"twelve bytes", "notes.txt", "text/plain")
    tg.fail("download", faults.html(status))
    with pytest.raises(PlatformError) as caught:
        await adapter.download(Attachment(next(iter(tg.world.files)), "notes.txt"), 100)
    assert message is not None
    assert caught.value.permanent is permanent


async def test_no_error_shows_the_token(tg: TelegramEmulator, adapter: TelegramAdapter, ada: Person) -> None:
    await tg.go_down()
    for call in (adapter.say(key(ada.private, tg), Notice("?")), adapter.download(Attachment("f", "f"), 1)):
        with pytest.raises(PlatformError) as caught:
            await call
        printed = "".join(traceback.format_exception(caught.value))
        assert "PlatformError" in printed
        assert tg.token not in printed


async def test_it_is_an_adapter_with_files_and_an_eraser(adapter: TelegramAdapter, tg: TelegramEmulator) -> None:
    port: Adapter = adapter
    assert (port.platform, port.bot) == ("telegram", str(tg.world.bot.id))
    assert isinstance(port, FileSource)
    assert isinstance(port, SecretEraser)
    assert (port.capabilities.native_forms, port.capabilities.single_listener) == (False, True)


async def test_closing_leaves_a_shared_transport_open(tg: TelegramEmulator, clock: FastClock) -> None:
    transport = open_transport(environment_proxies=False)
    adapter = TelegramAdapter(TelegramConfig(tg.token, tg.base_url), clock, transport)
    await adapter.connect()
    await adapter.close()
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await client.get(f"{tg.base_url}{tg.token}/getMe")).status_code == 200


async def test_a_wrong_token_is_said_once_and_clearly(tg: TelegramEmulator, clock: FastClock) -> None:
    adapter = TelegramAdapter(TelegramConfig("1:wrong", tg.base_url), clock, None)
    with pytest.raises(PlatformError) as caught:
        await adapter.connect()
    await adapter.close()
    assert caught.value.permanent
    assert "TELEGRAM_BOT_TOKEN" in caught.value.sentence
    assert "1:wrong" not in repr(adapter) + repr(caught.value.__cause__)


async def test_the_commands_are_offered_in_private_and_in_groups(
    adapter: TelegramAdapter, tg: TelegramEmulator
) -> None:
    calls = tg.calls_of("setMyCommands")
    assert [call.params["scope"]["type"] for call in calls] == ["all_private_chats", "all_group_chats"]
    assert "ask" in {command["command"] for command in calls[1].params["commands"]}
