"""`shopkeeper explain`: why one indicator changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.views.explain import Amount, Explained, ExplainPage


def explain(
    ctx: typer.Context,
    kpi: Annotated[str, typer.Argument(metavar="KPI", help="An indicator.")],
    period: Annotated[str, typer.Option("--period", metavar="P", help="Which period, such as 2017-10 or 2017-W40.")],
    against: Annotated[
        str, typer.Option("--against", metavar="WHAT", help="previous, year, festival (aligned) or target.")
    ] = "previous",
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="DIM", help="Only platform, category, channel, shop, sku or group."),
    ] = None,
    filter_: Annotated[
        list[str] | None, typer.Option("--filter", metavar="DIM=VALUE", help="Only this part of the business.")
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="SNAPSHOT|DAY", help="As it was known then.")] = None,
    format: Annotated[Format, typer.Option("--format", help="How it is printed.")] = "table",
) -> None:
    """Explain a change: what it was worth, its drivers and slices, its root cause, and what happened at that time."""
    from shopkeeper.cli.lineage import single
    from shopkeeper.core.period import Period
    from shopkeeper.errors import NotEstimable
    from shopkeeper.insight.explain.question import dimensions_asked
    from shopkeeper.kpi.asked import parse_request
    from shopkeeper.views.explain import explain_page
    from shopkeeper.views.lens import Lens

    here = current_shop(ctx)
    wanted = Period.parse(period)
    filters = single(parse_request(filters=filter_ or []).filters)
    shop = here.open(as_of)
    try:
        lens = Lens(shop.id, here.lang, wanted.grain, wanted, filters, kpi)
        page = explain_page(shop, lens, shop.lake.snapshot(), against, dimensions_asked(by or []))
    finally:
        shop.close()
    if page.refusal is not None:
        raise NotEstimable(page.refusal.reason, page.refusal.needed, where=f"{page.kpi} {wanted.label}")
    _emit(page, here.lang, format)


def _emit(page: ExplainPage, lang: Language, fmt: Format) -> None:
    from shopkeeper.views.plain import as_plain

    told = page.explained
    assert told is not None
    meta: dict[str, object] = {
        "shop": page.shop, "as_of": as_plain(page.freshness.last_day), "snapshot": page.freshness.snapshot, "warnings": [],
    }  # fmt: skip
    if fmt == "json":
        document = as_plain(page)
        assert isinstance(document, dict)
        emit([document], columns=[], fmt="json", meta=meta)
    elif fmt == "csv":
        names = ("part", "dimension", "name", "then", "now", "effect", "rate", "mix", "share")
        emit(_flat(told), columns=[(n, n) for n in names], fmt="csv", meta=meta)
    else:
        _print(told, lang)


def _flat(told: Explained) -> list[dict[str, object]]:
    """One row a driver, slice and cause."""

    def row(part: str, dimension: str, name: str, **figures: Amount) -> dict[str, object]:
        return {"part": part, "dimension": dimension, "name": name, **{n: a.value for n, a in figures.items()}}

    rows = []
    if told.tree is not None:
        rows += [row("driver", "", d.name, then=d.then, now=d.now, effect=d.effect) for d in told.tree.drivers]
    for cut in told.dimensions:
        rows += [
            row("slice", cut.dimension, r.name, then=r.then, now=r.now, effect=r.effect, rate=r.rate, mix=r.mix)
            for r in cut.rows
        ]
        rows.append(row("others", cut.dimension, "", effect=cut.rest))
        rows.append(row("overlap", cut.dimension, "", effect=cut.overlap))
    rows += [row("cause", "", c.name, then=c.expected, now=c.actual, share=c.share) for c in told.causes]
    rows += [row("next", "", c.name, then=c.expected, now=c.actual, share=c.share) for c in told.runners_up]
    return rows


def _print(told: Explained, lang: Language) -> None:
    def heads(**names: str) -> list[tuple[str, str]]:
        return [(key, word(f"explain.{name}", lang)) for key, name in names.items()]

    typer.echo(told.story[lang] + "\n")
    if told.tree is not None:
        rows: list[dict[str, object]] = [
            {"name": d.name, "then": d.then.text, "now": d.now.text, "growth": d.growth.text, "effect": d.effect.text}
            for d in told.tree.drivers
        ]
        title = f"{word('explain.tree', lang)} · {told.tree.note}"
        emit(rows, columns=heads(name="what", then="then", now="now", growth="change", effect="effect"), fmt="table",
             meta={}, title=title)  # fmt: skip
        for line in (told.tree.left_out, told.tree.rounding):
            if line:
                typer.echo(line)
    for cut in told.dimensions:
        rows = [
            {"name": r.name, "effect": r.effect.text, "rate": r.rate.text, "mix": r.mix.text, "then": r.then.text,
             "now": r.now.text}
            for r in cut.rows
        ]  # fmt: skip
        if cut.unlisted:
            rows.append({"name": word("explain.rest", lang, n=cut.unlisted), "effect": cut.rest.text})
        if cut.overlap.value:
            rows.append({"name": word("explain.overlap", lang), "effect": cut.overlap.text})
        columns = heads(name="what", effect="effect", rate="rate", mix="mix", then="then", now="now")
        kept = columns if cut.rule == "rate_mix" else [c for c in columns if c[0] not in ("rate", "mix")]
        title = f"{word('explain.by', lang, dimension=cut.name)} · {cut.note}"
        emit(rows, columns=kept, fmt="table", meta={}, title=title)
    for name, causes in (("cause", told.causes), ("runners_up", told.runners_up)):
        rows = [
            {
                "name": c.name,
                "share": c.share.text,
                "then": c.expected.text,
                "now": c.actual.text,
                "worth": c.worth.text,
            }
            for c in causes
        ]
        if rows:
            emit(rows, columns=heads(name="combination", share="share", then="expected", now="actual", worth="worth"),
                 fmt="table", meta={}, title=word(f"explain.{name}", lang))  # fmt: skip
    rows = [{"name": h.name, "kind": h.kind_word, "side": h.side, "days": h.days} for h in told.happened]
    if rows:
        emit(rows, columns=heads(name="what", kind="kind", side="side", days="when"), fmt="table", meta={},
             title=f"{word('explain.happened', lang)} · {word('explain.happened_note', lang)}")  # fmt: skip
    for gap in told.gaps:
        typer.echo(f"· {gap}")
