"""The recorded answers of real FastGPT servers; `tests/fixtures/fastgpt/ORIGIN.md` says what they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent.parent / "fixtures" / "fastgpt"
VERSIONS = ("4.12.1", "4.14.3")


@dataclass(frozen=True)
class Capture:
    version: str
    name: str
    status: int
    content_type: str

    def __str__(self) -> str:
        return f"{self.version}/{self.name}"

    @property
    def body(self) -> bytes:
        return (_ROOT / self.version / f"{self.name}.body").read_bytes()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": self.content_type} if self.content_type else {}

    @property
    def oracle(self) -> dict[str, Any] | None:
        path = _ROOT / self.version / f"{self.name}.oracle.json"
        return json.loads(path.read_text()) if path.exists() else None

    def reads(self) -> list[bytes]:
        """The body, cut where it was cut on its way."""
        sizes = json.loads((_ROOT / self.version / f"{self.name}.timing.json").read_text())
        body, chunks, start = self.body, [], 0
        for _, size in sizes:
            chunks.append(body[start : start + size])
            start += size
        return chunks


def _index(version: str) -> list[Capture]:
    rows = [line.split("\t") for line in (_ROOT / version / "INDEX.tsv").read_text().splitlines()]
    return [Capture(version, name, int(status), content_type) for name, status, content_type in rows]


CAPTURES = [capture for version in VERSIONS for capture in _index(version)]


def captured(name: str, version: str = "4.14.3") -> Capture:
    return next(capture for capture in CAPTURES if (capture.version, capture.name) == (version, name))
