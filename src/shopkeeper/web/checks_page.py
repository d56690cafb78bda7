"""The page /data/checks and the same as JSON: what the newest run found, run again, suggested rules kept or dismissed."""

from __future__ import annotations

import json
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Form, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shopkeeper.errors import NotFound, WarehouseBusy
from shopkeeper.quality import checkup
from shopkeeper.quality.suggest import Suggestion
from shopkeeper.views.checks import ChecksPage, checks_page, suggestions_shown, without_people, without_samples
from shopkeeper.views.coverage import rules_stamp
from shopkeeper.views.plain import as_plain
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.shop import Shop as OpenShop
from shopkeeper.web.acting import Act, by_form, by_token
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.shown import Asked, Desk, answer

Decision = Literal["accept", "dismiss"]
_DONE = {"run": "checks.done_run", "accept": "checks.done_accept", "dismiss": "checks.done_dismiss"}


def checks_routes(desk: Desk) -> APIRouter:
    """The page, its two forms, and the API routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/data/checks", include_in_schema=False)
    def show_page(request: Request, suggest: str = "", done: str = "", rule: str = "") -> Response:
        asked = desk.ask(request)
        view = _shown(desk, asked)
        found = _suggested(desk, asked.shop, suggest) if suggest else None
        work = desk.form(
            "_checks.html", asked, view=view, table=suggest, done=_DONE.get(done, ""), rule=rule, may_act=asked.may("operate"),
            suggestions=None if found is None
            else suggestions_shown(found, asked.lang, samples=asked.may_query, people=asked.may_see_people),
        )  # fmt: skip
        return (
            answer(work) if asked.part == "work" else desk.page("checks.html", asked, fresh=view.freshness, work=work)
        )

    @router.post("/data/checks/run", include_in_schema=False)
    def run(request: Request, shop: Annotated[str, Form()] = "", csrf: Annotated[str, Form()] = "") -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        _run(act)
        return _back(act.shop, done="run")

    @router.post("/data/checks/decide", include_in_schema=False)
    def decide(
        request: Request,
        rule: Annotated[str, Form()],
        decision: Annotated[Decision, Form()],
        shop: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        _decide(desk, act, rule, decision)
        return _back(act.shop, done=decision, rule=rule, suggest=rule.split(".")[0])

    _add_api(router, desk)
    return router


def _add_api(router: APIRouter, desk: Desk) -> None:
    @router.get("/api/v1/checks", summary="The newest run of the checks, rule by rule", responses=example_of("checks"))
    def show_json(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        return _answer(asked.shop, asked.snapshot, as_plain(_shown(desk, asked)))

    @router.get(
        "/api/v1/checks/suggestions",
        summary="Rules that a table's rows seem to follow",
        responses=example_of("suggestions"),
    )
    def show_suggestions(
        request: Request, table: Annotated[str, Query(description="A table of the commerce model.")], shop: Shop = ""
    ) -> Response:
        only_known(request, {"shop", "table"})
        asked = desk.ask(request)
        found = suggestions_shown(
            _suggested(desk, asked.shop, table), asked.lang, samples=asked.may_query, people=asked.may_see_people
        )
        return _answer(asked.shop, asked.snapshot, as_plain(found))

    @router.post("/api/v1/checks/run", summary="Run every rule now", responses=example_of("check_run"))
    def run(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        act = by_token(desk, request, shop, "operate")
        done = _run(act)
        failed = [r.as_json() for r in done.results if r.status == "fail"]
        return _answer(act.shop, done.snapshot, {"run": done.run_id, "failed": failed})

    @router.post(
        "/api/v1/checks/decide", summary="Accept or dismiss a suggested rule", responses=example_of("check_decision")
    )
    def decide(
        request: Request,
        rule: Annotated[str, Body(description="Id of a suggested rule.")],
        decision: Annotated[Decision, Body()],
        shop: Shop = "",
    ) -> Response:
        only_known(request, {"shop"})
        act = by_token(desk, request, shop, "operate")
        _decide(desk, act, rule, decision)
        return _answer(act.shop, act.shop.lake.snapshot(), {"rule": rule, "decision": decision})


def _shown(desk: Desk, asked: Asked) -> ChecksPage:
    view = desk.view(checks_page, asked, rules_stamp(asked.shop.folder))
    if not asked.may_query:
        return without_samples(view)
    return view if asked.may_see_people else without_people(view)


def _suggested(desk: Desk, shop: OpenShop, table: str) -> tuple[Suggestion, ...]:
    """What a table's rows suggest and nobody has decided. The profile is kept until another load: it looks at every row."""
    return checkup.undecided(shop.folder, _profiled(desk, shop, table))


def _profiled(desk: Desk, shop: OpenShop, table: str) -> tuple[Suggestion, ...]:
    if table not in COMMERCE_TABLES:
        raise NotFound("table", table, COMMERCE_TABLES, where="parameter suggest")
    day = checkup.as_of_today(shop.settings.shop.timezone)
    newest = shop.lake.query("SELECT max(load_id) FROM loads").fetchone()
    return desk.kept(("suggest", shop.data_dir, table, newest, day), lambda: checkup.suggestions(shop, table, day))


def _run(act: Act) -> checkup.Checkup:
    rules = checkup.checked_rules(act.shop)
    done = checkup.check_shop(act.shop, rules, checkup.as_of_today(act.shop.settings.shop.timezone), by=act.by)
    if done.busy:
        raise WarehouseBusy(
            "the run is not recorded",
            received=done.busy,
            state="nothing was changed",
            next_command="run the checks again",
        )
    failed = sum(r.status == "fail" for r in done.results)
    act.written_down("checks.run", done.run_id, rules=len(rules), failed=failed)
    return done


def _decide(desk: Desk, act: Act, rule: str, decision: Decision) -> None:
    found = _profiled(desk, act.shop, rule.split(".")[0])
    day = checkup.as_of_today(act.shop.settings.shop.timezone).day
    write = checkup.accept if decision == "accept" else checkup.dismiss
    write(act.shop, found, [rule], day, act.lang, by=act.by)
    act.written_down(f"checks.{decision}", rule)


def _back(shop: OpenShop, **words: str) -> Response:
    return RedirectResponse(f"/data/checks?{urlencode({'shop': shop.id, **words})}", 303)


def _answer(shop: OpenShop, snapshot: int, data: object) -> Response:
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": []}
    return Response(json.dumps({"data": data, "meta": meta}, ensure_ascii=False), media_type="application/json")
