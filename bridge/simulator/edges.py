"""The edges of a workflow, as a pause remembers them. Clients have no use for them, but they are in the bytes."""

from __future__ import annotations

from typing import TypeAlias

from bridge.simulator.workflow import Agent, Flow, Json, Loop, Route, Select, Step

Edge: TypeAlias = tuple[str, str, str, str]
"""Source, target, and the handles of both."""

_Exit: TypeAlias = tuple[str, str]


def edges_of(flow: Flow, start: str) -> list[Edge]:
    edges: list[Edge] = []
    _link(flow, [_right(start)], edges)
    return edges


def remembered(edges: list[Edge], paused: str, *, marks_exits: bool) -> list[Json]:
    """`marks_exits`: newer servers call the edges behind the paused node active too."""
    return [
        {
            "source": source,
            "target": target,
            "sourceHandle": source_handle,
            "targetHandle": target_handle,
            "status": "active" if target == paused or (marks_exits and source == paused) else "waiting",
        }
        for source, target, source_handle, target_handle in edges
    ]


def _right(node: str) -> _Exit:
    return node, f"{node}-source-right"


def _enter(exits: list[_Exit], node: str, edges: list[Edge]) -> None:
    edges.extend((source, node, handle, f"{node}-target-left") for source, handle in exits)


def _link(flow: Flow, exits: list[_Exit], edges: list[Edge]) -> list[_Exit]:
    for step in flow:
        _enter(exits, step.id, edges)
        exits = _through(step, edges)
    return exits


def _through(step: Step, edges: list[Edge]) -> list[_Exit]:
    match step:
        case Select(dynamic=False):
            handles = [(step.id, f"{step.id}-source-{key}") for key in step.option_keys()]
            pairs = zip(step.options, handles, strict=True)
            return [exit for value, handle in pairs for exit in _link(step.branches.get(value, ()), [handle], edges)]
        case Route():
            handles = [(step.id, f"{step.id}-source-{number}") for number in range(len(step.flows()))]
            pairs_of_flows = zip(step.flows(), handles, strict=True)
            return [exit for flow, handle in pairs_of_flows for exit in _link(flow, [handle], edges)]
        case Agent():
            for call in step.calls:
                if call.flow:
                    edges.append((step.id, call.flow[0].id, "selectedTools", "selectedTools"))
                    _link(call.flow[1:], _through(call.flow[0], edges), edges)
        case Loop():
            _enter(_link(step.flow, [_right(step.start_id)], edges), step.end_id, edges)
        case _:
            pass
    return [_right(step.id)]
