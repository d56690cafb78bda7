"""How long do profiles of a million customers take to make and mend, a segment to count, a page to come?

Customers are made up: two and a half order lines each over a year, one line in twenty refunded, all with consents.
SCALE=small takes 200,000 of them, and says so in the figures' names.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from benchmarks.harness import Figure, full_scale, in_child, report, runs, scratch, timed

SETTINGS = '[shop]\nid = "many"\nname = "Many"\ntimezone = "Asia/Shanghai"\n[warehouse]\nmemory_limit_mb = 3000\n'
RULES = {
    "two numbers": '{"all": [{"paid": ">= 300"}, {"recency_days": "<= 90"}]}',
    "a list and a state": '{"all": [{"categories": "has category 3"}, {"lifecycle": "in active, at_risk"}]}',
    "nested": '{"any": [{"all": [{"orders": ">= 3"}, {"price_level": "> 100"}]}, {"none": [{"refunds": "= 0"}]}]}',
}
_ORIGIN = "'bench' AS load_id, 'bench' AS file_hash"
_DAY = "DATE '2024-01-01' + CAST(hash(n, 1) % 365 AS INTEGER)"
_BUYER = "'buyer_' || (hash(n, 2) % {people})"


def make(folder: Path, people: int) -> None:
    """A shop of so many customers."""
    from shopkeeper.warehouse.shop import open_shop

    (folder / "inbox").mkdir(parents=True)
    (folder / "shopkeeper.toml").write_text(SETTINGS, encoding="utf-8")
    shop = open_shop(folder)
    lines, buyer = people * 5 // 2, _BUYER.format(people=people)
    moment = f"CAST({_DAY} AS TIMESTAMPTZ) + INTERVAL 5 HOUR"
    with shop.lake.writing("bench", "make"):
        run = shop.lake.connection.execute
        run(f"INSERT INTO platforms BY NAME SELECT 'site' AS platform_id, {_ORIGIN}")
        run(
            "INSERT INTO shops BY NAME SELECT 's1' AS shop_id, 'site' AS platform_id, 'CNY' AS currency, "
            f"'Asia/Shanghai' AS timezone, {_ORIGIN}"
        )
        run(
            "INSERT INTO products BY NAME SELECT 'sku_' || range AS sku_id, 'category ' || range % 12 AS category, "
            f"'brand ' || range % 5 AS brand, {_ORIGIN} FROM range(500)"
        )
        run(
            "INSERT INTO customers BY NAME SELECT 'buyer_' || range AS customer_id, 'Xian' AS region, "
            f"{_ORIGIN} FROM range({people})"
        )
        run(
            "INSERT INTO order_lines BY NAME SELECT 's1' AS shop_id, 'o' || n AS order_id, 1 AS line_no, "
            f"'sku_' || hash(n, 3) % 500 AS sku_id, {buyer} AS customer_id, {moment} AS ordered_at, {_DAY} AS ordered_day, "
            f"{moment} AS paid_at, {_DAY} AS paid_day, 1 + hash(n, 4) % 3 AS quantity, "
            f"20 + hash(n, 5) % 300 AS payable_amount, {_ORIGIN} FROM range({lines}) r(n)"
        )
        run(
            "INSERT INTO orders BY NAME SELECT shop_id, order_id, customer_id, ordered_at, ordered_day, paid_at, paid_day, "
            "'paid' AS status, payable_amount, load_id, file_hash FROM order_lines"
        )
        run(
            "INSERT INTO refunds BY NAME SELECT shop_id, 'r' || order_id AS refund_id, order_id, customer_id, "
            "paid_at AS refunded_at, paid_day AS refunded_day, 10 AS amount, 'refunded' AS status, load_id, file_hash "
            "FROM order_lines WHERE hash(order_id) % 20 = 0"
        )
        run(
            "INSERT INTO consents BY NAME SELECT 'buyer_' || range AS customer_id, 'sms' AS purpose, "
            f"TIMESTAMPTZ '2024-01-01' AS given_at, range % 3 > 0 AS granted, {_ORIGIN} FROM range({people})"
        )
    shop.close()


def measured(folder: Path, repeat: int) -> dict[str, float]:
    """Seconds of everything, in a process of its own."""
    from shopkeeper.customers.history import history
    from shopkeeper.customers.profiles import people_of, profile
    from shopkeeper.customers.rules import read_rule
    from shopkeeper.customers.segments import count
    from shopkeeper.warehouse.shop import open_shop

    shop = open_shop(folder)
    people, found = None, {}
    people, found["make"], found["make_cpu"] = timed(lambda: people_of(shop))
    found["bytes"] = sum(path.stat().st_size for path in people.folder.iterdir())
    for name, text in RULES.items():
        rule = read_rule(text)
        times = [timed(lambda rule=rule: count(shop, None, rule))[1:] for _ in range(repeat)]  # type: ignore[misc]
        found[f"rule {name}"], found[f"rule {name} cpu"] = map(statistics.median, zip(*times, strict=True))
    refs = [
        ref for (ref,) in shop.lake.query(f"SELECT ref FROM {people.profiles} USING SAMPLE {repeat} ROWS").fetchall()
    ]

    def page(ref: str) -> None:
        known = profile(shop, people, ref)
        history(shop.lake, people, ref, known.layer)

    times = [timed(lambda ref=ref: page(ref))[1:] for ref in refs]  # type: ignore[misc]
    found["page"], found["page cpu"] = map(statistics.median, zip(*times, strict=True))
    found["page worst"] = max(wall for wall, _ in times)
    with shop.lake.writing("bench", "a day more"):
        shop.lake.connection.execute(
            "INSERT INTO order_lines BY NAME SELECT * REPLACE ('x' || order_id AS order_id, DATE '2025-01-01' AS paid_day) "
            "FROM order_lines WHERE paid_day = DATE '2024-06-18'"
        )
    _, found["mend"], found["mend_cpu"] = timed(lambda: people_of(shop))
    shop.close()
    return found


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    people = 1_000_000 if full_scale() else 200_000
    with scratch() as folder:
        make(folder / "shop", people)
        found, peak = in_child(measured, folder / "shop", runs(7, 21))
    of = f"of {people:,} customers"
    figures = [
        Figure(f"profiles made, {of}", found["make"], "s", against="every feed, profiles, keys, history"),
        Figure(f"profiles made, processors, {of}", found["make_cpu"], "s"),
        Figure(f"profiles mended after a day, {of}", found["mend"], "s", against="the people of one day's lines"),
        Figure(f"profiles mended, processors, {of}", found["mend_cpu"], "s"),
        Figure(
            f"bytes a customer, {of}", found["bytes"] / people, "byte", against="profiles, keys and history on disk"
        ),
        *(
            Figure(f"segment counted: {name}, {of}", found[f"rule {name}"] * 1000, "ms", 300.0, against="median")
            for name in RULES
        ),
        *(
            Figure(f"segment counted, processors: {name}, {of}", found[f"rule {name} cpu"] * 1000, "ms")
            for name in RULES
        ),
        Figure(f"customer's profile and timeline, processors, {of}", found["page cpu"] * 1000, "ms"),
        Figure(f"customer's profile and timeline, {of}", found["page"] * 1000, "ms", 100.0, against="median"),
        Figure(f"customer's profile and timeline, worst, {of}", found["page worst"] * 1000, "ms"),
        Figure("peak memory", peak, "GB", against="resident"),
    ]
    return report("customers", figures)


if __name__ == "__main__":
    raise SystemExit(main())
