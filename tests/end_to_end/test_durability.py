"""Kill -9, redelivery and slowness: a delay at most, never a loss, never an answer twice."""

from __future__ import annotations

from pathlib import Path

from bridge.simulator import Simulator
from tests.emulators.slack import SlackEmulator
from tests.emulators.telegram import TelegramEmulator
from tests.end_to_end.process import Program
from tests.end_to_end.world import fastgpt_settings, slack_settings, telegram_settings


async def test_killed_while_fastgpt_answers_telegram_gets_one_whole_answer_after_the_restart(tmp_path: Path) -> None:
    async with Simulator() as fastgpt, TelegramEmulator() as telegram:
        settings = fastgpt_settings(fastgpt) | telegram_settings(telegram)
        hold = fastgpt.hold(after_events=3)
        ann = telegram.person("Ann")
        async with Program(tmp_path, settings) as program:
            ann.say("Tell me about coffee")
            await hold.reached()
            await program.kill()
        hold.release()
        async with Program(tmp_path, settings) as program:
            await program.logged("turn_finished")
            await program.stop()
        answers = [message for message in ann.private.from_bot if "first message" in message.text]
        assert len(answers) == 1
        assert answers[0].text.endswith("Say help to see what I can show you.")


async def test_killed_while_fastgpt_answers_slack_gets_one_whole_answer_after_the_restart(tmp_path: Path) -> None:
    async with Simulator() as fastgpt, SlackEmulator() as slack:
        settings = fastgpt_settings(fastgpt) | slack_settings(slack)
        hold = fastgpt.hold(after_events=3)
        ann = slack.person("U1", "ann")
        async with Program(tmp_path, settings) as program:
            await slack.connected()
            sent = await ann.mention("Tell me about coffee")
            await hold.reached()
            await program.kill()
        hold.release()
        async with Program(tmp_path, settings) as program:
            await program.logged("turn_finished")
            await program.stop()
        answers = slack.answers(sent.channel, sent.thread)
        assert len(answers) == 1
        assert "first** message" in answers[0].body
        assert answers[0].body.rstrip().endswith("to see what I can show you.")


async def test_the_same_telegram_update_five_times_is_one_fastgpt_request(tmp_path: Path) -> None:
    async with Simulator() as fastgpt, TelegramEmulator() as telegram:
        ann = telegram.person("Ann")
        async with Program(tmp_path, fastgpt_settings(fastgpt) | telegram_settings(telegram)) as program:
            asked = ann.say("once")
            telegram.redeliver(asked.update_id, 4)
            ann.say("twice")
            await program.logged("turn_finished", 2)
            assert [request.json["messages"][-1]["content"] for request in fastgpt.received()] == ["once", "twice"]


async def test_the_same_slack_event_five_times_is_one_fastgpt_request(tmp_path: Path) -> None:
    async with Simulator() as fastgpt, SlackEmulator() as slack:
        ann = slack.person("U1", "ann")
        async with Program(tmp_path, fastgpt_settings(fastgpt) | slack_settings(slack)) as program:
            await slack.connected()
            sent = await ann.mention("once")
            for _ in range(4):
                for delivery in sent.deliveries:
                    slack.repeat(delivery, new_event_id=True)
            await ann.reply(sent, "twice")
            await program.logged("turn_finished", 2)
            assert [request.json["messages"][-1]["content"] for request in fastgpt.received()] == ["once", "twice"]


async def test_a_slow_answer_in_one_conversation_delays_no_other(tmp_path: Path) -> None:
    async with Simulator() as fastgpt, TelegramEmulator() as telegram:
        slow = fastgpt.hold(after_events=2, when=lambda request: "slow one" in str(request.json))
        ann, bob = telegram.person("Ann"), telegram.person("Bob")
        async with Program(tmp_path, fastgpt_settings(fastgpt) | telegram_settings(telegram)) as program:
            ann.say("the slow one")
            await slow.reached()
            bob.say("a quick one")
            await program.logged("turn_finished")
            assert "a quick one" in bob.private.text
            assert ann.private.from_bot == []
            slow.release()
            await program.logged("turn_finished", 2)


async def test_sigterm_finishes_what_runs_and_ends_with_0(tmp_path: Path) -> None:
    async with Simulator(token_delay=0.02) as fastgpt, TelegramEmulator() as telegram:
        ann = telegram.person("Ann")
        async with Program(tmp_path, fastgpt_settings(fastgpt) | telegram_settings(telegram)) as program:
            ann.say("Tell me about coffee")
            await fastgpt.arrived()
            assert await program.stop() == 0
        assert ann.private.from_bot[-1].text.endswith("Say help to see what I can show you.")
