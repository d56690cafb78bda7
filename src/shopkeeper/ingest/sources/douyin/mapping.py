"""Douyin's exports in terms of the commerce model.

Orders: one row a child order, whose number is the line's. 订单应付金额 holds the freight, so that

    payable = 订单应付金额 - 运费     list = 商品金额 × 商品数量, or payable + the three discounts where the tag price is not told
    receivable = payable + what the platform and the influencer bear

A child order of several articles joined by `;` is one line: their amounts are not told apart, their joined codes are its
article, their quantities add up. Exports without 支付完成时间 tell by the status alone that an order is paid: it then counts at
the moment it was placed (an unpaid order is closed within the hour; a presale may be paid days later). Cash on delivery is
paid when the order is completed. 售后状态 tells neither the amount nor the day of a refund: none is loaded.

千川 has neither day nor campaign: rows with the same ids are numbered in file order. The total row is one that is called so,
or the last (else the first) row without ids whose figures are each the sum of all others.
"""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.ingest.cells import cell, named_rows, number_of, rows_of, unread
from shopkeeper.ingest.layouts import DAY
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.warehouse.sql import literal

_ORDER = '(PARTITION BY shop_of_row, "主订单编号")'
_TEXTS = (
    "主订单编号", "子订单编号", "选购商品", "商品规格", "商品数量", "商家编码", "商品ID", "订单提交时间", "支付完成时间",
    "订单完成时间", "发货时间", "订单状态", "售后状态", "支付方式", "订单类型", "流量体裁", "省",
)  # fmt: skip
_STATES = {
    "待支付": 2, "待付款": 2, "待确认": 2, "已支付": 3, "已付款": 3, "备货中": 3, "待发货": 3, "部分发货": 4,
    "已发货": 4, "待收货": 4,
    "已签收": 4, "已完成": 5, "交易成功": 5, "交易完成": 5, "已关闭": 1, "交易关闭": 1, "已取消": 0,
}  # fmt: skip


def _order_rows() -> str:
    """The rows with `-` as empty, the lines' amounts, and the order's amounts and state over all its child orders."""
    amounts = {
        "due": "订单应付金额", "freight": "运费", "by_platform": "平台实际承担优惠金额",
        "by_merchant": "商家实际承担优惠金额",
        "by_influencer": "达人实际承担优惠金额", "price": "商品金额",
    }  # fmt: skip
    named = ", ".join(
        f"{number_of(header)} AS {name}, {cell(header)} AS {name}_text" for name, header in amounts.items()
    )
    rows = f"SELECT *, {named} FROM ({rows_of(_TEXTS, amounts.values())})"
    number = r"\d+(\.\d+)?"
    units = (
        f"CASE WHEN regexp_full_match(\"商品数量\", '{number}(\\s*[;；]\\s*{number})*[;；]?') THEN list_sum(list_transform("  # noqa: RUF001
        f"regexp_extract_all(\"商品数量\", '{number}'), lambda part: TRY_CAST(part AS DECIMAL(12,3)))) END"
    )
    ranks = " ".join(f"WHEN {literal(text)} THEN {rank}" for text, rank in _STATES.items())
    rows = (
        f'SELECT *, {units} AS units, CASE "订单状态" {ranks} END AS rank, '
        f"max({unread(('due', 'freight'))}) OVER {_ORDER} AS unreadable, "
        f'count("支付完成时间") OVER () > 0 AS timed FROM ({rows})'
    )
    paid = (
        'CASE WHEN "支付方式" LIKE \'%货到付款%\' THEN CASE WHEN rank = 5 THEN "订单完成时间" END '
        "WHEN timed THEN \"支付完成时间\" WHEN rank IS NULL THEN '订单状态 ' || coalesce(\"订单状态\", '?') "
        'WHEN rank > 2 OR rank < 2 AND ("发货时间" IS NOT NULL OR "售后状态" LIKE \'%退款成功%\') THEN "订单提交时间" END'
    )
    rows = (
        f"SELECT *, max({paid}) OVER {_ORDER} AS paid, "
        f"coalesce(min(rank) FILTER (rank > 1) OVER {_ORDER}, max(rank) OVER {_ORDER}) AS order_rank, "
        f"CASE WHEN count(rank) OVER {_ORDER} = count(*) OVER {_ORDER} THEN true END AS ranked, due - freight AS goods, "
        f"CASE WHEN count(due) OVER {_ORDER} = count(*) OVER {_ORDER} THEN sum(due) OVER {_ORDER} END AS order_due, "
        f"CASE WHEN count(freight) OVER {_ORDER} = count(*) OVER {_ORDER} THEN sum(freight) OVER {_ORDER} END AS order_freight "
        f"FROM ({rows})"
    )
    return f"SELECT *, {', '.join(f'{sql} AS {name}' for name, sql in _ORDER_COLUMNS.items())} FROM ({rows})"


