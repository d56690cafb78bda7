"""A replay leaves the warehouse as a fresh one would be, had every file been loaded so from the start; or exactly as it was."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import ConfigError, NotFound, SourceError, UsageError
from shopkeeper.ingest import assembly, shadow
from shopkeeper.ingest import replay as replaying
from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.quarantine import Wanted, discard, edit, held_row, held_rows
from shopkeeper.ingest.release import release
from shopkeeper.ingest.replay import ReplayReport, replay
from shopkeeper.ingest.sources import fixtures, layouts
from shopkeeper.views.replayed import indicator_changes, months_of
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import open_shop
from tests.shop_folders import GOOD, HEADER, LINES, ShopFolder

ALL = tuple(COMMERCE_TABLES)
CENTS = LINES.replace('payable_amount = "paid"', 'payable_amount = { column = "paid", scale = 0.01 }')
ORDERS = """
[[source]]
name = "orders"
files = "orders*"
[source.orders]
order_id = "order"
ordered_at = "at"
customer_id = "buyer"
"""
OF_ORDERS = """
[[source]]
name = "sold"
files = "sold*"
[source.order_lines]
order_id = "order"
sku_id = "sku"
quantity = "qty"
payable_amount = "paid"
"""
REFUNDS = """
[[source]]
name = "refunds"
files = "refunds*"
[source.refunds]
refund_id = "refund"
order_id = "order"
refunded_at = "at"
amount = "amount"
"""
FILES = {
    "orders1.csv": "order,at,buyer\nA,2024-03-01 09:00,Li\nB,2024-03-02 09:00,Wu\n",
    "sold1.csv": "order,sku,qty,paid\nA,mug,1,1000\nA,cup,2,2050\nB,mug,1,999\n",
    "refunds1.csv": "refund,order,at,amount\nR1,A,2024-03-05,5\nR2,B,2024-03-06,9.99\n",
    "orders2.csv": "order,at,buyer\nB,2024-03-03 09:00,Wu\nC,2024-04-01 09:00,Mo\n",
    "sold2.csv": "order,sku,qty,paid\nC,jug,1,\nC,pot,1,301\n",
}
MUGS = {
    "a.csv": HEADER
    + "A,mug,2024-03-01,1,1000\nA,cup,2024-03-01,1,2050\nB,jug,2024-03-02,x,1\nB,cup,2024-03-02,2,333\n",
    "b.csv": HEADER + "A,mug,2024-03-01,1,1100\nC,lid,2024-04-09,1,205\n",
    "c.csv": HEADER + "C,lid,2024-04-09,3,615\nD,mug,2024-05-09,1,7\n",
}
BETTER = {
    "cents": (LINES, CENTS, MUGS),
    "rows and columns taken out": (
        LINES + 'paid_at = "day"\nchannel_id = "sku"\n',
        LINES.replace('order_id = "order"', 'where = """sku <> \'lid\'"""\norder_id = { sql = "order" }').replace(
            '{ sql = "order" }', '{ sql = \'"order" || sku\' }'
        ),
        MUGS,
    ),
    "a buyer that was none": (
        LINES + 'customer_id = "order"\n', LINES + "customer_id = { sql = \"'Li ' || sku\" }\n", MUGS,
    ),
    "lines of orders in other files": (
        ORDERS + OF_ORDERS + REFUNDS, ORDERS + OF_ORDERS.replace('"paid"', '{ column = "paid", scale = 0.01 }') + REFUNDS, FILES
    ),
    "orders of lines in other files": (
        ORDERS + OF_ORDERS + REFUNDS, ORDERS.replace('customer_id = "buyer"\n', 'channel_id = "buyer"\n') + OF_ORDERS + REFUNDS,
        FILES,
    ),
}  # fmt: skip


def filled(folder: Path, mapping: str, files: dict[str, str]) -> ShopFolder:
    """A shop that loaded these files one after the other."""
    mugs = ShopFolder(folder, mapping)
    for name, content in files.items():
        mugs.load(mugs.drop(name, content))
    return mugs


