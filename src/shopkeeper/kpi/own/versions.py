"""Accepted definitions, kept with who, when and why, so that any past one can be computed again."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select

from shopkeeper.access.audit import append
from shopkeeper.core.settings import resolved
from shopkeeper.errors import KpiDefinitionError, NotFound, UsageError
from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.kpi.own.checked import check_text
from shopkeeper.kpi.own.compiled import Compiled, compile_texts, digest_of
from shopkeeper.kpi.own.document import FORMATS
from shopkeeper.kpi.own.folder import FOLDER, definitions_of, texts_of
from shopkeeper.state import State
from shopkeeper.state.tables.kpi import DEFINITION_VERSIONS
from shopkeeper.warehouse.shop import Shop, open_shop_state

NOW, BUILT = "now", "built-in"
_NAME = re.compile(r"[\w-]{1,60}\.(?:toml|yaml|yml)\Z")


@dataclass(frozen=True)
class Version:
    """One accepted change of one file; `text` is None when the file was taken away."""

    number: int
    file: str
    text: str | None
    digest: str
    accepted_at: dt.datetime
    accepted_by: str
    reason: str


@dataclass(frozen=True)
class Accepted:
    """What an acceptance brought: the new versions (none when nothing had changed) and the definitions that apply now."""

    versions: tuple[int, ...]
    files: tuple[str, ...]
    compiled: Compiled


def versions(state: State, shop_id: str) -> tuple[Version, ...]:
    """Every accepted version of a shop, oldest first."""
    with state.reading() as connection:
        return _kept(connection, shop_id)


def shop_versions(shop: Shop) -> tuple[Version, ...]:
    """Every accepted version of a shop from its own state; none, and nothing is created, while there is no state."""
    default = not resolved(shop.settings.state.url, where="shopkeeper.toml, key state.url")
    if default and not (shop.data_dir / "state.sqlite").exists():
        return ()
    with open_shop_state(shop) as state:
        return versions(state, shop.id)


def texts_at(kept: Sequence[Version], number: int) -> dict[str, str]:
    """The files as they were from a version on."""
    found: dict[str, str | None] = {v.file: v.text for v in kept if v.number <= number}
    return {file: text for file, text in found.items() if text is not None}


def unrecorded(now: Mapping[str, str], kept: Sequence[Version]) -> dict[str, str | None]:
    """Files that differ from what was accepted last, with their text now; None for those taken away."""
    last = texts_at(kept, kept[-1].number) if kept else {}
    gone: dict[str, str | None] = {file: None for file in last if file not in now}
    return gone | {file: text for file, text in now.items() if last.get(file) != text}


def definitions_at(shop: Shop, kept: Sequence[Version], label: str) -> Definitions:
    """The definitions of a version: its number, "now" or "built-in".

    Raises NotFound for another, KpiDefinitionError when this release reads them differently.
    """
    if label == NOW:
        return definitions_of(shop)
    if label in (BUILT, "0"):
        return BUILT_IN
    known = {str(v.number): v.number for v in kept}
    if label not in known:
        raise NotFound("version", label, [*known, NOW, BUILT], next_command="shopkeeper define list")
    return compile_texts(texts_at(kept, known[label]), shop.settings.shop.currency).whole()


def changes_of(shop: Shop, kept: Sequence[Version], kpi: str) -> tuple[tuple[str, str], ...]:
    """The versions in which an indicator became another: (label, its digest), oldest first, built-in before all."""
    found = [(BUILT, BUILT_IN.version_of(kpi))] if kpi in BUILT_IN.indicators else []
    for version in kept:
        try:
            made = compile_texts(texts_at(kept, version.number), shop.settings.shop.currency).whole()
        except KpiDefinitionError:
            continue  # accepted by an earlier release with other rules: it cannot be computed now
        digest = made.version_of(kpi) if kpi in made.indicators else ""
        if digest != (found[-1][1] if found else ""):
            found.append((str(version.number), digest))
    current = definitions_of(shop)
    digest = current.version_of(kpi) if kpi in current.indicators else ""
    if digest != (found[-1][1] if found else ""):
        found.append((NOW, digest))
    return tuple(found)


def file_name(name: str) -> str:
    """A file's name in the shop folder, as `kpis/NAME`. Raises UsageError for a name that cannot be one."""
    bare = name.removeprefix(f"{FOLDER}/")
    if not _NAME.match(bare):
        raise UsageError(
            "this cannot be the name of a file of definitions", received=name, state="nothing was changed",
            allowed=f"letters, digits, _ and -, ending in {' '.join(FORMATS)}",
        )  # fmt: skip
    return f"{FOLDER}/{bare}"


def accept(
    shop: Shop, state: State, given: Mapping[str, str], *, by: str, reason: str, at: dt.datetime
) -> Accepted:  # fmt: skip
    """Write files into the shop folder and record them, with whatever else there differs from what was accepted.

    Without any given, what stands in the folder is recorded. Raises the first problem, and then nothing was changed;
    UsageError without a reason.
    """
    if not reason.strip():
        raise UsageError(
            "a change of definitions needs a reason", allowed="a sentence that says why", state="nothing was changed"
        )
    named = {file_name(name): text for name, text in given.items()}
    with shop.lake.locked(by, "accept definitions"):
        now = {**texts_of(shop.folder), **named}
        compiled = check_text(shop, named)
        compiled.whole()
        new: dict[int, str] = {}
        with state.writing() as connection:
            kept = _kept(connection, shop.id)
            number = kept[-1].number if kept else 0
            for file, text in unrecorded(now, kept).items():
                number += 1
                _record(connection, shop.id, Version(number, file, text, digest_of(now), at, by, reason.strip()[:400]))
                append(
                    connection,
                    "definitions.accepted",
                    file,
                    actor=by,
                    at=at,
                    shop=shop.id,
                    version=number,
                    reason=reason[:400],
                )
                new[number] = file
            for file, text in named.items():
                _written(shop.folder / file, text)
    return Accepted(tuple(new), tuple(new.values()), compiled)


def _kept(connection: Connection, shop_id: str) -> tuple[Version, ...]:
    table = DEFINITION_VERSIONS
    rows = connection.execute(select(table).where(table.c.shop_id == shop_id).order_by(table.c.version)).all()
    return tuple(
        Version(r.version, r.file, r.text, r.digest, r.accepted_at, r.accepted_by, r.reason) for r in rows
    )  # fmt: skip


def _record(connection: Connection, shop_id: str, version: Version) -> None:
    values = {
        "shop_id": shop_id, "version": version.number, "file": version.file, "text": version.text, "digest": version.digest,
        "accepted_at": version.accepted_at, "accepted_by": version.accepted_by[:120], "reason": version.reason,
    }  # fmt: skip
    connection.execute(insert(DEFINITION_VERSIONS).values(values))


def _written(path: Path, text: str) -> None:
    """Replace a file as a whole."""
    path.parent.mkdir(exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)
