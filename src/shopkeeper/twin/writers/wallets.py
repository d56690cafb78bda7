"""Statements of wallets: Alipay for Tmall, WeChat for the stores; order numbers often stand in the remark alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

_BOOKED = """
(SELECT s.*, (SELECT coalesce(sum(amount_fen), 0) FROM settlements WHERE shop = '{shop}' AND moment < getvariable('first'))
        + sum(amount_fen) OVER (ORDER BY settlement) AS balance_fen
 FROM settlements s WHERE shop = '{shop}' AND moment >= getvariable('first'))"""
ALIPAY = Export(
    "支付宝账务明细",
    ("业务流水号", "商户订单号", "入账时间", "收入（+元）", "支出（-元）", "账户余额（元）", "交易对方", "业务类型", "备注"),
    {
        "业务流水号": "chr(9) || strftime(moment, '%Y%m%d') || '22001' || lpad(CAST(coalesce(order_no % 10000000000, statement) "
        "AS VARCHAR), 10, '0')",
        "商户订单号": "CASE WHEN kind IN ('sale', 'refund', 'forfeit') THEN 'T200P' || order_no END", "入账时间": "said(moment)",
        "收入（+元）": "CASE WHEN amount_fen > 0 THEN grouped(amount_fen) END",
        "支出（-元）": "CASE WHEN amount_fen < 0 THEN grouped(amount_fen) END", "账户余额（元）": "grouped(balance_fen)",
        "交易对方": "CASE WHEN kind IN ('sale', 'refund') THEN '*' || '*' WHEN kind = 'payout' THEN '兰亭' ELSE '天猫' END",
        "业务类型": "CASE kind WHEN 'sale' THEN '交易付款' WHEN 'refund' THEN '交易退款' WHEN 'service_fee' THEN '收费' "
        "WHEN 'payout' THEN '提现' ELSE '其它' END",
        "备注": "CASE kind WHEN 'commission' THEN '天猫佣金（类目）{' || order_no || '}' || "
        "CASE WHEN amount_fen > 0 THEN '返还' ELSE '扣款' END "
        "WHEN 'service_fee' THEN '基础软件服务费[tradeid:' || order_no || ']' "
        "WHEN 'influencer_fee' THEN '淘宝客佣金代扣款[tradeid:' || order_no || ']' "
        "WHEN 'subsidy' THEN '平台补贴发放（T200P' || order_no || '）' WHEN 'payout' THEN '提现到银行卡' END",
    },
    _BOOKED.format(shop="tmall"),
    "settlement",
    "gb18030",
    notes=({"业务流水号": "#支付宝账务明细查询"}, {"业务流水号": "#账号：[2088********0156]"}),  # noqa: RUF001
)  # fmt: skip
WECHAT = Export(
    "微信账单_兰亭门店",
    ("商家昵称", "入帐日期", "入帐时间", "支付流水号", "主订单id", "子订单id", "入帐类型", "收入金额(元)", "支出金额(元)",
     "业务描述", "备注", "收/付渠道", "数据创建时间", "数据修改时间"),
    {
        "商家昵称": "'兰亭门店'", "入帐日期": "CAST(CAST(moment AS DATE) AS VARCHAR)", "入帐时间": "said(moment)",
        "支付流水号": "chr(9) || '8490' || coalesce(order_no, statement)", "主订单id": "CAST(order_no AS VARCHAR)",
        "入帐类型": "CASE kind WHEN 'sale' THEN '交易收款' WHEN 'refund' THEN '交易退款' WHEN 'payout' THEN '提现' "
        "WHEN 'subsidy' THEN '其他' ELSE '服务费' END",
        "收入金额(元)": "CASE WHEN amount_fen > 0 THEN yuan(amount_fen) || '元' END",
        "支出金额(元)": "CASE WHEN amount_fen < 0 THEN yuan(-amount_fen) || '元' END",
        "业务描述": "CASE kind WHEN 'sale' THEN '交易收款' WHEN 'refund' THEN '交易退款' WHEN 'payout' THEN '提现' "
        "WHEN 'subsidy' THEN '平台补贴' WHEN 'commission' THEN '佣金' ELSE '基础软件服务费' END",
        "收/付渠道": "'微信支付'", "数据创建时间": "said(moment)", "数据修改时间": "said(moment)",
    },
    _BOOKED.format(shop="store"),
    "settlement",
    "utf-8-sig",
)  # fmt: skip


# The newer form of the same statement: one order column, and no child orders.
_KIND = WECHAT.cells["入帐类型"]
WECHAT_NEWER = Export(
    "微信账单_兰亭门店",
    ("入账时间", "支付流水号", "淘宝订单编号", "入账类型", "收入金额（元）", "支出金额", "业务描述", "备注"),
    {
        "入账时间": "said(moment)", "支付流水号": WECHAT.cells["支付流水号"], "淘宝订单编号": "chr(9) || order_no",
        "入账类型": _KIND, "收入金额（元）": "CASE WHEN amount_fen > 0 THEN grouped(amount_fen) END",
        "支出金额": "CASE WHEN amount_fen < 0 THEN grouped(-amount_fen) END", "业务描述": WECHAT.cells["业务描述"],
        "备注": "CASE WHEN kind = 'payout' THEN '提现至兰亭' END",
    },
    _BOOKED.format(shop="store"),
    "settlement",
    "utf-8-sig",
)  # fmt: skip
_NEWER_FROM = dt.date(2024, 3, 1)


def write_wallets(desk: Desk, folder: Path, month: str) -> None:
    """A month of both statements."""
    ALIPAY.write(desk, folder / "alipay" / f"{ALIPAY.name}_{month}.csv")
    wechat = WECHAT if desk.first < _NEWER_FROM else WECHAT_NEWER
    wechat.write(desk, folder / "wechat" / f"{WECHAT.name}_{month}.csv")
