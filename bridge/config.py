"""Settings: the environment (and `.env`) first, `bridge.toml` for what is a table. All are checked at the start.

Every wrong setting raises `ConfigError`, whose text is one sentence that names it and never quotes it. A variable that
is empty, or nothing but spaces, counts as unset.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bridge.domain.ids import DEFAULT_APP, AppName
from bridge.domain.turns import App
from bridge.fastgpt.addresses import api_base, web_url


class ConfigError(Exception):
    """A setting is missing, malformed or contradicts another. The text names it."""


def _http_url(value: str) -> str:
    sentence = "must be an http:// or https:// address"
    try:
        parts = urlsplit(value)
        _ = parts.port  # reading it checks it
    except ValueError:
        raise ValueError(sentence) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or any(sign.isspace() for sign in value):
        raise ValueError(sentence)
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
FastGPTUrl = Annotated[str, AfterValidator(api_base)]
"""Made whole from whatever was pasted: with or without `/api`, `/v1`, a slash at the end."""
_APP_ID = re.compile(r"[0-9a-f]{24}")


def _app_id(value: str) -> str:
    if not _APP_ID.fullmatch(value):
        raise ValueError("must be 24 hexadecimal characters, as in the address of the app's page")
    return value


AppId = Annotated[str, AfterValidator(_app_id)]


def _key(value: SecretStr) -> SecretStr:
    """It travels in an HTTP header, which nothing else fits into."""
    if not all("!" <= character <= "~" for character in value.get_secret_value()):
        raise ValueError("must be letters, digits and signs without blanks, as FastGPT showed it")
    return value


ApiKey = Annotated[SecretStr, AfterValidator(_key)]


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


ApiVersion = Annotated[Literal["auto", "v1", "v2"], BeforeValidator(_lower)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
LogFormat = Annotated[Literal["console", "json"], BeforeValidator(_lower)]


class Environment(BaseSettings):
    """The variables of the environment. Their names are public and stable."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    @model_validator(mode="before")
    @classmethod
    def _without_margins(cls, values: dict[str, object]) -> dict[str, object]:
        """A line break behind a token is invisible where it was pasted, and fatal in an HTTP header."""
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    fastgpt_base_url: FastGPTUrl | None = None
    fastgpt_api_key: ApiKey | None = None
    fastgpt_app_id: AppId | None = None
    fastgpt_api_version: ApiVersion = "auto"
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_api_base_url: HttpUrl = "https://slack.com/api/"
    telegram_bot_token: SecretStr | None = None
    telegram_webhook_url: HttpUrl | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_api_base_url: HttpUrl = "https://api.telegram.org/bot"
    database_url: SecretStr = SecretStr("sqlite:///bridge.db")
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    bridge_secret_key: SecretStr | None = None
    log_level: LogLevel = "info"
    log_format: LogFormat | None = None
    bridge_config: Path = Path("bridge.toml")
    dyno: str | None = None


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FastGPTTable(_Table):
    """Timeouts in seconds. FastGPT may think for 10 minutes in one model call before the first byte."""

    first_byte_timeout: Annotated[float, Field(gt=0)] = 600
    idle_timeout: Annotated[float, Field(gt=0)] = 600
    turn_timeout: Annotated[float, Field(gt=0)] = 1800
    patience: Annotated[float, Field(ge=0)] = 120
    """How long an unreachable FastGPT is tried again before the person is told that it failed."""
    waiting_after: Annotated[float, Field(gt=0)] = 15
    """After how long without news the person is told that it takes time."""


class WorkerTable(_Table):
    max_turns: Annotated[int, Field(ge=1, le=10_000)] = 200
    lease: Annotated[float, Field(ge=2)] = 60
    drain: Annotated[float, Field(ge=0, le=29)] = 25
    max_attempts: Annotated[int, Field(ge=1)] = 6
    max_crashes: Annotated[int, Field(ge=1)] = 3
    answer_within_hours: Annotated[float, Field(gt=0, le=144)] = 24
    """What was written longer ago is not answered any more. Less than the week for which the inbox remembers."""


