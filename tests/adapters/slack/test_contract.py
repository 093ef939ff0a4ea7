"""Slack keeps what every adapter promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from adapters.slack.adapter import SlackAdapter
from adapters.slack.addresses import Place, message_ref
from adapters.slack.config import SlackConfig
from bridge.clock import SystemClock
from bridge.domain.interactions import Person
from bridge.domain.turns import Turn
from bridge.ports import Adapter
from tests.builders import turn
from tests.contracts.adapter import RemoteAdapterContract
from tests.emulators.slack import Message, Sent, SlackEmulator


@dataclass
class Thread:
    """Below a mention in a channel, as Anna sees it."""

    slack: SlackEmulator
    adapter: SlackAdapter
    config: SlackConfig
    sent: Sent

    @property
    def turn(self) -> Turn:
        place = Place(self.slack.workspace.team, self.sent.channel, self.sent.ts)
        asked_in = message_ref(self.adapter.bot, self.sent.channel, self.sent.ts)
        return turn(
            conversation=place.key(self.adapter.bot), asked=Person("U1", "anna"), reply_to=asked_in, private=False
        )

    @property
    def _messages(self) -> Sequence[Message]:
        there = (self.sent.channel, self.sent.ts)
        return [*self.slack.answers(*there), *self.slack.ephemerals("U1", self.sent.channel)]

    @property
    def texts(self) -> Sequence[str]:
        return ["\n".join(filter(None, (message.body, message.notes))) for message in self._messages]

    @property
    def buttons(self) -> Sequence[str]:
        return [label for message in self._messages for label in message.labels]

    async def shut_out(self) -> None:
        await self.slack.person("U1").remove_app(self.sent.channel)

    def stranger(self) -> tuple[Adapter, str]:
        wrong = "xoxb-0-wrong"
        return SlackAdapter(replace(self.config, bot_token=wrong), SystemClock()), wrong


class TestSlackAdapter(RemoteAdapterContract):
    @pytest.fixture
    async def stage(self, slack: SlackEmulator, adapter: SlackAdapter, config: SlackConfig) -> Thread:
        return Thread(slack, adapter, config, await slack.person("U1", "anna").mention("what?"))


class TestSlackAdapterWithoutStreams(RemoteAdapterContract):
    @pytest.fixture
    def config(self, config: SlackConfig) -> SlackConfig:
        return replace(config, native_streaming=False, agent_view=False)

    @pytest.fixture
    async def stage(self, slack: SlackEmulator, adapter: SlackAdapter, config: SlackConfig) -> Thread:
        return Thread(slack, adapter, config, await slack.person("U1", "anna").mention("what?"))
