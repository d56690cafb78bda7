"""Segments: a rule asked of all profiles at once, saved in versions, refreshed into a list of members, compared and exported."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, insert, select

from shopkeeper.access.audit import append
from shopkeeper.core.ids import new_id
from shopkeeper.customers import tags as tagging
from shopkeeper.customers.catalogue import DIMENSIONS, TAGS
from shopkeeper.customers.profiles import available, looked_from, people_of, profiles_sql
from shopkeeper.customers.rules import Rule, columns_of, compiled, read_rule, reads
from shopkeeper.customers.store import People
from shopkeeper.errors import NotEstimable, NotFound, UsageError
from shopkeeper.state import State
from shopkeeper.state.tables.customers import SEGMENT_REFRESHES, SEGMENT_VERSIONS
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import listed, literal

FOLDER = "segments"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_TAG_LISTS = f"{TAGS}_of"


@dataclass(frozen=True)
class Segment:
    """A saved rule in its newest version, and its newest refresh."""

    name: str
    version: int
    rule: Rule
    note: str
    saved_at: dt.datetime
    saved_by: str
    tag: str = ""


@dataclass(frozen=True)
class Refresh:
    """The members of a segment as of a snapshot, compared with the refresh before. `tagged` and `untagged` as it was made."""

    name: str
    number: int
    version: int
    snapshot: int
    looked_from: dt.date | None
    members: int
    came: int
    went: int
    file: str
    refreshed_at: dt.datetime
    refreshed_by: str
    tagged: int = 0
    untagged: int = 0


@dataclass(frozen=True)
class Counted:
    """How many customers a rule takes, of how many."""

    members: int
    of: int
    snapshot: int
    looked_from: dt.date | None


def members_sql(shop: Shop, state: State | None, people: People, rule: Rule, as_of: dt.date | None = None) -> str:
    """Query of the profiles that a rule takes. Raises NotEstimable when the shop has no source for what it asks."""
    missing = [d for d in reads(rule) if not available(people, d)]
    if missing:
        raise NotEstimable(
            "the shop holds nothing to tell this by", sorted({source for d in missing for source in d.sources}),
            where=f"rule, {', '.join(d.id for d in missing)}", next_command="shopkeeper segments dimensions",
        )  # fmt: skip
    source = f"({profiles_sql(people, as_of)})"
    if TAGS in columns_of(rule):
        given = tagging.all_tags(state, shop) if state is not None else {}
        rows = ", ".join(f"({literal(name)}, [{listed(refs)}])" for name, refs in given.items())
        lists = (
            f"SELECT tag, unnest(refs) AS ref FROM (VALUES {rows}) v(tag, refs)"
            if rows
            else "SELECT '' AS tag, '' AS ref WHERE false"
        )
        source = (
            f"(SELECT p.*, coalesce({_TAG_LISTS}.names, CAST([] AS VARCHAR[])) AS {TAGS} FROM {source} p LEFT JOIN "
            f"(SELECT ref, list(tag) AS names FROM ({lists}) GROUP BY ref) {_TAG_LISTS} USING (ref))"
        )
    return f"SELECT * FROM {source} WHERE {compiled(rule, looked_from(people, as_of))}"


def count(shop: Shop, state: State | None, rule: Rule, as_of: dt.date | None = None) -> Counted:
    """How many customers a rule takes now: one scan of the columns that it reads."""
    people = people_of(shop)
    row = shop.lake.query(f"SELECT count(*) FROM ({members_sql(shop, state, people, rule, as_of)})").fetchone()
    return Counted(int(row[0]) if row else 0, people.people, people.snapshot, looked_from(people, as_of))


def save(
    state: State, shop: Shop, name: str, text: str, *, note: str = "", tag: str = "", by: str, at: dt.datetime
) -> Segment:  # fmt: skip
    """Save a rule as the next version of a segment; the same rule and tag again make none.

    `tag` is what every refresh gives to members and takes from those who are none any more. Raises UsageError.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            "this is no name for a segment", received=name[:60], allowed="1 to 40 of a-z, 0-9, - and _",
            state="nothing was changed",
        )  # fmt: skip
    rule = read_rule(text)
    if tag:
        tagging.refuse_tag(tag)
    if any(c.dimension == TAGS and tag in c.values for c in rule.conditions()):
        raise UsageError(
            "a rule must not ask for the tag that it gives", where="tag", received=tag, state="nothing was changed"
        )
    with state.writing() as connection:
        before = _newest(connection, shop.id, name)
        if before is not None and before.rule == rule.as_json() and (before.tag or "") == tag:
            return _segment(before)
        version = 1 if before is None else before.version + 1
        connection.execute(
            insert(SEGMENT_VERSIONS).values(
                shop_id=shop.id,
                name=name,
                version=version,
                rule=rule.as_json(),
                note=note[:400],
                saved_at=at,
                saved_by=by,
                tag=tag or None,
            )
        )
        append(connection, "segment.saved", name, actor=by, at=at, shop=shop.id, version=version)
    return Segment(name, version, rule, note[:400], at, by, tag)


