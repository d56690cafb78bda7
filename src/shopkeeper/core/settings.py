"""What a shop's owner may set in `shopkeeper.toml`, and how a wrong setting is explained by file, line and key."""

from __future__ import annotations

import os
import re
import tomllib
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from shopkeeper.core.wording import Language
from shopkeeper.errors import ConfigError, nearest

FILE_NAME = "shopkeeper.toml"
EngineName = Literal["duckdb", "spark"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShopSection(_Section):
    """[shop]: who this business is."""

    id: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Short name used in commands, files and the API."
    )
    name: str = Field(description="Name shown on pages.", min_length=1, max_length=80)
    currency: str = Field("CNY", pattern=r"^[A-Z]{3}$", description="ISO 4217 code of every amount of this shop.")
    timezone: str = Field("Asia/Shanghai", description="IANA zone; the shop's days begin at midnight here.")
    vat_share: Decimal | None = Field(
        None,
        ge=0,
        lt=1,
        max_digits=6,
        description="VAT in a selling price where a cost does not say it: 0.115044 is 13 parts of 113; left out, a line of "
        "unknown VAT has no margin.",
    )
    language: Language = Field("en", description="Language of the terminal and of a first visit: en or zh.")
    demo: bool = Field(False, description="A demo shop may be read on loopback without signing in.")
    simulated: bool = Field(False, description="The shop is simulated: every page and table says so.")
    notice: str = Field("", description="One sentence about the data, shown on every page of this shop.")
    notice_zh: str = Field("", description="The same sentence in Chinese.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            close = nearest(value, zoneinfo.available_timezones())
            raise ValueError(f"not an IANA time zone; did you mean {', '.join(close) or 'Asia/Shanghai'}?")
        return value


class WarehouseSection(_Section):
    """[warehouse]: where the lake is kept and what it may use."""

    catalog: str = Field(
        "",
        description="Empty: SQLite in data/. Or postgresql://user@host/db, or env:NAME to read it from the environment.",
    )
    memory_limit_mb: int = Field(1024, ge=256, description="Memory that one query may use before it spills to disk.")
    threads: int = Field(0, ge=0, le=256, description="Threads of one query; 0 means one a core.")
    rollups_from_lines: int = Field(
        200_000,
        ge=0,
        description="Order lines from which on indicators are kept in roll-ups; a smaller shop is counted each time.",
    )
    lock_timeout_seconds: float = Field(30.0, gt=0, le=3600, description="How long a writer waits for another writer.")
    keep_snapshots_days: int = Field(30, ge=1, description="Age at which `maintain` lets go of unpinned snapshots.")


class EngineSection(_Section):
    """[engine]: what computes the matrix."""

    name: EngineName = Field(
        "duckdb", description="duckdb: this machine. spark: a cluster, over the same files of the lake."
    )
    master: str = Field(
        "local[*]",
        min_length=1,
        description="Where Spark is: spark://host:port, yarn, k8s://…, sc://host:port (Spark Connect), local[N] (this "
        "machine), or env:NAME.",
    )
    lake: str = Field(
        "",
        description="The folder data/lake as machines of the cluster see it, such as file:///mnt/shop/lake or s3a://…; "
        "empty: at the same path.",
    )
    options: dict[str, str] = Field(
        default_factory=dict, description='Settings of Spark itself, such as "spark.executor.memory" = "8g".'
    )


class StateSection(_Section):
    """[state]: where users, decisions and alerts are kept."""

    url: str = Field("", description="Empty: SQLite in data/. Or postgresql+psycopg://…, or env:NAME.")


class ServeSection(_Section):
    """[serve]: where the dashboard listens."""

    host: str = Field("127.0.0.1", description="Address the dashboard listens on.")
    port: int = Field(8420, ge=1, le=65535, description="Port the dashboard listens on.")


class WorkSection(_Section):
    """[work]: how `shopkeeper work` goes about its jobs."""

    lease_seconds: float = Field(
        60.0, ge=0.2, le=3600, description="How long a job stays with a worker that is no longer heard of."
    )
    poll_seconds: float = Field(2.0, ge=0.05, le=60, description="How often a worker without work looks for some.")
    grace_seconds: float = Field(
        30.0,
        ge=0,
        le=3600,
        description="How long a job may go on after the worker was told to stop; then it is handed back.",
    )


class NotifySection(_Section):
    """[notify]: who is told when something needs a person."""

    webhook: str = Field(
        "",
        pattern=r"^(https?://\S+|env:\w+)?$",
        description="Address that is told of dead letters, http:// or https://, or env:NAME; empty: nobody is told.",
    )
    secret: str = Field(
        "",
        pattern=r"^(env:\w+|file:.+)?$",
        description="Key that signs each message: env:NAME, or file:PATH of a file that only its owner may read.",
    )

    @model_validator(mode="after")
    def _signed(self) -> NotifySection:
        if self.webhook and not self.secret:
            raise ValueError("a webhook needs a secret that signs its messages: env:NAME or file:PATH")
        return self


class JobRule(_Section):
    """[[job]]: what a worker does by itself, and when. Without any, the defaults of docs/jobs.md apply."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="What the job is called; one job a name.")
    kind: str = Field(description="load, pull, flush, check, rollup, link or maintain.", min_length=1, max_length=40)
    every: str = Field("", pattern=r"^([1-9]\d{0,5}[smh])?$", description="Again and again: 30s, 5m, 2h; at most 24h.")
    at: list[str] = Field(default_factory=list, description='Every day at these times of the shop\'s zone: "03:30".')
    cron: str = Field("", max_length=100, description="Five fields of cron in the shop's zone; weekdays by name.")
    after: list[str] = Field(
        default_factory=list, description="After these jobs, by name or kind, when they changed something."
    )
    source: str = Field(
        "", max_length=80, description="The source that `pull` or `load` reads; empty: the whole inbox."
    )
    retries: int = Field(5, ge=0, le=50, description="How often a job that failed is tried again.")

    @field_validator("at", mode="before")
    @classmethod
    def _one_time(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("at")
    @classmethod
    def _times(cls, value: list[str]) -> list[str]:
        for text in value:
            if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
                raise ValueError(f"{text!r} is no time of day such as 03:30")
        return value

    @model_validator(mode="after")
    def _due(self) -> JobRule:
        told = [name for name in ("every", "at", "cron") if getattr(self, name)]
        if len(told) > 1 or not (told or self.after):
            raise ValueError("say when: one of every, at or cron, or after other jobs")
        if self.every and self.every_seconds > 86_400:
            raise ValueError("every is at most 24h; use at or cron")
        return self

    @property
    def every_seconds(self) -> int:
        """The length of `every`; 0 without one."""
        return int(self.every[:-1]) * {"s": 1, "m": 60, "h": 3600}[self.every[-1]] if self.every else 0


class CoverageSection(_Section):
    """[coverage]: what data coverage expects."""

    required: list[str] = Field(
        default_factory=lambda: [
            "orders", "order_lines", "refunds", "shipments", "visits", "ad_spend", "content_stats", "stock_levels",
            "tickets", "sku_costs",
        ],
        min_length=1,
        description="Tables that data coverage (D3) expects rows of on every day.",
    )  # fmt: skip


class IngestSection(_Section):
    """[ingest]: whose word counts where two sources tell the same."""

    erp_orders: Literal["refuse", "costs_only", "orders"] = Field(
        "refuse",
        description="Orders that an ERP's files and a platform's tell alike: refuse them, take the ERP's costs and articles "
        "alone (costs_only), or the orders of the ERP alone (orders).",
    )
    ad_spend_is_acquisition: bool | None = Field(
        None,
        description="Whether advertising is meant to win new buyers where a platform's export does not say; left out, "
        "acquisition cost is unknown while there is such spend.",
    )


class LiveSection(_Section):
    """[live]: events as they happen."""

    flush_seconds: float = Field(
        60.0, gt=0, le=3600, description="How often events are brought from the journal into the warehouse."
    )
    session_minutes: float = Field(
        30.0, gt=0, le=1440, description="A visitor's session ends when nothing has happened for this long."
    )
    shops: list[str] = Field(
        default_factory=list, description="Shops that events may name before any load has brought them."
    )
    sessions: bool = Field(True, description="Whether visits are formed from events.")
    backlog_mb: int = Field(
        512, ge=1, description="Bytes that may wait in the journal; beyond them events are refused with Retry-After."
    )
    ahead_seconds: int = Field(
        300, ge=0, description="How far ahead of this machine's clock an event may lie; further on it is set aside."
    )
    late_days: int = Field(3650, ge=1, description="How old an event may be; an older one is set aside.")


class EventFile(_Section):
    """[[events]]: a growing file of events, one JSON object a line, that `serve` follows."""

    path: str = Field(min_length=1, description="The file, or its path inside the shop folder.")
    shop_id: str = Field("", description="Shop of lines that name none; empty: the shop of this folder.")


class Webhook(_Section):
    """[[webhooks]]: a sender that signs what it posts to /api/v1/webhooks/NAME."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Last part of its address.")
    kind: Literal["shopify", "signed"] = Field(
        description="shopify: orders and refunds with Shopify's signature. signed: events with ours."
    )
    secret: str = Field(
        pattern=r"^(env|file):.+$", description="env:NAME, or file:PATH of a file that nobody else may read (0600)."
    )
    shop_id: str = Field("", description="Shop of what comes; empty: the shop of this folder.")


