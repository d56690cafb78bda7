"""Signing in and out, and what a first visitor is told."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shopkeeper.access.csrf import check_csrf, csrf_token
from shopkeeper.access.sessions import ABSOLUTE_LIMIT, sign_in, sign_out
from shopkeeper.core.clock import utc_now
from shopkeeper.core.wording import word
from shopkeeper.errors import NotSignedIn
from shopkeeper.web.preferences import preferences_of
from shopkeeper.web.shown import answer
from shopkeeper.web.templates import environment
from shopkeeper.web.visitor import Premises

_VISIT_COOKIE = "shopkeeper_visit"  # secret of the form before there is a session


def sign_in_routes(premises: Premises) -> APIRouter:
    """The routes of the door."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    def show_form(request: Request, next: str = "/") -> Response:
        return _form(request, premises, back=next)

    @router.post("/sign-in")
    def take_form(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",
    ) -> Response:
        check_csrf(request.cookies.get(_VISIT_COOKIE, ""), csrf)
        address = request.client.host if request.client else "unknown"
        try:
            session = sign_in(premises.state, name, password, address=address, at=utc_now())
        except NotSignedIn as error:
            return _form(request, premises, back=next, name=name, failure=error)
        response = RedirectResponse(_own_path(next), 303)
        response.set_cookie(
            premises.session_cookie, session.token, max_age=int(ABSOLUTE_LIMIT.total_seconds()),
            httponly=True, samesite="lax", secure=not premises.loopback, path="/",
        )  # fmt: skip
        return response

    @router.post("/sign-out")
    def leave(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
        token = request.cookies.get(premises.session_cookie, "")
        check_csrf(token, csrf)
        sign_out(premises.state, token, at=utc_now())
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(
            premises.session_cookie, httponly=True, samesite="lax", secure=not premises.loopback, path="/"
        )
        return response

    return router


def _own_path(target: str) -> str:
    """Where to go afterwards: only a path of this server, never another site."""
    own = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if own else "/"


def _form(
    request: Request, premises: Premises, *, back: str, name: str = "", failure: NotSignedIn | None = None
) -> Response:
    usual = premises.shops[0].settings.shop.language if premises.shops else "en"
    preferences = preferences_of(request, usual)
    visit = request.cookies.get(_VISIT_COOKIE) or secrets.token_urlsafe(32)
    html = environment(request.app.state.assets).get_template("sign_in.html").render(
        t=lambda key, **values: word(key, preferences.lang, **values),
        lang=preferences.lang,
        preferences=preferences,
        csrf=csrf_token(visit),
        back=_own_path(back),
        name=name,
        failure=failure,
        has_users=premises.has_users(),
        folder=premises.shops[0].folder if premises.shops and premises.loopback else "DIR",
    )  # fmt: skip
    response = answer(html, 401 if failure else 200)
    response.set_cookie(
        _VISIT_COOKIE, visit, max_age=3600, httponly=True, samesite="strict", secure=not premises.loopback, path="/"
    )
    return response
