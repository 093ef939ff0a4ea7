"""The command line: run (default) · chat · demo · inbox · migrate."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys

from bridge import __version__, inbox_command
from bridge.config import Settings, load
from bridge.config_errors import ConfigError
from bridge.domain.errors import StoreUnavailable
from bridge.logs import configure

_NOTHING_SET = (
    "Nothing is configured yet: set FASTGPT_BASE_URL, FASTGPT_API_KEY, FASTGPT_APP_ID and a Slack or Telegram token"
    " (see README.md).\nMeanwhile, here is the demo: a simulated FastGPT in this terminal, without account or network."
)
_WRONG_SETTING = 2  # exit status


def main(arguments: list[str] | None = None) -> None:
    """Exits with 0, with 2 for a wrong setting (one sentence on stderr), with 1 for anything else."""
    options = _parser().parse_args(arguments)
    try:
        sys.exit(asyncio.run(_command(options)))
    except ConfigError as error:
        sys.exit(_refused(str(error)))
    except StoreUnavailable as error:
        sys.exit(_refused(f"DATABASE_URL: {error.sentence}"))
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fastgpt-bridge", description="FastGPT apps in Slack and Telegram.")
    parser.add_argument("--version", action="version", version=f"fastgpt-bridge {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("run", help="run the bridge (the default)")
    commands.add_parser("chat", help="talk to the configured FastGPT app in this terminal")
    commands.add_parser("demo", help="talk to a simulated FastGPT in this terminal; needs nothing")
    commands.add_parser("migrate", help="bring the database up to date, and end")
    inbox_command.add_arguments(commands)
    return parser


async def _command(options: argparse.Namespace) -> int:
    if options.command == "demo":
        return await _demo()
    settings = load()
    if options.command == "chat":
        return await _chat(settings)
    if options.command == "migrate":
        return await _migrate(settings)
    if options.command == "inbox":
        return await _inbox(settings, options)
    if not settings.anything_is_set:
        print(_NOTHING_SET + settings.hint, file=sys.stderr)
        return await _demo()
    return await _run(settings)


async def _run(settings: Settings) -> int:
    from bridge import bootstrap

    _logs(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    await bootstrap.run(settings, stop)
    logging.getLogger(__name__).info("stopped")
    return 0


async def _chat(settings: Settings) -> int:
    from bridge import terminal

    configure("error", settings.env.log_format, settings.secrets)
    return await terminal.chat(settings.apps(), settings.file)


async def _demo() -> int:
    from bridge import terminal

    configure("error", None)
    return await terminal.demo()


async def _inbox(settings: Settings, options: argparse.Namespace) -> int:
    from bridge import bootstrap
    from bridge.clock import SystemClock

    _logs(settings)
    store = bootstrap.sql_store(settings, SystemClock())
    if store.is_missing:  # looking creates nothing
        raise ConfigError(
            f"DATABASE_URL: there is no database {store.address}; say where it is, or go to the folder of the bridge."
        )
    try:
        await store.open()
        return await inbox_command.run(store, options, settings, store.address)
    finally:
        await store.close()


async def _migrate(settings: Settings) -> int:
    from bridge import bootstrap
    from bridge.clock import SystemClock

    _logs(settings)
    store = bootstrap.sql_store(settings, SystemClock())
    try:
        await store.open()
    finally:
        await store.close()
    print("The database is up to date.")
    return 0


def _logs(settings: Settings) -> None:
    configure(settings.env.log_level, settings.env.log_format, settings.secrets)


def _refused(sentence: str) -> int:
    print(f"fastgpt-bridge: {sentence}", file=sys.stderr)
    return _WRONG_SETTING


if __name__ == "__main__":
    main()
