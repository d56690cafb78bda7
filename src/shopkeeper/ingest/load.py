"""The doors of the intake: load named paths by the shop's own mappings, or a source that Shopkeeper knows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shopkeeper.core.settings import FILE_NAME
from shopkeeper.errors import NotFound, SourceError, UsageError
from shopkeeper.ingest.assembly import Job, load_jobs
from shopkeeper.ingest.mapping import read_sources
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.readers import SUFFIXES, format_of
from shopkeeper.ingest.report import LoadReport, Progress
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
    progress: Progress | None = None,
) -> LoadReport:
    """Load files and folders by the mappings of `shopkeeper.toml`; all of one call is one snapshot, or nothing.

    Args:
        shop: the open shop.
        paths: files, and folders whose data files are taken in the order of their names.
        source: the mapping to use whatever the files are called; else the one whose patterns fit.
        by: who loads, for the ledger.
        options: refused here; only known sources have options.
        progress: told of each step.

    Raises:
        ConfigError: no mapping, or more than one, takes a file; or a mapping is wrong.
        SourceError, DataQualityError: a file cannot be read, or what it holds is refused.
    """
    if options:
        raise UsageError(
            "files have no options", received=", ".join(sorted(options)), allowed=f"only sources: {', '.join(SOURCES)}"
        )
    mappings = read_sources(shop.settings, shop.folder)
    files = data_files(paths)
    settings = shop.settings.shop
    jobs = []
    for path in files:
        mapping = choose_mapping(path, mappings, shop, source)
        jobs.append(Job(path, mapping, mapping.digest(settings.id, settings.timezone, settings.currency)))
    names = ", ".join(dict.fromkeys(job.mapping.name for job in jobs))
    return load_jobs(shop, names, jobs, by=by, progress=progress)


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


def choose_mapping(
    path: Path, mappings: Sequence[SourceMapping], shop: Shop, source: str | None = None
) -> SourceMapping:
    """The one mapping that reads a file. Raises SourceError, naming what to write, when none or several do."""
    if source is not None:
        for mapping in mappings:
            if mapping.name == source:
                return mapping
        raise NotFound("source", source, [mapping.name for mapping in mappings], where=str(shop.folder / FILE_NAME))
    fitting = [mapping for mapping in mappings if mapping.takes(path, shop.inbox.resolve())]
    if len(fitting) == 1:
        return fitting[0]
    patterns = "; ".join(f"{mapping.name}: {', '.join(mapping.files)}" for mapping in fitting or mappings)
    raise SourceError(
        "no mapping takes this file" if not fitting else "more than one mapping takes this file", where=str(path),
        received=path.name, allowed=patterns or f"a [[source]] in {FILE_NAME}", state="nothing was changed",
        next_command=f"shopkeeper ingest {path} --dry-run" if not fitting else f"shopkeeper ingest {path} --source NAME",
    )  # fmt: skip