class OneIdSection(_Section):
    """[one_id]: when two customers of the sources are one person."""

    most_holders: int = Field(
        12, ge=2, le=200, description="A key that more customers than this hold is nobody's key: an office, a till."
    )
    most_customers: int = Field(
        40, ge=2, le=1000, description="A person of more customers than this is taken apart at its weakest links."
    )
    device_is_key: bool = Field(False, description="Whether a shared device alone makes two customers one person.")
    compare: bool = Field(True, description="Whether names and the like are compared where no key is shared.")
    precision: float = Field(
        0.99,
        gt=0.5,
        lt=1,
        description="Estimated share of right ones among the links that comparisons make by themselves.",
    )
    review_from: float = Field(
        0.5, gt=0, lt=1, description="Probability from which on a comparison is put before a person."
    )


class ContactSection(_Section):
    """[contact]: what binds every message that is sent to a customer."""

    quiet_from: str = Field(
        "21:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="From here on nobody is written to, by the shop's clock.",
    )
    quiet_until: str = Field(
        "09:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="Until here; the same as quiet_from means that there are no quiet hours.",
    )
    without_consent: list[str] = Field(
        default_factory=lambda: ["service"],
        description="Purposes that need no consent, such as service for an order; every other needs one that was given.",
    )
    per_day: dict[str, int] = Field(
        default_factory=lambda: {"*": 1, "all": 2},
        description="Most messages to a customer on one day of the shop, by channel; * is every channel by itself, all is "
        "all of them together.",
    )
    per_week: dict[str, int] = Field(
        default_factory=lambda: {"*": 3, "all": 5}, description="The same within seven days, the day itself included."
    )

    @field_validator("per_day", "per_week")
    @classmethod
    def _not_below_zero(cls, value: dict[str, int]) -> dict[str, int]:
        if any(cap < 0 for cap in value.values()):
            raise ValueError("a cap is 0 or more")
        return value


