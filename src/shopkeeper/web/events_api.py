"""Events come in: `POST /api/v1/events` with a token, `POST /api/v1/webhooks/NAME` with a signature. 202 means: on the disk."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shopkeeper.core.clock import utc_now
from shopkeeper.core.credentials import revealed
from shopkeeper.core.settings import FILE_NAME, Webhook
from shopkeeper.errors import Backlogged, NotSignedIn, UsageError
from shopkeeper.ingest.events.accept import MAX_BODY, BodyKind, Judged, judge
from shopkeeper.ingest.events.intake import EventIntake
from shopkeeper.ingest.events.webhooks.signature import check_own, check_shopify
from shopkeeper.warehouse.shop import Shop as OpenShop
from shopkeeper.web.acting import by_token
from shopkeeper.web.api import Shop, example_of, only_known
from shopkeeper.web.live_shops import LiveShops
from shopkeeper.web.problems import problem_response
from shopkeeper.web.shown import Desk

TOKEN_SECONDS = 5.0
"""For how long a token that was checked is not checked again: a revoked one may still post for this long."""

_KNOWN_TOKENS = 1_000
_LISTED_FAULTS = 100
_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")


class Doors:
    """Tokens that were checked a moment ago: whose they are, and for which shop."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[bytes, tuple[float, OpenShop, str]] = {}

    async def open(self, request: Request, shop: str) -> tuple[OpenShop, str]:
        """The shop to post to and who posts. Raises NotSignedIn, AccessDenied or NotFound."""
        told = request.headers.get("authorization", "")
        key = hashlib.sha256(f"{told}\n{shop}".encode()).digest()
        found = self._known.get(key)
        if found is not None and time.monotonic() - found[0] < TOKEN_SECONDS:
            return found[1], found[2]
        self._known.pop(key, None)
        act = await run_in_threadpool(by_token, self._desk, request, shop, "ingest")
        if len(self._known) >= _KNOWN_TOKENS:
            self._known.clear()
        self._known[key] = (time.monotonic(), act.shop, act.by)
        return act.shop, act.by


def events_routes(desk: Desk, live: LiveShops) -> APIRouter:
    """The routes that take events in."""
    router = APIRouter(prefix="/api/v1", default_response_class=JSONResponse)
    doors = Doors(desk)

    @router.post("/events", summary="Take a batch of events", status_code=202, responses=example_of("events", 202))
    async def take_events(request: Request, shop: Shop = "", strict: bool = False) -> Response:
        only_known(request, {"shop", "strict"})
        place, by = await doors.open(request, shop)
        intake = live.intake(place)

        async def take() -> Response:
            body, kind = await _body(request), _kind(request)
            rules = intake.knows_rules()
            if rules is None:
                rules = await run_in_threadpool(intake.rules)
            judged = judge(body, kind, rules, received_at=utc_now(), by=by, strict=strict)
            await asyncio.wrap_future(intake.take(judged))
            return _taken(place, judged)

        return await _or_later(request, take)

    @router.post(
        "/webhooks/{name}", summary="Take a signed webhook", status_code=202, responses=example_of("webhook", 202)
    )
    async def take_webhook(request: Request, name: str, shop: Shop = "") -> Response:
        only_known(request, {"shop"})
        place, hook = _webhook(live.shops, name, shop)
        secret = revealed(hook.secret, where=f"{FILE_NAME}, webhooks {name}", folder=place.folder)
        intake = live.intake(place)
        takes = _take_shopify if hook.kind == "shopify" else _take_signed

        async def take() -> Response:
            return await takes(request, place, intake, hook, secret)

        return await _or_later(request, take)

    return router


async def _take_shopify(request: Request, place: OpenShop, intake: EventIntake, hook: Webhook, secret: str) -> Response:
    body, headers = await _body(request), request.headers
    check_shopify(secret, body, headers.get("x-shopify-hmac-sha256", ""))
    webhook_id = headers.get("x-shopify-webhook-id", "") or hashlib.sha256(body).hexdigest()[:32]
    topic = headers.get("x-shopify-topic", "")
    await asyncio.wrap_future(intake.take_webhook(hook.name, webhook_id[:200], topic, body))
    return JSONResponse({"data": {"webhook_id": webhook_id[:200], "topic": topic}, "meta": {"shop": place.id}}, 202)


async def _take_signed(request: Request, place: OpenShop, intake: EventIntake, hook: Webhook, secret: str) -> Response:
    body, headers = await _body(request), request.headers
    check_own(
        secret,
        body,
        headers.get("x-shopkeeper-signature", ""),
        headers.get("x-shopkeeper-timestamp", ""),
        now=time.time(),
    )

    def taken() -> tuple[Judged, Future[None]]:
        return intake.take_body(body, _kind(request), by=f"webhook {hook.name}", default_shop=hook.shop_id)

    judged, done = await run_in_threadpool(taken)
    await asyncio.wrap_future(done)
    return _taken(place, judged)


def _webhook(shops: tuple[OpenShop, ...], name: str, wanted: str) -> tuple[OpenShop, Webhook]:
    """The sender that an address names. An unknown one is answered as a wrong signature is: nobody learns which there are."""
    for shop in shops:
        if wanted in ("", shop.id):
            for hook in shop.settings.webhooks:
                if hook.name == name:
                    return shop, hook
    raise NotSignedIn("the signature does not fit the body", where="address", state="nothing was kept")


async def _body(request: Request) -> bytes:
    """The body, refused as soon as it is too long."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UsageError(
            "the body is sent as it is", where="header Content-Encoding", received=request.headers["content-encoding"],
            allowed="none", state="nothing was kept",
        )  # fmt: skip
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise UsageError(
                "the body is too long", received=f"more than {MAX_BODY:,} bytes", allowed=f"{MAX_BODY:,} bytes",
                state="nothing was kept", next_command="send smaller batches",
            )  # fmt: skip
        parts.append(part)
    return b"".join(parts)


def _kind(request: Request) -> BodyKind:
    return "ndjson" if request.headers.get("content-type", "").partition(";")[0].strip().lower() in _LINES else "json"


def _taken(place: OpenShop, judged: Judged) -> Response:
    data = {
        "batch": judged.batch, "received": judged.received, "accepted": judged.accepted, "set_aside": len(judged.faults),
        "faults": [fault.as_json() for fault in judged.faults[:_LISTED_FAULTS]],
    }  # fmt: skip
    return JSONResponse({"data": data, "meta": {"shop": place.id}}, 202)


async def _or_later(request: Request, take: Callable[[], Awaitable[Response]]) -> Response:
    """The answer, or with Retry-After that too much waits already."""
    try:
        return await take()
    except Backlogged as error:
        response = problem_response(request.scope, error)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
