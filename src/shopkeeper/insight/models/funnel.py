"""Model 3: where visitors and orders are lost on the way to payment, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Said, refusal, say
from shopkeeper.methods.funnel import Step, Worth, step_losses

EVENTS = ("view", "cart", "checkout", "pay")
DAILY = ("visitors", "carting", "ordering", "paying")
NAMED_SHARE = 0.95


@dataclass(frozen=True)
class Way:
    """One way through: the shop it is of, what is counted, its steps, and what became of each."""

    shop: str
    counted: Said
    names: tuple[str, ...]
    steps: tuple[Step, ...]


def estimate(ask: Ask) -> ModelResult:
    """Every shop's funnel: sessions by their events, or a platform's visitors of each day; each step with its interval."""
    unknown: list[str] = []
    ways = [*_sessions(ask, unknown), *_daily(ask, unknown)]
    if not ways:
        raise refusal("model.funnel_nothing", ["events.session_id", "visits.visitors"])
    first = max(ways, key=lambda w: w.steps[0].entered)
    remarks = [say("model.funnel_ceiling")]
    if unknown:
        remarks.append(say("model.funnel_unknown", shops=", ".join(sorted(set(unknown)))))
    return ModelResult(
        say("model.funnel_method"),
        ask.basis(("order_lines", _paid_lines(ask)), first=ask.covered[0], last=ask.covered[1]),
        tuple(_best(way) for way in ways),
        (_table(ways),),
        (
            Picture(
                "steps", "bar", say("model.funnel_picture", shop=first.shop), say("model.funnel_step"),
                say("model.funnel_reached"),
                (Series(say("model.funnel_reached"), (float(first.steps[0].entered), *(float(s.went_on) for s in first.steps))),),
                labels=tuple(say(f"model.funnel_{n}") for n in first.names), y_unit="count",
            ),
        ),
        tuple(remarks),
    )  # fmt: skip


def _sessions(ask: Ask, unknown: list[str]) -> list[Way]:
    """Shops that tell events: a session counts at every step up to the furthest that it reached."""
    rank = " ".join(f"WHEN '{name}' THEN {at}" for at, name in enumerate(EVENTS))
    rows = ask.rows(
        f"SELECT shop_id, {', '.join(f'count(*) FILTER (furthest >= {at})' for at in range(len(EVENTS)))} FROM "
        f"(SELECT shop_id, session_id, max(CASE name {rank} END) AS furthest FROM events WHERE session_id IS NOT NULL "
        f"AND name IN ({', '.join(repr(n) for n in EVENTS)}) AND {ask.days('happened_day')} GROUP BY 1, 2) "
        f"GROUP BY 1 ORDER BY 1"
    )
    worths = _worths(ask)
    return _ways(
        [(str(r[0]), EVENTS, [int(v) for v in r[1:]]) for r in rows], say("model.funnel_sessions"), worths, unknown
    )


def _daily(ask: Ask, unknown: list[str]) -> list[Way]:
    """Shops whose platform tells visitors a day: visitors, those who put into the cart, who ordered, who paid, day by day."""
    visits = ask.rows(
        f"SELECT shop_id, CAST(sum(visitors) AS BIGINT), CAST(sum(carting_visitors) AS BIGINT) FROM visits "
        f"WHERE grain = 'platform_day' AND sku_id IS NULL AND visitors IS NOT NULL AND {ask.days('visited_day')} "
        f"AND shop_id NOT IN (SELECT DISTINCT shop_id FROM events WHERE session_id IS NOT NULL) GROUP BY 1 ORDER BY 1"
    )
    buyers = {
        str(shop): (int(ordering), int(paying), float(named))
        for shop, ordering, paying, named in ask.rows(
            f"SELECT shop_id, count(DISTINCT (customer_id, ordered_day)), "
            f"count(DISTINCT (customer_id, ordered_day)) FILTER (paid_day IS NOT NULL), "
            f"count(customer_id) / count(*) FROM orders WHERE is_brushing IS NOT TRUE AND {ask.days('ordered_day')} GROUP BY 1"
        )
    }
    found: list[tuple[str, tuple[str, ...], list[int]]] = []
    for shop, visitors, carting in visits:
        ordering, paying, named = buyers.get(str(shop), (0, 0, 0.0))
        if named < NAMED_SHARE:
            unknown.append(str(shop))
        elif carting is None:
            found.append((str(shop), (DAILY[0], *DAILY[2:]), [int(visitors), ordering, paying]))
        else:
            found.append((str(shop), DAILY, [int(visitors), int(carting), ordering, paying]))
    return _ways(found, say("model.funnel_daily"), _worths(ask), unknown)


def _ways(
    found: list[tuple[str, tuple[str, ...], list[int]]], counted: Said, worths: dict[str, Worth], unknown: list[str]
) -> list[Way]:
    ways = []
    for shop, names, reached in found:
        if shop not in worths:
            unknown.append(shop)
            continue
        try:
            ways.append(Way(shop, counted, names, step_losses(reached, worths[shop])))
        except (NotEstimable, ValueError):  # too few, or more at a later step: the counts do not belong together
            unknown.append(shop)
    return ways


def _worths(ask: Ask) -> dict[str, Worth]:
    """What a paid order brings, by shop."""
    rows = ask.rows(
        f"SELECT shop_id, count(*), avg(paid), stddev_samp(paid) FROM (SELECT shop_id, sum(CAST(payable_amount AS DOUBLE)) "
        f"AS paid FROM order_lines WHERE paid_day IS NOT NULL AND is_brushing IS NOT TRUE AND {ask.days('ordered_day')} "
        f"GROUP BY shop_id, order_id) GROUP BY 1 HAVING count(*) >= 2 AND avg(paid) > 0"
    )
    return {str(shop): Worth(int(n), float(mean), float(deviation)) for shop, n, mean, deviation in rows}


def _paid_lines(ask: Ask) -> int:
    return int(
        ask.rows(f"SELECT count(*) FROM order_lines WHERE paid_day IS NOT NULL AND {ask.days('paid_day')}")[0][0]
    )


def _step_name(way: Way, at: int) -> Said:
    return say(
        "model.funnel_from_to",
        first=say(f"model.funnel_{way.names[at]}"),
        second=say(f"model.funnel_{way.names[at + 1]}"),
    )


def _best(way: Way) -> Figure:
    """The step of a way through where one point is worth most."""
    at, step = max(enumerate(way.steps), key=lambda one: one[1].per_point)
    return Figure(
        f"point_{way.shop}", say("model.funnel_best", shop=way.shop, step=_step_name(way, at)), step.per_point, "money",
        step.per_point_low, step.per_point_high, note=say("model.funnel_best_note"),
    )  # fmt: skip


def _table(ways: list[Way]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            way.shop, way.counted, _step_name(way, at), s.entered, s.went_on, s.share, s.low, s.high, s.lost, s.per_point,
            s.per_point_low, s.per_point_high, s.at_stake,
        )
        for way in ways
        for at, s in enumerate(way.steps)
    ]  # fmt: skip
    return Table(
        "steps", say("model.funnel_table"),
        (
            Column("shop", say("model.shop")), Column("counted", say("model.funnel_counted")),
            Column("step", say("model.funnel_step")), Column("entered", say("model.funnel_entered"), "count"),
            Column("went_on", say("model.funnel_went_on"), "count"), Column("share", say("model.share"), "share"),
            Column("low", say("model.low"), "share"), Column("high", say("model.high"), "share"),
            Column("lost", say("model.funnel_lost"), "count"), Column("per_point", say("model.funnel_point"), "money"),
            Column("point_low", say("model.low"), "money"), Column("point_high", say("model.high"), "money"),
            Column("at_stake", say("model.funnel_stake"), "money"),
        ),
        tuple(rows), say("model.funnel_table_note"),
    )  # fmt: skip


MODEL = Model(
    number=3,
    id="funnel",
    group="traffic",
    inputs=("order_lines.payable_amount",),
    references=("Wilson 1927, JASA 22, 209–212",),
    checks=(
        PublishedCheck(
            "Newcombe 1998, Statistics in Medicine 17", "81 of 263, 15 of 148, 0 of 20, 1 of 29",
            "Wilson intervals to four digits", "tests/golden/test_funnel.py",
        ),
    ),
    estimate=estimate,
    helps=("events.session_id", "visits.visitors", "visits.carting_visitors"),
)  # fmt: skip
