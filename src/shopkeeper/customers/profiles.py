"""Make all profiles of a shop once a snapshot, mend those of the people whom a load touched, and read them.

lake at snapshot 12  →  18 feeds, one query a fact  →  profiles.parquet (ref, keys, dimensions …), keys, history
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import filelock

from shopkeeper.customers import feeds, history, person, store
from shopkeeper.customers.catalogue import DIMENSIONS, RANKED, SQL_TYPES, Dimension
from shopkeeper.customers.feeds import FEEDS, OWNER
from shopkeeper.customers.store import People
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.warehouse.changes import changed_rows, touched_tables
from shopkeeper.warehouse.personal import KEYS, salted, shop_salt
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import listed, literal

GAP_DAYS = 60.0
"""Usual days between two orders where no customer of the shop has bought twice."""

PEOPLE_AT_ONCE = 150_000
"""People whose facts are held in memory together: what says most often and in which order cannot be written to disk meanwhile."""

_MOST_LAYERS = 8
_OWNERS = "profile_owners"
_ROWS_A_GROUP = 8192  # small enough that one person costs little, large enough that a scan stays quick
_WRITTEN = f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROWS_A_GROUP})"
_STORED = tuple(d for d in DIMENSIONS.values() if not d.derived)
_WHOLE = ("products", "sku_costs", "shops", "platforms")
"""Tables about everybody: when one of them changes, all profiles are made anew."""


@dataclass(frozen=True)
class Profile:
    """One customer. `values` has every dimension that is filled; `personal` is what may be shown only to some."""

    ref: str
    keys: tuple[str, ...]
    name: str | None
    layer: int
    values: dict[str, Any]
    applicable: frozenset[str]

    @property
    def completeness(self) -> float | None:
        """Filled dimensions of those that the shop has a source for and that apply to this customer."""
        return len(self.applicable & self.values.keys()) / len(self.applicable) if self.applicable else None


def people_of(shop: Shop) -> People:
    """The profiles as of the newest snapshot, made or mended when they are not. Only one process at a time makes them."""
    found = store.take(shop.data_dir)
    key = _digest(shop)
    if found is not None and found.key == key and found.snapshot == shop.lake.snapshot():
        return found
    (shop.data_dir / store.FOLDER).mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(str(shop.data_dir / store.FOLDER / ".lock")), shop.lake.reading() as snapshot:
        found = store.take(shop.data_dir)
        if found is not None and found.key == key and found.snapshot >= snapshot:
            return found
        folder = store.new_version(shop.data_dir, snapshot)
        try:
            usable = found if found is not None and found.key == key else None
            made = _Making(shop, folder, snapshot, key).made(usable)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        store.keep(shop.data_dir, made)
        return made


def _digest(shop: Shop) -> str:
    said = [repr(list(DIMENSIONS.values())), repr(FEEDS), history.history_sql(frozenset(history._PARTS), ""),
            shop.settings.shop.timezone, shop_salt(shop.data_dir)]  # fmt: skip
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Making:
    """One making of profiles, inside a reading transaction."""

    shop: Shop
    folder: Path
    snapshot: int
    key: str

    def made(self, before: People | None) -> People:
        """Mend what was there when that is possible, else make everything."""
        lake, folder = self.shop.lake, self.folder
        changed = None if before is None else self._changed(before)
        held = _tables_with_rows(self.shop)
        if changed is None or before is None or before.tables != held:
            lake.query(f"CREATE OR REPLACE TEMP TABLE {_OWNERS} AS {person.owners_sql(lake)}")
            layer, old = 0, ""
        else:
            lake.query(f"CREATE OR REPLACE TEMP TABLE profile_new AS {changed}")
            lake.query(f"CREATE OR REPLACE TEMP TABLE {_OWNERS} AS {self._touched(before)}")
            layer, old = before.layers, before.profiles
            store.link_layers(before, folder)
        fresh = self._rows(held, layer)
        _write_profiles(self.shop, folder, old, fresh)
        made = self._measured(held, layer + 1)
        if made.layers > _MOST_LAYERS:
            made = _compacted(self.shop, made)
        _write_keys(self.shop, made)
        return made

    def _rows(self, held: frozenset[str], layer: int) -> str:
        """Profiles, without ranks, and the history of the people in `profile_owners`: so many people at a time as memory holds.

        Writes the layer of the history; returns the profiles as a relation.
        """
        lake, folder, zone = self.shop.lake, self.folder, literal(self.shop.settings.shop.timezone)
        happened, rows = [], []
        for number, within in enumerate(_slices(self.shop, _OWNERS)):
            lake.query(f"CREATE OR REPLACE TEMP TABLE {OWNER} AS SELECT * FROM {_OWNERS} WHERE {within}")
            feeds.make_feeds(lake, zone)
            rows.append(folder / f".rows.{number}.parquet")
            lake.query(f"COPY ({_rows_sql(held, layer)}) TO {literal(str(rows[-1]))} {_WRITTEN}")
            happened.append(folder / f".history.{number}.parquet")
            lake.query(
                f"COPY (SELECT * FROM ({history.history_sql(held, zone)}) ORDER BY ref, happened_at DESC) "
                f"TO {literal(str(happened[-1]))} {_WRITTEN}"
            )
        feeds.drop_feeds(lake)
        _joined(self.shop, happened, folder / f"history.{layer}.parquet")
        return f"read_parquet([{listed(map(str, rows))}])"

    def _changed(self, before: People) -> str | None:
        """Query of the keys whose facts came, went or changed; None when everything must be made anew."""
        if before.snapshot > self.snapshot:
            return None
        touched = touched_tables(self.shop.lake, before.snapshot, self.snapshot)
        if touched is None or touched & set(_WHOLE):
            return None
        parts = [
            f"SELECT customer_id FROM {changed_rows(table, before.snapshot, self.snapshot)} WHERE customer_id IS NOT NULL"
            for table in sorted(touched & {*person.OF_PERSONS, person.MEMBERS})
        ]
        return " UNION ".join(parts) or "SELECT CAST(NULL AS VARCHAR) AS customer_id WHERE false"

    def _touched(self, before: People) -> str:
        """Owners of the changed keys, with every other key of the same people, as they are now."""
        together = (
            "SELECT customer_id FROM profile_new UNION SELECT unnest(keys) AS customer_id "
            f"FROM {before.profiles} WHERE ref IN ({_holding(before.profiles)})"
        )
        self.shop.lake.query(f"CREATE OR REPLACE TEMP TABLE profile_wider AS {together}")
        self.shop.lake.query("CREATE OR REPLACE TEMP TABLE profile_new AS FROM profile_wider")
        every = person.same_person_sql(self.shop.lake, "SELECT customer_id FROM profile_new")
        return person.owners_sql(self.shop.lake, every)

    def _measured(self, held: frozenset[str], layers: int) -> People:
        people = People(self.folder, self.snapshot, self.key, None, GAP_DAYS, 0, layers, held, frozenset())
        counted = ", ".join(f"count({d.id})" for d in _STORED)
        row = self.shop.lake.query(
            f"SELECT count(*), max(greatest(last_order_day, last_visit_day, last_refund_day)), median(order_gap_days), {counted} "
            f"FROM {people.profiles}"
        ).fetchone()
        assert row is not None
        filled = frozenset(d.id for d, n in zip(_STORED, row[3:], strict=True) if n)
        return replace(people, people=int(row[0]), last_day=row[1], gap_days=float(row[2] or GAP_DAYS), filled=filled)


def _rows_sql(held: frozenset[str], layer: int) -> str:
    """Query of the profiles of the people in `profile_owner`, without what compares them with all others."""
    columns = []
    for d in _STORED:
        sql = "NULL" if d.id in RANKED else d.sql.replace("{has_refunds}", str("refunds" in held).lower())
        if not held.issuperset(d.tables[:1]):
            sql = "NULL"
        elif d.zero:
            sql = f"coalesce({sql}, 0)"
        columns.append(f"CAST({sql} AS {SQL_TYPES[d.kind]}) AS {d.id}")
    joins = " ".join(f"LEFT JOIN feed_{feed} {feed} ON {feed}.ref = who.ref" for feed in FEEDS)
    return (
        f"SELECT who.ref, who.keys, customer.name, CAST({layer} AS INTEGER) AS layer, {', '.join(columns)} "
        f"FROM (SELECT ref, list(customer_id ORDER BY customer_id) AS keys FROM {OWNER} GROUP BY ref) who {joins}"
    )


def _holding(profiles: str) -> str:
    """Query of the references of profiles with a key among `profile_new`."""
    return f"SELECT ref FROM (SELECT ref, unnest(keys) AS key FROM {profiles}) WHERE key IN (SELECT customer_id FROM profile_new)"


def _slices(shop: Shop, relation: str) -> list[str]:
    """Conditions on `ref`, in its order, that each hold for few enough people. References are hashes: they lie evenly."""
    row = shop.lake.query(f"SELECT count(DISTINCT ref) FROM {relation}").fetchone()
    number = max(1, -(-int(row[0] if row else 0) // PEOPLE_AT_ONCE))
    edges = [f"c{place * 16**4 // number:04x}" for place in range(1, number)]
    return [
        " AND ".join([*([f"ref >= '{low}'"] if low else []), *([f"ref < '{high}'"] if high else [])]) or "true"
        for low, high in zip(["", *edges], [*edges, ""], strict=True)
    ]


def _write_profiles(shop: Shop, folder: Path, old: str, fresh: str) -> None:
    """All profiles in the order of their references: the fresh ones and, of the old ones, those of untouched people."""
    lake, kept = shop.lake, f"SELECT * FROM {fresh}"
    if old:
        lake.query(f"CREATE OR REPLACE TEMP TABLE profile_gone AS {_holding(old)} UNION SELECT ref FROM {fresh}")
        kept = f"SELECT * FROM {old} WHERE ref NOT IN (FROM profile_gone) UNION ALL BY NAME {kept}"
    # Ranks compare everybody; only what they are made of is held at once.
    ranks = ", ".join(f"CASE WHEN orders > 0 THEN {DIMENSIONS[name].sql} END AS {name}" for name in RANKED)
    lake.query(f"CREATE OR REPLACE TEMP TABLE profile_ranks AS SELECT ref, {ranks} FROM ({kept})")
    put, parts = ", ".join(f"r.{name} AS {name}" for name in RANKED), []
    for number, within in enumerate(_slices(shop, "profile_ranks")):
        parts.append(folder / f".profiles.{number}.parquet")
        lake.query(
            f"COPY (SELECT k.* REPLACE ({put}) FROM (SELECT * FROM ({kept}) WHERE {within}) k JOIN profile_ranks r "
            f"ON r.ref = k.ref ORDER BY k.ref) TO {literal(str(parts[-1]))} {_WRITTEN}"
        )
    _joined(shop, parts, folder / "profiles.parquet")
    for path in folder.glob(".rows.*.parquet"):
        path.unlink()


def _joined(shop: Shop, parts: Sequence[Path], whole: Path) -> None:
    """Files whose rows follow one another as one file."""
    if len(parts) == 1:
        parts[0].replace(whole)
        return
    told = f"read_parquet([{listed(map(str, parts))}])"
    shop.lake.query(f"COPY (SELECT * FROM {told}) TO {literal(str(whole))} {_WRITTEN}")
    for path in parts:
        path.unlink()


def _write_keys(shop: Shop, people: People) -> None:
    """Each key with its reference, hashed: who has no right to see people finds nobody by reading the file."""
    salt = literal(shop_salt(shop.data_dir))
    own = f"SELECT ref, unnest(keys) AS key FROM {people.profiles}"
    parts = [own]
    if "customers" in people.tables:
        for column in ("phone_hash", "email_hash"):
            parts.append(f"SELECT o.ref, c.{column} FROM customers c JOIN ({own}) o ON o.key = c.customer_id")
    if "identities" in people.tables:
        parts.append(f"SELECT o.ref, i.identity FROM identities i JOIN ({own}) o ON o.key = i.customer_id")
    shop.lake.query(
        f"COPY (SELECT DISTINCT sha256({salt} || key) AS key, ref FROM ({' UNION ALL '.join(parts)}) WHERE key IS NOT NULL "
        f"ORDER BY key, ref) TO {literal(str(people.folder / 'keys.parquet'))} {_WRITTEN}"
    )


def _compacted(shop: Shop, people: People) -> People:
    """All layers of the history as one."""
    layers = " UNION ALL ".join(
        f"SELECT h.* FROM {people.history(n)} h "
        f"SEMI JOIN (SELECT ref FROM {people.profiles} WHERE layer = {n}) p ON h.ref = p.ref"
        for n in range(people.layers)
    )
    scratch = {name: people.folder / f".{name}" for name in ("history.0.parquet", "profiles.parquet")}
    shop.lake.query(
        f"COPY (SELECT * FROM ({layers}) ORDER BY ref, happened_at DESC) "
        f"TO {literal(str(scratch['history.0.parquet']))} {_WRITTEN}"
    )
    shop.lake.query(
        f"COPY (SELECT * REPLACE (0 AS layer) FROM {people.profiles} ORDER BY ref) "
        f"TO {literal(str(scratch['profiles.parquet']))} {_WRITTEN}"
    )
    for number in range(people.layers):
        (people.folder / f"history.{number}.parquet").unlink()
    for name, path in scratch.items():
        path.replace(people.folder / name)
    return replace(people, layers=1)


def _tables_with_rows(shop: Shop) -> frozenset[str]:
    """Tables of the catalogue's sources that hold anything of anybody."""
    wanted = {table for d in DIMENSIONS.values() for table in d.tables} | set(_WHOLE)
    parts = []
    for table in sorted(wanted & set(shop.lake.table_names())):
        named = " WHERE customer_id IS NOT NULL" if table in KEYS else ""  # visits of nobody tell nothing of anybody
        parts.append(f"(SELECT {literal(table)} FROM {table}{named} LIMIT 1)")
    return frozenset(str(name) for (name,) in shop.lake.query(" UNION ALL ".join(parts)).fetchall())


