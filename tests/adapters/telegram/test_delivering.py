"""Answers on screen, seen by the people who read them."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.places import Spot
from bridge.domain.events import Ending, StatusChanged, TextAdded, ToolState, ToolUsed, TurnEnded
from bridge.domain.ids import MessageRef
from bridge.domain.turns import PartState
from bridge.domain.updates import StopRequested
from tests.adapters.telegram.answers import PARAGRAPHS, answered, done, turn_in
from tests.adapters.telegram.doubles import FastClock, a_turn, key
from tests.doubles import RecordingDelivery, RecordingGateway, stream
from tests.emulators.telegram import Person, TelegramEmulator
from tests.emulators.telegram import Place as EmulatedPlace

# --- private chats


async def test_a_private_answer_is_drafted_and_then_sent_once(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    delivery = RecordingDelivery(turn_in(ada.private, tg))

    async def drafted() -> None:
        await tg.until(lambda: ada.private.draft is not None and "A cat" in ada.private.draft.text)

    await adapter.deliver(delivery, stream(TextAdded("A cat"), drafted, TextAdded(" sleeps."), done("A cat sleeps.")))
    assert ada.private.texts == ["A cat sleeps."]
    assert ada.private.draft is None
    assert delivery.states == [PartState.SENDING, PartState.SENT]
    assert delivery.records[-1].is_final
    assert tg.refused == []


async def test_the_draft_turns_into_the_answer(adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person) -> None:
    async def drafted() -> None:
        await tg.until(lambda: ada.private.draft)

    await adapter.deliver(
        RecordingDelivery(turn_in(ada.private, tg)), stream(drafted, TextAdded("One"), done("Something **else**."))
    )
    assert ada.private.last is not None
    assert ada.private.last.adopted_draft is not None


async def test_a_person_sees_at_once_that_something_happens(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    async def thinking() -> None:
        await tg.until(lambda: ada.private.draft is not None and not ada.private.draft.text)

    await adapter.deliver(RecordingDelivery(turn_in(ada.private, tg)), stream(thinking, done("Yes.")))
    assert ada.private.texts == ["Yes."]


@pytest.mark.parametrize("event", [StatusChanged("Searching"), ToolUsed("1", "Searching", ToolState.RUNNING)])
async def test_what_the_workflow_does_shows_in_the_draft(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, event: StatusChanged | ToolUsed
) -> None:
    async def searching() -> None:
        await tg.until(lambda: ada.private.draft is not None and ada.private.draft.text == "Well.\n\nSearching")

    await adapter.deliver(
        RecordingDelivery(turn_in(ada.private, tg)), stream(TextAdded("Well."), event, searching, done("Well."))
    )
    assert ada.private.texts == ["Well."]


async def test_a_quiet_minute_leaves_the_draft_alive(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, clock: FastClock
) -> None:
    async def quiet() -> None:
        await tg.until(lambda: ada.private.draft)
        for _ in range(9):
            await clock.sleep(5)
            assert ada.private.draft is not None

    await adapter.deliver(RecordingDelivery(turn_in(ada.private, tg)), stream(quiet, done("Yes.")))
    assert len(ada.private.drafts) == 1


async def test_a_fast_stream_keeps_to_the_draft_budget(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, clock: FastClock
) -> None:
    async def tick() -> None:
        await clock.sleep(0.25)

    words = [step for number in range(120) for step in (TextAdded(f"word{number} "), tick)]
    text = "".join(event.text for event in words if isinstance(event, TextAdded)).strip()
    await adapter.deliver(RecordingDelivery(turn_in(ada.private, tg)), stream(*words, done(text)))
    assert tg.refused == []
    assert len(tg.calls_of("sendMessageDraft")) >= 20
    assert ada.private.texts == [text]


async def test_a_long_answer_arrives_whole_in_order_with_buttons_under_its_end(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    await answered(adapter, tg, ada.private, "\n\n".join(PARAGRAPHS))
    shown = "\n\n".join(ada.private.texts)
    assert [line.strip() for line in shown.split("\n\n")] == [line.strip() for line in PARAGRAPHS]
    assert [bool(message.buttons) for message in ada.private.from_bot] == [False, False, True]


async def test_a_full_part_is_sent_while_the_rest_is_still_being_drafted(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    async def first_part_sent() -> None:
        await tg.until(lambda: len(ada.private.texts) == 1 and ada.private.draft is not None)

    text = "\n\n".join(PARAGRAPHS[:10])
    delivery = RecordingDelivery(turn_in(ada.private, tg))
    await adapter.deliver(delivery, stream(TextAdded(text), first_part_sent, done(text)))
    assert len(ada.private.texts) == 2
    assert [part.is_final for part in delivery.turn.parts] == [True, True]


async def test_the_note_stands_below_the_text_in_italics(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    delivery = RecordingDelivery(turn_in(ada.private, tg))
    await adapter.deliver(delivery, stream(done("Half of", "It broke off.")))
    assert ada.private.texts == ["Half of\n\nIt broke off."]
    assert ada.private.last is not None
    assert [(entity["type"], entity["offset"]) for entity in ada.private.last.entities] == [("italic", 9)]


async def test_an_answer_that_is_only_a_note_is_the_note(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    await adapter.deliver(
        RecordingDelivery(turn_in(ada.private, tg)), stream(TurnEnded(Ending.FAILED, "", "That did not work."))
    )
    assert ada.private.texts == ["That did not work."]


# --- groups


async def test_the_stop_under_a_draft_stops_the_answer(
    adapter: TelegramAdapter,
    tg: TelegramEmulator,
    ada: Person,
    gateway: RecordingGateway,
    listening: asyncio.Task[None],
) -> None:
    async def stopped() -> None:
        await tg.until(lambda: ada.private.draft is not None and ada.private.draft.text)
        ada.stop()
        await tg.until(lambda: any(isinstance(update, StopRequested) for update in gateway.updates))

    await adapter.deliver(
        RecordingDelivery(turn_in(ada.private, tg)),
        stream(TextAdded("So far"), stopped, TurnEnded(Ending.STOPPED, "So far", "Stopped.")),
    )
    assert ada.private.texts == ["So far\n\nStopped."]


async def test_the_first_words_do_not_wait_for_a_whole_interval(
    adapter: TelegramAdapter, tg: TelegramEmulator, team: EmulatedPlace, clock: FastClock
) -> None:
    async def words() -> None:
        began = clock()
        await tg.until(lambda: "First" in team.text)
        assert clock() - began < 3

    async def placeholder() -> None:
        await tg.until(lambda: team.texts)

    await adapter.deliver(
        RecordingDelivery(turn_in(team, tg)), stream(placeholder, TextAdded("First words"), words, done("First words."))
    )
    assert team.texts == ["First words."]


async def test_a_group_sees_a_placeholder_that_becomes_the_answer(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person, team: EmulatedPlace
) -> None:
    asked = ada.mention("what is in the box?", team)
    ref = Spot(team.id, asked.id).ref(str(tg.world.bot.id))
    delivery = RecordingDelivery(a_turn(key(team, tg), reply_to=ref))

    async def waiting() -> None:
        await tg.until(lambda: team.text == "Thinking…" and team.buttons == ["Stop"])

    await adapter.deliver(delivery, stream(waiting, TextAdded("A cat"), done("A **cat**.")))
    assert team.texts == ["A cat."]
    assert team.last is not None
    assert team.last.reply_to is asked
    assert team.buttons == ["👍"]
    assert tg.refused == []


async def test_a_group_is_edited_no_faster_than_it_may_be(
    adapter: TelegramAdapter, tg: TelegramEmulator, team: EmulatedPlace, clock: FastClock
) -> None:
    async def tick() -> None:
        await clock.sleep(0.5)

    words = [step for number in range(60) for step in (TextAdded(f"word{number} "), tick)]
    text = "".join(event.text for event in words if isinstance(event, TextAdded)).strip()
    await adapter.deliver(RecordingDelivery(turn_in(team, tg)), stream(*words, done(text)))
    edits = tg.calls_of("editMessageText")
    gaps = [later.at - earlier.at for earlier, later in pairwise(edits[:-1])]
    assert len(gaps) >= 4
    assert min(gaps) >= 3.0
    assert team.texts == [text]
    assert tg.refused == []


async def test_two_answers_in_one_group_share_its_limit_by_typing(
    adapter: TelegramAdapter, tg: TelegramEmulator, team: EmulatedPlace, clock: FastClock
) -> None:
    async def tick() -> None:
        await clock.sleep(1)

    def words(name: str) -> list[object]:
        return [step for number in range(20) for step in (TextAdded(f"{name}{number} "), tick)]

    async def one(number: int) -> None:
        delivery = RecordingDelivery(a_turn(key(team, tg), id=f"turn000000000000000000{number}"))
        await adapter.deliver(delivery, stream(*words("w"), done(f"Answer {number}")))  # type: ignore[arg-type]

    await asyncio.gather(one(1), one(2))
    assert sorted(team.texts) == ["Answer 1", "Answer 2"]
    assert team.actions
    assert len(tg.calls_of("editMessageText")) <= 3
    assert tg.refused == []


async def test_everything_about_a_topic_is_said_in_it_and_without_previews(
    adapter: TelegramAdapter, tg: TelegramEmulator, ada: Person
) -> None:
    forum = tg.group("Forum", forum=True)
    news = ada.topic("News", forum)

    async def tick() -> None:
        await tg.until(lambda: news.texts)

    await adapter.deliver(RecordingDelivery(turn_in(news, tg)), stream(tick, TextAdded("In"), done("In the topic.")))
    assert news.texts == ["In the topic."]
    assert forum.texts == []
    shown = tg.calls_of("sendMessage", "editMessageText")
    assert all(call.params["link_preview_options"] == {"is_disabled": True} for call in shown)


async def test_a_private_topic_gets_its_draft_and_its_answer(adapter: TelegramAdapter, tg: TelegramEmulator) -> None:
    tg.settings.has_topics_enabled = True
    ada = tg.person("Ada")
    topic = ada.topic("Cats")

    async def drafted() -> None:
        await tg.until(lambda: topic.draft)

    await adapter.deliver(RecordingDelivery(turn_in(topic, tg)), stream(drafted, done("Meow.")))
    assert topic.texts == ["Meow."]


def test_a_reference_names_the_chat_and_the_message() -> None:
    assert Spot.of(MessageRef("telegram", "1", "-100/7")) == Spot(-100, 7)
