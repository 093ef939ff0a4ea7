"""Markdown → what Telegram shows: plain text plus formatting entities.

Entities rather than a parse mode, because then nothing has to be escaped and half-written Markdown is never an error.
Offsets and lengths count UTF-16 code units; `pre` and `code` contain no other entity and lie in none but a quote,
and quotes do not nest (Bot API, "Formatting options").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from adapters.telegram.emphasis import adjacent_bold
from adapters.telegram.latex import latex
from adapters.telegram.links import acceptable
from adapters.telegram.tables import aligned
from bridge.domain.interactions import Person
from bridge.rendering.chunks import utf16_length

_INDENT = "    "
_RULE = "──────────"
_STYLES = {"strong": "bold", "em": "italic", "s": "strikethrough"}
_TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
_LONGEST_LANGUAGE = 64
_LONG_QUOTE = 500  # units; longer ones are folded until they are tapped
_IN_NO_LINK = ("code", "text_link")
_QUOTES = ("blockquote", "expandable_blockquote")
_RANKS = {"blockquote": 0, "expandable_blockquote": 0, "text_link": 2, "code": 3, "pre": 3}  # what goes around what


@dataclass(frozen=True, slots=True)
class Entity:
    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    person: Person | None = None

    @property
    def end(self) -> int:
        return self.offset + self.length

    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = {"type": self.type, "offset": self.offset, "length": self.length}
        if self.url is not None:
            payload["url"] = self.url
        if self.language:
            payload["language"] = self.language
        if self.person is not None:
            payload["user"] = {"id": int(self.person.id), "is_bot": False, "first_name": self.person.name}
        return payload


@dataclass(frozen=True, slots=True)
class Rendered:
    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def length(self) -> int:
        return utf16_length(self.text)


def rendered(markdown: str) -> Rendered:
    """Never fails, and loses no word. White space at the ends goes, as Telegram would trim it."""
    writer = _Writer()
    _blocks(SyntaxTreeNode(_parser().parse(markdown)).children, writer)
    text = "".join(writer.pieces).rstrip()
    return Rendered(text, tuple(_legal(writer.entities, utf16_length(text))))


def italic(text: str) -> Rendered:
    return Rendered(text, (Entity("italic", 0, utf16_length(text)),) if text else ())


def mention(person: Person) -> Rendered:
    """The person's name, by which Telegram tells them; only a name for those who write as a chat (negative ids)."""
    name = person.name or "You"
    size = utf16_length(name)
    user = person if person.id.isdigit() else None
    return Rendered(f"{name}:", (Entity("text_mention" if user else "bold", 0, size, person=user),))


def joined(first: Rendered, second: Rendered, gap: str = "\n\n") -> Rendered:
    """One below the other; an empty one leaves no gap."""
    if not first.text or not second.text:
        return first if first.text else second
    shift = utf16_length(first.text + gap)
    moved = tuple(replace(entity, offset=entity.offset + shift) for entity in second.entities)
    return Rendered(first.text + gap + second.text, first.entities + moved)


