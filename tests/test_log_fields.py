"""A log line must never be what ends the work it tells of."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for folder in ("bridge", "adapters") for path in (ROOT / folder).rglob("*.py"))
TAKEN = {*vars(logging.makeLogRecord({})), "message", "asctime"}
"""The logging library raises KeyError for a field of one of these names."""


def fields_of(tree: ast.AST) -> list[str]:
    given = [
        keyword.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "extra"
    ]
    tables = [value for value in given if isinstance(value, ast.Dict)]
    return [str(key.value) for table in tables for key in table.keys if isinstance(key, ast.Constant)]


def test_no_log_line_has_a_field_that_the_logging_library_refuses() -> None:
    """One that had ended the handling of every message with a file that was not taken."""
    refused = [
        (path.name, taken) for path in SOURCES if (taken := TAKEN & set(fields_of(ast.parse(path.read_text("utf-8")))))
    ]
    assert refused == []
