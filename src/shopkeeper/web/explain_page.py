"""The page of one explained change, and its twin of the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from shopkeeper.core.period import Grain
from shopkeeper.errors import NotEstimable
from shopkeeper.insight.explain.question import against_asked, dimensions_asked
from shopkeeper.views.explain import ExplainPage, explain_page
from shopkeeper.web.api import answered_json, example_of, only_known
from shopkeeper.web.shown import Asked, Desk, answer

_KNOWN = {"shop", "period", "at", "category", "channel", "platform", "branch", "against"}


def explain_routes(desk: Desk) -> APIRouter:
    """The page of an explanation."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/kpis/{kpi}/explain")
    def show_explanation(request: Request, kpi: str) -> Response:
        asked = desk.ask(request, kpi=kpi)
        against = against_asked(request.query_params.get("against") or "previous")
        view = desk.view(explain_page, asked, against)
        work = desk.fragment("_explain.html", asked, against, view=view)
        if asked.part == "work":
            return answer(work)
        return desk.page("explain.html", asked, fresh=view.freshness, view=view, work=work)

    return router


def explain_api(desk: Desk) -> APIRouter:
    """The API of an explanation."""
    router = APIRouter(prefix="/api/v1", default_response_class=JSONResponse)

    @router.get("/explain/{kpi}", summary="Why one indicator changed", responses=example_of("explain"))
    def explain_kpi(
        request: Request,
        kpi: str,
        shop: Annotated[str, Query(description="Which of the served shops; the first when left out.")] = "",
        period: Annotated[Grain, Query(description="Length of one period.")] = "month",
        at: Annotated[str, Query(description="A period such as 2017-10; the latest complete one when left out.")] = "",
        category: Annotated[str, Query(description="Only this category; ~ for rows without one.")] = "",
        channel: Annotated[str, Query(description="Only this channel; ~ for rows without one.")] = "",
        platform: Annotated[str, Query(description="Only this platform; ~ for rows without one.")] = "",
        branch: Annotated[str, Query(description="Only this branch (a shop of the commerce model).")] = "",
        against: Annotated[str, Query(description="previous, year, festival or target.")] = "previous",
        by: Annotated[
            list[str] | None, Query(description="Only platform, category, channel, shop, sku or group; all when left out.")
        ] = None,
    ) -> Response:
        only_known(request, _KNOWN | {"by"})
        query = [(n, v) for n, v in request.query_params.multi_items() if n != "by"]
        asked = desk.ask(request, kpi=kpi, query=dict(query))
        wanted = dimensions_asked(by or [])
        view = desk.view(explain_page, asked, against_asked(against), wanted)
        _told(view, asked)
        return answered_json(asked, desk.json(view, asked, against, wanted), view.freshness.last_day)

    return router


def _told(view: ExplainPage, asked: Asked) -> None:
    """Raise what a page shows as its refusal."""
    if view.refusal is not None:
        raise NotEstimable(view.refusal.reason, view.refusal.needed, where=asked.request.url.path)
