"""Both platforms over HTTP, on one port: what they post is answered, and what others post leads nowhere."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bridge.simulator import Simulator
from tests.emulators.slack import SlackEmulator
from tests.emulators.slack.webhooks import signed
from tests.emulators.telegram import TelegramEmulator
from tests.emulators.telegram.webhooks import SECRET_HEADER
from tests.end_to_end.process import Program
from tests.end_to_end.world import (
    SIGNING_SECRET,
    WEBHOOK_SECRET,
    fastgpt_settings,
    slack_over_http,
    telegram_over_http,
)
from tests.loopback import free_port


@dataclass
class Scene:
    fastgpt: Simulator
    slack: SlackEmulator
    telegram: TelegramEmulator
    program: Program
    url: str

    @property
    def told(self) -> list[str]:
        return [request.json["messages"][-1]["content"] for request in self.fastgpt.received()]

    async def posted(self, path: str, body: str, headers: dict[str, str]) -> int:
        """The status of the answer, which has no words."""
        data = body.encode()
        async with aiohttp.ClientSession() as http, http.post(self.url + path, data=data, headers=headers) as answer:
            assert await answer.read() == b""
            return answer.status

    async def health(self) -> tuple[int, dict[str, Any]]:
        async with aiohttp.ClientSession() as http, http.get(self.url + "/health/ready") as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    port = free_port()
    async with (
        Simulator(token_delay=0.002) as fastgpt,
        SlackEmulator() as slack,
        TelegramEmulator() as telegram,
    ):
        settings = fastgpt_settings(fastgpt) | slack_over_http(slack, port) | telegram_over_http(telegram, port)
        async with Program(folder, settings) as program:
            await program.logged("connected")
            await telegram.until(lambda: telegram.world.webhook)
            assert await slack.webhooks.verify()
            yield Scene(fastgpt, slack, telegram, program, f"http://127.0.0.1:{port}")


async def test_what_is_posted_is_answered_in_a_stream_and_a_repeated_post_is_the_same(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ann, bob = s.telegram.person("Ann"), s.slack.person("U1", "bob")
        asked, sent = ann.say("by Ann"), await bob.mention("by Bob")
        s.telegram.redeliver(asked.update_id, 5)
        assert await sent.acked()
        for delivery in sent.deliveries * 4:
            assert await s.slack.repeat(delivery, new_event_id=True).outcome()
        await s.program.logged("turn_finished", 2)
        await s.telegram.until(lambda: len(s.telegram.webhook.attempts) == 5)
        assert sorted(s.told) == ["by Ann", "by Bob"]
        assert len(ann.private.drafts[-1].frames) > 1
        assert len(s.slack.answers(sent.channel, sent.thread)[0].history) > 1
        assert s.telegram.refused == []
        assert (await s.health())[0] == 200
        assert await s.program.stop() == 0


async def test_a_click_that_slack_posts_opens_its_form_in_time(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        bob = s.slack.person("U1", "bob")
        sent = await bob.dm("form")
        asked = await s.slack.until(lambda: [m for m in s.slack.answers(sent.channel) if "Fill in" in m.labels])
        await bob.click(asked[0], "Fill in")
        await s.slack.until(lambda: bob.modal is not None)


async def test_what_others_post_leads_nowhere_and_is_said_in_the_log_without_its_words(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        (genuine,) = (await s.slack.person("U1", "bob").dm("genuine")).deliveries
        await s.program.logged("turn_finished")
        event = json.dumps(genuine.payload).replace("genuine", "forged words")
        update = json.dumps({"update_id": 7, "message": {"text": "forged words"}})
        now = int(time.time())
        assert [
            await s.posted("/slack/events", event, {}),
            await s.posted("/slack/events", event, signed(event, "another secret", now)),
            await s.posted("/slack/events", event, signed(event, SIGNING_SECRET, now - 301)),
            await s.posted("/telegram/updates", update, {}),
            await s.posted("/telegram/updates", update, {SECRET_HEADER: WEBHOOK_SECRET.lower()}),
            await s.posted("/telegram/updates", "a" * 1_100_000, {SECRET_HEADER: WEBHOOK_SECRET}),
        ] == [401, 401, 401, 401, 401, 413]
        refusals = await s.program.logged("webhook_refused", 3)
        assert [line["status"] for line in refusals] == [401, 401, 413]
        assert s.told == ["genuine"]
        assert "forged words" not in "\n".join(s.program.lines)
        assert WEBHOOK_SECRET not in "\n".join(s.program.lines)
