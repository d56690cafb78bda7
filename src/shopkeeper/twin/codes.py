"""The closed sets of codes. The order is part of the contract: code n of a dictionary column is entry n here."""

from __future__ import annotations

PLATFORMS = ("tmall", "jd", "douyin", "kuaishou", "xiaohongshu", "pinduoduo", "site", "store")
"""One shop each; a shop's code is its platform's."""
WAREHOUSES = ("online", "store")
CATEGORIES = (
    "tea", "teaware", "snacks", "skincare", "fragrance", "bedding", "tableware", "loungewear", "dresses", "scarves",
    "stationery", "gifts",
)  # fmt: skip
CATEGORY_WORDS = (
    "茶叶", "茶具", "茶点零食", "护肤", "香氛", "床品家纺", "餐具", "家居服", "连衣裙", "围巾配饰",
    "文房雅集", "礼盒",
)  # fmt: skip
TIERS = ("none", "silver", "gold", "black")
ORDER_TYPES = ("normal", "presale", "subscription", "custom", "gift")
ORDER_STATES = ("placed", "deposit_paid", "paid", "shipped", "completed", "cancelled", "closed")
"""cancelled = never paid in full; closed = paid and given back before it was shipped."""
CHANNELS = ("search", "feed", "live", "short_video", "recommend", "direct", "message", "affiliate", "ads", "walk_in")
ORIGINS = ("paid", "organic", "owned")
AD_CHANNELS = ("search_ads", "feed_ads", "live_ads", "influencer_ads", "site_ads")
CONTENT_KINDS = ("video", "live", "note", "article", "image")
PAY_METHODS = ("alipay", "wechat", "card", "jd_pay", "douyin_pay", "cash")
PAY_STATUSES = ("succeeded", "failed")
PAY_PARTS = ("whole", "deposit", "final")
REFUND_KINDS = ("return", "refund_only", "before_shipment")
REFUND_STATUSES = ("refunded", "rejected")
REFUND_REASONS = (
    "七天无理由退换货", "尺码不合适", "质量问题", "商品破损", "与描述不符", "不想要了/拍错",
    "未按约定时间发货", "少件/漏发",
)  # fmt: skip
REFUND_CAUSES = ("remorse", "fit", "defect", "damage", "late", "fraud")
"""The true cause; buyers state reasons, which need not agree."""
CARRIERS = ("中通快递", "圆通速递", "韵达快递", "顺丰速运", "京东物流", "自提")
MOVE_KINDS = ("receipt", "sale", "return", "transfer", "adjustment", "loss")
TICKET_TOPICS = (
    "stock", "sizing", "price", "shipping", "address", "return", "quality", "invoice", "coupon", "complaint",
)  # fmt: skip
TEAMS = ("management", "marketing", "content", "service", "warehouse", "purchasing", "finance", "technology", "stores")
LEDGER_KINDS = (
    "marketing", "platform_fee", "fulfilment", "labour", "rent", "tax", "purchase", "payroll", "cash_in", "cash_out",
    "other",
)  # fmt: skip
BANK_KINDS = (
    "opening", "payout", "supplier", "payroll", "rent", "advertising", "freight", "tax", "content", "other",
)  # fmt: skip
SETTLEMENT_KINDS = ("sale", "refund", "commission", "service_fee", "influencer_fee", "subsidy", "payout", "forfeit")
SUBSCRIPTION_CHANGES = ("started", "renewed", "paused", "ended")
PURPOSES = ("marketing_sms", "marketing_email", "profiling")
MESSAGE_CHANNELS = ("sms", "wecom", "email", "app_push")
MESSAGE_STATUSES = ("delivered", "opened", "clicked", "failed", "suppressed")
BEARERS = ("merchant", "platform", "influencer")
EVENT_NAMES = ("view", "search", "favourite", "cart", "checkout", "pay")
TERMINALS = ("mobile", "desktop", "counter")
PROVINCES = (
    "广东", "浙江", "江苏", "上海", "北京", "山东", "四川", "湖北", "福建", "河南", "湖南", "河北", "安徽", "陕西", "重庆",
    "辽宁", "天津", "江西", "广西", "云南", "黑龙江", "吉林", "山西", "贵州", "内蒙古", "新疆", "海南", "甘肃", "宁夏", "青海",
    "西藏",
)  # fmt: skip
REPORT_FAULTS = ("late", "corrected")
