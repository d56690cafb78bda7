"""The doors of the intake: load named paths by the shop's own mappings, or a source that Shopkeeper knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from shopkeeper.core.settings import FILE_NAME
from shopkeeper.errors import NotFound, SourceError, UsageError
from shopkeeper.ingest.assembly import Job, load_jobs
from shopkeeper.ingest.mapping import read_sources
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.readers import SUFFIXES, format_of
from shopkeeper.ingest.recognise import recogniser, remember_accepted
from shopkeeper.ingest.refusals import forget_refusals, remember_refusal
from shopkeeper.ingest.report import LoadReport, Progress
from shopkeeper.ingest.seen import SeenFiles
from shopkeeper.ingest.sources.journey import mapping as journey_mapping
from shopkeeper.ingest.sources.journey import source as journey_source
from shopkeeper.ingest.sources.journey.layout import OPTIONS
from shopkeeper.warehouse.shop import Shop

SOURCES = ("journey",)


def load_source(
    shop: Shop, name: str, *, by: str, options: frozenset[str] = frozenset(), progress: Progress | None = None
) -> LoadReport:
    """Load a source that Shopkeeper knows by name, as one snapshot.

    Raises NotFound for another name or option, SourceError when the source is not installed; then nothing was changed.
    """
    if name not in SOURCES:
        raise NotFound("source", name, SOURCES)
    for option in options:
        if option not in OPTIONS:
            raise NotFound("option of the source journey", option, OPTIONS)
    place, jobs = journey_source.jobs(options)
    return load_jobs(
        shop, name, jobs, by=by, progress=progress, notes=lambda connection: journey_mapping.traps(connection, place)
    )


def load_paths(
    shop: Shop,
    paths: Sequence[Path],
    *,
    source: str | None = None,
    by: str,
    options: frozenset[str] = frozenset(),
    accept: Sequence[str] = (),
    day: dt.date | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Load files and folders; all of one call is one snapshot, or nothing.

    A file is read by the mapping of `shopkeeper.toml` whose pattern takes it, else by the layout that its headers are of.

    Args:
        shop: the open shop.
        paths: files, and folders whose data files are taken in the order of their names.
        source: the mapping to use whatever the files are called; else the one whose patterns fit.
        by: who loads, for the ledger.
        options: refused here; only known sources have options.
        accept: partial layouts that are confirmed now, and remembered once the load has succeeded.
        day: the day of files whose layout has none.
        progress: told of each step.

    Raises:
        ConfigError: no mapping, or more than one, takes a file; or a mapping is wrong.
        SourceError, DataQualityError: a file cannot be read, or what it holds is refused.
    """
    if options:
        raise UsageError(
            "files have no options", received=", ".join(sorted(options)), allowed=f"only sources: {', '.join(SOURCES)}"
        )
    files = data_files(paths)
    try:
        report = _loaded(shop, files, source=source, by=by, accept=accept, day=day, progress=progress)
    except (SourceError, UsageError) as error:
        remember_refusal(shop.data_dir, files, error, by=by)
        raise
    forget_refusals(shop.data_dir, files)
    if accept:
        remember_accepted(shop.folder, accept)
    return report


def _loaded(
    shop: Shop, files: Sequence[Path], *, source: str | None, by: str, accept: Sequence[str], day: dt.date | None,
    progress: Progress | None,
) -> LoadReport:  # fmt: skip
    mappings = read_sources(shop.settings, shop.folder)
    known = recogniser(shop, accept=accept, day=day)
    recognised = known.digest()
    settings = shop.settings.shop
    seen = SeenFiles(shop.data_dir)
    jobs = []
    for path in files:
        mapping, digest = declared_mapping(path, mappings, shop, source), seen.digest(path)
        if mapping is None:
            sheet = known.sheet_of(path)
            jobs.append(
                Job(path, SourceMapping("", (), (), sheet=sheet), recognised, choose=known.mapping_of, digest=digest)
            )
        else:
            jobs.append(
                Job(path, mapping, mapping.digest(settings.id, settings.timezone, settings.currency), digest=digest)
            )
    report = load_jobs(shop, "", jobs, by=by, progress=progress)
    seen.keep()
    return report


def data_files(paths: Sequence[Path]) -> list[Path]:
    """The files meant by paths: folders give their data files by name, hidden ones left out.

    Raises SourceError when a path is not there or a folder holds nothing to load.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(
                file for file in path.rglob("*")
                if file.is_file() and format_of(file) and not any(p.startswith((".", "~$")) for p in file.relative_to(path).parts)
            )  # fmt: skip
            found |= dict.fromkeys(file.resolve() for file in inside)
            if not inside:
                raise SourceError(
                    "the folder has no file to load", where=str(path), allowed=[*SUFFIXES, "the same with .gz"],
                    state="nothing was changed", next_command=f"put exports into {path}",
                )  # fmt: skip
        elif path.exists():
            found[path.resolve()] = None
        else:
            close = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
            raise NotFound("file, folder or source", str(path), [*SOURCES, *close])
    return list(found)


def declared_mapping(
    path: Path, mappings: Sequence[SourceMapping], shop: Shop, source: str | None = None
) -> SourceMapping | None:
    """The shop's own mapping that reads a file, or None. Raises SourceError when several do, NotFound for an unknown source."""
    if source is not None:
        for mapping in mappings:
            if mapping.name == source:
                return mapping
        raise NotFound("source", source, [mapping.name for mapping in mappings], where=str(shop.folder / FILE_NAME))
    fitting = [mapping for mapping in mappings if mapping.takes(path, shop.inbox.resolve())]
    if len(fitting) > 1:
        raise SourceError(
            "more than one mapping takes this file", where=str(path), received=path.name,
            allowed="; ".join(f"{mapping.name}: {', '.join(mapping.files)}" for mapping in fitting),
            state="nothing was changed", next_command=f"shopkeeper ingest {path} --source NAME",
        )  # fmt: skip
    return fitting[0] if fitting else None
