"""The commerce model: every table that a shop's warehouse can hold, with keys, types, units and meaning."""

from __future__ import annotations

from shopkeeper.errors import NotFound
from shopkeeper.warehouse.model import dimensions, operations, persons, published, pulls, sales, traffic
from shopkeeper.warehouse.model.table import Column, Table

__all__ = ["COMMERCE_TABLES", "TABLES", "Column", "Table", "table"]

COMMERCE_TABLES: dict[str, Table] = {
    t.name: t for t in (*sales.TABLES, *traffic.TABLES, *operations.TABLES, *dimensions.TABLES, *published.PUBLISHED)
}
TABLES: dict[str, Table] = COMMERCE_TABLES | {t.name: t for t in (*published.LEDGER, *pulls.TABLES, *persons.TABLES)}


def table(name: str) -> Table:
    """A table by name. Raises NotFound with the nearest names.

    >>> table("order_lines").key
    ('shop_id', 'order_id', 'line_no')
    """
    if name not in TABLES:
        raise NotFound("table", name, TABLES)
    return TABLES[name]
