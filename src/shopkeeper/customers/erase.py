"""Forget a person for good: rewrite what the shop holds of them, let go of every older state, and prove that nothing is left.

What stays: their orders' amounts, days and articles under a surrogate key, because the books must add up; and, in the
audit trail and the list of erasures, their former reference, which nobody can turn back into a name. What is rewritten or let go:

    the lake's rows · rows set aside · raw copies · older snapshots with their files, pinned ones too · statistics in the catalog
    profiles, roll-ups and other copies that can be made again · members of segments · tags · notes of refused files
    journals of events and webhooks · jobs, dead letters, messages of the outbox and decisions about persons

Files in the inbox are the shop's own: they are told of, and an erasure does not begin while they hold the person unless
it is said what shall become of them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from sqlalchemy import delete, insert

from shopkeeper.access.audit import append
from shopkeeper.core.settings import FILE_NAME
from shopkeeper.customers import search, segments
from shopkeeper.customers.erased_journals import empty_journals, remove_torn
from shopkeeper.customers.erased_rows import Keys, collect, rewrite_rows, rows_of
from shopkeeper.customers.erased_state import named_in_state, rewrite_state
from shopkeeper.customers.profiles import find, people_of, profile
from shopkeeper.customers.store import forget as forget_profiles
from shopkeeper.errors import GuardrailViolation, InternalError, NotFound, UsageError
from shopkeeper.state import State
from shopkeeper.state.tables.customers import CUSTOMER_TAGS, ERASURES
from shopkeeper.warehouse.catalog_statistics import forget_values
from shopkeeper.warehouse.lake import CATALOG
from shopkeeper.warehouse.personal import shop_salt
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.suppression import clean_rows, suppress

Inbox = Literal["refuse", "remove", "keep"]
_PENDING = "erasing.json"
_MADE_AGAIN = ("rollups", "one_id", "profiles")
"""Folders under data/ that are made again from the lake when they are gone."""
_NOTES = ("refused.json",)
"""Files under data/ that only note what went wrong, with the values that did."""


@dataclass(frozen=True)
class ErasePlan:
    """What an erasure would rewrite: numbers and names of files, nothing of the person."""

    ref: str
    rows: dict[str, int]
    raw_files: int
    raw_rows: int
    snapshots: int
    pinned: tuple[int, ...]
    inbox: tuple[str, ...]
    segments: int
    tags: int
    own_files: tuple[str, ...]


@dataclass(frozen=True)
class Erasure:
    """What was done. `left` names files of the shop that still hold a key: none but those of an inbox that was kept."""

    plan: ErasePlan
    erased_at: dt.datetime
    snapshot: int
    raw_rows: int
    left: tuple[str, ...] = ()
    searched_bytes: int = 0
    notes: tuple[str, ...] = field(default=())


def plan_erasure(shop: Shop, state: State, asked: str, *, pins: frozenset[int] = frozenset()) -> ErasePlan:
    """What erasing a customer would rewrite. Nothing is changed. Raises NotFound."""
    ref, keys = _resolved(shop, asked)
    return _plan(shop, state, ref, keys, pins)


def erase(
    shop: Shop, state: State, asked: str, *, reason: str, by: str, at: dt.datetime, inbox: Inbox = "refuse",
    pins: frozenset[int] = frozenset(),
) -> Erasure:  # fmt: skip
    """Erase a customer, then search every byte of the shop's folder for what named them.

    An erasure that was cut off is taken up again by the same call.

    Args:
        shop: the open shop.
        state: its operational state.
        asked: the reference, or a whole key, phone number or e-mail address.
        reason: why, for the record; it must not name the person.
        by: who does it.
        at: when.
        inbox: what becomes of files in the inbox that hold the person: refuse to begin, remove them (their other rows are kept as
            raw copies), or keep them and say so.
        pins: snapshots that decisions and roll-ups rest on; they are let go all the same, which the record says.

    Raises GuardrailViolation for files in the inbox, NotFound, UsageError without a reason, InternalError when
    a key is still found.
    """
    if not reason.strip():
        raise UsageError(
            "an erasure needs a reason",
            where="reason",
            allowed="such as: asked for by the person",
            state="nothing was changed",
        )
    ref, keys = _resolved(shop, asked)
    plan = _plan(shop, state, ref, keys, pins)
    if any(word.lower() in reason.lower() for word in keys.words):
        raise UsageError("the reason must not name the person", where="reason", state="nothing was changed")
    if plan.inbox and inbox == "refuse":
        raise GuardrailViolation(
            "files in the inbox hold this person", where=", ".join(plan.inbox), state="nothing was changed",
            allowed="remove (their other rows are kept as raw copies) or keep",
            next_command=f"shopkeeper customers erase {ref} --yes --inbox remove",
        )  # fmt: skip
    if empty_journals(shop, by):
        ref, keys = _resolved(shop, asked)  # what waited may tell of more devices
    _remember(shop, ref, keys)
    suppress(shop.data_dir, keys.words)
    lines = collect(shop, keys)
    snapshot = rewrite_rows(shop, keys, by)
    cleaned = _clean_raw(shop, lines)
    remove_torn(shop, keys)
    _let_go_of_the_past(shop, by)
    _remove_copies(shop, ref, plan.inbox if inbox == "remove" else ())
    notes = tuple(f"released pin of snapshot {number}" for number in plan.pinned)
    done = Erasure(plan, at, snapshot, cleaned, notes=notes)
    rewrite_state(state, keys, shop_salt(shop.data_dir), at)
    _record(state, shop, done, reason.strip()[:400], by)
    forget_values(shop.lake, shop.data_dir, keys.words)
    _shrink(state, shop)
    (shop.data_dir / _PENDING).unlink(missing_ok=True)
    left = _left(shop, state, ref, keys, plan.inbox if inbox == "keep" else ())
    searched = sum(path.stat().st_size for path in shop.folder.rglob("*") if path.is_file())
    told = tuple(_told(shop, place.path) for place in left)
    return Erasure(plan, at, snapshot, cleaned, told, searched, notes)


def _remove_copies(shop: Shop, ref: str, inbox: tuple[str, ...]) -> None:
    """What can be made again or only notes what went wrong, lists of members, and these files of the inbox."""
    for name in _MADE_AGAIN:
        shutil.rmtree(shop.data_dir / name, ignore_errors=True)
    forget_profiles(shop.data_dir)
    segments.without(shop, [ref])
    for path in (*(shop.data_dir / name for name in _NOTES), *(shop.inbox / name for name in inbox)):
        path.unlink(missing_ok=True)


def _left(shop: Shop, state: State, ref: str, keys: Keys, kept: tuple[str, ...]) -> tuple[search.Place, ...]:
    """Files of a kept inbox that name the person still. Raises InternalError for any other place."""
    left, own = search.places(shop.folder, keys.words), {shop.inbox / name for name in kept}
    beyond = [_told(shop, place.path) for place in left if place.path not in own]
    said = named_in_state(state, keys, shop_salt(shop.data_dir))
    if beyond or said:
        _remember(shop, ref, keys)
        raise InternalError(
            "the person is still named", where=", ".join([*beyond[:5], *said]),
            received=f"{len(beyond)} files, {len(said)} columns of the state",
            state="all else was rewritten; the same command takes it up again",
            next_command=f"shopkeeper customers erase {ref} --yes",
        )  # fmt: skip
    return left


def erased_already(state: State, shop: Shop) -> tuple[tuple[str, dt.datetime, str], ...]:
    """Erasures so far: former reference, when, why."""
    query = ERASURES.select().where(ERASURES.c.shop_id == shop.id).order_by(ERASURES.c.erased_at)
    with state.reading() as connection:
        return tuple((row.ref, row.erased_at, row.reason) for row in connection.execute(query))


def _resolved(shop: Shop, asked: str) -> tuple[str, Keys]:
    """The person asked for, or the one whose erasure was cut off."""
    pending = shop.data_dir / _PENDING
    if pending.exists():
        kept = json.loads(pending.read_text(encoding="utf-8"))
        if asked.strip() in (kept["ref"], *kept["keys"]):
            return kept["ref"], Keys(tuple(kept["keys"]), tuple(kept["others"]))
        raise UsageError(
            "an erasure was cut off", where=str(shop.data_dir), received="another customer", allowed=kept["ref"],
            next_command=f"shopkeeper customers erase {kept['ref']} --yes",
        )  # fmt: skip
    people = people_of(shop)
    found = profile(shop, people, find(shop, people, asked))
    if all(key.startswith("erased_") for key in found.keys):
        raise NotFound("customer", "…", (), where=f"shop {shop.id}: this one was erased already")
    return found.ref, rows_of(shop, found.keys)


def _plan(shop: Shop, state: State, ref: str, keys: Keys, pins: frozenset[int]) -> ErasePlan:
    lines = collect(shop, keys)
    people = [one for one in shop.inbox.rglob("*") if one.is_file()]
    sought = search.needles(keys.words)
    held = tuple(str(path.relative_to(shop.inbox)) for path in sorted(people) if search.count_in(path, sought))
    own = [p for p in shop.folder.iterdir() if p.is_file() and p.name != FILE_NAME]
    refs = shop.data_dir / segments.FOLDER
    with state.reading() as connection:
        query = CUSTOMER_TAGS.select().where(CUSTOMER_TAGS.c.shop_id == shop.id, CUSTOMER_TAGS.c.ref == ref)
        tags = len(connection.execute(query).all())
    return ErasePlan(
        ref, keys.counts(shop), len(lines), sum(map(len, lines.values())), len(shop.lake.snapshots()) - 1,
        tuple(sorted(pins)), held, sum(bool(search.count_in(path, (ref.encode(),))) for path in refs.glob("*.parquet")), tags,
        tuple(_told(shop, path) for path in own if search.count_in(path, sought)),
    )  # fmt: skip


def _told(shop: Shop, path: Path) -> str:
    return str(path.resolve().relative_to(shop.folder))


def _remember(shop: Shop, ref: str, keys: Keys) -> None:
    """Until it is done, the keys are kept to take it up again; only the owner of the folder reads this file."""
    path = shop.data_dir / _PENDING
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"ref": ref, "keys": keys.keys, "others": keys.others}, file, ensure_ascii=False)


def _clean_raw(shop: Shop, lines: dict[str, set[int]]) -> int:
    """Raw copies: the rows that the person's facts came from, and every other row with one of their keys."""
    store, cleaned = RawStore(shop.data_dir), 0
    for path in sorted(store.folder.glob("*.parquet")):
        if not path.name.startswith("."):
            cleaned += len(clean_rows(shop.lake.connection, path, shop.data_dir, lines.get(path.stem, ())))
    return cleaned


