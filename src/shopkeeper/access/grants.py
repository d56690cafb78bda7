"""Who has which role in which shop."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from shopkeeper.access.audit import append
from shopkeeper.access.roles import Grant, Role
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.state import State
from shopkeeper.state.tables.access import GRANTS, USERS


def grant(
    state: State,
    user_id: str,
    shop_id: str,
    role: Role,
    *,
    limit: Decimal | None = None,
    currency: str | None = None,
    actor: str,
    at: dt.datetime,
) -> Grant:
    """Give a user a role in a shop, in place of the one they had there.

    Raises UsageError when role and limit do not fit, or the shop would lose its last owner; NotFound without the user.
    """
    given = Grant(shop_id, role, limit, currency)
    with state.writing() as connection:
        write_grant(connection, user_id, given, actor=actor, at=at)
    return given


def withdraw(state: State, user_id: str, shop_id: str, *, actor: str, at: dt.datetime) -> bool:
    """Take a user's role in a shop away; False when there was none. Raises UsageError for the last owner."""
    with state.writing() as connection:
        before = _grant_in(connection, user_id, shop_id)
        if before is None:
            return False
        refuse_losing_last_owner(connection, user_id, shop_id)
        connection.execute(delete(GRANTS).where(GRANTS.c.user_id == user_id, GRANTS.c.shop_id == shop_id))
        name = _name_of(connection, user_id)
        append(connection, "role.withdrawn", name, actor=actor, at=at, shop=shop_id, before=before.role)
    return True


def grant_in(state: State, user_id: str, shop_id: str) -> Grant | None:
    """A user's role in a shop with its limit; None for no role."""
    with state.reading() as connection:
        return _grant_in(connection, user_id, shop_id)


def role_in(state: State, user_id: str, shop_id: str) -> Role | None:
    """A user's role in a shop; None for no role."""
    found = grant_in(state, user_id, shop_id)
    return found.role if found else None


def grants_of(state: State, user_id: str) -> tuple[Grant, ...]:
    """A user's roles in every shop of this state, by shop."""
    with state.reading() as connection:
        rows = connection.execute(select(GRANTS).where(GRANTS.c.user_id == user_id).order_by(GRANTS.c.shop_id))
        return tuple(_as_grant(row) for row in rows)


def write_grant(connection: Connection, user_id: str, given: Grant, *, actor: str, at: dt.datetime) -> None:
    """`grant` inside the caller's write transaction."""
    name = _name_of(connection, user_id)
    before = _grant_in(connection, user_id, given.shop_id)
    if given.role != "owner":
        refuse_losing_last_owner(connection, user_id, given.shop_id)
    connection.execute(delete(GRANTS).where(GRANTS.c.user_id == user_id, GRANTS.c.shop_id == given.shop_id))
    connection.execute(
        insert(GRANTS).values(
            user_id=user_id,
            shop_id=given.shop_id,
            role=given.role,
            approver_limit=given.limit,
            approver_currency=given.currency,
            granted_at=at,
        )
    )
    append(
        connection,
        "role.granted",
        name,
        actor=actor,
        at=at,
        shop=given.shop_id,
        role=given.role,
        before=before.role if before else None,
        limit=f"{given.limit:f} {given.currency}" if given.limit is not None else None,
    )


def refuse_losing_last_owner(connection: Connection, user_id: str, shop_id: str | None = None) -> None:
    """Raises UsageError when a shop (or any shop of theirs) would have no enabled owner without this user.

    Owners are locked while they are counted: two who demote each other at the same moment wait for one another.
    """
    owners = (
        select(GRANTS.c.shop_id, GRANTS.c.user_id)
        .join(USERS, USERS.c.id == GRANTS.c.user_id)
        .where(GRANTS.c.role == "owner", USERS.c.disabled_at.is_(None))
        .order_by(GRANTS.c.shop_id, GRANTS.c.user_id)
        .with_for_update()
    )
    by_shop: dict[str, set[str]] = {}
    for row in connection.execute(owners if shop_id is None else owners.where(GRANTS.c.shop_id == shop_id)):
        by_shop.setdefault(row.shop_id, set()).add(row.user_id)
    alone = [shop for shop, ids in by_shop.items() if ids == {user_id}]
    if alone:
        raise UsageError(
            "the shop would be left without an owner",
            where=f"shop {', '.join(alone)}",
            received="its last owner",
            state="nothing was changed",
            next_command="shopkeeper user role NAME owner, for somebody else first",
        )


def _grant_in(connection: Connection, user_id: str, shop_id: str) -> Grant | None:
    query = select(GRANTS).where(GRANTS.c.user_id == user_id, GRANTS.c.shop_id == shop_id)
    row = connection.execute(query).first()
    return _as_grant(row) if row else None


def _as_grant(row: Row[Any]) -> Grant:
    return Grant(row.shop_id, row.role, row.approver_limit, row.approver_currency)


def _name_of(connection: Connection, user_id: str) -> str:
    name: str | None = connection.scalar(select(USERS.c.name).where(USERS.c.id == user_id))
    if name is None:
        raise NotFound("user", user_id, (), next_command="shopkeeper user list")
    return name
