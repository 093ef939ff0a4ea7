"""`DATABASE_URL`, in every form people have it in."""

import pytest

from bridge.store.urls import database_url


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("sqlite:///bridge.db", "sqlite:///bridge.db"),
        (" sqlite:////var/lib/bridge.db\n", "sqlite:////var/lib/bridge.db"),
        ("postgres://u:p@h:5432/d", "postgresql+asyncpg://u:p@h:5432/d"),
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgres://u:p@h/d?sslmode=require", "postgresql+asyncpg://u:p@h/d?ssl=require"),
        ("postgresql://u@/d?host=/run/pg", "postgresql+asyncpg://u@/d?host=/run/pg"),
        ("postgres://u:a%2Fb%40c@h/d", "postgresql+asyncpg://u:a%2Fb%40c@h/d"),
    ],
)
def test_what_hosters_and_people_write_is_understood(text: str, meant: str) -> None:
    assert database_url(text).render_as_string(hide_password=False).replace("%2Frun%2Fpg", "/run/pg") == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a database URL"),
        ("bridge.db", "not a database URL"),
        ("mysql://u:hunter2@h/d", "'mysql'"),
        ("postgres://u:hunter2@h:port/d", "not a database URL"),
        ("postgresql+psycopg://u:hunter2@h/d", "'postgresql\\+psycopg'"),
        ("sqlite://bridge.db", "three slashes"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///bridge.db?mode=ro", "no parameters"),
        ("postgres://u:hunter2@h", "names no database"),
        ("postgres:///d", "names no host"),
        ("postgres://u:hunter2@h/d?sslmode=maybe", "sslmode=maybe"),
        ("postgres://u:hunter2@h/d?pgbouncer=true", "'pgbouncer'"),
    ],
)
def test_anything_else_is_refused_in_one_sentence_without_the_password(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        database_url(text)
    sentence = str(refused.value)
    assert sentence.startswith("DATABASE_URL ")
    assert "hunter2" not in sentence
    assert sentence.endswith((".", "database"))
