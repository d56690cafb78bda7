"""Say what a file is: one of the platforms' layouts, a canonical one, or nothing that is known; and whose shop, of which day.

A file is never guessed at: two layouts that fit, a layout that nobody confirmed, a day that the name does not tell are errors.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from shopkeeper.core.settings import FILE_NAME
from shopkeeper.errors import ConfigError, NotFound, SourceError
from shopkeeper.ingest.canonical import canonical_mapping
from shopkeeper.ingest.layouts import Layout, closest, same_word
from shopkeeper.ingest.plan import SourceMapping, fits_name
from shopkeeper.ingest.readers import OpenedFile, format_of
from shopkeeper.ingest.readers.workbook import sheet_headers
from shopkeeper.ingest.sources import layouts
from shopkeeper.ingest.told_twice import left_out
from shopkeeper.ingest.values import cleaned
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal, quoted

ACCEPTED = "layouts.toml"
_DATED = re.compile(r"(?<!\d)(20\d\d)[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])日?(?!\d)")


@dataclass(frozen=True)
class Recogniser:
    """How files of one shop are recognised: its rules, what it confirmed, and the day that was said for this call."""

    shop: Shop
    accepted: frozenset[str]
    day: dt.date | None = None

    def digest(self) -> str:
        """Changes when the same file could be read otherwise than before."""
        settings = self.shop.settings
        seen = [
            _declared(), [rule.model_dump() for rule in settings.shops], settings.shop.id, settings.shop.timezone,
            settings.shop.currency, self.day, settings.ingest.model_dump(),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(seen, default=str, ensure_ascii=False).encode()).hexdigest()[:16]

    def mapping_of(self, opened: OpenedFile) -> SourceMapping:
        """The mapping that reads a file. Raises SourceError naming the closest layouts when none, or more than one, fits."""
        found = self.known_mapping(opened)
        if found is None:
            raise _unknown(opened)
        return found

    def known_mapping(self, opened: OpenedFile) -> SourceMapping | None:
        """The mapping that reads a file, or None when it is of no known layout.

        Raises SourceError when more than one fits, when the one that fits waits for a confirmation, or lacks its day.
        """
        headers = list(opened.columns)
        settings = self.shop.settings.shop
        sheet = opened.sheets[0] if opened.sheets else ""
        canonical = canonical_mapping(headers, opened.path.stem, sheet, settings.id)
        fitting = [(layout, own) for layout in layouts() if (own := layout.matched(headers)) is not None]
        if len(fitting) + (canonical is not None) > 1:
            named = [layout.id for layout, _ in fitting] + ([canonical.name] if canonical else [])
            raise SourceError(
                "more than one layout fits this file", where=str(opened.path), received=", ".join(named), allowed="one",
                state="nothing was changed", next_command=f"write a [[source]] for it into {FILE_NAME}",
            )  # fmt: skip
        if canonical is not None:
            return canonical
        if not fitting:
            return None
        layout, own = fitting[0]
        if layout.partial and layout.id not in self.accepted:
            raise _unconfirmed(layout, own, opened)
        day = self._day(opened.path, layout) if layout.days else ""
        bound = layout.bound(own, settings, self._shop_sql(opened, layout), day)
        ruled = self.shop.settings.ingest
        if ruled.ad_spend_is_acquisition is not None:
            bound = bound.stating("ad_spend", "is_acquisition", str(ruled.ad_spend_is_acquisition).lower())
        return left_out(bound, ruled.erp_orders)

    def sheet_of(self, path: Path) -> str:
        """The one sheet of a workbook that is of a known layout, where its sheets differ; else ''."""
        if format_of(path) != "xlsx" or path.suffix.lower() == ".gz":
            return ""
        sheets = sheet_headers(path)
        if len({tuple(headers) for headers in sheets.values()}) < 2:
            return ""
        fitting = [
            name for name, headers in sheets.items()
            if any(layout.matched(headers) is not None for layout in layouts())
            or canonical_mapping(headers, path.stem, name, self.shop.settings.shop.id) is not None
        ]  # fmt: skip
        return fitting[0] if len(fitting) == 1 else ""

    def _day(self, path: Path, layout: Layout) -> str:
        """The day of a file whose rows have none: said by the caller, or the only one in its name."""
        if self.day is not None:
            return self.day.isoformat()
        named = {"-".join(found) for found in _DATED.findall(path.name)}
        if len(named) == 1:
            return named.pop()
        raise SourceError(
            "this layout has no day of its own", where=f"{path}, layout {layout.id}",
            received=f"{len(named)} days in its name" if named else "no day in its name",
            allowed="one day in the file's name, such as _2026-07-06.csv, or --date", state="nothing was changed",
            next_command=f"shopkeeper ingest {path} --date YYYY-MM-DD",
        )  # fmt: skip

    def _shop_sql(self, opened: OpenedFile, layout: Layout) -> str:
        """SQL of the shop of a row: by the rules whose file and layout fit, else the platform's name."""
        inbox = self.shop.inbox.resolve()
        rules = [
            rule for rule in self.shop.settings.shops
            if fits_name(opened.path, inbox, rule.files or ["*"]) and fits_name(Path(layout.id), inbox, [rule.layouts])
        ]  # fmt: skip
        plain = {rule.shop_id for rule in rules if not rule.column}
        if len(plain) > 1:
            raise ConfigError(
                "more than one shop rule takes this file", where=f"{self.shop.folder / FILE_NAME}, [[shops]]",
                received=", ".join(sorted(plain)), allowed="one rule without a column for a file", state="nothing was changed",
            )  # fmt: skip
        default = literal(next(iter(plain))) if plain else ""
        own = {same_word(header): header for header in opened.columns}
        cases = [
            f"WHEN {cleaned(quoted(own[same_word(rule.column)]))} = {literal(rule.value)} THEN {literal(rule.shop_id)}"
            for rule in rules
            if rule.column and same_word(rule.column) in own
        ]
        if cases:
            return f"CASE {' '.join(cases)} ELSE {default or 'CAST(NULL AS VARCHAR)'} END"
        return default or literal(layout.platform)


