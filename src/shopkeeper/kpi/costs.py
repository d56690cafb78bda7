"""What an article cost on the day it was sold, and the VAT in its price: found beside each row, never another row.

Costs hold from a day on. An article's own cost goes before its product's, which stands in until the first own one:

    sku_costs    from        cost      products  sku  product     found for tea-1   from        until
    tea          2017-01-01  4         tea-1     tea                                2017-01-01  2017-03-01
    tea-1        2017-03-01  5                                                      2017-03-01  –

Surer than either is a cost booked on the order itself: by the line's number, by order and article, or by the order alone when
both sides hold one row of it. Several articles booked on one line have no cost a unit; then the dated one is taken.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

_VAT = "decimal(18, 6)"
_MONEY = "decimal(20, 4)"  # not the type that Ibis takes a product for: a cast to that one it leaves out


def beside(t: ir.Table, sku_costs: ir.Table, order_costs: ir.Table, products: ir.Table, lines: ir.Table,
           vat_share: Decimal | None) -> ir.Table:  # fmt: skip
    """Rows of order lines, as of their payment, or of refunds, as of their order, with `unit_cost` and `price_share`.

    The latter is the share of a price that is not VAT. Both are empty where unknown. `vat_share` stands in where a cost
    does not say its VAT.
    """
    import ibis

    if "refunded_day" in t.columns:
        t = _with_units_back(t, lines).mutate(cost_day=t.ordered_day.fill_null(t.refunded_day))
    else:
        t = t.mutate(article=t.sku_id, cost_day=t.paid_day)
    dated = _dated(sku_costs, products)
    t = t.left_join(
        dated,
        [t.shop_id == dated.dated_shop, t.article == dated.dated_sku, t.cost_day >= dated.dated_from,
         t.cost_day < dated.dated_until],
    )  # fmt: skip
    of_line, of_article, alone = _booked(order_costs, lines)
    t = t.left_join(of_line, [t.shop_id == of_line.line_shop, t.line_no.cast("string") == of_line.line_number])
    t = t.left_join(
        of_article,
        [
            t.shop_id == of_article.article_shop,
            t.order_id == of_article.article_order,
            t.article == of_article.booked_sku,
        ],
    )
    t = t.left_join(alone, [t.shop_id == alone.alone_shop, t.order_id == alone.alone_order])
    vat = t.dated_vat if vat_share is None else ibis.coalesce(t.dated_vat, ibis.literal(float(vat_share)))
    return t.mutate(
        unit_cost=ibis.coalesce(t.line_cost, t.article_cost, t.alone_cost, t.dated_cost),
        price_share=(ibis.literal(1.0) - vat).cast(_VAT),
    )


def _with_units_back(t: ir.Table, lines: ir.Table) -> ir.Table:
    """Refunds with the `article` they are of and the `units_back`, which came back or never left.

    A refund that names no article is of its order's only one. One before shipment that states no units is of all that the
    order had of the article when all that was owed for it is given back; of less, nobody knows, and none are counted.
    """
    import ibis

    before = (t.kind == "before_shipment").fill_null(False) & (t.quantity.fill_null(0) == 0)
    asked = t.filter(before | t.sku_id.isnull())
    asked = asked.select(asked_shop="shop_id", asked_order="order_id", asked_day="ordered_day").distinct()
    same = [lines.shop_id == asked.asked_shop, lines.order_id == asked.asked_order]
    # Where the order's day is known it says nothing more, but most files need not be read for it.
    on_its_day = [*same, lines.ordered_day == asked.asked_day]
    undated = asked.filter(asked.asked_day.isnull())
    undated = lines.anti_join(asked, on_its_day).semi_join(
        undated, [lines.shop_id == undated.asked_shop, lines.order_id == undated.asked_order]
    )
    lines = lines.semi_join(asked, on_its_day).union(undated)
    ordered = lines.group_by(["shop_id", "order_id", "sku_id"]).aggregate(
        units=lines.quantity.sum().cast("decimal(18, 3)"), owed=lines.payable_amount.sum()
    )
    single = ordered.group_by(["shop_id", "order_id"]).aggregate(only_sku=ordered.sku_id.max(), skus=ordered.count())
    single = single.filter(single.skus == 1).select(single_shop="shop_id", single_order="order_id", only_sku="only_sku")
    t = t.mutate(withdrawn=before)
    t = t.left_join(single, [t.shop_id == single.single_shop, t.order_id == single.single_order])
    t = t.mutate(article=t.sku_id.coalesce(t.only_sku))
    of_order = ordered.select(of_shop="shop_id", of_order="order_id", of_sku="sku_id", units="units", owed="owed")
    t = t.left_join(
        of_order, [t.shop_id == of_order.of_shop, t.order_id == of_order.of_order, t.article == of_order.of_sku]
    )
    stated = t.kind.isin(("return", "before_shipment")).ifelse(t.quantity, None)
    whole = (t.amount >= t.owed).ifelse(t.units, None)
    return t.mutate(units_back=ibis.ifelse(t.withdrawn, whole, stated))


def net_of_vat(amount: ir.Value, t: ir.Table) -> ir.Value:
    """An amount without VAT, to a hundredth of a cent; empty where cost or VAT is unknown."""
    return t.unit_cost.notnull().ifelse((amount * t.price_share).cast(_MONEY), None)


def cost_of(quantity: ir.Value, t: ir.Table) -> ir.Value:
    """What some units cost, to a hundredth of a cent."""
    return (quantity * t.unit_cost).cast(_MONEY)


def _dated(sku_costs: ir.Table, products: ir.Table) -> ir.Table:
    """Cost and VAT of each shop's articles between two days; the days of one article never overlap."""
    import ibis

    # A load holds one cost an article and day; should there be two, the dearer is taken.
    own = sku_costs.group_by(["shop_id", "sku_id", "valid_from"]).aggregate(
        cost=sku_costs.unit_cost.max(), vat=sku_costs.vat_share.max()
    )
    first = own.group_by(["shop_id", "sku_id"]).aggregate(since=own.valid_from.min())
    first = first.rename(own_shop="shop_id", own_sku="sku_id")
    of_product = products.filter(products.product_id.notnull()).select(article="sku_id", product="product_id")
    inherited = own.join(of_product, own.sku_id == of_product.product)
    inherited = inherited.left_join(first, [inherited.shop_id == first.own_shop, inherited.article == first.own_sku])
    inherited = inherited.filter(inherited.since.isnull() | (inherited.valid_from < inherited.since))
    inherited = inherited.select("shop_id", "valid_from", "cost", "vat", sku_id="article").select(own.columns)
    every = own.union(inherited)
    of_sku = ibis.window(group_by=["shop_id", "sku_id"], order_by="valid_from")
    until = every.valid_from.lead().over(of_sku).fill_null(ibis.date(9999, 12, 31))
    return every.select(
        dated_shop="shop_id", dated_sku="sku_id", dated_from="valid_from", dated_until=until, dated_cost="cost",
        dated_vat="vat",
    )  # fmt: skip


