"""Orders that both an ERP and the platform that sold them tell: added up, they would count twice, so that such a load is refused.

`[ingest] erp_orders` says whose orders count; then the other side's are left out before they get here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from shopkeeper.core.settings import FILE_NAME
from shopkeeper.errors import DataQualityError
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.readers import OpenedFile
from shopkeeper.ingest.staging import Staged

ERP = "erp"
_ORDERS = ("orders", "order_lines")


def left_out(mapping: SourceMapping, erp_orders: str) -> SourceMapping:
    """The mapping without the orders that do not count: the ERP's under `costs_only`, the platforms' under `orders`."""
    wrong = {"costs_only": mapping.platform == ERP, "orders": mapping.platform not in ("", ERP)}
    if not wrong.get(erp_orders) or not any(mapping.maps(name) for name in _ORDERS):
        return mapping
    return mapping.without(_ORDERS)


def refuse_orders_told_twice(
    connection: duckdb.DuckDBPyConnection, staged: Sequence[Staged], mappings: Mapping[int, SourceMapping],
    opened: Mapping[int, OpenedFile],
) -> None:  # fmt: skip
    """Raise DataQualityError when an order of an ERP's file is also of a file of another source, loaded now or before."""
    lines = [part for part in staged if part.table.name == "order_lines"]
    by_erp = [part for part in lines if mappings[part.file_no].platform == ERP]
    others = [part for part in lines if part not in by_erp]
    known = f"SELECT file_hash FROM load_files WHERE platform = '{ERP}'"
    if others and not by_erp and connection.execute(f"{known} LIMIT 1").fetchone() is None:
        return
    digests = [opened[number].digest for number in opened]
    earlier = (
        "SELECT order_id, CAST(NULL AS SMALLINT) AS file_no, file_hash FROM order_lines WHERE NOT list_contains($1, file_hash) "
        f"AND file_hash {{}} ({known})"
    )
    pairs = [(others, by_erp, ""), (others, [], earlier.format("IN")), ([], by_erp, earlier.format("NOT IN"))]
    for platforms, erp, loaded in pairs:
        sides = [_orders(side) or loaded for side in (platforms, erp)]
        if not all(sides) or not (platforms or erp):
            continue
        found = connection.execute(
            "SELECT count(DISTINCT p.order_id), min(p.order_id), any_value(p.file_no), any_value(e.file_no), "
            f"any_value(coalesce(p.file_hash, e.file_hash)) FROM ({sides[0]}) p JOIN ({sides[1]}) e ON e.order_id = p.order_id",
            [digests] if loaded else [],
        ).fetchone()
        if found and found[0]:
            raise _refused(connection, found, mappings, opened)


def _orders(side: Sequence[Staged]) -> str:
    return " UNION ALL ".join(
        f"SELECT order_id, file_no, CAST(NULL AS VARCHAR) AS file_hash FROM {part.name} WHERE file_no = {part.file_no}"
        for part in side
    )


def _refused(
    connection: duckdb.DuckDBPyConnection, found: Sequence[object], mappings: Mapping[int, SourceMapping],
    opened: Mapping[int, OpenedFile],
) -> DataQualityError:  # fmt: skip
    count, example, by_platform, by_erp, digest = found
    told = [f"{mappings[n].name} ({opened[n].path.name})" for n in (by_platform, by_erp) if isinstance(n, int)]
    if digest:
        query = "SELECT any_value(file_name) FROM load_files WHERE file_hash = ?"
        row = connection.execute(query, [digest]).fetchone()
        told.append(f"{row[0] if row else digest}, loaded before")
    return DataQualityError(
        "orders are told by an ERP and by another source: they would count twice", where=f"{count} orders, such as {example}",
        received=" and ".join(told),
        allowed=['[ingest] erp_orders = "costs_only": the ERP brings costs and articles, the platforms their orders',
                 '[ingest] erp_orders = "orders": the ERP brings the orders, the platforms all else'],
        state="nothing was changed",
        next_command=f"say which in {FILE_NAME}, run shopkeeper replay, then load again",
    )  # fmt: skip
