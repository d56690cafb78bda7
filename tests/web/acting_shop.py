"""A shop with rows set aside, served to Alice who owns it, Olive who operates it, Bob who analyses and Vera who may look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shopkeeper.access.audit import recent_events, verify_audit
from shopkeeper.access.grants import grant
from shopkeeper.access.roles import Role
from shopkeeper.access.tokens import create_token
from shopkeeper.access.users import create_user
from shopkeeper.core.clock import utc_now
from shopkeeper.state import State, open_state
from shopkeeper.web.app import create_app
from tests.shop_folders import HEADER, LINES, ShopFolder
from tests.web.conftest import PASSWORD, GuardedShop, csrf_of

ROLES: dict[str, Role] = {"alice": "owner", "olive": "operator", "bob": "analyst", "vera": "viewer"}
GOOD = "".join(f"G{n},mug,2024-03-{1 + n % 28:02d},1,{10 + n % 3}\n" for n in range(80))
BAD = "C,jug,2024-03-05,some,7.50\nD,jug,2024-03-31,many,8\nE,jug,2024-03-31,few,9\n"


@dataclass(frozen=True)
class ActingShop:
    """The shop's folder, its server, and who may do what."""

    mugs: ShopFolder
    guarded: GuardedShop
    state: State

    def browser(self, name: str) -> TestClient:
        """A browser that one of the cast has signed in with."""
        return self.guarded.signed_in(name)

    def script(self, name: str) -> TestClient:
        """A script with a token of one of the cast."""
        ends = utc_now() + dt.timedelta(days=1)
        token = create_token(self.state, name, "tests", expires_at=ends, actor="tests", at=utc_now())
        client = self.guarded.visitor()
        client.headers["Authorization"] = f"Bearer {token.secret}"
        return client

    def audited(self) -> list[tuple[str, str]]:
        """Who did what, newest first, signing in left out; the trail is whole."""
        assert verify_audit(self.state).ok
        events = [e for e in recent_events(self.state, shop="mugs") if e.action.startswith(("checks.", "quarantine."))]
        return [(event.actor, event.action) for event in events]


def send(browser: TestClient, page: str, address: str, **form: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Open a page and send one of its forms, as a browser would."""
    csrf = csrf_of(browser.get(page).text)
    return browser.post(address, data={"csrf": csrf, "shop": "mugs", **form})


@pytest.fixture
def acting(tmp_path: Path) -> Iterator[ActingShop]:
    """A new shop of 80 good lines and three that cannot be read."""
    mugs = ShopFolder(tmp_path / "shop", LINES + 'paid_at = "day"\n')
    mugs.load(mugs.drop("a.csv", HEADER + GOOD + BAD))
    now = utc_now()
    with open_state(f"sqlite:///{tmp_path / 'state.sqlite'}") as state:
        for name, role in ROLES.items():
            person = create_user(state, name, PASSWORD, actor="tests", at=now)
            grant(state, person.id, "mugs", role, actor="tests", at=now)
        yield ActingShop(mugs, GuardedShop(create_app([mugs.folder], state=state), state), state)