def _booked(order_costs: ir.Table, lines: ir.Table) -> tuple[ir.Table, ir.Table, ir.Table]:
    """Costs booked on orders: by the line's number, by order and article, and of orders with one row on both sides."""
    named = order_costs.filter(order_costs.child_order_id != "")
    of_line = named.group_by(["shop_id", "child_order_id"]).aggregate(
        line_cost=named.unit_cost.max(), articles=named.sku_id.nunique()
    )
    of_line = of_line.filter(of_line.articles == 1).select(
        line_shop="shop_id", line_number="child_order_id", line_cost="line_cost"
    )
    of_article = order_costs.group_by(["shop_id", "order_id", "sku_id"]).aggregate(
        article_cost=order_costs.unit_cost.max(), least=order_costs.unit_cost.min()
    )
    of_article = of_article.filter(of_article.article_cost == of_article.least)
    of_article = of_article.select(
        article_shop="shop_id", article_order="order_id", booked_sku="sku_id", article_cost="article_cost"
    )
    alone = order_costs.group_by(["shop_id", "order_id"]).aggregate(
        alone_cost=order_costs.unit_cost.max(), booked=order_costs.count()
    )
    alone = alone.filter(alone.booked == 1)
    of_orders = lines.semi_join(alone, [lines.shop_id == alone.shop_id, lines.order_id == alone.order_id])
    single = of_orders.group_by(["shop_id", "order_id"]).aggregate(lines=of_orders.count())
    single = single.filter(single.lines == 1).select(single_shop="shop_id", single_order="order_id")
    alone = alone.semi_join(single, [alone.shop_id == single.single_shop, alone.order_id == single.single_order])
    return of_line, of_article, alone.select(alone_shop="shop_id", alone_order="order_id", alone_cost="alone_cost")
