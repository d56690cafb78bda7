"""The settings of the simulated shop's folder."""

from __future__ import annotations

SHOP = """\
# 兰亭 Lanting: a simulated brand, written by `shopkeeper twin write`. Nobody in it exists.
[shop]
id = "lanting"
name = "Lanting 兰亭"
currency = "CNY"
timezone = "Asia/Shanghai"
simulated = true
{extra}
# 千川's export does not say what its spend is for; all of it is meant to win new buyers.
[ingest]
ad_spend_is_acquisition = true

# The stores' WeChat statement looks like one of Tmall's: the folder says whose it is.
[[shops]]
shop_id = "store"
files = ["exports/wechat/*"]

[[source]]
name = "bank"
files = "bank/*.csv"
[source.settlements]
shop_id = {{ sql = "CASE WHEN \\"摘要\\" LIKE '% 货款提现' THEN split_part(\\"摘要\\", ' ', 1) ELSE 'lanting' END" }}
statement_id = "交易流水号"
line_no = {{ value = "1" }}
issuer = {{ value = "bank" }}
settled_at = "交易时间"
kind = {{ sql = "CASE WHEN \\"摘要\\" LIKE '% 货款提现' THEN 'transfer' ELSE 'other' END" }}
amount = {{ sql = "coalesce(number(\\"收入金额\\"), 0) - coalesce(number(\\"支出金额\\"), 0)" }}
balance = "账户余额"
note = "摘要"
"""
ACCEPTED = """\
# Layouts put together without a whole real export, confirmed by `shopkeeper ingest --accept`.
accepted = ["xiaohongshu_order", "xiaohongshu_settlement"]
"""


def shop_settings(*, demo: bool = False) -> str:
    """`shopkeeper.toml` of the simulated shop; `demo`: it may be read on loopback without signing in."""
    return SHOP.format(extra="demo = true\n" if demo else "")
