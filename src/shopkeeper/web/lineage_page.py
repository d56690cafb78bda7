"""The page of one cell's lineage, and its rows as a file."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shopkeeper.core.wording import word
from shopkeeper.errors import AccessDenied, NotEstimable
from shopkeeper.kpi.contributing import part_named, parts_of, rows_sql
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.views.lineage import Lineage, lineage_page
from shopkeeper.views.window import window
from shopkeeper.web.shown import Asked, Desk

EXPORTED_ROWS = 50_000
"""How many rows a download holds; `shopkeeper lineage --to` writes them all."""


def lineage_routes(desk: Desk) -> APIRouter:
    """The routes of lineage."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/kpis/{kpi}/lineage")
    def show_lineage(request: Request, kpi: str) -> Response:
        asked = desk.ask(request, kpi=kpi)
        view = lineage_shown(desk, asked)
        work = desk.fragment("_lineage.html", asked, view=view)
        return desk.page("lineage.html", asked, fresh=view.freshness, view=view, work=work)

    @router.get("/kpis/{kpi}/rows.csv")
    def send_rows(request: Request, kpi: str) -> Response:
        asked = desk.ask(request, kpi=kpi)
        if not asked.may_query:
            raise AccessDenied("single rows need an analyst's role", where=request.url.path, state="nothing was sent")
        return _rows_file(asked, request.query_params.get("part", ""))

    return router


def lineage_shown(desk: Desk, asked: Asked) -> Lineage:
    """The lineage of a cell; a viewer's is without SQL and single rows."""
    view = desk.view(lineage_page, asked)
    if asked.may_query:
        return view
    bare = tuple(replace(part, columns=(), sample=()) for part in view.parts)
    return replace(view, parts=bare, sql="", no_sql=word("kpis.sql_closed", asked.lang))


def _rows_file(asked: Asked, name: str) -> Response:
    found = window(asked.shop, asked.lens)
    if found is None:
        raise NotEstimable("this shop has no orders yet", ("order_lines",), next_command="shopkeeper ingest")
    part = part_named(
        parts_of(asked.shop, definitions_of(asked.shop).indicator(asked.lens.kpi), found.selected, asked.lens.slices),
        name,
    )
    cursor = asked.shop.lake.query(rows_sql(part, asked.lens.slices, EXPORTED_ROWS))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column[0] for column in cursor.description or []])
    writer.writerows(cursor.fetchall())
    file = f"{asked.lens.kpi}-{found.selected.label}-{part.measure.id}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "private, no-store"}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