def replayed(mugs: ShopFolder, **more: object) -> ReplayReport[None]:
    return replay(mugs.shop, by="alice", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", BETTER)
def test_a_replay_makes_the_warehouse_that_a_fresh_load_would_make(tmp_path: Path, case: str) -> None:
    old, new, files = BETTER[case]
    mugs = filled(tmp_path / "replayed", old, files)
    for path in mugs.inbox.iterdir():
        path.unlink()
    before = mugs.lake.snapshot()
    mugs.map(new)
    report = replayed(mugs)
    fresh = filled(tmp_path / "fresh", new, files)
    assert mugs.content(*ALL) == fresh.content(*ALL)
    assert report.snapshot == mugs.lake.snapshot() == before + 1
    waiting = (
        "SELECT table_name, source_line, reason, received, raw FROM quarantine WHERE resolved IS NULL ORDER BY ALL"
    )
    assert mugs.rows(waiting) == fresh.rows(waiting)
    ledger = mugs.rows(
        "SELECT rows_read, rows_loaded, rows_unchanged, rows_quarantined FROM load_files "
        f"WHERE load_id = '{report.load_id}'"
    )
    assert ledger
    assert all(min(row) >= 0 and row[0] == sum(row[1:]) for row in ledger)
    mine = f"load_id = '{report.load_id}'"
    touched = {name: mugs.rows(f"SELECT count(*) FROM {name} WHERE {mine}")[0][0] for name in ALL}
    assert {t.table: t.inserted + t.updated for t in report.tables if t.inserted + t.updated} == {
        name: count for name, count in touched.items() if count
    }
    again = replayed(mugs)
    assert (again.load_id, again.tables) == ("", ())
    assert mugs.lake.snapshot() == before + 1


def test_totals_before_and_after_are_exact_and_lineage_is_the_files(tmp_path: Path) -> None:
    mugs = filled(tmp_path, LINES, MUGS)
    total = "SELECT sum(payable_amount), count(*) FROM order_lines"
    assert mugs.rows(total) == [(Decimal(1100 + 2050 + 333 + 615 + 7), 5)]
    places = "SELECT order_id, line_no, file_hash, source_line FROM order_lines ORDER BY ALL"
    before = mugs.rows(places)
    mugs.map(CENTS)
    report = replayed(mugs)
    assert mugs.rows(total) == [(Decimal("41.05"), 5)]
    assert mugs.rows(places) == before
    assert [vars(t) for t in report.tables] == [{"table": "order_lines", "inserted": 0, "updated": 5, "deleted": 0}]
    assert mugs.rows(f"SELECT loaded_by, source, snapshot FROM loads WHERE load_id = '{report.load_id}'") == [
        ("alice", "replay: lines", report.snapshot)
    ]
    assert mugs.load().already_loaded, "the files count as read by the mapping of today"


def test_equal_rows_keep_the_load_that_brought_them(tmp_path: Path) -> None:
    mugs = filled(tmp_path, LINES, MUGS)
    before = mugs.rows("SELECT order_id, line_no, load_id FROM order_lines WHERE sku_id <> 'lid' ORDER BY ALL")
    mugs.map(LINES.replace('"paid"', "{ sql = \"CASE WHEN sku = 'lid' THEN '1' ELSE paid END\" }"))
    report = replayed(mugs)
    assert [(t.table, t.rows) for t in report.tables] == [("order_lines", 1)]
    assert mugs.rows("SELECT order_id, line_no, load_id FROM order_lines WHERE sku_id <> 'lid' ORDER BY ALL") == before


def test_a_rehearsal_says_the_same_and_changes_nothing(tmp_path: Path) -> None:
    mugs = filled(tmp_path, LINES + 'paid_at = "day"\n', MUGS)
    mugs.map(CENTS + 'paid_at = "day"\n')
    before, content = mugs.state(), mugs.content(*ALL)
    told = replay(mugs.shop, by="alice", dry_run=True, look=months_of)
    assert (mugs.state(), mugs.content(*ALL)) == (before, content)
    done = replay(mugs.shop, by="alice", look=months_of)
    assert told.tables == done.tables
    assert told.seen is not None
    assert done.seen is not None
    changes = indicator_changes(*told.seen, "en", 2)
    assert changes == indicator_changes(*done.seen, "en", 2)
    assert [(c.period.label, c.before, c.after) for c in changes if c.kpi == "paid_amount"] == [
        ("2024-04", Decimal(615), Decimal("6.15")), ("2024-03", Decimal(3483), Decimal("34.83")),
    ]  # fmt: skip
    assert "orders" not in {c.kpi for c in changes}, "only indicators that differ"


def test_a_rehearsal_sees_a_table_that_was_empty(tmp_path: Path) -> None:
    refunds = '[source.refunds]\nrefund_id = "order"\norder_id = "order"\nrefunded_at = "day"\namount = "paid"\n'
    mugs = filled(tmp_path, LINES + 'paid_at = "day"\n', {"a.csv": GOOD})
    mugs.map(LINES + 'paid_at = "day"\n' + refunds)
    told = replay(mugs.shop, by="alice", dry_run=True, look=months_of)
    done = replay(mugs.shop, by="alice", look=months_of)
    assert told.seen is not None
    assert done.seen is not None
    assert [(c.kpi, c.value, c.status) for c in told.seen[1].cells] == [
        (c.kpi, c.value, c.status) for c in months_of(mugs.shop).cells
    ]


@pytest.mark.parametrize(
    ("place", "step"),
    [(assembly, "stage_all"), (assembly, "merge_all"), (shadow, "compare"), (shadow, "bring_over"),
     (replaying, "record_load")],
)  # fmt: skip
def test_a_replay_that_is_stopped_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: object, step: str
) -> None:
    mugs = filled(tmp_path, LINES, MUGS)
    mugs.map(CENTS)
    before, content = mugs.state(), mugs.content(*ALL)
    honest = getattr(place, step)

    def stopped(*args: object, **more: object) -> None:
        honest(*args, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, step, stopped)
        with pytest.raises(KeyboardInterrupt):
            replayed(mugs)
    assert (mugs.state(), mugs.content(*ALL)) == (before, content)
    assert replayed(mugs).tables


