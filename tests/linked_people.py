"""Who is one person, put straight into a lake: what a run of One-ID would leave.

link_people(tiny.shop, {"tb_li": "P1", "dy_li": "P1", "wu": None})      # wu is nobody else
"""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.warehouse.shop import Shop
from tests.tiny_shop import insert, noon


def link_people(shop: Shop, persons: Mapping[str, str | None], run: str = "link-1", day: str = "2024-06-01") -> None:
    """Replace all members by these, as one run; None for a customer who is a person alone."""
    members = [
        {"customer_id": customer, "person_id": person or f"P9{n:04d}", "linked": person is not None}
        for n, (customer, person) in enumerate(persons.items())
    ]
    ledger = {"run_id": run, "ran_at": noon(day), "ran_by": "tests", "snapshot": 1, "decisions": 0, "rules": "r"}
    with shop.lake.writing("tests", run):
        shop.lake.connection.execute("DELETE FROM person_members")
        insert(shop, "person_members", members)
        insert(shop, "link_runs", [ledger])
