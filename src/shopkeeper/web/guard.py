"""The outer wall: which hosts may be named, which origins may post, which headers every answer carries."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopkeeper.errors import AccessDenied, InternalError, ShopkeeperError, UsageError
from shopkeeper.web.problems import problem_response

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
))  # fmt: skip

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOG = logging.getLogger("shopkeeper.web")


class Guard:
    """ASGI middleware around everything else. It also turns an error that nobody foresaw into the house's form."""

    def __init__(self, app: ASGIApp, *, loopback: bool) -> None:
        self.app = app
        self.loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, run the application, and add the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await problem_response(scope, refusal)(scope, receive, guarded)
            return
        try:
            await self.app(scope, receive, guarded)
        except Exception as error:
            _LOG.exception("%s %s failed", scope["method"], scope["path"])
            if begun:
                raise
            failure = InternalError(
                "an error that Shopkeeper did not foresee",
                where=f"{scope['method']} {scope['path']}",
                received=type(error).__name__,
                state="nothing was changed",
                next_command="try again; the server's log has the details",
            )
            await problem_response(scope, failure)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> ShopkeeperError | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.loopback and _host_name(host) not in LOOPBACK_HOSTS:
            # a foreign name that resolves to 127.0.0.1 would let a foreign page read ours (DNS rebinding)
            return UsageError(
                "this server answers only to its own name", where="header Host", received=host or "none",
                allowed=sorted(LOOPBACK_HOSTS),
            )  # fmt: skip
        origin = headers.get("origin")
        if scope["method"] not in _SAFE_METHODS and origin and urlsplit(origin).netloc != host:
            return AccessDenied(
                "this was sent from another site", where="header Origin", received=origin, state="nothing was changed"
            )
        return None


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
