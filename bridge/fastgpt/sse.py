"""Server-sent events: bytes in, frames out, as https://html.spec.whatwg.org/multipage/server-sent-events.html has it.

Lines end with CR, LF or CRLF only: JSON may hold U+2028 or U+0085 raw, which `str.splitlines` would cut at.
"""

from __future__ import annotations

from dataclasses import dataclass

LIMIT = 16 * 1024 * 1024
"""Bytes of one event. FastGPT caps its own responses at 20 MB; one event beyond this is skipped, the stream goes on."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Frame:
    """`event` is empty where the stream names none."""

    event: str
    data: str


class SseParser:
    """Give it chunks as they come, cut anywhere; a frame unfinished at the end is dropped, as the standard says.

    `skipped` counts events larger than `limit`. Time is linear in the bytes given, memory bounded by `limit`.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._head: bytes | None = b""
        self._after_cr = False
        self._line = bytearray()
        self._event = b""
        self._data: list[bytes] = []
        self._size = 0
        self._oversized = False
        self.skipped = 0

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that this chunk completes."""
        if self._head is not None:
            chunk = self._without_bom(chunk)
        if not chunk:
            return []
        first, *rest = self._normalised(chunk).split(b"\n")
        self._append(first)
        frames: list[Frame] = []
        for piece in rest:
            frame = self._take(bytes(self._line))
            if frame is not None:
                frames.append(frame)
            self._line.clear()
            self._append(piece)
        return frames

    def _without_bom(self, chunk: bytes) -> bytes:
        head = (self._head or b"") + chunk
        if len(head) < len(_BOM) and _BOM.startswith(head):
            self._head = head
            return b""
        self._head = None
        return head.removeprefix(_BOM)

    def _normalised(self, chunk: bytes) -> bytes:
        """Line ends as LF; the LF of a CRLF that was cut in two is not a second one."""
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._after_cr = False
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk

    def _append(self, piece: bytes) -> None:
        if not piece:
            return
        self._size += len(piece)
        if self._size > self._limit:
            self._oversized = True
            self._data.clear()
        if self._oversized:
            self._line[:] = b":"  # all that still matters is that this line is not empty
        else:
            self._line += piece

    def _take(self, line: bytes) -> Frame | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value
        elif not name:
            self._size -= min(self._size, len(line))  # endless comments make no event large
        return None

    def _dispatch(self) -> Frame | None:
        event, data, oversized = self._event, self._data, self._oversized
        self._event, self._data, self._size, self._oversized = b"", [], 0, False
        if oversized:
            self.skipped += 1
            return None
        if not data:
            return None
        return Frame(event.decode("utf-8", "replace"), b"\n".join(data).decode("utf-8", "replace"))
