"""A shop with people in it: names, phones and addresses that must never be seen by those who may not, all told in files.

ming = people_shop(tmp_path / "shop")      Ming bought twice and returned one, Hong never bought
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.shop_folders import ShopFolder

HEAD = '[shop]\nid = "ming"\nname = "Ming"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\n'
MING, HONG, WEI = "ming_dynasty_88", "hong_lantern_07", "wei_river_3131"
PHONE, NAME, ADDRESS, NOTE = "13812345678", "明小王爷", "紫金路一百号", "call ming_dynasty_88 after six"
SECRETS = (MING, HONG, WEI, PHONE, NAME, ADDRESS, NOTE, hashlib.sha256(PHONE.encode()).hexdigest())
"""Everything that says who somebody is."""

MAPPING = """
[[source]]
name = "lines"
files = "lines*"
[source.order_lines]
order_id = "order"
sku_id = "sku"
ordered_at = "day"
paid_at = "day"
quantity = "qty"
payable_amount = "paid"
customer_id = "buyer"

[[source]]
name = "refunds"
files = "refunds*"
[source.refunds]
refund_id = "refund"
order_id = "order"
customer_id = "buyer"
refunded_at = "day"
amount = "amount"
status = { value = "refunded" }

[[source]]
name = "people"
files = "people*"
[source.customers]
customer_id = "buyer"
name = "姓名"
phone_hash = { sql = "sha256(\\"手机\\")" }
region = "city"

[[source]]
name = "consents"
files = "consents*"
[source.consents]
customer_id = "buyer"
purpose = "purpose"
given_at = "day"
granted = "granted"
"""
LINES = (
    "order,sku,day,qty,paid,buyer,收货地址,备注\n"
    f"A,mug,2024-03-01 10:00:00,1,100,{MING},{ADDRESS},{NOTE}\n"
    f"B,cup,2024-03-11 10:00:00,2,50,{MING},{ADDRESS},\n"
    f"C,cup,2024-03-05 10:00:00,1,20,{WEI},,\n"
    f"D,mug,2024-03-20 10:00:00,1,30,,,\n"
    f"E,mug,2024-03-06 10:00:00,many,30,{MING},{ADDRESS},{NOTE}\n"
)
REFUNDS = f"refund,order,buyer,day,amount\nR1,B,{MING},2024-03-12 10:00:00,50\nR2,C,{WEI},2024-03-06 10:00:00,25\n"
PEOPLE = f"buyer,姓名,手机,city\n{MING},{NAME},{PHONE},Suzhou\n{HONG},洪灯笼,13900000007,Xian\n{WEI},韦江河,13700003131,Wuhan\n"
CONSENTS = (
    "buyer,purpose,day,granted\n"
    f"{MING},sms,2024-01-01 10:00:00,true\n{WEI},sms,2024-01-01 10:00:00,true\n{WEI},sms,2024-02-01 10:00:00,false\n"
)


def people_shop(folder: Path) -> ShopFolder:
    """The shop, loaded."""
    shop = ShopFolder(folder, MAPPING, HEAD)
    for name, content in (("lines", LINES), ("refunds", REFUNDS), ("people", PEOPLE), ("consents", CONSENTS)):
        shop.drop(f"{name}.csv", content)
    shop.load()
    return shop
