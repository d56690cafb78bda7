"""Headers that exports commonly carry, by the column of the commerce model that they mean: English, Chinese, platforms'."""

from __future__ import annotations

import re

# Column → headers, best first. A name of the form "table.column" speaks for that table alone.
HEADERS: dict[str, tuple[str, ...]] = {
    "shop_id": (
        "shop", "shop id", "store", "store id", "store name", "branch", "店铺", "店铺名称", "店铺id", "门店", "网点",
    ),
    "order_id": (
        "order no", "order number", "order id", "order", "order name", "invoice", "invoice no", "invoice number",
        "invoiceno", "transaction id", "receipt", "basket id", "sales order", "amazon order id", "订单号", "订单编号",
        "主订单编号", "主订单号", "父订单号", "子订单编号", "交易单号", "交易号", "单号", "订单id",
    ),
    "line_no": ("line", "line no", "line number", "item no", "position", "行号", "序号", "子订单序号"),
    "sku_id": (
        "sku", "sku id", "sku code", "product id", "product code", "item id", "item code", "article", "article no",
        "stockcode", "stock code", "asin", "lineitem sku", "upc", "ean", "barcode", "商家编码", "sku编码", "sku编号",
        "商品编码", "商品编号", "商品id", "货号", "宝贝id", "规格编码", "条码",
    ),
    "customer_id": (
        "customer", "customer id", "customerid", "customer no", "buyer", "buyer id", "user id", "member id",
        "household id", "client id", "account", "email", "买家昵称", "买家id", "买家账号", "买家会员名", "客户编号",
        "客户id", "客户", "会员号", "会员id", "用户id", "用户编号", "会员名",
    ),
    "channel_id": (
        "channel", "sales channel", "source", "utm source", "medium", "渠道", "渠道名称", "来源", "流量来源",
        "订单来源",
    ),
    "ordered_at": (
        "order date", "order time", "ordered at", "created at", "created", "date", "purchase date", "invoice date",
        "invoicedate", "transaction date", "timestamp", "placed at", "下单时间", "订单创建时间", "创建时间",
        "拍下时间", "交易时间", "日期", "订单提交时间", "订单日期", "下单日期",
    ),
    "paid_at": (
        "paid at", "payment date", "payment time", "pay time", "付款时间", "支付时间", "订单付款时间", "支付完成时间",
        "付款日期",
    ),
    "quantity": (
        "quantity", "qty", "units", "pieces", "lineitem quantity", "count", "数量", "购买数量", "商品数量", "件数",
        "宝贝数量",
    ),
    "payable_amount": (
        "amount", "total", "line total", "order total", "net amount", "sales", "sales value", "revenue",
        "paid amount", "subtotal", "买家应付货款", "应付金额", "实付金额", "买家实际支付金额", "实付款", "订单金额",
        "支付金额", "金额", "成交金额", "应付款",
    ),
    "receivable_amount": (
        "receivable", "merchant amount", "商家应收金额", "应收金额", "商家实收", "商家收入金额", "实收金额",
    ),
    "unit_price": ("unit price", "price", "lineitem price", "item price", "单价", "商品单价", "商品价格", "价格", "宝贝单价"),
    "list_amount": (
        "list amount", "gross amount", "list price total", "商品总价", "商品金额", "原价金额", "吊牌金额", "商品总额",
    ),
    "discount_merchant": (
        "discount", "discount amount", "shop discount", "retail disc", "商家优惠", "店铺优惠", "优惠金额",
        "商家优惠金额",
    ),
    "discount_platform": ("platform discount", "marketplace discount", "平台优惠", "平台优惠金额", "平台补贴"),
    "discount_influencer": ("influencer discount", "达人优惠", "达人优惠金额"),
    "discount_supplier": ("manufacturer coupon", "coupon disc", "supplier discount", "供应商优惠", "厂商优惠"),
    "freight_amount": ("shipping", "freight", "shipping fee", "postage", "运费", "邮费", "买家应付邮费", "快递费"),
    "orders.status": ("status", "order status", "financial status", "订单状态", "交易状态", "状态"),
    "order_type": ("order type", "type of order", "订单类型"),
    "member_tier": ("tier", "member tier", "level", "会员等级", "等级"),
    "region": ("region", "country", "state", "province", "shipping country", "省份", "收货地区", "地区", "国家"),
    "note": ("note", "remark", "memo", "comment", "备注", "卖家备注", "商家备注"),
    "refund_id": ("refund id", "refund no", "return id", "rma", "退款编号", "退款单号", "售后单号", "售后编号"),
    "refunded_at": (
        "refunded at", "refund date", "refund time", "return date", "退款时间", "退款完结时间", "退款完成时间",
        "售后时间",
    ),
    "refunds.amount": ("refund amount", "refunded amount", "amount refunded", "退款金额", "实退金额", "买家退款金额"),
    "refunds.kind": ("refund type", "return type", "退款类型", "售后类型"),
    "refunds.reason": ("reason", "refund reason", "return reason", "退款原因", "售后原因"),
    "refunds.status": ("refund status", "return status", "退款状态", "售后状态"),
    "payment_id": ("payment id", "payment no", "支付单号", "支付流水号", "交易流水号"),
    "payments.amount": ("payment amount", "amount paid", "支付金额", "付款金额"),
    "method": ("payment method", "method", "支付方式", "付款方式"),
    "shipment_id": (
        "tracking number", "tracking no", "shipment id", "parcel", "waybill", "运单号", "物流单号", "快递单号",
    ),
    "due_at": ("ship by", "due at", "promised ship date", "最晚发货时间", "承诺发货时间"),
    "shipped_at": ("shipped at", "ship date", "fulfilled at", "发货时间", "出库时间"),
    "delivered_at": ("delivered at", "delivery date", "签收时间", "确认收货时间", "送达时间"),
    "carrier": ("carrier", "shipping method", "物流公司", "快递公司"),
    "visit_id": ("visit id", "session id", "会话id", "访问id"),
    "visitors": ("visitors", "unique visitors", "uv", "访客数", "访客", "浏览人数"),
    "sessions": ("sessions", "visits", "会话数", "访问次数"),
    "visited_day": ("visit date", "统计日期"),
    "spent_day": ("spend date", "day", "date", "日期", "时间", "统计日期"),
    "ad_spend.amount": ("spend", "cost", "ad spend", "amount spent", "花费", "消耗", "推广花费", "总花费"),
    "impressions": ("impressions", "views", "展现量", "曝光量", "展示次数"),
    "clicks": ("clicks", "link clicks", "点击量", "点击数", "点击次数"),
    "campaign_id": ("campaign", "campaign id", "campaign name", "计划", "计划名称", "推广计划", "活动id", "活动名称"),
    "ad_id": ("ad id", "ad", "creative", "创意id", "单元id"),
    "content_id": ("content id", "post id", "video id", "note id", "内容id", "笔记id", "视频id", "作品id"),
    "plays": ("plays", "video views", "播放量", "播放次数"),
    "completed_plays": ("completed plays", "completions", "完播量"),
    "likes": ("likes", "点赞", "点赞数"),
    "comments": ("comments", "评论", "评论数"),
    "shares": ("shares", "reposts", "分享", "转发", "分享数"),
    "saves": ("saves", "favourites", "favorites", "收藏", "收藏数"),
    "stat_day": ("date", "day", "日期", "统计日期"),
    "stock_day": ("stock date", "inventory date", "date", "日期", "库存日期"),
    "on_hand": ("on hand", "stock", "inventory", "quantity on hand", "库存", "库存数量", "实物库存", "在库数量"),
    "available": ("available", "available stock", "可用库存", "可售库存"),
    "warehouse_id": ("warehouse", "warehouse id", "location", "仓库", "仓库编码"),
    "ticket_id": ("ticket id", "ticket", "conversation id", "会话编号", "工单号"),
    "opened_at": ("opened at", "接入时间", "咨询时间"),
    "first_response_seconds": (
        "first response seconds", "first response", "首次响应时长", "首响时间", "首次响应时间",
    ),
    "review_id": ("review id", "评价id", "评论id"),
    "stars": ("stars", "rating", "评分", "星级"),
    "reviewed_at": ("reviewed at", "review date", "评价时间"),
    "unit_cost": ("unit cost", "cost price", "cost per item", "landed cost", "成本价", "单位成本", "成本"),
    "valid_from": ("valid from", "from", "effective date", "生效日期", "生效时间"),
    "sale_price": ("sale price", "selling price", "售价", "销售价"),
    "list_price": ("list price", "compare at price", "吊牌价", "标价"),
    "products.sku_id": ("variant sku", "id", "handle"),
    "products.name": (
        "description", "product name", "item name", "title", "name", "lineitem name", "商品名称", "商品标题",
        "宝贝标题", "名称", "品名",
    ),
    "customers.name": ("customer name", "full name", "姓名", "客户姓名"),
    "category": ("category", "department", "product category", "类目", "一级类目", "品类", "分类"),
    "subcategory": ("subcategory", "sub category", "二级类目", "子类目"),
    "brand": ("brand", "vendor", "品牌"),
    "size": ("size", "pack size", "规格", "尺寸"),
}  # fmt: skip

