"""`shopkeeper models` lists the analysis models; `shopkeeper model NAME` asks one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.cli.context import ShopContext
    from shopkeeper.insight.models.run import Asked
    from shopkeeper.views.models import ModelPage
    from shopkeeper.warehouse.shop import Shop

Printed = Annotated[Format, typer.Option("--format", help="How it is printed.")]


def models(ctx: typer.Context, format: Printed = "table") -> None:
    """List the analysis models: what each asks, which inputs this shop has for it, and which published check it passed."""
    from shopkeeper.views.lens import Lens
    from shopkeeper.views.models import models_page
    from shopkeeper.views.plain import as_plain

    here = current_shop(ctx)
    shop = here.open()
    try:
        page = models_page(shop, Lens(shop.id, here.lang), shop.lake.snapshot())
    finally:
        shop.close()
    entries = [e for g in page.groups for e in g.entries]
    meta: dict[str, object] = {
        "shop": shop.id, "as_of": page.freshness.last_day, "snapshot": page.freshness.snapshot, "warnings": [],
    }  # fmt: skip
    if format == "json":
        emit([as_plain(e) for e in entries], columns=[], fmt="json", meta=meta)  # type: ignore[misc]
        return
    comma = word("models.separator", here.lang)
    rows = [
        {"number": e.number, "model": e.id, "name": e.name, "question": e.question,
         "missing": comma.join(i.name for i in e.inputs if i.needed and not i.found),
         "check": "; ".join(c.source for c in e.checks)}
        for e in sorted(entries, key=lambda e: e.number)
    ]  # fmt: skip
    names = ("number", "model", "name", "question", "missing", "check")
    emit(rows, columns=_headings(names, here.lang, format), fmt=format, meta=meta)


def model(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model by its name or number.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="OPTION=VALUE", help="An option of the model; may be repeated.")
    ] = None,
    from_: Annotated[str, typer.Option("--from", metavar="DAY", help="First day of the facts.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="DAY", help="Last day of the facts, included.")] = "",
    table: Annotated[
        str, typer.Option("--table", metavar="ID", help="Only this table of the answer; figures for csv.")
    ] = "",
    publish: Annotated[
        bool, typer.Option("--publish", help="Write the value of each customer into customer_scores, for profiles.")
    ] = False,
    format: Printed = "table",
) -> None:
    """Ask one model: its figures with intervals, its tables, its method and remarks, or the reason why there is no answer."""
    from shopkeeper.insight.models.run import read_asked
    from shopkeeper.views.lens import Lens
    from shopkeeper.views.model_files import answered, csv_text
    from shopkeeper.views.models import model_page
    from shopkeeper.views.plain import as_plain

    here = current_shop(ctx)
    asked = read_asked(_pairs(set_ or []), from_, to)
    shop = here.open()
    try:
        if publish:
            _publish(shop, name, asked, here)
            return
        page = model_page(shop, Lens(shop.id, here.lang), shop.lake.snapshot(), name, asked)
    finally:
        shop.close()
    answered(page)
    if format == "json":
        meta: dict[str, object] = {
            "shop": shop.id, "as_of": page.freshness.last_day, "snapshot": page.freshness.snapshot, "warnings": [],
        }  # fmt: skip
        plain = as_plain(page)
        assert isinstance(plain, dict)
        emit([plain], columns=[], fmt="json", meta=meta)
    elif format == "csv":
        typer.echo(csv_text(page, table, here.lang), nl=False)
    else:
        _print(page, table, shop, here.lang)


def _publish(shop: Shop, name: str, asked: Asked, here: ShopContext) -> None:
    from shopkeeper.insight.models.publish import publish
    from shopkeeper.insight.models.registry import model as named

    done = publish(shop, named(name), asked, by=here.actor)
    here.written_down("model.published", done.model)
    for score, n in done.scores:
        typer.echo(word("models.published", here.lang, score=score, n=f"{n:,}", day=done.scored_day))


def _pairs(given: list[str]) -> dict[str, str]:
    from shopkeeper.errors import UsageError

    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError("an option needs a value", where="--set", received=text, allowed="OPTION=VALUE")
        found[name.strip()] = value.strip()
    return found


def _print(page: ModelPage, table: str, shop: Shop, lang: Language) -> None:
    answer = page.answer
    assert answer is not None
    if not table:
        typer.echo(f"{page.model.name} ({page.model.id}) · {answer.method}\n{answer.basis_text}")
        figures = [{"figure": f.label, "value": f.text, "interval": f.interval, "note": f.note} for f in answer.figures]
        names = ["figure", "value", "interval", "note"]
        used = [n for n in names if n == "figure" or any(f[n] for f in figures)]
        emit(figures, columns=[(n, word(f"models.column_{n}", lang)) for n in used], fmt="table", meta={})
    for one in answer.tables:
        if table in ("", one.id):
            rows = [dict(zip((c.id for c in one.columns), row, strict=True)) for row in one.texts]
            emit(
                rows,
                columns=[(c.id, c.heading) for c in one.columns],
                fmt="table",
                meta={},
                title=f"{one.title} [{one.id}]",
            )
    for remark in () if table else answer.remarks:
        typer.echo(f"· {remark}")
    if not table and page.options:
        options = " ".join(f"--set {o.name}={o.value}" for o in page.options)
        typer.echo(word("models.options_line", lang, options=options))


def _headings(names: tuple[str, ...], lang: Language, fmt: Format) -> list[tuple[str, str]]:
    return [(name, word(f"models.heading_{name}", lang) if fmt == "table" else name) for name in names]
