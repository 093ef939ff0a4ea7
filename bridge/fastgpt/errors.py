"""Every way FastGPT says no, told apart once: by `statusText`, then by text and `code`, then by HTTP status.

The numbers shift between versions and most errors are HTTP 500, so neither is asked first.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass

import httpx

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.interactions import Json
from bridge.fastgpt.wire import Envelope, NotJson, mended_parsed, read
from bridge.fastgpt.wording import sentence, shown

_Foreign = httpx.HTTPError | httpx.InvalidURL | httpx.StreamError | httpx.CookieConflict


@dataclass(frozen=True, slots=True)
class _Meaning:
    fault: AssistantFault
    permanent: bool
    sentence: str
    unseen: bool = False


_KEY = _Meaning(AssistantFault.BAD_KEY, True, "FastGPT does not accept the API key; check FASTGPT_API_KEY")
_APP = _Meaning(
    AssistantFault.BAD_APP, True, "FastGPT does not know this app, or the key may not use it; check FASTGPT_APP_ID"
)
_POINTS = _Meaning(AssistantFault.NO_POINTS, True, "The FastGPT account has no points or quota left")
_FORBIDDEN = _Meaning(AssistantFault.CHAT_FORBIDDEN, True, "FastGPT says that this chat belongs to somebody else")
_BUSY = _Meaning(AssistantFault.CHAT_BUSY, False, "FastGPT is still answering in this chat")
_RATE = _Meaning(AssistantFault.RATE_LIMITED, False, "FastGPT limits how often it may be asked")
_FILE = _Meaning(AssistantFault.BAD_REQUEST, True, "FastGPT does not take this file")
_GONE = _Meaning(AssistantFault.NOT_FOUND, True, "FastGPT has no such record")
_DUPLICATE = _Meaning(AssistantFault.DUPLICATE_TURN, True, "FastGPT has seen this question before")
_BAD = _Meaning(AssistantFault.BAD_REQUEST, True, "FastGPT does not accept the request")
_REPUBLISH = _Meaning(AssistantFault.BAD_APP, True, "The app's workflow is too old for this FastGPT; publish it again")
_CUT = "The connection to FastGPT was cut before the answer was complete"

_BY_STATUS_TEXT = {
    "unAuthorization": _KEY,
    "unAuthApiKey": _KEY,
    "openapiUnExist": _KEY,
    "openapiUnAuth": _KEY,
    "openapiExceedLimit": _POINTS,
    "aiPointsNotEnough": _POINTS,
    "insufficientQuota": _POINTS,
    "unAuthChat": _FORBIDDEN,
    "chatIsGenerating": _BUSY,
    "appUnExist": _APP,
    "unAuthApp": _APP,
    "unExist": _Meaning(AssistantFault.BAD_APP, True, "The model of this app is switched off in FastGPT"),
    "tooManyRequest": _RATE,
    "FileUploadDisabled": _Meaning(AssistantFault.BAD_REQUEST, True, "This app takes no files"),
    "InvalidUploadFileType": _FILE,
    "UploadFileTypeMismatch": _FILE,
}
_BY_TEXT: tuple[tuple[re.Pattern[str], _Meaning], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning)
    for pattern, meaning in (
        (r"^Rate limit exceeded", _RATE),
        (r"Chat dataId already exists", _DUPLICATE),
        (r"Chat item not found", _GONE),
        (r"Key is error|app key rather than the account key|have an app yet", _APP),
        (r"appId is empty|^app is empty|Cast to ObjectId failed", _APP),
        (r"messages is (empty|not array)|User question is empty|AI_input_is_empty|Invalid file url|Invalid JSON", _BAD),
        (r"(contentId|chatId) or \w+ is empty", _BAD),
        (r"^APIKey invalid", _KEY),
        (r"您的工作流版本过低", _REPUBLISH),
        (
            r"^Body exceeded",
            _Meaning(AssistantFault.BAD_REQUEST, True, "The question and its files are too large for FastGPT"),
        ),
    )
)
_BY_CODE = {
    403: _KEY,
    429: _RATE,
    510: _POINTS,
    514: _KEY,
    413: _Meaning(AssistantFault.BAD_REQUEST, True, "The question and its files are too large for FastGPT"),
    404: _Meaning(AssistantFault.NOT_FOUND, True, "FastGPT has no such address; check FASTGPT_BASE_URL"),
    405: _Meaning(AssistantFault.NOT_FOUND, True, "FastGPT has no such address; check FASTGPT_BASE_URL"),
    401: _KEY,
    408: _Meaning(AssistantFault.TIMEOUT, False, "FastGPT, or a proxy before it, gave up waiting"),
    502: _Meaning(AssistantFault.UNREACHABLE, False, "The proxy before FastGPT does not reach it"),
    503: _Meaning(AssistantFault.OVERLOADED, False, "FastGPT is overloaded or being restarted"),
    504: _Meaning(AssistantFault.TIMEOUT, False, "The proxy before FastGPT gave up waiting for it"),
}
_SECONDS = re.compile(r"(?:in|after) (\d{1,5}(?:\.\d+)?) ?s(?:ec|econds?)?\b", re.IGNORECASE)


def from_frame(data: Json, secrets: tuple[str, ...] = ()) -> AssistantError:
    """An `error` event, or JSON that is one."""
    envelope = read(Envelope, data)
    if envelope is None:
        return unreadable("")
    return _from_envelope(envelope, None, None, secrets)


def from_response(status: int, headers: httpx.Headers, body: bytes, secrets: tuple[str, ...] = ()) -> AssistantError:
    """Any answer that is not what was asked for: an envelope, plain text, or a proxy's HTML."""
    retry_after = _header_seconds(headers.get("retry-after", ""))
    text = body[:200_000].decode("utf-8", "replace")
    if 300 <= status < 400:
        place = sentence(headers.get("location", "").split("?")[0], secrets)
        said = f"FastGPT's address redirects to {place or 'another one'}; set FASTGPT_BASE_URL to where it really is."
        return AssistantError(said, fault=AssistantFault.NOT_FOUND, permanent=True)
    try:
        envelope = read(Envelope, mended_parsed(_error_json(text)))
    except NotJson:
        envelope = None
    if envelope is not None and (envelope.code is not None or envelope.status_text or envelope.message):
        return _from_envelope(envelope, status, retry_after, secrets)
    html = text.lstrip()[:1] == "<" or "html" in headers.get("content-type", "")
    return _from_envelope(Envelope(message="" if html else text), status, retry_after, secrets)


