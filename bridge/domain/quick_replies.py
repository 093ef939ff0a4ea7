"""Ready-made replies inside an answer: `[text]()` links and `quick-replies` fences; FastGPT's own page makes buttons of
both."""

from __future__ import annotations

import re
from collections.abc import Iterator

_EMPTY_LINK = re.compile(r"(?<![!\\])\[([^\[\]\n]{1,300})\]\(\s*\)")
_FENCE = re.compile(r"[ \t]*(?:(`{3,})([^`\n]*)|(~{3,})(.*))")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:[^\n]|\n(?!\s*\n))+?(?<!`)\1(?!`)")
MOST = 10
_LONGEST = 300  # characters of a fence; FastGPT's own page makes no buttons of a longer one


def taken_from_answer(text: str) -> tuple[str, tuple[str, ...]]:
    """The answer without them, and the replies in order. An empty link leaves its text where it stands.

    What stands in code or names an image is left alone, whatever it looks like.
    """
    replies: list[str] = []
    kept: list[str] = []
    for is_code, part in _blocks(text):
        if not is_code:
            kept.append(_without_links(part, replies))
        elif (found := _listed(part)) is not None:
            replies.extend(found)
        else:
            kept.append(part)
    return "".join(kept).rstrip() if replies else text, _distinct(replies)


def _blocks(text: str) -> Iterator[tuple[bool, str]]:
    """The text cut into fenced code blocks (True) and what is between them; an unclosed one goes to the end."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.fullmatch(line.rstrip())
        run, info = ((mark[1], mark[2]) if mark[1] else (mark[3], mark[4])) if mark else ("", "")
        if run and not fence:
            yield False, "".join(lines)
            lines, fence = [], run
        elif run.startswith(fence) and run and not info.strip():
            yield True, "".join([*lines, line])
            lines, fence = [], ""
            continue
        lines.append(line)
    yield bool(fence), "".join(lines)


def _listed(block: str) -> list[str] | None:
    """The replies of a whole `quick-replies` block; None for any other."""
    first, *inner = block.rstrip().splitlines()
    if first.strip() != "```quick-replies" or not inner or inner[-1].strip() != "```":
        return None
    lines = [line.strip() for line in inner[:-1]]
    return [line for line in lines if line] if len("\n".join(lines)) <= _LONGEST else None


def _without_links(text: str, replies: list[str]) -> str:
    def taken(link: re.Match[str]) -> str:
        replies.append(link[1].strip())
        return link[1]

    kept: list[str] = []
    end = 0
    for code in _CODE_SPAN.finditer(text):
        kept += [_EMPTY_LINK.sub(taken, text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*kept, _EMPTY_LINK.sub(taken, text[end:])])


def _distinct(replies: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reply for reply in replies if reply))[:MOST]
