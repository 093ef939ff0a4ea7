"""The start of the program, by what the platforms say to its tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.simulator import Simulator
from tests.emulators.slack import SlackEmulator
from tests.emulators.telegram import TelegramEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.world import fastgpt_settings, slack_settings, telegram_settings

_WRONG_SETTING = 2
_NOBODY = "http://127.0.0.1:9"  # the discard port, where nobody listens


async def test_a_token_that_one_of_two_platforms_refuses_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    async with Simulator() as fastgpt, SlackEmulator() as slack, TelegramEmulator() as telegram:
        settings = fastgpt_settings(fastgpt) | slack_settings(slack) | telegram_settings(telegram)
        async with Program(tmp_path, settings | {"TELEGRAM_BOT_TOKEN": "123456:" + "x" * 35}) as program:
            assert await program.ended() == _WRONG_SETTING
    (sentence,) = [line for line in program.lines if not line.startswith("{")]
    assert sentence.startswith("fastgpt-bridge: Telegram does not know this bot; check TELEGRAM_BOT_TOKEN")


@pytest.mark.parametrize(
    ("wrong", "blamed"),
    [
        ({"FASTGPT_API_KEY": "fastgpt-" + "x" * 40}, "FASTGPT_API_KEY"),
        ({"FASTGPT_APP_ID": "0" * 24}, "FASTGPT_APP_ID"),
        ({"FASTGPT_BASE_URL": _NOBODY}, "cannot be reached"),
    ],
)
async def test_an_app_that_cannot_be_asked_is_told_to_the_operator_at_once(
    tmp_path: Path, wrong: dict[str, str], blamed: str
) -> None:
    async with Simulator() as fastgpt, TelegramEmulator() as telegram:
        settings = fastgpt_settings(fastgpt) | telegram_settings(telegram)
        async with Program(tmp_path, settings | wrong) as program:
            (fact,) = await program.logged("app_not_ready")
    assert fact["app"] == "default"
    assert blamed in fact["error"]
    assert fact["server"] == (settings | wrong)["FASTGPT_BASE_URL"].removesuffix("/api")


async def test_a_platform_that_cannot_be_reached_does_not_end_the_start(tmp_path: Path) -> None:
    async with Simulator() as fastgpt, TelegramEmulator() as telegram:
        slack = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_BASE_URL": f"{_NOBODY}/api/"}
        async with Program(tmp_path, fastgpt_settings(fastgpt) | telegram_settings(telegram) | slack) as program:
            (fact,) = await program.logged("not_connected_yet")
            assert fact["platform"] == "slack"
            telegram.person("Ann").say("Hello")
            await program.logged("turn_finished")


async def test_a_token_that_is_revoked_later_leaves_the_other_platform_running(tmp_path: Path) -> None:
    async with Simulator() as fastgpt, SlackEmulator() as slack, TelegramEmulator() as telegram:
        settings = fastgpt_settings(fastgpt) | slack_settings(slack) | telegram_settings(telegram)
        async with Program(tmp_path, settings) as program:
            await slack.connected()
            await program.logged("app_ready")
            telegram.token = "110201543:revoked"
            telegram.person("Ann").say("Hello")  # ends the long poll
            (parked,) = await program.logged("platform_parked")
            assert parked["platform"] == "telegram"
            sent = await slack.person("U1", "bob").dm("Hello")
            await slack.until(lambda: slack.answers(sent.channel, sent.thread))
