"""The aggregates that indicators are made of, by fact table. Each names one day axis and never another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shopkeeper.kpi.costs import cost_of, net_of_vat
from shopkeeper.kpi.definition import Measure, Rows, ShopFlag, Unit
from shopkeeper.quality.checks import ROW_WEIGHT_OF_QUARANTINED, weight_passed, weight_run

if TYPE_CHECKING:
    import ibis.expr.types as ir


def _column(name: str) -> Rows:
    def of(t: ir.Table) -> ir.Value:
        return t[name]

    return of


def _is(name: str, *values: str) -> Rows:
    def where(t: ir.Table) -> ir.Value:
        return t[name].isin(values)

    return where


def _true(name: str) -> Rows:
    def where(t: ir.Table) -> ir.Value:
        return t[name]

    return where


def _sum(id_: str, fact: str, day: str, column: str, *, where: Rows | None = None, unit: Unit = "count") -> Measure:
    return Measure(id_, fact, day, "sum", _column(column), where, unit=unit)


def _distinct(id_: str, fact: str, day: str, column: str, *, where: Rows | None = None) -> Measure:
    return Measure(id_, fact, day, "distinct", _column(column), where, over_time="recomputed")


def _rows(id_: str, fact: str, day: str, *, where: Rows | None = None) -> Measure:
    return Measure(id_, fact, day, "sum", lambda t: t[day].notnull().cast("int64"), where)


def _pieces(t: ir.Table) -> ir.Value:
    return t.quantity_unit.isnull()


def _of_the_shop(t: ir.Table) -> ir.Value:
    """Figures kept by article are pages of the same visitors."""
    return t.sku_id.isnull()


def _tells_visits(t: ir.Table) -> ir.Value:
    """Of a shop whose visitors are known: what others sold is not set against them."""
    return t.tells_visits


def _names_buyers(t: ir.Table) -> ir.Value:
    """Of a shop that says who bought: visitors of others are not set against buyers."""
    return t.names_buyers


def _of_shops(flag: ShopFlag, where: Rows | None = None) -> Rows:
    """Rows of shops whose sources tell what the other side of a share counts."""
    return lambda t: where(t) & t[flag] if where else t[flag]


def _known_buyer(t: ir.Table) -> ir.Value:
    return t.customer_id.notnull()


def _came_back(t: ir.Table) -> ir.Value:
    return (t.kind == "return") & (t.status == "refunded")


def _answered_fast(t: ir.Table) -> ir.Value:
    return t.first_response_seconds <= 15


def _on_time(t: ir.Table) -> ir.Value:
    return (t.shipped_at <= t.due_at) if "due_at" in t.columns else t.shipped_at.notnull()


def _engagement(t: ir.Table) -> ir.Value:
    return t.likes.fill_null(0) + t.comments.fill_null(0) + t.shares.fill_null(0) + t.saves.fill_null(0)


def _saves_of_reads(t: ir.Table) -> ir.Value:
    """Saves of content whose reads are told: both sides of a share rest on the same rows."""
    return t.reads.notnull().ifelse(t.saves, None)


def _days_on_the_way(t: ir.Table) -> ir.Value:
    return (t.delivered_at.epoch_seconds() - t.shipped_at.epoch_seconds()) / 86400


def _arrived(t: ir.Table) -> ir.Value:
    return t.shipped_at.notnull() & t.delivered_at.notnull()


def _goods_net(t: ir.Table) -> ir.Value:
    return net_of_vat(t.receivable_amount, t)


def _goods_cost(t: ir.Table) -> ir.Value:
    """Of the same lines as `_goods_net`."""
    return _goods_net(t).notnull().ifelse(cost_of(t.quantity, t), None)


def _refund_net(t: ir.Table) -> ir.Value:
    return net_of_vat(t.amount, t)


def _goods_back(t: ir.Table) -> ir.Value:
    """At the cost of the order's day, as its lines were."""
    return _refund_net(t).notnull().ifelse(cost_of(t.units_back, t), None)


def _of_no_article(t: ir.Table) -> ir.Value:
    """Whether its line counts in a margin, and at which VAT, cannot be told."""
    return (t.status == "refunded") & t.article.isnull() & (t.amount != 0)


def _unsold(t: ir.Table) -> ir.Value:
    return t.last_sold_day.isnull() | (t.stock_day.delta(t.last_sold_day, unit="day") >= DEAD_AFTER_DAYS)


def _lies_dead(t: ir.Table) -> ir.Value:
    """Not sold for 90 days although it lay there for as long."""
    return _unsold(t) & (t.stock_day.delta(t.last_received_day, unit="day") >= DEAD_AFTER_DAYS)


