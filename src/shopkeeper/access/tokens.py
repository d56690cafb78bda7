"""API tokens: how a script shows who it acts for (`Authorization: Bearer …`)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import insert, select, update

from shopkeeper.access.audit import append
from shopkeeper.access.secret import new_secret, secret_hash
from shopkeeper.access.sessions import SignedIn
from shopkeeper.access.users import User, find_user
from shopkeeper.core.ids import new_id
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.state import State
from shopkeeper.state.tables.access import API_TOKENS, USERS

PREFIX = "shk_"  # lets scanners for leaked secrets recognise one
MAX_LIFE = dt.timedelta(days=366)
_USED_EVERY = dt.timedelta(hours=1)


@dataclass(frozen=True)
class ApiToken:
    """What is known of a token afterwards: everything but itself."""

    id: str
    user_name: str
    name: str
    created_at: dt.datetime
    expires_at: dt.datetime
    used_at: dt.datetime | None
    revoked_at: dt.datetime | None

    def works(self, at: dt.datetime) -> bool:
        """Whether it opens the door at a moment, as far as the token itself goes."""
        return self.revoked_at is None and at < self.expires_at


@dataclass(frozen=True)
class NewToken:
    """A fresh token. `secret` is shown once and not kept."""

    secret: str = field(repr=False)
    token: ApiToken


def create_token(
    state: State, user_name: str, name: str, *, expires_at: dt.datetime, actor: str, at: dt.datetime
) -> NewToken:
    """A token that acts with its user's roles, until it expires (a year at most) or is revoked.

    Raises UsageError for a disabled user, no name, or an expiry past or too far; NotFound without the user.
    """
    user = find_user(state, user_name)
    if not user.enabled:
        raise UsageError("a disabled user gets no token", received=user.name, next_command="shopkeeper user list")
    if not name.strip() or len(name.strip()) > 80:
        raise UsageError("a token needs a name", received=name, allowed="1 to 80 characters saying what it is for")
    if not at < expires_at <= at + MAX_LIFE:
        raise UsageError(
            "this expiry cannot be", received=expires_at.date(), allowed=f"1 to {MAX_LIFE.days} days from now"
        )
    secret = PREFIX + new_secret()
    token = ApiToken(new_id("token"), user.name, name.strip(), at, expires_at, None, None)
    with state.writing() as connection:
        connection.execute(
            insert(API_TOKENS).values(
                id=token.id,
                token_hash=secret_hash(secret),
                user_id=user.id,
                name=token.name,
                created_at=at,
                expires_at=expires_at,
            )
        )
        append(
            connection, "token.created", user.name, actor=actor, at=at,
            token=token.id, name=token.name, expires_on=expires_at.date().isoformat(),
        )  # fmt: skip
    return NewToken(secret, token)


def token_user(state: State, secret: str | None, *, at: dt.datetime) -> SignedIn | None:
    """Who a bearer token acts for; None when it is unknown, expired, revoked, or its user disabled."""
    if not secret or not secret.startswith(PREFIX):
        return None
    hashed = secret_hash(secret)
    query = (
        select(
            USERS.c.id,
            USERS.c.name,
            USERS.c.display_name,
            USERS.c.created_at,
            API_TOKENS.c.used_at,
            API_TOKENS.c.expires_at,
        )
        .join(USERS, USERS.c.id == API_TOKENS.c.user_id)
        .where(API_TOKENS.c.token_hash == hashed, API_TOKENS.c.revoked_at.is_(None), USERS.c.disabled_at.is_(None))
    )
    with state.reading() as connection:
        row = connection.execute(query).first()
    if row is None or at >= row.expires_at:
        return None
    if row.used_at is None or at >= row.used_at + _USED_EVERY:
        with state.writing() as connection:
            connection.execute(update(API_TOKENS).where(API_TOKENS.c.token_hash == hashed).values(used_at=at))
    return SignedIn(User(row.id, row.name, row.display_name, row.created_at, None), "token", row.expires_at)


def list_tokens(state: State, *, user_name: str | None = None) -> list[ApiToken]:
    """Every token, or those of one user, newest first; revoked and expired ones too."""
    query = select(API_TOKENS, USERS.c.name.label("user_name")).join(USERS, USERS.c.id == API_TOKENS.c.user_id)
    if user_name is not None:
        query = query.where(API_TOKENS.c.user_id == find_user(state, user_name).id)
    with state.reading() as connection:
        return [
            ApiToken(row.id, row.user_name, row.name, row.created_at, row.expires_at, row.used_at, row.revoked_at)
            for row in connection.execute(query.order_by(API_TOKENS.c.created_at.desc(), API_TOKENS.c.id.desc()))
        ]


def revoke_token(state: State, token_id: str, *, actor: str, at: dt.datetime) -> bool:
    """End a token at once; False when it was revoked before. Raises NotFound with the nearest ids."""
    owner = select(USERS.c.name).join(API_TOKENS, API_TOKENS.c.user_id == USERS.c.id).where(API_TOKENS.c.id == token_id)
    with state.writing() as connection:
        user_name = connection.scalar(owner)
        if user_name is None:
            known = connection.scalars(select(API_TOKENS.c.id).order_by(API_TOKENS.c.id))
            raise NotFound("token", token_id, known, next_command="shopkeeper user token list")
        ending = update(API_TOKENS).where(API_TOKENS.c.id == token_id, API_TOKENS.c.revoked_at.is_(None))
        if connection.execute(ending.values(revoked_at=at)).rowcount == 0:
            return False
        append(connection, "token.revoked", user_name, actor=actor, at=at, token=token_id)
    return True
