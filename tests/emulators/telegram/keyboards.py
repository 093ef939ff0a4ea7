"""Which reply markups the server takes (Bot API "InlineKeyboardButton", "ForceReply", "ReplyKeyboardMarkup")."""

from __future__ import annotations

from tests.emulators.telegram.links import objection
from tests.emulators.telegram.records import Json
from tests.emulators.telegram.refusals import bad_request

_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "disabled",
)
_STYLES = {"", "primary", "success", "danger"}


def check_markup(markup: Json | None, *, private: bool, inline_only: bool = False) -> Json | None:
    """The markup as it is stored; None for none, an emptied keyboard and a removal. Raises Refused."""
    if markup is None:
        return None
    if "inline_keyboard" in markup:
        return _inline(markup, private=private)
    if inline_only:
        raise bad_request("object expected as reply markup")
    placeholder = markup.get("input_field_placeholder")
    if placeholder is not None and not 1 <= len(placeholder) <= 64:
        raise bad_request("input field placeholder must be 1-64 characters long")
    if "keyboard" in markup:
        for row in markup["keyboard"]:
            for button in row:
                if not (button if isinstance(button, str) else button.get("text", "")).strip():
                    raise bad_request("keyboard button text must be non-empty")
    return None if markup.get("remove_keyboard") else markup


def _inline(markup: Json, *, private: bool) -> Json | None:
    rows = [row for row in markup["inline_keyboard"] if row]
    if sum(len(row) for row in rows) > 100 or any(len(row) > 8 for row in rows):
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    for row in rows:
        for button in row:
            _check_button(button, private=private)
    if not rows:
        return None
    return {**markup, "inline_keyboard": rows}


def _check_button(button: Json, *, private: bool) -> None:
    if not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: text must be non-empty")
    actions = [name for name in _ACTIONS if button.get(name) is not None]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request("can't parse inline keyboard button: exactly one optional field must be used")
    if button.get("style", "") not in _STYLES:
        raise bad_request("can't parse inline keyboard button: unsupported style")
    _check_action(actions[0], button, private=private)


def _check_action(action: str, button: Json, *, private: bool) -> None:
    if action == "callback_data" and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "copy_text" and not 1 <= len(button["copy_text"]["text"]) <= 256:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if action == "url" and (reason := objection(button["url"])):
        raise bad_request(f"Inline keyboard button URL '{button['url']}' is invalid: {reason}")
    if action == "web_app":
        if not private:
            raise bad_request("BUTTON_TYPE_INVALID")
        if not (url := button["web_app"]["url"]).startswith("https://"):
            raise bad_request(f"Inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")
