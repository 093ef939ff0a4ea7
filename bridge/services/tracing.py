"""What a log line says of an update, so that a complaint leads to it: where, who, which. Ids only, never words."""

from __future__ import annotations

from bridge.domain.updates import Update


def log_facts(update: Update) -> dict[str, str]:
    return {
        "platform": update.conversation.platform,
        "conversation": update.conversation.address,
        "update": update.id,
        "person": update.by.id,
    }
