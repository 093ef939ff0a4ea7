"""Telegram keeps what every adapter promises, in private and in groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.config import TelegramConfig
from bridge.domain.turns import Turn
from bridge.ports import Adapter
from tests.adapters.telegram.doubles import FastClock, a_turn, key
from tests.contracts.adapter import RemoteAdapterContract
from tests.emulators.telegram import Person, TelegramEmulator
from tests.emulators.telegram import Place as EmulatedPlace


@dataclass
class Chat:
    tg: TelegramEmulator
    adapter: TelegramAdapter
    clock: FastClock
    place: EmulatedPlace
    leave: Callable[[], None]

    @property
    def turn(self) -> Turn:
        return a_turn(key(self.place, self.tg))

    @property
    def texts(self) -> Sequence[str]:
        return self.place.texts

    @property
    def buttons(self) -> Sequence[str]:
        return self.place.buttons

    async def shut_out(self) -> None:
        self.leave()

    def stranger(self) -> tuple[Adapter, str]:
        wrong = "123456:" + "w" * 35
        return TelegramAdapter(TelegramConfig(wrong, self.tg.base_url), self.clock), wrong


class TestTelegramAdapterInPrivate(RemoteAdapterContract):
    @pytest.fixture
    def stage(self, tg: TelegramEmulator, adapter: TelegramAdapter, clock: FastClock, ada: Person) -> Chat:
        return Chat(tg, adapter, clock, ada.private, ada.block)


class TestTelegramAdapterInAGroup(RemoteAdapterContract):
    @pytest.fixture
    def stage(
        self, tg: TelegramEmulator, adapter: TelegramAdapter, clock: FastClock, ada: Person, team: EmulatedPlace
    ) -> Chat:
        return Chat(tg, adapter, clock, team, lambda: ada.kick_bot(team))
