"""A small vocabulary for checking JSON against Slack's tables; problems are worded and located as Slack does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tests.emulators.slack.errors import Json

Problems: TypeAlias = list[str]
Check: TypeAlias = Callable[[Any, str, Problems], None]


def problem(found: Problems, sentence: str, pointer: str) -> None:
    found.append(f"[ERROR] {sentence} [json-pointer:{pointer}]")


def string(longest: int, shortest: int = 1) -> Check:
    """Lengths are in characters (code points)."""

    def check(value: Any, pointer: str, found: Problems) -> None:
        if not isinstance(value, str):
            problem(found, "must be a string", pointer)
        elif len(value) > longest:
            problem(found, f"must be less than {longest + 1} characters", pointer)
        elif len(value) < shortest:
            problem(found, f"must be more than {shortest - 1} characters", pointer)

    return check


def boolean(value: Any, pointer: str, found: Problems) -> None:
    if not isinstance(value, bool):
        problem(found, "must be a boolean", pointer)


def integer(least: int, most: int) -> Check:
    def check(value: Any, pointer: str, found: Problems) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            problem(found, f"must be an integer from {least} to {most}", pointer)

    return check


def one_of(*allowed: str) -> Check:
    def check(value: Any, pointer: str, found: Problems) -> None:
        if value not in allowed:
            problem(found, f"must be one of {', '.join(allowed)}", pointer)

    return check


def url(value: Any, pointer: str, found: Problems) -> None:
    string(3000)(value, pointer, found)
    if isinstance(value, str) and not value.startswith(("https://", "http://", "mailto:", "slack://")):
        problem(found, "must be a valid URL", pointer)


def items(check_item: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, pointer: str, found: Problems) -> None:
        if not isinstance(value, list):
            problem(found, "must be an array", pointer)
            return
        if len(value) > most:
            problem(found, f"no more than {most} items allowed", pointer)
        if len(value) < least:
            problem(
                found, f"no fewer than {least} items allowed" if value else "must provide an array of items", pointer
            )
        for position, item in enumerate(value):
            check_item(item, f"{pointer}/{position}", found)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these keys and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str, found: Problems) -> None:
        if not isinstance(value, dict):
            problem(found, "must be an object", pointer)
            return
        for key in required:
            if key not in value:
                problem(found, f"missing required field: {key}", pointer)
        for key, item in value.items():
            if key in known:
                known[key](item, f"{pointer}/{key}", found)
            else:
                problem(found, f"invalid additional property: {key}", pointer)

    return check


def typed(known: Mapping[str, Check]) -> Check:
    """An object whose `type` decides how it is checked."""

    def check(value: Any, pointer: str, found: Problems) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            problem(found, "missing required field: type", pointer)
        elif kind not in known:
            problem(found, f"unsupported type: {kind}", f"{pointer}/type")
        else:
            known[kind](value, pointer, found)

    return check


def also(check: Check, *rules: Callable[[Json, str, Problems], None]) -> Check:
    """`check`, and if that found nothing, rules on how the fields go together."""

    def both(value: Any, pointer: str, found: Problems) -> None:
        before = len(found)
        check(value, pointer, found)
        if len(found) == before:
            for rule in rules:
                rule(value, pointer, found)

    return both


def anything(value: Any, pointer: str, found: Problems) -> None:
    """Not checked here."""


def constant(value: Any, pointer: str, found: Problems) -> None:
    """`type`, which `typed` has looked at."""
