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

# Anchors of the operating score: shares and turns as the blueprint gives them, the rest measured on the first half-year.
[targets.C3]
floor = 0.85
baseline = 0.90
target = 0.95

[targets.C4]
floor = "-10%"
baseline = "2024-01..2024-06"
target = "+10%"

[targets.K1]
floor = 450
baseline = 300
target = 150

[targets.K2]
floor = "+25%"
baseline = "2024-01..2024-06"
target = "-10%"

[targets.K4]
floor = "+15%"
baseline = "2024-01..2024-06"
target = "-15%"

[targets.U1]
floor = "+40%"
baseline = "2024-01..2024-06"
target = "-20%"

[targets.U3]
floor = "-20%"
baseline = "2024-04..2024-06"   # needs 90 earlier days
target = "+20%"

[targets.U4]
floor = 0.70
baseline = 0.80
target = 0.90

[targets.N1]
floor = "-30%"
baseline = "2024-01..2024-06"
target = "+20%"

[targets.N2]
floor = "-30%"
baseline = "2024-01..2024-06"
target = "+20%"

[targets.S1]
floor = 3.0
baseline = 4.3
target = 6.0

[targets.S2]
floor = 0.85
baseline = 0.90
target = 0.95

[targets.S3]
floor = 0.35
baseline = 0.23
target = 0.15

[targets.D1]
floor = 0.90
baseline = 0.95
target = 0.98

[targets.D3]
floor = 0.80
baseline = 0.92
target = 0.98
"""
ACCEPTED = """\
# Layouts put together without a whole real export, confirmed by `shopkeeper ingest --accept`.
accepted = ["xiaohongshu_order", "xiaohongshu_settlement"]
"""


def shop_settings(*, demo: bool = False) -> str:
    """`shopkeeper.toml` of the simulated shop; `demo`: it may be read on loopback without signing in."""
    return SHOP.format(extra="demo = true\n" if demo else "")
