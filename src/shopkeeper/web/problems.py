"""How an error is answered: one JSON shape for the API, one calm page for people."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from shopkeeper.core.wording import word
from shopkeeper.errors import NotFound, NotSignedIn, ShopkeeperError, UsageError
from shopkeeper.web.preferences import preferences_of
from shopkeeper.web.templates import environment

API_PREFIX = "/api/"


def problem_response(scope: Scope, error: ShopkeeperError, status: int | None = None) -> Response:
    """The answer to a request that ended in an error."""
    status = status or error.http_status
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, NotSignedIn) else {}
    if scope["path"].startswith(API_PREFIX):
        return JSONResponse(error.as_json(), status, headers)
    return HTMLResponse(_page(Request(scope), error, status), status, headers)


def http_problem(request: Request, status: int, detail: str) -> ShopkeeperError:
    """An error of the framework (no such address, wrong method …) in the house's form."""
    path = request.url.path
    if status == HTTPStatus.NOT_FOUND:
        return NotFound("address", path, _addresses(request), where="URL")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return UsageError("this address does not take this method", where=path, received=request.method, allowed="GET")
    return UsageError("the request cannot be understood", where=path, received=detail)


def _addresses(request: Request) -> list[str]:
    return sorted(request.app.state.addresses)


def _page(request: Request, error: ShopkeeperError, status: int) -> str:
    preferences = preferences_of(request)
    lang = preferences.lang
    title = word(_TITLES.get(status, "problem.other"), lang)
    parts = [(word(_LABELS[label], lang), text) for label, text in error.parts()[1:]]
    template = environment(request.app.state.assets).get_template("problem.html")
    return template.render(
        lang=lang, preferences=preferences, t=lambda key, **values: word(key, lang, **values), title=title, what=error.what,
        parts=parts, status=status,
    )  # fmt: skip


_TITLES = {
    400: "problem.request",
    401: "problem.signed_out",
    403: "problem.denied",
    404: "problem.not_found",
    405: "problem.request",
    422: "problem.request",
    503: "problem.busy",
}
_LABELS = {
    "where": "problem.where",
    "received": "problem.received",
    "allowed": "problem.allowed",
    "state": "problem.state",
    "next": "problem.next",
}
