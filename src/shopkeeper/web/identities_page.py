"""The page /customers/identities and the same as JSON: who is one person, why, and what a person has to decide."""

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
from shopkeeper.customers.oneid.deciding import Answer, Decided, judge, merge, split
from shopkeeper.customers.oneid.linking import link
from shopkeeper.errors import NotFound
from shopkeeper.views.identities import IdentitiesPage, identities_page, person_identities
from shopkeeper.views.plain import as_plain
from shopkeeper.warehouse.shop import Shop as OpenShop
from shopkeeper.web.acting import Act, by_form, by_token
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.shown import Asked, Desk, answer

_DONE = {"accept": "one_id.done_accept", "reject": "one_id.done_reject", "linked": "one_id.done_linked"}

Csrf = Annotated[str, Form()]
Place = Annotated[str, Form()]
Reason = Annotated[str, Body(description="Why; kept with who and when.")]


def identities_routes(desk: Desk) -> APIRouter:
    """The page, its forms, and the API routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/customers/identities", include_in_schema=False)
    def show(request: Request, page: int = 1, done: str = "") -> Response:
        asked = desk.ask(request)
        view = _page(desk, asked, page)
        work = desk.form(
            "_identities.html", asked, view=view, done=_DONE.get(done, ""), may_query=asked.may_query,
            may_act=asked.may("operate"),
        )  # fmt: skip
        if asked.part == "work":
            return answer(work)
        return desk.page("identities.html", asked, fresh=view.freshness, work=work)

    @router.post("/customers/identities/link", include_in_schema=False)
    def link_now(request: Request, shop: Place = "", csrf: Csrf = "") -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        link(_fresh(act.shop), act.state, by=act.by)
        return _to_page(act.shop, done="linked")

    @router.post("/customers/identities/judge", include_in_schema=False)
    def judge_link(
        request: Request,
        left: Annotated[str, Form()],
        right: Annotated[str, Form()],
        verdict: Annotated[str, Form()],
        why: Annotated[str, Form()] = "",
        shop: Place = "",
        csrf: Csrf = "",
    ) -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        given = _answer_of(verdict)
        judge(_fresh(act.shop), act.state, (left, right), given, by=act.by, reason=why)
        return _to_page(act.shop, done=given)

    _add_reading(router, desk)
    _add_changes(router, desk)
    return router


def _add_reading(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/api/v1/customers/identities", summary="Persons, links by kind, and links to be looked at",
        responses=example_of("identities"),
    )  # fmt: skip
    def show(
        request: Request, shop: Shop = "", page: Annotated[int, Query(description="Which fifty links.", ge=1)] = 1
    ) -> Response:  # fmt: skip
        only_known(request, {"shop", "page"})
        asked = desk.ask(request)
        return _told(asked.shop, asked.snapshot, as_plain(_page(desk, asked, page)))

    @router.get(
        "/api/v1/customers/identities/{person}", summary="One person: customers, keys, and why they are one",
        responses=example_of("person_identities"),
    )  # fmt: skip
    def show_person(request: Request, person: str, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        if not asked.may_query:
            require(asked.visitor.roles.get(asked.shop.id), "query", shop_id=asked.shop.id)
        view = person_identities(asked.shop.lake, person, asked.lang, asked.shop.settings.shop.currency, clear=True)
        return _told(asked.shop, asked.snapshot, as_plain(view))


def _add_changes(router: APIRouter, desk: Desk) -> None:
    @router.post(
        "/api/v1/customers/identities/link", summary="Look for who is one person now", responses=example_of("link_run")
    )
    def link_now(
        request: Request,
        whole: Annotated[bool, Body(description="Look at every customer, not only at changes.", embed=True)] = False,
        shop: Shop = "",
    ) -> Response:
        act = by_token(desk, request, shop, "operate")
        run = link(_fresh(act.shop), act.state, by=act.by, whole=whole)
        return _told(act.shop, act.shop.lake.snapshot(), as_plain(replace(run, model="")))

    @router.post(
        "/api/v1/customers/identities/merge", summary="Make one person of several", responses=example_of("merge")
    )
    def merge_persons(
        request: Request,
        persons: Annotated[list[str], Body(description="Their ids, at least two.")],
        reason: Reason,
        shop: Shop = "",
    ) -> Response:
        act = by_token(desk, request, shop, "operate")
        first, *others = persons or [""]
        return _decided(act, merge(_fresh(act.shop), act.state, first, others, by=act.by, reason=reason))

    @router.post(
        "/api/v1/customers/identities/{person}/split", summary="Part customers from the rest of a person",
        responses=example_of("split"),
    )  # fmt: skip
    def split_person(
        request: Request,
        person: str,
        customers: Annotated[list[str], Body(description="Customers of the sources that are somebody else.")],
        reason: Reason,
        shop: Shop = "",
    ) -> Response:
        act = by_token(desk, request, shop, "operate")
        return _decided(act, split(_fresh(act.shop), act.state, person, customers, by=act.by, reason=reason))

    @router.post(
        "/api/v1/customers/identities/judge",
        summary="Accept or reject an uncertain link",
        responses=example_of("judge"),
    )
    def judge_link(
        request: Request,
        left: Annotated[str, Body(description="One customer of the link.")],
        right: Annotated[str, Body(description="The other.")],
        verdict: Annotated[str, Body(description="accept or reject.")],
        reason: Reason,
        shop: Shop = "",
    ) -> Response:
        act = by_token(desk, request, shop, "operate")
        given = _answer_of(verdict)
        return _decided(act, judge(_fresh(act.shop), act.state, (left, right), given, by=act.by, reason=reason))


def _page(desk: Desk, asked: Asked, page: int) -> IdentitiesPage:
    return desk.view(identities_page, asked, page, asked.may_query)


def _answer_of(text: str) -> Answer:
    if text == "accept":
        return "accept"
    if text == "reject":
        return "reject"
    raise NotFound("verdict", text, ("accept", "reject"))


def _fresh(shop: OpenShop) -> OpenShop:
    """The shop with its settings of now: they may have been edited since the server began."""
    return OpenShop(shop.folder, read_settings(shop.folder), shop.lake)


def _decided(act: Act, done: Decided) -> Response:
    return _told(act.shop, act.shop.lake.snapshot(), as_plain(done))


def _to_page(shop: OpenShop, **words: object) -> Response:
    return RedirectResponse(f"/customers/identities?{urlencode({'shop': shop.id, **words})}", 303)


def _told(shop: OpenShop, snapshot: int, data: object) -> Response:
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": []}
    return Response(json.dumps({"data": data, "meta": meta}, ensure_ascii=False), media_type="application/json")
