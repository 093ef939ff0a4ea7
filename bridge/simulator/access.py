"""Who asks, and for which app."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.simulator import errors
from bridge.simulator.apps import App
from bridge.simulator.errors import ApiError
from bridge.simulator.state import State

_OBJECT_ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Caller:
    """`bound` is the app of the key, None for an account key; `suffix` the app id behind a key with three parts."""

    bound: App | None
    suffix: str = ""


def caller(headers: Mapping[str, str], state: State) -> Caller:
    """Raises ApiError: a key is two parts joined by a hyphen, or three with an app id."""
    token = headers.get("Authorization", "").removeprefix("Bearer").strip()
    match token.split("-"):
        case [prefix, secret] if prefix and secret:
            return _known(token, "", state)
        case [prefix, secret, app_id] if prefix and secret:
            return _known(f"{prefix}-{secret}", app_id, state)
        case _:
            raise errors.unauthorised()


def _known(key: str, suffix: str, state: State) -> Caller:
    if key == state.apps.account_key:
        return Caller(None, suffix)
    app = state.apps.with_key(key)
    if app is None:
        raise errors.unknown_key()
    return Caller(app, suffix)


def app_asked(who: Caller, body_app_id: str, state: State) -> App:
    """The app of a completions call."""
    bound = who.bound.id if who.bound else ""
    named = body_app_id or who.suffix
    app_id = (named or bound) if state.profile.body_app_wins else (bound or named)
    if not app_id:
        if state.profile.body_app_wins:
            raise ApiError("appId is empty")
        raise ApiError("Key is error. You need to use the app key rather than the account key.")
    _check_id(app_id)
    app = state.apps.with_id(app_id)
    if app is None:
        raise ApiError("app is empty")
    return app


def app_of(app_id: str, state: State) -> App:
    """The app of any other call: any key of the owner reaches it."""
    _check_id(app_id)
    app = state.apps.with_id(app_id)
    if app is None:
        raise errors.unknown_app()
    return app


def _check_id(app_id: str) -> None:
    if not _OBJECT_ID.fullmatch(app_id):
        raise errors.not_an_id(app_id)
