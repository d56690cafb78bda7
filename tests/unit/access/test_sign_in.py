from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from argon2 import profiles
from sqlalchemy import select

from shopkeeper.access import passwords, throttle
from shopkeeper.access.audit import recent_events
from shopkeeper.access.sessions import (
    ABSOLUTE_LIMIT,
    IDLE_LIMIT,
    revoke_sessions,
    session_user,
    sign_in,
    sign_out,
)
from shopkeeper.access.users import User, create_user, disable_user, set_password
from shopkeeper.errors import NotSignedIn
from shopkeeper.state import State
from shopkeeper.state.tables.access import SESSIONS, SIGN_IN_THROTTLE, USERS
from tests.unit.access.conftest import GOOD, NOON

HOME = "127.0.0.1"
SECOND = dt.timedelta(seconds=1)


def failing(state: State, name: str, at: dt.datetime, address: str = HOME, password: str = "not the password") -> str:
    with pytest.raises(NotSignedIn) as caught:
        sign_in(state, name, password, address=address, at=at)
    return str(caught.value)


def test_alice_signs_in_and_is_known_by_her_token_until_she_signs_out(state: State, alice: User) -> None:
    session = sign_in(state, " ALICE ", GOOD, address=HOME, at=NOON)
    found = session_user(state, session.token, at=NOON + SECOND)
    assert found is not None
    assert (found.user, found.by) == (alice, "session")
    assert sign_out(state, session.token, at=NOON + 2 * SECOND)
    assert session_user(state, session.token, at=NOON + 3 * SECOND) is None
    assert not sign_out(state, session.token, at=NOON + 4 * SECOND)


@pytest.mark.parametrize("token", [None, "", "nonsense", "\ud800"])
def test_no_or_a_made_up_token_is_nobody(state: State, alice: User, token: str | None) -> None:
    assert session_user(state, token, at=NOON) is None


def test_the_token_is_not_in_the_database_or_in_a_printed_session(state: State, alice: User) -> None:
    session = sign_in(state, "alice", GOOD, address=HOME, at=NOON)
    assert len(session.token) >= 43
    with state.reading() as connection:
        stored = str(connection.execute(select(SESSIONS)).all()) + str(recent_events(state))
    assert session.token not in stored
    assert session.token not in repr(session)


def test_a_session_ends_when_idle_and_lives_on_when_used(state: State, alice: User) -> None:
    token = sign_in(state, "alice", GOOD, address=HOME, at=NOON).token
    assert session_user(state, token, at=NOON + IDLE_LIMIT - SECOND) is not None
    assert session_user(state, token, at=NOON + 2 * IDLE_LIMIT - 2 * SECOND) is not None
    assert session_user(state, token, at=NOON + 4 * IDLE_LIMIT) is None


def test_a_session_ends_at_its_absolute_limit_however_busy(state: State, alice: User) -> None:
    token = sign_in(state, "alice", GOOD, address=HOME, at=NOON).token
    at = NOON
    while at < NOON + ABSOLUTE_LIMIT:
        assert session_user(state, token, at=at) is not None
        at += IDLE_LIMIT / 2
    assert session_user(state, token, at=NOON + ABSOLUTE_LIMIT) is None


@pytest.mark.parametrize("way", ["disable", "password", "revoke"])
def test_shutting_somebody_out_ends_their_sessions_at_once(state: State, alice: User, bob: User, way: str) -> None:
    token = sign_in(state, "bob", GOOD, address=HOME, at=NOON).token
    alices = sign_in(state, "alice", GOOD, address=HOME, at=NOON).token
    if way == "disable":
        disable_user(state, "bob", actor="alice", at=NOON)
    elif way == "password":
        set_password(state, "bob", "another four random words", actor="alice", at=NOON)
    else:
        assert revoke_sessions(state, bob, actor="alice", at=NOON) == 1
    assert session_user(state, token, at=NOON) is None
    assert session_user(state, alices, at=NOON) is not None


def test_unknown_name_wrong_password_and_disabled_user_get_one_answer(state: State, alice: User, bob: User) -> None:
    disable_user(state, "bob", actor="alice", at=NOON)
    answers = {
        failing(state, "alice", NOON),
        failing(state, "charlie", NOON),
        failing(state, "not a name at all", NOON),
        failing(state, "bob", NOON, password=GOOD),
    }
    assert len(answers) == 1