# Codes that exports commonly carry → ours. What is not here is asked of the reader, never guessed.
CODES: dict[str, dict[str, str]] = {
    "orders.status": {
        "交易成功": "completed", "已完成": "completed", "已签收": "completed", "等待买家付款": "placed",
        "待付款": "placed", "等待付款": "placed", "待支付": "placed", "买家已付款": "paid", "等待卖家发货": "paid",
        "待发货": "paid", "已付款": "paid", "卖家已发货": "shipped", "已发货": "shipped", "待收货": "shipped",
        "交易关闭": "closed", "已关闭": "closed", "已取消": "cancelled", "delivered": "completed",
        "fulfilled": "completed", "complete": "completed",
        "pending": "placed", "unpaid": "placed", "authorized": "placed", "canceled": "cancelled",
        "voided": "cancelled", "sent": "shipped",
    },
    "order_type": {"普通订单": "normal", "预售": "presale", "货到付款": "cash_on_delivery", "定制": "custom"},
    "refunds.kind": {
        "仅退款": "refund_only", "退货退款": "return", "换货": "exchange", "未发货退款": "before_shipment",
    },
    "refunds.status": {"退款成功": "refunded", "退款关闭": "cancelled", "退款中": "requested", "已拒绝": "rejected"},
}  # fmt: skip


