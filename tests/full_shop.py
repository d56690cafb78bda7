"""A shop with rows in every table that an indicator reads: fourteen months, three shops, gaps and oddities on purpose.

What is asked of it is not what the figures are, but that everybody who computes them gets the same.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from random import Random

from tests.tiny_shop import Row, TinyShop, line, make_tiny, noon

FIRST = dt.date(2019, 12, 27)  # week 53 of 2020 and a leap day lie ahead
DAYS = 431
SHOPS = ("s1", "s2", "s3")
SKUS = ("tea", "coffee", "rice", "gift", "unlisted")
CHANNELS = ("search", "ads", None)
CENTS = ("0.01", "9.99", "19.90", "33.3333", "120.00")


def make_full(folder: Path, seed: int = 7, days: int = DAYS) -> TinyShop:
    """The shop, opened."""
    return make_tiny(folder).put(**rows_of(Random(seed), days))


def rows_of(random: Random, number_of_days: int = DAYS) -> dict[str, list[Row]]:
    """Rows of every table; the same seed gives the same."""
    days = [(FIRST + dt.timedelta(n)).isoformat() for n in range(number_of_days)]
    lines = [row for number in range(260) for row in _order(random, number, random.choice(days))]
    orders = {(row["shop_id"], row["order_id"]): row for row in lines}
    return {
        "order_lines": lines,
        "orders": [_head(random, row) for row in orders.values()],
        "refunds": [_refund(random, n, row) for n, row in enumerate(random.sample(lines, 60))],
        "shipments": [_parcel(random, n, row) for n, row in enumerate(random.sample(lines, 120))],
        "visits": [_visit(random, n, random.choice(days)) for n in range(300)],
        "ad_spend": [_spend(random, n, random.choice(days)) for n in range(80)],
        "content_stats": [_content(random, n, random.choice(days)) for n in range(60)],
        "reviews": [_review(random, n, random.choice(days)) for n in range(60)],
        "stock_levels": [_stock(random, day, shop) for day in days[::9] for shop in SHOPS[:2]],
        "stock_moves": [_move(random, n, random.choice(days)) for n in range(80)],
        "tickets": [_ticket(random, n, random.choice(days)) for n in range(120)],
        "ledger_entries": [_entry(random, n, random.choice(days)) for n in range(50)],
        "decision_log": [
            {"decision_id": f"d{n}", "decided_day": random.choice(days), "executed_model_output": n % 3 == 0,
             "automatic": n % 4 == 0 if n % 5 else None} for n in range(40)
        ],
        "alert_log": [_alert(random, n, random.choice(days)) for n in range(40)],
        "sku_costs": _costs(days),
        "order_costs": [
            {"shop_id": shop, "order_id": order, "child_order_id": child, "sku_id": sku, "booked_day": days[0],
             "unit_cost": "1.5"}
            for shop in SHOPS for order, child, sku in (("o1", "3", "x"), *((f"o{n}", "", "tea") for n in range(2, 90, 7)))
        ],
        "products": [
            {"sku_id": sku, "product_id": product, "category": category} for sku, product, category in (
                ("tea", "drink", "Drinks"), ("coffee", "drink", "Drinks"), ("rice", None, "Food"), ("gift", "box", None))
        ],
        "quarantine": [_set_aside(n, random.choice(days)) for n in range(20)],
    }  # fmt: skip


def _costs(days: list[str]) -> list[Row]:
    """Own costs that change, costs of products that stand in, one without its VAT."""
    told = [(s, sku, 30, "4.20", 0.115044) for s in SHOPS[:2] for sku in ("tea", "coffee", "unlisted")]
    told += [("s1", "tea", 200, "5.0001", 0.115044), ("s2", "rice", 30, "2.00", None), ("s1", "rice", 90, "2.00", 0.09)]
    told += [("s3", "drink", 60, "3.33", 0.1), ("s3", "coffee", 250, "6.00", 0.1), ("s3", "drink", 300, "3.50", 0.1)]
    told += [(s, "box", 100, "0.75", 0.115044) for s in SHOPS]
    return [
        {"shop_id": shop, "sku_id": sku, "valid_from": days[day], "unit_cost": amount, "vat_share": vat}
        for shop, sku, day, amount, vat in told
    ]


def _after(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days)).isoformat()


def _order(random: Random, number: int, day: str) -> list[Row]:
    buyer = random.choice([*(f"b{n}" for n in range(25)), *[f"once{number}"] * 8, None])
    paid = random.choice([day, day, day, _after(day, 1), None])
    about = {
        "shop_id": random.choice(SHOPS), "channel_id": random.choice(CHANNELS),
        "is_brushing": random.choice([False, None, None, False, number % 20 == 0]),
    }  # fmt: skip
    return [_line(random, f"o{number}", no, day, buyer, paid, about) for no in range(1, random.choice([2, 2, 3, 4]))]


def _line(
    random: Random, order: str, number: int, day: str, buyer: str | None, paid: str | None, about: dict[str, object]
) -> Row:
    amount = random.choice(CENTS)
    return line(
        order, day, buyer, amount, paid=paid, line_no=number, sku_id=random.choice(SKUS),
        quantity=random.choice(["1", "2", "0.125"]), quantity_unit=random.choice([None, None, "kg"]),
        list_amount=random.choice([amount, "150.0000", None]), receivable_amount=amount,
        discount_merchant=random.choice(["0", "30.0000", None]), discount_platform=random.choice(["1.0001", None]),
        discount_influencer=random.choice(["0.5", None]), discount_supplier=random.choice(["2", None]), **about,
    )  # fmt: skip


def _head(random: Random, row: Row) -> Row:
    names = ("shop_id", "order_id", "customer_id", "channel_id", "ordered_at", "ordered_day", "paid_at", "paid_day")
    kept = {name: row[name] for name in (*names, "is_brushing", "payable_amount")}
    return kept | {"member_tier": random.choice(["gold", None])}


def _refund(random: Random, number: int, row: Row) -> Row:
    back = _after(str(row["ordered_day"]), random.choice([0, 3, 40]))
    kept = {name: row[name] for name in ("shop_id", "order_id", "sku_id", "customer_id", "channel_id")}
    kind = random.choice(["return", "refund_only", "before_shipment"])
    if number % 20 == 7:
        kept["sku_id"] = None
    return kept | {
        "refund_id": f"r{number}", "ordered_day": random.choice([row["ordered_day"], None]), "refunded_day": back,
        "refunded_at": noon(back), "quantity": "1" if kind == "return" else "0",
        "amount": random.choice([*CENTS, "-1"]), "kind": kind, "status": random.choice(["refunded", "refunded", "refused"]),
    }  # fmt: skip


def _parcel(random: Random, number: int, row: Row) -> Row:
    due = _after(str(row["ordered_day"]), 2)
    return {
        "shop_id": row["shop_id"], "shipment_id": f"p{number}", "order_id": row["order_id"], "due_day": due,
        "ordered_day": row["ordered_day"], "due_at": random.choice([noon(due), None]),
        "shipped_at": random.choice([noon(_after(due, -1)), noon(_after(due, 2)), None]), "quantity": "1.5",
        "delivered_at": random.choice([noon(_after(due, 3)), None]),
    }  # fmt: skip


def _visit(random: Random, number: int, day: str) -> Row:
    shop = SHOPS[number % 3]
    told: dict[str, object] = {"shop_id": shop, "visit_id": f"v{number}", "visited_day": day}
    if shop == "s2":  # this one tells only how many came
        count = random.randrange(1, 40)
        return told | {
            "grain": "day", "visitors": count, "carting_visitors": count // 5, "sessions": 2 * count,
            "origin": random.choice(["paid", "organic"]), "sku_id": random.choice([None, "tea"]),
        }  # fmt: skip
    return told | {
        "channel_id": random.choice(CHANNELS), "visitor_id": f"w{random.randrange(60)}",
        "origin": random.choice(["paid", "organic", "owned"]), "added_to_cart": random.choice([True, False, None]),
    }  # fmt: skip


def _spend(random: Random, number: int, day: str) -> Row:
    return {
        "shop_id": random.choice(SHOPS), "spent_day": day, "ad_id": f"a{number}", "amount": random.choice(CENTS),
        "attributed_amount": random.choice([*CENTS, None]), "is_acquisition": random.choice([True, True, False]),
        "impressions": random.choice([4000, None]), "clicks": random.choice([37, None]),
    }  # fmt: skip


def _content(random: Random, number: int, day: str) -> Row:
    return {
        "shop_id": random.choice(SHOPS), "stat_day": day, "content_id": f"c{number}", "channel_id": random.choice(CHANNELS),
        "impressions": random.randrange(1, 5000), "plays": random.randrange(900), "completed_plays": random.randrange(300),
        "likes": random.randrange(80), "comments": random.choice([None, 3]), "cost": "25.0000",
        "attributed_margin": random.choice(CENTS), "attributed_amount": random.choice([*CENTS, None]),
        "reads": random.choice([None, 700]), "saves": random.choice([None, 41]),
    }  # fmt: skip


def _review(random: Random, number: int, day: str) -> Row:
    return {
        "shop_id": random.choice(SHOPS), "review_id": f"r{number}", "sku_id": random.choice(SKUS), "reviewed_day": day,
        "reviewed_at": noon(day), "stars": random.choice([None, 1, 4, 5]),
    }  # fmt: skip


def _stock(random: Random, day: str, shop: str) -> Row:
    return {
        "shop_id": shop, "sku_id": random.choice(SKUS), "stock_day": day, "value": random.choice(CENTS),
        "last_sold_day": random.choice([None, _after(day, -89), _after(day, -90)]),
        "last_received_day": random.choice([None, _after(day, -3), _after(day, -90), _after(day, -200)]),
    }  # fmt: skip


def _move(random: Random, number: int, day: str) -> Row:
    return {
        "shop_id": random.choice(SHOPS[:2]), "move_id": f"m{number}", "sku_id": random.choice(SKUS), "moved_day": day,
        "moved_at": noon(day), "quantity": "-1", "kind": random.choice(["sale", "sale", "return"]), "cost": "-4.2000",
    }  # fmt: skip


def _ticket(random: Random, number: int, day: str) -> Row:
    return {
        "shop_id": random.choice(SHOPS), "ticket_id": f"t{number}", "opened_day": day, "opened_at": noon(day),
        "channel_id": random.choice(CHANNELS), "first_response_seconds": random.choice([3.5, 15.0, 15.1, None]),
        "answered_by_bot": random.choice([True, False, None]), "resolved_by_bot": random.choice([True, False, None]),
        "is_simple": random.choice([True, False, None]), "order_id": f"o{random.randrange(260)}",
    }  # fmt: skip


def _entry(random: Random, number: int, day: str) -> Row:
    kinds = ["marketing", "platform_fee", "labour", "rent"]
    return {
        "shop_id": random.choice(SHOPS), "entry_id": f"e{number}", "booked_day": day, "kind": random.choice(kinds),
        "amount": random.choice(CENTS),
    }  # fmt: skip


def _alert(random: Random, number: int, day: str) -> Row:
    return {
        "alert_id": f"l{number}", "raised_day": day, "detection_minutes": random.choice([0.1, 7.25, 1 / 3, None]),
        "was_right": random.choice([True, False, None]), "was_missed": random.choice([True, False, None]),
    }  # fmt: skip


def _set_aside(number: int, day: str) -> Row:
    told = {"load_id": "tests", "file_hash": "tests", "table_name": "order_lines", "column_name": "quantity"}
    return dict(told, source_line=number, day=day, resolved="released" if number % 3 == 0 else None)
