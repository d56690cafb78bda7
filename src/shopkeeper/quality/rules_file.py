"""`checks.toml` in the shop folder: rules of the shop's own, built-in rules it replaces, and those it turns off.

    off = ["ad_spend.volume"]
    [[rule]]
    table = "orders"
    kind = "range"
    column = "payable_amount"
    max = 100000
    severity = "error"

    [[dismissed]]
    rule = "orders.region.set"

A rule with the id of a built-in one replaces it. A dismissed suggestion is not suggested again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from pydantic import TypeAdapter, ValidationError

from shopkeeper.errors import ConfigError, nearest
from shopkeeper.quality.builtin import builtin_rules
from shopkeeper.quality.kinds import KINDS
from shopkeeper.quality.lookups import Reconcile, Reference
from shopkeeper.quality.rule import AsOf, Condition, Pattern, Rule
from shopkeeper.quality.run import statement
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.sql import literal

FILE_NAME = "checks.toml"
_ANY_DAY = AsOf(dt.date(2000, 1, 1), dt.date(2000, 1, 1))


def active_rules(folder: Path) -> tuple[Rule, ...]:
    """The rules that apply to a shop: built-in ones, less those turned off or replaced, then its own.

    Raises ConfigError naming file, line and key.
    """
    path = folder / FILE_NAME
    document = _document(path)
    own = [_rule(path, number, entry) for number, entry in enumerate(document.get("rule", []), start=1)]
    ids = [rule.id for rule in own]
    for number, ident in enumerate(ids, start=1):
        if ident in ids[: number - 1]:
            raise _wrong(path, number, "id", ident, "an id that no other rule has")
    off = document.get("off", [])
    known = {rule.id for rule in builtin_rules()} | set(ids)
    for ident in off:
        if ident not in known:
            raise _wrong(path, 0, "off", ident, _suggested(str(ident), known))
    gone = {*off, *ids}
    return (*(rule for rule in builtin_rules() if rule.id not in gone), *(rule for rule in own if rule.id not in off))


def dismissed_rules(folder: Path) -> frozenset[str]:
    """Ids of suggestions that a person does not want. Raises ConfigError when the file cannot be read."""
    path = folder / FILE_NAME
    found = set()
    for number, entry in enumerate(_document(path).get("dismissed", []), start=1):
        if not isinstance(entry.get("rule"), str):
            raise _wrong(path, 0, f"dismissed {number}", entry, 'rule = "ID"')
        found.add(entry["rule"])
    return frozenset(found)


def source_of(folder: Path) -> dict[str, int]:
    """Ids of the shop's own rules, each with its line in checks.toml."""
    path = folder / FILE_NAME
    entries = enumerate(_document(path).get("rule", []), start=1)
    return {_rule(path, number, entry).id: _line_of(path, number, "id") for number, entry in entries}


def probe(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], folder: Path) -> None:
    """Have the engine read every expression that a person wrote, on no rows. Raises ConfigError naming the rule."""
    built_in = set(map(id, builtin_rules()))
    for rule in rules:
        if id(rule) in built_in or not isinstance(rule, Condition | Reconcile | Pattern):
            continue
        if isinstance(rule, Pattern):
            asked = f"SELECT regexp_full_match('', {literal(rule.regex)})"
        else:
            asked = f"EXPLAIN {statement(rule.table, [rule], _ANY_DAY)}"
        try:
            if len(connection.extract_statements(asked)) != 1:
                raise duckdb.ParserException("more than one statement")
            connection.execute(asked)
        except duckdb.Error as error:
            key = "regex" if isinstance(rule, Pattern) else "holds"
            raise ConfigError(
                "a rule cannot be read", where=f"{folder / FILE_NAME}, rule {rule.id}, key {key}",
                received=getattr(rule, key), allowed=str(error).splitlines()[0], state="nothing was checked",
                next_command=f"edit {folder / FILE_NAME}",
            ) from None  # fmt: skip


def accept(folder: Path, rules: Sequence[Rule], remarks: Mapping[str, str]) -> Path:
    """Append rules to checks.toml, each under a remark; what stands there, comments included, stays as it is.

    Raises ConfigError, and changes nothing, when the file could not be read afterwards.
    """
    return _appended(folder, [_block(rule, remarks.get(rule.id, "")) for rule in rules])


def dismiss(folder: Path, ids: Sequence[str], remark: str) -> Path:
    """Append suggestions that are not wanted to checks.toml, under a remark; the rest of the file stays as it is."""
    known = dismissed_rules(folder)
    fresh = [ident for ident in dict.fromkeys(ids) if ident not in known]
    return _appended(folder, [f"# {remark}\n[[dismissed]]\nrule = {_toml(ident)}\n" for ident in fresh])


def _appended(folder: Path, blocks: Sequence[str]) -> Path:
    """Write blocks after what stands in the file, as one replacement of it."""
    path = folder / FILE_NAME
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    ends = before if not before or before.endswith("\n") else f"{before}\n"
    text = "\n".join([ends, *blocks]) if ends else "\n".join(blocks)
    _parsed(path, text)
    scratch = path.with_name(f".{FILE_NAME}.{os.getpid()}")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)
    return path