CHILD = """
import sys
from pathlib import Path
from shopkeeper.ingest.replay import replay
from shopkeeper.warehouse.shop import open_shop
shop = open_shop(Path(sys.argv[1]))
sys.stdout.write("ready\\n")
sys.stdout.flush()
replay(shop, by="child")
"""


@pytest.mark.parametrize("seconds", [0.05, 0.4, 0.8])
def test_a_replay_that_is_killed_is_whole_or_not_there(tmp_path: Path, seconds: float) -> None:
    mugs = filled(tmp_path, LINES, MUGS)
    mugs.map(CENTS)
    mugs.lake.close()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(seconds)
        child.kill()
    shop = open_shop(tmp_path)
    try:
        (total, loads) = shop.lake.query(
            "SELECT (SELECT sum(payable_amount) FROM order_lines), (SELECT count(*) FROM loads WHERE source = 'replay: lines')"
        ).fetchall()[0]
        assert (total, loads) in ((Decimal(4105), 0), (Decimal("41.05"), 1))
        replay(shop, by="alice")
        assert shop.lake.query("SELECT sum(payable_amount) FROM order_lines").fetchall() == [(Decimal("41.05"),)]
    finally:
        shop.close()


def test_released_corrections_hold_and_discarded_rows_stay_out(tmp_path: Path) -> None:
    content = GOOD + "C,jug,2024-03-05,some,7\nD,jug,2024-03-05,many,8\nE,jug,2024-03-05,few,9\n"
    mugs = filled(tmp_path, LINES, {"a.csv": content})
    first, second, third = [row.id for row in held_rows(mugs.lake, Wanted())]
    edit(mugs.shop, first, {"qty": "2"}, by="bob")
    release(mugs.shop, ids=[first], by="bob")
    edit(mugs.shop, third, {"qty": "3"}, by="bob")
    discard(mugs.shop, [second], "a test order", by="bob")
    mugs.map(CENTS)
    report = replayed(mugs)
    assert mugs.rows("SELECT order_id, quantity, payable_amount FROM order_lines ORDER BY 1") == [
        ("A", Decimal(1), Decimal("0.10")), ("B", Decimal(2), Decimal("0.2050")), ("C", Decimal(2), Decimal("0.07")),
    ]  # fmt: skip
    assert report.discarded == 1
    assert report.quarantined == (1, 1)
    assert [held_row(mugs.lake, row_id).status for row_id in (first, second, third)] == [
        "released", "discarded", "edited"
    ]  # fmt: skip
    release(mugs.shop, all_edited=True, by="bob")
    assert mugs.rows("SELECT sum(payable_amount) FROM order_lines") == [(Decimal("0.4650"),)]


def test_files_of_known_layouts_are_recognised_anew_with_the_day_that_was_said(tmp_path: Path) -> None:
    """A shop rule that is written later moves every row to its shop; amounts and lines stay as they are."""
    mugs = ShopFolder(tmp_path, "")
    wanted = {"taobao_order_report_legacy", "woocommerce_products", "alipay_statement"}
    for fixture in (one for one in fixtures() if one.layout in wanted):
        path = fixture.written(mugs.inbox)
        layout = next(one for one in layouts() if one.id == fixture.layout)
        accept = [layout.id] if layout.partial else []
        load_paths(mugs.shop, [path], by="alice", accept=accept, day=dt.date(2026, 7, 6) if layout.days else None)
        path.unlink()
    assert replayed(mugs).load_id == "", "said days and unchanged rules are the same reading"
    totals = (
        "SELECT (SELECT sum(payable_amount) FROM order_lines), (SELECT sum(amount) FROM settlements), "
        "(SELECT count(*) FROM stock_levels)"
    )
    before = mugs.rows(totals)
    assert None not in before[0]
    mugs.map('[[shops]]\nshop_id = "flagship"\nfiles = ["*"]\n')
    assert len(replayed(mugs).changed) == 3
    assert mugs.rows(totals) == before
    for name in ("order_lines", "settlements", "stock_levels", "shops"):
        assert mugs.rows(f"SELECT DISTINCT shop_id FROM {name}") == [("flagship",)]
    assert mugs.rows("SELECT DISTINCT stock_day FROM stock_levels") == [(dt.date(2026, 7, 6),)]
    assert replayed(mugs).load_id == ""


