"""What a person sees, as text that a test can read: Markdown for the formatting, one line per button row.

A message shows as its text, `[ label ]` rows below it; a forced reply as `(reply: placeholder)`. A draft shows as
`… text`, or `… Thinking` while it is empty.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.emulators.telegram.records import Draft, Json, Message

_SIGNS = {"bold": "**", "italic": "_", "underline": "__", "strikethrough": "~~", "spoiler": "||", "code": "`"}


def visible_text(text: str, entities: Sequence[Json]) -> str:
    """Text with its entities written as Markdown."""
    marks: list[tuple[int, int, int, str]] = []
    for depth, entity in enumerate(entities):
        before, after = _signs(entity)
        start, end = entity["offset"], entity["offset"] + entity["length"]
        marks += [(start, 1, depth, before), (end, 0, -depth, after)]
    raw, out, at = text.encode("utf-16-le"), "", 0
    for position, _, _, sign in sorted(marks, key=lambda mark: mark[:3]):
        out += raw[2 * at : 2 * position].decode("utf-16-le") + sign
        at = position
    out += raw[2 * at :].decode("utf-16-le")
    return _quoted(out)


def visible_message(message: Message) -> str:
    lines = [_attachment(message), _body(message), *_rows(message)]
    if message.forces_reply and message.markup:
        lines.append(f"(reply: {message.markup.get('input_field_placeholder', '')})")
    return "\n".join(line for line in lines if line)


def visible_draft(draft: Draft) -> str:
    if draft.rich is not None:
        return f"… {draft.text}"
    return f"… {visible_text(draft.text, draft.entities)}" if draft.text else "… Thinking"


_QUOTE_START, _QUOTE_END = "\ue000", "\ue001"


def _signs(entity: Json) -> tuple[str, str]:
    kind = entity["type"]
    if kind in _SIGNS:
        return _SIGNS[kind], _SIGNS[kind]
    if kind == "pre":
        return f"```{entity.get('language', '')}\n", "\n```"
    if kind == "text_link":
        return "[", f"]({entity['url']})"
    if kind in ("blockquote", "expandable_blockquote"):
        return _QUOTE_START, _QUOTE_END
    return "", ""


def _quoted(text: str) -> str:
    while (start := text.rfind(_QUOTE_START)) >= 0:
        end = text.index(_QUOTE_END, start)
        inner = text[start + 1 : end].replace("\n", "\n> ")
        text = f"{text[:start]}> {inner}{text[end + 1 :]}"
    return text


def _attachment(message: Message) -> str:
    return "".join(f"<{kind}>" for kind in message.media)


def _body(message: Message) -> str:
    if message.rich is not None:
        return str(message.rich.get("markdown") or message.rich.get("html") or message.rich.get("blocks"))
    return visible_text(message.text, message.entities)


def _rows(message: Message) -> list[str]:
    rows = message.keyboard["inline_keyboard"] if message.keyboard else []
    return [" ".join(f"[ {button['text']} ]" for button in row) for row in rows]
