"""Modals, home tabs, and the triggers that open them."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.messages import name_blocks

TRIGGER_LASTS = 3.0  # seconds
DEEPEST = 3  # views on top of each other


@dataclass(slots=True)
class Trigger:
    id: str
    user: str
    until: float
    from_view: bool
    used: bool = False


@dataclass(slots=True)
class View:
    """A modal or home tab on one person's screen. `values` is what they entered: block id → action id → state."""

    id: str
    user: str
    spec: Json
    hash: str
    root: str
    previous: str | None = None
    values: dict[str, Json] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.spec.get("title", {}).get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        return list(self.spec["blocks"])


class ViewStore:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ids = itertools.count(1)
        self._triggers: dict[str, Trigger] = {}
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}
        self.opened: list[View] = []  # every modal ever shown, in order

    def trigger(self, user: str, *, from_view: bool = False) -> Trigger:
        """A fresh trigger id, as every interaction brings one."""
        id = f"{next(self._ids)}.{int(self._now())}.{secrets.token_hex(8)}"
        return self._triggers.setdefault(id, Trigger(id, user, self._now() + TRIGGER_LASTS, from_view))

    def exchange(self, id: str) -> Trigger:
        trigger = self._triggers.get(id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._now() > trigger.until:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger

    def top(self, user: str) -> View | None:
        """The modal in front, if one is open."""
        stack = self._stacks.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> View | None:
        return self._homes.get(user)

    def open(self, user: str, spec: Json) -> View:
        """Show a modal; it replaces whatever was open."""
        self._refuse_taken(spec)
        view = self._new(user, spec, None)
        self._stacks[user] = [view]
        return view

    def push(self, user: str, spec: Json) -> View:
        stack = self._stacks.get(user)
        if not stack:
            raise Refused("not_found")
        if len(stack) >= DEEPEST:
            raise Refused("push_limit_reached")
        self._refuse_taken(spec)
        view = self._new(user, spec, stack[-1])
        stack.append(view)
        return view

    def publish(self, user: str, spec: Json, hash: str) -> View:
        current = self._homes.get(user)
        if hash and (current is None or current.hash != hash):
            raise Refused("hash_conflict")
        view = self._new(user, spec, None)
        if current:
            view.id = view.root = current.id
        self._homes[user] = view
        return view

    def update(self, view: View, spec: Json, hash: str = "") -> View:
        """Replace what a view shows; entries survive in inputs that keep their block and action id."""
        if hash and hash != view.hash:
            raise Refused("hash_conflict")
        view.spec = deepcopy(spec)
        name_blocks(view.spec["blocks"], self._ids)
        view.hash = self._hash()
        return view

    def find(self, id: str = "", external_id: str = "") -> View:
        for view in itertools.chain(*self._stacks.values(), self._homes.values()):
            if (id and view.id == id) or (external_id and view.spec.get("external_id") == external_id):
                return view
        raise Refused("not_found")

    def close(self, user: str, *, all: bool = False) -> list[View]:
        """Take the modal in front, or the whole stack, off the screen; which views went, the front one first."""
        stack = self._stacks.get(user, [])
        closed = stack[::-1] if all else stack[-1:]
        self._stacks[user] = [] if all else stack[:-1]
        return closed

    def _new(self, user: str, spec: Json, below: View | None) -> View:
        spec = deepcopy(spec)
        name_blocks(spec["blocks"], self._ids)
        id = f"V{next(self._ids):09d}"
        view = View(id, user, spec, self._hash(), below.root if below else id, below.id if below else None)
        if spec["type"] == "modal":
            self.opened.append(view)
        return view

    def _hash(self) -> str:
        return f"{int(self._now())}.{next(self._ids):08d}"

    def _refuse_taken(self, spec: Json) -> None:
        external_id = spec.get("external_id")
        taken = (view.spec.get("external_id") for view in itertools.chain(*self._stacks.values()))
        if external_id and external_id in taken:
            raise Refused("duplicate_external_id")
