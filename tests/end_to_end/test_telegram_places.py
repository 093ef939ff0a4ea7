"""Places in Telegram that go away while somebody waits for an answer there: that place alone is left."""

from __future__ import annotations

from pathlib import Path

from bridge.simulator.workflow import Chat
from tests.end_to_end.running import on, tour
from tests.end_to_end.telegram_stage import staged

APP = tour(on("tell", Chat(text="Once upon a time there was a lighthouse, and then it was morning.")))


async def test_a_topic_that_is_deleted_while_it_is_answered_in_is_left_alone_and_no_other(tmp_path: Path) -> None:
    async with staged(tmp_path, APP, profile="4.16", hurried=True) as stage:
        ann, team = stage.telegram.person("Ann"), stage.telegram.group("Team", forum=True)
        news, other = ann.topic("News", team), ann.topic("Other", team)
        hold = stage.fastgpt.hold(after_events=6)
        ann.mention("tell me", news)
        await hold.reached()
        news.delete_topic()
        hold.release()
        await stage.program.logged("answer_undeliverable")
        ann.mention("tell me", other)
        await stage.shown("and then it was morning.", other)
        assert [fact for fact in stage.program.facts if fact["event"] in ("update_buried", "update_failed")] == []
        assert len(stage.fastgpt.runs()) == 2
