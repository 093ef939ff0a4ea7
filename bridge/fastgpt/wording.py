"""FastGPT's words made fit to be shown, stored and logged."""

from __future__ import annotations

import re
from html import unescape

from bridge.domain.interactions import Json

_KEY = re.compile(
    r"(common|dataset|app|file|publish|workflow|user|chat|login|evaluation|skill|config|admin|account(_\w+)?|dashboard(_\w+)?)"
    r":[A-Za-z_][\w.\-]*"
)
_KNOWN = {
    "chat:AI_input_is_empty": "The AI node got an empty question.",
    "chat:balance_not_enough_pause": "The balance is used up. It can go on once it has been topped up.",
    "common:core.chat.error.Messages empty": "The question is empty.",
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_SECRET = re.compile(
    r"\b(?:fastgpt|openapi|sk|pk|xox[abposr]|xapp)-[\w-]{6,}|\bBearer\s+\S+|\b\d{6,}:[\w-]{30,}|(?<=://)[^/\s@]+:[^/\s@]+@",
    re.IGNORECASE,
)
_SENTENCE = 300


def is_key(text: str) -> bool:
    """An i18n key such as `workflow:template.plugin_start`, which FastGPT's page would translate."""
    return _KEY.fullmatch(text.strip()) is not None


def shown(text: str) -> str:
    """The text, or for an i18n key what it seems to mean."""
    if not is_key(text):
        return text
    known = _KNOWN.get(text.strip())
    if known:
        return known
    last = re.split(r"[:.]", text.strip())[-1]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last).replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def sentence(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Foreign text as one short line without markup or secrets, for logs and operators."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    plain = unescape(_TAG.sub(" ", text[:20_000]))
    plain = " ".join(_SECRET.sub("…", plain).split())
    return plain if len(plain) <= _SENTENCE else plain[: _SENTENCE - 1] + "…"


def mended(text: str) -> str:
    """Without NUL, which PostgreSQL refuses, and without lone surrogates, which are no characters."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def mended_json(value: Json, depth: int = 100) -> Json:
    """As `mended`, for every text inside; what lies deeper than `depth` becomes None."""
    if isinstance(value, str):
        return mended(value)
    if depth == 0:
        return None
    if isinstance(value, list):
        return [mended_json(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {mended(str(key)): mended_json(item, depth - 1) for key, item in value.items()}
    return value


class TextJoiner:
    """Streamed text. JavaScript may cut an emoji into two surrogates, sent in two pieces; here they meet again."""

    def __init__(self) -> None:
        self._held = ""

    def add(self, piece: str) -> str:
        """What can be shown now."""
        text = self._held + piece
        self._held = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return mended(text)
