"""Every table of the state database, one file a room; migrations must lead to exactly these (a test compares)."""

from shopkeeper.state.tables import access, customers, identities, jobs, kpi
from shopkeeper.state.tables.registry import METADATA

__all__ = ["METADATA", "access", "customers", "identities", "jobs", "kpi"]
