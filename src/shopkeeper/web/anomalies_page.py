"""The page /anomalies, and the same incidents as JSON."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.anomalies.find import find_anomalies, parse_ask
from shopkeeper.kpi.own.folder import definitions_stamp
from shopkeeper.render.formats import Formats
from shopkeeper.render.picture import DrawnPicture, picture_svg
from shopkeeper.views.anomalies import anomalies_page, incident_row, report_meta
from shopkeeper.views.overview import freshness
from shopkeeper.views.plain import as_plain
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.shown import Desk, answer

_PARAMETERS = {"shop", "from", "to", "kpi", "by"}


def anomalies_routes(desk: Desk) -> APIRouter:
    """The page and its API route."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/anomalies", include_in_schema=False)
    def show_page(request: Request) -> Response:
        only_known(request, _PARAMETERS | {"lang"})
        asked = desk.ask(request, kpi="")
        query = request.query_params
        cut = [asked.lens.by] if asked.lens.by else []
        ask = parse_ask(query.get("from", ""), query.get("to", ""), [query.get("kpi", "")], cut)
        try:
            view = desk.view(anomalies_page, asked, ask)
        except NotEstimable as error:
            work = desk.fragment("_anomalies_none.html", asked, reason=error.what, needed=error.missing)
            return desk.page(
                "anomalies.html", asked, fresh=freshness(asked.shop, asked.snapshot, asked.lens), work=work
            )
        formats = Formats(asked.lang, asked.shop.settings.shop.currency)
        work = desk.fragment(
            "_anomalies.html", asked, ask, view=view, plain=as_plain, symbol=formats.symbol,
            svg=lambda picture: Markup(_svg(picture, formats)),
        )  # fmt: skip
        if asked.part == "work":
            return answer(work)
        return desk.page("anomalies.html", asked, fresh=view.freshness, work=work)

    @router.get(
        "/api/v1/anomalies", summary="What stood out, gathered into incidents", responses=example_of("anomalies")
    )
    def show_json(
        request: Request,
        shop: Shop = "",
        from_: Annotated[str, Query(alias="from", description="First day or period; else the last 90 days.")] = "",
        to: Annotated[str, Query(description="Last day or period, included.")] = "",
        kpi: Annotated[list[str] | None, Query(description="Only incidents that it shows.")] = None,
        by: Annotated[list[str] | None, Query(description="Platform × category, channel or shop, too.")] = None,
    ) -> Response:
        only_known(request, _PARAMETERS)
        seen = desk.premises.visitor(request).shop(shop)
        ask = parse_ask(from_, to, kpi or [], by or [])
        key = ("anomalies", seen.data_dir, desk.snapshot(seen), definitions_stamp(seen.folder), ask)
        report = desk.kept(key, lambda: find_anomalies(seen, ask))
        document = {
            "data": [incident_row(i) for i in report.incidents], "meta": report_meta(report, seen.id)
        }  # fmt: skip
        return Response(json.dumps(document, ensure_ascii=False), media_type="application/json")

    return router


def _svg(picture: DrawnPicture, formats: Formats) -> str:
    return picture_svg(picture, lambda v: formats.value(v, picture.y_unit), str)
