"""The program as an operator meets it: the demo, wrong settings, an installed wheel."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.end_to_end.nursery import ROOT
from tests.end_to_end.process import Program


async def test_with_nothing_configured_it_says_so_in_two_lines_and_plays_the_demo(tmp_path: Path) -> None:
    async with Program(tmp_path, {}) as program:
        assert await program.ended() == 0
    assert program.lines[0].startswith("Nothing is configured yet")
    assert len(program.lines) == 2
    tour = program.out.decode()
    for seen in (
        "you> What can you do?",
        "Harbour Coffee",
        "✅ **Lighthouse**",
        "Submitted",
        "Thanks for the feedback.",
    ):
        assert seen in tour


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"FASTGPT_BASE_URL": "ftp://x"}, "FASTGPT_BASE_URL"),
        ({"FASTGPT_BASE_URL": "http://x"}, "FASTGPT_API_KEY"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"PORT": "many"}, "PORT"),
        ({"DATABASE_URL": "mysql://x/y", "TELEGRAM_BOT_TOKEN": "123456:abcdefghijklmno"}, "FASTGPT_BASE_URL"),
    ],
)
async def test_a_wrong_setting_ends_the_start_with_one_sentence_and_2(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    async with Program(tmp_path, settings) as program:
        assert await program.ended() == 2
    assert len(program.lines) == 1
    assert named in program.lines[0]


async def test_a_database_url_that_is_none_is_named(tmp_path: Path) -> None:
    async with Program(tmp_path, {"DATABASE_URL": "mysql://user:secret@x/y"}, "migrate") as program:
        assert await program.ended() == 2
    assert "DATABASE_URL" in program.lines[-1]
    assert "secret" not in "\n".join(program.lines)


ENOUGH = {
    "FASTGPT_BASE_URL": "http://127.0.0.1:9",
    "FASTGPT_API_KEY": "fastgpt-key",
    "FASTGPT_APP_ID": "a" * 24,
    "TELEGRAM_BOT_TOKEN": "123456:abcdefghijklmno",
    "TELEGRAM_API_BASE_URL": "http://127.0.0.1:9/bot",
}
NEWER = "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('9999')"


@pytest.mark.parametrize("is_newer", [False, True], ids=["damaged", "newer"])
async def test_a_database_that_cannot_be_used_ends_the_start_with_one_sentence_and_2(
    tmp_path: Path, *, is_newer: bool
) -> None:
    file = tmp_path / "bridge.db"
    if is_newer:
        with contextlib.closing(sqlite3.connect(file)) as database:
            database.executescript(NEWER)
    else:
        file.write_bytes(b"no database at all " * 1000)
    before = file.read_bytes()
    async with Program(tmp_path, ENOUGH) as program:
        assert await program.ended() == 2
    assert program.lines[-1].startswith("fastgpt-bridge: DATABASE_URL: ")
    assert "Traceback" not in "\n".join(program.lines)
    assert is_newer or file.read_bytes() == before


async def test_migrate_makes_the_database_in_any_directory(tmp_path: Path) -> None:
    async with Program(tmp_path, {}, "migrate") as program:
        assert await program.ended() == 0
    assert (tmp_path / "bridge.db").exists()


def test_an_installed_wheel_brings_both_packages_the_migrations_and_the_command(tmp_path: Path) -> None:
    """Built and unpacked rather than installed with its dependencies: those are this environment's."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "home"
    venv.create(home, system_site_packages=False, with_pip=False)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    run = subprocess.run(
        [sys.executable, "-m", "bridge", "migrate"],
        cwd=home,
        env={"PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert (home / "bridge.db").exists()
    assert (tmp_path / "installed" / "adapters" / "telegram").is_dir()
