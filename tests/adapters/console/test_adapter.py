from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.console.keyboard import Keyboard, PipedKeyboard, ScriptedKeyboard
from adapters.console.script import Choose, Fill, QuickReply, Rate, Say, Step
from bridge.domain.controls import ActOnAnswer, SendQuickReply, Vote
from bridge.domain.errors import PlatformError
from bridge.domain.events import (
    Button,
    Ending,
    InteractionRequested,
    TextAdded,
    TextRestarted,
    ToolState,
    ToolUsed,
    TurnEnded,
    TurnEvent,
    Waiting,
)
from bridge.domain.ids import TurnId
from bridge.domain.notices import Notice, Rebuttoned, Removed, Replaced
from bridge.domain.turns import PartState
from bridge.domain.updates import (
    AnswerAction,
    Attachment,
    CommandGiven,
    FeedbackGiven,
    FormSubmitted,
    InteractionCancelled,
    MessageReceived,
    OptionChosen,
    QuickReplyChosen,
    Rating,
    Update,
    VoteSource,
)
from bridge.ports import FileSource
from tests.adapters.console.desk import FakeBridge, adapter_on, deliver, said, turn_in
from tests.adapters.console.shapes import CHOICE, FORM, PAUSE
from tests.doubles import RecordingDelivery

TURN = TurnId("t" * 24)
VOTES = ((Button("Good answer", Vote(TURN, Rating.GOOD)), Button("Bad answer", Vote(TURN, Rating.BAD))),)


async def played(*steps: Step, keyboard: Keyboard | None = None) -> tuple[FakeBridge, str]:
    """A bridge that asks a choice for “choose”, a form for “form”, and else answers with what was said."""
    async with asyncio.TaskGroup() as group:
        bridge = FakeBridge(group)
        adapter, out = adapter_on(keyboard or ScriptedKeyboard(steps))

        async def react(update: Update) -> None:
            match update:
                case MessageReceived(text="choose"):
                    await deliver(adapter, InteractionRequested(CHOICE), TurnEnded(Ending.PAUSED, ""))
                case MessageReceived(text="form"):
                    await deliver(adapter, InteractionRequested(FORM), TurnEnded(Ending.PAUSED, ""))
                case MessageReceived(text=text):
                    await deliver(adapter, *said(f"Echo: {text}.", buttons=VOTES))
                    suggestion = Button("And then?", SendQuickReply(TURN, 0))
                    await adapter.say(adapter.conversation, Notice("You could ask:", buttons=((suggestion,),)))
                case OptionChosen() | FormSubmitted() | QuickReplyChosen():
                    await deliver(adapter, *said("Thanks."))
                case _:
                    await adapter.say(adapter.conversation, Notice("Noted."))

        bridge.react = react
        await adapter.listen(bridge)
        assert adapter.closed.is_set()
    return bridge, out.getvalue()


async def test_a_question_becomes_a_message_and_its_answer_is_printed() -> None:
    bridge, out = await played(Say("Hello"))
    (message,) = bridge.of(MessageReceived)
    assert (message.text, message.conversation.platform, message.private) == ("Hello", "console", True)
    assert out.startswith("you> Hello\nEcho: Hello.\n")


async def test_every_update_has_an_id_of_its_own() -> None:
    bridge, _ = await played(Say("a"), Say("b"), Say("/new"), Rate(True))
    assert len({update.id for update in bridge.updates}) == len(bridge.updates) == 4


async def test_the_next_line_waits_for_the_answer_to_the_one_before() -> None:
    _, out = await played(Say("one"), Say("two"))
    assert out.index("Echo: one.") < out.index("you> two") < out.index("Echo: two.")


async def test_an_option_is_chosen_by_its_label() -> None:
    bridge, out = await played(Say("choose"), Choose("Blue"))
    (chosen,) = bridge.of(OptionChosen)
    assert (chosen.interaction, chosen.index) == (CHOICE.id, 1)
    assert "Which colour?\n  1. Red\n  2. Blue\n" in out
    assert "Thanks." in out


async def test_a_form_is_filled_in_and_submitted_whole() -> None:
    bridge, out = await played(Say("form"), Fill({"Name": "Ada", "colour": "blue", "Newsletter": "yes"}), Say("bye"))
    (submitted,) = bridge.of(FormSubmitted)
    assert submitted.values == {"name": "Ada", "age": 30, "colour": "b", "news": True}
    assert "1/4 · Name (needed)" in out
    assert "3. Colour: Blue" in out
    assert bridge.of(MessageReceived)[-1].text == "bye"


async def test_a_script_that_fills_in_nonsense_gives_the_form_up() -> None:
    bridge, out = await played(Say("form"), Fill({"Name": "far too long a name"}), Say("on"))
    assert not bridge.of(FormSubmitted)
    assert len(bridge.of(InteractionCancelled)) == 1
    assert "At most 5 characters" in out


