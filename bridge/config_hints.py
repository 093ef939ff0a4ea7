"""Settings whose names are nearly right: nobody reads them, and nobody would be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

_ALIKE = 0.8  # of 1.0; TELEGRAM_TOKEN and TELEGRAM_BOT_TOKEN are


def misnamed(given: Iterable[str], known: Iterable[str], missing: Iterable[str]) -> dict[str, str]:
    """Of the names that are `given`, those that no setting has, each with the `missing` one that may be meant.

    Only names that begin like a setting: the environment is full of what is no business of ours.
    """
    known, missing = set(known), set(missing)
    meant = {}
    for name in sorted({name.upper() for name in given} - known):
        alike = [candidate for candidate in missing if candidate.partition("_")[0] == name.partition("_")[0]]
        if close := get_close_matches(name, sorted(alike), n=1, cutoff=_ALIKE):
            meant[name] = close[0]
    return meant


def hint(meant: Mapping[str, str]) -> str:
    """A sentence for each, with a space before it; nothing if there is none."""
    return "".join(f" {wrong} is set, which is no setting: perhaps {right} is meant." for wrong, right in meant.items())
