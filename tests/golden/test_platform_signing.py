"""The platforms' signatures against the examples that they publish themselves.

The values were copied from the platforms' own guides, where each stands as an example of how to sign: Taobao (TOP, API调用方法
详解), JD (JOS, API调用方法) and Pinduoduo (开放平台接入指南). Douyin, Kuaishou and Xiaohongshu publish none:
their declarations say so. Shopify signs no request of its Admin API.
"""

from __future__ import annotations

import datetime as dt

import pytest

from shopkeeper.ingest.platforms import PLATFORMS, platform_named
from shopkeeper.ingest.platforms.declaration import CHINA, Credentials
from shopkeeper.ingest.platforms.jd.signing import signed as signed_for_jd
from shopkeeper.ingest.platforms.pinduoduo.signing import signed as signed_for_pinduoduo
from shopkeeper.ingest.platforms.taobao.signing import signed as signed_for_taobao


def test_taobao_signs_its_published_example() -> None:
    request = signed_for_taobao(
        "taobao.item.seller.get", {"fields": "num_iid,title,nick,price,num", "num_iid": 11223344},
        Credentials("12345678", "helloworld", "test"), dt.datetime(2016, 1, 1, 12, 0, tzinfo=CHINA),
    )  # fmt: skip
    assert request.form is not None
    assert request.form["sign"] == "66987CB115214E59E6EC978214934FB8"


def test_jd_signs_its_published_example() -> None:
    params = {
        "end_date": None, "optional_fields": None, "order_state": "WAIT_SELLER_STOCK_OUT", "page": "1", "page_size": "200",
        "start_date": None,
    }  # fmt: skip
    request = signed_for_jd(
        "jingdong.pop.order.search", params, Credentials("yourappkey", "yourappSecret", "yourtoken"),
        dt.datetime(2021, 5, 7, 9, 20, 39, 683000, tzinfo=CHINA),
    )  # fmt: skip
    assert request.form is not None
    assert request.form["sign"] == "D70825340F4084360B9362B60DFD7930"


def test_pinduoduo_signs_its_published_example() -> None:
    request = signed_for_pinduoduo(
        "pdd.order.number.list.get", {"data_type": "XML", "order_status": 1, "page": 1, "page_size": 10},
        Credentials("1", "testSecret", "asd78172s8ds9a921j9qqwda12312w1w21211"), dt.datetime.fromtimestamp(1480411125, dt.UTC),
    )  # fmt: skip
    assert request.form is not None
    assert request.form["sign"] == "E4DE3ED21002510DED352819E7AE6775"


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_no_published_example_holds_is_declared_so(name: str) -> None:
    assert platform_named(name).verified == (name in ("taobao", "jd", "pinduoduo", "shopify"))
