"""What a person reads in a message, what they can press, and whom it pings. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.emulators.slack.errors import Json

INPUTS = frozenset(
    [
        "plain_text_input",
        "email_text_input",
        "url_text_input",
        "number_input",
        "datepicker",
        "timepicker",
        "datetimepicker",
        "static_select",
        "multi_static_select",
        "external_select",
        "multi_external_select",
        "users_select",
        "multi_users_select",
        "conversations_select",
        "multi_conversations_select",
        "channels_select",
        "multi_channels_select",
        "checkboxes",
        "radio_buttons",
        "file_input",
        "rich_text_input",
    ]
)

_TAG = re.compile(r"<(?:!(channel|here|everyone)(?:\|[^>]*)?|@([A-Z0-9]+)(?:\|[^>]*)?|!subteam\^([A-Z0-9]+)[^>]*)>")
_BARE = re.compile(r"(?<![\w.@])@(channel|here|everyone)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Control:
    """Something to press or fill in. `label` is what is written on or beside it, `options` what can be picked."""

    kind: str
    label: str
    action_id: str
    block_id: str
    value: str = ""
    options: tuple[str, ...] = ()
    style: str = ""
    in_input_block: bool = False

    def __str__(self) -> str:
        choices = f": {' / '.join(self.options)}" if self.options else ""
        return f"[{self.label}{choices}]"


def body(text: str, blocks: Sequence[Json]) -> str:
    """The prose: all text but notes (context blocks) and controls. Blocks hide `text`, as in the client."""
    return "\n\n".join(filter(None, map(_prose, blocks))) if blocks else text


def notes(blocks: Sequence[Json]) -> str:
    """The small print: the text of context blocks."""
    return "\n".join(filter(None, (_context(block) for block in blocks if block.get("type") == "context")))


def visible(text: str, blocks: Sequence[Json]) -> str:
    """Everything on screen, top to bottom, controls in square brackets."""
    if not blocks:
        return text
    lines = []
    for block in blocks:
        line = _context(block) if block.get("type") == "context" else _prose(block)
        lines += [line, " ".join(map(str, controls([block])))]
    return "\n".join(filter(None, lines))


def controls(blocks: Sequence[Json]) -> tuple[Control, ...]:
    return tuple(control for block in blocks for control in _controls_of(block))


def elements(block: Json) -> list[Json]:
    """The interactive elements of a block, wherever it keeps them."""
    match block.get("type"):
        case "input":
            return [block["element"]]
        case "actions" | "context_actions":
            return list(block["elements"])
        case "section" if block.get("accessory", {}).get("type", "image") != "image":
            return [block["accessory"]]
        case "card":
            return list(block.get("actions", []))
        case "carousel":
            return [element for card in block["elements"] for element in elements(card)]
        case "container":
            return [element for child in block["child_blocks"] for element in elements(child)]
        case _:
            return []


def pings(texts: Iterator[str]) -> tuple[str, ...]:
    """Whom these texts would notify: channel, here, everyone, user ids, subteam ids; each once, in order.

    Bare @channel counts too: it is parsed in mrkdwn unless the object says `verbatim`, and elsewhere with `link_names`.
    """
    found: dict[str, None] = {}
    for text in texts:
        for match in _TAG.finditer(text):
            found[next(group for group in match.groups() if group)] = None
        for match in _BARE.finditer(text):
            found[match[1].lower()] = None
    return tuple(found)


def parsed_texts(text: str, blocks: Sequence[Json]) -> Iterator[str]:
    """All texts in which Slack looks for mentions; plain_text objects are not among them."""
    yield text
    for block in blocks:
        yield from _parsed(block)


def _parsed(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _parsed(item)
    elif isinstance(node, dict):
        kind = node.get("type")
        if kind in ("mrkdwn", "markdown"):
            text = str(node.get("text", ""))
            yield _BARE.sub("", text) if node.get("verbatim") else text
        elif kind == "user":
            yield f"<@{node.get('user_id', '')}>"
        elif kind == "broadcast":
            yield f"<!{node.get('range', '')}>"
        elif kind == "usergroup":
            yield f"<!subteam^{node.get('usergroup_id', '')}>"
        elif kind == "task_card":
            yield from (str(node.get(key, "")) for key in ("title", "details", "output"))
        for value in node.values():
            yield from _parsed(value) if isinstance(value, dict | list) else ()


def _prose(block: Json) -> str:
    read = _READERS.get(block.get("type", ""))
    return read(block) if read else ""


def _section(block: Json) -> str:
    texts = [block["text"]] if "text" in block else []
    return "\n".join(item["text"] for item in [*texts, *block.get("fields", [])])


def _table(block: Json) -> str:
    return "\n".join(" | ".join(_cell(cell) for cell in row) for row in block["rows"])


def _task(block: Json) -> str:
    words = (str(block.get(key, "")) for key in ("title", "status", "details", "output"))
    return " · ".join(filter(None, words))


def _card(block: Json) -> str:
    return "\n".join(block[key]["text"] for key in ("title", "subtitle", "body") if key in block)


def _children(key: str) -> Callable[[Json], str]:
    return lambda block: "\n".join(filter(None, map(_prose, block[key])))


def _context(block: Json) -> str:
    return " ".join(str(item.get("text") or item.get("alt_text") or "") for item in block["elements"])


def _rich(node: Json) -> str:
    match node.get("type"):
        case "text":
            return str(node["text"])
        case "link":
            return str(node.get("text") or node["url"])
        case "user":
            return f"<@{node['user_id']}>"
        case "channel":
            return f"<#{node['channel_id']}>"
        case "broadcast":
            return f"<!{node['range']}>"
        case "usergroup":
            return f"<!subteam^{node['usergroup_id']}>"
        case "emoji":
            return f":{node['name']}:"
        case "rich_text" | "rich_text_list":
            return "\n".join(map(_rich, node["elements"]))
        case _:
            return "".join(map(_rich, node.get("elements", [])))


def _cell(cell: Json) -> str:
    return _rich(cell) if cell["type"] == "rich_text" else str(cell.get("text", cell.get("value", "")))


def _controls_of(block: Json) -> Iterator[Control]:
    for element in elements(block):
        place = (str(element.get("action_id", "")), str(block.get("block_id", "")))
        match element["type"]:
            case "feedback_buttons":
                for side in ("positive_button", "negative_button"):
                    half = element[side]
                    yield Control("feedback", half["text"]["text"], *place, str(half["value"]))
            case "button" | "icon_button" | "workflow_button":
                value, style = str(element.get("value", "")), str(element.get("style", ""))
                yield Control(element["type"], element["text"]["text"], *place, value, style=style)
            case kind:
                in_input = block["type"] == "input"
                name = block["label"]["text"] if in_input else label(element)
                yield Control(kind, name, *place, "", option_labels(element), in_input_block=in_input)


def label(element: Json) -> str:
    return str(element.get("placeholder", {}).get("text") or element.get("action_id", ""))


def options_of(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    return list(element.get("options", [])) + [option for group in groups for option in group["options"]]


def option_labels(element: Json) -> tuple[str, ...]:
    return tuple(option["text"]["text"] for option in options_of(element))


_READERS: dict[str, Callable[[Json], str]] = {
    "section": _section,
    "markdown": lambda block: str(block["text"]),
    "header": lambda block: str(block["text"]["text"]),
    "alert": lambda block: str(block["text"]["text"]),
    "image": lambda block: f"({block['alt_text']})",
    "rich_text": _rich,
    "table": _table,
    "task_card": _task,
    "plan": lambda block: str(block["title"]),
    "video": lambda block: str(block["title"]["text"]),
    "card": _card,
    "container": _children("child_blocks"),
    "carousel": _children("elements"),
}
