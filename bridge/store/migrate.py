"""Brings a database's schema up to date, whole or not at all."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from bridge.domain.errors import StoreRefused
from bridge.store.tables import METADATA

_ONE_AT_A_TIME = 4_606_711_310  # any number, as long as all workers take the same


def migration_scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def migrate(connection: Connection) -> None:
    """Run in the connection's transaction what is missing. Several workers may start at once.

    Raises StoreRefused if the database was made by a newer program, or by something else.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    scripts = migration_scripts()
    present = MigrationContext.configure(connection).get_current_heads()
    if set(present) == set(scripts.get_heads()):
        return
    known = {script.revision for script in scripts.walk_revisions()}
    if unknown := sorted(set(present) - known):
        raise StoreRefused(
            f"the database was made by a newer version of the bridge (schema {unknown[0]}): "
            "install that version, or use another database."
        )
    if not present:
        _refuse_foreign_tables(connection)
    _upgrade(connection)


def _refuse_foreign_tables(connection: Connection) -> None:
    if taken := sorted(set(inspect(connection).get_table_names()) & set(METADATA.tables)):
        raise StoreRefused(
            f"the database already has a table {taken[0]!r} that the bridge did not make: use another database."
        )


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        raise StoreRefused(f"the database could not be brought up to date: {error.orig}.") from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "bridge.store:migrations")
    return config
