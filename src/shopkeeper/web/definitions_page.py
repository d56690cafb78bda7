"""The page /kpis/definitions and the same as JSON: what every indicator is, a check of a text, its acceptance, two versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Form, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shopkeeper.core.clock import utc_now
from shopkeeper.core.period import GRAINS, Grain
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.kpi.asked import parse_request
from shopkeeper.kpi.own.folder import FOLDER
from shopkeeper.kpi.own.versions import Version, accept, file_name, shop_versions
from shopkeeper.views.definitions import (
    Asking,
    CheckShown,
    DefinitionsPage,
    DifferenceShown,
    check_shown,
    definitions_page,
    difference_shown,
)
from shopkeeper.views.overview import freshness
from shopkeeper.views.plain import as_plain
from shopkeeper.warehouse.shop import Shop as OpenShop
from shopkeeper.warehouse.shop import open_shop_state
from shopkeeper.web.acting import Act, by_form, by_token
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.shown import Asked, Desk, answer

PAGE = "/kpis/definitions"
MAX_TEXT = 200_000
"""Characters of one file; a hundred indicators take a quarter of it."""
_STARTER = "own.toml"
_DONE = {"accepted": "definitions.done", "unchanged": "definitions.unchanged"}

Csrf = Annotated[str, Form()]
Length = Annotated[Grain, Query(description="Length of one period.")]


@dataclass(frozen=True)
class _Typed:
    """What stands in the form: a file's name and text, the reason, and what a check of it found."""

    file: str
    text: str
    reason: str = ""
    checked: CheckShown | None = None
    differences: tuple[DifferenceShown, ...] = ()


