"""Signing in with a password, staying signed in, and signing out."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field

from sqlalchemy import Row, delete, insert, select, update

from shopkeeper.access import throttle
from shopkeeper.access.audit import append
from shopkeeper.access.names import login_name
from shopkeeper.access.passwords import decoy_hash, hash_password, hasher, password_matches
from shopkeeper.access.secret import new_secret, secret_hash
from shopkeeper.access.users import User, end_sessions
from shopkeeper.errors import NotSignedIn, UsageError
from shopkeeper.state import State
from shopkeeper.state.tables.access import SESSIONS, USERS

IDLE_LIMIT = dt.timedelta(hours=2)
ABSOLUTE_LIMIT = dt.timedelta(hours=12)
"""A working day, then the password again. Source: OWASP ASVS 4.0.3 §3.3.2, level 2 (12 h); NIST SP 800-63B §4.2.3."""

_SEEN_EVERY = dt.timedelta(minutes=1)  # activity is written at most this often: a view should not cost a write
_KEEP_ENDED = dt.timedelta(days=30)


@dataclass(frozen=True)
class Session:
    """A fresh session. `token` is the cookie's value: it exists only here and in the browser."""

    token: str = field(repr=False)
    user: User
    expires_at: dt.datetime


@dataclass(frozen=True)
class SignedIn:
    """Who a request comes from, by which way, and when that ends."""

    user: User
    by: str
    expires_at: dt.datetime


def sign_in(state: State, name: str, password: str, *, address: str, at: dt.datetime) -> Session:
    """Exchange a name and a password for a session with a new random token (never one the browser brought).

    `address` is the peer's, for throttling and the trail. Raises NotSignedIn: one and the same text for an unknown
    name, a wrong password and a disabled user, after the same work, so that nobody learns which names exist; or, past
    the free tries, how many seconds to wait.
    """
    try:
        login = login_name(name)
    except UsageError:
        login = ""  # no user has it; goes through the same motions
    with state.writing() as connection:
        blocked_until = throttle.charge(connection, login, address, at)
    if blocked_until is not None:
        raise _too_many(blocked_until, at)
    with state.reading() as connection:
        found = connection.execute(select(USERS).where(USERS.c.name == login)).first()
    right = password_matches(found.password_hash if found else decoy_hash(), password)
    if found is None or not right or found.disabled_at is not None:
        _note_failure(state, found, right=right, address=address, at=at)
        raise _refused()
    return _begin(state, found, password, login=login, address=address, at=at)


def session_user(state: State, token: str | None, *, at: dt.datetime) -> SignedIn | None:
    """Who a session token belongs to; None when unknown, revoked, idle too long, too old, or its user disabled."""
    if not token:
        return None
    hashed = secret_hash(token)
    query = (
        select(
            USERS.c.id,
            USERS.c.name,
            USERS.c.display_name,
            USERS.c.created_at,
            SESSIONS.c.seen_at,
            SESSIONS.c.expires_at,
        )
        .join(USERS, USERS.c.id == SESSIONS.c.user_id)
        .where(SESSIONS.c.token_hash == hashed, SESSIONS.c.revoked_at.is_(None), USERS.c.disabled_at.is_(None))
    )
    with state.reading() as connection:
        row = connection.execute(query).first()
    if row is None or at >= row.expires_at or at >= row.seen_at + IDLE_LIMIT:
        return None
    if at >= row.seen_at + _SEEN_EVERY:
        seen = update(SESSIONS).where(SESSIONS.c.token_hash == hashed, SESSIONS.c.seen_at < at).values(seen_at=at)
        with state.writing() as connection:
            connection.execute(seen)
    user = User(row.id, row.name, row.display_name, row.created_at, None)
    return SignedIn(user, "session", min(row.expires_at, max(at, row.seen_at) + IDLE_LIMIT))


def sign_out(state: State, token: str, *, at: dt.datetime) -> bool:
    """End a session on the server, whatever the browser keeps; False when it had ended already."""
    with state.writing() as connection:
        ending = (
            update(SESSIONS)
            .where(SESSIONS.c.token_hash == secret_hash(token), SESSIONS.c.revoked_at.is_(None))
            .values(revoked_at=at)
            .returning(SESSIONS.c.user_id)
        )
        user_id = connection.scalar(ending)
        if user_id is None:
            return False
        name = connection.scalar(select(USERS.c.name).where(USERS.c.id == user_id))
        append(connection, "session.ended", str(name), actor=str(name), at=at)
    return True


def revoke_sessions(state: State, user: User, *, actor: str, at: dt.datetime) -> int:
    """End every session of a user; how many were open."""
    with state.writing() as connection:
        ended = end_sessions(connection, user.id, at)
        append(connection, "session.revoked", user.name, actor=actor, at=at, sessions_ended=ended)
    return ended


def _begin(
    state: State, found: Row[tuple[object, ...]], password: str, *, login: str, address: str, at: dt.datetime
) -> Session:
    token = new_secret()
    # parameters grow with the years: the one moment when the password is at hand to hash it anew
    better = hash_password(password) if hasher().check_needs_rehash(found.password_hash) else None
    expires_at = at + ABSOLUTE_LIMIT
    with state.writing() as connection:
        current = select(USERS.c.password_hash, USERS.c.disabled_at).where(USERS.c.id == found.id).with_for_update()
        now = connection.execute(current).one()
        if now.disabled_at is not None or now.password_hash != found.password_hash:
            raise _refused()  # disabled, or another password, while this one was being checked
        throttle.refund(connection, login, address, at)
        throttle.forget(connection, at)
        connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at < at - _KEEP_ENDED))
        if better is not None:
            connection.execute(update(USERS).where(USERS.c.id == found.id).values(password_hash=better))
        connection.execute(
            insert(SESSIONS).values(
                token_hash=secret_hash(token),
                user_id=found.id,
                address=address[:64],
                created_at=at,
                seen_at=at,
                expires_at=expires_at,
            )
        )
        append(connection, "sign_in.ok", found.name, actor=found.name, at=at, address=address)
    return Session(token, User(found.id, found.name, found.display_name, found.created_at, None), expires_at)


def _note_failure(
    state: State, found: Row[tuple[object, ...]] | None, *, right: bool, address: str, at: dt.datetime
) -> None:
    # the typed name is not kept when nobody has it: it may be a password in the wrong field
    target = found.name if found else "?"
    reason = "unknown name" if found is None else "wrong password" if not right else "disabled user"
    with state.writing() as connection:
        append(connection, "sign_in.failed", target, actor="?", at=at, address=address, reason=reason)


def _refused() -> NotSignedIn:
    return NotSignedIn(
        "name or password is not right",
        where="sign-in",
        state="nobody was signed in",
        next_command="try again, or ask an owner: shopkeeper user password NAME",
    )


def _too_many(until: dt.datetime, at: dt.datetime) -> NotSignedIn:
    seconds = math.ceil((until - at).total_seconds())
    return NotSignedIn(
        "too many failed tries",
        where="sign-in",
        allowed=f"again in {seconds} s",
        state="the password was not looked at",
        next_command=f"wait {seconds} s",
    )