def test_files_that_feed_other_tables_are_left_alone(tmp_path: Path) -> None:
    visits = '[[source]]\nname = "visits"\nfiles = "visits*"\n[source.visits]\nvisit_id = "id"\nvisited_day = "day"\n'
    visits += 'visitors = "n"\ngrain = { value = "platform_day" }\n'
    mugs = ShopFolder(tmp_path, LINES.replace('files = "*"', 'files = "a*"') + visits)
    mugs.load(mugs.drop("a.csv", GOOD))
    mugs.load(mugs.drop("visits.csv", "id,day,n\nv1,2024-03-01,7\n"))
    mugs.map(CENTS.replace('files = "*"', 'files = "a*"') + visits)
    report = replayed(mugs)
    assert (report.changed, report.again) == (("a.csv",), ())
    assert {t.table for t in report.tables} == {"order_lines"}


def test_another_source_that_changed_too_is_named_when_one_is_asked_for(tmp_path: Path) -> None:
    mugs = filled(tmp_path, ORDERS + OF_ORDERS, {k: v for k, v in FILES.items() if not k.startswith("refunds")})
    mugs.map(ORDERS + 'paid_at = "at"\n' + OF_ORDERS.replace('"paid"', '{ column = "paid", scale = 0.01 }'))
    before = mugs.state()
    with pytest.raises(UsageError, match=r"another source.*orders"):
        replayed(mugs, source="sold")
    with pytest.raises(NotFound, match="did you mean sold"):
        replayed(mugs, source="solds")
    assert mugs.state() == before


def test_a_raw_copy_that_is_gone_is_named(tmp_path: Path) -> None:
    mugs = filled(tmp_path, LINES, MUGS)
    mugs.map(CENTS)
    (digest,) = mugs.rows("SELECT DISTINCT file_hash FROM load_files WHERE file_name = 'b.csv'")[0]
    RawStore(mugs.shop.data_dir).path(digest).unlink()
    with pytest.raises(SourceError, match=r"raw copy of a file is missing.*received: b\.csv.*drop these files"):
        replayed(mugs)


def test_a_file_whose_mapping_is_gone_is_named(tmp_path: Path) -> None:
    mugs = filled(tmp_path, ORDERS + OF_ORDERS, {k: v for k, v in FILES.items() if not k.startswith("refunds")})
    mugs.map(ORDERS + 'paid_at = "at"\n')
    before = mugs.state()
    with pytest.raises(ConfigError, match=r"mapping of a file is gone.*sold1\.csv \(source sold\)"):
        replayed(mugs)
    assert mugs.state() == before


def test_a_mapping_that_does_not_fit_a_file_names_the_file_as_it_was_dropped(tmp_path: Path) -> None:
    mugs = filled(tmp_path, LINES, MUGS)
    mugs.map(LINES.replace('quantity = "qty"', 'quantity = "number"'))
    with pytest.raises(SourceError, match=r"a column is missing.*a\.csv, read by source lines") as told:
        replayed(mugs)
    assert "parquet" not in str(told.value)


def test_a_folder_of_the_inbox_still_tells_whose_a_file_is(tmp_path: Path) -> None:
    """One pattern takes bank/ alone, one rule gives wechat/ to the stores: neither reaches further when all is read again."""
    mapping = (
        '[[source]]\nname = "bank"\nfiles = "bank/*.csv"\n[source.settlements]\nstatement_id = "no"\nsettled_at = "at"\n'
        'line_no = { value = "1" }\nissuer = { value = "bank" }\nkind = { value = "other" }\namount = "sum"\n'
        '[[shops]]\nshop_id = "store"\nfiles = ["till/*"]\n'
    )
    mugs = ShopFolder(tmp_path, mapping)
    (mugs.inbox / "bank").mkdir()
    (mugs.inbox / "bank" / "march.csv").write_text("no,at,sum\nB1,2024-03-01,5\n", encoding="utf-8")
    report = next(one for one in fixtures() if one.layout == "taobao_order_report_legacy")
    (mugs.inbox / "till").mkdir()
    report.written(mugs.inbox / "till")
    mugs.load(mugs.inbox)
    told = "SELECT shop_id, order_id FROM orders ORDER BY 2", "SELECT statement_id FROM settlements"
    before = [mugs.rows(query) for query in told]
    assert {shop for shop, _ in before[0]} == {"store"}
    mugs.map(mapping.replace('kind = { value = "other" }', 'kind = { value = "transfer" }'))
    assert replayed(mugs).changed == ("march.csv",)
    assert [mugs.rows(query) for query in told] == before
    assert mugs.rows("SELECT kind FROM settlements") == [("transfer",)]
