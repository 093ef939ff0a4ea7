"""`python -m bridge inbox`: what was set aside, why, and what to do with it."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence

from bridge.config import Settings
from bridge.logs import Redactor
from bridge.ports import InboxEntry, Store

_NOT_THERE = 1  # exit status
_LONGEST_WHY = 120  # characters
_ADVERTISEMENT = re.compile(r"\s*For further information visit ")
_MODULE = re.compile(r"^(?:\w+\.)+(?=[A-Z]\w*: )")
_MOST = 10_000  # entries looked through for one


def add_arguments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    inbox = commands.add_parser("inbox", help="look at updates that were set aside, try them again, or drop them")
    actions = inbox.add_subparsers(dest="action", metavar="action", required=True)
    listing = actions.add_parser("list", help="one line each, the newest last")
    listing.add_argument("--state", choices=("dead", "new", "waiting", "done"), default="dead")
    listing.add_argument("--limit", type=_positive, default=50)
    for name, purpose in (
        ("show", "one of them whole, with why it was set aside"),
        ("retry", "handle it again as if it had just come in"),
        ("drop", "never handle it"),
    ):
        action = actions.add_parser(name, help=purpose)
        action.add_argument("platform", help="as in the list: slack, telegram")
        action.add_argument("id", help="as in the list")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


async def run(store: Store, options: argparse.Namespace, settings: Settings, address: str) -> int:
    """The exit status: 0, or 1 if there is no such update. `address` names the database."""
    redactor = Redactor(settings.secrets)
    match options.action:
        case "list":
            entries = await store.inbox(options.state, options.limit)
            print(table(entries, redactor) if entries else f"Nothing in {address}.")
            return 0
        case "show":
            return await _show(store, options, redactor, address)
        case "retry":
            done = await store.revive(options.platform, options.id)
            return _said(done, options, "will be handled again.", address)
        case _:
            done = await store.drop(options.platform, options.id)
            return _said(done, options, "is dropped.", address)


async def _show(store: Store, options: argparse.Namespace, redactor: Redactor, address: str) -> int:
    platform, id = options.platform, options.id
    payload = await store.payload(platform, id)
    if payload is None:
        print(f"Nothing is known as {id} of {platform} in {address}.")
        return _NOT_THERE
    print(_pretty(redactor.clean(payload)))
    entries = [entry for state in ("dead", "new", "waiting", "done") for entry in await store.inbox(state, _MOST)]
    for entry in entries:
        if (entry.platform, entry.id) == (platform, id):
            when = f"{entry.received_at:%Y-%m-%d %H:%M:%S} UTC"
            print(f"\nstate: {entry.state}, attempts: {entry.attempts}, received: {when}")
            print(f"\n{redactor.clean(entry.error)}" if entry.error else "")
    return 0


def table(entries: Sequence[InboxEntry], redactor: Redactor) -> str:
    """One line an update: when, what, where, how often it was tried, and why it failed."""
    rows = [
        (
            f"{entry.received_at:%Y-%m-%d %H:%M:%S}",
            entry.platform,
            entry.id,
            entry.kind,
            f"{entry.attempts}×",
            _why(str(redactor.clean(entry.error))),
        )
        for entry in entries
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(_aligned(row, widths) for row in rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    *cells, last = row
    return "  ".join([*map(str.ljust, cells, widths), last]).rstrip()


def _why(text: str) -> str:
    """The last line that says something; of a traceback the error, without the module it is from."""
    said = [line.strip() for line in text.splitlines() if line.strip() and not _ADVERTISEMENT.match(line)]
    return _MODULE.sub("", said[-1])[:_LONGEST_WHY] if said else ""


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text


def _said(done: bool, options: argparse.Namespace, sentence: str, address: str) -> int:
    named = f"{options.id} of {options.platform}"
    print(f"{named} {sentence}" if done else f"Nothing was set aside as {named} in {address}.")
    return 0 if done else _NOT_THERE
