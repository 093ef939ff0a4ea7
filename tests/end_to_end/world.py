"""All three worlds on loopback, and the settings that point the program at them."""

from __future__ import annotations

from bridge.simulator import Simulator
from tests.emulators.slack import SlackEmulator
from tests.emulators.telegram import TelegramEmulator
from tests.loopback import free_port


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


SIGNING_SECRET, WEBHOOK_SECRET = "8f742231b10e8888abcd99a1b2c3", "Right-secret_1"


def telegram_over_http(telegram: TelegramEmulator, port: int | None = None) -> dict[str, str]:
    """The emulated Telegram is then one that an operator runs, which posts without https."""
    telegram.settings.local_server = True
    port = port or free_port()
    return telegram_settings(telegram) | {
        "TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{port}",
        "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "PORT": str(port),
    }


def slack_over_http(slack: SlackEmulator, port: int | None = None) -> dict[str, str]:
    port = port or free_port()
    slack.deliver_to(f"http://127.0.0.1:{port}/slack/events", SIGNING_SECRET)
    settings = slack_settings(slack) | {"SLACK_SIGNING_SECRET": SIGNING_SECRET, "PORT": str(port)}
    del settings["SLACK_APP_TOKEN"]
    return settings
