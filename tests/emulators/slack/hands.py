"""Pressing, choosing, filling in and submitting: what a person does with controls and modals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.slack import blocks as block_kit
from tests.emulators.slack import entries, events, reading
from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.messages import Message
from tests.emulators.slack.outbox import Delivery
from tests.emulators.slack.views import View
from tests.emulators.slack.workspace import User
from tests.emulators.slack.world import World

TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of pressing Submit.

    `errors`: block id → sentence, from the client (then `delivery` is None) or the app. `failed`: Slack's own error.
    """

    delivery: Delivery | None = None
    errors: dict[str, str] = field(default_factory=dict)
    failed: str = ""

    @property
    def accepted(self) -> bool:
        return not self.errors and not self.failed


class Hands:
    def __init__(self, world: World, user: User) -> None:
        self._world = world
        self._workspace = world.workspace
        self._entered: dict[str, dict[str, Json]] = {}  # by message ts: what was put into its inputs
        self.user = user
        self.troubles: list[str] = []  # errors that Slack itself showed to this person

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def modal(self) -> View | None:
        """The modal in front of them."""
        return self._world.views.top(self.id)

    @property
    def home(self) -> View | None:
        return self._world.views.home(self.id)

    async def click(
        self, where: Message | View, label: str | None = None, *, action_id: str | None = None, value: str | None = None
    ) -> Delivery:
        """Press a button (or one side of feedback buttons), named by what is on it, its action id or its value."""
        self._can_see(where)
        for block in where.blocks:
            for element in reading.elements(block):
                for action in _presses(element):
                    named = {
                        "label": action["text"]["text"],
                        "action_id": action["action_id"],
                        "value": action["value"],
                    }
                    wanted = {"label": label, "action_id": action_id, "value": value}
                    if all(each is None or named[key] == each for key, each in wanted.items()):
                        self._may_press(element)
                        return self._act(where, block, element, action)
        raise AssertionError(f"there is no such button among {reading.controls(where.blocks)}")

    async def feedback(self, message: Message, *, good: bool) -> Delivery:
        """Press thumbs up or down of the feedback buttons."""
        for block in message.blocks:
            for element in reading.elements(block):
                if element["type"] == "feedback_buttons":
                    self._can_see(message)
                    return self._act(message, block, element, _presses(element)[0 if good else 1])
        raise AssertionError("there are no feedback buttons")

    async def choose(self, where: Message | View, option: Any, *, element: str | None = None) -> Delivery | None:
        """Pick from a select, radio buttons, checkboxes, overflow menu or date picker, and the app is told at once.

        `element` is its label, action id or block id; needed if there are several. Inside an input block without
        `dispatch_action` nobody is told (None).
        """
        self._can_see(where)
        block, found = self._find(where, element)
        if found["type"] == "overflow":
            chosen = next((each for each in found["options"] if option in (each["text"]["text"], each["value"])), None)
            assert chosen is not None, f"there is no option {option!r}"
            return self._act(where, block, found, {"type": "overflow", "selected_option": chosen})
        state = entries.entered(found, option)
        self._values(where).setdefault(block["block_id"], {})[found["action_id"]] = state
        silent = block["type"] == "input" and not block.get("dispatch_action")
        return None if silent else self._act(where, block, found, state)

    def enter(self, where: Message | View, fields: Mapping[str, Any]) -> None:
        """Fill in inputs, named by label, block id or action id; nothing is sent yet."""
        for name, entry in fields.items():
            block, element = self._find(where, name)
            self._values(where).setdefault(block["block_id"], {})[element["action_id"]] = entries.entered(
                element, entry
            )

    async def submit(self, fields: Mapping[str, Any] | None = None) -> Submission:
        """Fill in and submit the modal in front; returns once the app answered, or Slack gave up on it."""
        view = self._modal()
        self.enter(view, fields or {})
        if unfit := entries.refused(view.blocks, entries.state(view.blocks, view.values)):
            return Submission(errors=unfit)
        trigger = self._world.views.trigger(self.id, from_view=True)
        payload = events.view_submission(self._workspace, self.user, view, trigger.id)
        delivery = self._world.outbox.send("interactive", payload, accepts_answer=True)
        if not await delivery.outcome():
            return self._trouble(delivery, TROUBLE)
        try:
            return self._follow(view, delivery)
        except Refused as refused:
            return self._trouble(delivery, f"{refused.error} {refused.messages}")

    async def close_modal(self, *, all: bool = False) -> list[Delivery]:
        """Press Cancel or the cross; `all` closes the stack. The app is told where it asked for it."""
        view = self._modal()
        cleared = all or bool(view.spec.get("clear_on_close"))
        closed = self._world.views.close(self.id, all=cleared)
        return [
            self._world.outbox.send("interactive", events.view_closed(self._workspace, self.user, each, cleared))
            for each in closed
            if each.spec.get("notify_on_close")
        ]

    async def suggestions(self, where: Message | View, query: str, *, element: str | None = None) -> list[str]:
        """Type into an external select; the labels of the options that the app offers."""
        block, found = self._find(where, element)
        container = {"type": "view", "view_id": where.id} if isinstance(where, View) else {"type": "message"}
        ids = {"action_id": found["action_id"], "block_id": block["block_id"]}
        payload = events.suggestion(self._workspace, self.user, ids, query, {"container": container})
        delivery = self._world.outbox.send("interactive", payload, accepts_answer=True)
        await delivery.outcome()
        groups = delivery.answer.get("option_groups", [])
        options = delivery.answer.get("options", []) + [option for group in groups for option in group["options"]]
        return [option["text"]["text"] for option in options]

    async def command(self, name: str, text: str = "", channel: str | None = None) -> Delivery:
        """Type a slash command (never in a thread). What the app acknowledges it with is shown to them."""
        place = self._workspace.channels[channel] if channel else self._workspace.dm_with(self.id)
        url = self._world.response_urls.issue(place.id, self.id, None, None)
        more = {"trigger_id": self._world.views.trigger(self.id).id, "response_url": self._address(url.secret)}
        payload = events.command(self._workspace, self.user, place, name, text, more)
        delivery = self._world.outbox.send("slash_commands", payload, accepts_answer=True)
        if not await delivery.outcome():
            self.troubles.append(f"{name} failed with the error dispatch_failed")
        elif delivery.answer:
            self._show_answer(place.id, delivery.answer)
        return delivery

    async def shortcut(self, callback_id: str) -> Delivery:
        """Use a global shortcut."""
        trigger = self._world.views.trigger(self.id)
        payload = events.shortcut(self._workspace, self.user, callback_id, trigger.id, self._world.clock.ts())
        return self._world.outbox.send("interactive", payload)

    async def message_shortcut(self, callback_id: str, message: Message) -> Delivery:
        """Use a shortcut from the menu of a message."""
        place = self._workspace.channels[message.channel]
        url = self._world.response_urls.issue(place.id, self.id, message.ts, message.thread_ts)
        more = {
            "trigger_id": self._world.views.trigger(self.id).id,
            "response_url": self._address(url.secret),
            "action_ts": self._world.clock.ts(),
        }
        payload = events.message_shortcut(self._workspace, self.user, callback_id, message, place, more)
        return self._world.outbox.send("interactive", payload)

    # --- what follows from it

    def _act(self, where: Message | View, block: Json, element: Json, action: Json) -> Delivery:
        ids = {"action_id": element["action_id"], "block_id": block["block_id"], "action_ts": self._world.clock.ts()}
        trigger = self._world.views.trigger(
            self.id, from_view=isinstance(where, View) and where.spec["type"] == "modal"
        )
        if isinstance(where, View):
            payload = events.view_actions(self._workspace, self.user, where, [action | ids], trigger.id)
            return self._world.outbox.send("interactive", payload)
        url = self._world.response_urls.issue(where.channel, self.id, where.ts, where.thread_ts)
        payload = events.message_actions(
            self._workspace,
            self.user,
            self._workspace.channels[where.channel],
            where,
            actions=[action | ids],
            state=entries.state(where.blocks, self._values(where)),
            trigger_id=trigger.id,
            response_url=self._address(url.secret),
        )
        return self._world.outbox.send("interactive", payload)

    def _follow(self, view: View, delivery: Delivery) -> Submission:
        answer = delivery.answer
        match answer.get("response_action"):
            case None:
                self._world.views.close(self.id)
            case "clear":
                self._world.views.close(self.id, all=True)
            case "errors":
                return self._errors(view, delivery, answer.get("errors"))
            case "update":
                self._world.views.update(view, block_kit.view(answer.get("view"), ("modal",)))
            case "push":
                self._world.views.push(self.id, block_kit.view(answer.get("view"), ("modal",)))
            case other:
                raise Refused("invalid_response_action", [str(other)])
        return Submission(delivery)

    def _errors(self, view: View, delivery: Delivery, errors: Any) -> Submission:
        inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
            raise Refused("invalid_errors", [f"errors must name input blocks ({sorted(inputs)}), got {errors}"])
        return Submission(delivery, errors=errors)

    def _trouble(self, delivery: Delivery, sentence: str) -> Submission:
        self.troubles.append(sentence)
        return Submission(delivery, failed=sentence)

    def _modal(self) -> View:
        view = self.modal
        assert view is not None, f"{self.id} has no modal open"
        return view

    def _values(self, where: Message | View) -> dict[str, Json]:
        return where.values if isinstance(where, View) else self._entered.setdefault(where.ts, {})

    def _find(self, where: Message | View, name: str | None) -> tuple[Json, Json]:
        for block in where.blocks:
            for element in reading.elements(block):
                label = block["label"]["text"] if block["type"] == "input" else reading.label(element)
                names = (label, block["block_id"], element["action_id"])
                if (element["type"] in reading.INPUTS or element["type"] == "overflow") and name in (None, *names):
                    return block, element
        raise AssertionError(f"there is no input {name!r} among {reading.controls(where.blocks)}")

    def _can_see(self, where: Message | View) -> None:
        if isinstance(where, View):
            assert where.user == self.id, "this view is on somebody else's screen"
            return
        assert not where.deleted, "this message is gone"
        assert where.only_for in (None, self.id), "this message is shown to somebody else only"
        self._workspace.channels[where.channel].members.add(self.id)

    def _may_press(self, element: Json) -> None:
        allowed = element.get("visible_to_user_ids")
        assert allowed is None or self.id in allowed, "this button is hidden from them"

    def _show_answer(self, channel: str, answer: Json) -> None:
        public = answer.get("response_type") == "in_channel"
        message = Message(channel, self._world.clock.ts(), self._workspace.bot_user, by_app=True)
        message.text, message.blocks = str(answer.get("text") or ""), answer.get("blocks") or []
        message.only_for = None if public else self.id
        self._world.messages.add(message)

    def _address(self, secret: str) -> str:
        return f"{self._world.base}/actions/{secret}"


def _presses(element: Json) -> list[Json]:
    """The actions that pressing this element can lead to: one for buttons, two for feedback buttons."""
    match element["type"]:
        case "feedback_buttons":
            halves = [element["positive_button"], element["negative_button"]]
        case "button" | "icon_button" | "workflow_button":
            halves = [element]
        case _:
            return []
    return [
        {
            "type": element["type"],
            "action_id": element["action_id"],
            "text": half["text"],
            "value": half.get("value", ""),
        }
        for half in halves
    ]
