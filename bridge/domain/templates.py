"""Text that is filled in for each message: what an operator may write between braces, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDERS = ("id", "name", "locale", "platform", "channel", "link")
"""Who asks, by id and by name, in which language, where, and the address of what was written."""
_ANY = re.compile(r"\{\s*([A-Za-z_]\w*)\s*\}")
_KNOWN = re.compile(rf"\{{({'|'.join(PLACEHOLDERS)})\}}")


def has_only_placeholders(template: str) -> bool:
    """Whether every `{word}` in it is one that `filled` knows, letter by letter. Other braces are text."""
    return len(_ANY.findall(template)) == len(_KNOWN.findall(template))


def filled(template: str, values: Mapping[str, str]) -> str:
    """In one go, so that a person may be called `{link}`. What has no value is empty."""
    return _KNOWN.sub(lambda found: values.get(found[1], ""), template)
