"""How good are the ways of recommending on Complete Journey, by days held back, and how long do they take?

Split: the last 28 or 56 days are held back; people who bought before and in them; SKUs that three of these people had bought.
Judged by nDCG at 20 on what was bought in the days held back, all of it and what was new to each. Settings (half-life, λ,
weight of neighbours) were chosen on this very data: the figures are in-sample in that sense. SCALE does not change it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.harness import Figure, in_child, report, scratch, timed
from shopkeeper.methods.recommend import Indices, Purchases

HELD_BACK = (28, 56)


def _ranked(way: str, known: Purchases) -> tuple[Indices, Indices]:
    from shopkeeper.insight.models.recommendation import SHOWN, scoring_of
    from shopkeeper.methods.recommend import best

    return best(scoring_of(way, known), known, SHOWN)


def measured(folder: Path) -> dict[str, float]:
    """Quality and seconds of every way, in a process of its own."""
    from shopkeeper.cli.demo_shops import write_shop_folder
    from shopkeeper.ingest.load import load_source
    from shopkeeper.insight.models.ask import Ask
    from shopkeeper.insight.models.recommendation import METHODS, backtest
    from shopkeeper.methods.recommend import ndcg
    from shopkeeper.warehouse.shop import open_shop

    write_shop_folder(folder, "journey")
    shop = open_shop(folder)
    load_source(shop, "journey", by="bench")
    found: dict[str, float] = {}
    for days in HELD_BACK:
        with shop.lake.reading() as snapshot:
            test = backtest(Ask(shop, snapshot, {"level": "sku", "days_held_back": days}))
        found[f"people, {days} days"], found[f"articles, {days} days"] = test.known.n_users, test.known.n_items
        for way in METHODS:
            lists, wall, cpu = timed(partial(_ranked, way, test.known))
            found[f"{way}, all, {days} days"] = float(np.nanmean(ndcg(lists[0], test.truth)))
            found[f"{way}, new, {days} days"] = float(np.nanmean(ndcg(lists[1], test.fresh)))
            found[f"{way}, wall, {days} days"], found[f"{way}, cpu, {days} days"] = wall, cpu
    shop.close()
    return found


def main() -> int:
    """Run and report."""
    with scratch() as folder:
        found, peak = in_child(measured, folder / "journey")
    figures = [Figure("peak memory", peak, "GB", against="resident")]
    for name, value in found.items():
        way, _, rest = name.partition(", ")
        if rest.startswith(("all", "new")):
            figures.append(
                Figure(
                    name, value, "nDCG@20", better="higher", against=f"popularity {found[f'popularity, {rest}']:.4f}"
                )
            )
        else:
            figures.append(Figure(name, value, "s" if rest.startswith(("wall", "cpu")) else "count"))
    return report("recommend", figures)


if __name__ == "__main__":
    raise SystemExit(main())
