"""Logs are facts with fields, for a person or a machine; no secret and no word of a conversation is in them."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from bridge.domain.errors import AssistantError, AssistantFault, PlatformError, PlatformFault
from bridge.logs import REDACTED, Redactor, configure
from tests.builders import command, message
from tests.services.house import house

TELEGRAM = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx"
FASTGPT = "fastgpt-h3kWbCoXoqJ7wPLEcs8qE2R9dM"
BOT, APP_TOKEN = "xoxb-2345-6789-AbCdEfGhIjKl", "xapp-1-A02-345-abcdef0123"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJmaWxlIjoiYSJ9.c2lnbmF0dXJl"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_fact_comes_out_as_json_with_its_fields() -> None:
    stream = io.StringIO()
    configure("info", "json", stream=stream)
    logging.getLogger("bridge.test").info("turn_finished", extra={"turn": "t1", "seconds": 1.5, "parts": ("a", 1)})
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "turn_finished",
        "level": "info",
        "logger": "bridge.test",
        "turn": "t1",
        "seconds": 1.5,
        "parts": ["a", 1],
    }


def test_a_person_reads_the_same_fact_on_a_line_of_their_own() -> None:
    stream = io.StringIO()
    configure("info", "console", stream=stream)
    logging.getLogger("bridge.test").warning("commit_waits", extra={"error": "away"})
    assert stream.getvalue().count("\n") == 1
    assert "commit_waits" in stream.getvalue()
    assert "error=away" in stream.getvalue()


def test_without_a_choice_a_terminal_gets_lines_and_a_pipe_gets_json() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        configure("info", None, stream=stream)
        logging.getLogger("bridge.test").info("starting")
    assert not terminal.getvalue().startswith("{")
    assert lines(pipe)[0]["event"] == "starting"


def test_what_is_less_than_the_level_is_not_said() -> None:
    stream = io.StringIO()
    configure("warning", "json", stream=stream)
    logging.getLogger("bridge.test").info("not this")
    logging.getLogger("bridge.test").warning("but this")
    assert [line["event"] for line in lines(stream)] == ["but this"]


@pytest.mark.parametrize(
    "name", ["httpx", "telegram.ext", "slack_sdk.web", "slack_bolt", "aiohttp.access", "markdown_it"]
)
def test_libraries_are_kept_quiet_even_when_debugging(name: str) -> None:
    stream = io.StringIO()
    configure("debug", "json", stream=stream)
    logging.getLogger(name).info("HTTP Request: POST https://api.telegram.org/bot…")
    logging.getLogger(name).warning("this matters")
    assert [line["event"] for line in lines(stream)] == ["this matters"]


@pytest.mark.parametrize(
    "text",
    [
        TELEGRAM,
        f"https://api.telegram.org/bot{TELEGRAM}/getMe",
        f"https://api.telegram.org/file/bot{TELEGRAM.replace(':', '%3A')}/photos/1.jpg",
        BOT,
        f"token={BOT}&channel=C1",
        "xoxe.xoxp-1-Mi0yLTIzNDU2",
        "xoxe-1-My0xLTIzNDU2",
        APP_TOKEN,
        "https://hooks.slack.com/services/T0001/B0001/XXXXYYYY",
        "wss://wss-primary.slack.com/link/?ticket=abc-def&app_id=A1",
        FASTGPT,
        f"{FASTGPT}-{'a' * 24}",
        f"Authorization: Bearer {FASTGPT[8:]}",
        "{'authorization': 'bearer opaque-value'}",
        "Basic dXNlcjpwYXNz",
        "postgres://ann:p4ss@host.test:5432/db",
        "postgresql+asyncpg://ann:p@ss@host.test/db",
        "redis://:p4ss@host.test",
        f"https://fastgpt.test/api/common/file/read/a.pdf?token={JWT}",
        JWT,
    ],
)
def test_whatever_looks_like_a_secret_is_cut_wherever_it_stands(text: str) -> None:
    cleaned = Redactor().clean(f"before {text} after")
    assert REDACTED in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    secrets = (
        TELEGRAM[10:],
        BOT[5:],
        APP_TOKEN[7:],
        FASTGPT[8:],
        JWT[20:],
        "p4ss",
        "p@ss",
        "ss/w",
        "My0x",
        "Mi0y",
        "YYYY",
    )
    assert not any(secret in cleaned for secret in (*secrets, "abc-def", "opaque", "dXNl"))


@pytest.mark.parametrize(
    "text",
    [
        "turn_finished",
        "2026-01-31T08:00:00+00:00",
        "https://fastgpt.test/api?chatId=123456:abc",
        "slack:T1:C1/1700000000.123456",
        "the fastgpt-bridge is basic",
        "postgresql://host.test/db",
        "mail ann@host.test: hello",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor().clean(text) == text


@pytest.mark.parametrize("shown", ["sign/ing secret", "sign%2Fing%20secret"])
def test_every_secret_it_was_told_of_is_cut_also_as_it_stands_in_an_address(shown: str) -> None:
    assert Redactor(["sign/ing secret"]).clean(f"a {shown} b") == f"a {REDACTED} b"


@pytest.mark.parametrize("shown", ["pa%24sphrase", "pa$sphrase", "postgres://ann:pa%24sphrase@host.test/db"])
def test_of_a_database_address_the_password_alone_is_a_secret_too(shown: str) -> None:
    assert "sphrase" not in Redactor(["postgres://ann:pa%24sphrase@host.test/db"]).clean(
        f'FATAL: login with "{shown}" refused'
    )


def test_the_longer_of_two_secrets_goes_first_so_that_no_rest_of_it_stays() -> None:
    assert Redactor(["secret", "secret-and-more"]).clean("secret-and-more") == REDACTED


def test_secrets_are_cut_inside_of_structures_and_of_things_that_are_no_text() -> None:
    told = {
        "list": [("a secret1", 1)],
        "inner": {"x": ValueError("secret1")},
        "secret1": b"secret1",
        "set": {"secret1"},
    }
    cleaned = Redactor(["secret1"]).clean(told)
    assert "secret1" not in json.dumps(cleaned)
    assert cleaned["list"] == [[f"a {REDACTED}", 1]]


@pytest.mark.parametrize(
    "name", ["Authorization", "password", "client_secret", "api_key", "access_token", "Set-Cookie"]
)
def test_a_field_with_a_secrets_name_shows_nothing(name: str) -> None:
    assert Redactor().clean({"headers": {name: "opaque"}}) == {"headers": {name: REDACTED}}


def test_counts_of_tokens_are_no_secret() -> None:
    facts = {"input_tokens": 12, "token": 3, "password": None, "tokens": "many"}
    assert Redactor().clean(facts) == facts


@pytest.mark.parametrize("format", ["json", "console"])
def test_secrets_are_cut_from_messages_fields_and_tracebacks(format: str) -> None:
    stream = io.StringIO()
    configure("debug", format, ["told-secret"], stream)
    logger = logging.getLogger("bridge.test")
    try:
        raise RuntimeError(f"https://api.telegram.org/bot{TELEGRAM}/x told-secret")
    except RuntimeError as error:
        logger.error("broke %s", FASTGPT, extra={"error": repr(error), "detail": {"key": BOT}}, exc_info=error)
        logger.error("told-secret", stack_info=True)
    shown = stream.getvalue()
    assert "RuntimeError" in shown
    assert "Traceback" in shown
    assert not any(secret in shown for secret in (TELEGRAM, TELEGRAM[10:], "told-secret", FASTGPT, BOT))


def test_a_line_that_cannot_be_formatted_does_not_spill_its_arguments() -> None:
    stream = io.StringIO()
    configure("info", "json", ["told-secret"], stream)
    logging.getLogger("bridge.test").info("%d files", "told-secret")
    assert stream.getvalue().startswith("a line of bridge.test (")
    assert "told-secret" not in stream.getvalue()


def test_a_stream_that_is_gone_stops_nobody() -> None:
    stream = io.StringIO()
    configure("info", "json", stream=stream)
    stream.close()
    logging.getLogger("bridge.test").info("to nobody")
    assert stream.closed


async def test_not_a_word_of_a_conversation_is_logged() -> None:
    stream = io.StringIO()
    configure("info", "json", stream=stream)
    async with house() as h:
        h.assistant.scripts = [[AssistantError("refused", fault=AssistantFault.BAD_REQUEST, permanent=True)]]
        h.adapter.failures = [PlatformError("not shown", fault=PlatformFault.UNREACHABLE, permanent=False)]
        await h.hear(message("my private words"), command("stop"))
        h.clock.elapsed += 100
        await h.work()
    assert {line["event"] for line in lines(stream)} >= {"answer_failed", "answer_undeliverable", "turn_finished"}
    assert "private words" not in stream.getvalue()