def _error_json(text: str) -> str:
    """An error that was meant for a stream looks like one even where there is none: `event: error`, `data: {…}`."""
    found = re.search(r"^data: ?(\{.*)$", text, re.MULTILINE) if text.startswith("event:") else None
    return found[1] if found else text


def _from_envelope(
    envelope: Envelope, status: int | None, retry_after: float | None, secrets: tuple[str, ...] = ()
) -> AssistantError:
    code = envelope.code
    text = sentence(shown(envelope.message), secrets)
    meaning = _meaning(envelope, status)
    if meaning.fault is AssistantFault.RATE_LIMITED and retry_after is None:
        found = _SECONDS.search(envelope.message)
        retry_after = float(found[1]) if found else None
    said = meaning.sentence
    if meaning.fault is AssistantFault.UNKNOWN or not _is_repetition(envelope.message):
        said = f"{said}: {text.rstrip('.')}" if text else said
    numbers = ", ".join(
        piece
        for piece in (envelope.status_text, f"code {code}" if code else "", f"HTTP {status}" if status else "")
        if piece
    )
    return AssistantError(
        f"{said} ({numbers})." if numbers else f"{said}.",
        fault=meaning.fault,
        permanent=meaning.permanent,
        retry_after=retry_after,
    )


def _is_repetition(message: str) -> bool:
    return not message or message.startswith("common:code_error")


def _meaning(envelope: Envelope, status: int | None) -> _Meaning:
    by_status_text = _BY_STATUS_TEXT.get(envelope.status_text)
    if by_status_text:
        return by_status_text
    for pattern, meaning in _BY_TEXT:
        if pattern.search(envelope.message):
            return meaning
    for number in (envelope.code, status):
        if number in _BY_CODE:
            return _BY_CODE[number]
    refused = 400 <= (status or 0) < 500 or 400 <= (envelope.code or 0) < 500
    if refused:
        return _BAD
    return _Meaning(AssistantFault.UNKNOWN, False, "FastGPT reported an error")


