"""Where in a workflow a step is: ids by position where none are set, so that a paused workflow can be found again."""

from __future__ import annotations

from dataclasses import replace

from bridge.simulator.workflow import Agent, Flow, Loop, Route, Select, Step, SubApp


def with_ids(flow: Flow, prefix: str = "n") -> Flow:
    """The same flow, every step with an id."""
    return tuple(_with_id(step, f"{prefix}{position}") for position, step in enumerate(flow, 1))


def _with_id(step: Step, position: str) -> Step:
    step = replace(step, id=step.id or position)
    inside = f"{step.id}_"
    match step:
        case Select():
            branches = {
                value: with_ids(flow, f"{inside}{number}_")
                for number, (value, flow) in enumerate(step.branches.items())
            }
            return replace(step, branches=branches)
        case Agent():
            calls = [replace(call, flow=with_ids(call.flow, f"{inside}{n}_")) for n, call in enumerate(step.calls)]
            return replace(step, calls=tuple(calls))
        case Loop():
            start, end = step.start_id or f"{inside}start", step.end_id or f"{inside}end"
            return replace(step, flow=with_ids(step.flow, inside), start_id=start, end_id=end)
        case SubApp():
            return replace(step, flow=with_ids(step.flow))
        case Route():
            cases = [replace(case, flow=with_ids(case.flow, f"{inside}{n}_")) for n, case in enumerate(step.cases)]
            return replace(step, cases=tuple(cases), otherwise=with_ids(step.otherwise, f"{inside}else_"))
        case _:
            return step


def holds(step: Step, node: str) -> bool:
    """Whether `node` is this step, or lies in one of its branches. Tools, loops and sub-apps answer for themselves."""
    if step.id == node:
        return True
    match step:
        case Select():
            return any(has(flow, node) for flow in step.branches.values())
        case Route():
            return any(has(flow, node) for flow in step.flows())
        case _:
            return False


def has(flow: Flow, node: str) -> bool:
    return any(holds(step, node) for step in flow)
