"""What the bridge itself says, as Telegram shows it."""

from __future__ import annotations

from typing import Any

from adapters.telegram.entities import Rendered, joined, mention, rendered
from adapters.telegram.keyboards import keyboard
from adapters.telegram.parts import parts
from bridge.domain.notices import Notice

ALERT_LIMIT = 60  # characters a person can read before a toast fades; what is longer has to be closed by hand
_TOAST_LIMIT = 200  # characters; Bot API, answerCallbackQuery
_LOSSLESS = ("bold", "italic", "code")
"""What may lose its looks, as long as the words stay."""
_PLACEHOLDER_LIMIT = 64  # characters; Bot API, ForceReply


def toast(notice: Notice) -> str:
    """The notice as the answer to a press; empty if it does not fit into one, as no link or quote does."""
    if notice.buttons or notice.expects is not None:
        return ""
    shown = rendered(notice.text)
    fits = len(shown.text) <= _TOAST_LIMIT and all(entity.type in _LOSSLESS for entity in shown.entities)
    return shown.text if fits else ""


def as_messages(notice: Notice, *, in_group: bool) -> list[Rendered]:
    """In a group, what is for one person begins with their name, unless it is a reply to them."""
    texts = parts(notice.text)
    if texts and in_group and notice.to is not None and notice.reply_to is None:
        texts[0] = joined(mention(notice.to), texts[0], "\n" if "\n" in texts[0].text else " ")
    return texts


def markup_for(notice: Notice, *, in_group: bool) -> dict[str, Any] | None:
    """In groups the reply field is opened, as a bot in privacy mode hears only replies.

    A message with a ForceReply of its own cannot be edited later, one with buttons can (Bot API 10.3,
    InlineKeyboardMarkup.force_reply), so those go first.
    """
    markup = keyboard(notice.buttons)
    if notice.expects is None or not in_group:
        return markup
    if markup is not None:
        return {**markup, "force_reply": True}
    placeholder = " ".join(notice.expects.split())[:_PLACEHOLDER_LIMIT]
    forced: dict[str, Any] = {"force_reply": True, "selective": True}
    return {**forced, "input_field_placeholder": placeholder} if placeholder else forced