def definitions_routes(desk: Desk) -> APIRouter:
    """The page, its two forms, and the API routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get(PAGE, include_in_schema=False)
    def show_page(
        request: Request, file: str = "", done: str = "", compare: str = "", before: str = "", after: str = "",
        length: Grain = "month",
    ) -> Response:  # fmt: skip
        asked = desk.ask(request)
        kept = shop_versions(asked.shop)
        view = definitions_page(asked.shop, asked.lang, kept)
        shown = _compared(desk, asked, kept, Asking(compare, before, after, length)) if compare else None
        return _page(desk, asked, view, _opened(view, file), shown, done, (before, after, length))

    @router.post(f"{PAGE}/check", include_in_schema=False)
    def check(
        request: Request,
        file: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        shop: Annotated[str, Form()] = "",
        csrf: Csrf = "",
    ) -> Response:
        act = by_form(desk, request, shop, csrf, "query")
        return _answer_form(desk, request, act, _checked(act, file, text, reason))

    @router.post(f"{PAGE}/accept", include_in_schema=False)
    def accept_text(
        request: Request,
        file: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        shop: Annotated[str, Form()] = "",
        csrf: Csrf = "",
    ) -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        typed = _checked(act, file, text, reason)
        if typed.checked is not None and not typed.checked.acceptable:
            return _answer_form(desk, request, act, typed)
        new = _accepted(act, file, text, reason)
        words = {"shop": act.shop.id, "done": "accepted" if new else "unchanged", "file": file_name(file)}
        return RedirectResponse(f"{PAGE}?{urlencode(words)}", 303)

    _add_api(router, desk)
    return router


def _add_api(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/api/v1/definitions", summary="Every indicator with its origin, version and targets", responses=example_of("definitions")
    )  # fmt: skip
    def show_list(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        return _json(asked.shop, asked.snapshot, definitions_page(asked.shop, asked.lang, shop_versions(asked.shop)))

    @router.get(
        "/api/v1/definitions/diff", summary="Two versions of an indicator on the shop's own data",
        responses=example_of("definition_diff"),
    )  # fmt: skip
    def show_difference(
        request: Request,
        kpi: Annotated[str, Query(description="An indicator.")],
        shop: Shop = "",
        before: Annotated[str, Query(description="A version's number, now or built-in.")] = "",
        after: Annotated[str, Query(description="A version's number, now or built-in.")] = "",
        period: Length = "month",
        from_: Annotated[str, Query(alias="from", description="First day or period.")] = "",
        to: Annotated[str, Query(description="Last day or period, included.")] = "",
        by: Annotated[list[str] | None, Query(description="Cut by platform, shop, category or channel.")] = None,
    ) -> Response:
        only_known(request, {"kpi", "shop", "before", "after", "period", "from", "to", "by"})
        asked = desk.ask(request, kpi="")
        wanted = parse_request(grain=period, from_=from_ or None, to=to or None, by=by or [])
        asking = Asking(kpi, before, after, wanted.grain, wanted.by, wanted.start, wanted.end)
        found = _compared(desk, asked, shop_versions(asked.shop), asking)
        return _json(asked.shop, found.snapshot, found)

    @router.post(
        "/api/v1/definitions/check", summary="Check a file of definitions; nothing is changed",
        responses=example_of("definition_check"),
    )  # fmt: skip
    def check(
        request: Request,
        file: Annotated[str, Body(description="Its name, such as own.toml.")],
        text: Annotated[str, Body(description="TOML or plain YAML.")],
        shop: Shop = "",
    ) -> Response:
        only_known(request, {"shop"})
        act = by_token(desk, request, shop, "query")
        return _json(act.shop, act.shop.lake.snapshot(), _checked(act, file, text, "").checked)

    @router.post(
        "/api/v1/definitions", summary="Accept a file of definitions as a new version", responses=example_of("definition_accept")
    )  # fmt: skip
    def accept_text(
        request: Request,
        file: Annotated[str, Body(description="Its name, such as own.toml.")],
        text: Annotated[str, Body(description="TOML or plain YAML.")],
        reason: Annotated[str, Body(description="Why; kept with the version.")],
        shop: Shop = "",
    ) -> Response:
        only_known(request, {"shop"})
        act = by_token(desk, request, shop, "operate")
        new = _accepted(act, file, text, reason)
        return _json(act.shop, act.shop.lake.snapshot(), {"file": file_name(file), "versions": list(new)})


def _checked(act: Act, file: str, text: str, reason: str) -> _Typed:
    given = _given(file, text)
    checked = check_shown(act.shop, given, act.lang)
    return _Typed(file, text, reason, checked, _would_change(act, given, checked))


def _would_change(act: Act, given: Mapping[str, str], checked: CheckShown) -> tuple[DifferenceShown, ...]:
    """What a text would change in indicators that are there already, by month."""
    from shopkeeper.kpi.own.checked import check_text

    if not checked.changed:
        return ()
    draft = check_text(act.shop, given).whole()
    return tuple(
        difference_shown(act.shop, (), Asking(kpi), act.lang, samples=False, draft=draft) for kpi in checked.changed[:3]
    )  # fmt: skip


def _accepted(act: Act, file: str, text: str, reason: str) -> tuple[int, ...]:
    with open_shop_state(act.shop) as state:
        return accept(act.shop, state, _given(file, text), by=act.by, reason=reason, at=utc_now()).versions


def _given(file: str, text: str) -> dict[str, str]:
    if len(text) > MAX_TEXT:
        raise UsageError(
            "these definitions are too long", received=f"{len(text):,} characters", allowed=f"{MAX_TEXT:,}"
        )
    return {file_name(file): text.replace("\r\n", "\n")}


def _opened(view: DefinitionsPage, file: str) -> _Typed:
    """The form with the text of a file of the shop, or with an empty one."""
    texts = dict(view.files)
    if file and file not in texts:
        raise NotFound("file of definitions", file, texts, where="parameter file")
    return _Typed(file.removeprefix(f"{FOLDER}/") or _STARTER, texts.get(file, ""))


def _compared(desk: Desk, asked: Asked, kept: tuple[Version, ...], asking: Asking) -> DifferenceShown:
    """Two versions compared, kept until the data, the files or the versions change."""
    key = (
        "definitions", asked.shop.data_dir, asked.snapshot, asked.stamp, kept[-1].number if kept else 0, asking, asked.lang,
        asked.may_query,
    )  # fmt: skip
    return desk.kept(key, lambda: difference_shown(asked.shop, kept, asking, asked.lang, samples=asked.may_query))


def _answer_form(desk: Desk, request: Request, act: Act, typed: _Typed) -> Response:
    """The page with what was typed and what is wrong with it."""
    asked = desk.ask(request, shop=act.shop.id)
    view = definitions_page(asked.shop, asked.lang, shop_versions(asked.shop))
    assert typed.checked is not None
    return _page(desk, asked, view, typed, None, "", ("", "", "month"), 200 if typed.checked.acceptable else 400)


def _page(
    desk: Desk, asked: Asked, view: DefinitionsPage, typed: _Typed, shown: DifferenceShown | None, done: str,
    chosen: tuple[str, str, str], status: int = 200,
) -> Response:  # fmt: skip
    comparable = [r for r in view.rows if r.origin != "built_in"]
    values: dict[str, Any] = {
        "view": view, "typed": typed, "shown": shown, "done": _DONE.get(done, ""), "chosen": chosen, "comparable": comparable,
        "labels": [str(v.number) for v in view.versions], "grains": GRAINS, "may_check": asked.may("query"),
        "may_accept": asked.may("operate"),
    }  # fmt: skip
    work = desk.form("_definitions.html", asked, **values)
    if asked.part == "work":
        return answer(work, status)
    page = desk.page("definitions.html", asked, fresh=freshness(asked.shop, asked.snapshot, asked.lens), work=work)
    page.status_code = status
    return page


def _json(shop: OpenShop, snapshot: int, data: object) -> Response:
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": []}
    plain = as_plain(data)
    return Response(json.dumps({"data": plain, "meta": meta}, ensure_ascii=False), media_type="application/json")
