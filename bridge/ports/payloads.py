"""What every adapter reads a platform's bytes with, so that what cannot be read is told without being repeated."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from pydantic import BaseModel, ConfigDict, ValidationError

_MOST = 5  # problems named of one payload


class Payload(BaseModel):
    """Ignores what it does not name. Its errors never quote what was sent: that may be what somebody wrote."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True)


class Unfit(ValueError):
    """A payload is not what it should be. The text says in what way, and quotes nothing of it."""


def what_is_wrong(error: Exception) -> str:
    """Why a payload could not be read, without a word of it: `message.text: Input should be a valid string`.

    Whatever else was raised may quote what it stumbled over; of that, only its kind and the line of code are told.
    """
    match error:
        case ValidationError():
            found = error.errors(include_url=False, include_input=False, include_context=False)
            problems = [_problem(detail["type"], detail["loc"], detail["msg"]) for detail in found[:_MOST]]
            return "; ".join([*problems, *(["…"] if len(found) > _MOST else [])])
        case Unfit():
            return str(error)
        case _:
            frames = traceback.extract_tb(error.__traceback__)
            place = f" in {PurePath(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
            return f"{type(error).__name__}{place}"


def _problem(kind: str, where: tuple[int | str, ...], message: str) -> str:
    """A validator's own ValueError may quote."""
    place = ".".join(map(str, where))
    said = "Value is not valid" if kind in ("value_error", "assertion_error") else message
    return f"{place}: {said}" if place else said
