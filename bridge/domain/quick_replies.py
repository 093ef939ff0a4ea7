"""Ready-made replies inside an answer: `[text]()` links and `quick-replies` fences (FastGPT's own page makes buttons of
both), and the `[text]` lines of a welcome text."""

from __future__ import annotations

import re

_EMPTY_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,300})\]\(\s*\)")
_FENCE = re.compile(r"^```quick-replies[ \t]*\n(.{0,300}?)\n?^```[ \t]*$\n?", re.MULTILINE | re.DOTALL)
_WELCOME_LINE = re.compile(r"\[([^\[\]\n]+)\](?=$|\n)")
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])?[ \t]*$")
_CODE = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)[ \t]*$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
MOST = 10


def taken_from_answer(text: str) -> tuple[str, tuple[str, ...]]:
    """The answer without them, and the replies in order. An empty link leaves its text where it stands."""
    replies: list[str] = []

    def fence(match: re.Match[str]) -> str:
        replies.extend(line.strip() for line in match[1].splitlines() if line.strip())
        return ""

    def link(match: re.Match[str]) -> str:
        replies.append(match[1].strip())
        return match[1]

    text = _FENCE.sub(fence, text)
    pieces = _CODE.split(text)
    text = "".join(piece if index % 2 else _EMPTY_LINK.sub(link, piece) for index, piece in enumerate(pieces))
    return text.rstrip() if replies else text, _distinct(replies)


def taken_from_welcome(text: str) -> tuple[str, tuple[str, ...]]:
    """The welcome text without its question lines, and the questions. A literal backslash-n is a line break there."""
    lines: list[str] = []
    questions: list[str] = []
    for line in text.replace("\\n", "\n").splitlines():
        found = _WELCOME_LINE.findall(line)
        rest = _WELCOME_LINE.sub("", line)
        questions.extend(question.strip() for question in found)
        if not found or not _BULLET.match(rest):
            lines.append(rest if found else line)
    return "\n".join(lines).strip(), _distinct(questions)


def _distinct(replies: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reply for reply in replies if reply))[:MOST]
