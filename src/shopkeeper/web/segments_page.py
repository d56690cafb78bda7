"""The page /segments and the same as JSON: rules are counted while they are written, saved, refreshed and exported."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Form
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shopkeeper.core.clock import utc_now
from shopkeeper.customers import segments as saved
from shopkeeper.customers.exports import FORMS, MEDIA_TYPES, export_bytes
from shopkeeper.customers.exports import Form as FileForm
from shopkeeper.customers.rules import read_rule
from shopkeeper.errors import NotFound, ShopkeeperError
from shopkeeper.views.segments import EXAMPLE, segments_page
from shopkeeper.web.acting import Act, by_form, by_token
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.customers_page import json_answer
from shopkeeper.web.shown import Asked, Desk, answer

Text = Annotated[str, Form()]


def segments_routes(desk: Desk) -> APIRouter:
    """The page, its forms, exports and the API."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/segments", include_in_schema=False)
    def show(request: Request, rule: str = "", name: str = "", done: str = "") -> Response:
        asked = desk.ask(request)
        view = segments_page(asked.shop, asked.lens, asked.snapshot, desk.premises.state)
        work = desk.form(
            "_segments.html", asked, view=view, chosen=name, rule=rule or EXAMPLE,
            chosen_tag=next((s.tag for s in view.rows if s.name == name), ""), done=done, may_act=asked.may("operate"),
            may_export=asked.may("export"), count=_count_html(desk, asked, rule or EXAMPLE),
        )  # fmt: skip
        return desk.page("segments.html", asked, fresh=view.freshness, view=view, work=work)

    @router.post("/segments/count", include_in_schema=False)
    def count(request: Request, rule: Text = "", shop: Text = "") -> Response:
        asked = desk.ask(request, shop=shop)
        if asked.part == "count":
            return answer(str(_count_html(desk, asked, rule)))
        return RedirectResponse(f"/segments?{urlencode({'shop': asked.shop.id, 'rule': rule})}", 303)

    @router.post("/segments", include_in_schema=False)
    def save(
        request: Request,
        rule: Text = "",
        name: Text = "",
        note: Text = "",
        tag: Text = "",
        shop: Text = "",
        csrf: Text = "",
    ) -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        saved.save(act.state, act.shop, name.strip(), rule, note=note, tag=tag.strip(), by=act.by, at=utc_now())
        saved.refresh(act.state, act.shop, name.strip(), by=act.by, at=utc_now())
        return RedirectResponse(f"/segments?{urlencode({'shop': act.shop.id, 'done': name.strip()})}", 303)

    @router.post("/segments/{name}/refresh", include_in_schema=False)
    def refresh(request: Request, name: str, shop: Text = "", csrf: Text = "") -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        saved.refresh(act.state, act.shop, name, by=act.by, at=utc_now())
        return RedirectResponse(f"/segments?{urlencode({'shop': act.shop.id, 'done': name})}", 303)

    # posted, with its proof: another site must not be able to make a browser fetch a list of customers
    @router.post("/segments/{name}/export", include_in_schema=False)
    def export(request: Request, name: str, form: Text = "csv", shop: Text = "", csrf: Text = "") -> Response:
        act = by_form(desk, request, shop, csrf, "export")
        return _exported(act, name, form, personal=desk.premises.visitor(request).may(act.shop, "see_personal"))

    _add_api(router, desk)
    return router


def _add_api(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/api/v1/segments",
        summary="Saved segments, and the dimensions rules may ask for",
        responses=example_of("segments"),
    )
    def list_segments(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        return json_answer(asked, segments_page(asked.shop, asked.lens, asked.snapshot, desk.premises.state))

    @router.post(
        "/api/v1/segments/count", summary="How many customers a rule takes", responses=example_of("segment_count")
    )
    def count(request: Request, rule: Annotated[dict[str, object], Body(embed=True)], shop: Shop = "") -> Response:
        asked = desk.ask(request)
        return json_answer(asked, saved.count(asked.shop, desk.premises.state, read_rule(json.dumps(rule))))

    @router.post("/api/v1/segments", summary="Save a rule as a segment", responses=example_of("segment_save"))
    def save(
        request: Request, name: Annotated[str, Body()], rule: Annotated[dict[str, object], Body()],
        note: Annotated[str, Body()] = "",
        tag: Annotated[str, Body(description="Given to members by each refresh, and taken from who is none.")] = "",
        shop: Shop = "",
    ) -> Response:  # fmt: skip
        act = by_token(desk, request, shop, "operate")
        one = saved.save(act.state, act.shop, name, json.dumps(rule), note=note, tag=tag, by=act.by, at=utc_now())
        plain = {
            "name": one.name,
            "version": one.version,
            "rule": one.rule.as_plain(),
            "tag": one.tag,
            "saved_by": one.saved_by,
        }
        return json_answer(desk.ask(request), plain)

    @router.post(
        "/api/v1/segments/{name}/refresh", summary="Ask a segment's rule again and keep its members",
        responses=example_of("segment_refresh"),
    )  # fmt: skip
    def refresh(request: Request, name: str, shop: Shop = "") -> Response:
        act = by_token(desk, request, shop, "operate")
        done = saved.refresh(act.state, act.shop, name, by=act.by, at=utc_now())
        return json_answer(desk.ask(request), {k: v for k, v in vars(done).items() if k != "file"})

    @router.post(
        "/api/v1/segments/{name}/export",
        summary="Members as a file: csv, xlsx or parquet",
        responses=example_of("error"),
    )
    def export(
        request: Request, name: str, form: Annotated[str, Body(embed=True)] = "csv", shop: Shop = ""
    ) -> Response:
        act = by_token(desk, request, shop, "export")
        return _exported(act, name, form, personal=desk.premises.visitor(request).may(act.shop, "see_personal"))


def _exported(act: Act, name: str, form: str, *, personal: bool) -> Response:
    kind: FileForm | None = next((one for one in FORMS if one == form), None)
    if kind is None:
        raise NotFound("form of a file", form, FORMS)
    one = saved.segment(act.state, act.shop, name)
    body, rows = export_bytes(act.shop, act.state, one.rule, kind, personal=personal)
    act.written_down("segment.exported", name, members=rows, form=kind, personal=personal)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)


def _count_html(desk: Desk, asked: Asked, rule: str) -> object:
    """The count of a draft, or what is wrong with it, as a fragment."""
    try:
        found, failed = saved.count(asked.shop, desk.premises.state, read_rule(rule)), None
    except ShopkeeperError as error:
        found, failed = None, error
    return desk.form("_segment_count.html", asked, found=found, failed=dict(failed.parts()) if failed else {})
