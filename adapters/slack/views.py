"""Modals that are read, and the one that asks what was wrong. Pure.

Limits: docs.slack.dev, "Views": titles and buttons of a modal 24 characters, 100 blocks, 3,000 characters in a section.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.slack.blocks import Block, plain_text
from adapters.slack.markdown import mrkdwn
from adapters.slack.payloads import Element, State
from adapters.slack.presses import ReasonContext
from bridge.domain.events import Citation, NodeFinished
from bridge.domain.phrases import CANCEL, DETAILS, NO_SOURCES, REASON_TEXT, REASON_TITLE, REASONS, SEND, SOURCES

FORM = "form"
REASON = "reason"
READING = "reading"
"""Callback ids of the modals."""

_TITLE = 24
_TEXT = 3_000


def reason_view(context: ReasonContext) -> Block:
    options = [{"text": plain_text(reason, 75), "value": str(index)} for index, reason in enumerate(REASONS)]
    category = {"type": "radio_buttons", "action_id": "category", "options": options}
    words = {"type": "plain_text_input", "action_id": "words", "multiline": True, "max_length": _TEXT}
    return {
        "type": "modal",
        "callback_id": REASON,
        "private_metadata": context.dump(),
        "title": plain_text(REASON_TITLE, _TITLE),
        "submit": plain_text(SEND, _TITLE),
        "close": plain_text(CANCEL, _TITLE),
        "blocks": [
            {
                "type": "input",
                "block_id": "category",
                "optional": True,
                "label": _heading(REASON_TITLE),
                "element": category,
            },
            {"type": "input", "block_id": "words", "optional": True, "label": _heading(REASON_TEXT), "element": words},
        ],
    }


def reason_of(state: State) -> str:
    """The ready-made reason and the person's own words, as far as they were given."""
    category = element_of(state, "category").selected_option
    index = int(category.value) if category else -1
    ready_made = REASONS[index] if 0 <= index < len(REASONS) else ""
    words = (element_of(state, "words").value or "").strip()
    return ": ".join(piece for piece in (ready_made, words) if piece)


def sources_view(citations: Sequence[Citation]) -> Block:
    blocks: list[Block] = []
    for number, citation in enumerate(citations[:30], 1):
        blocks += _source(number, citation)
    return reading_view(SOURCES, blocks or sections(NO_SOURCES))


def details_view(nodes: Sequence[NodeFinished]) -> Block:
    blocks: list[Block] = [_section(_node(node)) for node in nodes[:95]]
    return reading_view(DETAILS, blocks or sections("—"))


def sentence_view(title: str, sentence: str) -> Block:
    return reading_view(title, sections(sentence))


def reading_view(title: str, blocks: list[Block]) -> Block:
    """A modal that is only read."""
    return {
        "type": "modal",
        "callback_id": READING,
        "title": plain_text(title, _TITLE),
        "blocks": blocks[:100],
    }


# --- reading ---


def _source(number: int, citation: Citation) -> list[Block]:
    name = mrkdwn(citation.name or citation.id)
    if citation.url and citation.url.startswith(("http://", "https://")) and not set(citation.url) & set("<>|"):
        name = f"<{citation.url}|{name}>"
    score = f"  ·  {citation.score:.0%}" if citation.score is not None else ""
    blocks = [_section(f"*[{number}]* {name}{score}")]
    if citation.text.strip():
        text = citation.text.strip()
        blocks.append({"type": "section", "text": plain_text(text, 2_500)})
    return [*blocks, {"type": "divider"}]


def _node(node: NodeFinished) -> str:
    figures = [
        f"{node.seconds:.1f} s" if node.seconds is not None else "",
        mrkdwn(node.model),
        f"{node.input_tokens or 0} → {node.output_tokens or 0} tokens"
        if node.input_tokens is not None or node.output_tokens is not None
        else "",
        f"{node.points:g} points" if node.points is not None else "",
    ]
    line = "  ·  ".join([f"*{mrkdwn(node.name or node.kind)}*", *(figure for figure in figures if figure)])
    return f"{line}\n⚠️ {mrkdwn(node.error)}" if node.error else line


def sections(text: str, at_most: int = 5) -> list[Block]:
    pieces = [text[start : start + 2_500] for start in range(0, len(text), 2_500)]
    return [_section(mrkdwn(piece)) for piece in pieces[:at_most] if piece.strip()]


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_TEXT], "verbatim": True}}


def _heading(text: str) -> Block:
    return plain_text(text, 2_000)


def element_of(state: State, block_id: str) -> Element:
    return next(iter(state.values.get(block_id, {}).values()), Element())
