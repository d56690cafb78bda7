"""People who may sign in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from shopkeeper.access.audit import append
from shopkeeper.access.grants import refuse_losing_last_owner, write_grant
from shopkeeper.access.names import login_name
from shopkeeper.access.passwords import check_password, hash_password
from shopkeeper.access.roles import Grant
from shopkeeper.core.ids import new_id
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.state import State
from shopkeeper.state.tables.access import API_TOKENS, SESSIONS, USERS


@dataclass(frozen=True)
class User:
    """A person, without the password's hash."""

    id: str
    name: str
    display_name: str
    created_at: dt.datetime
    disabled_at: dt.datetime | None

    @property
    def enabled(self) -> bool:
        """Whether the person may sign in."""
        return self.disabled_at is None


def create_user(
    state: State,
    name: str,
    password: str,
    *,
    display_name: str = "",
    grants: Sequence[Grant] = (),
    actor: str,
    at: dt.datetime,
) -> User:
    """A new user, with their roles in the same transaction.

    `name` is the login name, kept case-folded; an empty `display_name` takes the login name as typed. Raises UsageError
    when the name is taken or cannot be one, or the password is too easy.
    """
    login = login_name(name)
    hashed = hash_password(check_password(password, name=login))  # slow, hence before the transaction
    user = User(new_id("user"), login, (display_name.strip() or name.strip())[:120], at, None)
    try:
        with state.writing() as connection:
            connection.execute(
                insert(USERS).values(
                    id=user.id,
                    name=login,
                    display_name=user.display_name,
                    password_hash=hashed,
                    password_changed_at=at,
                    created_at=at,
                )
            )
            append(connection, "user.created", login, actor=actor, at=at, display_name=user.display_name)
            for given in grants:
                write_grant(connection, user.id, given, actor=actor, at=at)
    except IntegrityError:
        raise UsageError(
            "this login name is taken", received=login, state="nothing was changed", next_command="shopkeeper user list"
        ) from None
    return user


def has_any_user(state: State) -> bool:
    """Whether anybody was ever made; until then the dashboard explains how to make the first."""
    with state.reading() as connection:
        return connection.scalar(select(USERS.c.id).limit(1)) is not None


def list_users(state: State) -> list[User]:
    """Everybody, by login name."""
    with state.reading() as connection:
        return [_as_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))]


def find_user(state: State, name: str) -> User:
    """A user by login name. Raises NotFound with the nearest names."""
    with state.reading() as connection:
        return _find(connection, name)


def set_password(state: State, name: str, password: str, *, actor: str, at: dt.datetime) -> User:
    """Give a user another password and end their sessions, so that whoever knew the old one is out.

    API tokens stay: they are not made from the password and have their own way to end.
    Source: OWASP ASVS 4.0.3 §3.3.3.
    """
    user = find_user(state, name)
    hashed = hash_password(check_password(password, name=user.name))
    with state.writing() as connection:
        connection.execute(
            update(USERS).where(USERS.c.id == user.id).values(password_hash=hashed, password_changed_at=at)
        )
        ended = end_sessions(connection, user.id, at)
        append(connection, "password.changed", user.name, actor=actor, at=at, sessions_ended=ended)
    return user


def disable_user(state: State, name: str, *, actor: str, at: dt.datetime) -> User:
    """Shut a user out at once: no sign-in, every session and token ended. The record of what they did stays.

    Raises UsageError for the last owner of a shop.
    """
    with state.writing() as connection:
        user = _find(connection, name)
        if not user.enabled:
            return user
        refuse_losing_last_owner(connection, user.id)
        connection.execute(update(USERS).where(USERS.c.id == user.id).values(disabled_at=at))
        sessions = end_sessions(connection, user.id, at)
        open_tokens = update(API_TOKENS).where(API_TOKENS.c.user_id == user.id, API_TOKENS.c.revoked_at.is_(None))
        tokens = connection.execute(open_tokens.values(revoked_at=at)).rowcount
        append(
            connection, "user.disabled", user.name, actor=actor, at=at, sessions_ended=sessions, tokens_revoked=tokens
        )
        return _find(connection, name)


def enable_user(state: State, name: str, *, actor: str, at: dt.datetime) -> User:
    """Let a disabled user sign in again, with the same roles; sessions and tokens stay ended."""
    with state.writing() as connection:
        user = _find(connection, name)
        if user.enabled:
            return user
        connection.execute(update(USERS).where(USERS.c.id == user.id).values(disabled_at=None))
        append(connection, "user.enabled", user.name, actor=actor, at=at)
        return _find(connection, name)


def end_sessions(connection: Connection, user_id: str, at: dt.datetime) -> int:
    """Revoke every open session of a user inside the caller's transaction; how many there were."""
    still_open = update(SESSIONS).where(
        SESSIONS.c.user_id == user_id, SESSIONS.c.revoked_at.is_(None), SESSIONS.c.expires_at > at
    )
    return connection.execute(still_open.values(revoked_at=at)).rowcount


def _find(connection: Connection, name: str) -> User:
    row = connection.execute(select(USERS).where(USERS.c.name == login_name(name))).first()
    if row is None:
        known = connection.scalars(select(USERS.c.name).order_by(USERS.c.name))
        raise NotFound("user", name, known, next_command="shopkeeper user list")
    return _as_user(row)


def _as_user(row: Row[Any]) -> User:
    return User(row.id, row.name, row.display_name, row.created_at, row.disabled_at)
