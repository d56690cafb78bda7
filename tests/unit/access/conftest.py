from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import profiles

from shopkeeper.access import passwords
from shopkeeper.access.roles import Grant
from shopkeeper.access.users import User, create_user
from shopkeeper.state import State, default_state_url, open_state

NOON = dt.datetime(2017, 10, 2, 12, tzinfo=dt.UTC)
GOOD = "four random words do"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PROFILE", profiles.CHEAPEST)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with open_state(default_state_url(tmp_path)) as opened:
        yield opened


@pytest.fixture
def alice(state: State) -> User:
    """Owner of the tea shop."""
    return create_user(state, "alice", GOOD, grants=[Grant("tea", "owner")], actor="os:root", at=NOON)


@pytest.fixture
def bob(state: State) -> User:
    """Analyst of the tea shop."""
    return create_user(state, "bob", GOOD, grants=[Grant("tea", "analyst")], actor="os:root", at=NOON)