def normal(header: str) -> str:
    """A header without case, blanks, punctuation and a unit in brackets.

    >>> normal("Order No."), normal("订单金额（元）"), normal("unit_cost")
    ('orderno', '订单金额', 'unitcost')
    """
    bare = re.sub(r"[(（\[【].*?[)）\]】]", "", header)  # noqa: RUF001
    return re.sub(r"[\W_]+", "", bare).casefold()


def words_for(table: str, column: str) -> tuple[str, ...]:
    """Normal forms of every header that means this column in this table, the column's own name first."""
    own = HEADERS.get(f"{table}.{column}", ())
    return tuple(dict.fromkeys(normal(word) for word in (column, *own, *HEADERS.get(column, ()))))


def code_for(table: str, column: str, theirs: str, allowed: tuple[str, ...]) -> str:
    """Our code for one of theirs, or '' when it is not known.

    >>> code_for("orders", "status", "交易成功", ("placed", "completed"))
    'completed'
    >>> code_for("orders", "status", "Paid", ("placed", "paid"))
    'paid'
    """
    known = CODES.get(f"{table}.{column}", {}) | CODES.get(column, {})
    same = {normal(code): code for code in allowed}
    return known.get(theirs, known.get(theirs.casefold(), same.get(normal(theirs), "")))
