"""Reports of articles' pages: 生意参谋's ranking and single article at Tmall, 商智's articles at JD, a row a day and page."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

# What each page sold by the day of payment, as the platform counts it: brushing included.
_SOLD = """
CREATE OR REPLACE TEMP TABLE pages AS
WITH shown AS (SELECT sku, code, name, product_code, category, min(sku) OVER (PARTITION BY product) AS first FROM skus),
paid AS (
    SELECT o.shop, CAST(s.moment AS DATE) AS date, CASE o.shop WHEN 'tmall' THEN k.first ELSE k.sku END AS sku,
        count(DISTINCT o.account) AS payers, sum(l.quantity) AS units,
        sum(l.payable_fen + CASE o.shop WHEN 'tmall' THEN l.platform_fen ELSE 0 END) AS fen,
        count(DISTINCT o.order_no) AS orders
    FROM order_states s JOIN orders o USING (order_no) JOIN order_lines l USING (order_no) JOIN shown k USING (sku)
    WHERE s.state = 'paid' AND s.moment >= getvariable('first') AND o.shop IN ('tmall', 'jd') GROUP BY ALL)
SELECT i.*, k.code, k.name, k.product_code, category_word(k.category) AS category_name,
    '6' || lpad(CAST(k.first AS VARCHAR), 11, '0') AS page_id, coalesce(p.payers, 0) AS payers, coalesce(p.units, 0) AS units,
    coalesce(p.fen, 0) AS fen, coalesce(p.orders, 0) AS paid_orders,
    CAST(i.carting AS BIGINT) * i.told_visitors // greatest(i.visitors, 1) AS told_carting
