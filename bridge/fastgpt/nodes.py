"""What a workflow's nodes did, from `flowResponses` (v1), `flowNodeResponse` (v2), `responseData`, `getResData`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bridge.domain.events import Citation, NodeFinished, PluginFinished
from bridge.fastgpt.wire import Node, Quote, read
from bridge.fastgpt.wording import is_key, mended_json, sentence, shown

_DEEPEST = 20


def node_events(raw: Iterable[object]) -> Iterator[NodeFinished | PluginFinished]:
    """Every node, those inside others after them, and a plugin app's outputs (not those of plugins inside it)."""
    for node, depth in _flattened(raw, 0):
        yield _finished(node)
        if depth == 0 and node.kind == "pluginOutput" and node.plugin_output is not None and not node.parent:
            yield PluginFinished({key: mended_json(value) for key, value in node.plugin_output.items()})


def finished_nodes(raw: Iterable[object]) -> tuple[NodeFinished, ...]:
    return tuple(event for event in node_events(raw) if isinstance(event, NodeFinished))


def _flattened(raw: Iterable[object], depth: int) -> Iterator[tuple[Node, int]]:
    for item in raw:
        node = read(Node, item)
        if node is None:
            continue
        yield node, depth
        if depth < _DEEPEST:
            yield from _flattened(node.children, depth + 1)


def _finished(node: Node) -> NodeFinished:
    return NodeFinished(
        id=node.id or node.node_id,
        name=node.kind if is_key(node.name) or not node.name else node.name,
        kind=node.kind,
        seconds=node.seconds,
        model=node.model,
        input_tokens=_first(node.input_tokens, node.tool_input_tokens),
        output_tokens=_first(node.output_tokens, node.tool_output_tokens),
        points=node.points,
        error=failure(node.error_text) or failure(node.error),
        citations=tuple(_citation(quote) for quote in node.quotes if quote.id),
    )


def _first(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)


def failure(error: Any) -> str:
    """A node's error, an object with a message or plain text, as one safe sentence; empty if there is none."""
    if isinstance(error, dict):
        inner = error.get("message") or error.get("errorText") or error.get("statusText") or error.get("error")
        if isinstance(inner, dict):
            inner = inner.get("message")
        return failure(inner) if isinstance(inner, str) and inner else ("unknown error" if error else "")
    if isinstance(error, str) and error.strip():
        return sentence(shown(error))
    return ""


def _citation(quote: Quote) -> Citation:
    return Citation(
        id=quote.id,
        name=shown(quote.source_name),
        url=quote.source_id if quote.source_id.startswith(("http://", "https://")) else None,
        score=best_score(quote.score),
        text="\n".join(piece for piece in (quote.q.strip(), quote.a.strip()) if piece),
        collection=quote.collection,
        dataset=quote.dataset,
    )


def best_score(score: Any) -> float | None:
    """Old servers give a number, newer ones `[{"type", "value", "index"}]`.

    `rrf` ranks and is no likeness: it counts only where there is nothing else.
    """
    if isinstance(score, list):
        values = {str(item.get("type")): _likeness(item.get("value")) for item in score if isinstance(item, dict)}
        likenesses = [value for kind, value in values.items() if value is not None and kind != "rrf"]
        return max(likenesses) if likenesses else values.get("rrf")
    return _likeness(score)


def _likeness(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None