class InteractionsTable(_Table):
    expire_after_days: Annotated[float, Field(gt=0)] = 30
    answered_by: Literal["asker", "anyone"] = "asker"


class AnswersTable(_Table):
    """What surrounds an answer. `empty` is said instead of an empty answer that has no error."""

    votes: bool = True
    quick_replies: bool = True
    sources: bool = True
    regenerate: bool = True
    details_for: tuple[str, ...] = ()
    """Platform user ids that may see run details; `*` is everyone."""
    shared_votes: Literal["latest", "majority"] = "latest"
    on_edit: Literal["offer", "reask", "ignore"] = "offer"
    on_delete: Literal["remove", "ignore"] = "ignore"
    empty: str = "I have no answer to that. Could you put it differently?"


class AppTable(_Table):
    """One more FastGPT app. What is absent is taken from the environment."""

    base_url: FastGPTUrl | None = None
    api_key: ApiKey
    app_id: AppId
    api_version: ApiVersion | None = None


class File(_Table):
    """`bridge.toml`. Unknown keys are errors. A value `env:NAME` is read from the environment."""

    fastgpt: FastGPTTable = FastGPTTable()
    worker: WorkerTable = WorkerTable()
    interactions: InteractionsTable = InteractionsTable()
    answers: AnswersTable = AnswersTable()
    apps: dict[str, AppTable] = {}
    variables: Annotated[dict[str, str], Field(repr=False)] = {}
    """FastGPT global variables the bridge fills: `{id}` `{name}` `{locale}` `{platform}` `{channel}` `{link}`."""


@dataclass(frozen=True, slots=True)
class Settings:
    env: Environment
    file: File

    @property
    def slack_is_on(self) -> bool:
        return self.env.slack_bot_token is not None

    @property
    def telegram_is_on(self) -> bool:
        return self.env.telegram_bot_token is not None

    @property
    def anything_is_set(self) -> bool:
        """Whether the operator has begun to configure the bridge at all."""
        env = self.env
        is_fastgpt_set = bool(env.fastgpt_base_url or env.fastgpt_api_key or env.fastgpt_app_id or self.file.apps)
        return is_fastgpt_set or self.slack_is_on or self.telegram_is_on

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must never be logged, as it was set; the database's address for its password."""
        of_apps = (app.api_key for app in self.file.apps.values())
        of_env = (getattr(self.env, name) for name in type(self.env).model_fields)
        values = (value.get_secret_value() for value in (*of_env, *of_apps) if isinstance(value, SecretStr))
        return tuple(value for value in values if not value.startswith("sqlite:"))

    def apps(self) -> dict[AppName, App]:
        """Every FastGPT app by name, the default one among them. Raises ConfigError."""
        env = self.env
        missing = [
            name
            for name, value in (
                ("FASTGPT_BASE_URL", env.fastgpt_base_url),
                ("FASTGPT_API_KEY", env.fastgpt_api_key),
                ("FASTGPT_APP_ID", env.fastgpt_app_id),
            )
            if not value
        ]
        if missing:
            raise ConfigError(f"{', '.join(missing)} must be set: the bridge needs a FastGPT app to talk to.")
        assert env.fastgpt_api_key is not None
        assert env.fastgpt_app_id is not None
        default = AppTable(api_key=env.fastgpt_api_key, app_id=env.fastgpt_app_id)
        tables = {str(DEFAULT_APP): default, **self.file.apps}
        return {AppName(name): self._app(AppName(name), table) for name, table in tables.items()}

    def _app(self, name: AppName, table: AppTable) -> App:
        base_url = table.base_url or self.env.fastgpt_base_url
        assert base_url is not None
        return App(
            name=name,
            base_url=base_url,
            app_id=table.app_id,
            key=table.api_key.get_secret_value(),
            api_version=table.api_version or self.env.fastgpt_api_version,
            web_url=web_url(base_url),
        )


