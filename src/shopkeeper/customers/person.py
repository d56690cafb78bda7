"""Whose facts are whose: each customer key of the sources, the person it belongs to and the reference it goes by.

    customer_id            person         ref
    小清_1358823362         小清_1358823362  c81…      until One-ID links keys, a person is one row of `customers`
    9f86d0… (phone hash)   9f86d0…        c2a…

Everything of this room asks `owners_sql`; when links between keys come, they come in here and nowhere else.
"""

from __future__ import annotations

from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.personal import KEYS, reference_sql, salted, shop_salt

MEMBERS = "person_members"
"""The table of One-ID: (customer_id, person_id), where the lake has it."""

OF_PERSONS = tuple(sorted(t for t, columns in KEYS.items() if "customer_id" in columns and TABLES[t].kind != "ledger"))
"""Tables whose rows are somebody's."""


def owners_sql(lake: Lake, of: str = "") -> str:
    """Query of (customer_id, person, ref): one row for each key that any table holds; `of` limits it to a query of keys."""
    salt = shop_salt(lake.data_dir)
    held = _tables(lake)
    wanted = f" AND customer_id IN ({of})" if of else ""
    keys = " UNION ".join(
        f"SELECT customer_id FROM {table} WHERE customer_id IS NOT NULL{wanted}" for table in held
    )  # fmt: skip
    keys = keys or "SELECT CAST(NULL AS VARCHAR) AS customer_id WHERE false"
    if MEMBERS not in set(lake.table_names()):
        return f"SELECT customer_id, customer_id AS person, {reference_sql(salt, 'customer_id')} AS ref FROM ({keys})"
    people = (
        f"SELECT k.customer_id, coalesce(m.person_id, k.customer_id) AS person FROM ({keys}) k "
        f"LEFT JOIN {MEMBERS} m USING (customer_id)"
    )
    return f"SELECT *, {reference_sql(salt, 'person')} AS ref FROM ({people})"


def same_person_sql(lake: Lake, of: str) -> str:
    """Query of every key of the people to whom the keys of a query belong."""
    if MEMBERS not in set(lake.table_names()):
        return of
    people = f"SELECT person_id FROM {MEMBERS} WHERE customer_id IN ({of})"
    return f"{of} UNION SELECT customer_id FROM {MEMBERS} WHERE person_id IN ({people})"


def spellings(text: str) -> tuple[str, ...]:
    """A text as it may stand in a table: itself, and the hashes that sources keep of phone numbers and e-mail addresses.

    >>> len(spellings("13800000000"))
    4
    """
    plain = text.strip()
    low = plain.lower()
    forms = {plain, low, salted("", low)}
    digits = "".join(c for c in plain if c.isdigit())
    if len(digits) >= 7 and len(digits) >= len(plain.replace(" ", "").replace("-", "")) - 1:
        forms |= {salted("", digits), salted("", f"86{digits}"), salted("", f"+{digits}")}
    return tuple(sorted(forms))


def _tables(lake: Lake) -> list[str]:
    stored = set(lake.table_names())
    return [table for table in OF_PERSONS if table in stored]