def _let_go_of_the_past(shop: Shop, by: str) -> None:
    """Files without the deleted rows, no older snapshot, and no file that only an older one needs."""
    lake = shop.lake
    with lake.locked(by, "erase a customer"):
        lake.query(f"CALL ducklake_rewrite_data_files('{CATALOG}', delete_threshold => 0)").fetchall()
        older = ", ".join(str(s.id) for s in lake.snapshots()[:-1])
        if older:
            lake.query(f"CALL ducklake_expire_snapshots('{CATALOG}', versions => [{older}])").fetchall()
        for name in ("cleanup_old_files", "delete_orphaned_files"):
            lake.query(f"CALL ducklake_{name}('{CATALOG}', cleanup_all => true)").fetchall()
    for path in (shop.data_dir / "lake").rglob("*"):  # a folder that a dropped file leaves empty says nothing
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _record(state: State, shop: Shop, done: Erasure, reason: str, by: str) -> None:
    report = asdict(done.plan) | {
        "notes": list(done.notes),
        "raw_rows_cleaned": done.raw_rows,
        "snapshot": done.snapshot,
    }
    report["inbox"], report["own_files"] = len(done.plan.inbox), len(done.plan.own_files)
    with state.writing() as connection:
        connection.execute(
            delete(CUSTOMER_TAGS).where(CUSTOMER_TAGS.c.shop_id == shop.id, CUSTOMER_TAGS.c.ref == done.plan.ref)
        )
        connection.execute(delete(ERASURES).where(ERASURES.c.shop_id == shop.id, ERASURES.c.ref == done.plan.ref))
        connection.execute(
            insert(ERASURES).values(
                shop_id=shop.id,
                ref=done.plan.ref,
                erased_at=done.erased_at,
                erased_by=by,
                reason=reason,
                report=json.dumps(report),
            )
        )
        append(
            connection, "customer.erased", done.plan.ref, actor=by, at=done.erased_at, shop=shop.id,
            rows=sum(done.plan.rows.values()), raw_rows=done.raw_rows, snapshots=done.plan.snapshots,
            pins=list(done.plan.pinned), reason=reason,
        )  # fmt: skip


def _shrink(state: State, shop: Shop) -> None:
    """Free pages of the state's file still hold what was deleted from it."""
    path = shop.data_dir / "state.sqlite"
    if state.dialect == "sqlite" and path.exists():
        from shopkeeper.warehouse.catalog_statistics import vacuum

        vacuum(path)


def words_of(keys: Iterable[str]) -> tuple[str, ...]:
    """Keys without repeats, for a search."""
    return tuple(dict.fromkeys(keys))
