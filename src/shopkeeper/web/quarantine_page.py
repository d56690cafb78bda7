"""The pages /data/quarantine and the same as JSON: rows set aside are looked at, corrected, released and discarded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Form, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shopkeeper.access.roles import require
from shopkeeper.core.settings import read_settings
from shopkeeper.errors import UsageError
from shopkeeper.ingest.quarantine import HeldRow, Status, discard, edit, held_row
from shopkeeper.ingest.release import ReleaseReport, release
from shopkeeper.views.ledger import loads_by_id
from shopkeeper.views.plain import as_plain
from shopkeeper.views.quarantine import (
    QuarantineAsk,
    QuarantinePage,
    RowPage,
    quarantine_ask,
    quarantine_page,
    reason_text,
    row_page,
    row_without_people,
    status_word,
    without_people,
)
from shopkeeper.warehouse.shop import Shop as OpenShop
from shopkeeper.web.acting import Act, by_form, by_token
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.shown import Asked, Desk, answer

_ASKED = {"shop", "table", "reason", "file", "load", "status", "page"}
_DONE = {"edited": "quarantine.done_edited", "discarded": "quarantine.done_discarded"}

Csrf = Annotated[str, Form()]
Place = Annotated[str, Form()]


def quarantine_routes(desk: Desk) -> APIRouter:
    """The list, one row, their forms, and the API routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/data/quarantine", include_in_schema=False)
    def show_list(request: Request, done: str = "", released: str = "", n: int = 0) -> Response:
        asked, ask = desk.ask(request), quarantine_ask(request.query_params)
        view = _listed(desk, asked, ask)
        work = desk.form(
            "_quarantine.html", asked, view=view, ask=ask, done=_DONE.get(done, ""), n=n, load=_load(asked, released),
            **_words(asked),
        )  # fmt: skip
        if asked.part == "work":
            return answer(work)
        return desk.page("quarantine.html", asked, fresh=view.freshness, work=work)

    @router.get("/data/quarantine/{row_id}", include_in_schema=False)
    def show_row(request: Request, row_id: str, done: str = "") -> Response:
        asked = desk.ask(request)
        view = _row(desk, asked, row_id)
        work = desk.form("_held_row.html", asked, view=view, done=_DONE.get(done, ""), **_words(asked))
        return desk.page("held_row.html", asked, fresh=view.freshness, view=view, work=work)

    _add_forms(router, desk)
    _add_api(router, desk)
    return router


def _add_forms(router: APIRouter, desk: Desk) -> None:
    @router.post("/data/quarantine/release", include_in_schema=False)
    def release_rows(
        request: Request,
        id: Annotated[list[str] | None, Form()] = None,
        present_mapping: Annotated[bool, Form()] = False,
        shop: Place = "",
        csrf: Csrf = "",
    ) -> Response:
        act = by_form(desk, request, shop, csrf, "ingest")
        report = _release(act, _chosen(id), present_mapping=present_mapping)
        return _to_list(act.shop, released=report.load_id, n=len(report.refused))

    @router.post("/data/quarantine/discard", include_in_schema=False)
    def discard_rows(
        request: Request,
        id: Annotated[list[str] | None, Form()] = None,
        why: Annotated[str, Form()] = "",
        shop: Place = "",
        csrf: Csrf = "",
    ) -> Response:
        act = by_form(desk, request, shop, csrf, "ingest")
        rows = _discard(act, _chosen(id), why)
        return _to_list(act.shop, done="discarded", n=len(rows))

    @router.post("/data/quarantine/{row_id}", include_in_schema=False)
    def change_row(
        request: Request,
        row_id: str,
        header: Annotated[list[str] | None, Form()] = None,
        value: Annotated[list[str] | None, Form()] = None,
        then: Annotated[str, Form()] = "",
        why: Annotated[str, Form()] = "",
        present_mapping: Annotated[bool, Form()] = False,
        shop: Place = "",
        csrf: Csrf = "",
    ) -> Response:
        act = by_form(desk, request, shop, csrf, "ingest")
        if then == "discard":
            _discard(act, [row_id], why)
            return _to_row(act.shop, row_id, done="discarded")
        row = held_row(act.shop.lake, row_id)
        cells = _changed(row, header or [], value or [])
        if cells:
            _edit(act, row_id, cells)
        if then == "release":
            _release(act, [row_id], present_mapping=present_mapping)
            return _to_row(act.shop, row_id)
        return _to_row(act.shop, row_id, done="edited" if cells else "")


