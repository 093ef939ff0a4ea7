"""What is printed, and in which order."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from adapters.console.paper import Paper


def paper() -> tuple[Paper, StringIO]:
    out = StringIO()
    return Paper(Console(file=out, width=80, color_system=None)), out


def test_what_is_typed_amid_an_answer_stands_below_it() -> None:
    sheet, out = paper()
    with sheet.answering():
        sheet.print("One.")
        sheet.echo("and then?", secret=False)
        sheet.print("Two.")
        assert len(sheet.ahead) == 1
    assert out.getvalue().splitlines() == ["One.", "Two.", "you> and then?"]
    assert not sheet.ahead


def test_what_is_typed_at_rest_stands_there_at_once() -> None:
    sheet, out = paper()
    sheet.echo("hello", secret=False)
    assert out.getvalue() == "you> hello\n"


def test_no_word_of_an_answer_is_lost_as_html() -> None:
    out = StringIO()
    sheet = Paper(Console(file=out, width=80, color_system=None, force_terminal=True))
    sheet.markdown("Use List<String>.\n\n<div>\nkept\n</div>\n\n<details><summary>More</summary>\nhidden</details>")
    assert [line.split() for line in out.getvalue().splitlines() if line.strip()] == [
        ["Use", "List<String>."],
        ["kept"],
        ["More", "hidden"],
    ]
