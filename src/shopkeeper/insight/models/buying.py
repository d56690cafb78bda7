"""Who bought when and for how much, a person's keys taken together: what every customer model reads.

    order_lines (one row a line)  →  one row a person and day  →  one row a person: first, last, days, amount

A person is one of `person_members`, else one key. Brushing orders and lines that are not paid are nobody's buying.
"""

from __future__ import annotations

import datetime as dt

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.said import Said, say
from shopkeeper.warehouse.sql import literal

INPUTS = ("order_lines.customer_id", "order_lines.paid_day", "order_lines.payable_amount")
"""What the customer models need at least."""

_MEMBERS = "person_members"


def bought(ask: Ask, alias: str = "l") -> str:
    """SQL condition of the order lines that count: somebody's, paid, genuine, of the days asked for, in the shop's currency."""
    return (
        f"{alias}.customer_id IS NOT NULL AND {alias}.paid_day IS NOT NULL AND {alias}.is_brushing IS NOT TRUE "
        f"AND {ask.days(f'{alias}.paid_day')} AND {alias}.shop_id NOT IN ({_foreign(ask)})"
    )


def _foreign(ask: Ask) -> str:
    """Query of the shops that sell in another currency: amounts of two currencies cannot be added."""
    return f"SELECT shop_id FROM shops WHERE currency <> {literal(ask.shop.settings.shop.currency)}"


def left_out(ask: Ask) -> list[Said]:
    """What has to be said of lines that do not count although somebody bought them."""
    row = ask.rows(
        f"SELECT count(*), count(DISTINCT shop_id) FROM order_lines l WHERE customer_id IS NOT NULL AND {ask.days('paid_day')} "
        f"AND shop_id IN ({_foreign(ask)})"
    )[0]
    return [say("model.other_currency", n=int(row[0]), shops=int(row[1]))] if row[0] else []


def days_sql(ask: Ask, until: dt.date | None = None) -> str:
    """Query of (person, day, orders, paid): one row a person and shop day; `until` is the last day that counts.

    `paid` stays exact: sums of doubles would differ from run to run with the order of rows.
    """
    members = _MEMBERS in set(ask.shop.lake.table_names())
    person = "coalesce(m.person_id, l.customer_id)" if members else "l.customer_id"
    join = f"LEFT JOIN {_MEMBERS} m USING (customer_id)" if members else ""
    cut = f" AND l.paid_day <= DATE {literal(until.isoformat())}" if until else ""
    return (
        f"SELECT {person} AS person, l.paid_day AS day, count(DISTINCT (l.shop_id, l.order_id)) AS orders, "
        f"sum(l.payable_amount) AS paid FROM order_lines l {join} "
        f"WHERE {bought(ask)}{cut} GROUP BY ALL"
    )


def buyers_sql(ask: Ask, until: dt.date | None = None) -> str:
    """Query of (person, first_day, last_day, days, orders, paid): one row a person, always in the same order."""
    return (
        "SELECT person, min(day) AS first_day, max(day) AS last_day, count(*) AS days, sum(orders) AS orders, "
        f"CAST(sum(paid) AS DOUBLE) AS paid FROM ({days_sql(ask, until)}) GROUP BY person ORDER BY person"
    )


def lines(ask: Ask) -> int:
    """How many order lines the customer models read."""
    row = ask.rows(f"SELECT count(*) FROM order_lines l WHERE {bought(ask)}")[0]
    return int(row[0])
