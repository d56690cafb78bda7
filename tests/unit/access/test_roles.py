from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import cast

import pytest

from shopkeeper.access.roles import PERMISSIONS, ROLES, Grant, Role, can, may_approve, require
from shopkeeper.errors import AccessDenied, UsageError


def test_every_role_includes_what_the_one_before_it_may_do() -> None:
    for lower, higher in pairwise(ROLES):
        gained = {p for p in PERMISSIONS if can(higher, p)} - {p for p in PERMISSIONS if can(lower, p)}
        assert all(can(higher, p) for p in PERMISSIONS if can(lower, p)), higher
        assert gained, f"{higher} may do nothing more than {lower}"


def test_an_outsider_may_do_nothing() -> None:
    assert not any(can(None, permission) for permission in PERMISSIONS)


@pytest.mark.parametrize(
    ("role", "allowed", "refused"),
    [("viewer", "see", "export"), ("analyst", "query", "ingest"), ("operator", "propose", "approve"),
     ("approver", "approve", "manage_users"), ("owner", "manage_shop", None)],
)  # fmt: skip
def test_the_line_between_roles_is_where_it_should_be(role: Role, allowed: str, refused: str | None) -> None:
    assert can(role, allowed)  # type: ignore[arg-type]
    assert refused is None or not can(role, refused)  # type: ignore[arg-type]


def test_a_refusal_names_the_roles_that_would_do() -> None:
    with pytest.raises(AccessDenied, match="approver, owner"):
        require("operator", "approve", shop_id="tea")
    require("owner", "approve", shop_id="tea")


@pytest.mark.parametrize(
    ("grant", "amount", "currency", "expected"),
    [
        (Grant("tea", "approver", Decimal("5000"), "CNY"), "5000.00", "CNY", True),
        (Grant("tea", "approver", Decimal("5000"), "CNY"), "5000.01", "CNY", False),
        (Grant("tea", "approver", Decimal("5000"), "CNY"), "-5000.01", "CNY", False),
        (Grant("tea", "approver", Decimal("5000"), "CNY"), "1", "USD", False),
        (Grant("tea", "owner"), "9999999", "CNY", True),
        (Grant("tea", "operator"), "0.01", "CNY", False),
        (None, "0.01", "CNY", False),
    ],
)
def test_approval_stops_at_the_limit(grant: Grant | None, amount: str, currency: str, expected: bool) -> None:
    assert may_approve(grant, Decimal(amount), currency) is expected


@pytest.mark.parametrize(
    ("role", "limit", "currency"),
    [("approver", None, None), ("approver", "0", "CNY"), ("approver", "-1", "CNY"), ("approver", "NaN", "CNY"),
     ("approver", "Infinity", "CNY"), ("approver", "5", None), ("approver", "5", "cny"), ("approver", "0.00001", "CNY"),
     ("viewer", "5", "CNY"), ("owner", "5", "CNY"), ("king", None, None)],
)  # fmt: skip
def test_a_limit_that_does_not_fit_its_role_is_refused(role: str, limit: str | None, currency: str | None) -> None:
    with pytest.raises(UsageError):
        Grant("tea", cast(Role, role), Decimal(limit) if limit else None, currency)
