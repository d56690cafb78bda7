"""The API, version 1: the cells of the KPI matrix by the contract, and the view models of the pages."""

from __future__ import annotations

import datetime as dt
import json
from importlib import resources
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shopkeeper import __version__
from shopkeeper.core.period import Grain
from shopkeeper.core.wording import LANGUAGES
from shopkeeper.errors import UsageError, nearest
from shopkeeper.kpi.asked import parse_request
from shopkeeper.kpi.counterpart import against_named
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import data_range, matrix_for
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.packs import pack_of
from shopkeeper.kpi.result import Matrix
from shopkeeper.kpi.score import score
from shopkeeper.views.comparisons import compared
from shopkeeper.views.coverage import coverage, coverage_ask
from shopkeeper.views.data_page import table_states
from shopkeeper.views.labels import indicator_word
from shopkeeper.views.ledger import loads
from shopkeeper.views.overview import overview
from shopkeeper.views.packs import pack_page
from shopkeeper.views.plain import as_plain
from shopkeeper.warehouse.shop import Shop as OpenShop
from shopkeeper.web.lineage_page import lineage_shown
from shopkeeper.web.pages import data_shown, indicator_shown
from shopkeeper.web.shown import Asked, Desk

_LENS = {"shop", "period", "at", "category", "channel", "platform", "branch", "kpi"}

Shop = Annotated[str, Query(description="Which of the served shops; the first when left out.")]
At = Annotated[str, Query(description="A period such as 2017-10; the latest complete one when left out.")]
Length = Annotated[Grain, Query(description="Length of one period.")]
Category = Annotated[str, Query(description="Only this category; ~ for rows without one.")]
Channel = Annotated[str, Query(description="Only this channel; ~ for rows without one.")]
Platform = Annotated[str, Query(description="Only this platform; ~ for rows without one.")]
Branch = Annotated[str, Query(description="Only this branch (a shop of the commerce model).")]


