"""Accounting identities of the twin, recomputed from the records alone, day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from shopkeeper.twin.records import RECORDS
from shopkeeper.twin.world import World

DAYS = 400


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=11, scale=0.003, start=dt.date(2024, 3, 1), days=DAYS)


@pytest.fixture(scope="module")
def told(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    stretches = list(world.run(world.start + dt.timedelta(DAYS)))
    con = duckdb.connect()
    con.execute("SET TimeZone = 'Asia/Shanghai'")
    for name in RECORDS:
        con.register(name, pa.concat_tables([s.tables[name] for s in stretches]))
    yield con
    con.close()


def _none(told: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert told.execute(sql).fetchall() == []


def test_every_record_has_rows_and_its_own_schema(told: duckdb.DuckDBPyConnection) -> None:
    empty = [n for n in RECORDS if told.execute(f"SELECT count(*) FROM {n}").fetchone() == (0,)]
    assert empty == ["promotions"]  # the brand places nothing by itself; an action does


def test_stock_of_every_told_day_is_the_first_one_plus_all_moves(told: duckdb.DuckDBPyConnection) -> None:
    _none(
        told,
        """
        WITH moved AS (SELECT warehouse, sku, "at"::date AS day, sum(quantity) AS units FROM stock_moves GROUP BY ALL),
        paired AS (
            SELECT *, lag(day) OVER w AS before_day, lag(on_hand) OVER w AS before FROM stock_days
            WINDOW w AS (PARTITION BY warehouse, sku ORDER BY day)
        )
        SELECT p.warehouse, p.sku, p.day, p.before, p.on_hand FROM paired p
        WHERE before_day IS NOT NULL AND p.on_hand <> p.before + coalesce((
            SELECT sum(units) FROM moved m
            WHERE m.warehouse = p.warehouse AND m.sku = p.sku AND m.day > p.before_day AND m.day <= p.day), 0)
        """,
    )
    _none(told, "SELECT * FROM stock_days WHERE on_hand < 0 OR available < 0 OR in_transit < 0 OR available > on_hand")


def test_sales_moves_are_the_units_shipped(told: duckdb.DuckDBPyConnection) -> None:
    moved = told.execute("SELECT -sum(quantity) FROM stock_moves WHERE kind = 'sale'").fetchone()
    shipped = told.execute(
        "SELECT sum(s.quantity) FROM shipments s JOIN orders o ON s.order = o.order WHERE NOT o.is_brushing"
    ).fetchone()
    assert moved == shipped


def test_cash_follows_line_by_line(told: duckdb.DuckDBPyConnection) -> None:
    _none(
        told,
        "SELECT * FROM (SELECT *, lag(balance_fen) OVER (ORDER BY bank_line) AS before FROM bank_lines) "
        "WHERE before IS NOT NULL AND balance_fen <> before + amount_fen",
    )


def test_payouts_to_the_bank_are_those_of_the_statements(told: duckdb.DuckDBPyConnection) -> None:
    _none(
        told,
        """
        SELECT day, s, b FROM
            (SELECT "at"::date + 1 AS day, -sum(amount_fen) AS s FROM settlements WHERE kind = 'payout' GROUP BY 1)
            FULL JOIN (SELECT "at"::date AS day, sum(amount_fen) AS b FROM bank_lines WHERE kind = 'payout' GROUP BY 1)
            USING (day)
        WHERE s IS DISTINCT FROM b AND day < DATE '2025-04-05'
        """,
    )


def test_no_platform_pays_out_more_than_it_holds(told: duckdb.DuckDBPyConnection, world: World) -> None:
    held = told.execute("SELECT shop, sum(amount_fen) FROM settlements GROUP BY 1 ORDER BY shop").fetchall()
    truth = world.regions[0].settlement.held
    assert {name: fen for name, fen in held} == {
        name: int(truth[n]) for n, name in enumerate(_platforms()) if name in dict(held)
    }


def _platforms() -> tuple[str, ...]:
    from shopkeeper.twin.codes import PLATFORMS

    return PLATFORMS


def test_every_day_orders_are_open_paid_or_cancelled_and_paid_ones_are_waiting_shipped_or_closed(
    told: duckdb.DuckDBPyConnection, world: World
) -> None:
    counts = dict(told.execute("SELECT state, count(*) FROM order_states GROUP BY 1").fetchall())
    orders = told.execute("SELECT count(*) FROM orders").fetchone()
    assert orders == (counts["placed"],)
    _none(told, "SELECT s.order, state FROM order_states s GROUP BY ALL HAVING count(*) > 1")
    # Every order takes one way: paid or cancelled, never both; shipped or closed, never both.
    _none(
        told,
        "SELECT s.order FROM order_states s GROUP BY 1 HAVING count(*) FILTER (state IN ('paid', 'cancelled')) > 1 "
        "OR count(*) FILTER (state IN ('shipped', 'closed')) > 1 OR (count(*) FILTER (state IN ('shipped', 'closed')) = 1 "
        "AND count(*) FILTER (state = 'paid') = 0)",
    )
    backlog = counts["paid"] - counts["shipped"] - counts["closed"]
    assert backlog == world.regions[0].shipping.backlog


def test_states_come_in_their_order(told: duckdb.DuckDBPyConnection) -> None:
    _none(
        told,
        """
        WITH t AS (PIVOT (SELECT "order", state, "at" FROM order_states) ON state
                   IN ('placed', 'paid', 'shipped', 'completed', 'closed', 'cancelled') USING min("at"))
        SELECT * FROM t WHERE paid < placed OR shipped < paid OR completed < shipped OR closed < paid OR cancelled < placed
        """,
    )


def test_lines_and_orders_add_up_to_the_fen(told: duckdb.DuckDBPyConnection) -> None:
    _none(
        told, "SELECT * FROM order_lines WHERE list_fen <> merchant_fen + platform_fen + influencer_fen + payable_fen"
    )
    _none(told, "SELECT * FROM order_lines WHERE payable_fen < 0 OR merchant_fen < 0 OR quantity < 1")
    _none(
        told,
        """
        SELECT o.order FROM orders o JOIN order_lines l ON l.order = o.order
        GROUP BY o.order, o.payable_fen, o.freight_fen, o.lines
        HAVING sum(l.payable_fen) + o.freight_fen <> o.payable_fen OR count(*) <> o.lines
        """,
    )


def test_payments_of_a_paid_order_are_what_it_owes(told: duckdb.DuckDBPyConnection) -> None:
    _none(
        told,
        """
        SELECT o.order FROM orders o JOIN order_states s ON s.order = o.order AND s.state = 'paid'
        LEFT JOIN payments p ON p.order = o.order AND p.status = 'succeeded'
        GROUP BY o.order, o.payable_fen HAVING coalesce(sum(p.amount_fen), 0) <> o.payable_fen
        """,
    )


def test_no_line_is_refunded_above_what_was_paid(told: duckdb.DuckDBPyConnection) -> None:
    _none(
        told,
        """
        SELECT r.refund FROM refunds r JOIN order_lines l ON l.order = r.order AND l.line = r.line
        JOIN orders o ON o.order = r.order WHERE r.amount_fen > l.payable_fen + o.freight_fen OR r.quantity > l.quantity
        """,
    )


def test_people_and_accounts_are_whole(told: duckdb.DuckDBPyConnection) -> None:
    _none(told, "SELECT account FROM orders EXCEPT SELECT account FROM accounts")
    _none(told, "SELECT person FROM accounts EXCEPT SELECT person FROM people")
    _none(told, "SELECT account FROM accounts GROUP BY 1 HAVING count(*) > 1")
    _none(told, "SELECT person FROM people GROUP BY 1 HAVING count(*) > 1")
    _none(
        told,
        "SELECT o.order FROM orders o JOIN accounts a USING (account) WHERE o.person <> a.person OR o.shop <> a.shop",
    )
    _none(told, "SELECT * FROM visitor_days WHERE visitors <> paid + organic + owned OR carting > visitors")
    _none(
        told,
        """
        SELECT v.shop, v.day FROM visitor_days v JOIN (
            SELECT shop, placed_at::date AS day, count(DISTINCT person) AS buyers FROM orders
            WHERE NOT is_brushing GROUP BY ALL) b USING (shop, day) WHERE b.buyers > v.visitors * 1.15 + 2
        """,
    )


def test_keys_are_unique(told: duckdb.DuckDBPyConnection) -> None:
    for record in ("orders", "payments", "refunds", "shipments", "tickets", "reviews", "events", "sessions", "stock_moves",
                   "settlements", "bank_lines", "ledger_entries", "contacts", "posts"):  # fmt: skip
        first = RECORDS[record].fields[0].name
        _none(told, f'SELECT "{first}" FROM {record} GROUP BY 1 HAVING count(*) > 1')


def test_receipts_belong_to_purchase_orders(told: duckdb.DuckDBPyConnection) -> None:
    _none(
        told,
        "SELECT r.purchase FROM receipts r LEFT JOIN purchase_orders p USING (purchase, sku) "
        "WHERE p.purchase IS NULL OR p.quantity <> r.quantity OR r.received_day < p.ordered_day",
    )