# --- reading ----------------------------------------------------------------------------------------------------------


def looked_from(people: People, as_of: dt.date | None) -> dt.date | None:
    """The day that derived dimensions look from: the last of the data, or a later one. Raises UsageError for an earlier one."""
    if as_of is not None and people.last_day is not None and as_of < people.last_day:
        raise UsageError(
            "profiles know only the newest data", where="--as-of", received=as_of.isoformat(),
            allowed=f"{people.last_day} or later", state="nothing was changed",
        )  # fmt: skip
    return as_of or people.last_day


def profiles_sql(people: People, as_of: dt.date | None = None) -> str:
    """Query of every profile with stored and derived dimensions."""
    day = looked_from(people, as_of)
    moment = f"DATE {literal(day.isoformat())}" if day else "CAST(NULL AS DATE)"
    derived = ", ".join(
        f"CAST({d.sql.replace('{as_of}', moment).replace('{gap}', repr(people.gap_days))} AS {SQL_TYPES[d.kind]}) AS {d.id}"
        for d in DIMENSIONS.values()
        if d.derived
    )
    return f"SELECT *, {derived} FROM {people.profiles}"


def available(people: People, d: Dimension) -> bool:
    """Whether the shop holds what a dimension is read from."""
    if d.derived:
        return "order_lines" in people.tables if d.id == "lifecycle" else all(t in people.tables for t in d.tables)
    return d.id in people.filled


