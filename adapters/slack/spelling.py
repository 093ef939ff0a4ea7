"""How people write commands in Slack, which keeps what begins with a slash to itself, and takes none in threads."""

from __future__ import annotations

from bridge.domain.commands import Spelling
from bridge.domain.phrases import HEARD_IN_THREADS

SLASH = "/fastgpt"
"""As the manifest names it."""


def spelling(bot: str) -> Spelling:
    """`bot` is the name by which it is mentioned. As code, so that a mark is not taken for one of the sentence."""
    return Spelling(private="`!{}`", shared=f"`@{bot or 'bot'} {{}}`", ask=f"`{SLASH}`", among_others=HEARD_IN_THREADS)
