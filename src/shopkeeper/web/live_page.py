"""The live board: a page, a stream that keeps it moving, and the same as JSON."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from shopkeeper.errors import ShopkeeperError
from shopkeeper.views.lens import Lens
from shopkeeper.views.live import LiveBoard, live_board
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.views.plain import as_plain
from shopkeeper.warehouse.shop import Shop as OpenShop
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.live_shops import LiveShops
from shopkeeper.web.shown import Asked, Desk

TICK_SECONDS = 0.5
_ALIVE_SECONDS = 15.0
_ASK_AGAIN_SECONDS = 30.0
"""After this long a stream looks again whether its reader may still see the shop."""


def live_routes(desk: Desk, live: LiveShops) -> APIRouter:
    """The routes of the live board."""
    router = APIRouter(default_response_class=HTMLResponse)
    fragments = Fragments(desk)

    @router.get("/live", include_in_schema=False)
    def show_live(request: Request) -> Response:
        asked = desk.ask(request, kpi="")
        fresh = desk.view(freshness_of, asked)
        return desk.page("live.html", asked, fresh=fresh, work=fragments.of(asked, _board(live, asked)))

    @router.get("/live/stream", include_in_schema=False)
    def stream(request: Request) -> Response:
        asked = desk.ask(request, kpi="")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_told(desk, live, fragments, asked), media_type="text/event-stream", headers=headers)

    @router.get("/api/v1/live", summary="The day so far, as the live board shows it", responses=example_of("live"))
    def live_as_json(request: Request, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        asked = desk.ask(request, kpi="")
        board = _board(live, asked)
        meta = {"shop": asked.shop.id, "as_of": as_plain(board.day), "snapshot": asked.snapshot, "warnings": []}
        return JSONResponse({"data": as_plain(board), "meta": meta})

    return router


def freshness_of(shop: OpenShop, lens: Lens, snapshot: int) -> Freshness:
    """What the shop's figures rest on, as a view of its own."""
    return freshness(shop, snapshot, lens)


class Fragments:
    """The newest board of each shop and language in HTML: rendered once for all who read it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: dict[tuple[Path, str], tuple[int, Markup]] = {}

    def of(self, asked: Asked, board: LiveBoard) -> Markup:
        """The board in the reader's language."""
        key = (asked.shop.data_dir, asked.lang)
        kept = self._kept.get(key)
        if kept is None or kept[0] != board.version:
            kept = self._kept[key] = (board.version, self._desk.form("_live.html", asked, view=board))
        return kept[1]


def _board(live: LiveShops, asked: Asked) -> LiveBoard:
    settings = asked.shop.settings.shop
    state = live.today(asked.shop).current()
    return live_board(state, shop=asked.shop.id, zone=settings.timezone, currency=settings.currency, lang=asked.lang)


async def _told(desk: Desk, live: LiveShops, fragments: Fragments, asked: Asked) -> AsyncIterator[bytes]:
    """Each new state of the board as one message, until the reader goes, may not see it any more, or the server ends."""
    sent, spoke, asked_at = -1, time.monotonic(), time.monotonic()
    while not live.leaving():
        if time.monotonic() - asked_at > _ASK_AGAIN_SECONDS:
            try:
                await run_in_threadpool(desk.ask, asked.request, kpi="")
            except ShopkeeperError:
                yield b"event: end\ndata: \n\n"
                return
            asked_at = time.monotonic()
        board = await run_in_threadpool(_board, live, asked)
        if board.version != sent:
            sent, spoke = board.version, time.monotonic()
            html = await run_in_threadpool(fragments.of, asked, board)
            yield b"data: " + json.dumps(str(html), ensure_ascii=False).encode() + b"\n\n"
        elif time.monotonic() - spoke > _ALIVE_SECONDS:
            spoke = time.monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(TICK_SECONDS)
