"""A database as a source: one table or query, read window by window, each in one transaction of the server."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zoneinfo
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.core.credentials import ALLOWED, is_reference
from shopkeeper.core.settings import ShopSettings
from shopkeeper.ingest.databases.extract import columns_of, extract
from shopkeeper.ingest.databases.session import place_of, session
from shopkeeper.ingest.databases.settings import DatabaseHead, password_in
from shopkeeper.ingest.fields import NUMBERED, NUMBERED_WITHIN
from shopkeeper.ingest.mapping import checked, head_of, tables_of, wrong
from shopkeeper.ingest.plan import SourceMapping, TableMapping
from shopkeeper.ingest.pull.entry import Entry
from shopkeeper.ingest.pull.source import Asked, Stream, Window
from shopkeeper.ingest.report import Progress
from shopkeeper.warehouse.model import COMMERCE_TABLES

_VERSIONS = {
    "postgres": "SELECT version() AS v",
    "mysql": "SELECT version() AS v",
    "sqlite": "SELECT sqlite_version() AS v",
}


@dataclass(frozen=True)
class Database:
    """A source of shopkeeper.toml that is a table or query of a database."""

    head: DatabaseHead
    mapping: SourceMapping
    settings: ShopSettings
    folder: Path

    @property
    def name(self) -> str:
        """Its name in shopkeeper.toml."""
        return self.head.name

    @property
    def kind(self) -> str:
        """postgres, mysql or sqlite."""
        return self.head.kind

    @property
    def place(self) -> str:
        """Where it is, as the settings say it."""
        return place_of(self.head)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """One table or query is one stream."""
        head = self.head
        said = json.dumps([head.kind, head.table, head.query, head.cursor], ensure_ascii=False)
        asks = hashlib.sha256(said.encode()).hexdigest()[:16]
        return (Stream("", self.mapping, asks, head.keys, head.compare_keys_every, head.withdraw_at_most),)

    @property
    def zone(self) -> str:
        """The zone of its moments without one."""
        return self.head.timezone or self.settings.shop.timezone

    def read(self, stream: Stream, asked: Asked, progress: Progress) -> Window:
        """Read one window. Raises SourceError, retryable when the server is away or cuts the connection."""
        del stream, progress  # one table is one stream; its length is not known before it is read
        warehouse = self.settings.warehouse
        with session(
            self.head, self.folder, self._data_dir, zone=self._session_zone(), memory_limit_mb=warehouse.memory_limit_mb,
            threads=warehouse.threads,
        ) as opened:  # fmt: skip
            return extract(opened, self.head, asked, self.zone)

    def answer(self) -> str:
        """The server's version, and that the table or query can be read."""
        with session(
            self.head, self.folder, self._data_dir, zone=self._session_zone(), memory_limit_mb=256, threads=1
        ) as opened:
            version = str(opened.rows(_VERSIONS[self.kind])[0][0])
            columns = columns_of(opened, self.head)
        return f"{self.kind} {version.removeprefix('PostgreSQL ').split()[0]}, {len(columns)} columns"

    @property
    def _data_dir(self) -> Path:
        return self.folder / "data"

    def _session_zone(self) -> str:
        """What a MySQL session's clock says. Of a table we know which columns are moments; of a query all must be of one zone."""
        if not self.head.query:
            return "+00:00"
        zone, year = zoneinfo.ZoneInfo(self.zone), dt.datetime.now(dt.UTC).year
        offsets = {zone.utcoffset(dt.datetime(year - back, month, 1)) for back in range(10) for month in range(1, 13)}
        if len(offsets) > 1:
            return self.zone
        minutes = int((offsets.pop() or dt.timedelta()).total_seconds() // 60)
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def database(entry: Entry) -> Database:
    """The source of an entry. Raises ConfigError naming the key that cannot be used; a password in it is not repeated."""
    where = entry.name
    _refuse_passwords(where, str(entry.said.get("connection", "")), str(entry.said.get("password", "")))
    head = checked(DatabaseHead, head_of(entry.said), where, "", list(COMMERCE_TABLES))
    if head.timezone and head.timezone not in zoneinfo.available_timezones():
        raise wrong(where, "timezone", head.timezone, "an IANA zone such as Asia/Shanghai")
    shop = entry.settings.shop
    tables = tables_of(
        where, entry.said, DatabaseHead.model_fields, timezone=head.timezone, shop_id=head.shop_id or shop.id
    )
    if head.cursor:
        _refuse_counted(where, tables)
    return Database(head, SourceMapping(head.name, (), tables), entry.settings, entry.folder)


def _refuse_passwords(name: str, connection: str, password: str) -> None:
    """Before anything else is checked: what is wrong elsewhere may repeat the entry."""
    if password and not is_reference(password):
        raise wrong(name, "password", "a password", f"a password may not stand here: {' or '.join(ALLOWED)}")
    if password_in(connection):
        raise wrong(
            name, "connection", "a password", 'the same without it, and password = "env:NAME" or "file:PATH"'
        )  # fmt: skip


def _refuse_counted(name: str, tables: tuple[TableMapping, ...]) -> None:
    """A window holds only some lines of an order: numbers counted over it would take another line's place."""
    for part in tables:
        column = NUMBERED.get(part.name, "")
        if column and column not in part.columns and NUMBERED_WITHIN[part.name] in part.columns:
            raise wrong(
                name, f"{part.name}.{column}", "not mapped",
                f"a column that numbers rows: with a cursor a pull sees only some rows of one {NUMBERED_WITHIN[part.name]}",
            )  # fmt: skip