FROM item_days i JOIN shown k USING (sku) LEFT JOIN paid p USING (shop, date, sku)
WHERE i.date >= CAST(getvariable('first') AS DATE)"""
_SHARE = "CASE WHEN {whole} > 0 THEN printf('%.2f%%', least(100.0, 100.0 * {part} / {whole})) ELSE '-' END"
_PAYS = _SHARE.format(part="payers", whole="told_visitors")
_WORTH = "CASE WHEN told_visitors > 0 THEN yuan(fen // told_visitors) ELSE '-' END"


def _counted(number: str) -> str:
    return f"format('{{:,}}', {number})"


RANK = Export(
    "生意参谋_商品排行",
    ("统计日期", "商品ID", "商品名称", "主商品ID", "商品类型", "货号", "商品状态", "商品标签", "商品访客数",
     "商品浏览量", "平均停留时长",
     "商品详情页跳出率", "商品收藏人数", "商品加购件数", "商品加购人数", "下单买家数", "下单件数", "下单金额",
     "下单转化率", "支付买家数",
     "支付件数", "支付金额", "商品支付转化率", "支付新买家数", "支付老买家数", "老买家支付金额", "聚划算支付金额",
     "访客平均价值",
     "成功退款金额", "竞争力评分", "年累计支付金额", "月累计支付金额", "月累计支付件数", "搜索引导支付转化率",
     "搜索引导访客数",
     "搜索引导支付买家数", "结构化详情引导转化率", "结构化详情引导成交占比"),
    {
        "统计日期": "CAST(date AS VARCHAR)", "商品ID": "page_id", "商品名称": "name", "主商品ID": "'0'",
        "商品类型": "'普通商品'",
        "货号": "product_code", "商品状态": "'当前在线'", "商品访客数": _counted("told_visitors"),
        "商品浏览量": _counted("views"),
        "平均停留时长": "printf('%.2f', CAST(stay_seconds AS DOUBLE))", "商品收藏人数": _counted("favourites"),
        "商品加购人数": _counted("told_carting"), "支付买家数": _counted("payers"), "支付件数": _counted("units"),
        "支付金额": "grouped(fen)", "商品支付转化率": _PAYS, "访客平均价值": _WORTH, "聚划算支付金额": "'0.00'",
    },
    "(SELECT * FROM pages WHERE shop = 'tmall')",
    "date, told_visitors DESC, page_id",
    "gb18030",
)  # fmt: skip
# The file of a single article does not name it; whoever keeps such files adds 商品ID.
ITEM = Export(
    "生意参谋_单品分析",
    ("时间", "商品访客数", "商品浏览量", "商品平均停留时长", "商品详情页跳出率", "商品加购人数", "商品加购件数",
     "商品收藏人数", "下单买家数",
     "下单金额", "下单转换率", "支付买家数", "下单件数", "支付转换率", "支付金额", "支付件数", "聚划算支付金额",
     "支付新买家数",
     "支付老买家数", "老买家支付金额", "月累计支付金额", "月累计支付件数", "年累计支付金额", "访客平均价值",
     "成功退款金额", "商品ID"),
    {
        "时间": "strftime(date, '%Y年%m月%d日')", "商品访客数": _counted("told_visitors"), "商品浏览量": _counted("views"),
        "商品平均停留时长": "printf('%.2f', CAST(stay_seconds AS DOUBLE))", "商品加购人数": _counted("told_carting"),
        "商品收藏人数": _counted("favourites"), "支付买家数": _counted("payers"), "支付转换率": _PAYS, "支付金额": "grouped(fen)",
        "支付件数": _counted("units"), "访客平均价值": _WORTH, "商品ID": "page_id",
    },
    "(SELECT * FROM pages WHERE shop = 'tmall' AND page_id = (SELECT page_id FROM pages WHERE shop = 'tmall' GROUP BY page_id "
    "ORDER BY sum(visitors) DESC, page_id LIMIT 1))",
    "date",
    "gb18030",
)  # fmt: skip
ARTICLES = Export(
    "商智_商品明细",
    ("时间", "SKU", "SKU名称", "一级类目", "二级类目", "三级类目", "货号", "成交金额", "成交商品件数", "成交单量",
     "成交客户数", "成交转化率",
     "客单价", "件单价", "UV价值", "商品浏览量", "商品访客数", "商品人均浏览量", "加购商品件数", "加购客户数",
     "加购商品件数（正向）",
     "加购商品件数（负向）", "加购转化率", "加购金额", "搜索曝光次数", "搜索点击次数", "搜索点击率",
     "商详平均停留时长", "下单金额",
     "下单商品件数", "下单单量", "下单客户数", "下单转化率", "下单成交转化率", "取消及售后退款金额",
     "取消及售后退款商品件数",
     "取消及售后退款单量"),
    {
        "时间": "CAST(date AS VARCHAR)", "SKU": "jd_number(sku)", "SKU名称": "name", "一级类目": "category_name",
        "货号": "product_code", "成交金额": "grouped(fen)", "成交商品件数": "units", "成交单量": "paid_orders",
        "成交客户数": "payers", "成交转化率": _PAYS, "客单价": "CASE WHEN payers > 0 THEN yuan(fen // payers) ELSE '-' END",
        "件单价": "CASE WHEN units > 0 THEN yuan(fen // units) ELSE '-' END", "UV价值": _WORTH, "商品浏览量": "views",
        "商品访客数": "told_visitors", "加购客户数": "told_carting",
        "加购转化率": _SHARE.format(part="told_carting", whole="told_visitors"), "商详平均停留时长": "stay_seconds",
    },
    "(SELECT * FROM pages WHERE shop = 'jd')",
    "date, sku",
    "utf-8-sig",
)  # fmt: skip


def write_pages(desk: Desk, folder: Path, month: str) -> None:
    """A month of both platforms' rankings."""
    desk.run(_SOLD)
    RANK.write(desk, folder / "tmall" / f"{RANK.name}_{month}.csv")
    ARTICLES.write(desk, folder / "jd" / f"{ARTICLES.name}_{month}.csv")


def write_item(desk: Desk, folder: Path) -> None:
    """The days of Tmall's most visited page, of the last export's months."""
    ITEM.write(desk, folder / "tmall" / f"{ITEM.name}.csv")
