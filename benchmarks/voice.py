"""How well do words tell good from bad, and what a review is of? Chinese shop reviews, a fifth of them held out.

Reads ../shared/data/reviews_zh. SCALE=small takes every fourth review. Nothing is published for this set; what is held against
the figures is the accuracy of always saying the commonest class.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np

from benchmarks.harness import Figure, full_scale, report, timed
from shopkeeper.insight.models.voice import OTHER, cause_sql
from shopkeeper.methods.text.polarity import HeldOut, measured

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "reviews_zh" / "reviews_half.csv.gz"


def main() -> int:
    """Measure, print, keep."""
    if not DATA.exists():
        return report("voice", [], ["reviews_zh is not there: nothing was measured."])
    every = 1 if full_scale() else 4
    with duckdb.connect() as own:
        own.execute(
            f"CREATE TABLE r AS SELECT *, row_number() OVER () AS n FROM read_csv('{DATA}', all_varchar = true) "
            "WHERE review IS NOT NULL AND trim(review) <> ''"
        )
        got = own.execute(
            f"SELECT cat, CAST(label AS INTEGER) AS good, review FROM r WHERE n % {every} = 0 ORDER BY n"
        ).fetchnumpy()
        rows = own.execute(
            f"SELECT good, cause, count(*) FROM (SELECT label = '1' AS good, {cause_sql('review')} AS cause FROM r) GROUP BY ALL"
        ).fetchall()
    texts, good = got["review"].tolist(), got["good"].astype(np.int64)
    names, topic = np.unique(got["cat"].astype(str), return_inverse=True)
    polarity, wall, cpu = timed(lambda: measured(texts, good))
    topics, _, _ = timed(lambda: measured(texts, topic.astype(np.int64)))
    bad = {cause: n for is_good, cause, n in rows if not is_good}
    praise = {cause: n for is_good, cause, n in rows if is_good}
    figures = [
        *_told("polarity", polarity),
        *_told(f"topic of {len(names)}", topics),
        Figure("polarity: learning and telling", wall, "s"),
        Figure("polarity: learning and telling, processors", cpu, "s"),
        Figure("bad reviews whose cause the lists know", 1 - bad.get(OTHER, 0) / sum(bad.values()), "share",
               against="nobody labelled causes"),
        Figure("good reviews in which the lists find a cause", 1 - praise.get(OTHER, 0) / sum(praise.values()), "share",
               against="why only bad reviews are counted"),
    ]  # fmt: skip
    return report("voice", figures)


def _told(name: str, held: HeldOut) -> list[Figure]:
    return [
        Figure(
            f"{name}: accuracy",
            held.accuracy,
            "share",
            held.usual,
            "higher",
            f"commonest class {held.usual:.3f}, {held.texts} held out",
        ),
        Figure(f"{name}: accuracy, low", held.low, "share", against="95 % Wilson"),
        Figure(f"{name}: accuracy, high", held.high, "share", against="95 % Wilson"),
        Figure(f"{name}: least recall of a class", min(held.recall.values()), "share"),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