def _document(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the rules cannot be read", where=str(path), received=error, allowed="UTF-8 text") from None
    return _parsed(path, text)


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            "the rules are not valid TOML", where=str(path), received=error, state="nothing was changed",
            next_command=f"edit {path}",
        ) from None  # fmt: skip
    for key, value in document.items():
        if key not in ("off", "rule", "dismissed"):
            raise _wrong(path, 0, key, key, _suggested(key, ["off", "rule", "dismissed"]))
        if not isinstance(value, list) or key != "off" and not all(isinstance(entry, dict) for entry in value):
            raise _wrong(path, 0, key, value, "a list of ids" if key == "off" else f"[[{key}]] tables")
    return document


def _rule(path: Path, number: int, entry: Mapping[str, Any]) -> Rule:
    settings = dict(entry)
    kind = str(settings.pop("kind", ""))
    if kind not in KINDS:
        raise _wrong(path, number, "kind", kind or "nothing", _suggested(kind, KINDS))
    table = str(settings.get("table", ""))
    if table not in COMMERCE_TABLES:
        raise _wrong(path, number, "table", table or "nothing", _suggested(table, COMMERCE_TABLES))
    settings.setdefault("id", ".".join(part for part in (table, str(settings.get("column", "")), kind) if part))
    fields = [f.name for f in dataclasses.fields(KINDS[kind])]
    for key in settings:
        if key not in fields or key == "numeric":
            raise _wrong(path, number, key, key, _suggested(key, ["kind", *fields]))
    if kind == "drift":
        settings["numeric"] = _is_number(table, str(settings.get("column", "")))
    if "day" in fields:
        settings.setdefault("day", COMMERCE_TABLES[table].day)
    try:
        rule = TypeAdapter(KINDS[kind]).validate_python(settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        received = "nothing" if first["type"].startswith("missing") else first["input"]
        raise _wrong(path, number, key, received, first["msg"]) from None
    _check_names(path, number, rule)
    return rule


def _check_names(path: Path, number: int, rule: Rule) -> None:
    """Every table and column that a rule names exists."""
    _known_columns(path, number, rule.table, rule.columns)
    for other in rule.needs:
        if other not in COMMERCE_TABLES:
            raise _wrong(path, number, "references", other, _suggested(other, COMMERCE_TABLES))
    if isinstance(rule, Reference):
        _known_columns(path, number, rule.references, (rule.key or rule.column, *rule.within))
    if isinstance(rule, Reconcile):
        for name, part in rule.sums.items():
            _known_columns(path, number, part.table, rule.by)
            if not name.isidentifier() or name in _columns(rule.table):
                raise _wrong(path, number, f"sums.{name}", name, "a plain name that is no column of the table")


def _columns(table: str) -> list[str]:
    return [column.name for column in COMMERCE_TABLES[table].all_columns]


def _known_columns(path: Path, number: int, table: str, names: Iterable[str]) -> None:
    for name in names:
        if name not in _columns(table):
            raise _wrong(path, number, "column", name, _suggested(name, _columns(table)))


def _is_number(table: str, column: str) -> bool:
    found = next((c for c in COMMERCE_TABLES[table].columns if c.name == column), None)
    return found is not None and found.type in ("integer", "money", "quantity", "number")


def _suggested(received: str, known: Iterable[str]) -> str:
    names = list(known)
    close = nearest(received, names) if received else ()
    return f"did you mean {', '.join(close)}?" if close else ", ".join(names[:40])


def _wrong(path: Path, number: int, key: str, received: object, allowed: str) -> ConfigError:
    line = _line_of(path, number, key)
    place = f"rule {number}, key {key}" if number else f"key {key}"
    return ConfigError(
        "a rule cannot be used", where=f"{path}, line {line}, {place}", received=received, allowed=allowed,
        state="nothing was checked", next_command=f"edit {path}",
    )  # fmt: skip


def _line_of(path: Path, number: int, key: str) -> int:
    """The line of a key in the n-th [[rule]], or else of that rule's heading."""
    seen, best = 0, 1
    for line_no, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if re.match(r"\s*\[\[\s*rule\s*\]\]", line):
            seen += 1
            best = line_no if seen == number else best
        elif seen == number and re.match(rf"\s*{re.escape(key.split('.')[0])}\s*=", line):
            return line_no
    return best


def _block(rule: Rule, remark: str) -> str:
    """A rule as TOML."""
    lines = [f"# {remark}"] if remark else []
    lines += ["[[rule]]", f"id = {_toml(rule.id)}", f"table = {_toml(rule.table)}", f"kind = {_toml(rule.kind)}"]
    for field in dataclasses.fields(rule):
        value = getattr(rule, field.name)
        if field.name not in ("id", "table") and value is not None:
            lines.append(f"{field.name} = {_toml(value)}")
    return "\n".join([*lines, ""])


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(part) for part in value)}]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found.group()):04x}", escaped) + '"'
