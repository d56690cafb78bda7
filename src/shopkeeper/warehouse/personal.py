"""Which columns of the commerce model say who somebody is, and the names under which people are shown instead.

A customer's own key may be a nickname or the hash of a phone number: both are personal. Everywhere but behind the permission
`see_personal` a customer goes by a reference: `c` and fifteen hexadecimal digits of SHA-256 over the shop's salt and the key.
The salt lies in `data/salt`; without it nobody can try phone numbers until one fits.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from shopkeeper.errors import InternalError
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.sql import literal

SALT_FILE = "salt"

KEYS: dict[str, tuple[str, ...]] = {
    t.name: tuple(c.name for c in t.columns if c.references == "customers" or (t.name, c.name) == ("customers", "customer_id"))
    for t in TABLES.values()
    if any(c.references == "customers" or (t.name, c.name) == ("customers", "customer_id") for c in t.columns)
}  # fmt: skip
"""Columns that hold a customer's key, by table."""

SAYINGS: dict[str, tuple[str, ...]] = {
    "customers": ("name", "phone_hash", "email_hash"),
    "identities": ("identity",),
    "orders": ("note",),
    "reviews": ("text",),
    "visits": ("visitor_id",),
    "events": ("visitor_id", "attributes"),
    "consents": ("evidence",),
    "settlements": ("note",),
    "ledger_entries": ("account", "note"),
    "people": ("person_id", "reports_to"),
    "quarantine": ("received", "raw"),
    "quarantine_actions": ("edits",),
    "check_runs": ("samples",),
}
"""Columns that may say who somebody is in other ways: names, addresses in remarks, devices, whole rows as they were read."""

ABOUT: tuple[str, ...] = (
    "gender", "age_band", "income_band", "household_size", "household_kind", "children", "marital_status",
    "home_ownership", "region", "member_tier", "member_points", "joined_day",
)  # fmt: skip
"""What `customers` says about a person beside who they are: erased with them, shown without their name."""


def says_who(table: str, column: str) -> bool:
    """Whether a column may say who somebody is.

    >>> says_who("orders", "customer_id"), says_who("reviews", "text"), says_who("orders", "status")
    (True, True, False)
    """
    return column in KEYS.get(table, ()) or column in SAYINGS.get(table, ())


def shop_salt(data_dir: Path) -> str:
    """The shop's own salt, made when first asked for: 32 hexadecimal digits. Raises InternalError when it cannot be kept."""
    path = data_dir / SALT_FILE
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    salt = secrets.token_hex(16)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was first
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise InternalError(
            "the salt of the shop's customers cannot be kept", where=str(path), received=error.strerror,
            allowed="a folder that you may write to", state="nothing was changed",
        ) from None  # fmt: skip
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(salt)
    return salt


def salted(salt: str, value: str) -> str:
    """SHA-256 of a value under the salt, as hexadecimal digits."""
    return hashlib.sha256((salt + value).encode()).hexdigest()


def reference(salt: str, person: str) -> str:
    """What a person is called where nobody may see who they are.

    >>> reference("0" * 32, "Li")
    'cab80fa8b868b112'
    """
    return "c" + salted(salt, person)[:15]


def reference_sql(salt: str, column: str) -> str:
    """The same in SQL; NULL stays NULL."""
    return f"('c' || left(sha256({literal(salt)} || {column}), 15))"


def masked_select(table: str, salt: str, source: str) -> str:
    """All rows of a table with customers' keys as references and what says who somebody is left out."""
    changed = [f"{reference_sql(salt, name)} AS {name}" for name in KEYS.get(table, ())]
    changed += [f"CASE WHEN {name} IS NULL THEN NULL ELSE '***' END AS {name}" for name in SAYINGS.get(table, ())]
    return f"SELECT * REPLACE ({', '.join(changed)}) FROM {source}" if changed else f"SELECT * FROM {source}"


def masking_views(salt: str, stored: frozenset[str]) -> tuple[str, ...]:
    """Temporary views that stand before the tables with personal columns: a temporary name is looked up first."""
    return tuple(
        f"CREATE OR REPLACE TEMP VIEW {name} AS {masked_select(name, salt, f'lake.main.{name}')}"
        for name in sorted((KEYS.keys() | SAYINGS.keys()) & stored)
    )
