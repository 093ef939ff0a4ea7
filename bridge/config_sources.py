"""The two files that settings come from, read and checked as text: `.env`, and `bridge.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from bridge.config_errors import ConfigError

ENCODING = "utf-8-sig"
"""Some editors begin a text file with a mark, which would else be a part of the first name."""


def bare(value: str) -> str:
    """Without what is invisible where it was pasted (a line break ends an HTTP header), and without the quotes that
    some ways to read a `.env` keep."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].strip()
    return value


def dotenv(path: Path) -> dict[str, str]:
    """What the file sets. Raises ConfigError for a line that is neither a setting nor a comment."""
    if not path.exists():
        return {}
    try:
        with path.open(encoding=ENCODING) as stream:
            for line in parse_stream(stream):
                if line.error or (line.key is not None and line.value is None):
                    text = line.original.string
                    number = line.original.line + text[: len(text) - len(text.lstrip())].count("\n")
                    raise ConfigError(f"{path}, line {number}, is wrong: it must be NAME=value, or a comment after #.")
        return {name: value for name, value in dotenv_values(path, encoding=ENCODING).items() if value is not None}
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path} cannot be read: it must be a text file in UTF-8.") from None


def toml(path: Path, environ: Mapping[str, str]) -> dict[str, object]:
    """The table in the file, `env:NAME` replaced. Empty if there is no file. Raises ConfigError."""
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding=ENCODING))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path} cannot be read: it must be a text file in UTF-8.") from None
    return {key: _resolved(value, environ, path, key) for key, value in table.items()}


def _resolved(value: object, environ: Mapping[str, str], path: Path, key: str) -> object:
    if isinstance(value, dict):
        return {name: _resolved(item, environ, path, f"{key}.{name}") for name, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, environ, path, key) for item in value]
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if found := bare(environ.get(name, "")):
            return found
        raise ConfigError(f"{path}: {key} refers to {name}, which is set neither in the environment nor in .env.")
    return value
