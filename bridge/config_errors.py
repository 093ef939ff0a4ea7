"""What is wrong with a setting, as one sentence that names it, says what would be right, and never quotes it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

_Location = Sequence[int | str]


class ConfigError(Exception):
    """A setting is missing, malformed or contradicts another. The text names it, and is a whole sentence."""


def sentence(error: ValidationError, model: type[BaseModel], *, upper: bool = False) -> str:
    """The first problem. What a setting of `model` has to be is the description of its field.

    `upper`: its name is that of an environment variable.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    location = first["loc"]
    name = ".".join(str(part) for part in location)
    name = name.upper() if upper else name
    match first["type"]:
        case "extra_forbidden":
            return f"{name} is not a known setting{_meant(model, location)}."
        case "missing":
            return f"{name} must be set: {_wanted(model, location)}."
        case "value_error":
            return f"{name} is wrong: {first['ctx']['error']}."
        case _:
            return f"{name} is wrong: it must be {_wanted(model, location)}."


def _wanted(model: type[BaseModel], location: _Location) -> str:
    """The description of the innermost field that the location leads to."""
    wanted = "as README.md says"
    current: type[BaseModel] | None = model
    for part in location:
        if current is None:
            break
        field = current.model_fields.get(str(part))
        if field is None:  # a name that the operator gave: the tables below are all alike
            continue
        wanted = _description(field) or wanted
        current = _table_in(field)
    return wanted


def _description(field: FieldInfo) -> str | None:
    """Also of `Described | None`."""
    if field.description:
        return field.description
    inner = (note for kind in get_args(field.annotation) for note in getattr(kind, "__metadata__", ()))
    return next((note.description for note in inner if isinstance(note, FieldInfo)), None)


def _meant(model: type[BaseModel], location: _Location) -> str:
    *above, last = location
    current: type[BaseModel] | None = model
    for part in above:
        if current is not None and (field := current.model_fields.get(str(part))) is not None:
            current = _table_in(field)
    close = get_close_matches(str(last), current.model_fields, n=1) if current is not None else []
    return f"; perhaps {'.'.join([*map(str, above), close[0]])} is meant" if close else ""


def _table_in(field: FieldInfo) -> type[BaseModel] | None:
    """The table that a field holds, or that each of its named entries is."""
    for candidate in (field.annotation, *get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
