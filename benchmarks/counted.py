"""`python -m bridge`, with the store's calls counted by name and written as JSON to the file STORE_CALLS at the end."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from bridge.__main__ import main
from bridge.store.engine_sqlite import SqliteEngine
from bridge.store.sql import SqlStore

_counts: Counter[str] = Counter()


def _counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def counting(*args: Any, **kwargs: Any) -> Any:
        _counts[name] += 1
        return function(*args, **kwargs)

    return counting


if __name__ == "__main__":
    for name, method in list(vars(SqlStore).items()):
        if iscoroutinefunction(method) and not name.startswith("_"):
            setattr(SqlStore, name, _counted(name, method))
    SqliteEngine._commit = _counted("transactions", SqliteEngine._commit)  # type: ignore[method-assign]
    try:
        main()
    finally:
        Path(os.environ["STORE_CALLS"]).write_text(json.dumps(_counts), encoding="utf-8")
