"""The page /jobs and the same as JSON: schedules, what runs, dead letters, history; tried again, called off, asked for."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Form
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shopkeeper.core.clock import utc_now
from shopkeeper.jobs import acts
from shopkeeper.jobs.kinds import KINDS
from shopkeeper.views.jobs import JobPage, JobsPage, job_page, jobs_page
from shopkeeper.views.overview import freshness
from shopkeeper.views.plain import as_plain
from shopkeeper.warehouse.shop import Shop as OpenShop
from shopkeeper.web.acting import Act, by_form, by_token
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.shown import Asked, Desk, answer

_DONE = {"run": "jobs.started", "retry": "jobs.retried", "cancel": "jobs.cancelled", "stop": "jobs.stopping"}
Csrf = Annotated[str, Form()]
Place = Annotated[str, Form()]


def jobs_routes(desk: Desk) -> APIRouter:
    """The page, one job, their forms, and the API routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/jobs", include_in_schema=False)
    def show_page(request: Request, done: str = "", id: str = "") -> Response:
        asked = desk.ask(request)
        work = desk.form(
            "_jobs.html", asked, view=_page(desk, asked), done=_DONE.get(done, ""), id=id, now=utc_now(),
            whole=asked.may_query, may_act=asked.may("operate"), kinds=[k for k in KINDS.values() if k.source != "must"],
        )  # fmt: skip
        return answer(work) if asked.part == "work" else desk.page("jobs.html", asked, fresh=_fresh(asked), work=work)

    @router.get("/jobs/{job_id}", include_in_schema=False)
    def show_job(request: Request, job_id: str) -> Response:
        asked = desk.ask(request)
        view = _job(desk, asked, job_id)
        work = desk.form("_job.html", asked, view=view, whole=asked.may_query, may_act=asked.may("operate"))
        return desk.page("job.html", asked, fresh=_fresh(asked), view=view, work=work)

    @router.post("/jobs/run", include_in_schema=False)
    def run(request: Request, kind: Annotated[str, Form()], shop: Place = "", csrf: Csrf = "") -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        return _back(act.shop, "run", _run(desk, act, kind, ""))

    @router.post("/jobs/retry", include_in_schema=False)
    def retry(request: Request, id: Annotated[str, Form()], shop: Place = "", csrf: Csrf = "") -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        _retry(desk, act, id)
        return _back(act.shop, "retry", id)

    @router.post("/jobs/cancel", include_in_schema=False)
    def cancel(request: Request, id: Annotated[str, Form()], shop: Place = "", csrf: Csrf = "") -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        return _back(act.shop, "cancel" if _cancel(desk, act, id) else "stop", id)

    _add_api(router, desk)
    return router


def _add_api(router: APIRouter, desk: Desk) -> None:
    @router.get("/api/v1/jobs", summary="Schedules, jobs and the outbox", responses=example_of("jobs"))
    def show_json(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        return _answer(asked.shop, _page(desk, asked))

    @router.get("/api/v1/jobs/{job_id}", summary="One job with its attempts", responses=example_of("job"))
    def show_job(request: Request, job_id: str, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request)
        return _answer(asked.shop, _job(desk, asked, job_id))

    @router.post("/api/v1/jobs/run", summary="Ask for a job now", responses=example_of("job_run"))
    def run(
        request: Request, kind: Annotated[str, Body(description="load, pull, check, rollup or maintain.")],
        source: Annotated[str, Body(description="The source that load or pull reads.")] = "", shop: Shop = "",
    ) -> Response:  # fmt: skip
        only_known(request, {"shop"})
        act = by_token(desk, request, shop, "operate")
        return _answer(act.shop, {"id": _run(desk, act, kind, source)})

    @router.post("/api/v1/jobs/{item_id}/retry", summary="Try again", responses=example_of("job_run"))
    def retry(request: Request, item_id: str, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        act = by_token(desk, request, shop, "operate")
        _retry(desk, act, item_id)
        return _answer(act.shop, {"id": item_id})

    @router.post("/api/v1/jobs/{item_id}/cancel", summary="Call off", responses=example_of("job_cancel"))
    def cancel(request: Request, item_id: str, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        act = by_token(desk, request, shop, "operate")
        return _answer(act.shop, {"id": item_id, "stopped": _cancel(desk, act, item_id)})


def _page(desk: Desk, asked: Asked) -> JobsPage:
    state = desk.premises.state_of(asked.shop)
    return jobs_page(asked.shop, state, asked.lang, whole=asked.may_query, at=utc_now())


def _job(desk: Desk, asked: Asked, job_id: str) -> JobPage:
    return job_page(asked.shop, desk.premises.state_of(asked.shop), asked.lang, job_id, whole=asked.may_query)


def _fresh(asked: Asked):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return freshness(asked.shop, asked.snapshot, asked.lens)


def _run(desk: Desk, act: Act, kind: str, source: str) -> str:
    state = desk.premises.state_of(act.shop)
    return acts.run_now(state, act.shop.id, kind, source=source, by=act.by, at=utc_now())


def _retry(desk: Desk, act: Act, item_id: str) -> None:
    acts.retry(desk.premises.state_of(act.shop), act.shop.id, item_id, by=act.by, at=utc_now())


def _cancel(desk: Desk, act: Act, item_id: str) -> bool:
    return acts.cancel(desk.premises.state_of(act.shop), act.shop.id, item_id, by=act.by, at=utc_now())


def _back(shop: OpenShop, done: str, item_id: str) -> Response:
    return RedirectResponse(f"/jobs?{urlencode({'shop': shop.id, 'done': done, 'id': item_id})}", 303)


def _answer(shop: OpenShop, data: object) -> Response:
    meta: dict[str, object] = {"shop": shop.id, "as_of": utc_now().isoformat(), "snapshot": None, "warnings": []}
    document = {"data": as_plain(data), "meta": meta}
    return Response(json.dumps(document, ensure_ascii=False), media_type="application/json")