def find(shop: Shop, people: People, asked: str) -> str:
    """The reference of the customer whom a reference, a key of a source, a phone number or an e-mail address names, exactly.

    Raises NotFound, which repeats nothing of what was asked, and UsageError when several customers go by it.
    """
    wanted = asked.strip()
    if not wanted:
        raise UsageError("nobody was named", allowed="a reference, or a whole key, phone number or e-mail address")
    salt = shop_salt(shop.data_dir)
    forms = [salted(salt, form) for form in person.spellings(wanted)]
    rows = shop.lake.query(
        f"SELECT ref FROM {people.profiles} WHERE ref = ? UNION SELECT ref FROM {people.keys} WHERE key IN ({listed(forms)})",
        [wanted],
    ).fetchall()
    if not rows:
        raise NotFound(
            "customer", "…", (), where=f"shop {shop.id}",
            next_command="shopkeeper customers list; a search takes whole keys, never parts",
        )  # fmt: skip
    if len(rows) > 1:
        raise UsageError(
            "more than one customer goes by this", received=f"{len(rows)} customers", allowed="a reference",
            next_command=f"shopkeeper customers show {rows[0][0]}",
        )  # fmt: skip
    return str(rows[0][0])


def profile(shop: Shop, people: People, ref: str, as_of: dt.date | None = None) -> Profile:
    """One customer's profile. Raises NotFound."""
    applies = ", ".join(f"coalesce({d.applies}, false)" for d in DIMENSIONS.values())
    stored = f"SELECT * FROM {people.profiles} WHERE ref = {literal(ref)}"
    narrow = replace_source(profiles_sql(people, as_of), people, stored)
    names = ", ".join(DIMENSIONS)
    row = shop.lake.query(f"SELECT ref, keys, name, layer, {names}, {applies} FROM ({narrow})").fetchone()
    if row is None:
        raise NotFound("customer", "…", (), where=f"shop {shop.id}", next_command="shopkeeper customers list")
    count = len(DIMENSIONS)
    values = {name: value for name, value in zip(DIMENSIONS, row[4 : 4 + count], strict=True) if value is not None}
    applicable = frozenset(
        d.id for d, says in zip(DIMENSIONS.values(), row[4 + count :], strict=True) if says and available(people, d)
    )
    return Profile(str(row[0]), tuple(row[1]), row[2], int(row[3]), values, applicable)


def replace_source(sql: str, people: People, narrowed: str) -> str:
    """The same query over some of the profiles only: derived dimensions are reckoned after the few rows are found."""
    return sql.replace(f"FROM {people.profiles}", f"FROM ({narrowed})")


def shop_completeness(shop: Shop, people: People) -> tuple[float | None, dict[str, tuple[int, int]]]:
    """Filled ÷ applicable over all customers, and (filled, applicable) customers of each dimension that has a source."""
    known = [d for d in DIMENSIONS.values() if available(people, d)]
    if not known or not people.people:
        return None, {}
    parts = ", ".join(
        f"count({d.id}) FILTER (coalesce({d.applies}, false)), count(*) FILTER (coalesce({d.applies}, false))"
        for d in known
    )
    row: Sequence[int] = shop.lake.query(f"SELECT {parts} FROM ({profiles_sql(people)})").fetchone() or ()
    by = {d.id: (int(row[2 * n]), int(row[2 * n + 1])) for n, d in enumerate(known)}
    applicable = sum(of for _, of in by.values())
    return (sum(filled for filled, _ in by.values()) / applicable if applicable else None), by
