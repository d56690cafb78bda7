"""A user's own mappings: `[[source]]` in shopkeeper.toml, checked and turned into mappings. Errors name source and key.

An entry with a `kind` is no file but something that is pulled: see `pull.declared`, which reads its tables by the same words.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopkeeper.core.settings import FILE_NAME, ShopSettings
from shopkeeper.errors import ConfigError, nearest
from shopkeeper.ingest.fields import FROM_ORDER, NUMBERED, NUMBERED_WITHIN, instant_of
from shopkeeper.ingest.plan import SourceMapping, TableMapping, Value
from shopkeeper.warehouse.model import COMMERCE_TABLES, Table

_M = TypeVar("_M", bound=BaseModel)


class _Head(BaseModel):
    """What a source says beside its tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Name of the source, in reports and for --source.")
    files: str | list[str] = Field(description="Pattern, or list of patterns, of file names inside inbox/.")
    shop_id: str = Field("", description="Shop of every row that maps none; empty: the shop of this folder.")
    timezone: str = Field("", description="Zone of moments without one; empty: the shop's.")
    encoding: str = Field("", description="Encoding, when looking does not find it.")
    delimiter: str = Field("", description="Delimiter of a CSV, when looking does not find it.")
    sheet: str = Field("", description="Sheet of a workbook; empty: every sheet with the same headers.")


class _Form(BaseModel):
    """A column's value that is more than a header."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field("", description="Header of the file.")
    value: str | int | float | bool | None = Field(None, description="The same for every row.")
    sql: str = Field("", description="An SQL expression over the file's headers.")
    format: str = Field("", description="How a day or moment is written: %d/%m/%Y %H:%M, epoch or epoch_ms.")
    scale: float | None = Field(None, description="Factor: 0.01 when amounts are in cents.")
    timezone: str = Field("", description="Zone of this column's moments.")
    values: dict[str, str] = Field(default_factory=dict, description="The file's codes → ours.")


def read_sources(settings: ShopSettings, folder: Path) -> tuple[SourceMapping, ...]:
    """Every mapping of files. Raises ConfigError naming file, source and key that cannot be used, with the nearest names."""
    with told_in_file(folder):
        refuse_same_names(settings)
        entries = enumerate(settings.source, start=1)
        return tuple(_source(number, entry, settings.shop.id) for number, entry in entries if "kind" not in entry)


@contextlib.contextmanager
def told_in_file(folder: Path) -> Iterator[None]:
    """Let a mistake in a source name the file that it stands in."""
    try:
        yield
    except ConfigError as error:
        path = folder / FILE_NAME
        raise ConfigError(
            error.what, where=f"{path}, {error.where}", received=error.received, allowed=error.allowed, state=error.state,
            next_command=f"edit {path}",
        ) from None  # fmt: skip


def refuse_same_names(settings: ShopSettings) -> None:
    """Raise ConfigError when two sources have one name."""
    names = [name for entry in settings.source if (name := str(entry.get("name", "")))]
    for name in names:
        if names.count(name) > 1:
            raise wrong(name, "name", name, "a name of its own for every source")


def _source(number: int, entry: Mapping[str, Any], shop_id: str) -> SourceMapping:
    name = named(number, entry)
    head = checked(_Head, head_of(entry), name, "", list(COMMERCE_TABLES))
    return SourceMapping(
        head.name,
        (head.files,) if isinstance(head.files, str) else tuple(head.files),
        tables_of(name, entry, _Head.model_fields, timezone=head.timezone, shop_id=head.shop_id or shop_id),
        head.encoding,
        head.delimiter,
        head.sheet,
    )


def named(number: int, entry: Mapping[str, Any]) -> str:
    """What messages call an entry."""
    return str(entry.get("name", f"number {number}"))


def head_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says beside its tables."""
    return {key: value for key, value in entry.items() if not isinstance(value, dict)}


def tables_of(
    name: str, entry: Mapping[str, Any], head: Iterable[str], *, timezone: str, shop_id: str
) -> tuple[TableMapping, ...]:
    """The tables that an entry maps.

    Args:
        name: the source, for messages.
        entry: the entry of `shopkeeper.toml`.
        head: keys that may stand beside the tables, for suggestions.
        timezone: zone of moments without one; empty: the shop's.
        shop_id: shop of every row that maps none.

    Raises ConfigError for a table, column or form that there is not, and for a column that is needed and not mapped.
    """
    tables = {key: value for key, value in entry.items() if isinstance(value, dict)}
    for key in tables:
        if key not in COMMERCE_TABLES:
            raise wrong(name, key, key, _suggest(key, [*COMMERCE_TABLES, *head]))
    if not tables:
        raise wrong(name, "", "no table", 'at least one, such as [source.order_lines] with order_id = "a header"')
    return tuple(_table(name, COMMERCE_TABLES[key], dict(value), timezone, shop_id) for key, value in tables.items())


