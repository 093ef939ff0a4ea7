"""Every way FastGPT, a proxy or the network says no."""

from __future__ import annotations

import inspect
import ssl

import httpx
import pytest

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.fastgpt.errors import from_frame, from_httpx, from_response, meaning_of
from tests.fastgpt.captures import captured

NONE = httpx.Headers()


def refused(status: int, body: bytes | str, **headers: str) -> AssistantError:
    return from_response(status, httpx.Headers(headers), body.encode() if isinstance(body, str) else body, ("s3cret",))


@pytest.mark.parametrize("version", ["4.12.1", "4.14.3"])
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("50-badkey-v1-json", AssistantFault.BAD_KEY),
        ("50-nokey-v1-json", AssistantFault.BAD_KEY),
        ("50-badkey-v1-stream", AssistantFault.BAD_KEY),
        ("51-accountkey-noapp-v1-json", AssistantFault.BAD_APP),
        ("51-accountkey-badapp-v1-json", AssistantFault.BAD_APP),
        ("51-accountkey-invalidapp-v1-json", AssistantFault.BAD_APP),
        ("52-emptymessages-v1-json", AssistantFault.BAD_REQUEST),
        ("52-badrole-v1-json", AssistantFault.BAD_REQUEST),
        ("56-invalidjson", AssistantFault.BAD_REQUEST),
        ("56-big", AssistantFault.BAD_REQUEST),
        ("70-records-badkey", AssistantFault.BAD_KEY),
        ("71-init-badapp", AssistantFault.BAD_APP),
        ("71-init-noapp", AssistantFault.BAD_APP),
        ("84-share-otheruid-simple", AssistantFault.CHAT_FORBIDDEN),
    ],
)
def test_a_captured_refusal_is_told_for_what_it_is(version: str, name: str, fault: AssistantFault) -> None:
    capture = captured(name, version)
    error = from_response(capture.status, httpx.Headers(capture.headers), capture.body)
    assert (error.fault, error.permanent) == (fault, True)
    assert "code_error" not in error.sentence


def test_a_rate_limit_hidden_in_http_500_says_how_long() -> None:
    capture = captured("67-ratelimit-v1-stream")
    error = from_response(capture.status, NONE, capture.body)
    assert (error.fault, error.permanent, error.retry_after) == (AssistantFault.RATE_LIMITED, False, 34.0)


@pytest.mark.parametrize(
    ("status", "body", "fault", "permanent"),
    [
        (500, '{"code":504001,"statusText":"chatIsGenerating","message":"x"}', AssistantFault.CHAT_BUSY, False),
        (409, '{"code":504001,"statusText":"chatIsGenerating","message":"x"}', AssistantFault.CHAT_BUSY, False),
        (500, '{"code":500005,"statusText":"aiPointsNotEnough","message":"x"}', AssistantFault.NO_POINTS, True),
        (500, '{"code":510,"statusText":"insufficientQuota"}', AssistantFault.NO_POINTS, True),
        (
            400,
            '{"code":500,"statusText":"error","message":"Chat dataId already exists: X"}',
            AssistantFault.DUPLICATE_TURN,
            True,
        ),
        (
            500,
            '{"code":500,"statusText":"error","message":"您的工作流版本过低，请重新发布一次"}',
            AssistantFault.BAD_APP,
            True,
        ),
        (500, '{"code":429,"statusText":"","message":"slow"}', AssistantFault.RATE_LIMITED, False),
        (429, "slow", AssistantFault.RATE_LIMITED, False),
        (500, '{"code":403,"statusText":"unAuthorization"}', AssistantFault.BAD_KEY, True),
        (400, '{"code":400,"message":"zod","zodError":[]}', AssistantFault.BAD_REQUEST, True),
        (500, '{"code":500,"message":"VersionError"}', AssistantFault.UNKNOWN, False),
        (502, "<html><h1>Bad Gateway</h1></html>", AssistantFault.UNREACHABLE, False),
        (503, "<html/>", AssistantFault.OVERLOADED, False),
        (504, "", AssistantFault.TIMEOUT, False),
        (413, "Body exceeded 20mb limit", AssistantFault.BAD_REQUEST, True),
        (404, "<html/>", AssistantFault.NOT_FOUND, True),
        (401, "nope", AssistantFault.BAD_KEY, True),
        (500, "", AssistantFault.UNKNOWN, False),
    ],
)
def test_the_body_speaks_before_the_status(status: int, body: str, fault: AssistantFault, permanent: bool) -> None:
    error = refused(status, body)
    assert (error.fault, error.permanent) == (fault, permanent)


