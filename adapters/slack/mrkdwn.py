"""Slack's own way of writing text, turned into the plain text a person meant.

Source: docs.slack.dev, "Formatting message text", retrieving messages.
"""

from __future__ import annotations

import re
from html import unescape

_TAG = re.compile(r"<([^<>]+)>")


def plain(text: str, *, without: str = "", name: str = "") -> str:
    """The text with Slack's escapes undone.

    The mention of `without` (a user id) goes at the beginning and the end; inside a sentence it becomes `@name`.
    """
    if without:
        own = rf"<@{re.escape(without)}(?:\|[^<>]*)?>"
        text = re.sub(rf"^(?:\s*{own}[\s,:]*)+|(?:\s*{own})+\s*$", "", text)
        text = re.sub(own, f"@{name}" if name else "", text)
    return unescape_entities(_TAG.sub(_readable, text)).strip()


def mentions(text: str, user: str) -> bool:
    return re.search(rf"<@{re.escape(user)}(?:\|[^<>]*)?>", text) is not None


def begins_by_mentioning_another(text: str, user: str) -> bool:
    """Somebody else is spoken to. A broadcast (`<!here>`) speaks to nobody in particular, so it is none."""
    match = re.match(r"\s*<@([A-Z0-9]+)", text)
    return match is not None and match[1] != user


def begins_by_mentioning(text: str, user: str) -> bool:
    match = re.match(r"\s*<@([A-Z0-9]+)", text)
    return match is not None and match[1] == user


def unescape_entities(text: str) -> str:
    """Slack escapes exactly `&`, `<` and `>`; anything else that looks like an entity was typed."""
    return re.sub(r"&(?:amp|lt|gt);", lambda match: unescape(match[0]), text)


def _readable(match: re.Match[str]) -> str:
    target, _, label = match[1].partition("|")
    kind = target[:1]
    if kind == "@":
        return f"@{label or target[1:]}"
    if kind == "#":
        return f"#{label or target[1:]}"
    if kind == "!":
        return _special(target[1:], label)
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in (target, address) or address.endswith(f"://{label}"):
        return address
    return f"{label} ({address})"


def _special(target: str, label: str) -> str:
    if label:
        return label
    return "@" + target.partition("^")[0]
