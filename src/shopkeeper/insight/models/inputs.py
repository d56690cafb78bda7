"""Which inputs of the models a shop has."""

from __future__ import annotations

from collections.abc import Iterable

from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.shop import Shop


def filled_inputs(shop: Shop, wanted: Iterable[str]) -> frozenset[str]:
    """Those of the wanted tables and columns ("visits", "order_lines.customer_id") that hold anything at all.

    The engine stops at the first row that does, so only an empty column is read whole.
    """
    parts = []
    for name in sorted(set(wanted)):
        table, _, column = name.partition(".")
        TABLES[table].column(column) if column else TABLES[table]  # a misspelt input fails here, not as "missing"
        condition = f" WHERE {column} IS NOT NULL" if column else ""
        parts.append(f"SELECT '{name}' AS input WHERE EXISTS (SELECT 1 FROM {table}{condition})")
    if not parts:
        return frozenset()
    return frozenset(str(name) for (name,) in shop.lake.query(" UNION ALL ".join(parts)).fetchall())