def load() -> Settings:
    """Read and check everything. Raises ConfigError with one sentence."""
    try:
        env = Environment()
        dotenv = dotenv_values(".env")
    except ValidationError as error:
        raise ConfigError(_sentence(error, upper=True)) from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(".env cannot be read: it must be a text file in UTF-8.") from None
    if "bridge_config" in env.model_fields_set and not env.bridge_config.exists():
        raise ConfigError("BRIDGE_CONFIG is wrong: there is no such file.")
    set_variables = {name: value for name, value in os.environ.items() if value.strip()}
    settings = Settings(env, _file(env.bridge_config, {**dotenv, **set_variables}))
    _check_contradictions(settings)
    return settings


def _file(path: Path, environ: Mapping[str, str | None]) -> File:
    if not path.exists():
        return File()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path} cannot be read: it must be a text file in UTF-8.") from None
    try:
        return File.model_validate(_resolved(table, environ, path))
    except ValidationError as error:
        raise ConfigError(f"{path}: {_sentence(error, upper=False)}") from None


def _resolved(value: object, environ: Mapping[str, str | None], path: Path) -> object:
    if isinstance(value, dict):
        return {key: _resolved(item, environ, path) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, environ, path) for item in value]
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        found = (environ.get(name) or "").strip()
        if not found:
            raise ConfigError(f"{path} refers to {name}, which is not set in the environment.")
        return found
    return value


def _sentence(error: ValidationError, *, upper: bool) -> str:
    """The first problem, by its name, without its value: it may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return f"{name} is not a known setting."
    return f"{name.upper() if upper else name} is wrong: {problem[0].lower()}{problem[1:]}."


def _check_webhook(env: Environment) -> None:
    """As Telegram's setWebhook wants it: https, and a secret of 1 to 256 characters `A-Za-z0-9_-` (Bot API)."""
    if env.telegram_webhook_url is None:
        return
    if env.telegram_webhook_secret is None:
        raise ConfigError("TELEGRAM_WEBHOOK_SECRET must be set together with TELEGRAM_WEBHOOK_URL.")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", env.telegram_webhook_secret.get_secret_value()):
        raise ConfigError("TELEGRAM_WEBHOOK_SECRET is wrong: at most 256 letters, digits, underscores and hyphens.")
    if env.telegram_bot_token is None:
        raise ConfigError("TELEGRAM_BOT_TOKEN must be set together with TELEGRAM_WEBHOOK_URL.")
    if env.port is None:
        raise ConfigError("PORT must be set together with TELEGRAM_WEBHOOK_URL: webhooks are received on it.")


def _check_contradictions(settings: Settings) -> None:
    env = settings.env
    if env.slack_bot_token and not env.slack_app_token:
        raise ConfigError(
            "SLACK_APP_TOKEN must be set together with SLACK_BOT_TOKEN: it opens the Socket Mode connection."
        )
    if env.slack_app_token and not env.slack_bot_token:
        raise ConfigError("SLACK_BOT_TOKEN must be set together with SLACK_APP_TOKEN.")
    for name, token, prefix in (
        ("SLACK_BOT_TOKEN", env.slack_bot_token, "xoxb-"),
        ("SLACK_APP_TOKEN", env.slack_app_token, "xapp-"),
    ):
        if token and not token.get_secret_value().startswith(prefix):
            raise ConfigError(f"{name} is wrong: such a token begins with {prefix}.")
    if env.telegram_bot_token and not re.fullmatch(
        r"\d+:[A-Za-z0-9_-]{10,}", env.telegram_bot_token.get_secret_value()
    ):
        raise ConfigError("TELEGRAM_BOT_TOKEN is wrong: such a token looks like 123456:ABC-DEF…")
    _check_webhook(env)
    if env.dyno and env.database_url.get_secret_value().startswith("sqlite"):
        raise ConfigError(
            "DATABASE_URL must name a PostgreSQL database here: a dyno forgets its disk daily, and SQLite with it."
        )
    if str(DEFAULT_APP) in settings.file.apps:
        raise ConfigError(f"apps.{DEFAULT_APP} is the app of FASTGPT_API_KEY and cannot be a table too.")
