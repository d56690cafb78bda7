"""An example of every column that files can fill, as a person would write it: one shop's day, 5 March 2024, in one currency."""

from __future__ import annotations

from shopkeeper.warehouse.model import Column, Table

# A name of the form "table.column" speaks for that table alone. Amounts of one row tie to the cent.
EXAMPLES: dict[str, str] = {
    # whose, which
    "shop_id": "tmall-main", "order_id": "2403050915374216", "customer_id": "C00018273", "channel_id": "search",
    "sku_id": "00471-500G", "campaign_id": "2024-SPRING", "coupon_id": "CP-30OFF200", "warehouse_id": "WH-HZ-01",
    "visitor_id": "v-7f21c9", "supplier_id": "SUP-017", "platform_id": "tmall", "currency": "CNY", "line_no": "1",
    "start_day": "2024-03-01", "end_day": "2024-03-08", "impressions": "18240", "region": "浙江省杭州市",
    "member_tier": "gold", "is_brushing": "no", "quantity": "2", "quantity_unit": "piece", "sent_day": "2024-03-05",
    "ordered_at": "2024-03-05 10:15:00", "ordered_day": "2024-03-05", "paid_at": "2024-03-05 10:16:42",
    "paid_day": "2024-03-05",
    # orders and what follows them
    "orders.status": "paid", "orders.order_type": "normal", "orders.freight_amount": "6.00", "orders.payable_amount": "195.90",
    "orders.note": "周末送货",
    "order_lines.list_amount": "239.80", "order_lines.discount_merchant": "29.90", "order_lines.discount_platform": "15.00",
    "order_lines.discount_influencer": "5.00", "order_lines.discount_supplier": "0.00",
    "order_lines.discount_unattributed": "0.00", "order_lines.payable_amount": "189.90",
    "order_lines.receivable_amount": "209.90",
    "payments.payment_id": "2024030522001418", "payments.amount": "195.90", "payments.method": "Alipay",
    "payments.status": "succeeded", "payments.part": "whole",
    "refunds.refund_id": "RF240309001", "refunds.refunded_at": "2024-03-09 16:40:00", "refunds.refunded_day": "2024-03-09",
    "refunds.quantity": "1", "refunds.amount": "94.95", "refunds.kind": "return", "refunds.reason": "七天无理由退货",
    "refunds.status": "refunded",
    "shipments.shipment_id": "SF1403950217734", "shipments.due_day": "2024-03-07", "shipments.due_at": "2024-03-07 10:15:00",
    "shipments.shipped_at": "2024-03-06 09:30:00", "shipments.delivered_at": "2024-03-07 14:05:00",
    "shipments.carrier": "顺丰速运", "shipments.is_perfect": "yes", "shipments.freight_cost": "4.80",
    "subscriptions.subscription_id": "SUB-00921", "subscriptions.changed_at": "2024-03-05 08:00:00",
    "subscriptions.changed_day": "2024-03-05", "subscriptions.change": "renewed", "subscriptions.monthly_amount": "59.00",
    "settlements.statement_id": "ST-202403", "settlements.line_no": "118", "settlements.issuer": "platform",
    "settlements.settled_at": "2024-03-16 02:10:00", "settlements.settled_day": "2024-03-16", "settlements.kind": "commission",
    "settlements.amount": "-10.50", "settlements.balance": "48210.33", "settlements.note": "类目佣金 5%",
    # traffic
    "visits.grain": "platform_day", "visits.visit_id": "2024-03-05-search", "visits.visited_day": "2024-03-05",
    "visits.visitors": "1204", "visits.sessions": "1583", "visits.carting_visitors": "96", "visits.origin": "organic",
    # a platform's daily figure has no session, visitor or buyer
    "visits.started_at": "", "visits.visitor_id": "", "visits.customer_id": "", "visits.added_to_cart": "", "visits.sku_id": "",
    "events.event_id": "ev-0000831", "events.happened_at": "2024-03-05 10:14:20", "events.happened_day": "2024-03-05",
    "events.name": "cart", "events.session_id": "s-20240305-0417", "events.value": "2", "events.attributes": '{"page": "detail"}',
    "ad_spend.spent_day": "2024-03-05", "ad_spend.channel_id": "qianchuan", "ad_spend.campaign_id": "PLAN-3081",
    "ad_spend.ad_id": "AD-90277", "ad_spend.amount": "860.50", "ad_spend.is_acquisition": "yes", "ad_spend.clicks": "412",
    "ad_spend.attributed_orders": "17", "ad_spend.attributed_amount": "2890.30",
    "content_stats.stat_day": "2024-03-05", "content_stats.content_id": "note-65e6a1", "content_stats.channel_id": "xiaohongshu",
    "content_stats.kind": "video", "content_stats.plays": "9310", "content_stats.completed_plays": "2741",
    "content_stats.reads": "9310", "content_stats.likes": "684", "content_stats.comments": "57", "content_stats.shares": "43",
    "content_stats.saves": "211", "content_stats.cost": "1200.00", "content_stats.attributed_amount": "3418.20",
    "content_stats.attributed_margin": "1196.37",
    "campaigns.name": "春季上新", "campaigns.kind": "new arrivals", "campaigns.budget": "20000.00",
    "campaign_members.arm": "holdout",
    "coupons.threshold_amount": "200.00", "coupons.face_value": "30.00", "coupons.discount_share": "0.15",
    "coupons.borne_by": "merchant", "coupon_uses.used_day": "2024-03-05", "coupon_uses.amount": "30.00",
    "promotions.display": "A", "promotions.mailer": "H",
    "competitor_prices.competitor": "山野茶铺旗舰店", "competitor_prices.item": "龙井 500g", "competitor_prices.price": "118.00",
    "competitor_prices.seen_at": "2024-03-05 09:00:00", "competitor_prices.seen_day": "2024-03-05",
    "brand_index.index_name": "baidu", "brand_index.index_day": "2024-03-05", "brand_index.value": "1342",
    # stock, service, costs and people
    "stock_levels.stock_day": "2024-03-05", "stock_levels.on_hand": "320", "stock_levels.available": "296",
    "stock_levels.in_transit": "200", "stock_levels.value": "13440.00", "stock_levels.last_received_day": "2024-02-27",
    "stock_levels.last_sold_day": "2024-03-05",
    "stock_moves.move_id": "MV-240306-009", "stock_moves.moved_at": "2024-03-06 09:20:00", "stock_moves.moved_day": "2024-03-06",
    "stock_moves.quantity": "-2", "stock_moves.kind": "sale", "stock_moves.cost": "-84.00",
    "purchase_orders.purchase_id": "PO-2024-0112", "purchase_orders.ordered_day": "2024-02-19",
    "purchase_orders.due_day": "2024-02-28", "purchase_orders.received_day": "2024-02-27", "purchase_orders.quantity": "400",
    "purchase_orders.received_quantity": "398", "purchase_orders.unit_cost": "42.00",
    "tickets.ticket_id": "T-20240305-0031", "tickets.opened_at": "2024-03-05 11:20:05", "tickets.opened_day": "2024-03-05",
    "tickets.channel_id": "wangwang", "tickets.topic": "物流查询", "tickets.first_response_seconds": "18",
    "tickets.answered_by_bot": "yes", "tickets.resolved_by_bot": "no", "tickets.is_simple": "yes",
    "tickets.closed_at": "2024-03-05 11:27:40", "tickets.satisfaction": "5",
    "reviews.review_id": "RV-55102", "reviews.reviewed_at": "2024-03-11 20:15:00", "reviews.reviewed_day": "2024-03-11",
    "reviews.stars": "5", "reviews.text": "茶香浓，包装完好",
    "ledger_entries.entry_id": "LE-202403-077", "ledger_entries.booked_day": "2024-03-31", "ledger_entries.kind": "rent",
    "ledger_entries.amount": "8500.00", "ledger_entries.account": "仓库房东", "ledger_entries.note": "三月仓租",
    "sku_costs.valid_from": "2024-03-01", "sku_costs.unit_cost": "42.00", "sku_costs.vat_share": "0.115",
    "order_costs.order_id": "3800012345678901234", "order_costs.child_order_id": "3800012345678901235",
    "order_costs.sku_id": "CUP-CYAN-02", "order_costs.booked_day": "2024-03-05", "order_costs.unit_cost": "42.00",
    "prices.valid_from": "2024-03-01 00:00:00", "prices.list_price": "119.90", "prices.sale_price": "99.90",
    "fx_rates.rate_day": "2024-03-05", "fx_rates.currency": "USD", "fx_rates.quote_currency": "CNY", "fx_rates.rate": "7.1027",
    "consents.purpose": "sms_marketing", "consents.given_at": "2024-03-05 10:15:00", "consents.granted": "yes",
    "consents.evidence": "checkout form v3",
    "contacts.contact_id": "MSG-0093311", "contacts.channel_id": "sms", "contacts.sent_at": "2024-03-05 18:00:00",
    "contacts.status": "delivered",
    "people.person_id": "E0042", "people.valid_from": "2024-01-01", "people.team": "客服部", "people.role": "客服主管",
    "people.reports_to": "E0007", "people.monthly_cost": "9800.00", "people.left_day": "",
    # who, what and where
    "platforms.name": "天猫", "platforms.is_online": "yes", "platforms.is_direct": "no",
    "shops.name": "兰亭天猫旗舰店", "shops.timezone": "Asia/Shanghai", "channels.name": "自然搜索", "channels.kind": "organic",
    "products.product_id": "P0471", "products.name": "明前龙井 500g", "products.category": "茶叶", "products.subcategory": "绿茶",
    "products.product_type": "龙井", "products.brand": "兰亭", "products.manufacturer": "兰亭茶业有限公司",
    "products.size": "500g", "products.launched_day": "2023-04-01",
    "customers.name": "李*", "customers.phone_hash": "9f2b61c8", "customers.email_hash": "41d0e7aa", "customers.gender": "female",
    "customers.age_band": "25-34", "customers.income_band": "100K-150K", "customers.household_size": "3",
    "customers.household_kind": "couple with children", "customers.children": "1", "customers.marital_status": "married",
    "customers.home_ownership": "owner", "customers.member_points": "1280", "customers.joined_day": "2022-11-11",
    "identities.identity": "t_0192837465", "identities.kind": "buyer_id", "identities.confidence": "0.98",
    "suppliers.name": "西湖茶农合作社", "suppliers.lead_time_days": "9",
    "calendar.day": "2024-03-08", "calendar.name": "女神节", "calendar.kind": "retail",
}  # fmt: skip


def example(table: Table, column: Column) -> str:
    """An example of a column as it is written into a file; empty where the example row has none.

    >>> from shopkeeper.warehouse.model import table
    >>> example(table("ad_spend"), table("ad_spend").column("amount"))
    '860.50'
    """
    own = f"{table.name}.{column.name}"
    return EXAMPLES[own if own in EXAMPLES else column.name]
