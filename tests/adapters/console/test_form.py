from __future__ import annotations

from pathlib import Path

from adapters.console.files import look, sent_along
from adapters.console.form import FormTalk, Outcome
from bridge.domain.interactions import Field, FieldType, Form, Interaction, Option
from tests.adapters.console.shapes import FORM, form_of


def talk(interaction: Interaction = FORM) -> FormTalk:
    assert isinstance(interaction.ask, Form)
    return FormTalk(interaction, interaction.ask, look)


def say(form: FormTalk, *lines: str) -> Outcome:
    outcome = Outcome.GOES_ON
    for line in lines:
        outcome = form.hear(line)
    return outcome


def test_a_form_goes_field_by_field_to_a_summary_and_is_submitted() -> None:
    form = talk()
    assert say(form, "Ada", "36", "2", "yes") is Outcome.GOES_ON
    assert form.field is None
    assert say(form, "") is Outcome.SUBMITTED
    assert form.values == {"name": "Ada", "age": 36, "colour": "b", "news": True}


def test_an_empty_line_keeps_the_default_or_skips() -> None:
    form = talk()
    say(form, "Ada", "", "", "")
    assert form.values == {"name": "Ada", "age": 30, "colour": "", "news": False}


def test_what_is_wrong_is_said_at_the_field_and_loses_nothing() -> None:
    form = talk()
    say(form, "Ada", "hundred")
    assert form.field is not None
    assert (form.field.key, form.problem) == ("age", "Please give a number.")
    say(form, "36")
    assert form.problem == ""
    assert form.values == {"name": "Ada", "age": 36}


def test_a_needed_field_cannot_be_skipped() -> None:
    form = talk()
    say(form, "")
    assert form.problem == "This one is needed."


def test_back_returns_to_the_field_before_with_its_value() -> None:
    form = talk()
    say(form, "Ada", "/back")
    assert form.field is not None
    assert form.field.key == "name"
    say(form, "")
    assert form.values["name"] == "Ada"


def test_back_at_the_first_field_says_so() -> None:
    form = talk()
    say(form, "/back")
    assert form.problem


def test_one_field_is_changed_from_the_summary() -> None:
    form = talk()
    say(form, "Ada", "36", "red", "no", "edit age", "37")
    assert form.field is None
    assert form.values["age"] == 37
    assert say(form, "edit 1", "Bob", "submit") is Outcome.SUBMITTED
    assert form.values["name"] == "Bob"


def test_nonsense_at_the_summary_submits_nothing() -> None:
    form = talk()
    say(form, "Ada", "36", "red", "no")
    assert say(form, "whatever") is Outcome.GOES_ON
    assert form.problem


def test_cancel_leaves_the_form_anywhere() -> None:
    assert say(talk(), "/cancel") is Outcome.CANCELLED
    assert say(talk(), "Ada", "36", "red", "no", "cancel") is Outcome.CANCELLED


def test_a_password_is_never_shown() -> None:
    form = talk(form_of(Field("code", "Code", FieldType.PASSWORD)))
    say(form, "hunter2")
    assert form.values == {"code": "hunter2"}
    assert "hunter2" not in "\n".join((form.title, *form.lines))


def test_several_options_are_typed_with_commas() -> None:
    options = (Option("Red", "r"), Option("Blue", "b"), Option("Green", "g"))
    form = talk(form_of(Field("c", "Colours", FieldType.MULTIPLE_SELECT, options=options)))
    say(form, "1, green")
    assert form.values == {"c": ["r", "g"]}


def test_files_are_given_by_their_path(tmp_path: Path) -> None:
    file = tmp_path / "my notes.txt"
    file.write_text("abc")
    form = talk(form_of(Field("doc", "Document", FieldType.FILES)))
    say(form, f'"{file}"')
    (attachment,) = form.files["doc"]
    assert (attachment.name, attachment.size, attachment.media_type) == ("my notes.txt", 3, "text/plain")
    assert "doc" not in form.values
    assert "my notes.txt" in "\n".join(form.lines)


def test_a_path_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    form = talk(form_of(Field("doc", "Document", FieldType.FILES)))
    say(form, str(tmp_path / "none"))
    assert "no readable file" in form.problem


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)
    form = talk(form_of(Field("doc", "Document", FieldType.FILES)))
    say(form, f"{tmp_path}/a {tmp_path}/b")
    assert form.problem == "At most 1 file, please."


def test_a_file_can_be_sent_along_with_a_question() -> None:
    assert sent_along("/file '/home/ann/my notes.txt' what is this?") == ("/home/ann/my notes.txt", "what is this?")
    assert sent_along("/file a.txt") == ("a.txt", "")
    assert sent_along("a file") is None