def _table(source: str, table: Table, entry: dict[str, Any], timezone: str, shop_id: str) -> TableMapping:
    where = entry.pop("where", "")
    if not isinstance(where, str):
        raise wrong(source, f"{table.name}.where", where, "an SQL condition over the file's headers")
    columns = {key: _value(source, f"{table.name}.{key}", value, timezone) for key, value in entry.items()}
    for key, value in columns.items():
        if key not in table.column_names:
            raise wrong(source, f"{table.name}.{key}", key, _suggest(key, [*table.column_names, "where"]))
        allowed = table.column(key).allowed
        for theirs, ours in value.codes.items():
            if allowed and ours not in allowed:
                raise wrong(source, f"{table.name}.{key}.values.{theirs}", ours, ", ".join(allowed))
    if "shop_id" in table.column_names and "shop_id" not in columns:
        columns["shop_id"] = Value(constant=shop_id)
    missing = [column.name for column in table.columns if column.required and not can_fill(table, column.name, columns)]
    if missing:
        raise ConfigError(
            "a mapping lacks needed columns", where=f"source {source}, table {table.name}",
            received=", ".join(key for key in columns if key != "shop_id") or "no columns",
            allowed=[f"also {key}" for key in missing], state="nothing was changed",
        )  # fmt: skip
    return TableMapping(table.name, columns, where)


def can_fill(table: Table, name: str, columns: Iterable[str]) -> bool:
    """Whether a needed column is mapped or follows from mapped ones."""
    mapped = set(columns)
    if name in mapped or name in FROM_ORDER.get(table.name, ()):
        return True
    if name == NUMBERED.get(table.name) and NUMBERED_WITHIN[table.name] in mapped:
        return True
    if name.endswith("_day") and instant_of(table, name) in mapped:
        return True
    return any(instant_of(table, day) == name for day in mapped if day.endswith("_day"))


def _value(source: str, key: str, entry: object, timezone: str) -> Value:
    if isinstance(entry, str):
        return Value(header=entry, timezone=timezone)
    if not isinstance(entry, dict):
        raise wrong(source, key, entry, '"Header", { column = … }, { value = … } or { sql = … }')
    form = checked(_Form, entry, source, key, [])
    given = [name for name in ("column", "value", "sql") if name in entry]
    if len(given) != 1:
        raise wrong(source, key, ", ".join(given) or "none of them", "exactly one of column, value, sql")
    return Value(
        header=form.column,
        constant=None
        if form.value is None
        else str(form.value).lower()
        if isinstance(form.value, bool)
        else str(form.value),
        sql=form.sql,
        format=form.format,
        scale=_scale(source, key, entry.get("scale")),
        timezone=form.timezone or timezone,
        codes=form.values,
    )


def _scale(source: str, key: str, scale: object) -> Decimal | None:
    if scale is None:
        return None
    try:
        return Decimal(str(scale))
    except InvalidOperation:
        raise wrong(source, f"{key}.scale", scale, "a factor such as 0.01") from None


def checked(model: type[_M], entry: Mapping[str, Any], source: str, key: str, tables: Sequence[str]) -> _M:
    """An entry, or a part of one, as a model; its first mistake as a ConfigError. `tables` may stand beside its keys."""
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        part = str(first["loc"][0]) if first["loc"] else ""
        dotted = ".".join(piece for piece in (key, part) if piece)
        if first["type"] == "extra_forbidden":
            raise wrong(source, dotted, part, _suggest(part, [*model.model_fields, *tables])) from None
        received = "nothing" if first["type"] == "missing" else first["input"] if part else None
        help_ = model.model_fields[part].description if part in model.model_fields else ""
        told = first["msg"].removeprefix("Value error, ")
        raise wrong(source, dotted, received, f"{told}: {help_}" if help_ else told) from None


def _suggest(received: str, known: list[str]) -> str:
    close = nearest(received, known)
    return f"did you mean {', '.join(close)}?" if close else ", ".join(known)


def wrong(source: str, key: str, received: object, allowed: str) -> ConfigError:
    """What is wrong with a source's entry."""
    where = f"source {source}" + (f", key {key}" if key else "")
    return ConfigError(
        "a mapping cannot be used", where=where, received=received, allowed=allowed, state="nothing was changed"
    )  # fmt: skip
