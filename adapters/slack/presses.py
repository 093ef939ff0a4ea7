"""Clicks and submissions as updates. Pure. What a control means travels in its value (`bridge.domain.controls`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.slack.inbound import Me, private_reply
from adapters.slack.payloads import Clicked, Element, Submitted, User
from bridge.domain.controls import Control, GiveReason, OpenForm, decode
from bridge.domain.ids import ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import Interaction, Person
from bridge.domain.phrases import REASONS
from bridge.domain.presses import Pressed
from bridge.domain.updates import Attachment, FeedbackGiven, FormSubmitted, Rating, Update, VoteSource
from bridge.ports.payloads import Unfit

SUBMIT_CHOICE = "submit-choice"
"""The action id of the button that sends what the radio buttons above it say."""


@dataclass(frozen=True, slots=True)
class Press:
    """A control that was used. `control` is None where there is nothing to do but to acknowledge.

    `trigger_id` opens a modal, once and within 3 seconds. `nothing_chosen`: Submit was pressed before anything was.
    `is_foreign`: its value is one that no renderer has made.
    """

    id: str
    conversation: ConversationKey
    by: Person
    at: datetime
    message: MessageRef | None
    reply: str
    trigger_id: str
    control: Control | None
    nothing_chosen: bool = False
    is_foreign: bool = False

    @property
    def pressed(self) -> Pressed:
        return Pressed(self.id, self.conversation, self.by, self.at, self.message, self.reply)


def press_of(body: Mapping[str, Any], me: Me, now: datetime) -> Press:
    """Raises ValueError for a payload that cannot be read."""
    clicked = Clicked.model_validate(body)
    action = clicked.actions[0]
    channel = clicked.channel.id if clicked.channel else clicked.container.channel_id
    ts = clicked.container.message_ts or (clicked.message.ts if clicked.message else "")
    thread = clicked.container.thread_ts or (clicked.message.thread_ts if clicked.message else "")
    token = _token(action, clicked)
    control = decode(token) if token else None
    conversation = me.conversation(channel, ts, thread)
    return Press(
        id=f"press:{channel}:{ts}:{clicked.user.id}:{action.action_id}:{action.action_ts}",
        conversation=conversation,
        by=person_of(clicked.user),
        at=now,
        message=MessageRef(conversation.platform, me.user, f"{channel}/{ts}") if channel and ts else None,
        reply=private_reply(channel, thread, clicked.user.id),
        trigger_id=clicked.trigger_id,
        control=control,
        nothing_chosen=action.action_id == SUBMIT_CHOICE and not token,
        is_foreign=bool(token) and control is None,
    )


def _token(action: Element, clicked: Clicked) -> str:
    if action.action_id == SUBMIT_CHOICE:
        values = clicked.state.values.values()
        chosen = [item.selected_option for block in values for item in block.values() if item.selected_option]
        return chosen[0].value if chosen else ""
    if action.type == "radio_buttons" or clicked.view is not None:
        return ""  # chosen, not yet sent; an input of a modal
    if action.selected_option is not None:
        return action.selected_option.value
    return action.value or ""


def updates_of(press: Press) -> list[Update]:
    """What a press says. An empty list: nothing, or something only the adapter can do (open a modal)."""
    match press.control:
        case None | OpenForm():
            return []
        case GiveReason(index=index) if not 0 <= index < len(REASONS):
            return []  # asked for in a modal
        case control:
            return [press.pressed.says(control)]


def start_of_form(press: Press, interaction: InteractionId) -> Update:
    """For a form that does not fit into a modal: it is asked field by field instead."""
    return press.pressed.says(OpenForm(interaction))


def form_submitted(
    submitted: Submitted,
    by: Person,
    interaction: Interaction,
    values: Mapping[str, Any],
    attachments: Mapping[str, tuple[Attachment, ...]],
    now: datetime,
) -> FormSubmitted:
    """One submission per opened modal: pressing Submit again, since Slack heard nothing, is the same update."""
    channel = interaction.conversation.address.split("/")[1]
    root = interaction.conversation.address.split("/")[2:]
    return FormSubmitted(
        id=f"submit:{submitted.view.id}",
        conversation=interaction.conversation,
        by=by,
        at=now,
        message=interaction.message,
        reply=private_reply(channel, root[0] if root else "", submitted.user.id),
        interaction=interaction.id,
        values=values,
        attachments=attachments,
    )


@dataclass(frozen=True, slots=True)
class ReasonContext:
    """What a reason modal carries along in `private_metadata`, which only Slack and the bridge see."""

    turn: TurnId
    conversation: ConversationKey
    message: MessageRef | None
    reply: str

    def dump(self) -> str:
        message = str(self.message) if self.message else ""
        return json.dumps({"t": self.turn, "c": str(self.conversation), "m": message, "r": self.reply})

    @classmethod
    def load(cls, text: str) -> ReasonContext:
        """Raises ValueError for anything `dump` cannot have produced."""
        try:
            data = json.loads(text)
            return cls(
                TurnId(data["t"]),
                ConversationKey.parse(data["c"]),
                MessageRef.parse(data["m"]) if data["m"] else None,
                data["r"],
            )
        except (KeyError, TypeError):
            raise Unfit("not the context of a reason") from None


def reason_given(submitted: Submitted, by: Person, reason: str, now: datetime) -> FeedbackGiven:
    """Raises ValueError for a modal that is not ours."""
    context = ReasonContext.load(submitted.view.private_metadata)
    return FeedbackGiven(
        id=f"submit:{submitted.view.id}",
        conversation=context.conversation,
        by=by,
        at=now,
        message=context.message,
        reply=context.reply,
        turn=context.turn,
        rating=Rating.BAD,
        source=VoteSource.REASON,
        reason=reason,
    )


def person_of(user: User) -> Person:
    """By their handle, which is the only name that interactions bring."""
    return Person(user.id, user.name or user.username)
