"""FastGPT's own history of a chat, read."""

from __future__ import annotations

from bridge.domain.interactions import Json
from bridge.domain.turns import ChatStatus, Record
from bridge.fastgpt.interactive import is_answered, paused
from bridge.fastgpt.wire import RecordItem, RecordPage, Value, read
from bridge.fastgpt.wording import sentence, shown

_STATUSES = {0: ChatStatus.GENERATING, 1: ChatStatus.DONE, 2: ChatStatus.FAILED}  # FastGPT's `ChatGenerateStatusEnum`


def page(data: Json) -> list[Record]:
    found = read(RecordPage, data)
    return [_record(item) for item in found.items if item.obj in ("Human", "AI")] if found else []


def _record(item: RecordItem) -> Record:
    values = [value for value in (read(Value, raw) for raw in item.values) if value is not None]
    rounds = [""]
    for value in values:
        rounds[-1] += value.words
        if value.interactive is not None:
            rounds.append("")
    last = values[-1].interactive if values else None
    return Record(
        id=item.id,
        from_person=item.obj == "Human",
        text="\n\n".join(text for text in rounds if text),
        paused=paused(last) if last is not None and not is_answered(last) else None,
        error=sentence(shown(item.error)),
        rounds=tuple(rounds),
    )


def status_of(data: Json, chat: str) -> ChatStatus:
    """From `getHistoryStatus`. A chat that is not listed, or has no status, is not being generated."""
    listed = data.get("list") if isinstance(data, dict) else data
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and item.get("chatId") == chat:
            status = item.get("chatGenerateStatus")
            return _STATUSES.get(status, ChatStatus.DONE) if isinstance(status, int) else ChatStatus.DONE
    return ChatStatus.DONE
