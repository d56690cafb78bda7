"""The page /kpis/KPI/forecast and the same as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shopkeeper.core.period import Grain
from shopkeeper.views.forecast import ForecastPage, forecast_page, shown_horizon
from shopkeeper.web.api import Branch, Category, Channel, Platform, Shop, example_of, only_known
from shopkeeper.web.customers_page import json_answer
from shopkeeper.web.shown import Asked, Desk, answer

_KNOWN = {"shop", "period", "category", "channel", "platform", "branch", "cut", "horizon"}


def forecast_routes(desk: Desk) -> APIRouter:
    """The forecast of one indicator."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/kpis/{kpi}/forecast", include_in_schema=False)
    def show_forecast(request: Request, kpi: str) -> Response:
        asked = desk.ask(request, kpi=kpi)
        view, horizon = _view(desk, asked)
        work = desk.fragment("_forecast.html", asked, view.cut, horizon, view=view, horizon=horizon)
        if asked.part == "work":
            return answer(work)
        return desk.page("forecast.html", asked, fresh=view.freshness, view=view, work=work)

    @router.get(
        "/api/v1/kpis/{kpi}/forecast",
        summary="The forecast of one indicator, as its page shows it",
        responses=example_of("forecast"),
    )
    def send_forecast(
        request: Request, kpi: str, shop: Shop = "", category: Category = "", channel: Channel = "",
        platform: Platform = "", branch: Branch = "",
        period: Annotated[Grain, Query(description="Length of one period.")] = "month",
        cut: Annotated[str, Query(description="Cut by platform, category, channel, branch or sku.")] = "",
        horizon: Annotated[str, Query(description="How many periods ahead; days for sku.")] = "",
    ) -> Response:  # fmt: skip
        only_known(request, _KNOWN)
        asked = desk.ask(request, kpi=kpi)
        return json_answer(asked, _view(desk, asked)[0])

    return router


def _view(desk: Desk, asked: Asked) -> tuple[ForecastPage, int | None]:
    """The view, and how many periods ahead were asked for."""
    given = asked.request.query_params
    horizon = shown_horizon(given.get("horizon", ""), asked.lens.grain)
    return desk.view(forecast_page, asked, given.get("cut", ""), horizon), horizon
