"""What differs between FastGPT versions, as data.

Each profile is the one before it and what changed. "4.12" and "4.14.3" behave like servers whose bytes were recorded;
"4.8.12" and "4.9.4" follow FastGPT's source of that age; "4.14" (its last releases) and "4.16" follow its newer source
and its release notes, where paths moved into sub-folders and a v2 run outlives its connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`method` "*" is a handler that never looks at it, as most of FastGPT's are."""

    path: str
    method: str = "*"


Endpoints = Mapping[str, tuple[Endpoint, ...]]


@dataclass(frozen=True, slots=True)
class Profile:
    """One FastGPT version. The booleans read as claims about the server."""

    name: str
    endpoints: Endpoints
    # requests
    drops_undeclared_variables: bool = False
    opens_chats_only: bool = False
    """The init call insists on a chat id."""
    body_app_wins: bool = False
    """`appId` in the body beats the app the key is bound to."""
    validates_bodies: bool = False
    rate_limits: bool = False
    rate_limit_status: int = 500
    plain_status_text: str = ""
    """`statusText` of an error that has no code of its own."""
    # answers
    names_new_chats: bool = False
    """A v1 answer without streaming carries the id under which a chat without one was saved."""
    sends_duration: bool = False
    beats: bool = False
    """An empty answer every ten seconds."""
    done_first: bool = True
    """In v1, `[DONE]` comes before `flowResponses`."""
    strips_citations: bool = False
    error_text: bool = False
    """A failed node says `errorText`; before, an `error` object."""
    totals_plugin_points: bool = True
    prompt_gap: str = "\n"
    """Between an app's own system prompt and one from the request."""
    titles: bool = False
    value_ids: bool = False
    flat_node_responses: bool = False
    """Nodes of nested flows send `flowNodeResponse` too, with a `parentId`."""
    # records
    saves_without_chat_id: bool = True
    rejects_unknown_feedback: bool = False
    typed_values: bool = True
    form_by_label: bool = True
    """A submitted form is recorded by the labels of its fields; later by their keys."""
    soft_deletes: bool = False
    hides_passwords: bool = False
    human_id_length: int = 22
    # interactive nodes
    wraps_tool_pauses: bool = False
    spreads_forms: bool = False
    """A form takes in any JSON as JavaScript's `{...value}` does."""
    remembers_skips: bool = False
    """`skipNodeQueue` and `usageId` are part of a pause."""
    wrappers_stay_pending: bool = True
    """A nested pause counts as open as long as it is the last thing in the record, answered or not."""
    # runs
    runs_on: bool = False
    """A v2 run outlives its connection."""
    one_run: bool = False
    """A second run in a chat is refused, and a round exists in the records from its start."""
    checks_versions: bool = False
    """Of two answers to one pause, the second one fails on saving."""
    # files
    presign: Literal["", "post", "put"] = ""
    delete_reads: frozenset[str] = frozenset({"query"})
    """Where `contentId` of a record to delete is looked for."""


def _paths(**paths: str | Endpoint | tuple[Endpoint, ...]) -> dict[str, tuple[Endpoint, ...]]:
    return {name: _endpoints(value) for name, value in paths.items()}