def recogniser(shop: Shop, *, accept: Sequence[str] = (), day: dt.date | None = None) -> Recogniser:
    """The recogniser of a shop; layouts named in `accept` count as confirmed now. Raises NotFound for another name."""
    known = [layout.id for layout in layouts() if layout.partial]
    for name in accept:
        if name not in known:
            raise NotFound("layout to confirm", name, known)
    return Recogniser(shop, read_accepted(shop.folder) | frozenset(accept), day)


def read_accepted(folder: Path) -> frozenset[str]:
    """Layouts that somebody confirmed for this shop. Raises ConfigError when their file cannot be read."""
    path = folder / ACCEPTED
    if not path.exists():
        return frozenset()
    try:
        return frozenset(str(name) for name in tomllib.loads(path.read_text(encoding="utf-8"))["accepted"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "the confirmed layouts cannot be read", where=str(path), received=error, allowed='accepted = ["layout", …]',
            state="nothing was changed", next_command=f"edit {path}",
        ) from None  # fmt: skip


def remember_accepted(folder: Path, names: Sequence[str]) -> None:
    """Keep a confirmation for later files of the layout."""
    listed = sorted(read_accepted(folder) | set(names))
    said = "# Layouts put together without a whole real export, confirmed by `shopkeeper ingest --accept`."
    (folder / ACCEPTED).write_text(f"{said}\naccepted = {json.dumps(listed)}\n", encoding="utf-8")


def _declared() -> str:
    known = [
        [asdict(layout) for layout in layouts()],
        {name: table.column_names for name, table in COMMERCE_TABLES.items()},
    ]
    return json.dumps(known, ensure_ascii=False, sort_keys=True, default=str)


def _unknown(opened: OpenedFile) -> SourceError:
    near = closest(opened.columns, layouts())
    own = {same_word(header) for header in opened.columns}
    lacking = {layout.id: [header for header in layout.needed if same_word(header) not in own] for layout, _ in near}
    told = [
        f"{layout.id} ({share:.0%}; lacks {', '.join(lacking[layout.id][:5]) or 'too many'})" for layout, share in near
    ]
    return SourceError(
        "no mapping and no known layout takes this file", where=str(opened.path), received=", ".join(list(opened.columns)[:12]),
        allowed=told or [f"a [[source]] in {FILE_NAME}", "shopkeeper template TABLE"], state="nothing was changed",
        next_command=f"shopkeeper ingest {opened.path} --dry-run",
    )  # fmt: skip


def _unconfirmed(layout: Layout, own: dict[str, str], opened: OpenedFile) -> SourceError:
    return SourceError(
        "this layout was put together without a whole real export: look at it once and confirm it",
        where=f"{opened.path}, layout {layout.id}", received=f"{len(own)} of its {len(layout.headers)} headers are in the file",
        allowed=f"--accept {layout.id}, remembered in {ACCEPTED}", state="nothing was changed",
        next_command=f"shopkeeper ingest {opened.path} --dry-run --accept {layout.id}",
    )  # fmt: skip
