"""The pages /models and /models/NAME, their files, and the same as JSON."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Body, Form
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shopkeeper.core.clock import utc_now
from shopkeeper.customers import segments as saved
from shopkeeper.errors import AccessDenied, NotFound
from shopkeeper.insight.models.publish import Published, publish
from shopkeeper.insight.models.registry import model as model_named
from shopkeeper.insight.models.run import Asked as ModelAsked
from shopkeeper.insight.models.run import read_asked
from shopkeeper.render.formats import Formats
from shopkeeper.render.picture import DrawnPicture, picture_svg
from shopkeeper.views.model_files import answered, csv_text, workbook
from shopkeeper.views.model_words import cell_text
from shopkeeper.views.models import ModelPage, model_page, models_page
from shopkeeper.views.plain import as_plain
from shopkeeper.web.acting import Act, by_form, by_token
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.customers_page import json_answer
from shopkeeper.web.shown import Asked, Desk, answer

Text = Annotated[str, Form()]
_OWN = {"shop", "from", "to"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def models_routes(desk: Desk) -> APIRouter:
    """The list, one model, its files, what can be done with its answer, and the API."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/models", include_in_schema=False)
    def show_list(request: Request) -> Response:
        asked = desk.ask(request, kpi="")
        view = desk.view(models_page, asked)
        work = desk.fragment("_models.html", asked, view=view)
        return desk.page("models.html", asked, fresh=view.freshness, view=view, work=work)

    @router.get("/models/{name}", include_in_schema=False)
    def show_model(request: Request, name: str, done: str = "") -> Response:
        asked, wanted = _asked(desk, request, name, {"done", "lang"})
        view = desk.view(model_page, asked, name, wanted)
        formats = Formats(asked.lang, asked.shop.settings.shop.currency)
        work = desk.form(
            "_model.html", asked, view=view, done=done, may_act=asked.may("operate"),
            may_export=_may_export(asked), query=_query(asked, wanted), symbol=formats.symbol,
            plain=as_plain, svg=lambda picture: Markup(_svg(picture, formats)),
        )  # fmt: skip
        return (
            answer(work)
            if asked.part == "work"
            else desk.page("model.html", asked, fresh=view.freshness, view=view, work=work)
        )

    @router.get("/models/{name}/file", include_in_schema=False)
    def send_file(request: Request, name: str, form: str = "xlsx", table: str = "") -> Response:
        asked, wanted = _asked(desk, request, name, {"form", "table", "lang"})
        if not _may_export(asked):
            raise AccessDenied("files need an analyst's role", where=request.url.path, state="nothing was sent")
        return _file(desk.view(model_page, asked, name, wanted), form, table, asked)

    @router.post("/models/{name}/segment", include_in_schema=False)
    def save_segment(
        request: Request, name: str, exit_: Annotated[str, Form(alias="exit")] = "", segment: Text = "", query: Text = "",
        shop: Text = "", csrf: Text = "",
    ) -> Response:  # fmt: skip
        act = by_form(desk, request, shop, csrf, "operate")
        asked = desk.ask(request, kpi="", shop=shop)
        given = dict(parse_qsl(query))
        model_named(name).chosen({k: v for k, v in given.items() if k not in _OWN})
        wanted = read_asked(
            {k: v for k, v in given.items() if k not in _OWN}, given.get("from", ""), given.get("to", "")
        )
        page = desk.view(model_page, asked, name, wanted)
        called = segment.strip()
        saved.save(act.state, act.shop, called, _rule(page, exit_), note=page.model.name, by=act.by, at=utc_now())
        saved.refresh(act.state, act.shop, called, by=act.by, at=utc_now())
        return RedirectResponse(f"/segments?{urlencode({'shop': act.shop.id, 'done': called})}", 303)

    @router.post("/models/{name}/scores", include_in_schema=False)
    def publish_scores(request: Request, name: str, query: Text = "", shop: Text = "", csrf: Text = "") -> Response:
        act = by_form(desk, request, shop, csrf, "operate")
        _publish(act, name, dict(parse_qsl(query)))
        return RedirectResponse(f"/models/{name}?{urlencode({'shop': act.shop.id, 'done': 'published'})}", 303)

    _add_api(router, desk)
    return router


