"""What single settings may look like. A description completes the sentence “it must be …”."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from bridge.domain.templates import PLACEHOLDERS, has_only_placeholders
from bridge.fastgpt.addresses import api_base

_APP_ID = re.compile(r"[0-9a-f]{24}")
_LONGEST = 7 * 24 * 3600  # seconds


def _http_url(value: str) -> str:
    sentence = "it must be an http:// or https:// address"
    try:
        parts = urlsplit(value)
        _ = parts.port  # reading it checks it
    except ValueError:
        raise ValueError(sentence) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or any(sign.isspace() for sign in value):
        raise ValueError(sentence)
    if parts.username or parts.password:
        raise ValueError("it must not hold a user name or password")
    return value


def _fastgpt_url(value: str) -> str:
    try:
        if re.match(r"https?(:/?|/+)(?!/)", value):  # which would pass as a server of that name
            raise ValueError("it is not an http or https address")
        return api_base(value)
    except ValueError as error:
        raise ValueError(f"{error}, such as https://fastgpt.example.com") from None


def _telegram_url(value: str) -> str:
    """The token follows it directly; a server of one's own is often given without the `/bot` before that."""
    url = _http_url(value).rstrip("/")
    return url if url.endswith("/bot") else f"{url}/bot"


def _app_id(value: str) -> str:
    if not _APP_ID.fullmatch(value):
        raise ValueError("it must be 24 hexadecimal characters, as in the address of the app's page")
    return value


def _key(value: SecretStr) -> SecretStr:
    """It travels in an HTTP header, which nothing else fits into."""
    text = value.get_secret_value()
    if not text or not all("!" <= character <= "~" for character in text):
        raise ValueError("it must be letters, digits and signs without blanks, as FastGPT showed it")
    return value


def _token(pattern: str, looks: str) -> Callable[[SecretStr], SecretStr]:
    def check(value: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, value.get_secret_value()):
            raise ValueError(f"it must {looks}")
        return value

    return check


def _template(value: str) -> str:
    if not has_only_placeholders(value):
        *most, last = (f"{{{name}}}" for name in PLACEHOLDERS)
        raise ValueError(f"what it has between braces must be {', '.join(most)} or {last}")
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


TelegramUrl = Annotated[str, AfterValidator(_telegram_url)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
FastGPTUrl = Annotated[str, AfterValidator(_fastgpt_url), Field(description="an http:// or https:// address")]
"""Made whole from whatever was pasted: with or without `/api`, `/v1`, a slash at the end."""
AppId = Annotated[str, AfterValidator(_app_id), Field(description="24 hexadecimal characters")]
ApiKey = Annotated[SecretStr, AfterValidator(_key), Field(description="the key of the app, as FastGPT showed it")]

SlackBotToken = Annotated[
    SecretStr,
    AfterValidator(
        _token(r"xoxb-[A-Za-z0-9-]+", "begin with xoxb-, as the Bot User OAuth Token of the Slack app does")
    ),
]
SlackAppToken = Annotated[
    SecretStr,
    AfterValidator(_token(r"xapp-[A-Za-z0-9-]+", "begin with xapp-, as an App-Level Token of the Slack app does")),
]
TelegramBotToken = Annotated[
    SecretStr, AfterValidator(_token(r"\d+:[A-Za-z0-9_-]{10,}", "look like 123456:ABC-DEF, as BotFather showed it"))
]

ApiVersion = Annotated[Literal["auto", "v1", "v2"], BeforeValidator(_lower), Field(description="auto, v1 or v2")]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"],
    BeforeValidator(_lower),
    Field(description="debug, info, warning or error"),
]
LogFormat = Annotated[Literal["console", "json"], BeforeValidator(_lower), Field(description="console or json")]
Port = Annotated[int, Field(ge=1, le=65535, description="a whole number from 1 to 65535")]

Template = Annotated[str, AfterValidator(_template), Field(description="text in quotes")]
Seconds = Annotated[
    float, Field(gt=0, le=_LONGEST, description="a number of seconds above 0, and no more than a week has")
]
Flag = Annotated[bool, Field(description="true or false")]
