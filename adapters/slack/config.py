"""What the Slack adapter has to be told."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """Tokens never show in a repr. Intervals are in seconds.

    With `app_token` Slack is listened to by Socket Mode, and `signing_secret` is not needed; without, over HTTP.

    `agent_view`: the app is declared with Slack's agent view (the only kind a new app can be), so that every message in
    a DM starts a thread of its own; without it, a DM is one running conversation. `native_streaming`: use
    chat.startStream where Slack has it. `flush_every` is how long streamed text is collected, `edit_every` the same
    where a message has to be edited instead (Slack advises 3 seconds, and tolerates 1). `stream_for` is how long a
    native stream is used before the message is edited instead: Slack closes streams after about five minutes,
    whatever they do (slackapi/python-slack-sdk#1859). `watch_every`: how often the socket is looked after. `patience`:
    how long a call may wait inline while Slack limits the rate; beyond it the core tries again later.
    """

    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api_base_url: str = "https://slack.com/api/"
    agent_view: bool = True
    native_streaming: bool = True
    flush_every: float = 0.8
    edit_every: float = 1.5
    stream_for: float = 240.0
    timeout: float = 30.0
    ping_interval: float = 5.0
    watch_every: float = 30.0
    patience: float = 30.0

    @property
    def listens_over_http(self) -> bool:
        return not self.app_token and bool(self.signing_secret)
