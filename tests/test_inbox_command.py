"""What was set aside can be seen, tried again and dropped."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.__main__ import main
from bridge.clock import SystemClock
from bridge.inbox_command import table
from bridge.logs import Redactor
from bridge.ports import InboxEntry
from bridge.store.sql import SqlStore
from tests.builders import message
from tests.fakes import START

DEAD = "message:dead"


async def _with_a_dead_update(url: str) -> None:
    store = SqlStore(url, SystemClock())
    await store.open()
    await store.put([message("poison", id=DEAD)])
    claim = await store.claim("w", timedelta(seconds=60))
    assert claim is not None
    await store.bury(claim, "Traceback …\nValueError: it was poison")
    await store.close()


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/bridge.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("LOG_LEVEL", "error")
    asyncio.run(_with_a_dead_update(url))
    return url


def inbox(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["inbox", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_list_says_what_was_set_aside_and_why(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert inbox("list") == 0
    line = capsys.readouterr().out
    for seen in (DEAD, "fake", "MessageReceived", "1×", "ValueError: it was poison"):
        assert seen in line


def test_one_is_shown_whole_with_its_traceback(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert inbox("show", "fake", DEAD) == 0
    shown = capsys.readouterr().out
    assert '"text": "poison"' in shown
    assert "Traceback …" in shown


def test_what_is_tried_again_is_new(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert inbox("retry", "fake", DEAD) == 0
    assert inbox("list", "--state", "new") == 0
    assert DEAD in capsys.readouterr().out.splitlines()[-1]


def test_what_is_dropped_is_set_aside_no_more(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert inbox("drop", "fake", DEAD) == 0
    assert inbox("list") == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"Nothing in {database.removeprefix('sqlite:///')}."


@pytest.mark.parametrize("action", ["show", "retry", "drop"])
def test_what_is_not_there_is_said_with_1(database: str, capsys: pytest.CaptureFixture[str], action: str) -> None:
    assert inbox(action, "fake", "nobody") == 1
    assert f"as nobody of fake in {database.removeprefix('sqlite:///')}." in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [("list",), ("show", "fake", DEAD), ("retry", "fake", DEAD)])
def test_looking_where_no_database_is_names_the_place_and_creates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert inbox(*arguments) == 2
    assert f"there is no database {tmp_path}/bridge.db;" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "why"),
    [
        ("message.text: Input should be a valid string", "message.text: Input should be a valid string"),
        ("Traceback …\n  File x\nbridge.domain.errors.StillUnreadable: no string\n", "StillUnreadable: no string"),
        ("2 errors\ntext\n  no string\n    For further information visit https://errors.example/x", "no string"),
        ("", ""),
    ],
)
def test_the_list_ends_in_the_line_that_says_why(error: str, why: str) -> None:
    entry = InboxEntry("id", "fake", "lane", "Unreadable", "dead", 0, START, error)
    assert table([entry], Redactor()).endswith(f"0×  {why}".rstrip())
