"""Settings: the environment (and `.env`) first, `bridge.toml` for what is a table. All are checked at the start.

Every wrong setting raises `ConfigError`, whose text is one sentence that names it and never quotes it. A variable that
is empty, or nothing but spaces, counts as unset; spaces and quotes around a value do not belong to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bridge.config_errors import ConfigError, sentence
from bridge.config_hints import hint, misnamed
from bridge.config_sources import ENCODING, bare, dotenv, toml
from bridge.config_values import (
    ApiKey,
    ApiVersion,
    AppId,
    FastGPTUrl,
    Flag,
    HttpUrl,
    LogFormat,
    LogLevel,
    Port,
    Seconds,
    SlackAppToken,
    SlackBotToken,
    TelegramBotToken,
    TelegramUrl,
    Template,
)
from bridge.domain.ids import DEFAULT_APP, AppName
from bridge.domain.turns import App
from bridge.fastgpt.addresses import web_url

_DOTENV = Path(".env")
_TELEGRAM_PORTS = (443, 80, 88, 8443)  # Bot API, setWebhook


class Environment(BaseSettings):
    """The variables of the environment. Their names are public and stable."""

    model_config = SettingsConfigDict(
        env_file=_DOTENV, env_file_encoding=ENCODING, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_margins(cls, values: dict[str, object]) -> dict[str, object]:
        stripped = {name: bare(value) if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    fastgpt_base_url: FastGPTUrl | None = None
    fastgpt_api_key: ApiKey | None = None
    fastgpt_app_id: AppId | None = None
    fastgpt_api_version: ApiVersion = "auto"
    slack_bot_token: SlackBotToken | None = None
    slack_app_token: SlackAppToken | None = None
    slack_signing_secret: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_api_base_url: HttpUrl = "https://slack.com/api/"
    telegram_bot_token: TelegramBotToken | None = None
    telegram_webhook_url: HttpUrl | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_api_base_url: TelegramUrl = "https://api.telegram.org/bot"
    database_url: SecretStr = SecretStr("sqlite:///bridge.db")
    port: Port | None = None
    bridge_secret_key: SecretStr | None = None
    log_level: LogLevel = "info"
    log_format: LogFormat | None = None
    bridge_config: Path = Path("bridge.toml")
    dyno: str | None = None


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class FastGPTTable(_Table):
    """Timeouts in seconds. FastGPT may think for 10 minutes in one model call before the first byte."""

    first_byte_timeout: Seconds = 600
    idle_timeout: Seconds = 600
    turn_timeout: Seconds = 1800
    patience: Annotated[float, Field(ge=0, le=86400, description="a number of seconds from 0 to 86400")] = 120
    """How long an unreachable FastGPT is tried again before the person is told that it failed."""
    waiting_after: Seconds = 15
    """After how long without news the person is told that it takes time."""

    @model_validator(mode="after")
    def _parts_fit_into_the_whole(self) -> Self:
        if self.turn_timeout < max(self.first_byte_timeout, self.idle_timeout):
            raise ValueError("turn_timeout must not be shorter than first_byte_timeout or idle_timeout")
        return self


class WorkerTable(_Table):
    max_turns: Annotated[int, Field(ge=1, le=10_000, description="a whole number from 1 to 10000")] = 200
    lease: Annotated[float, Field(ge=2, le=3600, description="a number of seconds from 2 to 3600")] = 60
    drain: Annotated[float, Field(ge=0, le=29, description="a number of seconds from 0 to 29")] = 25
    max_attempts: Annotated[int, Field(ge=1, le=100, description="a whole number from 1 to 100")] = 6
    max_crashes: Annotated[int, Field(ge=1, le=100, description="a whole number from 1 to 100")] = 3
    answer_within_hours: Annotated[float, Field(gt=0, le=144, description="a number above 0, up to 144")] = 24
    """What was written longer ago is not answered any more. Less than the week for which the inbox remembers."""


class InteractionsTable(_Table):
    expire_after_days: Annotated[float, Field(gt=0, le=3650, description="a number above 0, up to 3650")] = 30
    answered_by: Annotated[Literal["asker", "anyone"], Field(description='"asker" or "anyone"')] = "asker"


class PeopleTable(_Table):
    questions_per_minute: Annotated[int, Field(ge=0, le=10_000, description="a whole number from 0 to 10000")] = 20
    """Of one person, wherever they ask. 0 is any number."""


class AnswersTable(_Table):
    """What surrounds an answer. `empty` is said instead of an empty answer that has no error."""

    votes: Flag = True
    quick_replies: Flag = True
    sources: Flag = True
    regenerate: Flag = True
    details_for: Annotated[tuple[str, ...], Field(description='a list of user ids, or ["*"] for everyone')] = ()
    """Platform user ids that may see run details; `*` is everyone."""
    shared_votes: Annotated[Literal["latest", "majority"], Field(description='"latest" or "majority"')] = "latest"
    on_edit: Annotated[Literal["offer", "reask", "ignore"], Field(description='"offer", "reask" or "ignore"')] = "offer"
    on_delete: Annotated[Literal["remove", "ignore"], Field(description='"remove" or "ignore"')] = "ignore"
    empty: Annotated[str, Field(min_length=1, description="text in quotes")] = (
        "I have no answer to that. Could you put it differently?"
    )


class AppTable(_Table):
    """One more FastGPT app. What is absent is taken from the environment."""

    base_url: FastGPTUrl | None = None
    api_key: ApiKey
    app_id: AppId
    api_version: ApiVersion | None = None


class File(_Table):
    """`bridge.toml`. Unknown keys are errors. A value `env:NAME` is read from the environment."""

    fastgpt: Annotated[FastGPTTable, Field(description="a table, as in [fastgpt]")] = FastGPTTable()
    worker: Annotated[WorkerTable, Field(description="a table, as in [worker]")] = WorkerTable()
    interactions: Annotated[InteractionsTable, Field(description="a table, as in [interactions]")] = InteractionsTable()
    people: Annotated[PeopleTable, Field(description="a table, as in [people]")] = PeopleTable()
    answers: Annotated[AnswersTable, Field(description="a table, as in [answers]")] = AnswersTable()
    apps: Annotated[dict[str, AppTable], Field(description="tables, as in [apps.support]")] = {}
    variables: Annotated[dict[str, Template], Field(repr=False, description="text in quotes, as in [variables]")] = {}
    """FastGPT global variables the bridge fills in by itself; what may be between braces is in `domain.templates`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`misnamed`: what is set and no setting, and which one that is not set may be meant."""

    env: Environment
    file: File
    misnamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def hint(self) -> str:
        """To stand behind a sentence that says what is missing; may be empty."""
        return hint(self.misnamed)

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
            raise ConfigError(
                f"{' and '.join(missing)} must be set: the bridge needs a FastGPT app to talk to.{self.hint}"
            )
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
    written = dotenv(_DOTENV)
    try:
        env = Environment()
    except ValidationError as error:
        raise ConfigError(sentence(error, Environment, upper=True)) from None
    if "bridge_config" in env.model_fields_set and not env.bridge_config.exists():
        raise ConfigError("BRIDGE_CONFIG is wrong: there is no such file.")
    set_variables = {name: value for name, value in os.environ.items() if value.strip()}
    given = {**written, **set_variables}
    settings = Settings(env, _file(env.bridge_config, given), _misnamed(env, given))
    _check_contradictions(settings)
    return settings


def _misnamed(env: Environment, given: Mapping[str, str]) -> dict[str, str]:
    known = {name.upper(): name for name in Environment.model_fields}
    return misnamed(given, known, [name for name, field in known.items() if field not in env.model_fields_set])


def _file(path: Path, environ: Mapping[str, str]) -> File:
    try:
        return File.model_validate(toml(path, environ))
    except ValidationError as error:
        raise ConfigError(f"{path}: {sentence(error, File)}") from None


def _check_slack(env: Environment) -> None:
    """Socket Mode needs an app-level token; HTTP the secret that Slack signs with, and a port. With both, the first."""
    if env.slack_bot_token is None:
        for name, value in (
            ("SLACK_APP_TOKEN", env.slack_app_token),
            ("SLACK_SIGNING_SECRET", env.slack_signing_secret),
        ):
            if value:
                raise ConfigError(f"SLACK_BOT_TOKEN must be set together with {name}.")
        return
    if env.slack_app_token:
        return
    if not env.slack_signing_secret:
        raise ConfigError(
            "SLACK_APP_TOKEN must be set together with SLACK_BOT_TOKEN, for Socket Mode,"
            " or SLACK_SIGNING_SECRET and PORT, for HTTP."
        )
    if env.port is None:
        raise ConfigError(
            "PORT must be set together with SLACK_SIGNING_SECRET, since Slack posts to it;"
            " SLACK_APP_TOKEN instead is for Socket Mode."
        )


def _check_webhook(env: Environment) -> None:
    """As Telegram's setWebhook wants it: https, and a secret of 1 to 256 characters `A-Za-z0-9_-` (Bot API)."""
    if env.telegram_webhook_url is None:
        if env.telegram_webhook_secret:
            raise ConfigError("TELEGRAM_WEBHOOK_URL must be set together with TELEGRAM_WEBHOOK_SECRET.")
        return
    if env.telegram_webhook_secret is None:
        raise ConfigError("TELEGRAM_WEBHOOK_SECRET must be set together with TELEGRAM_WEBHOOK_URL.")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", env.telegram_webhook_secret.get_secret_value()):
        raise ConfigError("TELEGRAM_WEBHOOK_SECRET is wrong: at most 256 letters, digits, underscores and hyphens.")
    if env.telegram_bot_token is None:
        raise ConfigError("TELEGRAM_BOT_TOKEN must be set together with TELEGRAM_WEBHOOK_URL.")
    if env.port is None:
        raise ConfigError("PORT must be set together with TELEGRAM_WEBHOOK_URL: webhooks are received on it.")
    address = urlsplit(env.telegram_webhook_url)
    if address.query or address.fragment:
        raise ConfigError("TELEGRAM_WEBHOOK_URL is wrong: it must end with a path, or without one.")
    is_telegrams_own = urlsplit(env.telegram_api_base_url).hostname == "api.telegram.org"
    if is_telegrams_own and (address.scheme != "https" or (address.port or 443) not in _TELEGRAM_PORTS):
        raise ConfigError(
            "TELEGRAM_WEBHOOK_URL is wrong: Telegram posts to https:// addresses, on port 443, 80, 88 or 8443."
        )


def _check_contradictions(settings: Settings) -> None:
    env = settings.env
    _check_slack(env)
    _check_webhook(env)
    if env.dyno and env.database_url.get_secret_value().startswith("sqlite"):
        raise ConfigError(
            "DATABASE_URL must name a PostgreSQL database here: a dyno forgets its disk daily, and SQLite with it."
        )
    if str(DEFAULT_APP) in settings.file.apps:
        raise ConfigError(
            f"{env.bridge_config}: apps.{DEFAULT_APP} is the app of FASTGPT_API_KEY; this one needs another name."
        )
