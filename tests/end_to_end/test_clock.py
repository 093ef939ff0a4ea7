"""The time of day is set while the program runs: nobody waits longer, and nothing is asked or said twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.domain import phrases
from bridge.simulator import Simulator
from bridge.simulator.workflow import Chat, Reply, Select
from tests.emulators.telegram import TelegramEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.running import on, tour
from tests.end_to_end.world import fastgpt_settings, telegram_settings

ANSWER = "Once upon a time there was a lighthouse, and then it was morning."
CHOICE = Select(id="coffee", name="Coffee", description="Which coffee?", options=("Lighthouse", "Low Tide"))
APP = tour(
    on("tell", Chat(text=ANSWER)),
    on("choice", CHOICE, Reply(text=lambda scope: f"You took {scope.choice('coffee')}.")),
)
SETTINGS = "[worker]\nlease = 4\nanswer_within_hours = 2\n"


@pytest.mark.parametrize("jump", [3600, -3600])
async def test_an_hour_forward_or_back_changes_nothing_for_anybody(tmp_path: Path, jump: int) -> None:
    (tmp_path / "bridge.toml").write_text(SETTINGS, encoding="utf-8")
    async with (
        Simulator("4.14", [APP], token_delay=0.001) as fastgpt,
        TelegramEmulator(flood_control=False) as telegram,
    ):
        settings = fastgpt_settings(fastgpt, APP.name) | telegram_settings(telegram)
        ann, bob, eve = telegram.person("Ann"), telegram.person("Bob"), telegram.person("Eve")
        async with Program(tmp_path, settings, module="tests.end_to_end.jumping") as program:
            bob.say("choice")
            await program.logged("turn_finished")
            hold = fastgpt.hold(after_events=4)
            ann.say("tell me")
            await hold.reached()
            (tmp_path / "jump").write_text(str(jump), encoding="utf-8")
            ann.say("tell me more")
            eve.say("tell me too")
            press = bob.press("Low Tide")
            await program.logged("turn_finished", 3)
            await telegram.until(lambda: press.answer is not None)
            hold.release()
            await program.logged("turn_finished", 5)
            assert [message.text for message in ann.private.from_bot] == [ANSWER, ANSWER]
            assert [message.text for message in eve.private.from_bot] == [ANSWER]
            assert "You took Low Tide." in bob.private.text
            assert phrases.EXPIRED not in bob.private.text
            assert len(fastgpt.runs()) == 5
            assert not [fact for fact in program.facts if fact["event"] in ("lease_lost", "too_old", "lead_lost")]