@cache
def _parser() -> MarkdownIt:
    """Without HTML: `List<String>` is text, not a tag to be dropped."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return parser.use(adjacent_bold).use(latex)


class _Writer:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.entities: list[Entity] = []
        self.length = 0

    def write(self, text: str) -> None:
        self.pieces.append(text)
        self.length += utf16_length(text)

    def mark(self, type: str, start: int, *, url: str | None = None, language: str | None = None) -> None:
        """Everything since `start` is of this type; nothing is marked where nothing was written."""
        if self.length > start:
            self.entities.append(Entity(type, start, self.length - start, url, language))


def _blocks(nodes: Sequence[SyntaxTreeNode], out: _Writer, indent: str = "", gap: str = "\n\n") -> None:
    for index, node in enumerate(nodes):
        if index:
            out.write(gap)
            out.write(indent)
        _block(node, out, indent)


def _block(node: SyntaxTreeNode, out: _Writer, indent: str) -> None:
    start = out.length
    match node.type:
        case "heading":
            _inlines(node.children, out, indent)
            out.mark("bold", start)
        case "bullet_list" | "ordered_list":
            _list(node, out, indent)
        case "blockquote":
            _blocks(node.children, out, indent, "\n")
            out.mark("blockquote" if out.length - start <= _LONG_QUOTE else "expandable_blockquote", start)
        case "fence" | "code_block":
            out.write(node.content.rstrip("\n") or " ")
            out.mark("pre", start, language=(node.info.split() or [""])[0][:_LONGEST_LANGUAGE] or None)
        case "math_block":
            out.write(node.content)
            out.mark("pre", start, language="latex")
        case "table":
            _table(node, out, indent)
        case "hr":
            out.write(_RULE)
        case _:
            _inlines(node.children, out, indent)


def _list(node: SyntaxTreeNode, out: _Writer, indent: str) -> None:
    number = int(node.attrs.get("start", 1))
    for index, item in enumerate(node.children):
        if index:
            out.write("\n" + indent)
        bullet = f"{number + index}. " if node.type == "ordered_list" else "• "
        task = next((box for box in _TASKS if _first_words(item).startswith(box)), None)
        out.write(_TASKS[task] if task else bullet)
        if task:
            _drop_first_words(item, len(task))
        _blocks(item.children, out, indent + _INDENT, "\n")


def _first_text(item: SyntaxTreeNode) -> SyntaxTreeNode | None:
    node = item
    while node.children:
        node = node.children[0]
    return node if node.type == "text" else None


def _first_words(item: SyntaxTreeNode) -> str:
    first = _first_text(item)
    return first.content if first is not None else ""


def _drop_first_words(item: SyntaxTreeNode, count: int) -> None:
    first = _first_text(item)
    if first is not None and first.token is not None:
        first.token.content = first.content[count:]


def _inlines(nodes: Iterable[SyntaxTreeNode], out: _Writer, indent: str = "") -> None:
    for node in nodes:
        _inline(node, out, indent)


def _inline(node: SyntaxTreeNode, out: _Writer, indent: str) -> None:
    start = out.length
    match node.type:
        case "text":
            out.write(node.content)
        case "softbreak" | "hardbreak":
            out.write("\n" + indent)
        case "code_inline" | "math_inline":
            out.write(node.content)
            out.mark("code", start)
        case "strong" | "em" | "s":
            _inlines(node.children, out, indent)
            out.mark(_STYLES[node.type], start)
        case "link":
            _inlines(node.children, out, indent)
            _link(str(node.attrs.get("href", "")), start, out)
        case "image":
            out.write(node.content or "image")
            _link(str(node.attrs.get("src", "")), start, out)
        case _:
            out.write(node.content) if not node.children else _inlines(node.children, out, indent)


def _link(url: str, start: int, out: _Writer) -> None:
    """A link Telegram would refuse keeps its words. Code or a picture's link inside of one gives way, as only one of
    them can be."""
    if acceptable(url):
        out.entities = [entity for entity in out.entities if entity.offset < start or entity.type not in _IN_NO_LINK]
        out.mark("text_link", start, url=url)


def _table(node: SyntaxTreeNode, out: _Writer, indent: str) -> None:
    rows = [row.children for section in node.children for row in section.children]
    texts = [[_plain(cell) for cell in row] for row in rows]
    sides = [str(cell.attrs.get("style", "")).rpartition(":")[2] for cell in rows[0]]
    drawn = aligned(texts, sides)
    start = out.length
    if drawn is not None:
        out.write(drawn)
        out.mark("pre", start)
        return
    for index, row in enumerate(rows[1:] or rows):
        if index:
            out.write("\n\n" + indent)
        _card(row, texts[0], out, indent)


def _card(row: Sequence[SyntaxTreeNode], names: Sequence[str], out: _Writer, indent: str) -> None:
    start = out.length
    _inlines(row[0].children, out)
    out.mark("bold", start)
    for name, cell in zip(names[1:], row[1:], strict=True):
        if _plain(cell):
            out.write(f"\n{indent}{name}: " if name else f"\n{indent}")
            _inlines(cell.children, out)


def _plain(node: SyntaxTreeNode) -> str:
    out = _Writer()
    _inlines(node.children, out)
    return "".join(out.pieces).replace("\n", " ").strip()


def _legal(entities: Sequence[Entity], length: int) -> Iterator[Entity]:
    """Within the text, without quotes in quotes, with styles interrupted where code is, in reading order."""
    fitting = [replace(entity, length=min(entity.end, length) - entity.offset) for entity in entities]
    fitting = [entity for entity in fitting if entity.length > 0]
    quotes = [entity for entity in fitting if entity.type in _QUOTES]
    codes = sorted((e for e in fitting if e.type in ("code", "pre")), key=lambda entity: entity.offset)
    kept: list[Entity] = []
    for entity in fitting:
        if entity.type in _QUOTES and any(_inside(entity, other) for other in quotes):
            continue
        kept.extend(_around(entity, codes) if entity.type in _STYLES.values() else [entity])
    yield from sorted(kept, key=lambda entity: (entity.offset, -entity.length, _RANKS.get(entity.type, 1)))


def _inside(inner: Entity, outer: Entity) -> bool:
    return inner is not outer and outer.offset <= inner.offset and inner.end <= outer.end


def _around(style: Entity, codes: Sequence[Entity]) -> Iterator[Entity]:
    at = style.offset
    for code in codes:
        if style.offset <= code.offset and code.end <= style.end:
            if code.offset > at:
                yield replace(style, offset=at, length=code.offset - at)
            at = code.end
    if style.end > at:
        yield replace(style, offset=at, length=style.end - at)
