"""`DATABASE_URL`, as people write it and as hosters hand it out."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_FORMS = "sqlite:///bridge.db, sqlite:////absolute/path.db or postgresql://user:password@host:port/database"
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def database_url(text: str) -> URL:
    """The URL SQLAlchemy takes, with its driver. Heroku's `postgres://…?sslmode=require` works as it is.

    Raises ValueError with a sentence that never quotes a password. PostgreSQL: the parameters `sslmode` (libpq's words)
    and `host` (the directory of a local socket) are understood, any other is refused.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise ValueError(f"DATABASE_URL is not a database URL; use {_FORMS}.") from None
    match url.drivername:
        case "sqlite":
            return _sqlite(url)
        case "postgres" | "postgresql" | "postgresql+asyncpg":
            return _postgresql(url)
        case other:
            raise ValueError(f"DATABASE_URL names {other!r}, which is not supported; use {_FORMS}.")


def address(url: URL) -> str:
    """What `database_url` made, for people: a file's whole path, or user, host and name; never a password."""
    if url.get_backend_name() == "sqlite":
        return str(Path(url.database or "").resolve())
    return url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)


def _sqlite(url: URL) -> URL:
    if url.host or url.username or url.port:
        raise ValueError("DATABASE_URL needs three slashes before a relative path, as in sqlite:///bridge.db.")
    if url.query:
        raise ValueError("DATABASE_URL for SQLite takes no parameters after the file's name.")
    if not url.database or url.database == ":memory:":
        raise ValueError("DATABASE_URL names no file; use for example sqlite:///bridge.db.")
    return url


def _postgresql(url: URL) -> URL:
    if not url.database:
        raise ValueError("DATABASE_URL names no database; it should end in /name.")
    if not url.host and "host" not in url.query:
        raise ValueError("DATABASE_URL names no host; use postgresql://user:password@host:port/database.")
    query = {key: value if isinstance(value, str) else value[-1] for key, value in url.query.items()}
    ssl = query.pop("sslmode", None)
    if ssl is not None and ssl not in _SSL_MODES:
        raise ValueError(f"DATABASE_URL has sslmode={ssl}; use one of {', '.join(_SSL_MODES)}.")
    if unknown := sorted(query.keys() - {"host"}):
        raise ValueError(f"DATABASE_URL has the parameter {unknown[0]!r}, which is not supported; remove it.")
    if ssl is not None:
        query["ssl"] = ssl
    return url.set(drivername="postgresql+asyncpg", query=query)
