"""FastGPT's Markdown as Slack shows it. Pure.

Slack's `markdown` blocks and streams take standard Markdown, but no HTML, no LaTeX and no images, and they turn
`<!channel>` and the like into pings (docs.slack.dev, "markdown block"; "Formatting message text"). What a model wrote
must never ping anybody, be it by accident or because somebody asked it to.
"""

from __future__ import annotations

import re

from bridge.rendering.html import prose_without_html
from bridge.rendering.lines import PLAIN
from bridge.rendering.markdown import held_back, pieces, with_newlines

SAFE_LENGTH = 11_500
"""Characters in one message. Slack documents 12,000 for all its Markdown, and refuses blocks somewhat above that."""
_SAFE_BLOCKS = 45  # Slack takes 50 blocks, and makes several of one Markdown text
_SAFE_TABLE_ROWS = 95  # of 100
_HELD_BACK = 240  # characters: longer than this, a tail is shown although it may still change

_PING_TAG = re.compile(r"<(?=\s*(?:!\s*(?:channel|here|everyone|group|subteam|date)|[@#]\s*[A-Z]))", re.IGNORECASE)
_PING_WORD = re.compile(r"(?i)(?<![\w.])@(?=(?:channel|here|everyone|group)\b)")
# All of these are bounded, or stop where they could begin again: a model can write ten thousand brackets in a row.
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,500})\]\(\s{0,5}<?([^()\s<>]{1,2000})>?(?:\s{1,5}\"[^\"\n]{0,500}\")?\s{0,5}\)")
_MATH = re.compile(
    r"\$\$(?P<dollars>(?:(?!\$\$|\n\n).)+?)\$\$"
    r"|\\\[(?P<brackets>(?:(?!\\\[|\n\n).)+?)\\\]"
    r"|\\\((?P<parens>(?:(?!\\\(|\n\n).)+?)\\\)"
    r"|(?<![\\$\w])\$(?P<inline>(?![\s$])[^$\n]*?(?<![\s\\]))\$(?![\w$])",
    re.DOTALL,
)
_LOOKS_LIKE_MATH = re.compile(r"[\\^_{}=]|^[A-Za-z]$")


def shown(text: str) -> str:
    """The whole of `text`, ready for a `markdown` block or a stream."""
    return "".join(_harmless(piece) if is_code else _prose(piece) for is_code, piece in pieces(text))


def settled(text: str) -> str:
    """The beginning of a text still being written that more text will not change the look of.

    Beyond what is held back for every platform: a tag, code span, formula, emphasis or mention that may not be complete
    yet, and blanks at the end; at most 240 characters of it.
    """
    cut = len(text.rstrip())
    start = _last_block(text)
    if start is None:  # inside a code block: the last line may be its end
        line = text.rfind("\n") + 1
        if set(text[line:].strip()) <= {"`", "~"}:
            cut = min(cut, len(text[:line].rstrip("\n")))
        return text[: _before(r"<[^<>\n]*$", text, line, cut)]
    line = text.rfind("\n") + 1
    cut = min(cut, len(text) - held_back(text))
    for unfinished in (r"<[^<>\n]*$", r"@\w*$", r"[*_~`$\\!]+$"):
        cut = min(cut, _before(unfinished, text, line, cut))
    for mark in ("`", "**", "$"):
        cut = min(cut, _before_open(mark, text, line, cut))
    for opening, closing in (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)")):
        cut = min(cut, _before_open_math(opening, closing, text, start, cut))
    return text[:cut].rstrip() if len(text) - cut <= _HELD_BACK else text.rstrip()


def is_inside_code(text: str) -> bool:
    """Whether the text ends inside a code block."""
    return _last_block(text) is None


def size(text: str) -> int:
    """How much of a message `text` takes, in characters: its length, or what its blocks and table rows weigh."""
    headings = rules = rows = fences = 0
    for line in text.splitlines():
        stripped = line.lstrip()
        headings += stripped.startswith("#")
        rules += stripped.startswith(("---", "***"))
        rows += stripped.startswith("|")
        fences += stripped.startswith(("```", "~~~"))
    blocks = 2 * (headings + rules) + fences
    return max(len(text), blocks * SAFE_LENGTH // _SAFE_BLOCKS, rows * SAFE_LENGTH // _SAFE_TABLE_ROWS)


def mrkdwn(text: str) -> str:
    """A short Markdown sentence in Slack's older notation, for the places that know only that (a context block)."""
    escaped = escape(_PING_WORD.sub("@\u200b", text))
    escaped = re.sub(r"\[([^\[\]\n]{1,500})\]\((https?://[^()\s<>]{1,2000})\)", r"<\2|\1>", escaped)
    escaped = re.sub(r"(?<![*\w])\*(?!\*)([^*\n]+)\*(?![*\w])", r"_\1_", escaped)
    escaped = re.sub(r"~~(.+?)~~", r"~\1~", escaped)
    return re.sub(r"\*\*(.+?)\*\*", r"*\1*", escaped)


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(text: str, limit: int = 750) -> str:
    """What notifications and screen readers get; Slack reads it as mrkdwn, so it is escaped.

    Escaping can make it five times as long, and chat.update takes 4,000 characters.
    """
    return escape(_PING_WORD.sub("@\u200b", text.strip()[:limit]))


def _harmless(text: str) -> str:
    return _PING_TAG.sub("<\u200b", text)


def _prose(text: str) -> str:
    if not text:
        return text
    text = prose_without_html(_MATH.sub(_formula, text))
    text = _IMAGE.sub(_image, text)
    return _PING_WORD.sub("@\u200b", _harmless(text))


def _image(match: re.Match[str]) -> str:
    label, url = match[1].strip() or "image", match[2]
    return label if url.startswith("data:") else f"[{label}]({url})"


def _formula(match: re.Match[str]) -> str:
    inline = match["inline"]
    if inline is not None:
        return f"`{inline}`" if _LOOKS_LIKE_MATH.search(inline) else match[0]  # two prices are no formula
    formula = (match["dollars"] or match["brackets"] or match["parens"]).strip()
    return f"```\n{formula}\n```" if "\n" in formula else f"`{formula}`"


def _last_block(text: str) -> int | None:
    """Where the paragraph, list or table at the end begins; None inside an unclosed code block."""
    state, start, position = PLAIN, 0, 0
    for line in with_newlines(text):
        following = state.after(line.rstrip("\r\n"))
        position += len(line)
        if not following.fence and (state.fence or not line.strip()):
            start = position
        state = following
    return None if state.fence else start


def _before(pattern: str, text: str, start: int, cut: int) -> int:
    match = re.compile(pattern).search(text, start, cut)
    return match.start() if match else cut


def _before_open(mark: str, text: str, start: int, cut: int) -> int:
    return text.rfind(mark, start, cut) if text.count(mark, start, cut) % 2 else cut


def _before_open_math(opening: str, closing: str, text: str, start: int, cut: int) -> int:
    if opening == closing:
        return _before_open(opening, text, start, cut)
    last = text.rfind(opening, start, cut)
    return last if last >= 0 and text.find(closing, last, cut) < 0 else cut
