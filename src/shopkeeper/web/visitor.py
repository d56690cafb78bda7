"""Who is asking, and which shops they may see."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from shopkeeper.access.grants import grants_of
from shopkeeper.access.roles import Permission, Role, can, require
from shopkeeper.access.sessions import SignedIn, session_user
from shopkeeper.access.tokens import token_user
from shopkeeper.access.users import has_any_user
from shopkeeper.core.clock import utc_now
from shopkeeper.errors import AccessDenied, NotFound, NotSignedIn
from shopkeeper.state import State
from shopkeeper.warehouse.shop import Shop, open_shop_state


@dataclass(frozen=True)
class Visitor:
    """One request's person. `signed_in` is None on loopback while the shop has no users: then only demo shops show."""

    signed_in: SignedIn | None
    shops: tuple[Shop, ...]
    token: str
    roles: Mapping[str, Role]

    def may_query(self, shop: Shop) -> bool:
        """Whether the SQL behind a cell and the content of quarantined rows are shown; a demo shop is open to all."""
        return self.signed_in is None or can(self.roles.get(shop.id), "query")

    def may(self, shop: Shop, permission: Permission) -> bool:
        """Whether this person may do a thing here; nobody may change anything before there are users."""
        return self.signed_in is not None and can(self.roles.get(shop.id), permission)

    def require(self, shop: Shop, permission: Permission) -> str:
        """The name that a change is written down under. Raises AccessDenied without the role, or without anybody."""
        if self.signed_in is None:
            raise AccessDenied(
                "nobody is signed in, so nobody could be named for a change", where=f"shop {shop.id}",
                state="nothing was changed", next_command=f"shopkeeper -C {shop.folder} user add NAME",
            )  # fmt: skip
        require(self.roles.get(shop.id), permission, shop_id=shop.id)
        return self.signed_in.user.name

    def shop(self, wanted: str) -> Shop:
        """The shop that a request names, or the first. Raises NotFound with the shops this person may see."""
        if not wanted:
            return self.shops[0]
        for shop in self.shops:
            if shop.id == wanted:
                return shop
        raise NotFound("shop", wanted, [s.id for s in self.shops], where="parameter shop")


class Premises:
    """The shops that one server serves, and its doors."""

    def __init__(self, shops: Sequence[Shop], state: State, *, loopback: bool, shared: bool = False) -> None:
        self.shops = tuple(shops)
        self.state = state
        self._shared = shared
        self._states: dict[Path, State] = {}
        self._opening = threading.Lock()
        self.loopback = loopback
        self._has_users = False

    def state_of(self, shop: Shop) -> State:
        """The state that a shop's own workers use: users are kept in the first shop's alone, unless one is shared."""
        if self._shared or shop is self.shops[0]:
            return self.state
        with self._opening:
            if shop.data_dir not in self._states:
                self._states[shop.data_dir] = open_shop_state(shop)
            return self._states[shop.data_dir]

    def close(self) -> None:
        """Close the states of further shops."""
        for state in self._states.values():
            state.close()

    @property
    def session_cookie(self) -> str:
        """The session cookie's name; `__Host-` binds it to this host over TLS, which a loopback server has not."""
        return "shopkeeper_session" if self.loopback else "__Host-shopkeeper_session"

    def has_users(self) -> bool:
        """Whether anybody was ever made. Users are disabled, never removed, so a yes stays one."""
        self._has_users = self._has_users or has_any_user(self.state)
        return self._has_users

    def visitor(self, request: Request) -> Visitor:
        """Who is asking.

        Raises NotSignedIn without a valid session or token, AccessDenied for somebody without a role in any shop here.
        """
        if not self.has_users():
            return self._first_visitor()
        signed_in, token = self._signed_in(request)
        if signed_in is None:
            raise NotSignedIn(
                "nobody is signed in, or the session has ended",
                where=request.url.path,
                allowed="a session, or the header Authorization: Bearer with an API token",
                next_command="open /sign-in",
            )
        roles = {g.shop_id: g.role for g in grants_of(self.state, signed_in.user.id)}
        seen = tuple(s for s in self.shops if can(roles.get(s.id), "see"))
        if not seen:
            raise AccessDenied(
                "you have no role in a shop that is served here",
                received=signed_in.user.name,
                state="nothing was changed",
                next_command=f"ask an owner: shopkeeper user role {signed_in.user.name} viewer",
            )
        return Visitor(signed_in, seen, token, roles)

    def _first_visitor(self) -> Visitor:
        demo = tuple(s for s in self.shops if s.settings.shop.demo) if self.loopback else ()
        if not demo:
            folder = self.shops[0].folder if self.shops else "DIR"
            raise NotSignedIn(
                "this shop has no users yet",
                where=", ".join(s.id for s in self.shops),
                state="its figures stay closed until somebody can sign in",
                next_command=f"shopkeeper -C {folder} user add NAME",
            )
        return Visitor(None, demo, "", {})

    def _signed_in(self, request: Request) -> tuple[SignedIn | None, str]:
        now = utc_now()
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token_user(self.state, secret.strip(), at=now), ""
        token = request.cookies.get(self.session_cookie, "")
        return session_user(self.state, token, at=now), token
