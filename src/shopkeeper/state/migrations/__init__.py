"""Alembic scripts of the state database; run by `shopkeeper.state.upgrade`, never by hand."""
