"""HTML and MarkdownV2 as the server parses them, including the errors it answers (Bot API "Formatting options").

A link whose URL is refused is dropped silently here, unlike in `entities`; that is reported to `changed`.
"""

from __future__ import annotations

import html
import re

from tests.emulators.telegram.entities import Report, utf16
from tests.emulators.telegram.links import objection
from tests.emulators.telegram.records import Json
from tests.emulators.telegram.refusals import Refused, bad_request

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
}
_MARKS = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
_RESERVED = "_*[]()~`>#+-=|{}.!"
_PIECES = re.compile(
    r"<(/?)([a-zA-Z][\w-]*)((?:\s+[\w-]+(?:=(?:\"[^\"]*\"|'[^']*'|[^\s>]*))?)*)\s*>|<|&#?\w+;|[^<&]+|&"
)
_TOKENS = re.compile(r"\\(.)|```|\|\||__|.", re.DOTALL)


def parsed_text(text: str, mode: str, changed: Report) -> tuple[str, list[Json]]:
    """Plain text and entities. Raises Refused ("can't parse entities: …")."""
    if mode.lower() == "html":
        entities, plain = _html(text)
    elif mode.lower() == "markdownv2":
        entities, plain = _MarkdownV2(text).parsed()
    else:
        raise bad_request("unsupported parse_mode")
    kept = []
    for entity in entities:
        if entity["type"] == "text_link" and objection(entity["url"]):
            changed(f"link dropped, its URL is invalid: {entity['url']}")
        else:
            kept.append(entity)
    return plain, [entity for entity in kept if entity["length"] > 0]


def _fail(reason: str) -> Refused:
    return bad_request(f"can't parse entities: {reason}")


def _html(source: str) -> tuple[list[Json], str]:
    out, entities = "", []
    opened: list[tuple[str, int, str]] = []
    for match in _PIECES.finditer(source):
        piece, at = match[0], len(source[: match.start()].encode())
        if not match[2]:
            if piece == "<":
                raise _fail(f"Unsupported start tag at byte offset {at}")
            out += html.unescape(piece) if re.fullmatch(r"&(lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);", piece) else piece
            continue
        tag = match[2].lower()
        if tag not in _TAGS:
            raise _fail(f'Unsupported start tag "{tag}" at byte offset {at}')
        if not match[1]:
            opened.append((tag, utf16(out), match[3]))
            continue
        if not opened or opened[-1][0] != tag:
            raise _fail(f'Unmatched end tag at byte offset {at}, expected "</{opened[-1][0] if opened else ""}>"')
        name, start, attributes = opened.pop()
        entities.append(_tag_entity(name, attributes, start, utf16(out) - start))
    if opened:
        raise _fail(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return _language_from_inner_code(entities), out


def _tag_entity(tag: str, attributes: str, start: int, length: int) -> Json:
    entity: Json = {"type": _TAGS[tag], "offset": start, "length": length}
    if tag == "a":
        href = re.search(r"href=(?:\"([^\"]*)\"|'([^']*)'|(\S+))", attributes)
        entity["url"] = html.unescape(next((group for group in href.groups() if group), "")) if href else ""
    if tag == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    if tag == "code" and (language := re.search(r"class=[\"']?language-([\w+#-]+)", attributes)):
        entity["language"] = language[1]
    return entity


def _language_from_inner_code(entities: list[Json]) -> list[Json]:
    blocks = {(e["offset"], e["length"]): e for e in entities if e["type"] == "pre"}
    kept = []
    for entity in entities:
        block = blocks.get((entity["offset"], entity["length"])) if entity["type"] == "code" else None
        if block is None:
            kept.append({k: v for k, v in entity.items() if k != "language" or entity["type"] == "pre"})
        elif "language" in entity:
            block["language"] = entity["language"]
    return kept


class _MarkdownV2:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._out = ""
        self._entities: list[Json] = []
        self._opened: list[tuple[str, int, int]] = []

    def parsed(self) -> tuple[list[Json], str]:
        while self._at < len(self._source):
            self._step()
        if self._opened:
            mark, _, at = self._opened[-1]
            kind = "TextUrl" if mark == "[" else _MARKS[mark].capitalize()
            raise _fail(f"Can't find end of {kind} entity at byte offset {at}")
        return self._entities, self._out

    def _step(self) -> None:
        match = _TOKENS.match(self._source, self._at)
        assert match is not None
        token, offset = match[0], len(self._source[: self._at].encode())
        self._at = match.end()
        if match[1] is not None and ord(match[1]) < 127:
            self._out += match[1]
        elif token in ("```", "`"):
            self._code(token, offset)
        elif token in _MARKS:
            self._toggle(token, offset)
        elif token == "[":
            self._opened.append(("[", utf16(self._out), offset))
        elif token == "]" and self._opened and self._opened[-1][0] == "[":
            self._link()
        elif token == ">" and (not self._out or self._out.endswith("\n")):
            self._quote()
        elif token in _RESERVED:
            raise _fail(f"Character '{token}' is reserved and must be escaped with the preceding '\\'")
        else:
            self._out += token

    def _add(self, kind: str, start: int, **fields: str) -> None:
        self._entities.append({"type": kind, "offset": start, "length": utf16(self._out) - start, **fields})

    def _toggle(self, mark: str, offset: int) -> None:
        if self._opened and self._opened[-1][0] == mark:
            _, start, _ = self._opened.pop()
            self._add(_MARKS[mark], start)
        else:
            self._opened.append((mark, utf16(self._out), offset))

    def _code(self, fence: str, offset: int) -> None:
        end = re.compile(r"(?<!\\)" + fence).search(self._source, self._at)
        if end is None:
            kind = "Pre" if fence == "```" else "Code"
            raise _fail(f"Can't find end of {kind} entity at byte offset {offset}")
        body, start = self._source[self._at : end.start()], utf16(self._out)
        self._at = end.end()
        language = ""
        if fence == "```" and (first := re.match(r"([^\s`]*)\n", body)):
            language, body = first[1], body[first.end() :]
        self._out += re.sub(r"\\(.)", r"\1", body)
        fields = {"language": language} if language else {}
        self._add("pre" if fence == "```" else "code", start, **fields)

    def _link(self) -> None:
        _, start, _ = self._opened.pop()
        target = re.compile(r"\(((?:\\.|[^)\\])*)\)").match(self._source, self._at)
        if target is None:
            return
        self._at = target.end()
        self._add("text_link", start, url=re.sub(r"\\(.)", r"\1", target[1]))

    def _quote(self) -> None:
        end = re.compile(r"\n(?!>)|$").search(self._source, self._at)
        assert end is not None
        inner = self._source[self._at : end.start()].replace("\n>", "\n")
        entities, text = _MarkdownV2(inner).parsed()
        start = utf16(self._out)
        self._entities += [{**entity, "offset": entity["offset"] + start} for entity in entities]
        self._out += text
        self._at = end.start()
        self._add("blockquote", start)