class ShopRule(_Section):
    """[[shops]]: which shop a recognised export belongs to; without a rule it is the platform's name."""

    shop_id: str = Field(description="The shop.", min_length=1, max_length=80)
    files: list[str] = Field(
        default_factory=list, description="Patterns of names, or of paths inside inbox/; empty: every file."
    )
    layouts: str = Field("*", description="Pattern of layouts, such as shopify_*.")
    column: str = Field("", description="Header of the file that tells shops apart.")
    value: str = Field("", description="The value of that column for this shop.")

    @model_validator(mode="after")
    def _whole(self) -> ShopRule:
        if bool(self.column) != bool(self.value):
            raise ValueError("column and value belong together")
        return self


class Anchors(_Section):
    """[targets.ID]: three ordered anchors of one indicator; amounts as numbers, changes as "+10%" or "+3pp"."""

    floor: float | str | None = Field(None, description="Worth 0 points: a number, or a change on the baseline.")
    baseline: float | str | None = Field(None, description="Worth 3 of 5: a number, or a range of periods measured.")
    target: float | str | None = Field(None, description="Worth 5: a number, or a change on the baseline.")
    weight: float = Field(1.0, ge=0, description="Share of this indicator in its dimension and the total.")
    reason: str = Field("", description="Why these anchors were chosen.")


class ShopSettings(_Section):
    """The whole of `shopkeeper.toml`. `source` entries are read by the intake, which knows their shape."""

    shop: ShopSection
    warehouse: WarehouseSection = WarehouseSection()
    engine: EngineSection = EngineSection()
    state: StateSection = StateSection()
    serve: ServeSection = ServeSection()
    work: WorkSection = WorkSection()
    notify: NotifySection = NotifySection()
    coverage: CoverageSection = CoverageSection()
    ingest: IngestSection = IngestSection()
    live: LiveSection = LiveSection()
    events: list[EventFile] = Field(default_factory=list, description="Files of events to follow.")
    webhooks: list[Webhook] = Field(default_factory=list, description="Senders that sign what they post.")
    one_id: OneIdSection = OneIdSection()
    contact: ContactSection = ContactSection()
    targets: dict[str, Anchors] = Field(default_factory=dict, description="Anchors of the score, by indicator.")
    shops: list[ShopRule] = Field(default_factory=list, description="Which shop an export belongs to.")
    job: list[JobRule] = Field(default_factory=list, description="What a worker does by itself, and when.")
    source: list[dict[str, Any]] = Field(default_factory=list, description="Mappings of files to tables.")