def _add_api(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/api/v1/quarantine",
        summary="Rows set aside, with how many there are of each",
        responses=example_of("quarantine"),
    )
    def show_list(
        request: Request,
        shop: Shop = "",
        table: Annotated[str, Query(description="Only rows meant for this table.")] = "",  # noqa: ARG001
        reason: Annotated[str, Query(description="Only reasons that contain this.")] = "",  # noqa: ARG001
        file: Annotated[str, Query(description="Only rows of the file of this name.")] = "",  # noqa: ARG001
        load: Annotated[str, Query(description="Only rows of this load.")] = "",  # noqa: ARG001
        status: Annotated[Status, Query(description="What became of them.")] = "waiting",  # noqa: ARG001
        page: Annotated[int, Query(description="Which fifty of them.", ge=1)] = 1,  # noqa: ARG001
    ) -> Response:
        only_known(request, _ASKED)
        asked = desk.ask(request)
        view = _listed(desk, asked, quarantine_ask(request.query_params))
        return _answer(asked.shop, asked.snapshot, as_plain(view))

    @router.get(
        "/api/v1/quarantine/{row_id}",
        summary="One row set aside, with all that was done",
        responses=example_of("held_row"),
    )
    def show_row(request: Request, row_id: str, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        return _answer(asked.shop, asked.snapshot, as_plain(_row(desk, asked, row_id)))

    _add_api_changes(router, desk)


def _add_api_changes(router: APIRouter, desk: Desk) -> None:
    @router.post(
        "/api/v1/quarantine/release", summary="Load rows again with their corrections", responses=example_of("release")
    )
    def release_rows(
        request: Request,
        ids: Annotated[list[str], Body(description="Rows by their ids.", embed=True)],
        present_mapping: Annotated[
            bool, Body(description="Read with the mapping of today where it has changed.")
        ] = False,
        shop: Shop = "",
    ) -> Response:
        act = by_token(desk, request, shop, "ingest")
        report = _release(act, ids, present_mapping=present_mapping)
        return _answer(act.shop, report.snapshot, as_plain(report))

    @router.post(
        "/api/v1/quarantine/discard", summary="Drop rows on purpose, marked and kept", responses=example_of("discard")
    )
    def discard_rows(
        request: Request,
        ids: Annotated[list[str], Body(description="Rows by their ids.")],
        reason: Annotated[str, Body(description="Why; kept with who and when.")],
        shop: Shop = "",
    ) -> Response:
        act = by_token(desk, request, shop, "ingest")
        rows = _discard(act, ids, reason)
        return _answer(act.shop, act.shop.lake.snapshot(), as_plain(rows))

    @router.post("/api/v1/quarantine/{row_id}/cells", summary="Correct cells of a row", responses=example_of("edit"))
    def edit_row(
        request: Request,
        row_id: str,
        cells: Annotated[
            dict[str, str], Body(description="The file's own headers with their right values.", embed=True)
        ],
        shop: Shop = "",
    ) -> Response:
        act = by_token(desk, request, shop, "ingest")
        row = _edit(act, row_id, cells)
        return _answer(act.shop, act.shop.lake.snapshot(), as_plain(row))


def _listed(desk: Desk, asked: Asked, ask: QuarantineAsk) -> QuarantinePage:
    """A viewer's list counts rows without showing what stands in them."""
    view = desk.view(quarantine_page, asked, ask)
    if not asked.may_query:
        return replace(view, rows=())
    return view if asked.may_see_people else replace(view, rows=tuple(without_people(row) for row in view.rows))


def _row(desk: Desk, asked: Asked, row_id: str) -> RowPage:
    """Raises AccessDenied for those who may not see the content of rows."""
    if not asked.may_query:
        require(asked.visitor.roles.get(asked.shop.id), "query", shop_id=asked.shop.id)
    view = desk.view(row_page, asked, row_id)
    return view if asked.may_see_people else row_without_people(view)


def _load(asked: Asked, load_id: str) -> object:
    """The load of a release that has just happened; None without one."""
    return next(iter(loads_by_id(asked.shop.lake, [load_id])), None) if load_id else None


def _chosen(ids: list[str] | None) -> list[str]:
    if not ids:
        raise UsageError("no row was chosen", allowed="at least one row", state="nothing was changed")
    return ids


def _changed(row: HeldRow, headers: list[str], values: list[str]) -> dict[str, str]:
    """The cells that differ from what a release would read; a browser sends every line end as CR LF."""

    def plain(text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n")

    present = {header: "" if cell is None else str(cell) for header, cell in row.raw.items()} | dict(row.edits)
    sent = {header: plain(value) for header, value in zip(headers, values, strict=True)}
    return {header: value for header, value in sent.items() if value != plain(present.get(header, ""))}


def _edit(act: Act, row_id: str, cells: dict[str, str]) -> HeldRow:
    row = edit(act.shop, row_id, cells, by=act.by)
    act.written_down("quarantine.edited", row_id, headers=sorted(cells))
    return row


def _release(act: Act, ids: list[str], *, present_mapping: bool) -> ReleaseReport:
    shop = replace(
        act.shop, settings=read_settings(act.shop.folder)
    )  # mappings may have been edited since the server began
    report = release(shop, ids=ids, by=act.by, present_mapping=present_mapping)
    act.written_down(
        "quarantine.released",
        report.load_id,
        released=len(report.released),
        refused=len(report.refused),
        snapshot=report.snapshot,
    )
    return report


def _discard(act: Act, ids: list[str], why: str) -> tuple[HeldRow, ...]:
    rows = discard(act.shop, ids, why, by=act.by)
    act.written_down("quarantine.discarded", ", ".join(row.id for row in rows), rows=len(rows), reason=why.strip())
    return rows


def _words(asked: Asked) -> dict[str, object]:
    """What the templates say states and reasons with, and what this reader may do."""

    def status(of: str) -> str:
        return status_word(of, asked.lang)

    def why(reason: str) -> str:
        return reason_text(reason, asked.lang)

    return {"status_word": status, "why": why, "may_query": asked.may_query, "may_act": asked.may("ingest")}


def _to_list(shop: OpenShop, **words: object) -> Response:
    return RedirectResponse(f"/data/quarantine?{urlencode({'shop': shop.id, **words})}", 303)


def _to_row(shop: OpenShop, row_id: str, **words: object) -> Response:
    kept = {name: value for name, value in words.items() if value}
    return RedirectResponse(f"/data/quarantine/{row_id}?{urlencode({'shop': shop.id, **kept})}", 303)


def _answer(shop: OpenShop, snapshot: int, data: object) -> Response:
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": []}
    return Response(json.dumps({"data": data, "meta": meta}, ensure_ascii=False), media_type="application/json")
