"""What could not be read, read again later. Pure. What Slack lets nobody open any more stays set aside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.slack.inbound import Me, unreadable, updates_of_event, updates_of_slash
from adapters.slack.payloads import Submitted
from adapters.slack.presses import person_of, press_of, reason_given, updates_of
from adapters.slack.views import REASON, reason_of
from bridge.domain.updates import Update
from bridge.ports.payloads import Unfit, what_is_wrong


def read_again(raw: str, me: Me, now: datetime) -> Sequence[Update]:
    """What a payload means that was stored by `unreadable`; one of these again if it still cannot be read."""
    body = json.loads(raw)
    try:
        match body.get("type"):
            case "event_callback":
                return updates_of_event(body, me)
            case "block_actions":
                return _pressed(body, me, now)
            case "view_submission":
                return [_submitted(body, now)]
            case None if "command" in body:
                return updates_of_slash(body, me, now)
        raise Unfit(f"nothing that is read later: {body.get('type')}")
    except ValueError as error:
        return [unreadable(body, me, what_is_wrong(error))]


def _pressed(body: Mapping[str, Any], me: Me, now: datetime) -> Sequence[Update]:
    press = press_of(body, me, now)
    if press.is_foreign:
        raise Unfit("a control with a value that is none of ours")
    if found := updates_of(press):
        return found
    raise Unfit("a press that opens a window, which Slack allows for three seconds: it has to be pressed again")


def _submitted(body: Mapping[str, Any], now: datetime) -> Update:
    submitted = Submitted.model_validate(body)
    reason = reason_of(submitted.view.state) if submitted.view.callback_id == REASON else None
    if not reason:
        raise Unfit("a form, which is checked while it is open: it has to be submitted again")
    return reason_given(submitted, person_of(submitted.user), reason, now)
