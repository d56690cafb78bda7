"""Synthetic exports of JD: invented shops, buyers and articles."""

from __future__ import annotations

from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.ingest.sources.jd.layout import ORDER_EXPORT, SHANGZHI_SKU

_COMMON = {
    "支付方式": "在线支付", "订单类型": "销售订单", "下单帐号": "jd_lilei", "客户姓名": "李*",
    "客户地址": "江苏南京市玄武区****",
    "联系电话": "1******6198", "运费金额": "0.00", "余额支付": "0.00", "发票类型": "不开发票",
    "订单来源": "移动端订单", "订单渠道": "暂无来源",
}  # fmt: skip


def _rows(headers: tuple[str, ...], *cells: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    return headers, *(tuple(row.get(header, "") for header in headers) for row in cells)


def _order(number: str, placed: str, state: str, total: str, settled: str, due: str, **more: str) -> dict[str, str]:
    amounts = {"订单金额": total, "结算金额": settled, "应付金额": due}
    return _COMMON | {"订单号": number, "下单时间": placed, "订单状态": state} | amounts | more


def _line(order: dict[str, str], article: str, name: str, price: str, units: str = "1") -> dict[str, str]:
    return order | {
        "商品ID": article,
        "商品名称": name,
        "京东价": price,
        "订购数量": units,
        "货号": f"ST-{article[-3:]}",
    }


_TWO = _order(
    '="311000000001"', "2026-07-01 10:15:00", "完成", "1,097.00", "932.45", "932.45元", 付款确认时间="2026-07-01 10:15:31",
    订单完成时间="2026-07-05 09:00:00", 订单渠道="京东搜索",
)  # fmt: skip
_BALANCE = _order(
    "'311000000002", "2026-07-01 11:00:00", "等待确认收货", "59.70", "54.70", "36.00", 余额支付="20.00", 运费金额="6.00",
    付款确认时间="2026-07-01 11:00:40", 客户地址="黑龙江哈尔滨市道里区****",
)  # fmt: skip
_UNPAID = _order(
    "311000000003", "2026-07-02 08:00:00", "等待付款", "1,299.00", "1,299.00", "1,299.00", 下单帐号="j***n"
)
_SPLIT_PARENT = _order(
    "311000000004",
    "2026-07-02 09:00:00",
    "(删除)等待出库",
    "88.00",
    "88.00",
    "88.00",
    付款确认时间="2026-07-02 09:01:00",
)
_ON_DELIVERY = _order(
    "311000000005", "2026-07-02 12:00:00", "等待确认收货", "45.50", "45.50", "45.50", 支付方式="货到付款"
)
_DELIVERED = _order(
    "311000000006",
    "2026-07-02 12:30:00",
    "完成",
    "45.50",
    "45.50",
    "45.50",
    支付方式="货到付款",
    订单完成时间="2026-07-04 18:00:00",
)
_THIRDS = _order(
    "311000000007", "2026-07-03 20:00:00", "(锁定)等待出库", "30.00", "28.00", "20.00", 付款确认时间="2026-07-03 20:00:30",
    订单类型="预售订单",
)  # fmt: skip
_UNREADABLE = _order(
    "311000000008", "2026-07-03 21:00:00", "等待出库", "10.00", "10.00", "面议", 付款确认时间="2026-07-03 21:01:00"
)

ORDERS = Fixture(
    ORDER_EXPORT.id,
    "jd_orders_20260705.csv",
    _rows(
        ORDER_EXPORT.headers,
        _line(_TWO, "100012345101", "银杏叶项链 套装", "758.00"),
        _line(_TWO, "100012345102", "银杏叶耳钉", "339.00"),
        _line(_BALANCE, "100012345103", "竹纤维毛巾", "19.90", "3"),
        _line(_UNPAID, "100012345104", "空气炸锅", "1,299.00"),
        _line(_SPLIT_PARENT, "100012345105", "帆布包", "88.00"),
        _line(_ON_DELIVERY, "100012345106", "陶瓷碗", "45.50"),
        _line(_DELIVERED, "100012345106", "陶瓷碗", "45.50"),
        _line(_THIRDS, "100012345107", "便签 红", "10.00"),
        _line(_THIRDS, "100012345108", "便签 黄", "10.00"),
        _line(_THIRDS, "100012345109", "便签 蓝", "10.00"),
        _line(_UNREADABLE, "100012345110", "杯垫", "10.00"),
    ),
    loaded={"orders": 7, "order_lines": 10, "products": 10, "shops": 1, "platforms": 1, "channels": 1, "customers": 1},
    totals={
        # 932.45 + 56.00 (36 + 20 by balance) + 1299 + 88 + 45.50 + 45.50 + 20
        "orders.payable_amount": "2486.45",
        "orders.freight_amount": "6.00",
        # 1097 + 3 × 19.90 + 1299 + 88 + 45.50 + 45.50 + 30
        "order_lines.list_amount": "2664.70",
        # the orders' payable without the freight of 6.00
        "order_lines.payable_amount": "2480.45",
        # 932.45 + 54.70 + 1299 + 88 + 45.50 + 45.50 + 28
        "order_lines.receivable_amount": "2493.15",
        # (1097 - 932.45) + (59.70 - 54.70) + (30 - 28)
        "order_lines.discount_merchant": "171.55",
        # 54.70 - (36 + 20 - 6) and 28 - 20
        "order_lines.discount_platform": "12.70",
        "order_lines.quantity": "12",
    },
    encoding="gb18030",
    held=2,  # the order whose amount is 面议, and its line
    variants=(("下单帐号", "下单账号"),),
)

_DAY = {
    "时间": "2026-07-06", "一级类目": "家居日用", "二级类目": "生活日用", "三级类目": "毛巾浴巾", "货号": "ST-103",
    "成交金额": "1,194.00", "成交商品件数": "60", "成交单量": "21", "成交客户数": "20", "成交转化率": "1.62%",
    "商品浏览量": "3,021",
    "商品访客数": "1,234", "加购客户数": "98", "取消及售后退款金额": "39.80",
}  # fmt: skip
SKU_DAYS = Fixture(
    SHANGZHI_SKU.id,
    "商智_商品明细.xlsx",
    _rows(
        SHANGZHI_SKU.headers[:37],
        _DAY | {"SKU": "100012345103", "SKU名称": "竹纤维毛巾"},
        _DAY | {"SKU": "100012345106", "SKU名称": "陶瓷碗", "三级类目": "餐具", "商品访客数": "310", "加购客户数": "0"},
        _DAY | {"SKU": "100012345101", "SKU名称": "银杏叶项链 套装", "商品访客数": "77", "加购客户数": "-"},
        _DAY
        | {
            "SKU": "100012345104",
            "SKU名称": "空气炸锅",
            "时间": "2026年07月07日",
            "商品访客数": "46",
            "加购客户数": "5",
        },
        _DAY
        | {
            "SKU": "100012345103",
            "SKU名称": "竹纤维毛巾",
            "时间": "20260707",
            "商品访客数": "1,100",
            "加购客户数": "80",
        },
        _DAY | {"SKU": "100012345106", "SKU名称": "陶瓷碗", "时间": "2026-07-01~2026-07-07", "商品访客数": "2,000"},
        _DAY | {"SKU": "合计", "时间": "", "商品访客数": "1,621"},
    ),
    loaded={"visits": 5, "products": 4, "shops": 1, "platforms": 1},
    # 1234 + 310 + 77 + 46 + 1100; 98 + 0 + unknown + 5 + 80
    totals={"visits.visitors": "2767", "visits.carting_visitors": "183"},
    held=1,  # a week's figures are no day's
    notes=1,
    variants=(("成交转化率", "成交转换率"), ("加购商品件数（正向）", "加购商品件数(正向)")),  # noqa: RUF001
)
FIXTURES = (ORDERS, SKU_DAYS)
