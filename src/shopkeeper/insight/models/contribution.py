"""Model 30: where the money of a sale goes, from list price to what is left, and how many days of cash are tied up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from shopkeeper.core.period import Period, periods_between
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option
from shopkeeper.insight.models.result import Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Said, refusal, say
from shopkeeper.kpi.matrix import matrix_within
from shopkeeper.kpi.result import Cell, Matrix, Request
from shopkeeper.methods.waterfall import CashCycle, Step, turn_days, waterfall

_KPIS = (
    "discount_rate",
    "receivable",
    "gross_profit",
    "gross_margin",
    "net_revenue",
    "contribution_margin",
    "paid_amount",
    "S1",
)
_COSTS = ("platform_fee", "fulfilment", "marketing", "labour", "rent")
_ZERO = Decimal(0)


def estimate(ask: Ask) -> ModelResult:
    """Each step from the list price to the operating result over whole months, exact to the cent; then the cash cycle.

    Gross profit, contribution margin and net revenue are those of the KPI matrix, so both pages show one number.
    """
    months = _months(ask)
    start, end = months[0].start, months[-1].end
    matrix = matrix_within(ask.shop, ask.snapshot, Request("month", start, end, kpis=_KPIS))
    totals = _totals(matrix, months)
    costs = _costs(ask, start, end)
    steps = waterfall(("list", totals["list"]), _parts(totals, costs))
    levels = {step.name: step.level for step in steps}
    cycle, notes = _cycle(ask, matrix, months, start, end)
    base = totals["receivable"]
    monthly = [(p, *_monthly(matrix, p)) for p in months]
    return ModelResult(
        say("model.contribution_method"),
        ask.basis(("order_lines", _lines(ask, start, end)), first=start, last=end - dt.timedelta(days=1)),
        _figures(levels, base, cycle),
        (_step_table(steps, base), _month_table(monthly)),
        (
            Picture(
                "steps",
                "bar",
                say("model.contribution_picture"),
                say("model.contribution_step"),
                say("model.contribution_amount"),
                (Series(say("model.contribution_amount"), tuple(float(s.amount) for s in steps)),),
                labels=tuple(_step_word(s.name) for s in steps),
                y_unit="money",
            ),
        ),
        tuple(notes),
    )


def _months(ask: Ask) -> list[Period]:
    """The newest whole months that are asked for and covered."""
    first, last = ask.covered
    if first is None or last is None:
        raise refusal("model.contribution_no_sales", ["order_lines.paid_day"])
    found = [
        p
        for p in periods_between(first, last + dt.timedelta(days=1), "month")
        if p.start >= first and p.last_day <= last
    ]
    if not found:
        raise refusal("model.contribution_no_month", [say("model.contribution_need_month")])
    return found[-ask.whole("newest_months") :]


def _totals(matrix: Matrix, months: list[Period]) -> dict[str, Decimal]:
    """Sums over the months. Raises NotEstimable where a month has no margin, naming what it lacks."""

    def total(kpi: str, part: str = "value") -> Decimal:
        cells = [_cell(matrix, kpi, p) for p in months]
        lacking = next((c for c in cells if getattr(c, part) is None), None)
        if lacking is not None:
            raise refusal(
                "model.contribution_no_margin", [m for m in lacking.missing if "." in m] or ["sku_costs.unit_cost"]
            )
        return sum((Decimal(str(getattr(c, part))) for c in cells), _ZERO)

    return {
        "list": total("discount_rate", "denominator"),
        "paid": total("paid_amount"),
        "receivable": total("receivable"),
        "goods_net": total("gross_margin", "denominator"),
        "gross_profit": total("gross_profit"),
        "net_revenue": total("net_revenue"),
        "contribution": total("contribution_margin"),
    }


def _cell(matrix: Matrix, kpi: str, period: Period) -> Cell:
    found = matrix.cell(kpi, period)
    assert found is not None, kpi
    return found


def _parts(t: Mapping[str, Decimal], costs: Mapping[str, Decimal]) -> list[tuple[str, Decimal | None]]:
    """What leads from one level to the next; each level is that of the matrix."""
    selling = costs["platform_fee"] + costs["fulfilment"]
    returns = t["contribution"] - t["gross_profit"] + selling
    return [
        ("discounts", t["receivable"] - t["list"]),
        ("receivable", None),
        ("vat", t["goods_net"] - t["receivable"]),
        ("goods", t["gross_profit"] - t["goods_net"]),
        ("gross_profit", None),
        ("returns", returns),
        ("platform_fee", -costs["platform_fee"]),
        ("fulfilment", -costs["fulfilment"]),
        ("contribution", None),
        ("marketing", -costs["marketing"]),
        ("after_marketing", None),
        ("labour", -costs["labour"]),
        ("rent", -costs["rent"]),
        ("operating", None),
    ]


def _costs(ask: Ask, start: dt.date, end: dt.date) -> dict[str, Decimal]:
    rows = ask.rows(
        f"SELECT kind, sum(amount) FROM ledger_entries WHERE booked_day >= DATE '{start}' "
        f"AND booked_day < DATE '{end}' GROUP BY 1"
    )
    found = {str(kind): Decimal(amount) for kind, amount in rows}
    return {kind: found.get(kind, _ZERO) for kind in _COSTS}


def _cycle(
    ask: Ask, matrix: Matrix, months: list[Period], start: dt.date, end: dt.date
) -> tuple[CashCycle, list[Said]]:
    """Days in stock, days until the platform pays, days that suppliers wait; what is unknown is said."""
    notes: list[Said] = []
    turns = [_cell(matrix, "S1", p) for p in months]
    stock = None
    if all(c.numerator and c.denominator for c in turns):
        sold = sum((Decimal(str(c.numerator)) * p.days / 365 for c, p in zip(turns, months, strict=True)), _ZERO)
        held = sum((Decimal(str(c.denominator)) * p.days for c, p in zip(turns, months, strict=True)), _ZERO)
        days = sum(p.days for p in months)
        stock = turn_days(held / days, sold, days)
    else:
        notes.append(say("model.contribution_no_stock"))
    row = ask.rows(
        "WITH paid AS (SELECT shop_id, order_id, max(paid_day) AS paid_day FROM order_lines WHERE paid_day IS NOT NULL "
        f"AND paid_day >= DATE '{start}' AND paid_day < DATE '{end}' GROUP BY ALL) "
        "SELECT sum(s.amount * date_diff('day', p.paid_day, s.settled_day)), sum(s.amount) FROM settlements s JOIN paid p "
        "ON p.shop_id = s.shop_id AND p.order_id = s.order_id WHERE s.kind = 'sale' AND s.issuer = 'platform' AND s.amount > 0"
    )[0]
    waiting = (Decimal(row[0]) / Decimal(row[1])).quantize(Decimal("0.1")) if row[1] else None
    if waiting is None:
        notes.append(say("model.contribution_no_settlements"))
    terms = ask.number("supplier_days")
    payable = Decimal(str(terms)) if terms >= 0 else None
    notes.append(say("model.contribution_payable_told" if payable is not None else "model.contribution_no_payable"))
    return CashCycle(stock, waiting, payable), notes


def _figures(levels: Mapping[str, Decimal], base: Decimal, cycle: CashCycle) -> tuple[Figure, ...]:
    def share(name: str) -> Figure:
        value = levels[name] / base if base else None
        return Figure(f"{name}_share", say(f"model.contribution_{name}_share"), value, "share")

    return (
        Figure("contribution", say("model.contribution_contribution"), levels["contribution"], "money"),
        share("gross_profit"),
        share("contribution"),
        share("operating"),
        Figure("stock_days", say("model.contribution_stock_days"), cycle.stock_days, "days"),
        Figure("receivable_days", say("model.contribution_receivable_days"), cycle.receivable_days, "days"),
        Figure("payable_days", say("model.contribution_payable_days"), cycle.payable_days, "days"),
        Figure("cycle", say("model.contribution_cycle"), cycle.cycle, "days"),
    )


def _step_word(name: str) -> Said:
    return say(f"model.contribution_{name}")


def _step_table(steps: tuple[Step, ...], base: Decimal) -> Table:
    rows = tuple((_step_word(s.name), s.amount, s.level, s.amount / base if base else None) for s in steps)
    return Table(
        "steps",
        say("model.contribution_table"),
        (
            Column("step", say("model.contribution_step")),
            Column("amount", say("model.contribution_amount"), "money"),
            Column("level", say("model.contribution_level"), "money"),
            Column("share", say("model.contribution_of_receivable"), "share"),
        ),
        rows,
        say("model.contribution_table_note"),
    )


def _monthly(matrix: Matrix, period: Period) -> tuple[Decimal, Decimal, Decimal]:
    values = [_cell(matrix, kpi, period).value for kpi in ("receivable", "gross_profit", "contribution_margin")]
    one, two, three = (Decimal(str(v)) for v in values)
    return one, two, three


def _month_table(monthly: list[tuple[Period, Decimal, Decimal, Decimal]]) -> Table:
    rows = tuple((p.label, r, g, c, c / r if r else None) for p, r, g, c in monthly)
    return Table(
        "months",
        say("model.contribution_months"),
        (
            Column("month", say("model.contribution_month")),
            Column("receivable", say("model.contribution_receivable"), "money"),
            Column("gross_profit", say("model.contribution_gross_profit"), "money"),
            Column("contribution", say("model.contribution_contribution"), "money"),
            Column("share", say("model.contribution_contribution_share"), "share"),
        ),
        rows,
    )


def _lines(ask: Ask, start: dt.date, end: dt.date) -> int:
    sql = f"SELECT count(*) FROM order_lines WHERE paid_day >= DATE '{start}' AND paid_day < DATE '{end}'"
    return int(ask.rows(sql)[0][0])


MODEL = Model(
    number=30,
    id="contribution",
    group="money",
    inputs=(
        "order_lines.paid_day",
        "order_lines.list_amount",
        "order_lines.receivable_amount",
        "sku_costs.unit_cost",
        "ledger_entries.amount",
    ),
    helps=("settlements.settled_day", "stock_levels.value", "stock_moves.cost", "refunds.amount"),
    references=("Richards & Laughlin 1980, Financial Management 9(1)",),
    checks=(),
    estimate=estimate,
    options=(
        Option("newest_months", "whole", 12, low=1, high=60),
        Option("supplier_days", "number", -1.0, low=-1, high=365),
    ),
)
