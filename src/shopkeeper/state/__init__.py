"""What people and processes do with a shop: users, decisions, alerts, jobs. One SQL database, SQLite or PostgreSQL.

Importing this room is cheap: SQLAlchemy is imported when a state is opened, Alembic only when one must be upgraded.
"""

from shopkeeper.state.database import State, default_state_url, open_state

__all__ = ["State", "default_state_url", "open_state"]
