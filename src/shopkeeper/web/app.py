"""The application: pages, API and assets over the shops that one server serves."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from shopkeeper import __version__
from shopkeeper.errors import NotFound, NotSignedIn, ShopkeeperError, UsageError
from shopkeeper.state import State
from shopkeeper.warehouse.shop import Shop, open_shop, open_shop_state
from shopkeeper.web.anomalies_page import anomalies_routes
from shopkeeper.web.api import api_routes
from shopkeeper.web.assets import Assets, load_assets
from shopkeeper.web.checks_page import checks_routes
from shopkeeper.web.customers_page import customers_routes
from shopkeeper.web.definitions_page import definitions_routes
from shopkeeper.web.diagnose_page import diagnose_routes
from shopkeeper.web.events_api import events_routes
from shopkeeper.web.explain_page import explain_routes
from shopkeeper.web.forecast_page import forecast_routes
from shopkeeper.web.guard import Guard
from shopkeeper.web.identities_page import identities_routes
from shopkeeper.web.jobs_page import jobs_routes
from shopkeeper.web.lineage_page import lineage_routes
from shopkeeper.web.live_page import live_routes
from shopkeeper.web.live_shops import LiveShops
from shopkeeper.web.models_page import models_routes
from shopkeeper.web.packs_page import packs_routes
from shopkeeper.web.pages import page_routes, to_sign_in
from shopkeeper.web.problems import API_PREFIX, http_problem, problem_response
from shopkeeper.web.quarantine_page import quarantine_routes
from shopkeeper.web.reconcile_page import reconcile_routes
from shopkeeper.web.segments_page import segments_routes
from shopkeeper.web.shown import Desk
from shopkeeper.web.sign_in import sign_in_routes
from shopkeeper.web.visitor import Premises

API_DESCRIPTION = """The figures behind the pages, as JSON. Every answer is `{"data": …, "meta": …}`; every error is
`{"error": {"code", "failed", "where", "received", "allowed", "state", "next"}}` with the parts that apply.
Sign in with a session cookie or `Authorization: Bearer shk_…`."""


def create_app(shops: Sequence[Path] | Sequence[Shop], *, state: State | None = None, loopback: bool = True) -> FastAPI:
    """The application for some shops, given as folders or opened.

    `state` holds users and sessions; without it, that of the first shop. `loopback` says that only this machine can
    reach the server: then demo shops show before there is any user, and other host names are refused.
    Raises ConfigError for a folder that is no shop, UsageError without any shop or with two of one id.
    """
    opened = [shop if isinstance(shop, Shop) else open_shop(shop) for shop in shops]
    if not opened:
        raise UsageError("there is no shop to serve", next_command="shopkeeper init DIR")
    twins = sorted({s.id for s in opened if sum(o.id == s.id for o in opened) > 1})
    if twins:
        raise UsageError("two shops have the same id", received=", ".join(twins), allowed="one shop an id")
    own_state = state or open_shop_state(opened[0])
    premises = Premises(opened, own_state, loopback=loopback, shared=state is not None)
    desk = Desk(premises)
    live = LiveShops(premises.shops)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        warming = threading.Thread(target=desk.warm, name="warm", daemon=True)
        warming.start()
        live.start(around=desk.catching_up)
        yield
        desk.closing.set()
        live.stop()
        warming.join(timeout=20)  # a query that loses its lake under it would end in a traceback
        for given, shop in zip(shops, opened, strict=True):
            if given is not shop:
                shop.close()
        premises.close()
        if state is None:
            own_state.close()

    app = FastAPI(
        title="Shopkeeper",
        version=__version__,
        description=API_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    assets = load_assets()
    app.state.assets = assets
    app.state.live = live
    # definitions before the pages: their /kpis/{kpi} would take the word for an indicator
    routers = (
        definitions_routes(desk), page_routes(desk), packs_routes(desk), reconcile_routes(desk), checks_routes(desk),
        quarantine_routes(desk), lineage_routes(desk), identities_routes(desk), jobs_routes(desk),
        sign_in_routes(premises), api_routes(desk), events_routes(desk, live), live_routes(desk, live),
        customers_routes(desk), segments_routes(desk), models_routes(desk), diagnose_routes(desk), anomalies_routes(desk),
        forecast_routes(desk), explain_routes(desk),
    )  # fmt: skip
    for router in routers:
        app.include_router(router)
    _add_assets(app, assets)
    _add_problems(app)
    app.state.addresses = sorted({str(getattr(route, "path", "")) for router in routers for route in router.routes})
    app.add_middleware(GZipMiddleware, minimum_size=1400, compresslevel=2)
    app.add_middleware(Guard, loopback=loopback)
    return app


def _add_assets(app: FastAPI, assets: Assets) -> None:
    @app.get("/assets/{version}/{name:path}", include_in_schema=False)
    async def send_asset(request: Request, version: str, name: str) -> Response:
        response = assets.respond(request, version, name)
        if response is None:
            raise NotFound("asset", name, assets.names(), where="URL")
        return response


def _add_problems(app: FastAPI) -> None:
    @app.exception_handler(ShopkeeperError)
    async def on_own_error(request: Request, error: ShopkeeperError) -> Response:
        if isinstance(error, NotSignedIn) and not request.url.path.startswith(API_PREFIX):
            return to_sign_in(request, error)
        return problem_response(request.scope, error)

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        return problem_response(
            request.scope, http_problem(request, error.status_code, str(error.detail)), error.status_code
        )

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        problem = UsageError(
            "a parameter cannot be used",
            where=".".join(str(part) for part in first["loc"]),
            received=first.get("input"),
            allowed=first["msg"],
        )
        return problem_response(request.scope, problem, 422)
