"""Run by alembic; the connection, in whose transaction everything happens, comes from `bridge.store.migrate`."""

from alembic import context

from bridge.store.tables import METADATA

# SQLite's DDL is transactional as well, once the driver leaves BEGIN to us: a migration happens whole or not at all.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
