"""Files of the person at the terminal, by their local path."""

from __future__ import annotations

import asyncio
import mimetypes
import re
import shlex
from pathlib import Path

from bridge.domain import phrases
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.updates import Attachment

_FILE = re.compile(r"/file\s+(\"[^\"]+\"|'[^']+'|\S+)\s*(.*)", re.DOTALL)


def look(path: str) -> Attachment | None:
    """The file there, or None."""
    try:
        file = Path(path).expanduser().resolve()
        if not file.is_file():
            return None
        size = file.stat().st_size
    except (OSError, ValueError, RuntimeError):  # no permission; a NUL in the path; no home directory
        return None
    return Attachment(id=str(file), name=file.name, media_type=mimetypes.guess_type(file.name)[0] or "", size=size)


def sent_along(line: str) -> tuple[str, str] | None:
    """The path and the rest of a `/file path question` line; None for any other."""
    match = _FILE.match(line.strip())
    if match is None:
        return None
    quoted = match[1][0] in "\"'"
    return (shlex.split(match[1])[0] if quoted else match[1]), match[2].strip()


async def read(attachment: Attachment, limit: int) -> bytes:
    """At most `limit` bytes. Raises PlatformError, always permanent."""
    return await asyncio.to_thread(_read, Path(attachment.id), limit)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        sentence = f"{path.name} cannot be read: {error.strerror or error}."
        raise PlatformError(sentence, fault=PlatformFault.GONE, permanent=True) from error
    if len(content) > limit:
        raise PlatformError(phrases.file_too_large(limit), fault=PlatformFault.REFUSED, permanent=True)
    return content