def _endpoints(value: str | Endpoint | tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    match value:
        case str():
            return (Endpoint(value),)
        case Endpoint():
            return (value,)
        case _:
            return value


_CHAT = "/api/core/chat"

_FIRST = _paths(
    completions_v1="/api/v1/chat/completions",
    records=f"{_CHAT}/getPaginationRecords",
    histories=f"{_CHAT}/getHistories",
    update_history=f"{_CHAT}/updateHistory",
    delete_history=f"{_CHAT}/delHistory",
    clear_histories=f"{_CHAT}/clearHistories",
    run_details=f"{_CHAT}/getResData",
    delete_record=f"{_CHAT}/item/delete",
    feedback=f"{_CHAT}/feedback/updateUserFeedback",
    init=f"{_CHAT}/init",
    question_guide_old="/api/core/ai/agent/createQuestionGuide",
    input_guide=f"{_CHAT}/inputGuide/query",
    speech=f"{_CHAT}/item/getSpeech",
    transcriptions="/api/v1/audio/transcriptions",
    upload="/api/common/file/upload",
    read_file="/api/common/file/read/{name}",
)
_V2 = _FIRST | _paths(
    completions_v2="/api/v2/chat/completions",
    question_guide="/api/core/ai/agent/v2/createQuestionGuide",
    quotes=f"{_CHAT}/quote/getQuote",
)
_STORAGE = "/fastgpt-private"
_PRESIGNED = {name: value for name, value in _V2.items() if name not in ("upload", "read_file")} | _paths(
    presign=f"{_CHAT}/presignChatFilePostUrl",
    presign_read=f"{_CHAT}/presignChatFileGetUrl",
    storage=(Endpoint(_STORAGE), Endpoint(_STORAGE + "/{key:.+}")),
    key_health="/api/support/openapi/health",
)
_MOVED = _PRESIGNED | _paths(
    records=f"{_CHAT}/record/getPaginationRecords",
    histories=f"{_CHAT}/history/getHistories",
    history_status=f"{_CHAT}/history/getHistoryStatus",
    update_history=Endpoint(f"{_CHAT}/history/updateHistory", "PUT"),
    delete_history=Endpoint(f"{_CHAT}/history/delHistory", "DELETE"),
    clear_histories=Endpoint(f"{_CHAT}/history/clearHistories", "DELETE"),
    run_details=f"{_CHAT}/record/getResData",
    delete_record=Endpoint(f"{_CHAT}/record/delete", "DELETE"),
    quotes=(Endpoint(f"{_CHAT}/quote/getQuote"), Endpoint(f"{_CHAT}/record/getQuote")),
    speech=f"{_CHAT}/record/getSpeech",
    presign=f"{_CHAT}/file/presignChatFilePostUrl",
    presign_read=f"{_CHAT}/file/presignChatFileGetUrl",
    stop="/api/v2/chat/stop",
)

_V4_8_12 = Profile("4.8.12", _FIRST, saves_without_chat_id=False)
_V4_9_4 = replace(_V4_8_12, name="4.9.4", endpoints=_V2, saves_without_chat_id=True)
_V4_12 = replace(
    _V4_9_4,
    name="4.12",
    drops_undeclared_variables=True,
    names_new_chats=True,
    sends_duration=True,
    beats=True,
    strips_citations=True,
    error_text=True,
    rejects_unknown_feedback=True,
)
_V4_14_3 = replace(
    _V4_12,
    name="4.14.3",
    endpoints=_PRESIGNED,
    rate_limits=True,
    plain_status_text="error",
    totals_plugin_points=False,
    prompt_gap="\n\n",
    hides_passwords=True,
    spreads_forms=True,
    form_by_label=False,
    human_id_length=24,
    wraps_tool_pauses=True,
    remembers_skips=True,
    checks_versions=True,
    presign="post",
    delete_reads=frozenset({"body"}),
)
_V4_14 = replace(
    _V4_14_3,
    name="4.14",
    endpoints=_MOVED,
    opens_chats_only=True,
    soft_deletes=True,
    wrappers_stay_pending=False,
    runs_on=True,
    presign="put",
    delete_reads=frozenset({"query", "body"}),
)
_V4_16 = replace(
    _V4_14,
    name="4.16",
    body_app_wins=True,
    validates_bodies=True,
    rate_limit_status=429,
    done_first=False,
    titles=True,
    value_ids=True,
    flat_node_responses=True,
    typed_values=False,
    one_run=True,
    checks_versions=False,
)

PROFILES: Mapping[str, Profile] = {
    profile.name: profile for profile in (_V4_8_12, _V4_9_4, _V4_12, _V4_14_3, _V4_14, _V4_16)
}
"""The last one is the newest."""


def profile_named(name: str) -> Profile:
    """Raises ValueError with the names there are."""
    try:
        return PROFILES[name]
    except KeyError:
        raise ValueError(f"no FastGPT profile is called {name!r}; there are {', '.join(PROFILES)}") from None