def _add_api(router: APIRouter, desk: Desk) -> None:
    @router.get(
        "/api/v1/models", summary="Every analysis model, and which inputs the shop has", responses=example_of("models")
    )
    def list_models(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request, kpi="")
        return json_answer(asked, desk.view(models_page, asked))

    @router.get(
        "/api/v1/models/{name}", summary="One model's answer, or why there is none; options are parameters",
        responses=example_of("model"),
    )  # fmt: skip
    def one_model(request: Request, name: str, shop: Shop = "") -> Response:
        asked, wanted = _asked(desk, request, name, set())
        return json_answer(asked, desk.view(model_page, asked, name, wanted))

    @router.post(
        "/api/v1/models/{name}/scores", summary="Publish a model's value of each customer to profiles",
        responses=example_of("error"),
    )  # fmt: skip
    def publish_scores(
        request: Request, name: str, options: Annotated[dict[str, str] | None, Body(embed=True)] = None, shop: Shop = ""
    ) -> Response:
        act = by_token(desk, request, shop, "operate")
        return json_answer(desk.ask(request, kpi="", shop=shop), _publish(act, name, options or {}))


def _publish(act: Act, name: str, given: dict[str, str]) -> Published:
    wanted = read_asked({k: v for k, v in given.items() if k not in _OWN}, given.get("from", ""), given.get("to", ""))
    done = publish(act.shop, model_named(name), wanted, by=act.by)
    act.written_down("model.published", done.model, scores=[score for score, _ in done.scores])
    return done


def _asked(desk: Desk, request: Request, name: str, more: set[str]) -> tuple[Asked, ModelAsked]:
    """Who asks, and what of the model. Raises AccessDenied for a viewer: models show what single cells rest on."""
    model = model_named(name)
    only_known(request, _OWN | more | {option.name for option in model.options})
    asked = desk.ask(request, kpi="")
    if not asked.may_query:
        raise AccessDenied("models need an analyst's role", where=request.url.path, state="nothing was computed")
    query = request.query_params
    given = {option.name: query[option.name] for option in model.options if query.get(option.name)}
    return asked, read_asked(given, query.get("from", ""), query.get("to", ""))


def _may_export(asked: Asked) -> bool:
    return asked.visitor.signed_in is None or asked.may("export")


def _query(asked: Asked, wanted: ModelAsked) -> str:
    days = {"from": wanted.first_day, "to": wanted.last_day}
    return urlencode({"shop": asked.shop.id, **dict(wanted.options), **{n: str(d) for n, d in days.items() if d}})


def _svg(picture: DrawnPicture, formats: Formats) -> str:
    return picture_svg(
        picture, lambda v: cell_text(v, picture.y_unit, formats), lambda v: cell_text(v, picture.x_unit, formats)
    )


def _file(page: ModelPage, form: str, table: str, asked: Asked) -> Response:
    if form == "xlsx":
        body, media, name = workbook(page, asked.lang), _XLSX, f"{page.model.id}.xlsx"
    elif form == "csv":
        body = csv_text(page, table, asked.lang).encode("utf-8-sig")  # spreadsheets read Chinese only after the mark
        media, name = "text/csv; charset=utf-8", f"{page.model.id}{f'-{table}' if table else ''}.csv"
    else:
        raise NotFound("form of a file", form, ("csv", "xlsx"))
    headers = {"Content-Disposition": f'attachment; filename="{quote(name)}"', "Cache-Control": "private, no-store"}
    return Response(body, media_type=media, headers=headers)


def _rule(page: ModelPage, name: str) -> str:
    exits = {e.id: e for e in answered(page).exits if e.kind == "segment"}
    if name not in exits:
        raise NotFound("exit", name, exits, where=f"model {page.model.id}")
    return exits[name].rule
