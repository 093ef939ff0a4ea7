"""Chats and their records, as FastGPT keeps them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from bridge.simulator.ids import iso, number, object_id
from bridge.simulator.interactives import is_open
from bridge.simulator.profiles import Profile
from bridge.simulator.workflow import Json

if TYPE_CHECKING:
    from bridge.simulator.runs import Run

NESTED = ("toolDetail", "pluginDetail", "loopDetail", "loopRunDetail")
"""Where a node keeps the responses of the flow inside it."""
_MODEL_NODES = frozenset({"chatNode", "tools"})


class GenerateStatus(IntEnum):
    GENERATING = 0
    DONE = 1
    ERROR = 2


@dataclass(slots=True)
class ChatRecord:
    """Half a round. `obj` is Human or AI; `version` counts the changes."""

    obj: str
    data_id: str
    value: list[Json]
    time: datetime
    id: str = field(default_factory=object_id)
    seconds: float | None = None
    nodes: list[Json] = field(default_factory=list)
    good: Json = None
    bad: Json = None
    error: str = ""
    deleted: bool = False
    version: int = 0

    @property
    def text(self) -> str:
        return "".join(item["text"]["content"] for item in self.value if "text" in item)

    @property
    def pause(self) -> Json | None:
        """The pause that is the last thing in the record, answered or not."""
        return self.value[-1].get("interactive") if self.value else None

    def shown(self, profile: Profile, *, custom_feedbacks: bool) -> Json:
        """As getPaginationRecords gives it, key order included."""
        value = copy.deepcopy(self.value) if profile.typed_values else [untyped(item) for item in self.value]
        item: Json = {"_id": self.id, "dataId": self.data_id, "hideInUI": False, "obj": self.obj, "value": value}
        if custom_feedbacks:
            item["customFeedbacks"] = []
        if self.seconds is not None:
            item["durationSeconds"] = number(self.seconds)
        item["time"] = iso(self.time)
        if self.error:
            item["errorMsg"] = self.error
        item |= {key: value for key, value in self._feedback() if value is not None}
        return item | self._figures() if self.obj == "AI" else item

    def _feedback(self) -> list[tuple[str, Json]]:
        return [("userGoodFeedback", self.good), ("userBadFeedback", self.bad)]

    def _figures(self) -> Json:
        models = [node for node in self.nodes if node["moduleType"] in _MODEL_NODES]
        previews = [node["historyPreview"] for node in models if "historyPreview" in node]
        quotes = [_without_text(quote) for node in self.nodes for quote in node.get("quoteList", [])]
        figures: Json = {"llmModuleAccount": len(models), "totalQuoteList": quotes}
        return figures | ({"historyPreviewLength": len(previews[-1])} if previews else {})


def merged(before: list[Json], after: list[Json]) -> list[Json]:
    """A step that went on after a pause has one response: its parts, added up."""
    nodes = list(before)
    for node in after:
        sign = node.get("mergeSignId")
        place = next((n for n, old in enumerate(nodes) if sign and old.get("mergeSignId") == sign), None)
        if place is None:
            nodes.append(node)
            continue
        lists = {key: [*nodes[place].get(key, []), *node[key]] for key in NESTED if key in node}
        took = number(nodes[place]["runningTime"] + node["runningTime"])
        nodes[place] = {**nodes[place], **node, **lists, "runningTime": took}
    return nodes


def _without_text(quote: Json) -> Json:
    """Saved quotes keep no text."""
    return {key: value for key, value in quote.items() if key not in ("q", "a", "updateTime")}


def untyped(item: Json) -> Json:
    """A value as newer servers store it: known by which field it has."""
    return copy.deepcopy({key: value for key, value in item.items() if key != "type"})


@dataclass(slots=True)
class ChatLog:
    """One chat. `status` matters only where a server allows one run at a time."""

    app_id: str
    chat_id: str
    updated: datetime
    records: list[ChatRecord] = field(default_factory=list)
    variables: dict[str, Json] = field(default_factory=dict)
    title: str = ""
    custom_title: str = ""
    top: bool = False
    custom_uid: str = ""
    status: GenerateStatus = GenerateStatus.DONE
    deleted: bool = False
    runs: list[Run] = field(default_factory=list)

    def live(self) -> list[ChatRecord]:
        return [record for record in self.records if not record.deleted]

    def find(self, data_id: str, obj: str | None = None) -> ChatRecord | None:
        """The first match, as the server's own query."""
        found = (record for record in self.live() if record.data_id == data_id and obj in (None, record.obj))
        return next(found, None)

    def last_answer(self) -> ChatRecord | None:
        return next((record for record in reversed(self.live()) if record.obj == "AI"), None)

    def open_pause(self, profile: Profile) -> tuple[ChatRecord, Json] | None:
        """The pause that will swallow the next message, and the record it is in."""
        record = self.last_answer()
        if record and record.pause and is_open(record.pause, profile):
            return record, record.pause
        return None

    def history(self) -> list[tuple[str, str]]:
        return [(record.obj, record.text) for record in self.live() if record.value]

    def summary(self, profile: Profile) -> Json:
        shown: Json = {
            "chatId": self.chat_id,
            "updateTime": iso(self.updated),
            "appId": self.app_id,
            "customTitle": self.custom_title,
            "title": self.title,
            "top": self.top,
        }
        return shown | ({"chatGenerateStatus": int(self.status), "hasBeenRead": False} if profile.one_run else {})


class ChatLogs:
    """All chats, by app and chat id: the same chat id in two apps is two chats."""

    def __init__(self) -> None:
        self._logs: dict[tuple[str, str], ChatLog] = {}

    def get(self, app_id: str, chat_id: str) -> ChatLog | None:
        return self._logs.get((app_id, chat_id))

    def open(self, app_id: str, chat_id: str, now: datetime) -> ChatLog:
        return self._logs.setdefault((app_id, chat_id), ChatLog(app_id, chat_id, now))

    def of_app(self, app_id: str) -> list[ChatLog]:
        """Pinned ones first, then the latest."""
        logs = [log for log in self._logs.values() if log.app_id == app_id and log.records and not log.deleted]
        return sorted(logs, key=lambda log: (log.top, log.updated), reverse=True)

    def all(self) -> list[ChatLog]:
        return list(self._logs.values())

    def forget(self, log: ChatLog) -> None:
        self._logs.pop((log.app_id, log.chat_id), None)
