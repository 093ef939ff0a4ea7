"""One answer on screen: messages that grow, natively where Slack can, edited where it cannot.

Every message carries at most 11,500 characters, so that each can be rewritten as a whole whenever what was streamed
turns out not to be what the answer says. Progress is dropped where it cannot be shown; the end is not.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from adapters.slack.addresses import channel_and_ts, message_ref
from adapters.slack.api import Marker, SlackApi
from adapters.slack.blocks import Rows, answer, below, plainly
from adapters.slack.calling import Before
from adapters.slack.config import SlackConfig
from adapters.slack.errors import (
    MESSAGE_IS_GONE,
    STREAM_IS_OPEN,
    STREAM_IS_OVER,
    STREAMS_ARE_UNKNOWN,
    UNSHOWABLE,
    code_of,
)
from adapters.slack.markdown import SAFE_LENGTH, is_inside_code, settled, shown, size
from adapters.slack.posting import Posting
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.events import TurnEnded
from bridge.domain.turns import Part, PartState
from bridge.ports import Clock, Delivery
from bridge.rendering.chunks import chunks
from bridge.rendering.markdown import healed
from bridge.rendering.pacing import Priority

log = logging.getLogger(__name__)

_HOPELESS = frozenset({PlatformFault.GONE, PlatformFault.UNAUTHORISED})
_WITHOUT_STREAMS = 3600.0
"""Seconds for which a workspace that has no streams is not asked again."""


class StreamSupport:
    """Whether the workspace streams; shared by all answers."""

    def __init__(self, clock: Clock, enabled: bool) -> None:
        self._clock = clock
        self._enabled = enabled
        self._not_before = 0.0

    @property
    def is_there(self) -> bool:
        return self._enabled and self._clock.monotonic() >= self._not_before

    def is_missing(self) -> None:
        self._not_before = self._clock.monotonic() + _WITHOUT_STREAMS


@dataclass(slots=True)
class _Message:
    """`text` is what stands on screen, None if that is not known. `may_be_lost`: an earlier send may have arrived."""

    index: int
    ts: str = ""
    text: str | None = None
    streams: bool = False
    opened_at: float = 0.0
    is_final: bool = False
    may_be_lost: bool = False


class Screen:
    """The messages of one turn. `session_status` is what Slack's session becomes when the last stream is stopped."""

    def __init__(
        self,
        api: SlackApi,
        posting: Posting,
        delivery: Delivery,
        config: SlackConfig,
        clock: Clock,
        support: StreamSupport,
        *,
        bot: str,
        recipient: tuple[str, str],
    ) -> None:
        self._api = api
        self._posting = posting
        self._delivery = delivery
        self._config = config
        self._clock = clock
        self._support = support
        self._bot = bot
        self._recipient = recipient
        self._channel = posting.place.channel
        self._messages = [_left_behind(part) for part in sorted(delivery.turn.parts, key=lambda part: part.index)]

    @property
    def is_empty(self) -> bool:
        return not self._messages

    @property
    def gap(self) -> float:
        """Seconds to wait before what is on screen is worth changing again."""
        if not self._messages:
            return 0.0
        if self._messages[-1].streams:
            return max(self._config.flush_every, self._api.calls.ready_in("append"))
        return max(self._config.edit_every, self._api.calls.ready_in("update"))

    async def show(self, text: str) -> None:
        """Show an answer that is still being written, as far as it can be. Raises LeaseLost; PlatformError only where
        the end could not be shown either."""
        ready = shown(settled(text))
        parts = _split(ready)
        for index, part in enumerate(parts):
            is_last = index == len(parts) - 1
            try:
                await self._progress(index, _open_ended(part, ready) if is_last else part, is_last=is_last)
            except PlatformError as error:
                if error.fault in _HOPELESS and code_of(error) not in MESSAGE_IS_GONE:
                    raise
                log.debug("progress_dropped", extra={"reason": error.sentence})
                return

    async def finish(self, end: TurnEnded, session_status: str | None = None) -> None:
        """Make the screen say exactly what the answer says. Raises PlatformError if it could not."""
        parts = _split(shown(end.text)) or ([""] if end.note else [])
        unchanged = end.text == self._delivery.turn.text and len(parts) == len(self._messages)
        for index, part in enumerate(parts):
            message = self._message(index)
            if message.is_final and unchanged:
                continue
            last = index == len(parts) - 1
            await self._complete(
                message,
                part,
                end.note if last else "",
                end.buttons if last else (),
                session_status if last else None,
            )
        for message in self._messages[len(parts) :]:
            await self._remove(message)

    # --- while it grows ---

    async def _progress(self, index: int, text: str, *, is_last: bool) -> None:
        message = self._message(index)
        if message.text in (text, healed(text)) or (message.is_final and not is_last):
            if message.streams and not is_last:
                await self._stop(message)
            return
        if not message.ts:
            await self._open(message, text)
        elif message.streams:
            await self._append(message, text)
        if message.ts and not message.streams and message.text not in (text, healed(text)):
            await self._edit(message, text)
        if message.streams and not is_last:
            await self._stop(message)

    async def _open(self, message: _Message, text: str) -> None:
        """The first sign of a part: a stream if there can be one, a message otherwise."""
        if message.may_be_lost and await self._recovered(message):
            return
        if self._may_stream() and await self._stream(message, text):
            return
        ts = await self._sent(message, lambda: self._post(message, text, "", (), Priority.FIRST))
        await self._is_on_screen(message, ts, healed(text))

    def _may_stream(self) -> bool:
        return (
            self._support.is_there
            and bool(self._posting.place.root)
            and self._api.calls.has_budget("start")
            and self._api.calls.has_budget("stop", Priority.FINAL)
        )

    async def _stream(self, message: _Message, text: str) -> bool:
        try:
            ts = await self._api.start_stream(
                self._channel, self._posting.place.root, text, self._recipient, before=self._sending(message)
            )
        except PlatformError as error:
            if code_of(error) in STREAMS_ARE_UNKNOWN:
                self._support.is_missing()
            if error.fault is PlatformFault.FATE_UNKNOWN:
                message.may_be_lost = True
                await self._record(message, PartState.UNKNOWN)
                raise
            log.info("stream_refused", extra={"reason": error.sentence})
            return False
        message.streams, message.opened_at = True, self._clock.monotonic()
        await self._is_on_screen(message, ts, text)
        return True

    async def _append(self, message: _Message, text: str) -> None:
        """More text into the stream; if that cannot be, the stream ends, and the message is edited from then on."""
        too_old = self._clock.monotonic() - message.opened_at >= self._config.stream_for
        if too_old or message.text is None or not text.startswith(message.text):
            await self._stop(message)
            return
        try:
            await self._api.append_stream(self._channel, message.ts, text[len(message.text) :])
        except PlatformError as error:
            if error.fault is PlatformFault.RATE_LIMITED:
                raise
            if error.fault is PlatformFault.FATE_UNKNOWN:
                message.text = None
            if code_of(error) in STREAM_IS_OVER:
                message.streams = False
            else:
                await self._stop(message)
            return
        message.text = text

    async def _edit(self, message: _Message, text: str) -> None:
        visible = healed(text)
        try:
            await self._api.update(self._channel, message.ts, answer(visible), priority=Priority.PROGRESS)
        except PlatformError as error:
            if code_of(error) in STREAM_IS_OPEN:
                await self._stop(message)
            raise
        message.text = visible

    async def _stop(self, message: _Message) -> None:
        """End the stream without a last word. Whatever Slack says, the message is edited from now on."""
        message.streams = False
        try:
            await self._api.stop_stream(self._channel, message.ts, marker=self._marker(message))
        except PlatformError as error:
            log.debug("stop_refused", extra={"reason": error.sentence})

    # --- the end ---

    async def _complete(self, message: _Message, text: str, note: str, rows: Rows, status: str | None) -> None:
        if not message.ts and message.may_be_lost:
            await self._recovered(message)
        if not message.ts:
            ts = await self._sent(message, lambda: self._post(message, text, note, rows, Priority.FINAL))
            message.text = text
            message.ts = ts
        elif not await self._ended_as_stream(message, text, note, rows, status):
            has_more = bool(note or rows)
            if has_more or message.text != text:
                await self._rewrite(message, text, note, rows)
        message.text, message.is_final = text, True
        await self._record(message, PartState.SENT)

    async def _ended_as_stream(self, message: _Message, text: str, note: str, rows: Rows, status: str | None) -> bool:
        """Stop the stream with what is missing; False if the message has to be rewritten instead."""
        if not message.streams:
            return False
        if message.text is None or not text.startswith(message.text) or not text:
            await self._stop(message)
            return False
        message.streams = False
        try:
            await self._api.stop_stream(
                self._channel,
                message.ts,
                text=text[len(message.text) :],
                blocks=below(note, rows),
                marker=self._marker(message),
                session_status=status,
            )
        except PlatformError as error:
            log.info("stream_not_finished", extra={"reason": error.sentence})
            message.text = None
            return False
        return True

    async def _rewrite(self, message: _Message, text: str, note: str, rows: Rows) -> None:
        try:
            await self._api.update(self._channel, message.ts, answer(text, note, rows), priority=Priority.FINAL)
        except PlatformError as error:
            code = code_of(error)
            if code in STREAM_IS_OPEN:
                await self._stop(message)
                await self._api.update(self._channel, message.ts, answer(text, note, rows), priority=Priority.FINAL)
            elif code in UNSHOWABLE:
                await self._api.update(self._channel, message.ts, plainly(text, note, rows), priority=Priority.FINAL)
            elif code in MESSAGE_IS_GONE:  # the answer is still owed
                message.ts = await self._post(message, text, note, rows, Priority.FINAL)
            else:
                raise

    async def _remove(self, message: _Message) -> None:
        """A message that the finished answer has no text for."""
        if message.streams:
            await self._stop(message)
        if message.ts:
            await self._api.delete(self._channel, message.ts)

    # --- sending ---

    async def _post(self, message: _Message, text: str, note: str, rows: Rows, priority: Priority) -> str:
        return await self._posting.post(
            answer(text if priority is Priority.FINAL else healed(text), note, rows),
            plainly(text, note, rows),
            self._marker(message),
            priority=priority,
            before=self._sending(message),
        )

    async def _sent(self, message: _Message, send: Callable[[], Awaitable[str]]) -> str:
        try:
            return await send()
        except PlatformError as error:
            if error.fault is PlatformFault.FATE_UNKNOWN:
                message.may_be_lost = True
                await self._record(message, PartState.UNKNOWN)
            raise

    async def _recovered(self, message: _Message) -> bool:
        """Look for what an earlier send, whose answer never came, may have left on screen."""
        known = frozenset(other.ts for other in self._messages if other.ts)
        ts = await self._posting.found(self._marker(message), unmarked=known)
        message.may_be_lost = False
        if ts is None:
            return False
        message.ts = ts
        await self._record(message, PartState.SENT)
        return True

    async def _is_on_screen(self, message: _Message, ts: str, text: str) -> None:
        message.ts, message.text = ts, text
        await self._record(message, PartState.SENT)

    async def _record(self, message: _Message, state: PartState) -> None:
        ref = message_ref(self._bot, self._channel, message.ts) if message.ts else None
        await self._delivery.record(Part(message.index, state, ref, message.is_final))

    def _sending(self, message: _Message) -> Before:
        return lambda: self._record(message, PartState.SENDING)

    def _message(self, index: int) -> _Message:
        while len(self._messages) <= index:
            self._messages.append(_Message(len(self._messages)))
        return self._messages[index]

    def _marker(self, message: _Message) -> Marker:
        return Marker("answer", self._delivery.turn.id, message.index)


def _left_behind(part: Part) -> _Message:
    ts = channel_and_ts(part.message)[1] if part.message else ""
    return _Message(part.index, ts=ts, is_final=part.is_final, may_be_lost=not ts)


def _split(text: str) -> Sequence[str]:
    return chunks(text, SAFE_LENGTH, size) if text.strip() else []


def _open_ended(part: str, text: str) -> str:
    """The last part of a text that goes on inside a code block, without the fence that only closes it for now."""
    return part.rpartition("\n")[0] if is_inside_code(text) else part
