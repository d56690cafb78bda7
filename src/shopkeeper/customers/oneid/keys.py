"""Keys that two customers may share: what each is worth, who holds it, and from how many holders on it is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shopkeeper.core.settings import OneIdSection
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.sql import literal

CONFIDENCE: Mapping[str, float] = {
    "buyer_id": 0.999, "member_id": 0.995, "open_id": 0.99, "email": 0.99, "phone": 0.97, "device": 0.85,
}  # fmt: skip
"""How sure one shared key makes: declared, not estimated. A phone may be a family's, a device a friend's."""

KEYS, HOLDERS, LIVE = "oneid_keys", "oneid_holders", "oneid_live"
"""Temp tables: (kind, value, customer_id); (kind, value, holders, doubled) of values that more than one customer holds, doubled
where two hold it on one platform; and the rows of the first whose value links: held by more than one, and by no more than one
person plausibly is."""

_KIND_OF = {"phone_hash": "phone", "email_hash": "email"}  # identities call a key by its column
_OF_PLATFORM = ("buyer_id",)  # given out by each platform for itself; all others mean the same everywhere
_OF_HOUSEHOLDS = (
    "phone"  # on one platform a person has one account, so two accounts there with one phone are a household's
)
_OWN = ("buyer_id", "member_id")  # a customer may go by such a key as its own id

COMPARED = ("name", "gender", "age_band", "region")
"""Columns of `customers` that say something without being a key."""


@dataclass(frozen=True)
class WeakKeys:
    """Keys of a kind that too many hold: an office's phone, a till's account, a platform's virtual number."""

    kind: str
    keys: int
    holders: int


def kinds(settings: OneIdSection) -> tuple[str, ...]:
    """The kinds that link; a device only where the shop declares that its devices are personal."""
    return tuple(kind for kind in CONFIDENCE if kind != "device" or settings.device_is_key)


def key_rows(customers: str, identities: str, settings: OneIdSection) -> str:
    """SQL of (kind, value, customer_id) from relations with the columns of `customers` and `identities`."""
    shown = ", ".join(map(literal, kinds(settings)))
    renamed = " ".join(f"WHEN {literal(column)} THEN {literal(kind)}" for column, kind in _KIND_OF.items())
    scoped = ", ".join(map(literal, _OF_PLATFORM))
    return (
        f"SELECT 'phone' AS kind, phone_hash AS value, customer_id FROM {customers} WHERE phone_hash IS NOT NULL "
        f"UNION SELECT 'email', email_hash, customer_id FROM {customers} WHERE email_hash IS NOT NULL "
        "UNION SELECT * FROM (SELECT CASE kind "
        f"{renamed} ELSE kind END AS kind, CASE WHEN kind IN ({scoped}) THEN concat(platform_id, ' ', identity) "
        f"ELSE identity END AS value, customer_id FROM {identities} WHERE customer_id IS NOT NULL) WHERE kind IN ({shown})"
    )


def own_key_rows(identities: str) -> str:
    """SQL of keys held by the customer who goes by them: orders name a buyer id, and a list says which customer that is."""
    own = ", ".join(map(literal, _OWN))
    scoped = ", ".join(map(literal, _OF_PLATFORM))
    return (
        f"SELECT kind, CASE WHEN kind IN ({scoped}) THEN concat(platform_id, ' ', identity) ELSE identity END AS value, "
        f"identity AS customer_id FROM {identities} WHERE kind IN ({own}) AND customer_id <> identity "
        "AND identity IN (SELECT customer_id FROM customers)"
    )


def read_keys(lake: Lake, settings: OneIdSection) -> None:
    """Leave `KEYS`, `HOLDERS` and `LIVE` as the lake has them now."""
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {KEYS} AS {key_rows('customers', 'identities', settings)} "
        f"UNION {own_key_rows('identities')}"
    )
    lake.query(
        "CREATE OR REPLACE TEMP TABLE oneid_doubled AS SELECT DISTINCT kind, value FROM (SELECT kind, value FROM "
        f"{KEYS} JOIN (SELECT DISTINCT customer_id, platform_id FROM identities WHERE customer_id IS NOT NULL) "
        f"USING (customer_id) WHERE kind = '{_OF_HOUSEHOLDS}' GROUP BY kind, value, platform_id HAVING count(*) > 1)"
    )
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {HOLDERS} AS SELECT kind, value, count(*) AS holders, "
        "(kind, value) IN (SELECT (kind, value) FROM oneid_doubled) AS doubled FROM "
        f"{KEYS} GROUP BY kind, value HAVING count(*) > 1"
    )
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {LIVE} AS SELECT k.kind, k.value, k.customer_id FROM {KEYS} k JOIN {HOLDERS} h "
        f"USING (kind, value) WHERE h.holders <= {settings.most_holders}"
    )


def weak_keys(lake: Lake, settings: OneIdSection) -> tuple[WeakKeys, ...]:
    """Kinds with keys that more hold than one person plausibly has customers."""
    rows = lake.query(
        f"SELECT kind, count(*), sum(holders) FROM {HOLDERS} WHERE holders > {settings.most_holders} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return tuple(WeakKeys(str(kind), int(keys), int(holders)) for kind, keys, holders in rows)
