"""Forms field by field: progress is kept, mistakes cost nothing, secrets are not left lying around."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.domain import phrases
from bridge.domain.events import Finished, TextAdded, WorkflowPaused
from bridge.domain.interactions import Draft, Field, FieldType, Filled, Form, Interaction, Json, Option
from bridge.domain.updates import Attachment, FormMove, FormStepTaken, InteractionCancelled
from tests.builders import ANN, HERE, command, message
from tests.fakes import START
from tests.services.house import House, house

FORM = Form(
    "Order",
    (
        Field("Name", "Name", FieldType.INPUT, required=True, max_length=5),
        Field("Size", "Size", FieldType.SELECT, required=True, options=(Option("Small", "s"), Option("Large", "l"))),
        Field("With", "With", FieldType.MULTIPLE_SELECT, options=(Option("Ham", "h"), Option("Egg", "e"))),
        Field("Gift", "Gift", FieldType.SWITCH),
        Field("Note", "Note", FieldType.TEXTAREA),
    ),
)


async def begun(h: House, form: Form = FORM, **changes: object) -> None:
    pause = WorkflowPaused("userInput", form, extends_record=True)
    h.assistant.scripts = [[pause, Finished()], [TextAdded("Done."), Finished()]]
    await h.hear(message("start", **changes))


_presses = iter(range(1, 10_000))


async def move(h: House, move: FormMove, index: int = 0) -> None:
    interaction = await h.open_interaction()
    await h.hear(
        FormStepTaken(
            id=f"step:{next(_presses)}",
            conversation=HERE,
            by=ANN,
            at=START,
            interaction=interaction.id,
            step=interaction.draft.step,
            move=move,
            index=index,
            message=interaction.draft.prompt,
            reply="r",
        )
    )


async def test_a_form_is_filled_in_field_by_field_and_submitted_in_json_types() -> None:
    async with house(native_forms=False) as h:
        await begun(h)
        await h.hear(message("Ann"))
        await move(h, FormMove.PICK, 1)
        await move(h, FormMove.TOGGLE, 1)
        await move(h, FormMove.DONE)
        await move(h, FormMove.PICK, 0)
        await move(h, FormMove.SKIP)
        await move(h, FormMove.SUBMIT)
        expected: dict[str, Json] = {"Name": "Ann", "Size": "l", "With": ["e"], "Gift": True, "Note": ""}
        assert h.assistant.asked[1].question.answer == Filled(expected)


async def test_the_first_field_is_asked_for_with_its_progress() -> None:
    async with house(native_forms=False) as h:
        await begun(h)
        assert h.adapter.screen[-1].text.startswith("**1/5 · Name** (needed)")


async def test_a_wrong_value_is_told_and_asked_again_without_losing_a_step() -> None:
    async with house(native_forms=False) as h:
        await begun(h)
        await h.hear(message("Annabelle"))
        assert "At most 5 characters" in h.adapter.screen[-1].text
        await h.hear(message("Ann"))
        assert (await h.open_interaction()).draft.values == {"Name": "Ann"}


async def test_a_message_that_is_handled_once_more_after_a_crash_fills_one_field() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("", (FORM.fields[0], FORM.fields[4])))
        interaction = await h.open_interaction()
        typed = message("Ann")
        await h.bridge.gateway.accept([typed])
        claim = await h.store.claim("w1", timedelta(seconds=60))
        assert claim is not None
        await h.store.save_draft(interaction.id, 0, Draft(1, {"Name": "Ann"}, moved_by=typed.id))
        await h.bridge.worker.work(claim)
        assert (await h.open_interaction()).draft.values == {"Name": "Ann"}
        assert h.adapter.screen[-1].text.startswith("**2/2 · Note**")


async def test_of_several_wrong_values_only_the_newest_question_stays() -> None:
    async with house(native_forms=False) as h:
        await begun(h)
        for wrong in ("Annabelle", "Annamaria", "Anneliese"):
            await h.hear(message(wrong))
        prompts = [shown for shown in h.adapter.screen if "1/5" in shown.text]
        assert [prompt.buttons for prompt in prompts] == [(phrases.CANCEL,)]
        assert prompts[0].text.startswith("⚠ At most 5 characters")


async def test_the_next_question_does_not_wait_until_the_one_before_has_become_its_answer() -> None:
    async with house(native_forms=False) as h:
        await begun(h)
        first = h.adapter.screen[-1]
        await h.hear(message("Ann"))
        assert h.adapter.at_leisure == [first.ref]
        assert first.text == "**Name**: Ann"


async def at_summary(h: House) -> None:
    await begun(h, Form("Two", (FORM.fields[0], FORM.fields[4])))
    await h.hear(message("Ann"))
    await h.hear(message("Hi"))


async def test_other_words_at_the_summary_are_told_what_is_wanted_and_repeat_nothing() -> None:
    async with house(native_forms=False) as h:
        await at_summary(h)
        await h.hear(message("looks good"))
        await h.hear(message("I said it looks good"))
        assert h.adapter.texts.count(phrases.SUMMARY_WORDS) == 1
        assert sum(phrases.SUMMARY in text for text in h.adapter.texts) == 1
        assert [shown.text for shown in h.adapter.screen if shown.buttons] == [phrases.SUMMARY_WORDS]


async def test_yes_below_a_reminder_submits_what_the_summary_says() -> None:
    async with house(native_forms=False) as h:
        await at_summary(h)
        await h.hear(message("looks good"))
        await h.hear(message("Yes!"))
        assert h.assistant.asked[1].question.answer == Filled({"Name": "Ann", "Note": "Hi"})
        assert phrases.SUMMARY_WORDS not in h.adapter.texts


@pytest.mark.parametrize("words", ["edit 2", "Edit  note"])
async def test_a_field_is_changed_by_words_at_the_summary(words: str) -> None:
    async with house(native_forms=False) as h:
        await at_summary(h)
        await h.hear(message(words))
        assert h.adapter.screen[-1].text.startswith("**2/2 · Note**")
        await h.hear(message("Bye"))
        assert "**Note**: Bye" in h.adapter.screen[-1].text
        assert [shown.text for shown in h.adapter.screen if shown.buttons] == [h.adapter.screen[-1].text]


async def test_what_somebody_types_does_not_reach_the_screen_as_markup() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("One", (FORM.fields[4],)))
        await h.hear(message("*very* ``` <b>bold</b>"))
        await h.hear(message("yes"))
        assert "**Note**: ````*very* ``` <b>bold</b>````\n\n✅ Submitted" in h.adapter.texts


async def test_the_summary_becomes_what_was_submitted_and_no_button_stays() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("One", FORM.fields[:1]))
        await h.hear(message("Ann"))
        await move(h, FormMove.SUBMIT)
        assert "**Name**: Ann\n\n✅ Submitted" in h.adapter.texts
        assert not any(shown.buttons for shown in h.adapter.screen[:-1])


async def test_in_private_a_pressed_question_becomes_the_next_one_though_it_is_typed() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("", FORM.fields[3:]))
        before = len(h.adapter.screen)
        await move(h, FormMove.PICK, 0)
        assert h.adapter.screen[-1].text.startswith("**2/2 · Note**")
        assert len(h.adapter.screen) == before


async def test_among_others_what_is_typed_is_asked_for_anew() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("", FORM.fields[3:]), private=False)
        await move(h, FormMove.PICK, 0)
        asked, note = h.adapter.screen[-2:]
        assert (asked.text, note.text[:9]) == ("**Gift**: Yes", "**2/2 · N")


def cancel(interaction: Interaction) -> InteractionCancelled:
    return InteractionCancelled(id="x", conversation=HERE, by=ANN, at=START, interaction=interaction.id, reply="r")


async def test_a_form_that_is_cancelled_at_its_first_field_leaves_one_message() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("Your trip", FORM.fields))
        await h.hear(cancel(await h.open_interaction()))
        assert h.adapter.texts == [f"Your trip\n\n✖ {phrases.CANCELLED}"]


async def test_a_form_that_is_cancelled_later_says_so_below_its_answers() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("Your trip", FORM.fields))
        await h.hear(message("Ann"))
        await h.hear(cancel(await h.open_interaction()))
        assert h.adapter.texts == ["Your trip", "**Name**: Ann", f"✖ {phrases.CANCELLED}"]


async def test_a_form_without_a_description_leaves_no_card_behind() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("", FORM.fields))
        await h.hear(message("Ann"))
        await h.hear(cancel(await h.open_interaction()))
        assert h.adapter.texts == ["**Name**: Ann", f"✖ {phrases.CANCELLED}"]


async def test_a_command_that_cancels_a_form_is_answered_below_it() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("Your trip", FORM.fields))
        await h.hear(command("cancel"))
        assert h.adapter.texts == ["Your trip\n\n✖ Cancelled", phrases.CANCELLED]


async def test_back_and_edit_lead_to_a_field_and_back_to_the_summary() -> None:
    async with house(native_forms=False) as h:
        await begun(h, Form("Two", FORM.fields[:2]))
        await h.hear(message("Ann"))
        await move(h, FormMove.BACK)
        assert (await h.open_interaction()).draft.step == 0
        await h.hear(message("Bob"))
        await move(h, FormMove.PICK, 0)
        await move(h, FormMove.EDIT, 0)
        await h.hear(message("Eve"))
        assert h.adapter.screen[-1].text.endswith("**Name**: Eve\n**Size**: Small")


async def test_a_stale_button_of_an_earlier_field_changes_nothing() -> None:
    async with house(native_forms=False) as h:
        await begun(h)
        interaction = await h.open_interaction()
        await h.hear(message("Ann"))
        stale = FormStepTaken(
            id="stale", conversation=HERE, by=ANN, at=START, interaction=interaction.id, step=0, move=FormMove.SKIP
        )
        await h.hear(stale)
        assert (await h.open_interaction()).draft.step == 1


async def test_a_password_is_erased_from_the_screen_never_echoed_and_forgotten_after_submission() -> None:
    form = Form("", (Field("Pin", "Pin", FieldType.PASSWORD, required=True),))
    async with house(native_forms=False) as h:
        await begun(h, form)
        secret = message("hunter2")
        await h.hear(secret)
        assert h.adapter.erased == [secret.message]
        assert not any("hunter2" in text for text in h.adapter.texts)
        interaction = await h.open_interaction()
        await move(h, FormMove.SUBMIT)
        assert h.assistant.asked[1].question.answer == Filled({"Pin": "hunter2"}, passwords=("Pin",))
        after = await h.interaction(interaction.id)
        assert "hunter2" not in repr(after)


async def test_a_password_is_not_asked_for_where_others_read() -> None:
    form = Form("", (Field("Pin", "Pin", FieldType.PASSWORD, required=True),))
    async with house(native_forms=False) as h:
        await begun(h, form, private=False)
        assert phrases.FORM_IN_PRIVATE in h.adapter.screen[-1].text
        await h.hear(message("hunter2", private=False))
        assert (await h.open_interaction()).draft.values == {}


async def test_files_are_collected_until_there_are_enough() -> None:
    form = Form("", (Field("Docs", "Docs", FieldType.FILES, required=True, max_files=2),))
    async with house(native_forms=False) as h:
        await begun(h, form)
        await h.hear(message("", attachments=(Attachment("1", "a.pdf"),)))
        await h.hear(message("", attachments=(Attachment("2", "b.pdf"),)))
        await move(h, FormMove.SUBMIT)
        links: Json = ["https://files.test/a.pdf", "https://files.test/b.pdf"]
        assert h.assistant.asked[1].question.answer == Filled({"Docs": links})


async def test_more_files_than_a_field_takes_are_not_fetched() -> None:
    form = Form("", (Field("Docs", "Docs", FieldType.FILES, required=True, max_files=2),))
    async with house(native_forms=False) as h:
        await begun(h, form)
        await h.hear(message("", attachments=tuple(Attachment(str(n), f"{n}.pdf") for n in range(50))))
        assert h.adapter.downloaded == []
        assert phrases.too_many_files(2) in h.adapter.screen[-1].text


async def test_a_stranger_cannot_fill_in_somebody_elses_form() -> None:
    from tests.builders import BOB

    async with house(native_forms=False) as h:
        await begun(h)
        await h.hear(message("Bob", by=BOB))
        assert (await h.open_interaction()).draft.values == {}
