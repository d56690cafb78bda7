"""A `[[source]]` of kind api: a shop on a platform, pulled span by span through the platform's own interface."""

from __future__ import annotations

import contextlib
import datetime as dt
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from shopkeeper.core.credentials import ALLOWED, is_reference, revealed
from shopkeeper.core.settings import FILE_NAME
from shopkeeper.errors import SourceError, nearest
from shopkeeper.ingest.mapping import checked, wrong
from shopkeeper.ingest.platforms import PLATFORMS, platform_named
from shopkeeper.ingest.platforms.address import checked_address
from shopkeeper.ingest.platforms.declaration import Call, Credentials, Page, Platform, Span
from shopkeeper.ingest.platforms.pace import Pace
from shopkeeper.ingest.platforms.reading import Records, read_span, spans_between
from shopkeeper.ingest.platforms.records import rows_of, write_rows
from shopkeeper.ingest.pull.entry import Entry
from shopkeeper.ingest.pull.source import Asked, Stream, Window
from shopkeeper.ingest.report import Progress
from shopkeeper.warehouse.loads import Note

if TYPE_CHECKING:
    from shopkeeper.ingest.platforms.gateway import Gateway

BATCH_RECORDS = 5_000
OVERLAP = dt.timedelta(minutes=5)
FIRST_PULL = dt.timedelta(days=30)
QUIET = dt.timedelta(hours=1)  # a pull that finds nothing moves its cursor this seldom: each move is a snapshot
_FORM = "%Y-%m-%dT%H:%M:%SZ"


class ApiSection(BaseModel):
    """[[source]] of kind api: which shop of which platform, and as whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Name of the source, for shopkeeper ingest NAME.")
    kind: str = Field(description="api.")
    platform: str = Field(description="Which platform.")
    shop_id: str = Field("", description="Shop of its rows; empty: the platform's name, as for its export files.")
    app_key: str = Field("", description="Key of the application at the platform; not a secret.")
    app_secret: str = Field("", description="Its secret: env:NAME or file:PATH.")
    access_token: str = Field("", description="The shop's authorisation: env:NAME or file:PATH.")
    address: str = Field("", description="Address of the interface, or of a gateway before it; empty: the platform's.")
    since: dt.date | None = Field(None, description="First day of the first pull; empty: 30 days ago.")
    calls: list[str] = Field(default_factory=list, description="What to pull; empty: all that the platform has.")
    per_second: float | None = Field(
        None, gt=0, le=100, description="Calls a second to one API; empty: the platform's."
    )


@dataclass(frozen=True)
class PlatformApi:
    """One shop on one platform. A stream is one call of the platform."""

    entry: Entry
    section: ApiSection
    platform: Platform
    pace: Pace = field(default_factory=Pace)
    batch_records: int = BATCH_RECORDS

    @property
    def name(self) -> str:
        """Its name in shopkeeper.toml."""
        return self.section.name

    @property
    def kind(self) -> str:
        """Always api."""
        return self.section.kind

    @property
    def place(self) -> str:
        """The platform and its address."""
        return f"{self.platform.name}, {self.address}"

    @property
    def address(self) -> str:
        """Where it is asked."""
        return self.section.address or self.platform.address

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What is pulled, orders before what takes their days."""
        shop = self.entry.settings.shop
        since = self.section.since or ""
        return tuple(
            Stream(
                call.name, call.layout.of_shop(shop, f"{self.name}/{call.name}", self.section.shop_id),
                asks=f"{call.method} since {since}",
            )
            for call in self.platform.calls if call.name in self.section.calls or not self.section.calls
        )  # fmt: skip

    def read(self, stream: Stream, asked: Asked, progress: Progress) -> Window:
        """Read spans of modification times until a batch is full or the present is reached.

        A fault after some records ends the batch: what is whole is loaded, and the fault is met again by the next.
        """
        call, now = self.platform.call(stream.name), self.pace.now().replace(microsecond=0)
        start, notes = self._start(call, asked.cursor, now)
        end = now - call.lag
        before = _moment(asked.cursor) if asked.cursor else start
        columns = dict.fromkeys(call.kept, "VARCHAR")
        records, reached, more = Records(call), start, False
        if end <= before:
            return Window(0, columns, asked.cursor)
        with self._gateway() as gateway:
            for span in spans_between(start, end, call.longest):
                try:
                    found = read_span(gateway, call, span)
                except SourceError:
                    if not records or reached <= before:
                        raise
                    more = True
                    break
                records.put_all(found)
                reached = span.end
                progress.advance(1)
                if len(records) >= self.batch_records and before < reached < end:
                    more = True
                    break
        rows = list(rows_of(call, records))
        write_rows(call, rows, asked.rows)
        cursor = reached.strftime(_FORM)
        if not rows and asked.cursor and reached - before < QUIET:
            cursor = asked.cursor
        doubts = [Note(f"platform.doubt_{doubt}", detail=self.platform.name) for doubt in self.platform.doubts]
        return Window(
            len(rows), columns, cursor, more=more, notes=(*notes, *(doubts if rows else ()))
        )  # fmt: skip

    def answer(self) -> str:
        """Ask for one record of the last minute, for the doctor. Raises SourceError or ConfigError."""
        call = self.platform.calls[0]
        end = self.pace.now().replace(microsecond=0) - call.lag
        with self._gateway() as gateway:
            gateway.ask(call.method, call.ask(Span(end - dt.timedelta(minutes=1), end), Page(0, 1)))
        return f"{self.platform.name} {call.method}"

    def _start(self, call: Call, cursor: str, now: dt.datetime) -> tuple[dt.datetime, list[Note]]:
        """Where reading begins: a little before the cursor, or at the first day, as far back as the platform answers."""
        farthest = now - call.reach
        if cursor:
            wanted = _moment(cursor) - OVERLAP
        elif self.section.since is not None:
            zone = zoneinfo.ZoneInfo(self.entry.settings.shop.timezone)
            wanted = dt.datetime.combine(self.section.since, dt.time(), zone).astimezone(dt.UTC)
        else:
            return max(now - FIRST_PULL, farthest), []
        if wanted >= farthest:
            return wanted, []
        missed = f"{self.platform.name} {call.name}, {wanted:%Y-%m-%d} – {farthest:%Y-%m-%d}"
        return farthest, [Note("platform.beyond_reach", detail=missed)]

    @contextlib.contextmanager
    def _gateway(self) -> Iterator[Gateway]:
        from shopkeeper.ingest.platforms.gateway import Gateway

        said, folder = self.section, self.entry.folder
        where = f"{folder / FILE_NAME}, source {self.name}, key"
        credentials = Credentials(
            said.app_key, revealed(said.app_secret, where=f"{where} app_secret", folder=folder),
            revealed(said.access_token, where=f"{where} access_token", folder=folder),
        )  # fmt: skip
        per_second = said.per_second or self.platform.per_second
        gateway = Gateway(self.platform, credentials, self.address, self.name, self.pace, per_second)
        try:
            yield gateway
        finally:
            gateway.close()


