"""A soak: several processes on one PostgreSQL, many conversations, and everything that can go wrong at random.

What happens is drawn from the seed, each person and each process having a generator of its own; when exactly it
happens is up to the machine. At the end it is counted at the emulated platforms and at the simulated FastGPT, not in
the program.
"""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import asyncpg

from bridge.simulator import Simulator
from bridge.simulator.faults import Cut, bad_gateway, rate_limited
from bridge.simulator.journal import Received
from tests.emulators.slack import RateLimited, SlackEmulator
from tests.emulators.telegram import TelegramEmulator, faults
from tests.end_to_end.process import Program
from tests.end_to_end.soak_talks import APP, Question, SlackTalk, Talk, TelegramTalk, lines_of
from tests.end_to_end.world import fastgpt_settings, slack_settings, telegram_settings

SETTINGS = """
[fastgpt]
patience = 600
[worker]
lease = 5
max_crashes = 100  # what dies here dies of its process, which is nobody's poison
[answers]
quick_replies = false
"""
_WORKERS = 3
_PROFILES = ("4.9.4", "4.14", "4.16")


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` is how long people write and things break. `settling`: seconds within which all is answered then."""

    seed: int
    conversations: int
    seconds: float
    settling: float
    with_limits: bool
    """Telegram's limits, kept by the program and enforced by the emulator."""


@dataclass
class Report:
    """`wrongs` has a sentence for everything that must not be."""

    plan: Plan
    counts: Counter[str] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        return "\n".join([f"SEED={self.plan.seed} ({self.plan})", counts, *self.wrongs])


class Soak:
    def __init__(
        self,
        plan: Plan,
        fastgpt: Simulator,
        telegram: TelegramEmulator,
        slack: SlackEmulator,
        programs: list[Program],
    ) -> None:
        self._plan = plan
        self._fastgpt = fastgpt
        self._telegram = telegram
        self._slack = slack
        self._programs = programs
        self._report = Report(plan)
        self._talks = [self._talk(number) for number in range(plan.conversations)]

    async def run(self, database: str) -> Report:
        async with asyncio.TaskGroup() as tasks:
            for number, program in enumerate(self._programs):
                tasks.create_task(self._break(program, self._random("process", number)))
            tasks.create_task(self._throttle(self._random("platforms", 0)))
            hurrying = tasks.create_task(self._hurry())
            people = [self._write(talk, self._random("person", n)) for n, talk in enumerate(self._talks)]
            await asyncio.gather(*people)
            hurrying.cancel()
        await self._settle(database)
        for talk in self._talks:
            self._judge(talk)
        return self._report

    def _random(self, what: str, number: int) -> random.Random:
        return random.Random(f"{self._plan.seed}/{what}/{number}")

    def _talk(self, number: int) -> Talk:
        draw = self._random("talk", number)
        where = draw.choices(("group", "private", "slack"), (6, 1, 3))[0]
        self._report.counts[f"talks in {where}"] += 1
        if where == "slack":
            return SlackTalk(number, self._slack, late=draw, hurries=draw.random() < 0.4)
        return TelegramTalk(number, self._telegram, in_group=where == "group")

    # --- what people do ---

    async def _write(self, talk: Talk, draw: random.Random) -> None:
        waited = 0.0
        for at in sorted(draw.uniform(0, self._plan.seconds) for _ in range(draw.randint(1, 4))):
            await asyncio.sleep(at - waited)
            waited = at
            question = talk.next_question(lines=draw.choices((6, 60, 400), (20, 4, 1))[0])
            self._trouble(question, draw)
            self._report.counts["questions"] += 1
            await talk.ask(question)
            if draw.random() < 0.3:
                self._report.counts["redeliveries"] += 1
                talk.redeliver(draw.choice(talk.questions))

    def _trouble(self, question: Question, draw: random.Random) -> None:
        """What FastGPT, or what is in front of it, does to this question."""
        kind = draw.choices(("none", "cut", "limited", "away"), (70, 12, 9, 9))[0]
        if kind == "none":
            return
        self._report.counts[f"fastgpt {kind}"] += 1
        is_meant = partial(_asks, question)
        if kind == "cut":
            question.hits += 1
            self._fastgpt.plan(Cut(after_events=draw.randint(0, 9)), when=is_meant)
        elif kind == "limited":
            self._fastgpt.plan(rate_limited(1), times=draw.randint(1, 2), when=is_meant)
        else:
            self._fastgpt.plan(bad_gateway(draw.choice((500, 502, 503, 504))), times=draw.randint(1, 2), when=is_meant)

    # --- what breaks ---

    async def _break(self, program: Program, draw: random.Random) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._plan.seconds
        said = 0
        while True:
            await asyncio.sleep(draw.uniform(0.5, 4.0))
            if loop.time() > end:
                return
            kind = draw.choices(("kill", "pause", "restart"), (4, 3, 2))[0]
            self._report.counts[f"process {kind}"] += 1
            self._hit()
            if program.process.returncode is not None:
                self._report.wrongs.append("a process ended by itself:\n" + "\n".join(program.lines[-20:]))
            elif kind == "pause":
                program.send(signal.SIGSTOP)
                await asyncio.sleep(draw.uniform(0.5, 7.0))
                self._hit()
                program.send(signal.SIGCONT)
                continue
            elif kind == "kill":
                await program.kill()
            elif (status := await program.stop()) != 0 and not _was_unborn(program, said, status):
                self._report.wrongs.append(f"SIGTERM ended with {status}:\n" + "\n".join(program.lines[-20:]))
            await asyncio.sleep(draw.uniform(0.0, 2.0))
            said = len(program.lines)
            await program.start()

    def _hit(self) -> None:
        """Whatever is not answered yet may have been in the hands of this process, and may be asked again."""
        for talk in self._talks:
            for question in talk.unanswered():
                question.hits += 1

    async def _throttle(self, draw: random.Random) -> None:
        end = asyncio.get_running_loop().time() + self._plan.seconds
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(draw.uniform(0.2, 2.0))
            self._report.counts["platform faults"] += 1
            match draw.randrange(6):
                case 0 | 1:
                    method = draw.choice(("sendMessage", "editMessageText"))
                    self._telegram.fail(method, faults.too_many_requests(1), times=draw.randint(1, 6))
                case 2:
                    self._telegram.fail("editMessageText", faults.server_error(502), times=draw.randint(1, 3))
                case 3:
                    self._telegram.fail("editMessageText", faults.reset(takes_effect=True))
                case 4:
                    self._telegram.fail("getUpdates", faults.reset(takes_effect=draw.random() < 0.5))
                case _:
                    self._slack.fail("chat.appendStream", RateLimited(1))

    async def _hurry(self) -> None:
        """Slack tries again after a minute and after five; here that is seconds."""
        while True:
            await asyncio.sleep(4.0)
            self._slack.hurry()

    # --- how it ends ---

    async def _settle(self, database: str) -> None:
        """Until every answer is on screen and nothing waits any more, then the processes end."""
        self._telegram.faults.clear()
        self._slack.heal()
        self._slack.hurry()
        try:
            async with asyncio.timeout(self._plan.settling):
                for talk in self._talks:
                    await talk.until_answered()
                while await _waiting(database) > 0:  # noqa: ASYNC110 - a database rings no bell
                    await asyncio.sleep(0.2)
        except TimeoutError:
            unanswered = [question.tag for talk in self._talks for question in talk.unanswered()]
            waiting = await _waiting(database)
            self._report.wrongs.append(f"not answered in time: {unanswered}; {waiting} updates wait")
        for program in self._programs:
            if program.process.returncode is not None or await program.stop() != 0:
                self._report.wrongs.append("a process did not end well:\n" + "\n".join(program.lines[-20:]))
        if dead := await _rows(database, "dead"):
            self._report.wrongs.append(f"{dead} updates were set aside")

    def _judge(self, talk: Talk) -> None:
        seen, copies = talk.shown_lines()
        expected = [line for question in _in_order(talk, seen) for line in question.lines]
        self._report.counts["marked copies"] += copies
        self._report.counts["placeholders left"] += talk.placeholders()
        if seen != expected:
            self._report.wrongs.append(f"on screen in {talk.name}: {_difference(seen, expected)}\n{talk.screen()}")
        for question in talk.questions:
            runs = [run for run in self._fastgpt.runs() if question.text in run.question]
            self._report.counts["runs"] += len(runs)
            self._report.counts["asked again"] += max(len(runs) - 1, 0)
            if not 1 <= len(runs) <= 1 + question.hits:
                self._report.wrongs.append(f"{question.tag} was run {len(runs)} times and hit {question.hits} times")
            if len({run.data_id for run in runs}) != len(runs):
                self._report.wrongs.append(f"{question.tag} was run twice under one id")
        self._judge_history(talk, expected)

    def _judge_history(self, talk: Talk, expected: list[str]) -> None:
        first = talk.questions[0].text
        chats = {run.chat_id for run in self._fastgpt.runs() if first in run.question}
        records = [record for chat in chats for record in self._fastgpt.records(chat)]
        kept = [line for record in records if record.obj == "AI" for line in lines_of(record.text)]
        if len(chats) != 1 or kept != expected:
            self._report.wrongs.append(f"in FastGPT's history of {talk.name}: {_difference(kept, expected)}")


def _in_order(talk: Talk, seen: list[str]) -> list[Question]:
    """The questions in the order in which they must have been answered; where none is sure, in that of the answers."""
    if talk.keeps_order:
        return talk.questions
    begun = {line: at for at, line in reversed(list(enumerate(seen)))}
    return sorted(talk.questions, key=lambda question: begun.get(question.lines[0], len(seen)))


def _asks(question: Question, received: Received) -> bool:
    return question.text in str(received.json)


def _was_unborn(program: Program, said: int, status: int) -> bool:
    """Did SIGTERM end it before it had said a word in this life, and so before it listened to anything?"""
    return status == -signal.SIGTERM and len(program.lines) == said


def _difference(found: list[str], expected: list[str]) -> str:
    missing, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    if not missing and not extra:
        return f"in another order: {list(dict.fromkeys(line.split()[0] for line in found))}"
    return f"missing {sorted(missing)[:8]} ({missing.total()}), too much {sorted(extra)[:8]} ({extra.total()})"


async def _waiting(database: str) -> int:
    return await _rows(database, "new")


async def _rows(database: str, state: str) -> int:
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM inbox WHERE state = $1", state))
    finally:
        await connection.close()


@asynccontextmanager
async def _running(folder: Path, settings: dict[str, str], module: str) -> AsyncIterator[list[Program]]:
    programs = [Program(folder, settings, module=module) for _ in range(_WORKERS)]
    try:
        await asyncio.gather(*(program.start() for program in programs))
        yield programs
    finally:
        for program in programs:
            await program.__aexit__()


async def soaked(plan: Plan, folder: Path, database: str) -> Report:
    """One soak in an empty, migrated database, with everything it needs around it."""
    (folder / "bridge.toml").write_text(SETTINGS)
    profile = random.Random(f"{plan.seed}/profile").choice(_PROFILES)
    module = "bridge" if plan.with_limits else "tests.end_to_end.hurried"
    async with (
        Simulator(profile, [APP], token_delay=0.01) as fastgpt,
        TelegramEmulator(flood_control=plan.with_limits) as telegram,
        SlackEmulator() as slack,
    ):
        settings = fastgpt_settings(fastgpt) | telegram_settings(telegram) | slack_settings(slack)
        async with _running(folder, settings | {"DATABASE_URL": database}, module) as programs:
            return await Soak(plan, fastgpt, telegram, slack, programs).run(database)
