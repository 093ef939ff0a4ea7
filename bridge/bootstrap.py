"""Composition root: the only file that knows every concrete class."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from pydantic import SecretStr

from adapters.slack.adapter import SlackAdapter
from adapters.slack.config import SlackConfig
from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.config import TelegramConfig
from bridge import __version__
from bridge.clock import SystemClock
from bridge.config import File, Settings
from bridge.config_errors import ConfigError
from bridge.domain.ids import AppName
from bridge.domain.turns import App
from bridge.fastgpt.client import FastGPT
from bridge.ports import Adapter, Assistant, Clock, Store, Webhook
from bridge.services.answers import Answers
from bridge.services.apps import Apps, Openings
from bridge.services.asking import Asking
from bridge.services.breaker import Breaker
from bridge.services.chats import Chats
from bridge.services.commands import Commands
from bridge.services.conversations import Conversations
from bridge.services.dispatch import Dispatch
from bridge.services.entitlement import Entitlement
from bridge.services.feedback import Feedback
from bridge.services.files import Files
from bridge.services.forms import Forms
from bridge.services.gateway import BridgeGateway
from bridge.services.guides import Guides
from bridge.services.health import Health
from bridge.services.inspection import Inspection
from bridge.services.ledger import AnswerPolicy, Ledger
from bridge.services.leftovers import Leftovers
from bridge.services.listeners import LEASE, Leadership, Listeners, refusals
from bridge.services.overtaken import Overtaken
from bridge.services.people import People
from bridge.services.reasons import Reasons
from bridge.services.redo import Redo
from bridge.services.rereading import Rereading
from bridge.services.resumption import Resumption
from bridge.services.runs import Running
from bridge.services.submissions import Submissions
from bridge.services.turns import TurnPolicy, Turns
from bridge.services.upkeep import Upkeep
from bridge.services.watchdog import watch_the_loop
from bridge.services.worker import Worker, WorkerPolicy
from bridge.store.sql import SqlStore
from bridge.transport import open_transport
from bridge.web.server import WebServer

logger = logging.getLogger(__name__)

_DEFAULTS = File()
_UPKEEP_EVERY = 300  # seconds


@dataclass(frozen=True, slots=True)
class Bridge:
    """Everything that runs, fitted together."""

    store: Store
    assistant: Assistant
    adapters: tuple[Adapter, ...]
    gateway: BridgeGateway
    worker: Worker
    listeners: Listeners
    upkeep: Upkeep
    health: Health
    openings: Openings


def compose(
    store: Store,
    assistant: Assistant,
    adapters: Sequence[Adapter],
    apps: Mapping[AppName, App],
    file: File = _DEFAULTS,
    *,
    clock: Clock | None = None,
    worker: str | None = None,
) -> Bridge:
    """Fit the rooms together. `worker` names this process among those that share the database."""
    clock = clock or SystemClock()
    worker = worker or f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"
    by_platform = {adapter.platform: adapter for adapter in adapters}
    policy = _answer_policy(file)
    known = Apps(apps, file.variables)
    openings = Openings(assistant, clock)
    running = Running()
    breaker = Breaker(apps, clock.monotonic)
    health = Health(clock, breaker.report, lambda: running.turns, version=__version__)
    files = Files(assistant, by_platform, known)
    forms = Forms(store, by_platform, files)
    entitlement = Entitlement(file.interactions.answered_by)
    limits = {"patience": file.fastgpt.patience, "longest": file.fastgpt.turn_timeout}
    asking = Asking(store, assistant, known, breaker, clock, **limits)
    ledger = Ledger(store, policy, clock.now)
    turn_policy = TurnPolicy(file.fastgpt.waiting_after, file.fastgpt.turn_timeout)
    turns = Turns(store, assistant, by_platform, known, asking, ledger, running, forms, clock, turn_policy)
    submissions = Submissions(store, files)
    chats = Chats(store, assistant, known)
    resumption = Resumption(store, chats, turns, clock)
    answers = Answers(store, by_platform, chats, resumption, forms, submissions, entitlement)
    people = People(store, by_platform, clock, file.people.questions_per_minute)
    conversations = Conversations(
        store, known, openings, chats, turns, answers, resumption, files, people, clock, policy.expire_after
    )
    guides = Guides(store, assistant, by_platform, known, openings, turns, enabled=policy.quick_replies)
    inspection = Inspection(store, assistant, known, policy.details_for)
    reasons = Reasons(store, by_platform)
    gateway = BridgeGateway(store, known, openings, entitlement, inspection, health)
    dispatch = Dispatch(
        store,
        by_platform,
        conversations,
        answers,
        resumption,
        Feedback(store, assistant, by_platform, known, reasons, policy, file.answers.shared_votes),
        Commands(store, by_platform, known, answers, guides, turns, running),
        guides,
        Redo(
            store,
            assistant,
            by_platform,
            known,
            turns,
            chats,
            answers,
            resumption,
            inspection,
            running,
            reasons,
            clock,
            on_edit=file.answers.on_edit,
            on_delete=file.answers.on_delete,
        ),
        Overtaken(store, by_platform, turns, policy),
        Leftovers(assistant, known, clock),
        Rereading(by_platform, gateway),
        clock,
        timedelta(hours=file.worker.answer_within_hours),
    )
    leadership = Leadership(store, worker, clock, min(LEASE, file.worker.lease))
    return Bridge(
        store=store,
        assistant=assistant,
        adapters=tuple(adapters),
        gateway=gateway,
        worker=Worker(
            store,
            dispatch.handle,
            dispatch.bury,
            running.stop,
            name=worker,
            clock=clock,
            policy=_worker_policy(file),
            leave=running.leave,
        ),
        listeners=Listeners(gateway, leadership, health, clock),
        upkeep=Upkeep(store, by_platform),
        health=health,
        openings=openings,
    )


def _answer_policy(file: File) -> AnswerPolicy:
    return AnswerPolicy(
        votes=file.answers.votes,
        quick_replies=file.answers.quick_replies,
        sources=file.answers.sources,
        regenerate=file.answers.regenerate,
        details_for=file.answers.details_for,
        empty=file.answers.empty,
        expire_after=timedelta(days=file.interactions.expire_after_days),
    )


def _worker_policy(file: File) -> WorkerPolicy:
    return WorkerPolicy(
        max_claims=file.worker.max_turns,
        lease=file.worker.lease,
        heartbeat=min(5.0, file.worker.lease / 4),
        drain=file.worker.drain,
        max_attempts=file.worker.max_attempts,
        max_crashes=file.worker.max_crashes,
    )


def fastgpt(file: File) -> FastGPT:
    return FastGPT(
        open_transport(),
        first_byte=file.fastgpt.first_byte_timeout,
        idle=file.fastgpt.idle_timeout,
        cite=file.answers.sources,
    )


def sql_store(settings: Settings, clock: Clock) -> SqlStore:
    """Raises ConfigError for a DATABASE_URL that is none."""
    secret = settings.env.bridge_secret_key
    try:
        return SqlStore(
            settings.env.database_url.get_secret_value(),
            clock,
            secret_key=secret.get_secret_value() if secret else None,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None


def platforms(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport) -> list[Adapter]:
    """The platforms that have a token; `transport` stays the caller's to close. Raises ConfigError if there is none."""
    env = settings.env
    adapters: list[Adapter] = []
    if env.slack_bot_token:
        slack = SlackConfig(
            bot_token=env.slack_bot_token.get_secret_value(),
            app_token=_plain(env.slack_app_token),
            signing_secret=_plain(env.slack_signing_secret),
            api_base_url=env.slack_api_base_url,
        )
        adapters.append(SlackAdapter(slack, clock))
    if env.telegram_bot_token:
        telegram = TelegramConfig(
            bot_token=env.telegram_bot_token.get_secret_value(),
            api_base_url=env.telegram_api_base_url,
            webhook_url=env.telegram_webhook_url or "",
            webhook_secret=_plain(env.telegram_webhook_secret),
        )
        adapters.append(TelegramAdapter(telegram, clock, transport))
    if not adapters:
        raise ConfigError(
            "SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or TELEGRAM_BOT_TOKEN, must be set: the bridge needs a place to talk."
            f"{settings.hint}"
        )
    return adapters


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