def test_a_name_nobody_has_is_not_kept_for_it_may_be_a_password(state: State, alice: User) -> None:
    failing(state, "hunter2hunter2", NOON)
    with state.reading() as connection:
        throttled = connection.execute(select(SIGN_IN_THROTTLE)).all()
    assert throttled
    assert "hunter2" not in str(throttled) + str(recent_events(state))


def test_every_try_is_in_the_trail(state: State, alice: User) -> None:
    failing(state, "alice", NOON)
    failing(state, "charlie", NOON)
    sign_in(state, "alice", GOOD, address=HOME, at=NOON)
    seen = [(e.action, e.target, e.details.get("reason")) for e in recent_events(state, limit=3)]
    assert seen == [
        ("sign_in.ok", "alice", None),
        ("sign_in.failed", "?", "unknown name"),
        ("sign_in.failed", "alice", "wrong password"),
    ]


def test_after_five_failures_even_the_right_password_must_wait(state: State, alice: User) -> None:
    for _ in range(6):
        assert "not right" in failing(state, "alice", NOON)
    assert "again in 1 s" in failing(state, "alice", NOON, password=GOOD)
    sign_in(state, "alice", GOOD, address=HOME, at=NOON + SECOND)
    assert "not right" in failing(state, "alice", NOON + SECOND), "success gives the free tries back"


def test_the_wait_doubles_and_stops_at_fifteen_minutes(state: State, alice: User) -> None:
    for _ in range(throttle.FREE_TRIES["person"]):
        failing(state, "alice", NOON)
    at, waits = NOON, []
    for _ in range(12):
        failing(state, "alice", at)
        waits.append(int(failing(state, "alice", at).split("again in ")[1].split(" s")[0]))
        at += dt.timedelta(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_bob_is_not_slowed_by_tries_on_alice_from_elsewhere(state: State, alice: User, bob: User) -> None:
    for _ in range(6):
        failing(state, "alice", NOON, address="10.0.0.9")
    sign_in(state, "bob", GOOD, address="10.0.0.9", at=NOON)
    sign_in(state, "alice", GOOD, address=HOME, at=NOON)


def test_one_address_cannot_try_one_password_on_everybody(state: State, alice: User) -> None:
    for number in range(throttle.FREE_TRIES["address"] + 1):
        assert "not right" in failing(state, f"guess{number}", NOON)
    assert "too many" in failing(state, "alice", NOON, password=GOOD)
    sign_in(state, "alice", GOOD, address="10.0.0.9", at=NOON)


def test_one_account_cannot_be_tried_from_ever_new_addresses(state: State, alice: User) -> None:
    for number in range(throttle.FREE_TRIES["name"] + 1):
        failing(state, "alice", NOON, address=f"10.0.0.{number}")
    assert "too many" in failing(state, "alice", NOON, address="10.9.9.9", password=GOOD)


def test_an_hour_of_peace_forgets_failures_and_leaves_no_rows(state: State, alice: User) -> None:
    for _ in range(8):
        failing(state, "alice", NOON)
    later = NOON + throttle.FORGET_AFTER + throttle.LONGEST_WAIT
    sign_in(state, "alice", GOOD, address="10.0.0.9", at=later)
    with state.reading() as connection:
        remaining = connection.scalars(select(SIGN_IN_THROTTLE.c.blocked_until)).all()
    assert all(moment >= later for moment in remaining)


def test_an_old_hash_is_renewed_at_the_next_sign_in(state: State, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    stronger = dataclasses.replace(profiles.CHEAPEST, time_cost=2)
    monkeypatch.setattr(passwords, "PROFILE", stronger)
    sign_in(state, "alice", GOOD, address=HOME, at=NOON)
    with state.reading() as connection:
        assert "t=2" in str(connection.scalar(select(USERS.c.password_hash)))
    sign_in(state, "alice", GOOD, address=HOME, at=NOON)


def test_old_sessions_are_cleared_away(state: State, alice: User) -> None:
    sign_in(state, "alice", GOOD, address=HOME, at=NOON)
    sign_in(state, "alice", GOOD, address=HOME, at=NOON + dt.timedelta(days=40))
    with state.reading() as connection:
        assert len(connection.execute(select(SESSIONS)).all()) == 1


def test_charlie_who_has_no_role_still_is_somebody(state: State) -> None:
    charlie = create_user(state, "charlie", GOOD, actor="os:root", at=NOON)
    assert sign_in(state, "charlie", GOOD, address=HOME, at=NOON).user == charlie
