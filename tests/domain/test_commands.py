"""What is a command, and what only looks like one."""

from __future__ import annotations

import pytest

from bridge.domain.commands import Command, command_in


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/new", Command("new")),
        ("  /NEW  ", Command("new")),
        ("/help!", Command("help")),
        ("/cancle", Command("cancle")),
        ("/ask How is the weather?\nAnd tomorrow?", Command("ask", "How is the weather?\nAnd tomorrow?")),
        ("/ask, please", Command("ask", "please")),
        ("/stop@fastgpt_bot", Command("stop", addressee="fastgpt_bot")),
        ("/ask@fastgpt_bot why?", Command("ask", "why?", "fastgpt_bot")),
        ("/imagine_2 a cat", Command("imagine_2", "a cat")),
    ],
)
def test_a_slash_and_a_word_is_a_command_even_if_nobody_knows_it(text: str, command: Command) -> None:
    assert command_in(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "//",
        "new",
        "what does /new do?",
        "/usr/bin/python",
        "/usr/bin/python does not start",
        "/run.sh",
        "/etc/",
        "/2",
        "/1/2",
        "/请问今天天气",
        "/ new",
        "/" + "x" * 33,
        "/new-car",
        "/and/or",
    ],
)
def test_paths_numbers_and_what_has_no_word_behind_the_slash_are_no_commands(text: str) -> None:
    assert command_in(text) is None
