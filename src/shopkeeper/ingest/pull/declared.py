"""The sources of a shop that are pulled: `[[source]]` entries of shopkeeper.toml that have a `kind`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopkeeper.core.settings import FILE_NAME, ShopSettings
from shopkeeper.errors import NotFound, nearest
from shopkeeper.ingest.databases.source import database
from shopkeeper.ingest.mapping import named, refuse_same_names, told_in_file, wrong
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.platforms.source import platform_api
from shopkeeper.ingest.pull.entry import Entry
from shopkeeper.ingest.pull.source import PullSource, Stream

# A kind of source is one line: what makes a source of an entry.
KINDS: Mapping[str, Callable[[Entry], PullSource]] = {
    "postgres": database,
    "mysql": database,
    "sqlite": database,
    "api": platform_api,
}


@dataclass(frozen=True)
class Pulled:
    """A source's stream with its source."""

    source: PullSource
    stream: Stream


def read_pulls(settings: ShopSettings, folder: Path) -> tuple[PullSource, ...]:
    """Every source of a shop that is pulled. Raises ConfigError naming file, source and key that cannot be used."""
    with told_in_file(folder):
        refuse_same_names(settings)
        return tuple(
            _made(number, entry, settings, folder)
            for number, entry in enumerate(settings.source, start=1) if "kind" in entry
        )  # fmt: skip


def pull_source(settings: ShopSettings, folder: Path, name: str) -> PullSource:
    """The source of this name. Raises NotFound with the nearest names."""
    sources = read_pulls(settings, folder)
    for source in sources:
        if source.name == name:
            return source
    raise NotFound("source to pull", name, [source.name for source in sources], where=str(folder / FILE_NAME))


def pull_names(settings: ShopSettings) -> tuple[str, ...]:
    """Names of the sources that are pulled, without looking at the rest of their entries."""
    return tuple(str(entry["name"]) for entry in settings.source if "kind" in entry and "name" in entry)


def pulled_streams(settings: ShopSettings, folder: Path) -> dict[str, Pulled]:
    """Every stream by the name of its mapping, which loads are kept under."""
    return {
        stream.mapping.name: Pulled(source, stream)
        for source in read_pulls(settings, folder) for stream in source.streams
    }  # fmt: skip


def pull_mappings(settings: ShopSettings, folder: Path) -> tuple[SourceMapping, ...]:
    """The mappings of all streams."""
    return tuple(pulled.stream.mapping for pulled in pulled_streams(settings, folder).values())


def _made(number: int, entry: Mapping[str, Any], settings: ShopSettings, folder: Path) -> PullSource:
    name, kind = named(number, entry), str(entry["kind"])
    if kind not in KINDS:
        close = nearest(kind, KINDS)
        raise wrong(name, "kind", kind, f"did you mean {', '.join(close)}?" if close else ", ".join(KINDS))
    return KINDS[kind](Entry(name, kind, entry, settings, folder))