@asynccontextmanager
async def running(bridge: Bridge) -> AsyncIterator[None]:
    """Listen and keep up, for as long as the context lasts; the worker is the caller's to run."""
    async with AsyncExitStack() as stack:
        for adapter in bridge.adapters:
            stack.push_async_callback(adapter.close)
        tasks = [asyncio.create_task(bridge.listeners.listen(adapter)) for adapter in bridge.adapters]
        tasks.append(asyncio.create_task(bridge.listeners.keep_up(lambda: _schedule(bridge))))
        tasks.append(asyncio.create_task(watch_the_loop(SystemClock())))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _schedule(bridge: Bridge) -> None:
    """The jobs of the leader: in memory and safe to repeat, so that a change of leader loses and doubles nothing."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_job(
        bridge.upkeep.run, "interval", seconds=_UPKEEP_EVERY, coalesce=True, max_instances=1, misfire_grace_time=60
    )
    scheduler.start()
    try:
        await bridge.upkeep.run()
        await asyncio.Event().wait()
    finally:
        scheduler.shutdown(wait=False)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """The whole program, until `stop`. Raises ConfigError, StoreUnavailable."""
    clock = SystemClock()
    apps = settings.apps()
    transport = open_transport()
    adapters = platforms(settings, clock, transport)
    store = sql_store(settings, clock)
    assistant = fastgpt(settings.file)
    logger.info("starting", extra={"version": __version__, "platforms": [adapter.platform for adapter in adapters]})
    for wrong, right in settings.misnamed.items():
        logger.warning("setting_unknown", extra={"setting": wrong, "perhaps": right})
    async with AsyncExitStack() as stack:
        stack.push_async_callback(transport.aclose)
        await store.open()
        stack.push_async_callback(store.close)
        stack.push_async_callback(assistant.close)
        if inherited := await store.inherit():
            logger.info("work_inherited", extra={"lanes": inherited})
        bridge = compose(store, assistant, adapters, apps, settings.file, clock=clock)
        close_web = await _serve(settings.env.port, bridge)
        stack.push_async_callback(close_web)
        if refused := await refusals(adapters):
            for adapter in adapters:
                await adapter.close()
            raise ConfigError(" ".join(refusal.sentence for refusal in refused))
        await stack.enter_async_context(running(bridge))
        stack.callback(asyncio.create_task(bridge.openings.try_all(apps.values())).cancel)
        stack.push_async_callback(close_web)  # before those who listen go: they answer what is under way
        await bridge.worker.run(stop)


async def _serve(port: int | None, bridge: Bridge) -> Callable[[], Awaitable[None]]:
    """Serve health, and what platforms post to us, if there is a port; what ends it. Raises ConfigError."""
    if port is None:
        return _nothing
    webhooks = [adapter for adapter in bridge.adapters if isinstance(adapter, Webhook)]
    web = WebServer(port, lambda: bridge.health.report(bridge.store), webhooks)
    try:
        await web.start()
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        raise ConfigError(f"PORT is wrong: {port} cannot be listened on ({reason}).") from None
    return web.close


async def _nothing() -> None: ...
