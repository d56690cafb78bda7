"""Reconcile a shop: one snapshot, one classification of orders and transfers, and every figure read from it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from shopkeeper.core.period import Period
from shopkeeper.quality.reconcile.hits import HELD_SQL, HITS_SQL, NEEDS, NO_ORDERS_SQL, hit_rates
from shopkeeper.quality.reconcile.orders import LINES_SQL, ORDERS_SQL
from shopkeeper.quality.reconcile.payouts import PAYOUTS_SQL
from shopkeeper.quality.reconcile.result import (
    FEES,
    GOODS,
    LINE_STEPS,
    OPEN,
    OUTCOMES,
    Aged,
    FeeRow,
    Hit,
    OpenRow,
    OrderRow,
    PayoutRow,
    Reconciliation,
    Step,
    Tally,
    Unmatched,
)
from shopkeeper.quality.reconcile.scope import BUCKETS, LAST_DAY, OLDEST, Cut, Scope

if TYPE_CHECKING:
    from shopkeeper.warehouse.lake import Lake

STALE_DAYS = 7
"""Statements of a store that end longer than this before the data's last day are said to be old."""

_SLICES: dict[Cut, str] = {"": "NULL::VARCHAR", "platform": "platform_id", "shop": "shop_id"}
_OPEN = ", ".join(f"'{outcome}'" for outcome in OPEN)
_BUCKET_ORDER = [code for code, _ in BUCKETS]

_AS_OF_SQL = """
SELECT max(day) FROM (SELECT max(paid_day) AS day FROM order_lines UNION ALL SELECT max(paid_day) FROM orders
    UNION ALL SELECT max(settled_day) FROM settlements UNION ALL SELECT max(refunded_day) FROM refunds)"""

_STALE_SQL = """
SELECT shop_id, max(settled_day) AS last_day FROM settlements WHERE coalesce(issuer, 'platform') <> 'bank'
GROUP BY shop_id HAVING max(settled_day) < $as_of - $days ORDER BY shop_id"""

_STEPS_SQL = """
SELECT 'line', step, count(*), sum(amount) FROM reconcile_lines
WHERE settled_day >= $low AND settled_day < $high AND issuer <> 'bank' GROUP BY step
UNION ALL SELECT 'echo', 'told_twice', count(*), sum(amount) FROM reconcile_lines
WHERE echo AND settled_day >= $low AND settled_day < $high
UNION ALL SELECT 'expected', basis, count(*), sum(expected) FROM reconcile_orders
WHERE basis IS NOT NULL AND outcome <> 'brushing' GROUP BY basis
UNION ALL SELECT 'aged', aged_by, count(*), NULL FROM reconcile_orders
WHERE basis IS NOT NULL AND outcome <> 'brushing' GROUP BY aged_by"""


def reconcile(lake: Lake, scope: Scope) -> Reconciliation:
    """Which orders were settled, which payouts arrived, what was taken off, and how well the sources join.

    Orders paid in the scope's days are held against everything that settles or refunds them, whenever it was booked.
    """
    with lake.reading() as snapshot:
        held = dict(lake.query(HELD_SQL).fetchall())
        row = lake.query(_AS_OF_SQL).fetchone()
        as_of: dt.date | None = row[0] if row else None
        if as_of is None:
            missing = tuple(t for t in ("order_lines", "settlements") if not held[t])
            hits = hit_rates([(name, 0, 0, None) for name in NEEDS], held)
            return Reconciliation(snapshot, None, scope.by, (), (), (), (), hits, (), (), False, missing, ())
        return _Run(lake, scope, as_of).result(snapshot, held)


