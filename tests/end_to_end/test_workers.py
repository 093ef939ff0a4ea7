"""Several processes on one PostgreSQL: what one had in hand when it died or froze, another one goes on with."""

from __future__ import annotations

import signal
from pathlib import Path

from bridge.simulator import Simulator
from tests.emulators.telegram import TelegramEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.world import fastgpt_settings, telegram_settings

SHORT_LEASE = "[worker]\nlease = 2\n[answers]\nquick_replies = false\n"
WHOLE = "Say help to see what I can show you."


async def test_when_the_process_that_listens_to_telegram_is_killed_another_one_listens_within_seconds(
    postgres_url: str, tmp_path: Path
) -> None:
    (tmp_path / "bridge.toml").write_text(SHORT_LEASE)
    async with Simulator() as fastgpt, TelegramEmulator() as telegram:
        settings = fastgpt_settings(fastgpt) | telegram_settings(telegram) | {"DATABASE_URL": postgres_url}
        ann = telegram.person("Ann")
        async with Program(tmp_path, settings) as leader:
            led = {fact["name_of_lead"].partition(":")[0] for fact in await leader.logged("leading", 2)}
            assert led == {"listen", "upkeep"}
            async with Program(tmp_path, settings) as other:
                await other.logged("starting")
                await leader.kill()
                ann.say("Is anybody there?")
                await telegram.until(lambda: WHOLE in ann.private.text, timeout=10.0)
                await other.stop()
        assert (len(ann.private.from_bot), len(fastgpt.runs())) == (1, 1)


async def test_a_process_that_was_frozen_beyond_its_lease_says_nothing_twice_when_it_wakes_up(
    postgres_url: str, tmp_path: Path
) -> None:
    (tmp_path / "bridge.toml").write_text(SHORT_LEASE)
    async with Simulator() as fastgpt, TelegramEmulator() as telegram:
        settings = fastgpt_settings(fastgpt) | telegram_settings(telegram) | {"DATABASE_URL": postgres_url}
        hold = fastgpt.hold(after_events=12)
        ann, team = telegram.person("Ann"), telegram.group("Team")
        async with Program(tmp_path, settings) as frozen:
            ann.mention("Tell me about coffee", team)
            await hold.reached()
            await telegram.until(lambda: team.from_bot and team.from_bot[0].edits)
            frozen.send(signal.SIGSTOP)
            hold.release()
            async with Program(tmp_path, settings) as other:
                await telegram.until(lambda: WHOLE in team.text, timeout=20.0)
                await other.logged("turn_finished")
                frozen.send(signal.SIGCONT)
                await frozen.logged("lease_lost")
                assert await frozen.stop() == 0
        assert len(team.from_bot) == 1
        assert team.text.endswith(WHOLE)