async def test_a_vote_and_its_reason_reach_the_bridge() -> None:
    bridge, _ = await played(Say("a"), Rate(True), Rate(False, "too short"))
    good, bad = bridge.of(FeedbackGiven)
    assert (good.turn, good.rating, good.source) == (TURN, Rating.GOOD, VoteSource.BUTTON)
    assert (bad.rating, bad.source, bad.reason) == (Rating.BAD, VoteSource.REASON, "too short")


async def test_a_suggested_question_is_waited_for_and_sent() -> None:
    bridge, out = await played(Say("a"), QuickReply(1))
    assert [chosen.index for chosen in bridge.of(QuickReplyChosen)] == [0]
    assert "?1 And then?" in out


async def test_a_key_that_is_not_on_screen_asks_nobody() -> None:
    bridge, out = await played(Say("/again"))
    assert bridge.updates == []
    assert "nothing on screen" in out


async def test_a_new_conversation_amid_a_form_leaves_the_form() -> None:
    bridge, _ = await played(Say("form"), Say("/new"), Say("words"))
    assert [command.name for command in bridge.of(CommandGiven)] == ["new"]
    assert bridge.of(MessageReceived)[-1].text == "words"


async def test_help_amid_a_form_comes_back_to_the_field() -> None:
    _, out = await played(Say("form"), Say("/help"), Say("Ada"))
    assert out.count("1/4 · Name") == 2
    assert "2/4 · Age" in out


async def test_a_pipe_is_read_line_by_line_and_ends_after_the_last_answer() -> None:
    bridge, out = await played(keyboard=PipedKeyboard(io.StringIO("one\n\nchoose\n2\nlast")))
    assert [message.text for message in bridge.of(MessageReceived)] == ["one", "choose", "last"]
    assert [chosen.index for chosen in bridge.of(OptionChosen)] == [1]
    assert "Echo: last." in out
    assert "you>" not in out


async def test_who_leaves_by_a_word_is_gone() -> None:
    bridge, _ = await played(Say("/quit"), Say("never sent"))
    assert bridge.updates == []


async def test_a_question_nobody_reacts_to_is_given_up_and_said() -> None:
    async with asyncio.TaskGroup() as group:
        adapter, out = adapter_on(ScriptedKeyboard([Say("Hello")]))
        adapter._activity._patience = 0.01
        await adapter.listen(FakeBridge(group))
    assert adapter.failed
    assert "There was no answer." in out.getvalue()