@dataclass(frozen=True)
class SettingRow:
    """One documented setting."""

    name: str
    type: str
    default: str
    help: str


def _setting_rows() -> tuple[SettingRow, ...]:
    rows = []
    sections: dict[str, type[BaseModel]] = {
        "shop": ShopSection, "warehouse": WarehouseSection, "engine": EngineSection, "state": StateSection, "serve": ServeSection,
        "work": WorkSection, "notify": NotifySection, "coverage": CoverageSection, "ingest": IngestSection,
        "live": LiveSection, "events": EventFile, "webhooks": Webhook, "one_id": OneIdSection, "contact": ContactSection,
        "targets.ID": Anchors, "shops": ShopRule, "job": JobRule,
    }  # fmt: skip
    for section, model in sections.items():
        for name, field in model.model_fields.items():
            default = "required" if field.is_required() else str(field.get_default(call_default_factory=True))
            kind = str(field.annotation).removeprefix("<class '").removesuffix("'>").replace("typing.", "")
            rows.append(SettingRow(f"{section}.{name}", kind, default, field.description or ""))
    return tuple(rows)


SETTINGS: tuple[SettingRow, ...] = _setting_rows()


def read_settings(folder: Path) -> ShopSettings:
    """The settings of a shop folder. Raises ConfigError naming file, line and key."""
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            "this is not a shop folder",
            where=str(path),
            received="no such file",
            next_command=f"shopkeeper init {folder}, or shopkeeper -C DIR with a shop folder",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "the settings cannot be read", where=str(path), received=error, allowed="UTF-8 text"
        ) from None
    return parse_settings(text, path)


def parse_settings(text: str, path: Path) -> ShopSettings:
    """Settings from text; `path` is only for messages."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            "the settings are not valid TOML",
            where=str(path),
            received=_with_line(text, error),
            next_command=f"edit {path}",
        ) from None
    try:
        return ShopSettings.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        keys = [str(k) for k in first["loc"]]
        allowed = _allowed(keys) if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
        raise ConfigError(
            "a setting cannot be used" if first["type"] != "missing" else "a setting is missing",
            where=f"{path}, line {_line_of(text, keys)}, key {'.'.join(keys)}",
            received=None if first["type"] == "missing" else first["input"],
            allowed=allowed,
            next_command=f"edit {path}",
        ) from None


def resolved(value: str, *, where: str) -> str:
    """A setting's value, read from the environment when it says `env:NAME`."""
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in os.environ:
        raise ConfigError("the environment does not have this variable", where=where, received=name)
    return os.environ[name]


def _with_line(text: str, error: tomllib.TOMLDecodeError) -> str:
    found = re.search(r"line (\d+)", str(error))
    number = int(found.group(1)) if found else len(text.splitlines())
    lines = text.splitlines()
    shown = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return f"line {number}: {shown} ({error})"


def _line_of(text: str, keys: list[str]) -> int:
    """The line where a key, or else its nearest enclosing table, stands; 1 when neither does."""
    section, best = "", 1
    wanted_section, wanted = ".".join(keys[:-1]), keys[-1]
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if header:
            section = header.group(1)
            best = number if section == wanted_section or wanted_section.startswith(f"{section}.") else best
            if section == ".".join(keys):
                return number
        elif section == wanted_section and re.match(rf"\s*[\"']?{re.escape(wanted)}[\"']?\s*=", line):
            return number
    return best


def _allowed(keys: list[str]) -> str:
    section = ".".join(keys[:-1])
    prefix = "targets.ID" if section.startswith("targets.") else section
    known = [row.name.removeprefix(f"{prefix}.") for row in SETTINGS if row.name.startswith(f"{prefix}.")]
    if not section:
        known = list(ShopSettings.model_fields)
    close = nearest(keys[-1], known)
    return f"did you mean {', '.join(close)}?" if close else ", ".join(known)
