"""The terminal keeps what every adapter promises, but for what comes with a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

import pytest

from adapters.console.adapter import ConsoleAdapter
from adapters.console.keyboard import PipedKeyboard
from bridge.domain.turns import Turn
from tests.adapters.console.desk import adapter_on, turn_in
from tests.contracts.adapter import AdapterContract


@dataclass
class Terminal:
    """What was printed stays on screen, so its keys are those that can still be typed."""

    adapter: ConsoleAdapter
    out: StringIO

    @property
    def turn(self) -> Turn:
        return turn_in(self.adapter)

    @property
    def texts(self) -> Sequence[str]:
        printed = self.out.getvalue()
        return [printed] if printed else []

    @property
    def buttons(self) -> Sequence[str]:
        keys = self.adapter._board.screen.keys.values()
        return [*self.adapter.view().options, *(pressed.key.label for pressed in keys)]


class TestConsoleAdapter(AdapterContract):
    @pytest.fixture
    def stage(self) -> Terminal:
        return Terminal(*adapter_on(PipedKeyboard(StringIO())))
