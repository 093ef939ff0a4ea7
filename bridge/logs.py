"""Structured logs: facts with fields, for a person on a terminal, as JSON for a machine. Secrets never pass.

The standard library's loggers (of the adapters and of every library) come out the same way. What looks like a token is
cut from every string, exceptions included; httpx would log Telegram's URLs, which hold one, and is kept quiet.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog

_TOKENS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"\d{6,}:[A-Za-z0-9_-]{30,}"  # Telegram bot tokens
    r"|xox[a-z]-[A-Za-z0-9-]+|xapp-[A-Za-z0-9-]+"  # Slack tokens
    r"|fastgpt-[A-Za-z0-9]{8,}(?:-[0-9a-f]{24})?"  # FastGPT keys
    r"|(?<=Bearer )[^\s\"']+"
    r")"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in an address
)
REDACTED = "[redacted]"
_QUIET = ("httpx", "httpcore", "telegram", "slack_sdk", "slack_bolt", "aiohttp", "apscheduler", "alembic", "asyncio")


class Redactor:
    """Cuts what looks like a token, and every secret it was told of, from whatever is logged."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(sorted((secret for secret in secrets if len(secret) >= 6), key=len, reverse=True))

    def clean(self, value: Any) -> Any:
        match value:
            case str():
                for secret in self._secrets:
                    value = value.replace(secret, REDACTED)
                return _TOKENS.sub(REDACTED, value)
            case dict():
                return {key: self.clean(item) for key, item in value.items()}
            case list() | tuple():
                return [self.clean(item) for item in value]
            case bool() | int() | float() | None:
                return value
            case _:
                return self.clean(str(value))

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: self.clean(value) for key, value in event.items() if not key.startswith("_")} | {
            key: value for key, value in event.items() if key.startswith("_")
        }


def configure(level: str, format: str | None, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Set up logging for the process. `format` None is `console` on a terminal, else `json`."""
    stream = sys.stderr if stream is None else stream
    console = format == "console" or (format is None and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        Redactor(secrets),
    ]
    last: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