_ORDER_COLUMNS = {
    "status": "CASE WHEN ranked THEN CASE order_rank WHEN 0 THEN 'cancelled' WHEN 1 THEN 'closed' WHEN 2 THEN 'placed' "
    "WHEN 3 THEN 'paid' WHEN 4 THEN 'shipped' WHEN 5 THEN 'completed' END END",
    "kind": "CASE WHEN \"支付方式\" LIKE '%货到付款%' THEN 'cash_on_delivery' WHEN \"订单类型\" LIKE '%预售%' THEN 'presale' "
    "WHEN \"订单类型\" IS NOT NULL THEN 'normal' END",
    "region": 'CASE WHEN NOT regexp_matches("省", \'[*#$]\') THEN "省" END',
    "channel": "'douyin:' || \"流量体裁\"",
    "order_payable": "coalesce(unreadable, CAST(order_due AS VARCHAR))",
    "article": 'coalesce("商家编码", "商品ID", concat_ws(\' \', "选购商品", "商品规格"))',
    "product": 'CASE WHEN NOT regexp_matches("商品ID", \'[;；]\') THEN "商品ID" END',  # noqa: RUF001
    "quantity": 'coalesce(CAST(units AS VARCHAR), "商品数量")',
    "list_amount": "CASE WHEN NOT regexp_matches(\"商品数量\", '[;；]') AND price IS NOT NULL "  # noqa: RUF001
    "THEN TRY_CAST(price * TRY_CAST(units AS DECIMAL(12,3)) AS DECIMAL(18,4)) "
    "ELSE goods + by_platform + by_merchant + by_influencer END",
    "line_payable": "coalesce(unreadable, CAST(goods AS VARCHAR))",
    "receivable": "goods + by_platform + by_influencer",
}
ORDER_ROWS = _order_rows()
_PLACED = {
    "order_id": Value(header="主订单编号"), "channel_id": Value(header="channel"), "ordered_at": Value(header="订单提交时间"),
    "paid_at": Value(header="paid"),
}  # fmt: skip
ORDERS = TableMapping(
    "orders",
    _PLACED
    | {
        "status": Value(header="status"), "order_type": Value(header="kind"), "freight_amount": Value(header="order_freight"),
        "payable_amount": Value(header="order_payable"), "region": Value(header="region"),
    },
)  # fmt: skip
ORDER_LINES = TableMapping(
    "order_lines",
    _PLACED
    | {
        "line_no": Value(header="子订单编号"), "sku_id": Value(header="article"), "quantity": Value(header="quantity"),
        "list_amount": Value(header="list_amount"), "discount_merchant": Value(header="商家实际承担优惠金额"),
        "discount_platform": Value(header="平台实际承担优惠金额"), "discount_influencer": Value(header="达人实际承担优惠金额"),
        "payable_amount": Value(header="line_payable"), "receivable_amount": Value(header="receivable"),
    },
)  # fmt: skip
PRODUCTS = TableMapping(
    "products",
    {"sku_id": Value(header="article"), "product_id": Value(header="product"), "name": Value(header="选购商品")},
)
CHANNELS = TableMapping(
    "channels",
    {"channel_id": Value(header="channel"), "name": Value(header="name"), "kind": Value(header="kind")},
    relation='SELECT channel, any_value("流量体裁") AS name, '
    "any_value(CASE WHEN \"流量体裁\" LIKE '%直播%' THEN 'live' END) AS kind "
    "FROM {file} WHERE channel IS NOT NULL GROUP BY channel",
)


def spend_rows(name: str, columns: Mapping[str, str]) -> str:
    """The rows of a 千川 report without its total, each with ids of its own.

    `columns` are its headers of `spend`, `shown`, `clicks`, `orders` and `amount`.
    """
    rows = named_rows({"plan_text": "计划ID", "item_text": "商品ID", "account_text": "抖音号ID"}, columns)
    sums = " AND ".join(f"2 * coalesce({column}, 0) = coalesce(sum({column}) OVER (), 0)" for column in columns)
    rows = (
        f"SELECT *, plan_text IS NULL AND item_text IS NULL AND account_text IS NULL AND spend > 0 AND {sums} AS adds_up, "
        "file_row_number = max(file_row_number) OVER () AS is_last, file_row_number = min(file_row_number) OVER () AS is_first, "
        "coalesce(concat_ws(' ', plan_text, item_text, account_text) IN ('合计', '总计', '汇总'), false) AS called_total "
        f"FROM ({rows})"
    )
    rows = (
        "SELECT *, called_total OR adds_up AND "
        "(is_last OR is_first AND NOT coalesce(bool_or(adds_up AND is_last) OVER (), false)) "
        f"AS is_total FROM ({rows})"
    )
    rows = (
        f"SELECT *, coalesce(plan_text, '{name}') AS campaign, coalesce(item_text, account_text, '') AS place "
        f"FROM ({rows}) WHERE NOT coalesce(is_total, false)"
    )
    same = "(PARTITION BY shop_of_row, campaign, place"
    return (
        f"SELECT *, place || CASE WHEN place = '' OR count(*) OVER {same}) > 1 "
        f"THEN '#' || row_number() OVER {same} ORDER BY file_row_number) ELSE '' END AS ad FROM ({rows})"
    )


SPEND_CHANNEL = TableMapping(
    "channels",
    {
        "channel_id": Value(constant="qianchuan"),
        "name": Value(constant="Qianchuan 巨量千川"),
        "kind": Value(constant="paid"),
    },
    relation="SELECT 1 AS one",
)
SPEND = TableMapping(
    "ad_spend",
    {
        "spent_day": Value(constant=DAY), "channel_id": Value(constant="qianchuan"), "campaign_id": Value(header="campaign"),
        "ad_id": Value(header="ad"), "amount": Value(header="spend_text"), "impressions": Value(header="shown_text"),
        "clicks": Value(header="clicks_text"), "attributed_orders": Value(header="orders_text"),
        "attributed_amount": Value(header="amount_text"),
    },
)  # fmt: skip
