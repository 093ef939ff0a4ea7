"""Files of the workspace: what people shared and what the app uploaded."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from tests.emulators.slack.errors import Json, Refused


@dataclass(slots=True)
class File:
    id: str
    name: str
    mimetype: str
    content: bytes
    user: str
    title: str = ""
    deleted: bool = False
    expected: int | None = None  # bytes announced to files.getUploadURLExternal, until the upload is complete
    secret: str = ""
    subtype: str = ""
    shares: dict[str, list[Json]] = field(default_factory=dict)  # channel → the messages that show it

    def exported(self, base: str, team: str) -> Json:
        address = f"{base}/files-pri/{team}-{self.id}"
        shown = {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2],
            "user": self.user,
            "mode": "hosted",
            "is_external": False,
            "file_access": "visible",
            "size": len(self.content),
            "shares": {"public": self.shares} if self.shares else {},
            "url_private": f"{address}/{self.name}",
            "url_private_download": f"{address}/download/{self.name}",
        }
        return shown | ({"subtype": self.subtype} if self.subtype else {})


class FileStore:
    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def add(self, file: File) -> File:
        file.secret = secrets.token_urlsafe(12)
        self._files[file.id] = file
        return file

    def find(self, id: str) -> File:
        file = self._files.get(id)
        if file is None:
            raise Refused("file_not_found")
        if file.deleted:
            raise Refused("file_deleted")
        return file

    def waiting_for(self, secret: str) -> File | None:
        """The announced upload behind an upload URL."""
        return next(
            (file for file in self._files.values() if file.secret == secret and file.expected is not None), None
        )

    def all(self) -> list[File]:
        return list(self._files.values())