def let_go(state: State, shop: Shop, name: str, *, by: str, at: dt.datetime) -> None:
    """Let a segment go: versions and refreshes stay on record, its members are no longer asked for, the tags it gave are taken.

    Raises NotFound.
    """
    with state.writing() as connection:
        before = _newest(connection, shop.id, name)
        if before is None or before.rule is None:
            raise NotFound("segment", name, _names(connection, shop.id))
        connection.execute(
            insert(SEGMENT_VERSIONS).values(
                shop_id=shop.id, name=name, version=before.version + 1, rule=None, note="", saved_at=at, saved_by=by
            )
        )
        tagging.give_by_rule(connection, shop, name, None, (), by=by, at=at)
        append(connection, "segment.let_go", name, actor=by, at=at, shop=shop.id, version=before.version)


def segments(state: State, shop: Shop) -> tuple[Segment, ...]:
    """Every segment in its newest version, by name."""
    with state.reading() as connection:
        return tuple(_segment(row) for row in _all_newest(connection, shop.id) if row.rule is not None)


def segment(state: State, shop: Shop, name: str) -> Segment:
    """One segment. Raises NotFound with the nearest names."""
    found = segments(state, shop)
    for one in found:
        if one.name == name:
            return one
    raise NotFound("segment", name, [one.name for one in found], next_command="shopkeeper segments list")


def refresh(state: State, shop: Shop, name: str, *, by: str, at: dt.datetime, as_of: dt.date | None = None) -> Refresh:
    """Ask a segment's rule of the newest profiles and keep who it takes; the refresh before tells who came and who went.

    A segment with a tag gives it to all members and takes it from those to whom it gave it before and who are none now.
    """
    kept = segment(state, shop, name)
    people = people_of(shop)
    folder = shop.data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    file = f"{name}.{new_id('r')}.parquet"
    path = folder / file
    wanted = members_sql(shop, state, people, kept.rule, as_of)
    shop.lake.query(
        f"COPY (SELECT ref FROM ({wanted}) ORDER BY ref) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
    )
    now = f"read_parquet({literal(str(path))})"
    with state.writing() as connection:
        before = _refreshes(connection, shop.id, name, 1)
        old = f"read_parquet({literal(str(folder / before[0].file))})" if before else "(SELECT '' AS ref WHERE false)"
        row = shop.lake.query(
            f"SELECT (SELECT count(*) FROM {now}), (SELECT count(*) FROM {now} n ANTI JOIN {old} o USING (ref)), "
            f"(SELECT count(*) FROM {old} o ANTI JOIN {now} n USING (ref))"
        ).fetchone()
        members, came, went = (int(n) for n in row) if row else (0, 0, 0)
        done = Refresh(
            name, before[0].number + 1 if before else 1, kept.version, people.snapshot, looked_from(people, as_of), members,
            came, went, file, at, by,
        )  # fmt: skip
        connection.execute(
            insert(SEGMENT_REFRESHES).values(
                shop_id=shop.id, name=name, refresh=done.number, version=done.version, snapshot=done.snapshot,
                looked_from=done.looked_from, members=members, came=came, went=went, file=file, refreshed_at=at,
                refreshed_by=by,
            )
        )  # fmt: skip
        if kept.tag or _ever_tagged(connection, shop.id, name):
            refs = [ref for (ref,) in shop.lake.query(f"SELECT ref FROM {now}").fetchall()] if kept.tag else []
            tagged, untagged = tagging.give_by_rule(connection, shop, name, kept.tag or None, refs, by=by, at=at)
            done = replace(done, tagged=tagged, untagged=untagged)
        append(
            connection, "segment.refreshed", name, actor=by, at=at, shop=shop.id, members=members, refresh=done.number
        )
    return done


def refreshes(state: State, shop: Shop, name: str, limit: int = 20) -> tuple[Refresh, ...]:
    """The newest refreshes of a segment, newest first."""
    with state.reading() as connection:
        return tuple(_refreshes(connection, shop.id, name, limit))


