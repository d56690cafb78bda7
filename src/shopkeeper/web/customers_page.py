"""The pages /customers and one customer, their tags, and the same as JSON. Names and keys only for those who may see them."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shopkeeper.access.audit import record
from shopkeeper.core.clock import utc_now
from shopkeeper.customers.history import EVENT_KINDS
from shopkeeper.customers.profiles import find, people_of, profile
from shopkeeper.customers.tags import tag, tags_of, untag
from shopkeeper.errors import UsageError
from shopkeeper.views.customers import customer_page, customers_page
from shopkeeper.views.plain import as_plain
from shopkeeper.web.acting import by_form
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.shown import Asked, Desk

_REF = re.compile(r"c[0-9a-f]{15}")
PageNumber = Annotated[int, Query(description="Which page.", ge=1, le=100_000)]


def customers_routes(desk: Desk) -> APIRouter:
    """The list, one customer, tags, and the API."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/customers", include_in_schema=False)
    def show_list(request: Request, page: PageNumber = 1, lifecycle: str = "") -> Response:
        asked = desk.ask(request)
        view = desk.view(customers_page, asked, page, lifecycle, asked.may("see_personal"))
        work = desk.form("_customers.html", asked, view=view, lifecycle=lifecycle, failed="")
        return desk.page("customers.html", asked, fresh=view.freshness, view=view, work=work)

    # a search is posted: what is asked for is a person's key, and addresses end up in histories and logs
    @router.post("/customers/search", include_in_schema=False)
    def search(request: Request, who: Annotated[str, Form()] = "", shop: Annotated[str, Form()] = "") -> Response:
        asked = desk.ask(request, shop=shop)
        ref = find(asked.shop, people_of(asked.shop), who)
        return RedirectResponse(f"/customers/{ref}?{urlencode({'shop': asked.shop.id})}", 303)

    @router.get("/customers/{ref}", include_in_schema=False)
    def show_one(request: Request, ref: str, page: PageNumber = 1, kind: str = "") -> Response:
        asked = desk.ask(request)
        personal = asked.may("see_personal")
        view = desk.view(customer_page, asked, known_ref(ref), page, kind, personal)
        _looked(desk, asked, ref, personal)
        tags = tags_of(desk.premises.state, asked.shop, ref)
        work = desk.form("_customer.html", asked, view=view, tags=tags, kinds=EVENT_KINDS, may_tag=asked.may("operate"))
        return desk.page("customer.html", asked, fresh=view.freshness, view=view, work=work)

    @router.post("/customers/{ref}/tags", include_in_schema=False)
    def change_tags(
        request: Request, ref: str, add: Annotated[str, Form()] = "", remove: Annotated[str, Form()] = "",
        shop: Annotated[str, Form()] = "", csrf: Annotated[str, Form()] = "",
    ) -> Response:  # fmt: skip
        act = by_form(desk, request, shop, csrf, "operate")
        profile(act.shop, people_of(act.shop), known_ref(ref))
        if add.strip():
            tag(act.state, act.shop, [ref], add.strip(), by=act.by, at=utc_now())
        if remove:
            untag(act.state, act.shop, [ref], remove, by=act.by, at=utc_now())
        return RedirectResponse(f"/customers/{ref}?{urlencode({'shop': act.shop.id})}", 303)

    _add_api(router, desk)
    return router


def _add_api(router: APIRouter, desk: Desk) -> None:
    @router.get("/api/v1/customers", summary="Customers, those who paid most first", responses=example_of("customers"))
    def list_customers(
        request: Request, shop: Shop = "", page: PageNumber = 1,
        lifecycle: Annotated[str, Query(description="Only customers in this state.")] = "",
    ) -> Response:  # fmt: skip
        only_known(request, {"shop", "page", "lifecycle"})
        asked = desk.ask(request)
        return json_answer(asked, desk.view(customers_page, asked, page, lifecycle, asked.may("see_personal")))

    @router.get(
        "/api/v1/customers/{ref}", summary="One customer, as the page shows them", responses=example_of("customer")
    )
    def one_customer(
        request: Request, ref: str, shop: Shop = "", page: PageNumber = 1,
        kind: Annotated[str, Query(description="Only happenings of this kind.")] = "",
    ) -> Response:  # fmt: skip
        only_known(request, {"shop", "page", "kind"})
        asked = desk.ask(request)
        personal = asked.may("see_personal")
        view = desk.view(customer_page, asked, known_ref(ref), page, kind, personal)
        _looked(desk, asked, ref, personal)
        return json_answer(asked, view)


def known_ref(ref: str) -> str:
    """A reference as an address names it. Raises UsageError for anything else, without repeating it: it may be a person's key."""
    if not _REF.fullmatch(ref):
        raise UsageError(
            "this is no reference of a customer", where="URL", received=f"{len(ref)} characters",
            allowed="c and fifteen hexadecimal digits, as the list shows it", next_command="search for a whole key on /customers",
        )  # fmt: skip
    return ref


def json_answer(asked: Asked, data: object, as_of: dt.date | None = None) -> Response:
    """A view with the meta of the contract."""
    meta: dict[str, object] = {
        "shop": asked.shop.id,
        "as_of": as_plain(as_of),
        "snapshot": asked.snapshot,
        "warnings": [],
    }
    body = json.dumps({"data": as_plain(data), "meta": meta}, ensure_ascii=False, default=str)
    return Response(body, media_type="application/json")


def _looked(desk: Desk, asked: Asked, ref: str, personal: bool) -> None:
    """Who has seen whose name is written down."""
    if personal and asked.visitor.signed_in is not None:
        by = asked.visitor.signed_in.user.name
        record(desk.premises.state, "customer.seen", ref, actor=by, at=utc_now(), shop=asked.shop.id)
