"""The page /data/reconcile, and the same reconciliation as JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shopkeeper.kpi.missing import missing_words
from shopkeeper.quality.reconcile import parse_scope, reconcile
from shopkeeper.views.plain import as_plain
from shopkeeper.views.reconcile import (
    AGES,
    ReconcilePage,
    code_word,
    money_text,
    reconcile_data,
    reconcile_page,
    shown_outcomes,
    warnings_of,
)
from shopkeeper.web.api import Length, Shop, example_of, only_known
from shopkeeper.web.preferences import preferences_of
from shopkeeper.web.shown import Asked, Desk, answer

_PARAMETERS = {"shop", "period", "from", "to", "by", "limit"}


def reconcile_routes(desk: Desk) -> APIRouter:
    """The page and its API route."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/data/reconcile", include_in_schema=False)
    def show_page(request: Request) -> Response:
        asked = desk.ask(request)
        view = desk.view(reconcile_page, asked)
        work = desk.fragment("_reconcile.html", asked, view=view, **_words(asked, view))
        if asked.part == "work":
            return answer(work)
        return desk.page("reconcile.html", asked, fresh=view.freshness, work=work)

    @router.get("/api/v1/reconcile", summary="Orders against statements and bank", responses=example_of("reconcile"))
    def show_json(
        request: Request,
        shop: Shop = "",
        period: Length = "month",
        from_: Annotated[str, Query(alias="from", description="First day or period.")] = "",
        to: Annotated[str, Query(description="Last day or period, included.")] = "",
        by: Annotated[str, Query(description="Cut by platform or shop.")] = "",
        limit: Annotated[int, Query(description="How many open orders, lines and transfers are listed.")] = 50,
    ) -> Response:
        only_known(request, _PARAMETERS)
        visitor = desk.premises.visitor(request)
        seen = visitor.shop(shop)
        result = reconcile(seen.lake, parse_scope(period=period, from_=from_, to=to, by=by, limit=limit))
        lang = preferences_of(request, seen.settings.shop.language).lang
        meta = {
            "shop": seen.id, "as_of": as_plain(result.as_of), "snapshot": result.snapshot,
            "warnings": list(warnings_of(result, lang)),
        }  # fmt: skip
        document = {"data": reconcile_data(result, with_rows=visitor.may_query(seen)), "meta": meta}
        return Response(json.dumps(document, ensure_ascii=False), media_type="application/json")

    return router


def _words(asked: Asked, view: ReconcilePage) -> dict[str, object]:
    """What the template says codes and amounts with."""
    usual, lang = asked.shop.settings.shop.currency, asked.lang

    def coded(code: str) -> str:
        return code_word(code, lang)

    def money(amount: Decimal | None, currency: str | None) -> str:
        return money_text(amount, currency, lang, usual)

    def missing(tables: tuple[str, ...]) -> str:
        return missing_words(tables, lang)

    return {
        "coded": coded, "money": money, "missing": missing, "outcomes": shown_outcomes(view.rows), "ages": AGES,
        "may_query": asked.may_query,
    }  # fmt: skip
