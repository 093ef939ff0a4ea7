"""The mark of the one process that works on a SQLite database: a lock on a file beside it.

The kernel lets go of it with the process, however that ends, so who gets it knows that its predecessor is no more.
"""

from __future__ import annotations

import fcntl
import logging
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)


class Sole:
    """`database` is the database's file; the lock's is called like it, with `-worker` behind."""

    def __init__(self, database: str) -> None:
        self._path = Path(f"{database}-worker")
        self._file: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Whether no other process works on the database now; asked again, the same. False where locks are unknown."""
        if self._file is not None:
            return True
        try:
            file = self._path.open("ab")
        except OSError as error:
            logger.warning("worker_unmarked", extra={"error": str(error)})
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
