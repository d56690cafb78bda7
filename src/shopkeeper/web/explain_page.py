"""The page of one explained change, and its twin of the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.explain.question import against_asked, dimensions_asked
from shopkeeper.views.explain import explain_page
from shopkeeper.web.api import At, Branch, Category, Channel, Length, Platform, Shop, example_of, only_known
from shopkeeper.web.customers_page import json_answer
from shopkeeper.web.shown import Desk, answer

_KNOWN = {"shop", "period", "at", "category", "channel", "platform", "branch", "against"}


def explain_routes(desk: Desk) -> APIRouter:
    """The page and the API of an explanation."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/kpis/{kpi}/explain", include_in_schema=False)
    def show_explanation(request: Request, kpi: str) -> Response:
        asked = desk.ask(request, kpi=kpi)
        against = against_asked(request.query_params.get("against") or "previous")
        view = desk.view(explain_page, asked, against)
        work = desk.fragment("_explain.html", asked, against, view=view)
        if asked.part == "work":
            return answer(work)
        return desk.page("explain.html", asked, fresh=view.freshness, view=view, work=work)

    @router.get("/api/v1/explain/{kpi}", summary="Why one indicator changed", responses=example_of("explain"))
    def explain_kpi(
        request: Request, kpi: str, shop: Shop = "", period: Length = "month", at: At = "", category: Category = "",
        channel: Channel = "", platform: Platform = "", branch: Branch = "",
        against: Annotated[str, Query(description="previous, year, festival or target.")] = "previous",
        dimension: Annotated[
            list[str] | None, Query(description="Only platform, category, channel, shop, sku or group; all when left out.")
        ] = None,
    ) -> Response:  # fmt: skip
        only_known(request, _KNOWN | {"dimension"})
        asked = desk.ask(request, kpi=kpi)
        view = desk.view(explain_page, asked, against_asked(against), dimensions_asked(dimension or []))
        if view.refusal is not None:
            raise NotEstimable(view.refusal.reason, view.refusal.needed, where=request.url.path)
        return json_answer(asked, view, view.freshness.last_day)

    return router