def join_hits(lake: Lake) -> tuple[Hit, ...]:
    """How well the sources join over all days, without the rest of a reconciliation.

    Orders are held against statements only where there are statements: that is most of the work.
    """
    with lake.reading():
        held = dict(lake.query(HELD_SQL).fetchall())
        run = _Run(lake, Scope(), LAST_DAY)
        for sql in (LINES_SQL, ORDERS_SQL) if held["settlements"] else (NO_ORDERS_SQL,):
            run.ask(sql)
        return hit_rates([(r[0], r[1], r[2], r[3]) for r in run.ask(HITS_SQL)], held)


class _Run:
    """The statements of one reconciliation, inside one reading transaction."""

    def __init__(self, lake: Lake, scope: Scope, as_of: dt.date) -> None:
        self.lake = lake
        self.scope = scope
        self.as_of = as_of
        low, high = scope.days
        self.days = {"low": low, "high": high}

    def ask(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Run one statement. The engine refuses a value that a statement does not name."""
        known = {**self.days, "as_of": self.as_of, **values}
        named = {name: value for name, value in known.items() if f"${name}" in sql}
        return self.lake.query(sql, cast(Any, named)).fetchall()

    def result(self, snapshot: int, held: dict[str, bool]) -> Reconciliation:
        """Classify once, then read every figure from the classification."""
        for sql in (LINES_SQL, ORDERS_SQL, PAYOUTS_SQL):
            self.ask(sql)
        missing = tuple(t for t in ("order_lines", "settlements") if not held[t])
        open_rows, payouts = self._open(), self._payouts()
        late = any(row.ages[OLDEST].count for row in open_rows)
        late = late or any(row.status == "unmatched" and row.ages[OLDEST].count for row in payouts)
        return Reconciliation(
            snapshot, self.as_of, self.scope.by, self._orders(), open_rows, payouts, self._fees(),
            hit_rates([(r[0], r[1], r[2], r[3]) for r in self.ask(HITS_SQL)], held), self._steps(), self._unmatched(),
            late, missing, tuple(self.ask(_STALE_SQL, days=STALE_DAYS)),
        )  # fmt: skip

    def _orders(self) -> tuple[OrderRow, ...]:
        """One row a period, slice and currency, newest last."""
        rows = self.ask(
            f"SELECT date_trunc('{self.scope.grain}', day)::DATE, {_SLICES[self.scope.by]}, currency, outcome, count(*), "
            "sum(expected), sum(settled), sum(fees), sum(difference), sum(abs(difference)) FROM reconcile_orders "
            "GROUP BY ALL ORDER BY 1, 2 NULLS LAST, 3"
        )
        found: dict[tuple[Any, ...], dict[str, Tally]] = {}
        for period, slice_, currency, outcome, *figures in rows:
            place = found.setdefault((period, slice_, currency), {})
            place[outcome] = Tally(figures[0], *(f or Decimal(0) for f in figures[1:]))
        return tuple(
            OrderRow(
                Period.containing(period, self.scope.grain), slice_, currency, {o: t.get(o, Tally()) for o in OUTCOMES}
            )
            for (period, slice_, currency), t in found.items()
        )

    def _open(self) -> tuple[OpenRow, ...]:
        """Open money by outcome and cause, the largest first."""
        rows = self.ask(
            "SELECT currency, outcome, cause, bucket, count(*), sum(abs(difference)) FROM reconcile_orders "
            f"WHERE outcome IN ({_OPEN}) GROUP BY ALL"
        )
        made = [
            OpenRow(currency, outcome, cause, sum(a.count for a in ages.values()), _sum(ages), ages)
            for (currency, outcome, cause), ages in _by_age(rows, 3).items()
        ]
        return tuple(sorted(made, key=lambda r: (r.currency or "", -r.amount, r.outcome, r.cause)))

    def _payouts(self) -> tuple[PayoutRow, ...]:
        rows = self.ask(
            "SELECT currency, side, issuer, status, bucket, count(*), sum(abs(amount)) FROM reconcile_payouts GROUP BY ALL"
        )
        made = [
            PayoutRow(currency, side, issuer, status, sum(a.count for a in ages.values()), _sum(ages), ages)
            for (currency, side, issuer, status), ages in _by_age(rows, 4).items()
        ]
        order = {"sent": 0, "received": 1, "backwards": 2}
        return tuple(sorted(made, key=lambda r: (r.currency or "", order[r.side], r.issuer, r.status)))

    def _fees(self) -> tuple[FeeRow, ...]:
        """What statements booked by kind. Without another cut it is by platform; brushing orders are left out."""
        by = _SLICES[self.scope.by or "platform"]
        rows = self.ask(
            f"WITH booked AS (SELECT {by.replace('shop_id', 'l.shop_id')} AS slice, s.currency, l.kind, l.amount "
            "FROM reconcile_lines l LEFT JOIN shops s ON l.shop_id = s.shop_id WHERE NOT l.echo AND NOT l.brushing "
            "AND l.issuer <> 'bank' AND l.settled_day >= $low AND l.settled_day < $high), by_kind AS (SELECT slice, "
            "currency, kind, count(*) AS lines, sum(amount) AS amount FROM booked GROUP BY ALL) SELECT *, coalesce("
            "sum(amount) FILTER (kind = 'sale') OVER (PARTITION BY slice, currency), 0) FROM by_kind"
        )
        order = {kind: n for n, kind in enumerate((*GOODS, *FEES, "other"))}
        made = [
            FeeRow(slice_, currency, kind, lines, amount, sales, _rate(kind, amount, sales))
            for slice_, currency, kind, lines, amount, sales in rows
        ]
        return tuple(sorted(made, key=lambda r: (r.slice or "~", r.currency or "", order.get(r.kind, 99), r.kind)))

    def _steps(self) -> tuple[Step, ...]:
        made = [Step(*row) for row in self.ask(_STEPS_SQL) if row[2]]
        order = {step: n for n, step in enumerate(LINE_STEPS)}
        return tuple(sorted(made, key=lambda s: (s.what, order.get(s.step, 99), s.step)))

    def _unmatched(self) -> tuple[Unmatched, ...]:
        """The single orders, lines and transfers behind the open money: oldest bucket first, then the largest."""
        by = _SLICES[self.scope.by]
        rows = self.ask(
            f"SELECT * FROM (SELECT 'order' AS what, {by}, shop_id, order_id AS id, day, age, bucket, outcome, cause, "
            "currency, expected, settled, fees, difference FROM reconcile_orders "
            f"WHERE outcome IN ({_OPEN}) UNION ALL SELECT side, {by}, shop_id, statement_id || ':' || line_no, day, age, "
            "bucket, status, '', currency, NULL, NULL, NULL, amount FROM reconcile_payouts WHERE status = 'unmatched') "
            "ORDER BY list_position($buckets, bucket) DESC, abs(difference) DESC, shop_id, what, id LIMIT $most",
            buckets=_BUCKET_ORDER,
            most=self.scope.limit,
        )
        return tuple(Unmatched(*row) for row in rows)


def _by_age(rows: list[tuple[Any, ...]], keys: int) -> dict[tuple[Any, ...], dict[str, Aged]]:
    """Rows of (keys …, bucket, count, amount) as all ages by key, youngest first."""
    found: dict[tuple[Any, ...], dict[str, Aged]] = {}
    for row in rows:
        ages = found.setdefault(row[:keys], {code: Aged(0, Decimal(0)) for code, _ in BUCKETS})
        ages[row[keys]] = Aged(row[keys + 1], row[keys + 2])
    return found


def _sum(ages: dict[str, Aged]) -> Decimal:
    return sum((a.amount for a in ages.values()), Decimal(0))


def _rate(kind: str, amount: Decimal, sales: Decimal) -> Decimal | None:
    """What a kind takes off, as a share of settled sales, to a millionth; unknown without sales, none for goods."""
    if kind in GOODS or sales <= 0:
        return None
    return (-amount / sales).quantize(Decimal("0.000001"))
