"""`kpis/` in the shop folder: the files of definitions that apply, read again when one of them changes."""

from __future__ import annotations

import functools
import threading
from decimal import Decimal
from pathlib import Path

from shopkeeper.errors import KpiDefinitionError
from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.kpi.own.compiled import Compiled, compile_texts
from shopkeeper.kpi.own.document import FORMATS
from shopkeeper.warehouse.shop import Shop

FOLDER = "kpis"
Stamp = tuple[tuple[str, int, int, int], ...]

_lock = threading.Lock()
_kept: dict[tuple[Path, str], tuple[Stamp, Compiled]] = {}


def definitions_of(shop: Shop) -> Definitions:
    """The indicators, measures and targets of a shop now. Raises KpiDefinitionError while a file cannot be used.

    A replaced indicator must not fall back to the built-in one in silence, so a broken file stops every figure until it
    is corrected or taken away.
    """
    stamp = definitions_stamp(shop.folder)
    return settled(shop, compiled_of(shop, stamp).whole() if stamp else BUILT_IN)


def settled(shop: Shop, definitions: Definitions) -> Definitions:
    """Definitions with what the shop's settings say of VAT, unless they hold it already."""
    share = shop.settings.shop.vat_share
    return definitions if share is None or definitions.vat_share == share else _with_vat(definitions, share)


@functools.lru_cache(maxsize=16)
def _with_vat(definitions: Definitions, share: Decimal) -> Definitions:
    return definitions.with_vat(share)


def compiled_of(shop: Shop, stamp: Stamp | None = None) -> Compiled:
    """The definitions of a shop now, with their problems. Raises KpiDefinitionError for a file that is no text."""
    seen = definitions_stamp(shop.folder) if stamp is None else stamp
    key = (shop.folder, shop.settings.shop.currency)
    with _lock:
        kept = _kept.get(key)
    if kept is not None and kept[0] == seen:
        return kept[1]
    made = compile_texts(texts_of(shop.folder), shop.settings.shop.currency)
    with _lock:
        _kept[key] = (seen, made)
    return made


def definitions_stamp(folder: Path) -> Stamp:
    """Names, times and sizes of the files of definitions: what has to be the same for a result to stand."""
    found = []
    for path in definition_files(folder):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((path.name, stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)


def definition_files(folder: Path) -> list[Path]:
    """The files of definitions of a shop folder, by name; hidden ones left out."""
    try:
        paths = list((folder / FOLDER).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(p for p in paths if p.suffix.lower() in FORMATS and not p.name.startswith(".") and p.is_file())


def texts_of(folder: Path) -> dict[str, str]:
    """The texts of the files of definitions, by `kpis/NAME`. Raises KpiDefinitionError for one that is no text."""
    return {f"{FOLDER}/{path.name}": read_text(path) for path in definition_files(folder)}


def read_text(path: Path) -> str:
    """The text of one file. Raises KpiDefinitionError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KpiDefinitionError(
            "the definitions cannot be read", where=str(path), received=error, allowed="a file of UTF-8 text",
            state="nothing was changed", next_command="shopkeeper define list",
        ) from None  # fmt: skip