def _can_be_judged_dead(t: ir.Table) -> ir.Value:
    """What was sold is not dead whenever it came; what was not sold may have come yesterday."""
    return t.last_received_day.notnull() | ~_unsold(t)


DEAD_AFTER_DAYS = 90
LINES = "order_lines"
MEASURES: tuple[Measure, ...] = (
    # order_lines, by the day of the final payment
    _sum("paid_amount", LINES, "paid_day", "payable_amount", unit="money"),
    _sum("paid_amount_known", LINES, "paid_day", "payable_amount", where=_known_buyer, unit="money"),
    _sum("receivable_amount", LINES, "paid_day", "receivable_amount", unit="money"),
    _sum("list_amount", LINES, "paid_day", "list_amount", unit="money"),
    Measure("discount_amount", LINES, "paid_day", "sum", lambda t: t.list_amount - t.payable_amount, unit="money"),
    _sum("discount_merchant", LINES, "paid_day", "discount_merchant", unit="money"),
    _sum("discount_platform", LINES, "paid_day", "discount_platform", unit="money"),
    _sum("discount_influencer", LINES, "paid_day", "discount_influencer", unit="money"),
    _sum("discount_supplier", LINES, "paid_day", "discount_supplier", unit="money"),
    Measure(
        "paid_amount_online", LINES, "paid_day", "sum", _column("payable_amount"), _true("is_online"), unit="money",
        joins=("platforms",),
    ),
    Measure(
        "paid_amount_direct", LINES, "paid_day", "sum", _column("payable_amount"), _true("is_direct"), unit="money",
        joins=("platforms",),
    ),
    _sum("units", LINES, "paid_day", "quantity", where=_pieces, unit="units"),
    _distinct("orders", LINES, "paid_day", "order_id"),
    _distinct("buyers", LINES, "paid_day", "customer_id"),
    Measure(
        "paid_amount_told", LINES, "paid_day", "sum", _column("payable_amount"), _tells_visits, unit="money",
        of_shops=("tells_visits",),
    ),
    Measure(
        "buyers_told", LINES, "paid_day", "distinct", _column("customer_id"), _tells_visits, over_time="recomputed",
        of_shops=("tells_visits",),
    ),
    # order_lines whose cost and VAT are known
    Measure("goods_net", LINES, "paid_day", "sum", _goods_net, unit="money", joins=("costs",)),
    Measure("goods_cost", LINES, "paid_day", "sum", _goods_cost, unit="money", joins=("costs",)),
    Measure("lines_costed", LINES, "paid_day", "sum", lambda t: _goods_net(t).notnull().cast("int64"), joins=("costs",)),
    _rows("lines_to_cost", LINES, "paid_day"),
    # order_lines, by the day the order was placed
    _sum("ordered_amount", LINES, "ordered_day", "payable_amount", unit="money"),
    _distinct("ordering_buyers", LINES, "ordered_day", "customer_id"),
    Measure(
        "ordering_buyers_paid", LINES, "ordered_day", "distinct", _column("customer_id"),
        lambda t: t.paid_day.notnull(), over_time="recomputed",
    ),
    Measure(
        "paid_amount_of_cohort", LINES, "ordered_day", "sum", _column("payable_amount"),
        lambda t: t.paid_day.notnull(), unit="money",
    ),
    Measure(
        "paid_amount_of_cohort_told", LINES, "ordered_day", "sum", _column("payable_amount"),
        _of_shops("tells_refunds", lambda t: t.paid_day.notnull()), unit="money", of_shops=("tells_refunds",),
    ),
    # data accuracy: weighted row checks
    Measure("checks_run_lines", LINES, "ordered_day", "sum", weight_run(LINES), joins=("products",)),
    Measure("checks_passed_lines", LINES, "ordered_day", "sum", weight_passed(LINES), joins=("products",)),
    Measure("checks_run_refunds", "refunds", "refunded_day", "sum", weight_run("refunds")),
    Measure("checks_passed_refunds", "refunds", "refunded_day", "sum", weight_passed("refunds")),
    Measure(
        "checks_run_quarantined", "quarantine", "day", "sum",
        lambda t: t.source_line.notnull().cast("int64") * ROW_WEIGHT_OF_QUARANTINED, lambda t: t.resolved.isnull(),
    ),
    # visits
    Measure("visitors", "visits", "visited_day", "distinct", _column("visitor_id"), over_time="recomputed"),
    Measure(
        "visitors_not_paid", "visits", "visited_day", "distinct", _column("visitor_id"),
        _is("origin", "organic", "owned"), over_time="recomputed",
    ),
    Measure(
        "visitors_carting", "visits", "visited_day", "distinct", _column("visitor_id"), _true("added_to_cart"),
        over_time="recomputed",
    ),
    Measure("visitors_daily", "visits", "visited_day", "sum", _column("visitors"), _of_the_shop, over_time="daily"),
    Measure(
        "visitors_carting_daily", "visits", "visited_day", "sum", _column("carting_visitors"), _of_the_shop,
        over_time="daily",
    ),
    Measure(
        "visitors_cart_known_daily", "visits", "visited_day", "sum", _column("visitors"),
        lambda t: _of_the_shop(t) & t.carting_visitors.notnull(), over_time="daily",
    ),
    Measure(
        "visitors_of_named", "visits", "visited_day", "distinct", _column("visitor_id"), _names_buyers,
        over_time="recomputed", of_shops=("names_buyers",),
    ),
    Measure(
        "visitors_of_named_daily", "visits", "visited_day", "sum", _column("visitors"),
        lambda t: _of_the_shop(t) & t.names_buyers, over_time="daily", of_shops=("names_buyers",),
    ),
    _sum("sessions", "visits", "visited_day", "sessions"),
    Measure(
        "sessions_of_named", "visits", "visited_day", "sum", _column("sessions"), _names_buyers, of_shops=("names_buyers",),
    ),
    _rows("visits_without_sessions", "visits", "visited_day", where=lambda t: t.sessions.isnull() & _of_the_shop(t)),
    # money spent and earned elsewhere
    _sum("acquisition_spend", "ad_spend", "spent_day", "amount", where=_true("is_acquisition"), unit="money"),
    Measure(
        "acquisition_spend_of_named", "ad_spend", "spent_day", "sum", _column("amount"),
        _of_shops("names_buyers", _true("is_acquisition")), unit="money", of_shops=("names_buyers",),
    ),
    Measure(
        "acquisition_spend_told", "ad_spend", "spent_day", "sum", _column("amount"),
        lambda t: t.is_acquisition & t.tells_visits, unit="money", of_shops=("tells_visits",),
    ),
    _sum("ad_amount", "ad_spend", "spent_day", "amount", unit="money"),
    Measure("ad_clicks", "ad_spend", "spent_day", "sum", lambda t: t.impressions.notnull().ifelse(t.clicks, None)),
    _sum("ad_impressions", "ad_spend", "spent_day", "impressions", where=lambda t: t.clicks.notnull()),
    _sum("ad_clicks_told", "ad_spend", "spent_day", "clicks"),
    _sum("ad_amount_of_clicks", "ad_spend", "spent_day", "amount", where=lambda t: t.clicks.notnull(), unit="money"),
    _sum("ad_attributed_amount", "ad_spend", "spent_day", "attributed_amount", unit="money"),
    _sum(
        "operating_cost", "ledger_entries", "booked_day", "amount", unit="money",
        where=_is("kind", "marketing", "platform_fee", "fulfilment", "labour"),
    ),
    _sum(
        "selling_cost", "ledger_entries", "booked_day", "amount", unit="money", where=_is("kind", "platform_fee", "fulfilment"),
    ),
    _rows("selling_costs_told", "ledger_entries", "booked_day", where=_is("kind", "platform_fee", "fulfilment")),
    _sum("refund_amount", "refunds", "refunded_day", "amount", where=_is("status", "refunded"), unit="money"),
    _sum("refund_amount_of_cohort", "refunds", "ordered_day", "amount", where=_is("status", "refunded"), unit="money"),
    Measure(
        "refund_net", "refunds", "refunded_day", "sum", _refund_net, _is("status", "refunded"), unit="money",
        joins=("costs",),
    ),
    Measure(
        "goods_back", "refunds", "refunded_day", "sum", _goods_back, _is("status", "refunded"), unit="money",
        joins=("costs",),
    ),
    Measure(
        "refunds_of_no_article", "refunds", "refunded_day", "sum", lambda t: t.refunded_day.notnull().cast("int64"),
        _of_no_article, joins=("costs",),
    ),
    _sum(
        "units_returned", "refunds", "ordered_day", "quantity", unit="units",
        where=_came_back,
    ),
    Measure(
        "units_returned_of_shippers", "refunds", "ordered_day", "sum", _column("quantity"),
        _of_shops("tells_shipments", _came_back), unit="units", of_shops=("tells_shipments",),
    ),
    Measure(
        "units_shipped_told", "shipments", "ordered_day", "sum", _column("quantity"),
        _of_shops("tells_refunds", lambda t: t.shipped_at.notnull()), unit="units", of_shops=("tells_refunds",),
    ),
    _sum("units_shipped", "shipments", "ordered_day", "quantity", where=lambda t: t.shipped_at.notnull(), unit="units"),
    # stock: what was sold at cost, and the average value that lay there
    _sum("cost_of_goods_sold", "stock_moves", "moved_day", "cost", where=_is("kind", "sale"), unit="money"),
    _sum("stock_value", "stock_levels", "stock_day", "value", unit="money"),
    _sum("stock_value_dead", "stock_levels", "stock_day", "value", where=_lies_dead, unit="money"),
    _sum("stock_value_judged", "stock_levels", "stock_day", "value", where=_can_be_judged_dead, unit="money"),
    _distinct("stock_days", "stock_levels", "stock_day", "stock_day"),
    # members
    _distinct("order_buyers", "orders", "paid_day", "customer_id"),
    Measure(
        "order_buyers_of_tiers", "orders", "paid_day", "distinct", _column("customer_id"), _of_shops("tells_tiers"),
        over_time="recomputed", of_shops=("tells_tiers",),
    ),
    Measure(
        "order_buyers_in_tier", "orders", "paid_day", "distinct", _column("customer_id"),
        lambda t: t.member_tier.notnull(), over_time="recomputed",
    ),
    _sum("content_margin", "content_stats", "stat_day", "attributed_margin", unit="money"),
    _sum("content_cost", "content_stats", "stat_day", "cost", unit="money"),
    Measure("engagements", "content_stats", "stat_day", "sum", _engagement),
    _sum("impressions", "content_stats", "stat_day", "impressions"),
    _sum("content_sales", "content_stats", "stat_day", "attributed_amount", unit="money"),
    Measure("saves_of_reads", "content_stats", "stat_day", "sum", _saves_of_reads),
    _sum("reads_with_saves", "content_stats", "stat_day", "reads", where=lambda t: t.saves.notnull()),
    Measure(
        "reads_of_impressions", "content_stats", "stat_day", "sum", lambda t: t.impressions.notnull().ifelse(t.reads, None),
    ),
    _sum("impressions_of_reads", "content_stats", "stat_day", "impressions", where=lambda t: t.reads.notnull()),
    _sum("plays", "content_stats", "stat_day", "plays"),
    _sum("completed_plays", "content_stats", "stat_day", "completed_plays"),
    # service, shipping, decisions, alerts
    _rows("conversations", "tickets", "opened_day"),
    _rows("conversations_fast", "tickets", "opened_day", where=_answered_fast),
    _rows("conversations_bot", "tickets", "opened_day", where=_true("answered_by_bot")),
    _rows("conversations_bot_fast", "tickets", "opened_day", where=lambda t: t.answered_by_bot & _answered_fast(t)),
    _rows("conversations_human", "tickets", "opened_day", where=lambda t: ~t.answered_by_bot),
    _rows("conversations_human_fast", "tickets", "opened_day", where=lambda t: ~t.answered_by_bot & _answered_fast(t)),
    _rows("simple_queries", "tickets", "opened_day", where=_true("is_simple")),
    _rows(
        "simple_queries_bot", "tickets", "opened_day",
        where=lambda t: t.is_simple & t.resolved_by_bot,
    ),
    _rows("parcels_due", "shipments", "due_day", where=lambda t: t.due_at.notnull()),
    _rows("parcels_on_time", "shipments", "due_day", where=_on_time),
    Measure("days_on_the_way", "shipments", "due_day", "sum", _days_on_the_way, _arrived),
    _rows("parcels_arrived", "shipments", "due_day", where=_arrived),
    _rows("reviews_with_stars", "reviews", "reviewed_day", where=lambda t: t.stars.notnull()),
    _rows("reviews_good", "reviews", "reviewed_day", where=lambda t: t.stars >= 4),
    _rows("decisions", "decision_log", "decided_day"),
    _rows("decisions_by_model", "decision_log", "decided_day", where=_true("executed_model_output")),
    _rows("decisions_automatic", "decision_log", "decided_day", where=_true("automatic")),
    _rows("alerts_judged", "alert_log", "raised_day", where=lambda t: t.was_right.notnull() & ~t.was_missed.fill_null(False)),
    _rows("alerts_right", "alert_log", "raised_day", where=lambda t: t.was_right & ~t.was_missed.fill_null(False)),
    _rows("incidents_real", "alert_log", "raised_day", where=lambda t: t.was_right | t.was_missed),
    _sum("detection_minutes", "alert_log", "raised_day", "detection_minutes"),
    _rows("alerts_timed", "alert_log", "raised_day", where=lambda t: t.detection_minutes.notnull()),
)  # fmt: skip