async def test_a_file_goes_along_with_its_question(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("abc")
    bridge, _ = await played(Say(f"/file {file} what is this"), Say("/file /nowhere what"))
    (message,) = bridge.of(MessageReceived)
    assert (message.text, [a.name for a in message.attachments]) == ("what is this", ["notes.txt"])


# --- what is shown ---


async def test_paragraphs_are_printed_as_soon_as_they_are_complete() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    seen: list[str] = []

    async def events() -> AsyncIterator[TurnEvent]:
        for piece in ("One", ".\n\nTw", "o.\n\n", "Three.\n"):
            yield TextAdded(piece)
            seen.append(out.getvalue())
        yield TurnEnded(Ending.COMPLETE, "One.\n\nTwo.\n\nThree.")

    await adapter.deliver(RecordingDelivery(turn_in(adapter)), events())
    assert seen == ["", "One.\n\n", "One.\n\n", "One.\n\nTwo.\n\n"]
    assert out.getvalue() == "One.\n\nTwo.\n\nThree.\n\n"


async def test_a_message_is_recorded_before_it_is_shown_and_once_it_is_final() -> None:
    adapter, _ = adapter_on(ScriptedKeyboard([]))
    delivery = await deliver(adapter, *said("One.\n\nTwo."))
    states = [(part.index, part.state, part.message is not None, part.is_final) for part in delivery.records]
    assert states == [
        (0, PartState.SENDING, False, False),
        (0, PartState.SENT, True, False),
        (0, PartState.SENT, True, True),
    ]


async def test_a_repeated_delivery_goes_on_where_the_first_one_stopped() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    with pytest.raises(ConnectionError):

        async def broken() -> AsyncIterator[TurnEvent]:
            yield TextAdded("One.\n\nTw")
            raise ConnectionError

        await adapter.deliver(RecordingDelivery(turn_in(adapter)), broken())
    await deliver(adapter, *said("One.\n\nTwo."))
    assert out.getvalue() == "One.\n\nTwo.\n\n"


async def test_text_that_is_void_is_said_to_be_and_printed_anew() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    await deliver(adapter, TextAdded("Old.\n\nx"), TextRestarted(), *said("New.\n\nEnd."))
    assert out.getvalue().endswith("begins anew.)\nNew.\n\nEnd.\n\n")


async def test_a_note_without_text_is_the_message() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    delivery = await deliver(adapter, TurnEnded(Ending.FAILED, "", note="It broke."))
    assert out.getvalue() == "⚠ It broke.\n"
    assert delivery.records[-1].is_final


async def test_a_pause_without_text_leaves_no_message_but_its_question() -> None:
    adapter, _ = adapter_on(ScriptedKeyboard([]))
    delivery = await deliver(adapter, InteractionRequested(PAUSE), TurnEnded(Ending.PAUSED, ""))
    assert delivery.records == []
    assert list(delivery.shown_in) == [PAUSE.id]


async def test_text_comes_before_the_question_it_leads_to() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    await deliver(adapter, TextAdded("Gladly!"), InteractionRequested(CHOICE), TurnEnded(Ending.PAUSED, "Gladly!"))
    assert out.getvalue() == "Gladly!\n\nWhich colour?\n  1. Red\n  2. Blue\n"


async def test_tools_are_named_while_they_run() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    await deliver(adapter, ToolUsed("1", "Calendar", ToolState.RUNNING), *said("Done."))
    assert out.getvalue().startswith("· Calendar\n")


async def test_a_wait_that_goes_on_is_printed_once() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    await deliver(adapter, Waiting("Not yet."), Waiting("Still working."), Waiting("Not yet."), *said("Done."))
    assert out.getvalue().count("Not yet.") == 1


async def test_what_was_decided_is_printed_once_and_closes_the_question() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    delivery = await deliver(adapter, InteractionRequested(CHOICE), TurnEnded(Ending.PAUSED, ""))
    message = delivery.shown_in[CHOICE.id]
    for _ in range(2):
        await adapter.settle(message, Replaced("Which colour?\n\n✅ **Blue**"))
    assert out.getvalue().count("✅ **Blue**") == 1
    assert adapter.view().options == ()


async def test_what_says_nothing_new_is_not_printed_again() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    message = await adapter.say(adapter.conversation, Notice("Welcome!"))
    assert message is not None
    await adapter.settle(message, Replaced("Welcome!\n\n- What can you do?", is_news=False))
    assert "What can you do?" not in out.getvalue()


async def test_a_changed_vote_is_shown_and_the_same_one_is_not() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    delivery = await deliver(adapter, *said("Answer.", buttons=VOTES))
    message = delivery.records[-1].message
    assert message is not None
    voted = ((Button("Good answer", Vote(TURN, Rating.GOOD), chosen=True),),)
    for _ in range(2):
        await adapter.settle(message, Rebuttoned(voted))
    assert out.getvalue().count("✓ Good answer") == 1


async def test_removed_suggestions_can_no_longer_be_sent() -> None:
    adapter, _ = adapter_on(ScriptedKeyboard([]))
    message = await adapter.say(adapter.conversation, Notice("?", buttons=((Button("q", SendQuickReply(TURN, 0)),),)))
    assert message is not None
    await adapter.settle(message, Removed())
    assert not adapter._board.screen.keys


async def test_an_awaited_secret_is_masked_and_flagged() -> None:
    async with asyncio.TaskGroup() as group:
        adapter, out = adapter_on(ScriptedKeyboard([Say("hunter2")]))
        await adapter.say(adapter.conversation, Notice("Password?", expects="Password", secret=True))
        assert (adapter.view().placeholder, adapter.view().secret) == ("Password", True)
        bridge = FakeBridge(group)

        async def react(_: Update) -> None:
            await deliver(adapter, *said("ok"))

        bridge.react = react
        await adapter.listen(bridge)
    assert bridge.of(MessageReceived)[0].secret
    assert "hunter2" not in out.getvalue()


async def test_an_answer_cannot_move_the_cursor() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]))
    evil = ((Button("a\x1b[2J", ActOnAnswer(TURN, AnswerAction.REGENERATE)),),)
    await deliver(adapter, *said("x\x1b]0;t\x07y", buttons=evil))
    await adapter.say(adapter.conversation, Notice("n\x1b[1A"))
    assert "\x1b" not in out.getvalue()


async def test_markdown_is_drawn_on_a_terminal() -> None:
    adapter, out = adapter_on(ScriptedKeyboard([]), terminal=True)
    await deliver(adapter, *said("# Title\n\n- **a**\n- b\n\nend"))
    assert "Title" in out.getvalue()
    assert "**" not in out.getvalue()
    assert "\n\n\n" not in out.getvalue()


async def test_files_are_read_from_the_disk_up_to_a_limit(tmp_path: Path) -> None:
    adapter, _ = adapter_on(ScriptedKeyboard([]))
    assert isinstance(adapter, FileSource)
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert await adapter.download(Attachment(str(file), "a"), 5) == b"12345"
    for attachment in (Attachment(str(file), "a"), Attachment(str(tmp_path / "none"), "none")):
        with pytest.raises(PlatformError) as refused:
            await adapter.download(attachment, 4)
        assert refused.value.permanent


async def test_what_runs_can_be_seen_and_stopped() -> None:
    adapter, _ = adapter_on(ScriptedKeyboard([]))
    assert not adapter.interrupt()
    views: list[str] = []

    async def events() -> AsyncIterator[TurnEvent]:
        yield TextAdded("One.\n\n**Tw")
        views.append(adapter.view().live)
        views.append(str(adapter.interrupt()))
        yield TurnEnded(Ending.STOPPED, "One.\n\n**Tw")

    await adapter.deliver(RecordingDelivery(turn_in(adapter)), events())
    assert "Tw" in views[0]
    assert "One" not in views[0]
    assert views[1] == "True"
    assert adapter.view().live == ""
