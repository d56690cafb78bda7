"""What each role may do: one table, read by `can`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from shopkeeper.errors import AccessDenied, UsageError

Role = Literal["viewer", "analyst", "operator", "approver", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)

Permission = Literal[
    "see",  # pages, indicators, alerts
    "query",  # SQL, models, evidence behind a cell
    "export",  # files that leave the house; without `see_personal` they name nobody
    "see_personal",  # names, keys and remarks of customers; others see references
    "ingest",  # load, map and release quarantined rows
    "operate",  # acknowledge alerts, edit goals, run procedures
    "propose",  # put a decision forward
    "approve",  # let a decision happen, up to the grant's limit
    "manage_users",  # users, roles, tokens of others, the audit trail
    "manage_shop",  # settings, targets, connections, backup
    "erase",  # forget a person for good
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

_TABLE: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({"see"}),
    "analyst": frozenset({"see", "query", "export"}),
    "operator": frozenset({"see", "query", "export", "see_personal", "ingest", "operate", "propose"}),
    "approver": frozenset({"see", "query", "export", "see_personal", "ingest", "operate", "propose", "approve"}),
    "owner": frozenset(PERMISSIONS),
}


@dataclass(frozen=True)
class Grant:
    """One person's role in one shop.

    An approver has the largest amount they may approve; an owner needs none and no other role approves.
    Raises UsageError when role and limit do not fit each other.
    """

    shop_id: str
    role: Role
    limit: Decimal | None = None
    currency: str | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise UsageError("no role has this name", received=self.role, allowed=ROLES)
        if self.role != "approver":
            if self.limit is not None or self.currency is not None:
                raise UsageError(
                    "only an approver has a limit", received=f"{self.role} with a limit", allowed="approver"
                )
            return
        if self.limit is None or not self.limit.is_finite() or not 0 < self.limit < Decimal("1e15"):
            received = "none" if self.limit is None else self.limit
            raise UsageError("an approver needs a limit", received=received, allowed="an amount above 0")
        if self.limit != round(self.limit, 4):
            raise UsageError("the limit is too fine", received=self.limit, allowed="at most four decimals")
        code = self.currency or ""
        if not (len(code) == 3 and code.isascii() and code.isupper()):
            raise UsageError(
                "the limit needs a currency", received=code or "none", allowed="an ISO 4217 code such as CNY"
            )


def can(role: Role | None, permission: Permission) -> bool:
    """Whether a role includes a permission; no role includes none.

    >>> can("analyst", "export"), can("analyst", "approve"), can(None, "see")
    (True, False, False)
    """
    return role is not None and permission in _TABLE[role]


def require(role: Role | None, permission: Permission, *, shop_id: str) -> None:
    """Raises AccessDenied, naming the roles that would do, when the role does not include the permission."""
    if not can(role, permission):
        enough = [name for name in ROLES if can(name, permission)]
        raise AccessDenied(
            "your role does not allow this",
            where=f"shop {shop_id}",
            received=role or "no role",
            allowed=enough,
            state="nothing was changed",
            next_command="ask an owner of the shop: shopkeeper user role NAME ROLE",
        )


def may_approve(grant: Grant | None, amount: Decimal, currency: str) -> bool:
    """Whether this person may approve an amount at stake: owners any, approvers up to their limit in its currency.

    >>> may_approve(Grant("tea", "approver", Decimal("5000"), "CNY"), Decimal("5000"), "CNY")
    True
    >>> may_approve(Grant("tea", "approver", Decimal("5000"), "CNY"), Decimal("100"), "USD")
    False
    """
    if grant is None or not can(grant.role, "approve"):
        return False
    if grant.limit is None:
        return True
    return currency == grant.currency and abs(amount) <= grant.limit