def platform_api(entry: Entry) -> PlatformApi:
    """The source of an entry. Raises ConfigError naming the key that cannot be used; no secret is revealed."""
    section = checked(ApiSection, dict(entry.said), entry.name, "", [])
    if section.platform not in PLATFORMS:
        raise wrong(entry.name, "platform", section.platform, _offered(section.platform, PLATFORMS))
    platform = platform_named(section.platform)
    if not any(all(getattr(section, key) for key in keys) for keys in platform.needs):
        lacking = next(key for key in platform.needs[0] if not getattr(section, key))
        raise wrong(entry.name, lacking, "nothing", " or ".join(", ".join(keys) for keys in platform.needs))
    for key in ("app_secret", "access_token"):
        value = getattr(section, key)
        if value and not is_reference(value):
            raise wrong(entry.name, key, "a secret of its own", " or ".join(ALLOWED))
    names = [call.name for call in platform.calls]
    for name in section.calls:
        if name not in names:
            raise wrong(entry.name, "calls", name, _offered(name, names))
    if not (section.address or platform.address):
        raise wrong(entry.name, "address", "nothing", "the shop's own, such as https://SHOP.myshopify.com")
    checked_address(section.address or platform.address, f"source {entry.name}")
    return PlatformApi(entry, section, platform)


def _offered(received: str, names: tuple[str, ...] | list[str]) -> str:
    close = nearest(received, names)
    return f"did you mean {', '.join(close)}?" if close else ", ".join(names)


def _moment(cursor: str) -> dt.datetime:
    return dt.datetime.strptime(cursor, _FORM).replace(tzinfo=dt.UTC)
