"""The pages of platforms."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shopkeeper.views.packs import pack_lens, pack_page
from shopkeeper.web.shown import Desk, answer


def packs_routes(desk: Desk) -> APIRouter:
    """The routes of the packs of platforms."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/packs")
    def show_first(request: Request) -> Response:
        return _pack_answer(desk, request, "")

    @router.get("/packs/{pack}")
    def show_pack(request: Request, pack: str) -> Response:
        return _pack_answer(desk, request, pack)

    return router


def _pack_answer(desk: Desk, request: Request, name: str) -> Response:
    """One pack, or of it only what changes with the lens."""
    asked = desk.ask(request)
    view = desk.view(pack_page, asked, name)
    cut = pack_lens(asked.lens, view.platform)
    work = desk.fragment("_pack.html", asked, name, view=view, cut=cut)
    if asked.part == "work":
        return answer(work)
    return desk.page("pack.html", asked, fresh=view.freshness, view=view, work=work)
