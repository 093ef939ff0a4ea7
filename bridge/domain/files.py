"""Files that people send: how large, and what their names may do to whoever reads them."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

LARGEST = 20 * 1024 * 1024
"""Bytes; Telegram gives bots no more (Bot API, getFile)."""

MOST = 20
"""Files with one question; FastGPT's own default (`fileSelectConfig.maxFiles`)."""

_LONGEST_NAME = 100
_LONGEST_SUFFIX = 12


def tame(name: str) -> str:
    """The name as one short line of visible characters, without a path; its ending stays, since it says what it is.

    At most 100 characters.
    """
    visible = "".join(" " if character.isspace() else character for character in name if _is_visible(character))
    path = PurePosixPath(" ".join(visible.replace("\\", "/").split()))
    if len(path.name) <= _LONGEST_NAME:
        return path.name or "file"
    suffix = path.suffix if len(path.suffix) <= _LONGEST_SUFFIX else ""
    return f"{path.name[: _LONGEST_NAME - len(suffix) - 1]}…{suffix}"


def _is_visible(character: str) -> bool:
    """No control, no lone surrogate, and nothing that turns the direction of what follows."""
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