def api_routes(desk: Desk) -> APIRouter:
    """All routes under /api/v1."""
    router = APIRouter(prefix="/api/v1", default_response_class=JSONResponse)
    _add_figures(router, desk)
    _add_data(router, desk)
    _add_packs(router, desk)
    _add_lineage(router, desk)

    @router.get("/health", summary="Whether the server answers", responses=example_of("health"))
    def health() -> Response:
        return JSONResponse({"data": {"status": "ok", "version": __version__}, "meta": {}})

    @router.get("/indicators", summary="Every indicator that is declared", responses=example_of("indicators"))
    def indicators(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        definitions = definitions_of(asked.shop)
        return _answer(asked, _plain_json([_declared(i, definitions) for i in definitions.indicators]))

    return router


def _add_figures(router: APIRouter, desk: Desk) -> None:
    @router.get("/overview", summary="The Overview, as the page shows it", responses=example_of("overview"))
    def show_overview(
        request: Request, shop: Shop = "", period: Length = "month", at: At = "", category: Category = "",
        channel: Channel = "", platform: Platform = "", branch: Branch = "", kpi: str = "",
    ) -> Response:  # fmt: skip
        only_known(request, _LENS)
        asked = desk.ask(request)
        view = desk.view(overview, asked)
        return _answer(asked, desk.json(view, asked), view.warnings, view.freshness.last_day)

    @router.get("/kpis", summary="Cells of the KPI matrix", responses=example_of("kpis"))
    def cells(
        request: Request,
        shop: Shop = "",
        period: Length = "month",
        from_: Annotated[str, Query(alias="from", description="First day or period.")] = "",
        to: Annotated[str, Query(description="Last day or period, included.")] = "",
        by: Annotated[list[str] | None, Query(description="Cut by platform, shop, category or channel.")] = None,
        kpi: Annotated[list[str] | None, Query(description="Only these indicators.")] = None,
        filter_: Annotated[list[str] | None, Query(alias="filter", description="DIMENSION=VALUE.")] = None,
        against: Annotated[str, Query(description="Beside previous, year, festival, baseline or target.")] = "",
    ) -> Response:
        only_known(request, {"shop", "period", "from", "to", "by", "kpi", "filter", "against"})
        seen = desk.premises.visitor(request).shop(shop)
        definitions = definitions_of(seen)
        wanted = parse_request(
            grain=period, from_=from_ or None, to=to or None, by=by or [], kpis=kpi or [], filters=filter_ or [],
            definitions=definitions,
        )  # fmt: skip
        matrix = matrix_for(seen, wanted, definitions)
        beside = compared(seen, matrix, against_named(against)) if against else ()
        return _matrix_answer(seen, matrix, [cell.as_json() for cell in beside or matrix.cells])

    @router.get("/scores", summary="The 0-5 operating score of each period", responses=example_of("scores"))
    def scores(
        request: Request,
        shop: Shop = "",
        period: Length = "month",
        from_: Annotated[str, Query(alias="from", description="First day or period.")] = "",
        to: Annotated[str, Query(description="Last day or period, included.")] = "",
        by: Annotated[list[str] | None, Query(description="Cut by platform, shop, category or channel.")] = None,
    ) -> Response:
        only_known(request, {"shop", "period", "from", "to", "by"})
        seen = desk.premises.visitor(request).shop(shop)
        matrix = matrix_for(seen, parse_request(grain=period, from_=from_ or None, to=to or None, by=by or []))
        found = [score(matrix, seen, p, d).as_json() for p in matrix.periods for d in matrix.slices()]
        return _matrix_answer(seen, matrix, found)

    @router.get("/kpis/{kpi}", summary="One indicator, as its page shows it", responses=example_of("kpi"))
    def show_indicator(
        request: Request, kpi: str, shop: Shop = "", period: Length = "month", at: At = "", category: Category = "",
        channel: Channel = "", platform: Platform = "", branch: Branch = "",
        by: Annotated[str, Query(description="The breakdown: category, channel, platform or branch.")] = "",
    ) -> Response:  # fmt: skip
        only_known(request, (_LENS - {"kpi"}) | {"by"})
        asked = desk.ask(request, kpi=kpi)
        view = indicator_shown(desk, asked)
        return _answer(asked, desk.json(view, asked), (), view.freshness.last_day)


def _add_packs(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/packs/{pack}", summary="A platform's own indicators, as its page shows them", responses=example_of("pack")
    )
    def show_pack(
        request: Request, pack: str, shop: Shop = "", period: Length = "month", at: At = "", category: Category = "",
        channel: Channel = "", platform: Platform = "", branch: Branch = "",
    ) -> Response:  # fmt: skip
        only_known(request, _LENS - {"kpi"})
        asked = desk.ask(request)
        name = pack_of(pack).id
        view = desk.view(pack_page, asked, name)
        return _answer(asked, desk.json(view, asked, name), view.warnings, view.freshness.last_day)


def _add_lineage(router: APIRouter, desk: Desk) -> None:
    @router.get("/kpis/{kpi}/lineage", summary="Where one cell comes from", responses=example_of("lineage"))
    def show_lineage(
        request: Request, kpi: str, shop: Shop = "", period: Length = "month", at: At = "", category: Category = "",
        channel: Channel = "", platform: Platform = "", branch: Branch = "",
    ) -> Response:  # fmt: skip
        only_known(request, _LENS - {"kpi"})
        asked = desk.ask(request, kpi=kpi)
        view = lineage_shown(desk, asked)
        return _answer(asked, desk.json(view, asked), (), view.freshness.last_day)


def _matrix_answer(shop: OpenShop, matrix: Matrix, rows: list[dict[str, object]]) -> Response:
    """Rows of a matrix with the meta of the contract."""
    meta = {
        "shop": shop.id,
        "as_of": as_plain(matrix.last_day),
        "snapshot": matrix.snapshot,
        "warnings": list(matrix.warnings()),
    }
    return JSONResponse({"data": rows, "meta": meta})


def _add_data(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/data/tables", summary="Tables of the commerce model with what they hold", responses=example_of("tables")
    )
    def tables(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        return _answer(asked, _plain_json(table_states(asked.shop.lake, asked.lang)))

    @router.get("/data/loads", summary="The newest loads with their files and notes", responses=example_of("loads"))
    def newest_loads(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        return _answer(asked, _plain_json(loads(asked.shop.lake)))

    @router.get("/data", summary="The Data page, as it is shown", responses=example_of("data"))
    def show_data(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        view = data_shown(desk, asked)
        return _answer(asked, desk.json(view, asked, view.refused), (), view.freshness.last_day)

    @router.get(
        "/data/coverage",
        summary="Rows by platform, table and day, with holes and ages",
        responses=example_of("coverage"),
    )
    def show_coverage(
        request: Request,
        shop: Shop = "",
        window: Annotated[str, Query(description="A month such as 2017-10, or months; 28 days when left out.")] = "",
    ) -> Response:
        only_known(request, {"shop", "window"})
        asked = desk.ask(request)
        ask = coverage_ask(asked.shop, window)
        view = desk.view(coverage, asked, ask)
        return _answer(asked, desk.json(view, asked, ask), view.warnings)


def only_known(request: Request, known: set[str]) -> None:
    """Refuse a parameter that would be ignored: a misspelt filter must not look like an answer."""
    for name in request.query_params:
        if name not in known:
            close = nearest(name, known)
            raise UsageError(
                "no parameter has this name",
                where=request.url.path,
                received=name,
                allowed=f"did you mean {', '.join(close)}?" if close else sorted(known),
            )


def _answer(asked: Asked, data: bytes, warnings: tuple[str, ...] = (), last_day: dt.date | None = None) -> Response:
    """Data that are JSON already, with the meta of the contract."""
    as_of = last_day or data_range(asked.shop).last_day
    meta = {"shop": asked.shop.id, "as_of": as_plain(as_of), "snapshot": asked.snapshot, "warnings": list(warnings)}
    body = b'{"data":' + data + b',"meta":' + json.dumps(meta, ensure_ascii=False).encode() + b"}"
    return Response(body, media_type="application/json")


def _plain_json(value: object) -> bytes:
    return json.dumps(as_plain(value), ensure_ascii=False).encode()


def _declared(name: str, definitions: Definitions) -> dict[str, object]:
    declared = definitions.indicators[name]
    parts: tuple[Literal["name", "definition", "formula"], ...] = ("name", "definition", "formula")
    words: dict[str, object] = {
        part: {lang: indicator_word(declared, part, lang) for lang in LANGUAGES} for part in parts
    }
    return {
        "id": declared.id,
        "dimension": declared.dimension,
        "companion_of": declared.companion_of or None,
        "unit": declared.unit,
        "direction": declared.direction,
        "starred": declared.starred,
        "additive": declared.additive,
        "origin": definitions.origin(name),
        "needs": list(declared.needs),
        "slices": list(declared.slices),
        **words,
    }


def example_of(name: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The documented answers of a route: a real one, kept beside this module, and the error shape."""
    folder = resources.files("shopkeeper.web") / "examples"
    error = json.loads((folder / "error.json").read_text(encoding="utf-8"))
    content = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return {
        status: {"description": "The answer.", "content": {"application/json": {"example": content}}},
        "4XX": {"description": "What was wrong.", "content": {"application/json": {"example": error}}},
    }
