"""What Slack sends, as far as the bridge reads it. What is not named here is ignored.

Sources: docs.slack.dev, reference/events and reference/interaction-payloads.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from bridge.ports.payloads import Payload


def _text(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
"""A string that Slack may also leave out or send as null."""


class Profile(Payload):
    display_name: Text = ""
    real_name: Text = ""
    name: Text = ""


class File(Payload):
    id: str
    name: Text = ""
    title: Text = ""
    mimetype: Text = ""
    mode: Text = ""
    subtype: Text = ""
    size: int | None = None
    url_private: Text = ""
    url_private_download: Text = ""


class SharedMessage(Payload):
    """An attachment; the ones that carry a forwarded or linked message are quotes."""

    text: Text = ""
    is_share: bool = False
    is_msg_unfurl: bool = False


class Message(Payload):
    """`app_mention` and `message` events, and the messages nested in changes."""

    type: Text = ""
    subtype: str | None = None
    channel: Text = ""
    channel_type: Text = ""
    user: Text = ""
    text: Text = ""
    ts: Text = ""
    thread_ts: Text = ""
    bot_id: Text = ""
    bot_profile: dict[str, Any] | None = None
    user_profile: Profile | None = None
    files: tuple[File, ...] = ()
    attachments: tuple[SharedMessage, ...] = ()
    edited: dict[str, Any] | None = None
    message: Message | None = None
    previous_message: Message | None = None
    deleted_ts: Text = ""
    event_ts: Text = ""


class ReactionItem(Payload):
    type: str
    channel: Text = ""
    ts: Text = ""


class Reaction(Payload):
    type: str
    user: str
    reaction: str
    item: ReactionItem
    item_user: Text = ""
    event_ts: str


class SessionStopped(Payload):
    channel: str
    thread_ts: Text = ""
    user: str
    event_ts: str


class HomeOpened(Payload):
    user: str
    channel: str
    tab: Text = ""


class User(Payload):
    id: str
    name: Text = ""
    username: Text = ""


class Choice(Payload):
    value: str


class Element(Payload):
    """One of the `actions` of a click, or one state value: whatever fields its type has."""

    type: Text = ""
    action_id: Text = ""
    block_id: Text = ""
    value: str | None = None
    selected_option: Choice | None = None
    selected_options: tuple[Choice, ...] = ()
    selected_date: str | None = None
    selected_time: str | None = None
    selected_date_time: int | None = None
    files: tuple[File, ...] | None = None
    action_ts: Text = ""


class State(Payload):
    values: dict[str, dict[str, Element]] = Field(default_factory=dict)


class View(Payload):
    id: str
    callback_id: Text = ""
    private_metadata: Text = ""
    state: State = Field(default_factory=State)


class Channel(Payload):
    id: str


class Container(Payload):
    message_ts: Text = ""
    channel_id: Text = ""
    thread_ts: Text = ""


class Clicked(Payload):
    """`block_actions`."""

    user: User
    trigger_id: Text = ""
    channel: Channel | None = None
    message: Message | None = None
    container: Container = Field(default_factory=Container)
    state: State = Field(default_factory=State)
    view: View | None = None
    actions: tuple[Element, ...]


class Submitted(Payload):
    """`view_submission`."""

    user: User
    view: View


class Searched(Payload):
    """`block_suggestion`: somebody types into a searchable select."""

    user: User
    value: Text = ""
    action_id: str


class Slash(Payload):
    command: str
    text: Text = ""
    user_id: str
    user_name: Text = ""
    channel_id: str
    trigger_id: str
