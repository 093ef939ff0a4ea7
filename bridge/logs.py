"""Structured logs: facts with fields, for a person on a terminal, as JSON for a machine. Secrets never pass.

The standard library's loggers (of the adapters and of every library) come out the same way. What looks like a token is
cut from every string, exceptions included. What libraries say below a warning is left out at every level: httpx would
log Telegram's URLs, which hold a token, and others every step they take.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, TextIO
from urllib.parse import quote, unquote, urlsplit

import structlog

_TOKENS = re.compile(
    r"(?<!\d)\d{6,}(?::|%3A)[A-Za-z0-9_-]{30,}"  # Telegram bot tokens, also right after the `bot` of a URL
    r"|xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]+|xapp-[A-Za-z0-9-]+"  # Slack tokens
    r"|(?<=hooks\.slack\.com/)[^\s\"'<>]+"  # whoever has such an address may post
    r"|fastgpt-[A-Za-z0-9]{8,}(?:-[0-9a-f]{24})?"  # FastGPT keys
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # JSON web tokens, as in FastGPT's links to files
    r"|(?i:(?<=bearer )|(?<=basic ))[^\s\"',]+"
    r"|(?<=://)[^/\s:@]*:[^/\s]+(?=@)"  # user:password in an address
    r"|(?i:(?<=[?&]token=)|(?<=[?&]ticket=)|(?<=[?&]secret=)|(?<=[?&]x-amz-signature=))[^&\s\"']+"
)
_SECRET_NAMES = re.compile(r"(?:.*[_-])?(?:authorization|cookie|password|secret|token|api[_-]?key)", re.IGNORECASE)
"""Fields whose text is a secret, whatever it looks like."""
REDACTED = "[redacted]"
_SHORTEST = 6  # characters; a shorter secret would cut words out of sentences
_OURS = ("bridge", "adapters", "__main__")


class Redactor:
    """Cuts what looks like a token, and every secret it was told of, from whatever is logged."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        told = {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST}
        self._secrets = tuple(sorted(told, key=len, reverse=True))

    def clean(self, value: Any) -> Any:
        match value:
            case str():
                for secret in self._secrets:
                    value = value.replace(secret, REDACTED)
                return _TOKENS.sub(REDACTED, value)
            case Mapping():
                return {self.clean(str(key)): self._field(str(key), item) for key, item in value.items()}
            case list() | tuple():
                return [self.clean(item) for item in value]
            case bool() | int() | float() | None:
                return value
            case _:
                return self.clean(str(value))

    def _field(self, name: str, value: Any) -> Any:
        is_secret = isinstance(value, str) and value and _SECRET_NAMES.fullmatch(name)
        return REDACTED if is_secret else self.clean(value)

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Names with an underscore are structlog's own, and taken out later."""
        return {name: value if name.startswith("_") else self._field(name, value) for name, value in event.items()}


def _forms(secret: str) -> Iterator[str]:
    """How a secret may turn up: as it was set, escaped as in an address; if it is an address, its password alone."""
    yield secret
    yield quote(secret, safe="")
    try:
        password = urlsplit(secret).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:
        """The standard library would print the arguments of what it could not format, with every secret in them."""
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(f"a line of {record.name} ({record.pathname}:{record.lineno}) could not be written\n")


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
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    ours = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(logging.WARNING, ours))
    for name in _OURS:
        logging.getLogger(name).setLevel(ours)
