"""The pages that people open."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shopkeeper.core.wording import word
from shopkeeper.errors import NotSignedIn
from shopkeeper.ingest.refusals import refusals
from shopkeeper.kpi.missing import missing_words
from shopkeeper.views.coverage import coverage, coverage_ask
from shopkeeper.views.data_page import DataPage, data_page, note_text
from shopkeeper.views.kpi_pages import IndicatorPage, indicator_page, kpi_list
from shopkeeper.views.overview import overview
from shopkeeper.views.quarantine import reason_text
from shopkeeper.views.reconcile import code_word
from shopkeeper.warehouse.personal import says_who
from shopkeeper.web.shown import Asked, Desk, answer


def page_routes(desk: Desk) -> APIRouter:
    """The routes of all pages but sign-in."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/")
    def show_overview(request: Request) -> Response:
        asked = desk.ask(request)
        view = desk.view(overview, asked)
        if asked.part == "detail" and view.selected is not None:
            return answer(desk.fragment("_detail.html", asked, view=view))
        work = desk.fragment("_work.html", asked, view=view)
        return (
            answer(work) if asked.part == "work" else desk.page("overview.html", asked, fresh=view.freshness, work=work)
        )

    @router.get("/kpis")
    def show_kpis(request: Request) -> Response:
        asked = desk.ask(request)
        view = desk.view(kpi_list, asked)
        work = desk.fragment("_kpis.html", asked, view=view)
        return answer(work) if asked.part == "work" else desk.page("kpis.html", asked, fresh=view.freshness, work=work)

    @router.get("/kpis/{kpi}")
    def show_indicator(request: Request, kpi: str) -> Response:
        asked = desk.ask(request, kpi=kpi)
        view = indicator_shown(desk, asked)
        if asked.part == "breakdown":
            return answer(desk.fragment("_breakdown.html", asked, view=view))
        work = desk.fragment("_indicator.html", asked, view=view)
        if asked.part == "work":
            return answer(work)
        return desk.page("indicator.html", asked, fresh=view.freshness, view=view, work=work)

    @router.get("/data")
    def show_data(request: Request) -> Response:
        return _data_answer(desk, desk.ask(request))

    return router


def _data_answer(desk: Desk, asked: Asked) -> Response:
    """The Data page, or of it only the matrix."""
    ask = coverage_ask(asked.shop, asked.request.query_params.get("window", ""))
    matrix = desk.view(coverage, asked, ask)
    view = data_shown(desk, asked)
    words: dict[str, object] = {
        "listed": {load.id for load in view.loads},
        "note_text": note_text,
        "why": lambda reason: reason_text(reason, asked.lang),
        "coded": lambda code: code_word(code, asked.lang),
        "missing": lambda tables: missing_words(tables, asked.lang),
    }
    if asked.part == "matrix":
        return answer(desk.fragment("_coverage.html", asked, ask, matrix=matrix, **words))
    work = desk.fragment("_data.html", asked, ask, view.refused, view=view, matrix=matrix, **words)
    return answer(work) if asked.part == "work" else desk.page("data.html", asked, fresh=view.freshness, work=work)


def indicator_shown(desk: Desk, asked: Asked) -> IndicatorPage:
    """The page of one indicator; a viewer's is without the SQL."""
    view = desk.view(indicator_page, asked)
    return view if asked.may_query else replace(view, sql="", no_sql=word("kpis.sql_closed", asked.lang))


def data_shown(desk: Desk, asked: Asked) -> DataPage:
    """The Data page; a viewer's counts what was set aside without showing what stood in the rows."""
    view = desk.view(data_page, asked, refusals(asked.shop.data_dir))
    if not asked.may_query:
        return replace(view, set_aside=(), refused=())
    if asked.may_see_people:
        return view
    return replace(
        view, set_aside=tuple(row for row in view.set_aside if row.column and not says_who(row.table, row.column))
    )


def to_sign_in(request: Request, error: NotSignedIn) -> Response:
    """Lead a person who is not signed in to the form, and back again afterwards."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = f"/sign-in?next={quote(target, safe='')}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(address, 303)
