"""What is particular to wallet statements: signs, kinds, the order that a remark names, bookings that share a number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from shopkeeper.ingest.cells import rows_of
from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.plan import Value
from shopkeeper.ingest.sources import wallets
from shopkeeper.ingest.sources.alipay.fixture import FIXTURES as ALIPAY
from shopkeeper.ingest.sources.wechat.fixture import FIXTURES as WECHAT
from shopkeeper.ingest.sources.wechat.layout import LAYOUTS
from tests.tiny_shop import make_tiny

ORDER = "4100000000000000011"


def said(value: Value, *amounts: str, **cells: str | None) -> object:
    """One row's value, by the expression alone, over cells cleaned as a layout's are."""
    columns = ", ".join(f'CAST(${n} AS VARCHAR) AS "{name}"' for n, name in enumerate(cells, 1))
    rows = rows_of([name for name in cells if name not in amounts], amounts, rows=f"(SELECT {columns})")
    row = duckdb.connect().execute(f"SELECT {value.sql} FROM ({rows})", list(cells.values())).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("income", "expense", "amount"),
    [
        ("128.00", None, "128.000000"), ("1,280.50", "0.00", "1280.500000"), (None, "-0.77", "-0.770000"),
        ("", "0.77", "-0.770000"), ("5.00元", " ", "5.000000"), ("0.00", "0.00", "0.000000"), (None, None, None),
        ("一元", "2.00", "一元"), ("2.00", "12,50", "12,50"),
    ],
)  # fmt: skip
def test_an_amount_is_income_less_expense_and_what_is_no_amount_stays(
    income: str | None, expense: str | None, amount: str | None
) -> None:
    assert said(wallets.signed("in", "out"), "in", "out", **{"in": income, "out": expense}) == amount


@pytest.mark.parametrize(
    ("booking", "remark", "kind"),
    [
        ("在线支付", "春茶红包 推广装 佣金", "sale"),  # an article's title is no booking
        ("交易退款", "退运费", "refund"), ("退款（交易退款）", None, "refund"),  # noqa: RUF001
        ("其它", "淘宝客佣金代扣款", "influencer_commission"), ("其它", "天猫佣金（类目）", "commission"),  # noqa: RUF001
        ("收费", "基础软件服务费", "service_fee"), ("其它", "保险承保-卖家版运费险保费收取", "freight"),
        ("转账", "万相台充值", "promotion_fee"), ("提现", "到银行卡", "transfer"), ("提现", "提现手续费", "service_fee"),
        ("其它", "百亿补贴", "subsidy"), ("其它", "公益宝贝捐赠", "other"), (None, None, "other"),
    ],
)  # fmt: skip
def test_a_booking_has_the_kind_that_its_type_and_then_its_words_say(
    booking: str | None, remark: str | None, kind: str
) -> None:
    words = " · ".join(word for word in (booking, remark) if word)
    assert said(wallets.KIND, booking_of_row=booking or "", said_of_row=words) == kind


@pytest.mark.parametrize(
    ("number", "remark", "order"),
    [
        (f"T200P{ORDER}", None, ORDER), (f'="{ORDER}"', None, ORDER), (None, f"佣金[tradeid:{ORDER}]", ORDER),
        ("X331639328010038983", f"订单号：{ORDER}", ORDER), (None, f"天猫佣金{{{ORDER}}}扣款", ORDER),  # noqa: RUF001
        (None, f"T200P{ORDER} T200P{ORDER}", ORDER), (None, f"tradeid:{ORDER};tradeid:4100000000000000012", None),
        (None, "付款账号(331639328010038983)扣款", None), ("-", "", None),
    ],
)  # fmt: skip
def test_an_order_is_named_by_its_number_or_by_one_remark_and_never_guessed(
    number: str | None, remark: str | None, order: str | None
) -> None:
    assert said(wallets.order_in("number", "remark"), number=number, remark=remark) == order


def test_a_transfer_keeps_no_remark_that_could_name_a_person(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "shop")
    load_paths(tiny.shop, [ALIPAY[0].written(tmp_path), WECHAT[0].written(tmp_path)], by="alice")
    found = tiny.shop.lake.query("SELECT DISTINCT note FROM settlements WHERE kind = 'transfer'").fetchall()
    assert found == [("提现",)]


def test_bookings_of_one_flow_number_in_two_files_are_all_kept(tmp_path: Path) -> None:
    tiny, whole = make_tiny(tmp_path / "shop"), ALIPAY[0]
    for name, rows in (("a.csv", whole.rows[1:3]), ("b.csv", whole.rows[3:6]), ("again.csv", whole.rows[1:6])):
        load_paths(tiny.shop, [replace(whole, name=name, rows=(whole.rows[0], *rows)).written(tmp_path)], by="alice")
    found = tiny.shop.lake.query("SELECT count(*), sum(amount)::VARCHAR FROM settlements").fetchone()
    assert found == (5, "89.6300")  # 128.00 - 0.77 - 6.40 - 3.20 - 28.00


def test_the_two_forms_of_wechat_are_told_apart_even_when_the_newer_one_says_main_order() -> None:
    newer = ["入账时间", "支付流水号", "主订单ID", "入帐类型", "收入金额（元）", "支出金额（元）", "业务描述", "备注"]  # noqa: RUF001
    assert [layout.id for layout in LAYOUTS if layout.matched(newer)] == ["wechat_statement_v2"]
    assert [layout.id for layout in LAYOUTS if layout.matched(WECHAT[1].rows[0])] == ["wechat_statement_v1"]
