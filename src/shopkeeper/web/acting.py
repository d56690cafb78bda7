"""Who changes something, and where: a form of our own pages with its proof, or a script with a token. Every act is audited."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from shopkeeper.access.audit import record
from shopkeeper.access.csrf import check_csrf
from shopkeeper.access.roles import Permission
from shopkeeper.core.clock import utc_now
from shopkeeper.core.wording import Language
from shopkeeper.errors import AccessDenied
from shopkeeper.state import State
from shopkeeper.warehouse.shop import Shop
from shopkeeper.web.preferences import preferences_of
from shopkeeper.web.shown import Desk


@dataclass(frozen=True)
class Act:
    """A change that a person is allowed to make now."""

    shop: Shop
    by: str
    lang: Language
    state: State

    def written_down(self, action: str, target: str, **details: object) -> None:
        """One row of the audit trail, after the change has happened."""
        record(self.state, action, target, actor=self.by, at=utc_now(), shop=self.shop.id, **details)


def by_form(desk: Desk, request: Request, shop: str, csrf: str, permission: Permission) -> Act:
    """A change sent by a form. Raises NotSignedIn, AccessDenied for a role or a proof that will not do, NotFound for a shop."""
    visitor = desk.premises.visitor(request)
    place = visitor.shop(shop)
    by = visitor.require(place, permission)
    check_csrf(visitor.token, csrf)
    return Act(place, by, preferences_of(request, place.settings.shop.language).lang, desk.premises.state)


def by_token(desk: Desk, request: Request, shop: str, permission: Permission) -> Act:
    """A change sent to the API. A browser sends its session cookie by itself, a token only on purpose: so only that counts.

    Raises as `by_form` does, and AccessDenied for a request without a bearer token.
    """
    visitor = desk.premises.visitor(request)
    if not request.headers.get("authorization", "").lower().startswith("bearer "):
        raise AccessDenied(
            "a change by the API needs a token", where="header Authorization", allowed="Authorization: Bearer shk_…",
            state="nothing was changed", next_command="shopkeeper user token create NAME --for PURPOSE",
        )  # fmt: skip
    place = visitor.shop(shop)
    by = visitor.require(place, permission)
    return Act(place, by, preferences_of(request, place.settings.shop.language).lang, desk.premises.state)