def test_no_markup_and_no_secret_gets_into_a_sentence() -> None:
    keys = "Bearer abc123 fastgpt-abcdefgh1234 s3cret https://u:p4ss@h/ sk-abcdefghijkl"
    text = f"<b>Oops</b> {keys} <script>alert(1)</script>"
    error = refused(500, '{"code":500,"message":"' + text + '"}')
    for word in ("<", "abc123", "abcdefgh1234", "s3cret", "p4ss", "sk-abc", "alert"):
        assert word not in error.sentence
    assert "Oops" in error.sentence


def test_a_proxys_page_is_not_quoted() -> None:
    assert "nginx" not in refused(502, "<html><center>nginx</center></html>").sentence


def test_a_long_message_is_cut() -> None:
    assert len(refused(500, '{"code":500,"message":"' + "x" * 9999 + '"}').sentence) < 400


def test_a_redirect_says_where_to() -> None:
    error = refused(301, "", location="https://other/api?token=1")
    assert error.permanent
    assert "https://other/api;" in error.sentence
    assert "token" not in error.sentence


def test_the_header_says_how_long_if_the_text_does_not() -> None:
    assert refused(429, "{}", **{"retry-after": "7"}).retry_after == 7


def test_an_error_frame_that_is_nothing_is_still_an_error() -> None:
    assert from_frame(None).fault is AssistantFault.GARBAGE


HTTPX = [
    kind
    for _, kind in inspect.getmembers(httpx, inspect.isclass)
    if issubclass(kind, Exception) and not issubclass(kind, Warning) and kind.__module__.startswith("httpx")
]


@pytest.mark.parametrize(
    "kind",
    [k for k in HTTPX if k not in (httpx.HTTPError, httpx.RequestError, httpx.TransportError, httpx.ProtocolError)],
)
def test_no_exception_of_httpx_is_unmapped(kind: type[Exception]) -> None:
    assert meaning_of(kind) is not None


@pytest.mark.parametrize(
    ("kind", "fault", "permanent"),
    [
        (httpx.ConnectError, AssistantFault.UNREACHABLE, False),
        (httpx.ReadError, AssistantFault.UNREACHABLE, False),
        (httpx.RemoteProtocolError, AssistantFault.UNREACHABLE, False),
        (httpx.ReadTimeout, AssistantFault.TIMEOUT, False),
        (httpx.ConnectTimeout, AssistantFault.UNREACHABLE, False),
        (httpx.UnsupportedProtocol, AssistantFault.BAD_REQUEST, True),
        (httpx.InvalidURL, AssistantFault.BAD_REQUEST, True),
    ],
)
def test_what_the_network_did_decides_whether_to_try_again(
    kind: type[Exception], fault: AssistantFault, permanent: bool
) -> None:
    error = from_httpx(kind("https://secret@host"))  # type: ignore[arg-type]
    assert (error.fault, error.permanent) == (fault, permanent)
    assert "secret" not in error.sentence


@pytest.mark.parametrize(
    ("cause", "said"), [(ssl.SSLCertVerificationError("x"), "certificate"), (ssl.SSLError("x"), "https")]
)
def test_a_connection_that_is_not_secure_is_told_from_one_that_is_not_there(cause: ssl.SSLError, said: str) -> None:
    error = httpx.ConnectError("no")
    error.__cause__ = cause
    told = from_httpx(error)
    assert said in told.sentence
    assert (told.fault, told.unseen) == (AssistantFault.UNREACHABLE, True)