def changed_members(state: State, shop: Shop, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """References of those who came and who went between the last two refreshes. Raises UsageError when there are not two."""
    found = refreshes(state, shop, name, 2)
    if len(found) < 2:
        raise UsageError(
            "a segment is compared with its refresh before", where=f"segment {name}", received=f"{len(found)} refreshes",
            allowed="two", next_command=f"shopkeeper segments refresh {name}",
        )  # fmt: skip
    new, old = (f"read_parquet({literal(str(shop.data_dir / FOLDER / one.file))})" for one in found)
    came = shop.lake.query(f"SELECT ref FROM {new} n ANTI JOIN {old} o USING (ref) ORDER BY ref").fetchall()
    went = shop.lake.query(f"SELECT ref FROM {old} o ANTI JOIN {new} n USING (ref) ORDER BY ref").fetchall()
    return tuple(r for (r,) in came), tuple(r for (r,) in went)


def member_rows(
    shop: Shop, state: State, rule: Rule, *, personal: bool, limit: int | None = None, as_of: dt.date | None = None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Members of a rule as a table: the reference, and, only for those who may see them, name and keys; then every dimension."""
    people = people_of(shop)
    shown = [d.id for d in DIMENSIONS.values() if available(people, d)]
    lists = {name: f"array_to_string({name}, ', ') AS {name}" for name in shown if DIMENSIONS[name].kind == "list"}
    who = ["name", "array_to_string(keys, ', ') AS keys"] if personal else []
    columns = ", ".join(["ref", *who, *(lists.get(name, name) for name in shown)])
    cut = "" if limit is None else f" LIMIT {limit}"
    found = shop.lake.query(
        f"SELECT {columns} FROM ({members_sql(shop, state, people, rule, as_of)}) ORDER BY ref{cut}"
    )
    return ["ref", *(["name", "keys"] if personal else []), *shown], found.fetchall()


def without(shop: Shop, refs: Sequence[str]) -> int:
    """Take people out of every kept list of members; returns out of how many lists."""
    touched = 0
    for path in sorted((shop.data_dir / FOLDER).glob("*.parquet")):
        source = f"read_parquet({literal(str(path))})"
        hit = shop.lake.query(f"SELECT 1 FROM {source} WHERE ref IN ({listed(refs)}) LIMIT 1").fetchone()
        if hit is not None:
            scratch = path.with_name(f".{path.name}")
            shop.lake.query(
                f"COPY (SELECT * FROM {source} WHERE ref NOT IN ({listed(refs)})) TO {literal(str(scratch))} "
                "(FORMAT parquet, COMPRESSION zstd)"
            )
            scratch.replace(path)
            touched += 1
    return touched


def _all_newest(connection: Connection, shop_id: str) -> list[Any]:
    t = SEGMENT_VERSIONS
    newest = (
        select(t.c.name, func.max(t.c.version).label("version"))
        .where(t.c.shop_id == shop_id)
        .group_by(t.c.name)
        .subquery()
    )
    query = (
        select(t)
        .join(newest, (t.c.name == newest.c.name) & (t.c.version == newest.c.version))
        .where(t.c.shop_id == shop_id)
        .order_by(t.c.name)
    )
    return list(connection.execute(query))


def _newest(connection: Connection, shop_id: str, name: str) -> Any | None:
    t = SEGMENT_VERSIONS
    query = select(t).where(t.c.shop_id == shop_id, t.c.name == name).order_by(t.c.version.desc()).limit(1)
    return connection.execute(query).first()


def _names(connection: Connection, shop_id: str) -> list[str]:
    return [row.name for row in _all_newest(connection, shop_id) if row.rule is not None]


def _ever_tagged(connection: Connection, shop_id: str, name: str) -> bool:
    t = SEGMENT_VERSIONS
    query = select(t.c.tag).where(t.c.shop_id == shop_id, t.c.name == name, t.c.tag.is_not(None)).limit(1)
    return connection.execute(query).first() is not None


def _segment(row: Any) -> Segment:
    return Segment(
        row.name, row.version, read_rule(json.dumps(json.loads(row.rule))), row.note, row.saved_at, row.saved_by,
        row.tag or "",
    )  # fmt: skip


def _refreshes(connection: Connection, shop_id: str, name: str, limit: int) -> list[Refresh]:
    t = SEGMENT_REFRESHES
    query = select(t).where(t.c.shop_id == shop_id, t.c.name == name).order_by(t.c.refresh.desc()).limit(limit)
    return [
        Refresh(
            r.name, r.refresh, r.version, r.snapshot, r.looked_from, r.members, r.came, r.went, r.file, r.refreshed_at,
            r.refreshed_by,
        )
        for r in connection.execute(query)
    ]  # fmt: skip
