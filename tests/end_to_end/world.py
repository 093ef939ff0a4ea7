"""All three worlds on loopback, and the settings that point the program at them."""

from __future__ import annotations

from bridge.simulator import Simulator
from tests.emulators.slack import SlackEmulator
from tests.emulators.telegram import TelegramEmulator


def fastgpt_settings(fastgpt: Simulator, app: str = "demo") -> dict[str, str]:
    return {
        "FASTGPT_BASE_URL": fastgpt.base_url,
        "FASTGPT_API_KEY": fastgpt.key(app),
        "FASTGPT_APP_ID": fastgpt.app_id(app),
    }


def telegram_settings(telegram: TelegramEmulator) -> dict[str, str]:
    return {"TELEGRAM_BOT_TOKEN": telegram.token, "TELEGRAM_API_BASE_URL": telegram.base_url}


def slack_settings(slack: SlackEmulator) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_BASE_URL": slack.base_url,
    }