def _header_seconds(value: str) -> float | None:
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else None


def cut_off() -> AssistantError:
    """The stream ended and FastGPT had not said that the answer is complete."""
    return AssistantError(f"{_CUT}.", fault=AssistantFault.UNREACHABLE, permanent=False)


def unreadable(what: str) -> AssistantError:
    said = f": {what}" if what else ""
    return AssistantError(
        f"What answered is not FastGPT, or a broken one{said}.", fault=AssistantFault.GARBAGE, permanent=False
    )


def silent(seconds: float, *, begun: bool) -> AssistantError:
    waited = f"FastGPT sent nothing {'more ' if begun else ''}for {seconds:g} seconds"
    return AssistantError(f"{waited}.", fault=AssistantFault.TIMEOUT, permanent=False)


_REFUSED_HERE = _Meaning(
    AssistantFault.BAD_REQUEST, True, "The request to FastGPT cannot be sent; check FASTGPT_BASE_URL"
)


def _no_connection(sentence: str) -> _Meaning:
    return _Meaning(AssistantFault.UNREACHABLE, False, sentence, unseen=True)


_UNTRUSTED = _no_connection("FastGPT's certificate is not one that is trusted here; check it and FASTGPT_BASE_URL")
_NO_TLS = _no_connection("FastGPT's address does not speak https as it should; check FASTGPT_BASE_URL")
_BROKEN = _Meaning(AssistantFault.UNREACHABLE, False, _CUT)
_BY_EXCEPTION: dict[type[Exception], _Meaning] = {
    # The closest class on the exception's own line of descent counts.
    httpx.ConnectTimeout: _no_connection("FastGPT does not accept connections in time"),
    httpx.PoolTimeout: _Meaning(AssistantFault.OVERLOADED, False, "The bridge has no free connection to FastGPT"),
    httpx.TimeoutException: _Meaning(AssistantFault.TIMEOUT, False, "FastGPT did not answer in time"),
    httpx.ConnectError: _no_connection("FastGPT cannot be reached"),
    httpx.ProxyError: _no_connection("The proxy on the way to FastGPT refuses"),
    httpx.NetworkError: _BROKEN,
    httpx.RemoteProtocolError: _BROKEN,
    httpx.LocalProtocolError: _REFUSED_HERE,
    httpx.UnsupportedProtocol: _REFUSED_HERE,
    httpx.InvalidURL: _REFUSED_HERE,
    httpx.DecodingError: _Meaning(AssistantFault.GARBAGE, False, "FastGPT's answer is compressed in a broken way"),
    httpx.TooManyRedirects: _Meaning(AssistantFault.NOT_FOUND, True, "FastGPT's address redirects in a circle"),
    httpx.CookieConflict: _Meaning(AssistantFault.GARBAGE, False, "FastGPT's answer holds contradictory cookies"),
    httpx.HTTPStatusError: _Meaning(AssistantFault.UNKNOWN, False, "FastGPT reported an error"),
    httpx.StreamError: _Meaning(AssistantFault.GARBAGE, False, "FastGPT's answer was read in a wrong way"),
}


_FAILED = _Meaning(AssistantFault.UNKNOWN, False, "The request to FastGPT failed")


def _of_tls(cause: BaseException | None) -> _Meaning | None:
    """httpx calls it a ConnectError; that somebody has to do something is only in what it comes from."""
    match cause:
        case ssl.SSLCertVerificationError():
            return _UNTRUSTED
        case ssl.SSLError():
            return _NO_TLS
        case _:
            return None


def meaning_of(foreign: type[Exception]) -> _Meaning | None:
    """None for an exception nobody has thought about."""
    return next((_BY_EXCEPTION[line] for line in foreign.__mro__ if line in _BY_EXCEPTION), None)


def from_httpx(error: _Foreign) -> AssistantError:
    meaning = _of_tls(error.__cause__) or meaning_of(type(error)) or _FAILED
    return AssistantError(
        f"{meaning.sentence} ({type(error).__name__}).",
        fault=meaning.fault,
        permanent=meaning.permanent,
        unseen=meaning.unseen,
    )
