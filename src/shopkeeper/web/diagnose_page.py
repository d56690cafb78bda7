"""The page /diagnose, its report as a file, and the same diagnosis as JSON."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shopkeeper.access.audit import record
from shopkeeper.core.clock import utc_now
from shopkeeper.errors import AccessDenied
from shopkeeper.views.diagnose import STATUS, DiagnosePage, benchmarks_stamp, diagnose_page, diagnosis_data
from shopkeeper.views.diagnose_report import MEDIA_TYPES, form_of, report_bytes
from shopkeeper.views.plain import as_plain
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.shown import Asked, Desk, answer

At = Annotated[
    str, Query(description="A period such as 2025, 2025-Q4 or 2025-11; the newest that says enough when left out.")
]


def diagnose_routes(desk: Desk) -> APIRouter:
    """The page, the report and the API route."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/diagnose", include_in_schema=False)
    def show_page(request: Request, at: str = "") -> Response:
        asked = desk.ask(request)
        view = _view(desk, asked, at)
        given = (at, benchmarks_stamp(asked.shop.folder), _may_export(asked))
        work = desk.fragment(
            "_diagnose.html", asked, *given, view=view, at=at, status=STATUS, may_export=_may_export(asked)
        )
        if asked.part == "work":
            return answer(work)
        return desk.page("diagnose.html", asked, fresh=view.freshness, work=work)

    @router.get("/api/v1/diagnose", summary="The as-is assessment", responses=example_of("diagnose"))
    def show_json(request: Request, shop: Shop = "", at: At = "") -> Response:
        only_known(request, {"shop", "at"})
        asked = desk.ask(request)
        view = _view(desk, asked, at)
        meta = {
            "shop": asked.shop.id, "as_of": as_plain(view.freshness.last_day), "snapshot": view.freshness.snapshot,
            "warnings": list(view.warnings),
        }  # fmt: skip
        body = json.dumps({"data": diagnosis_data(view), "meta": meta}, ensure_ascii=False)
        return Response(body, media_type="application/json")

    _add_report(router, desk)
    return router


def _add_report(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/api/v1/diagnose/report",
        summary="The as-is assessment as a file: html, pdf or xlsx",
        responses=example_of("error"),
    )
    def send_report(
        request: Request, shop: Shop = "", at: At = "",
        form: Annotated[str, Query(description="html, pdf or xlsx.")] = "html",
    ) -> Response:  # fmt: skip
        only_known(request, {"shop", "at", "form"})
        asked = desk.ask(request)
        kind = form_of(form)
        if not _may_export(asked):
            raise AccessDenied(
                "your role does not allow this", where=f"shop {asked.shop.id}", allowed="analyst or higher",
                state="nothing was written", next_command="ask an owner of the shop: shopkeeper user role NAME ROLE",
            )  # fmt: skip
        view = _view(desk, asked, at)
        body = report_bytes(asked.shop, view, asked.lang, kind)
        if asked.visitor.signed_in is not None:
            by = asked.visitor.signed_in.user.name
            record(
                desk.premises.state,
                "diagnosis.exported",
                view.period,
                actor=by,
                at=utc_now(),
                shop=asked.shop.id,
                form=kind,
            )
        name = f"diagnosis-{asked.shop.id}-{view.period}-{asked.lang}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)


def _view(desk: Desk, asked: Asked, at: str) -> DiagnosePage:
    return desk.view(diagnose_page, asked, at, benchmarks_stamp(asked.shop.folder))


def _may_export(asked: Asked) -> bool:
    """A demo shop without users is open to whoever sits before it; the report names nobody."""
    return asked.visitor.signed_in is None or asked.may("export")
