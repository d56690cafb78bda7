"""What Alembic runs: the scripts, on the connection and inside the transaction of `shopkeeper.state.upgrade`."""

from __future__ import annotations

from alembic import context

from shopkeeper.state.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,  # true of SQLite too once BEGIN is sent by us, as `shopkeeper.state.database` does
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
