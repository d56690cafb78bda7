"""The brand's ERP: a SQLite database of plain tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from shopkeeper.twin.writers.desk import Desk

_BATCH = 50_000
_TABLES = {
    "articles": "SELECT code, barcode, name, category, variant, list_fen AS list_price_fen, vat_share, weight_g, "
    "CAST(launched_day AS VARCHAR) AS launched_day, CAST(ended_day AS VARCHAR) AS ended_day, supplier FROM skus ORDER BY sku",
    "suppliers": "SELECT supplier, name, lead_time_days, payment_days FROM suppliers ORDER BY supplier",
    "costs": "SELECT code, CAST(valid_from AS VARCHAR) AS valid_from, unit_cost_fen FROM sku_costs JOIN skus USING (sku) "
    "ORDER BY valid_from, code",
    "stock": "SELECT code, warehouse, CAST(date AS VARCHAR) AS day, on_hand, available, in_transit, value_fen FROM stock_days "
    "JOIN skus USING (sku) ORDER BY date, warehouse, code",
    "stock_moves": "SELECT move, code, warehouse, CAST(moment AS VARCHAR) AS moved_at, quantity, kind, cost_fen FROM stock_moves "
    "JOIN skus USING (sku) ORDER BY moment, move",
    "purchase_orders": "SELECT p.purchase, code, p.supplier, p.warehouse, CAST(ordered_day AS VARCHAR) AS ordered_day, "
    "CAST(due_day AS VARCHAR) AS due_day, CAST(r.received_day AS VARCHAR) AS received_day, p.quantity, "
    "r.quantity AS received, unit_cost_fen FROM purchase_orders p JOIN skus USING (sku) LEFT JOIN receipts r "
    "ON r.purchase = p.purchase AND r.sku = p.sku ORDER BY ordered_day, p.purchase, code",
    "staff": "SELECT staff, name, CAST(valid_from AS VARCHAR) AS valid_from, team, role, reports_to, monthly_cost_fen, "
    "CAST(left_day AS VARCHAR) AS left_day FROM staff ORDER BY valid_from, staff",
}


def write_erp(desk: Desk, path: Path) -> None:
    """Write the database. Amounts are whole fen, days ISO texts."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA synchronous = OFF")
        for name, select in _TABLES.items():
            found = desk.run(select)
            columns = [column[0] for column in found.description]
            database.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            insert = f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})"
            while batch := found.fetchmany(_BATCH):
                database.executemany(insert, batch)
