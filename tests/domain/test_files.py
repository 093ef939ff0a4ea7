"""What a file may be called."""

from __future__ import annotations

import pytest

from bridge.domain.files import tame
from bridge.domain.phrases import file_names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("Bericht über Käse 2026.docx", "Bericht über Käse 2026.docx"),
        ("報告.pdf", "報告.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\notes.txt", "notes.txt"),
        ("two\r\nContent-Type: text\thtml", "two Content-Type: text html"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\x00\x1b[31m", "[31m"),
        ("\ud800", "file"),
        ("", "file"),
        ("/", "file"),
    ],
)
def test_a_name_is_one_visible_line_without_a_path(name: str, shown: str) -> None:
    assert tame(name) == shown


@pytest.mark.parametrize("name", ["x" * 5000, "x" * 5000 + ".pdf", "." + "x" * 5000])
def test_a_name_of_5000_characters_is_cut_and_keeps_its_ending(name: str) -> None:
    assert len(tame(name)) <= 100
    assert tame(name).endswith(".pdf") == name.endswith(".pdf")


def test_a_name_that_is_markup_is_shown_as_it_is_written() -> None:
    assert file_names(["**[x](https://evil.test)**", "a`b"]) == "`**[x](https://evil.test)**`, ``a`b``"


def test_of_fifty_names_a_few_are_named() -> None:
    assert file_names([f"{number}.txt" for number in range(50)]).endswith("`4.txt` and 45 more")
