from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from shopkeeper.access.audit import recent_events, verify_audit
from shopkeeper.access.grants import grant, grant_in, grants_of, role_in, withdraw
from shopkeeper.access.names import login_name
from shopkeeper.access.roles import Grant
from shopkeeper.access.tokens import create_token, list_tokens, revoke_token, token_user
from shopkeeper.access.users import (
    User,
    create_user,
    disable_user,
    enable_user,
    find_user,
    has_any_user,
    list_users,
    set_password,
)
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.state import State
from tests.unit.access.conftest import GOOD, NOON

IN_A_YEAR = NOON + dt.timedelta(days=365)


def test_the_first_user_is_noticed(state: State) -> None:
    assert not has_any_user(state)
    create_user(state, "alice", GOOD, actor="os:root", at=NOON)
    assert has_any_user(state)


def test_a_login_name_is_one_whatever_its_spelling(state: State, alice: User) -> None:
    assert find_user(state, "Ａlice ") == alice
    with pytest.raises(UsageError, match="taken"):
        create_user(state, "ALICE", GOOD, actor="os:root", at=NOON)
    assert login_name("王芳") == "王芳"


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "<script>", "x" * 65, "-dash", "a\nb", "a\0b"])
def test_a_name_that_cannot_be_a_login_is_refused(state: State, name: str) -> None:
    with pytest.raises(UsageError):
        create_user(state, name, GOOD, actor="os:root", at=NOON)
    assert list_users(state) == []


def test_a_wrong_name_is_answered_with_the_nearest(state: State, alice: User) -> None:
    with pytest.raises(NotFound, match="did you mean alice"):
        find_user(state, "alcie")


def test_roles_are_per_shop_and_replace_each_other(state: State, alice: User, bob: User) -> None:
    assert (role_in(state, bob.id, "tea"), role_in(state, bob.id, "silk")) == ("analyst", None)
    grant(state, bob.id, "tea", "approver", limit=Decimal("5000.5"), currency="CNY", actor="alice", at=NOON)
    assert grant_in(state, bob.id, "tea") == Grant("tea", "approver", Decimal("5000.5"), "CNY")
    grant(state, bob.id, "silk", "viewer", actor="alice", at=NOON)
    assert [(g.shop_id, g.role) for g in grants_of(state, bob.id)] == [("silk", "viewer"), ("tea", "approver")]
    assert withdraw(state, bob.id, "silk", actor="alice", at=NOON)
    assert not withdraw(state, bob.id, "silk", actor="alice", at=NOON)


def test_a_role_for_nobody_is_refused(state: State) -> None:
    with pytest.raises(NotFound):
        grant(state, "user_nobody", "tea", "viewer", actor="alice", at=NOON)
    assert recent_events(state) == []


@pytest.mark.parametrize("way", ["lower", "withdraw", "disable"])
def test_the_last_owner_cannot_be_lost(state: State, alice: User, bob: User, way: str) -> None:
    def lose() -> None:
        if way == "lower":
            grant(state, alice.id, "tea", "viewer", actor="alice", at=NOON)
        elif way == "withdraw":
            withdraw(state, alice.id, "tea", actor="alice", at=NOON)
        else:
            disable_user(state, "alice", actor="alice", at=NOON)

    with pytest.raises(UsageError, match="without an owner"):
        lose()
    assert role_in(state, alice.id, "tea") == "owner"
    grant(state, bob.id, "tea", "owner", actor="alice", at=NOON)
    lose()


def test_a_disabled_owner_does_not_count_as_one(state: State, alice: User, bob: User) -> None:
    grant(state, bob.id, "tea", "owner", actor="alice", at=NOON)
    disable_user(state, "bob", actor="alice", at=NOON)
    with pytest.raises(UsageError, match="without an owner"):
        disable_user(state, "alice", actor="alice", at=NOON)


def test_a_user_who_cannot_get_their_role_is_not_half_made(state: State) -> None:
    with pytest.raises(UsageError):
        create_user(state, "bob", "password1234", grants=[Grant("tea", "viewer")], actor="os:root", at=NOON)
    assert list_users(state) == []
    assert recent_events(state) == []


def test_everything_that_changes_access_is_in_the_trail_and_no_secret_is(state: State, alice: User, bob: User) -> None:
    grant(state, bob.id, "tea", "approver", limit=Decimal("5000"), currency="CNY", actor="alice", at=NOON)
    made = create_token(state, "bob", "nightly export", expires_at=IN_A_YEAR, actor="bob", at=NOON)
    revoke_token(state, made.token.id, actor="alice", at=NOON)
    set_password(state, "bob", "another four random words", actor="alice", at=NOON)
    disable_user(state, "bob", actor="alice", at=NOON)
    enable_user(state, "bob", actor="alice", at=NOON)
    withdraw(state, bob.id, "tea", actor="alice", at=NOON)
    events = recent_events(state)[::-1]
    assert [e.action for e in events] == [
        "user.created", "role.granted", "user.created", "role.granted", "role.granted", "token.created",
        "token.revoked", "password.changed", "user.disabled", "user.enabled", "role.withdrawn",
    ]  # fmt: skip
    assert events[4].details == {"role": "approver", "before": "analyst", "limit": "5000 CNY"}
    assert not any(secret in str(events) for secret in (GOOD, made.secret, "argon2"))
    assert verify_audit(state).ok


def test_a_token_acts_for_its_user_until_it_expires_or_is_revoked(state: State, bob: User) -> None:
    made = create_token(state, "bob", "nightly export", expires_at=IN_A_YEAR, actor="bob", at=NOON)
    found = token_user(state, made.secret, at=NOON)
    assert found is not None
    assert (found.user, found.by) == (bob, "token")
    assert list_tokens(state, user_name="bob")[0].used_at == NOON
    assert token_user(state, made.secret, at=IN_A_YEAR) is None
    assert revoke_token(state, made.token.id, actor="bob", at=NOON)
    assert token_user(state, made.secret, at=NOON) is None
    assert not revoke_token(state, made.token.id, actor="bob", at=NOON)


@pytest.mark.parametrize("secret", [None, "", "shk_", "nonsense", "shk_nonsense"])
def test_a_made_up_token_is_nobody(state: State, bob: User, secret: str | None) -> None:
    assert token_user(state, secret, at=NOON) is None


def test_disabling_a_user_revokes_their_tokens_for_good(state: State, alice: User, bob: User) -> None:
    made = create_token(state, "bob", "nightly export", expires_at=IN_A_YEAR, actor="bob", at=NOON)
    disable_user(state, "bob", actor="alice", at=NOON)
    assert token_user(state, made.secret, at=NOON) is None
    with pytest.raises(UsageError, match="disabled"):
        create_token(state, "bob", "again", expires_at=IN_A_YEAR, actor="alice", at=NOON)
    enable_user(state, "bob", actor="alice", at=NOON)
    assert token_user(state, made.secret, at=NOON) is None


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_a_token_needs_an_end_within_a_year(state: State, bob: User, days: int) -> None:
    with pytest.raises(UsageError, match="expiry"):
        create_token(state, "bob", "x", expires_at=NOON + dt.timedelta(days=days), actor="bob", at=NOON)


def test_an_unknown_token_id_is_answered_with_the_nearest(state: State, bob: User) -> None:
    made = create_token(state, "bob", "nightly export", expires_at=IN_A_YEAR, actor="bob", at=NOON)
    with pytest.raises(NotFound, match=made.token.id):
        revoke_token(state, made.token.id[:-1], actor="bob", at=NOON)
